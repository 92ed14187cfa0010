import {
  transferHomeMachine,
  transferHomeTable,
  transferSourceMachine,
  transferSourceTable,
  transferTargetMachine,
  transferTargetTable,
} from "@espalier/heartbeat";
import { compareMachine } from "@espalier/heartbeat/machine";
import { expect, test } from "vitest";

test("machine and table agree at every reachable transition and along every simple path", () => {
  for (const { disagreements, transitions, paths } of [
    compareMachine(transferHomeMachine, transferHomeTable, Infinity),
    compareMachine(transferSourceMachine, transferSourceTable, Infinity),
    compareMachine(transferTargetMachine, transferTargetTable, Infinity),
  ]) {
    expect(disagreements).toEqual([]);
    expect(transitions).toBeGreaterThan(20);
    expect(paths).toBeGreaterThan(5);
  }
});

test("a process that is on its way is nobody's: only a claim, its return or an end leads on", () => {
  const { expected } = transferHomeMachine.states;
  expect(Object.keys(expected.on)).toEqual(["claimed", "returned", "lost", "ended"]);
});

test("an offered process goes on at its source only through the home's promise (S118)", () => {
  const ways = transferSourceTable.states.flatMap((state) =>
    transferSourceTable.events
      .filter((event) => state !== "resumed" && transferSourceTable.transition(state, event) === "resumed")
      .map((event) => `${event} in ${state}`),
  );
  expect(ways).toEqual(["barred in barring"]);
});

test("a process that was dropped never acts again (S121)", () => {
  for (const event of transferTargetTable.events) {
    expect(transferTargetTable.transition("dropped", event)).toBe("dropped");
  }
});
