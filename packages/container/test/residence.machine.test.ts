import { compareMachine } from "@espalier/heartbeat/machine";
import { expect, it } from "vitest";
import { residenceMachine, residenceTable } from "../src/residence.machine.ts";

it("is the same as a machine and as a table, at every reachable transition and along every simple path", () => {
  const { disagreements, transitions, paths } = compareMachine(residenceMachine, residenceTable, Infinity);
  expect(disagreements).toEqual([]);
  expect(transitions).toBe(residenceTable.states.length * residenceTable.events.length);
  expect(paths).toBeGreaterThan(0);
});

it("lets every node leave, however it stands, and forgets none before it has ended", () => {
  for (const state of residenceTable.states) {
    if (state === "gone" || state === "leaving") continue;
    const next = residenceTable.transition(state, "leave");
    expect([state, next]).toEqual([state, state === "asleep" ? "gone" : "leaving"]);
  }
  expect(residenceTable.transition("leaving", "ended")).toBe("gone");
});

it("is idle or active only after a start, and asleep again only after an end", () => {
  const into = (target: string): readonly (readonly string[])[] =>
    residenceTable.states.flatMap((state) =>
      residenceTable.events
        .filter((event) => state !== target && residenceTable.transition(state, event) === target)
        .map((event) => [state, event]),
    );
  expect(into("idle")).toEqual([
    ["starting", "started"],
    ["active", "rest"],
  ]);
  expect(into("asleep")).toEqual([
    ["starting", "failed"],
    ["retiring", "ended"],
  ]);
});
