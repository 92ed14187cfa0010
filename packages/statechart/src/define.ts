import { describe, type LocalGenerator } from "@espalier/heartbeat";
import type { Self } from "@espalier/runtime";
import type { AnyStateMachine, InputFrom, OutputFrom } from "xstate";
import { checkMachine } from "./check.ts";
import { StatechartLoop } from "./loop.ts";
import type { StatechartOptions } from "./options.ts";
import type { PersistedStatechart } from "./persist.ts";
import { isMachine } from "./xstate.ts";

/** What `Statechart.define` gives: how to start the statechart, and what its references take. */
export interface StatechartDefinition<T extends AnyStateMachine> {
  /** The statechart's process, for `Process.startLink` and supervisors: its parameters are the machine's input, and a snapshot to go on from. */
  readonly body: (
    self: Self<unknown>,
    input?: InputFrom<T>,
    snapshot?: PersistedStatechart,
  ) => LocalGenerator<OutputFrom<T>>;
  readonly label: string;
  readonly machine: T;
}

/**
 * Defines a process that runs an xstate machine.
 *
 * @throws TypeError when `machine` is none, or names actions, guards, delays or actors that nobody has implemented.
 *
 * ```ts
 * import { Node, Statechart } from "espalier";
 * import { setup } from "xstate";
 *
 * const Light = Statechart.define(
 *   setup({ types: { events: {} as { type: "next" } | { type: "which"; from: Statechart.From<string> } } }).createMachine({
 *     initial: "green",
 *     on: { which: { actions: Statechart.reply(({ self }) => String(self.getSnapshot().value)) } },
 *     states: { green: { on: { next: "yellow" } }, yellow: { after: { 3000: "red" } }, red: { on: { next: "green" } } },
 *   }),
 * );
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const light = yield* Statechart.start(Light);
 *   yield* light.send({ type: "next" });
 *   return yield* light.call({ type: "which" }); // => "yellow"
 * });
 * ```
 */
export function define<T extends AnyStateMachine>(
  machine: T,
  options: StatechartOptions<T> = {},
): StatechartDefinition<T> {
  if (!isMachine(machine)) {
    throw new TypeError(
      `Statechart.define: expected a machine of xstate 5, such as setup(…).createMachine(…) makes, got ${describe(machine)}`,
    );
  }
  checkMachine(machine);
  const label = options.label ?? machine.id;
  const body = function* (self: Self<unknown>, input?: unknown, snapshot?: PersistedStatechart): LocalGenerator<any> {
    return yield* new StatechartLoop(machine, options, self, null).run(input, snapshot);
  };
  Object.defineProperty(body, "name", { value: label });
  return { body, label, machine };
}
