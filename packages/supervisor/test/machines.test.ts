import { compareMachine } from "@espalier/heartbeat/machine";
import { expect, it } from "vitest";
import { childMachine, childTable } from "../src/child.machine.ts";
import { supervisorMachine, supervisorTable } from "../src/supervisor.machine.ts";

it("the child's machine and table agree at every reachable transition and along every simple path", () => {
  const { disagreements, transitions, paths } = compareMachine(childMachine, childTable, Infinity);
  expect(disagreements).toEqual([]);
  expect(transitions).toBe(childTable.states.length * childTable.events.length);
  expect(paths).toBe(11);
});

it("the supervisor's machine and table agree at every reachable transition and along every simple path", () => {
  const { disagreements, transitions, paths } = compareMachine(supervisorMachine, supervisorTable, Infinity);
  expect(disagreements).toEqual([]);
  expect(transitions).toBe(supervisorTable.states.length * supervisorTable.events.length);
  expect(paths).toBe(9);
});
