import { describe, type LocalGenerator } from "@espalier/heartbeat";
import type { Body, Self, ServerDefinition } from "@espalier/runtime";
import type { DynamicLimits } from "./dynamic-children.ts";
import { notOneOf, parseIntensity, type FlagOptions, type IntensityOptions } from "./flags.ts";
import { parseSpec, type ChildOptions, type ProcessDefinition, type Startable } from "./spec.ts";
import { dynamicServer, type DynamicPlan } from "./supervise-dynamic.ts";
import { SupervisorDefinition } from "./definition.ts";

/** What a dynamic supervisor allows all its children together. */
export interface DynamicLimitOptions {
  /** Children that run or wait for a restart (R-1003); no limit unless given. */
  readonly maxChildren?: number;
  /** How many restarts are allowed in which time: 3 in 5 seconds by default (R-1001). */
  readonly intensity?: IntensityOptions;
}

/** How a dynamic supervisor treats its children, and how many it may have. */
export interface DynamicOptions extends DynamicLimitOptions, Omit<ChildOptions, "name" | "significant"> {}

/** A dynamic supervisor whose children each have a specification of their own. */
export interface OpenDynamicOptions extends DynamicLimitOptions {
  /** What comes before the arguments of every child, at every start (R-1001). */
  readonly extraArguments?: readonly unknown[];
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
 * Defines a supervisor for many children that come and go: it starts without any, and they are told to stop all at once (R-1001 to R-1006).
 *
 * With a `kind` and a body or a definition all children are of that kind, and each is started with arguments of its own. Without, each is
 * started with a specification of its own, as with Elixir's `DynamicSupervisor`; its id names it in reports, and nowhere else. A supervisor
 * that has a kind of child also takes specifications.
 *
 * ```ts
 * import { Process, Supervisor, type LocalGenerator, type Self } from "espalier";
 *
 * export function* session(self: Self<string>, user: string): LocalGenerator<void> {
 *   for (;;) yield* Process.report({ type: "unexpected-message", pid: self.pid, label: user, message: yield* self.receive() });
 * }
 *
 * export const Sessions = Supervisor.defineDynamic("session", session, { restart: "transient", maxChildren: 10_000 });
 * export const Anything = Supervisor.defineDynamic({ maxChildren: 100 });
 * ```
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
export function defineDynamic(options?: OpenDynamicOptions): DynamicDefinition<never>;
export function defineDynamic(
  kindOrOptions: string | OpenDynamicOptions = {},
  child?: Startable,
  options: DynamicOptions = {},
): DynamicDefinition {
  if (typeof kindOrOptions === "object") {
    const { extraArguments = [], ...limits } = kindOrOptions;
    if (!Array.isArray(extraArguments)) {
      throw new TypeError(`extraArguments: expected an array, got ${describe(extraArguments)}`);
    }
    return new DynamicDefinition({ template: null, extraArguments, ...parseLimits(limits) });
  }
  const { maxChildren: _max, intensity: _intensity, ...childOptions } = options;
  const isSupervisor = child instanceof SupervisorDefinition || child instanceof DynamicDefinition;
  const template = parseSpec(isSupervisor ? "supervisor" : "worker", kindOrOptions, child!, [], childOptions);
  return new DynamicDefinition({ template, extraArguments: [], ...parseLimits(options) });
}

function parseLimits(options: DynamicLimitOptions & FlagOptions): DynamicLimits {
  const { maxChildren = Infinity, intensity = {}, strategy = "one-for-one", autoShutdown = "never" } = options;
  // Children that have no order and no ids are nobody's group (R-1001); types say so, too.
  if (strategy !== "one-for-one") throw notOneOf("strategy of a dynamic supervisor", ["one-for-one"], strategy);
  if (autoShutdown !== "never") throw notOneOf("autoShutdown of a dynamic supervisor", ["never"], autoShutdown);
  if (maxChildren !== Infinity && (!Number.isInteger(maxChildren) || maxChildren < 0)) {
    throw new RangeError(`maxChildren: expected an integer ≥ 0 or Infinity, got ${describe(maxChildren)}`);
  }
  return { childrenMax: maxChildren, intensity: parseIntensity(intensity, { restarts: 3, within: "5s" }) };
}
