import { type PlannedOp, type RunResult, type Scenario, simulate } from "@espalier/testkit";
import { runInProcesses } from "@espalier/testkit/process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Race, racing } from "./race.ts";
import { calm, races as calmRaces } from "./scenarios/calm.ts";
import { series, struck } from "./scenarios/struck.ts";

/** Each race is simulated so often, when it is not told otherwise until it has had two outcomes. */
const fewest = Number(process.env["ESPALIER_PARITY_SEEDS"] ?? 10);
const most = Math.max(fewest, 40);
/** How often each race is run in processes. */
const runs = Number(process.env["ESPALIER_PARITY_RUNS"] ?? 2);

const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));

/** What came of each race, by its name. */
type Outcomes = Map<string, Map<string, number>>;

const simulated: Outcomes = new Map();
/** With how many seeds each was simulated. */
const simulatedSeeds = new Map<string, number>();
const real: Outcomes = new Map();

function count(outcomes: Outcomes, { history }: RunResult): void {
  for (const { op, outcome } of history.entries) {
    if (outcome.type !== "ok" || typeof outcome.output !== "string") continue;
    const counts = outcomes.get(op) ?? new Map<string, number>();
    outcomes.set(op, counts);
    counts.set(outcome.output, (counts.get(outcome.output) ?? 0) + 1);
  }
}

function show(outcomes: Outcomes, race: string): string {
  const counts = [...(outcomes.get(race) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return counts.map(([outcome, times]) => `${outcome} ${times}`).join(", ");
}

/** A race that something strikes begins at once: the time that is left is that of the fault. */
function opsOf({ name, faults }: Race, seed: number): { readonly ops?: readonly PlannedOp[] } {
  return faults === undefined ? {} : { ops: [{ op: name, n: seed, atMs: seed % 5, node: "a", args: null }] };
}

interface Case {
  readonly race: Race;
  readonly scenario: Scenario<any, any>;
}

const cases: readonly Case[] = [
  ...calmRaces.map((race) => ({ race, scenario: racing(race.name, [race], { module: import.meta.url }) })),
  ...struck,
];

/** Simulates a race with further seeds, until all that is wanted has come of it. */
async function simulateUntil({ race, scenario }: Case, isEnough: (seen: ReadonlySet<string>, seed: number) => boolean) {
  for (let seed = (simulatedSeeds.get(race.name) ?? 0) + 1; seed <= most; seed += 1) {
    if (isEnough(new Set(simulated.get(race.name)?.keys()), seed)) return;
    simulatedSeeds.set(race.name, seed);
    const result = await simulate(scenario, { seed, crypto: "plain", inertFaults: "report", ...opsOf(race, seed) });
    expect(result.failure?.text).toBeUndefined();
    count(simulated, result);
  }
}

describe("in the simulation", () => {
  it.each(cases)("$race.name: has several outcomes, all of them allowed", async (one) => {
    await simulateUntil(one, (seen, seed) => seed > fewest && seen.size > 1);
    expect(simulated.get(one.race.name)?.size, show(simulated, one.race.name)).toBeGreaterThan(1);
  });
});

const seriesFromNow: PlannedOp = { op: "series", n: 1, atMs: 0, node: "a", args: null };

/** In processes all races share a few runs: those that nothing goes wrong with at once, the others one after the other. */
const jobs = Array.from({ length: runs }, (_, index) => index + 1).flatMap((seed) => [
  { name: `the calm races, ${seed}`, scenario: calm, plan: { seed } },
  // From the beginning: all that time is for them.
  { name: `the struck races, ${seed}`, scenario: series, plan: { seed, ops: [seriesFromNow] } },
]);

describe("in processes (S157)", { concurrent: true }, () => {
  it.each(jobs)("$name: every outcome is allowed", async ({ name, scenario, plan }) => {
    const result = await runInProcesses(scenario, plan, { dilation: 1, compileCache });
    expect(result.failure?.text).toBeUndefined();
    const late = result.faults.filter(({ applied }) => !applied).length;
    if (late > 0) console.log(`${name}: ${late} of ${result.faults.length} faults came too late; this machine is slow`);
    count(real, result);
  });
});

describe("of both", () => {
  it("tells which outcomes only processes have shown", async () => {
    for (const one of cases) {
      const { name, allowed } = one.race;
      const outcomes = [...(real.get(name)?.keys() ?? [])];
      await simulateUntil(one, (seen) => outcomes.every((what) => seen.has(what)));
      const unseen = outcomes.filter((what) => simulated.get(name)?.has(what) !== true);
      if (unseen.length > 0) {
        console.log(`${name}: only in processes: ${unseen.join(", ")}; simulated: ${show(simulated, name)}`);
      }
      expect(allowed).toEqual(expect.arrayContaining(outcomes));
    }
    expect(real.size).toBe(cases.length);
  });
});
