import type { Mutant } from "@espalier/testkit/command";
import { seedsMax } from "./scenarios.ts";

const src = "packages/statechart/src";
const rules = "tests/conformance/rules/statecharts.ts";
const timeouts = "tests/conformance/rules/statechart-timeouts.ts";

/** The order of events, and their timeouts. */
export const statechartMutants: readonly Mutant[] = [
  {
    id: "SC1",
    title: "to enter a state anew is no change of it",
    file: `${src}/xstate.ts`,
    find: `(reenter || source.type !== "atomic"`,
    replace: `(source.type !== "atomic"`,
    scenario: [
      rules,
      "R-802 a change of the context alone retries nothing and cancels no state timeout; re-entering does both",
    ],
    seed: 1,
    seedsMax,
  },
  {
    id: "SC2",
    title: "the newest of what was postponed comes first",
    file: `${src}/queue.ts`,
    find: `    this.#again = [...this.#postponed, ...this.#again];`,
    replace: `    this.#again = [...this.#postponed.reverse(), ...this.#again];`,
    scenario: [
      rules,
      "R-801, R-802 after a change of state come what was raised, what was postponed with the oldest first, timeouts of no time, and then what waits",
    ],
    seed: 1,
    seedsMax,
  },
  {
    id: "SC3",
    title: "an event does not cancel the event timeout",
    file: `${src}/loop.ts`,
    find: `      if (transitions !== null && !eventless) yield* this.#timeouts.cancelAll("event");`,
    replace: ``,
    scenario: [
      timeouts,
      "R-803 an event timeout is cancelled by any event, even one that nothing handles, and by one that was raised",
    ],
    seed: 1,
    seedsMax,
  },
  {
    id: "SC4",
    title: "a timeout that was cancelled after it rang is taken",
    file: `${src}/timeouts.ts`,
    find: `    this.#set.delete(key);
    if (timeout.timer !== null)`,
    replace: `    if (timeout.timer !== null)`,
    scenario: [timeouts, "R-804 a timeout that is cancelled after it rang is not taken, though its message waits"],
    seed: 1,
    seedsMax,
  },
];
