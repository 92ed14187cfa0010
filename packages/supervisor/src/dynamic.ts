import { describe, type LocalGenerator } from "@espalier/heartbeat";
import type { Body, Self, ServerDefinition } from "@espalier/runtime";
import { parseIntensity, type IntensityOptions } from "./flags.ts";
import { parseSpec, type ChildOptions, type ProcessDefinition, type Startable } from "./spec.ts";
import { dynamicServer, type DynamicPlan } from "./supervise-dynamic.ts";
import { SupervisorDefinition } from "./definition.ts";

/** How a dynamic supervisor treats its children, and how many it may have. */
export interface DynamicOptions extends Omit<ChildOptions, "name" | "significant"> {
  /** Children that run or wait for a restart (R-1003); no limit unless given. */
  readonly maxChildren?: number;
  /** How many restarts are allowed in which time: 3 in 5 seconds by default (R-1001). */
  readonly intensity?: IntensityOptions;
}

/** A supervisor for many children of one kind, that come and go. */
export class DynamicDefinition<in A extends readonly any[] = any> implements ProcessDefinition {
  declare readonly accepts: (args: A) => void;
  readonly kind = "dynamic";
  readonly body: (self: Self<unknown>) => LocalGenerator<void>;

  constructor(plan: DynamicPlan) {
    this.body = function* dynamicSupervisor(self) {
      yield* dynamicServer.body(self, { self, plan });
    };
  }
}

/**
 * Defines a supervisor for many children of one kind: it starts without any, each is started with arguments of its own, and they are told to
 * stop all at once (R-1001 to R-1006).
 *
 * @param kind names the kind of child in reports.
 * @throws TypeError or RangeError naming the option, what was expected, and what came.
 */
export function defineDynamic<A extends readonly unknown[], M>(
  kind: string,
  child: Body<M, A, unknown>,
  options?: DynamicOptions,
): DynamicDefinition<A>;
export function defineDynamic<A>(
  kind: string,
  child: ServerDefinition<any, A, any, any>,
  options?: DynamicOptions,
): DynamicDefinition<[argument: A]>;
export function defineDynamic<A>(
  kind: string,
  child: SupervisorDefinition<A>,
  options?: DynamicOptions,
): DynamicDefinition<[argument: A]>;
export function defineDynamic(kind: string, child: Startable, options: DynamicOptions = {}): DynamicDefinition {
  const { maxChildren = Infinity, intensity = {}, ...childOptions } = options;
  if (maxChildren !== Infinity && (!Number.isInteger(maxChildren) || maxChildren < 0)) {
    throw new RangeError(`maxChildren: expected an integer ≥ 0 or Infinity, got ${describe(maxChildren)}`);
  }
  const type = child instanceof SupervisorDefinition || child instanceof DynamicDefinition ? "supervisor" : "worker";
  return new DynamicDefinition({
    template: parseSpec(type, kind, child, [], childOptions),
    childrenMax: maxChildren,
    intensity: parseIntensity(intensity, { restarts: 3, within: "5s" }),
  });
}
