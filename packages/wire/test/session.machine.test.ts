import { compareMachine } from "@espalier/heartbeat/machine";
import { expect, it } from "vitest";
import { sessionMachine, sessionTable } from "../src/session/session.machine.ts";

it("is the same as a machine and as a table, at every reachable transition and along every simple path", () => {
  const { disagreements, transitions, paths } = compareMachine(sessionMachine, sessionTable, Infinity);
  expect(disagreements).toEqual([]);
  expect(transitions).toBe(sessionTable.states.length * sessionTable.events.length);
  expect(paths).toBe(142);
});

it("lets every session end: in every state but the first, whatever breaks, goes away or is asked for leads to the end", () => {
  for (const state of sessionTable.states) {
    if (state === "new" || state === "closed") continue;
    expect([state, sessionTable.transition(state, "gone")]).toEqual([state, "closed"]);
    expect([state, sessionTable.transition(state, "end")]).toEqual([state, "closed"]);
    if (state !== "opening") expect([state, sessionTable.transition(state, "broken")]).toEqual([state, "closed"]);
    expect([state, sessionTable.transition(state, "late")]).toEqual([state, "closed"]);
  }
});

it("is up only by the hello of a peer that was proven, or let in, and again after a renewal of its keys", () => {
  const ways = sessionTable.states
    .filter((state) => state !== "up")
    .flatMap((state) => sessionTable.events.map((event) => [state, event] as const))
    .filter(([state, event]) => sessionTable.transition(state, event) === "up");
  expect(ways).toEqual([
    ["proven", "hello"],
    ["admitted", "hello"],
    ["switching", "renewed"],
    ["answering", "renewal"],
  ]);
});
