import { simulate, type RunResult, type Scenario } from "@espalier/testkit";
import { describe, expect, test } from "vitest";
import type { Traveller } from "./original/journey.ts";
import { original, shipped } from "./original/scenarios.ts";

const isJudgedWrongly = "nobody is declared unresponsive while all nodes run (P11)";

/** The first of so many seeds with which a scenario fails; null: none. */
async function firstFailure(scenario: Scenario<Traveller>, seeds: number): Promise<RunResult | null> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const result = await simulate(scenario, { seed, crypto: "plain" });
    if (!result.ok) return result;
  }
  return null;
}

describe("the protocol as the original documents wrote it", () => {
  test("gives up a computation that stays where it is, with no fault at all (H1)", async () => {
    const result = await simulate(original.longStay, { seed: 1 });
    expect(result.failure?.property).toBe(isJudgedWrongly);
  });

  test("gives up the computation of its own example, with no fault at all (H2)", async () => {
    const result = await simulate(original.supervisorMoves, { seed: 1 });
    expect(result.failure?.property).toBe(isJudgedWrongly);
  });

  test("loses a computation that goes quickly from node to node, within ten seeds of light faults (H3, H17)", async () => {
    const result = await firstFailure(original.quick, 10);
    expect(result?.failure?.property).toBe(isJudgedWrongly);
  });

  test("loses a computation that goes back and forth, within ten seeds of light faults (H4, H5)", async () => {
    const result = await firstFailure(original.bounce, 10);
    expect(result?.failure?.property).toBe(isJudgedWrongly);
  });
});

describe("the protocol that ships, in the same situations", () => {
  for (const [situation, seeds] of [
    ["longStay", 3],
    ["supervisorMoves", 3],
    ["quick", 20],
    ["bounce", 40],
  ] as const) {
    test(`${situation}: ${seeds} seeds`, { timeout: 60_000 }, async () => {
      const result = await firstFailure(shipped[situation], seeds);
      expect(result?.failure?.text).toBeUndefined();
    });
  }

  test("the documents' own example: an asteroid strikes alice, and whoever supervises hears `unresponsive` with alice (P12)", async () => {
    const result = await firstFailure(shipped.asteroid, 5);
    expect(result?.failure?.text).toBeUndefined();
  });
});
