import assert from "node:assert/strict";
import { Process, Statechart } from "espalier";
import { cancel, raise } from "xstate";
import { section, type Section } from "../rule.ts";
import { noting, plain, recording, sendAll, settled } from "../statechart-machines.ts";

export const statechartTimeouts: Section = section(import.meta.url, (rule) => {
  rule(
    "R-803",
    "an event timeout is cancelled by any event, even one that nothing handles, and by one that was raised",
    function* event() {
      const { lines, note } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          on: {
            set: { actions: Statechart.eventTimeout("20ms", { type: "t" }) },
            raised: { actions: [Statechart.eventTimeout(0, { type: "t" }), raise({ type: "other" })] },
            zero: { actions: Statechart.eventTimeout(0, { type: "t" }) },
            t: { actions: note("t") },
            x: { actions: note("x") },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "set");
      yield* Process.sleep(10);
      yield* sendAll(chart, "nobody");
      yield* Process.sleep(50);
      assert.deepEqual(lines, []);
      yield* sendAll(chart, "raised");
      yield* settled();
      assert.deepEqual(lines, []);
      yield* sendAll(chart, "set");
      yield* Process.sleep(50);
      assert.deepEqual(lines, ["t"]);
      // Of no time it comes when nothing else has been taken: before what still waits.
      yield* sendAll(chart, "zero", "x");
      yield* settled();
      assert.deepEqual(lines, ["t", "t", "x"]);
    },
  );

  rule(
    "R-803",
    "an event timeout of no time is cancelled by an event that was postponed and is taken again",
    function* behind() {
      const { lines } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          states: {
            a: {
              on: {
                p: { actions: Statechart.postpone() },
                go: { target: "b", actions: Statechart.eventTimeout(0, { type: "t" }) },
              },
            },
            b: { on: { "*": noting(lines) } },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "p", "go");
      yield* settled();
      assert.deepEqual(lines, ["p"]);
    },
  );

  rule(
    "R-804, R-806",
    "timeouts of no time come before what waits, in the order in which they were set",
    { everyOrder: true },
    function* zero() {
      const { lines } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          states: {
            a: { on: { go: "b" } },
            b: {
              entry: [
                Statechart.timeout("n", 0, { type: "named" }),
                Statechart.stateTimeout(0, { type: "state" }),
                raise({ type: "delayed" }, { delay: 0, id: "d" }),
                Statechart.eventTimeout(0, { type: "event" }),
              ],
              after: { 0: { actions: () => void lines.push("after") } },
              on: { "*": noting(lines) },
            },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "go", "x");
      yield* settled();
      // The event timeout is cancelled by the first of the others.
      assert.deepEqual(lines, ["named", "state", "delayed", "after", "x"]);
    },
  );

  rule(
    "R-804",
    "a state timeout ends with its state; set again it starts anew, updated it keeps its time, infinity stops it",
    function* state() {
      const { lines } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          states: {
            a: {
              on: {
                set: { actions: Statechart.stateTimeout("50ms", { type: "t1" }) },
                again: { actions: Statechart.stateTimeout("50ms", { type: "t2" }) },
                update: { actions: Statechart.updateStateTimeout({ type: "t3" }) },
                never: { actions: Statechart.stateTimeout("infinity", { type: "t4" }) },
                t1: noting(lines),
                t2: noting(lines),
                t3: noting(lines),
                go: "b",
              },
            },
            b: {
              on: {
                t1: noting(lines),
                back: { target: "a", actions: Statechart.stateTimeout("10ms", { type: "t1" }) },
              },
            },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "set");
      yield* Process.sleep(30);
      yield* sendAll(chart, "again");
      yield* Process.sleep(40);
      assert.deepEqual(lines, []);
      yield* sendAll(chart, "update");
      yield* Process.sleep(20);
      assert.deepEqual(lines, ["t3"]);
      yield* sendAll(chart, "update", "set", "never");
      yield* Process.sleep(100);
      assert.deepEqual(lines, ["t3"]);
      yield* sendAll(chart, "set", "go");
      yield* Process.sleep(100);
      assert.deepEqual(lines, ["t3"]);
      // One that is set by the transition to a state is of the new state.
      yield* sendAll(chart, "back");
      yield* Process.sleep(20);
      assert.deepEqual(lines, ["t3", "t1"]);
    },
  );

  rule("R-804", "a timeout that is cancelled after it rang is not taken, though its message waits", function* rang() {
    const { lines } = recording();
    const Chart = Statechart.define(
      plain.createMachine({
        initial: "a",
        states: {
          a: {
            after: { 20: { actions: () => void lines.push("after") } },
            on: {
              set: { actions: Statechart.timeout("n", "20ms", { type: "n" }) },
              n: noting(lines),
              slow: {
                target: "b",
                actions: [
                  function* () {
                    yield* Process.sleep(50);
                  },
                  cancel("n"),
                ],
              },
            },
          },
          b: { on: { "*": noting(lines) } },
        },
      }),
    );
    const chart = yield* Statechart.start(Chart);
    yield* sendAll(chart, "set", "slow");
    yield* Process.sleep(100);
    assert.deepEqual(lines, []);
  });

  rule(
    "R-805",
    "named timeouts survive changes of state, one of each name, and may be for a time that is told",
    function* named() {
      const { lines } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          on: { "*": noting(lines) },
          states: {
            a: {
              on: {
                set: {
                  target: "b",
                  actions: [
                    Statechart.timeout("one", "10ms", { type: "old" }),
                    Statechart.timeout("two", "20ms", { type: "two" }),
                    Statechart.timeout("one", "30ms", { type: "one" }),
                    raise({ type: "raised" }, { id: "three", delay: 40 }),
                    raise({ type: "four" }, { id: "four", delay: 50 }),
                  ],
                },
              },
            },
            b: {
              on: {
                set: { actions: [cancel("four"), Statechart.updateTimeout("three", { type: "three" })] },
              },
            },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "set", "set");
      yield* Process.sleep(100);
      assert.deepEqual(lines, ["two", "one", "three"]);
      const atMs = (yield* Process.now()) + 25;
      const Told = Statechart.define(
        plain.createMachine({
          entry: Statechart.timeout("told", { at: atMs }, { type: "told" }),
          on: { "*": noting(lines) },
        }),
      );
      yield* Statechart.start(Told);
      yield* Process.sleep(20);
      assert.equal(lines.length, 3);
      yield* Process.sleep(20);
      assert.equal(lines.at(-1), "told");
    },
  );
});

export const { scenarios }: Section = statechartTimeouts;
