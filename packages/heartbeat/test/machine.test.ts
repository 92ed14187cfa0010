import { compileTable, heartbeatMachine, heartbeatTable } from "@espalier/heartbeat";
import { compareMachine, createMachine } from "@espalier/heartbeat/machine";
import { describe, expect, test } from "vitest";

test("the heartbeat's machine and table agree at every reachable transition and along every simple path", () => {
  const { disagreements, transitions, paths } = compareMachine(heartbeatMachine, heartbeatTable, Infinity);
  expect(disagreements).toEqual([]);
  expect(transitions).toBe(heartbeatTable.states.length * heartbeatTable.events.length);
  expect(paths).toBe(30);
});

test("no end of a heartbeat leads anywhere but to forgotten (S51, P1)", () => {
  for (const end of ["stopped", "failed", "expired", "unresponsive", "forgotten"] as const) {
    for (const event of heartbeatTable.events)
      expect([end, "forgotten"]).toContain(heartbeatTable.transition(end, event));
  }
});

test("a timer alone ends no heartbeat (S53, H19)", () => {
  expect(heartbeatTable.transition("live", "elapsed")).toBe("due");
  expect(heartbeatTable.transition("due", "elapsed")).toBe("due");
});

describe("compareMachine", () => {
  const door = {
    initial: "shut",
    states: { shut: { on: { open: "ajar" } }, ajar: { on: { close: "shut" } } },
  } as const;

  test("finds a table that differs from its machine", () => {
    const other = compileTable({
      initial: "shut",
      states: { shut: { on: { open: "ajar" } }, ajar: { on: { close: "ajar" } } },
    });
    expect(compareMachine(door, other, 3).disagreements).toEqual([
      "ajar on close: the machine goes to shut, the table to ajar",
    ]);
    const stuck = compileTable({
      initial: "shut",
      states: { shut: { on: { open: "shut" } }, ajar: { on: { close: "shut" } } },
    });
    expect(compareMachine(door, stuck, 3).disagreements).toEqual([
      "shut on open: the machine goes to ajar, the table to shut",
      "open: the machine is in ajar, the table in shut",
    ]);
  });

  test("finds a state that cannot be reached", () => {
    const config = { initial: "a", states: { a: { on: { go: "b" } }, b: {}, c: { on: { go: "a" } } } } as const;
    expect(compareMachine(config, compileTable(config), 3).disagreements).toEqual(["c: no event leads here"]);
  });

  test("stops at the stated length", () => {
    expect(compareMachine(door, compileTable(door), 0).paths).toBe(1);
    expect(compareMachine(door, compileTable(door), 1).paths).toBe(2);
  });
});

test("createMachine gives a machine that xstate runs", () => {
  expect(createMachine(heartbeatMachine).id).toBe("heartbeat");
});
