import type { MachineConfig } from "@espalier/heartbeat";
import { compileTable } from "@espalier/heartbeat";
import { compareMachine } from "@espalier/heartbeat/machine";
import fc from "fast-check";
import { expect, test } from "vitest";

const lamp = compileTable({
  id: "lamp",
  initial: "off",
  states: { off: { on: { press: "on", break: "broken" } }, on: { on: { press: "off" } }, broken: { type: "final" } },
});

test("numbers states and events in the order of the config", () => {
  expect(lamp.states).toEqual(["off", "on", "broken"]);
  expect(lamp.events).toEqual(["press", "break"]);
  expect({ ...lamp.state }).toEqual({ off: 0, on: 1, broken: 2 });
  expect(lamp.initial).toBe(0);
});

test("goes from number to number and from name to name", () => {
  expect(lamp.next(lamp.state.off, lamp.event.press)).toBe(lamp.state.on);
  expect(lamp.transition("on", "press")).toBe("off");
});

test("stays where an event means nothing, as xstate does", () => {
  expect(lamp.transition("on", "break")).toBe("on");
  expect(lamp.transition("broken", "press")).toBe("broken");
  expect(lamp.transition("on", "constructor" as "press")).toBe("on");
});

test("knows the final states", () => {
  expect(lamp.states.map((_, state) => lamp.isFinal(state))).toEqual([false, false, true]);
});

test.each<[object, string]>([
  [{ initial: "b", states: { a: {} } }, 'machine: expected the initial state to be one of a, got "b"'],
  [{ initial: "a", context: {}, states: { a: {} } }, 'machine: a table cannot hold "context"'],
  [{ id: "m", initial: "a", states: { a: { entry: "x" } } }, 'm.a: a table cannot hold "entry"'],
  [{ initial: "a", states: { a: { after: { 5: "a" } } } }, 'machine.a: a table cannot hold "after"'],
  [{ initial: "a", states: { a: { type: "parallel" } } }, 'machine.a: expected a plain or final state, got "parallel"'],
  [{ initial: "a", states: { a: { type: "final", on: { go: "a" } } } }, "machine.a: a final state has no transitions"],
  [{ initial: "a", states: { a: { on: { "*": "a" } } } }, 'machine.a: a table cannot hold the wildcard "*"'],
  [
    { initial: "a", states: { a: { on: { go: "b" } } } },
    'machine.a: expected "go" to lead to a state by name, got "b"',
  ],
  [
    { initial: "a", states: { a: { on: { go: { target: "a", guard: "may" } } } } },
    'machine.a: expected "go" to lead to a state by name, got {"target":"a","guard":"may"}',
  ],
])("refuses %j", (config, message) => {
  expect(() => compileTable(config as MachineConfig)).toThrow(new TypeError(message));
});

test("refuses more states than a byte can number", () => {
  const states = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`s${index}`, {}]));
  expect(() => compileTable({ initial: "s0", states })).toThrow("machine: expected at most 256 states, got 257");
});

test("agrees with xstate for any config", () => {
  const names = ["a", "b", "c", "d"];
  const on = fc.dictionary(fc.constantFrom("x", "y", "z"), fc.constantFrom(...names), { noNullPrototype: true });
  const state = fc.oneof(
    { weight: 4, arbitrary: fc.record({ on }) },
    { weight: 1, arbitrary: fc.constant({ type: "final" as const }) },
  );
  const states = fc.record({ a: fc.record({ on }), b: state, c: state, d: state });
  fc.assert(
    fc.property(states, (states) => {
      const config: MachineConfig = { initial: "a", states };
      const { disagreements } = compareMachine(config, compileTable(config), 4);
      expect(disagreements.filter((line) => !line.endsWith("no event leads here"))).toEqual([]);
    }),
  );
});
