import { describe, type LocalGenerator } from "@espalier/heartbeat";
import type { Self } from "@espalier/runtime";
import { parseFlags, type FlagOptions } from "./flags.ts";
import { checkSpec, type ChildSpec, type ProcessDefinition } from "./spec.ts";
import { supervisorServer, type SupervisorPlan } from "./supervise.ts";

/** What a supervisor is made of, as a user writes it. */
export interface SupervisorOptions extends FlagOptions {
  /** In start order. */
  readonly children: readonly ChildSpec[];
}

/** A supervisor that can be started, any number of times, with the argument that it asks for. */
export class SupervisorDefinition<in A = any> implements ProcessDefinition {
  declare readonly accepts: (argument: A) => void;
  readonly kind = "static";
  /** The body of its process. Errors of the function of {@link define} are the process's own. */
  readonly body: (self: Self<unknown>, argument: A) => LocalGenerator<void>;

  constructor(init: (argument: A) => SupervisorPlan | null) {
    this.body = function* supervisor(self, argument) {
      yield* supervisorServer.body(self, { self, plan: init(argument) });
    };
  }
}

/**
 * Defines a supervisor: its children, and how it treats them. The options are checked at once; a function of the start's argument is
 * called, in the new process, at each start, and its errors are errors of the start.
 *
 * ```ts
 * import { Supervisor, type LocalGenerator, type Self } from "espalier";
 *
 * function* clerk(self: Self<string>): LocalGenerator<void> {
 *   for (;;) yield* self.receive();
 * }
 *
 * export const Shop = Supervisor.define({
 *   strategy: "rest-for-one",
 *   intensity: { restarts: 3, within: "5s" },
 *   children: [Supervisor.worker("clerk", clerk, [])],
 * });
 * ```
 *
 * @throws TypeError or RangeError naming the option, what was expected, and what came.
 */
export function define<A = void>(init: (argument: A) => SupervisorOptions | "ignore"): SupervisorDefinition<A>;
export function define(options: SupervisorOptions): SupervisorDefinition<void>;
export function define(
  what: SupervisorOptions | ((argument: any) => SupervisorOptions | "ignore"),
): SupervisorDefinition {
  if (typeof what === "function") {
    return new SupervisorDefinition((argument) => {
      const options = what(argument);
      return options === "ignore" ? null : parsePlan(options);
    });
  }
  const plan = parsePlan(what);
  return new SupervisorDefinition(() => plan);
}

function parsePlan(options: SupervisorOptions): SupervisorPlan {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`supervisor: expected options with children, got ${describe(options)}`);
  }
  const { children } = options;
  if (!Array.isArray(children)) throw new TypeError(`children: expected an array, got ${describe(children)}`);
  const flags = parseFlags(options);
  const ids = new Set<string>();
  for (const spec of children as readonly ChildSpec[]) {
    const problem = checkSpec(spec);
    if (problem !== null) throw new TypeError(`children: ${problem}`);
    const { id, significant } = spec;
    if (ids.has(id)) throw new TypeError(`children: expected different ids, got ${describe(id)} twice`);
    if (significant && flags.autoShutdown === "never") {
      throw new TypeError(
        `significant of child ${describe(id)}: expected false while autoShutdown is "never", got true`,
      );
    }
    ids.add(id);
  }
  return { flags, children };
}
