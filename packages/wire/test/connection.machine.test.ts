import { compareMachine } from "@espalier/heartbeat/machine";
import { expect, it } from "vitest";
import { connectionMachine, connectionTable } from "../src/connection/connection.machine.ts";

const attempt = ["queued", "dialling", "yielding"] as const;

it("is the same as a machine and as a table, at every reachable transition and along every simple path", () => {
  const { disagreements, transitions, paths } = compareMachine(connectionMachine, connectionTable, Infinity);
  expect(disagreements).toEqual([]);
  expect(transitions).toBe(connectionTable.states.length * connectionTable.events.length);
  expect(paths).toBe(45);
});

it("ends every attempt and every link: wherever it is, what is over leads to rest, or to a wait when it is kept", () => {
  for (const state of [...attempt, "up"] as const) {
    expect([state, connectionTable.transition(state, "over")]).toEqual([state, "idle"]);
    expect([state, connectionTable.transition(state, "retry")]).toEqual([state, "waiting"]);
  }
  expect(connectionTable.transition("waiting", "over")).toBe("idle");
});

it("begins an attempt only when there is neither a link nor an attempt", () => {
  for (const state of [...attempt, "up"] as const) {
    expect([state, connectionTable.transition(state, "want")]).toEqual([state, state]);
    expect([state, connectionTable.transition(state, "join")]).toEqual([state, state]);
  }
});

it("comes up whatever it was doing when a session is up", () => {
  for (const state of connectionTable.states)
    expect([state, connectionTable.transition(state, "up")]).toEqual([state, "up"]);
});
