import { type PlannedOp, type RunResult, type Scenario, simulate } from "@espalier/testkit";
import { type ProcessPlan, runInProcesses } from "@espalier/testkit/process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Race, racing } from "./race.ts";
import { calm, races as calmRaces } from "./scenarios/calm.ts";
import { struck } from "./scenarios/struck.ts";

const seeds = Number(process.env["ESPALIER_PARITY_SEEDS"] ?? 40);
/** How often each race is run in processes. */
const runs = Number(process.env["ESPALIER_PARITY_RUNS"] ?? 2);

const compileCache = mkdtempSync(path.join(tmpdir(), "espalier-cache-"));
afterAll(() => rmSync(compileCache, { recursive: true }));

/** What came of each race, by its name. */
type Outcomes = Map<string, Map<string, number>>;

const simulated: Outcomes = new Map();
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

const cases: readonly { readonly race: Race; readonly scenario: Scenario<any, any> }[] = [
  ...calmRaces.map((race) => ({ race, scenario: racing(race.name, [race], { module: import.meta.url }) })),
  ...struck,
];

describe("in the simulation", () => {
  it.each(cases)("$race.name: has several outcomes, all of them allowed", async ({ race, scenario }) => {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const result = await simulate(scenario, { seed, inertFaults: "report", ...opsOf(race, seed) });
      expect(result.failure?.text).toBeUndefined();
      count(simulated, result);
    }
    expect(simulated.get(race.name)?.size, show(simulated, race.name)).toBeGreaterThan(1);
  });
});

/** Everything that is run in processes: the races that nothing goes wrong with share theirs. */
const jobs: readonly {
  readonly name: string;
  readonly scenario: Scenario<any, any>;
  readonly plan: ProcessPlan;
}[] = Array.from({ length: runs }, (_, index) => index + 1).flatMap((seed) => [
  { name: `the calm races, ${seed}`, scenario: calm, plan: { seed } },
  ...struck.map(({ race, scenario }) => ({
    name: `${race.name}, ${seed}`,
    scenario,
    plan: { seed, ...opsOf(race, seed) },
  })),
]);

describe("in processes", { concurrent: true }, () => {
  it.each(jobs)("$name: every outcome is allowed", async ({ scenario, plan }) => {
    const result = await runInProcesses(scenario, plan, { compileCache });
    expect(result.failure?.text).toBeUndefined();
    count(real, result);
  });
});

describe("of both", () => {
  it("tells which outcomes only processes have shown", () => {
    for (const { race } of cases) {
      const unseen = [...(real.get(race.name)?.keys() ?? [])].filter(
        (what) => simulated.get(race.name)?.has(what) !== true,
      );
      if (unseen.length > 0) {
        console.log(`${race.name}: only in processes: ${unseen.join(", ")}; simulated: ${show(simulated, race.name)}`);
      }
      expect(race.allowed).toEqual(expect.arrayContaining([...(real.get(race.name)?.keys() ?? [])]));
    }
    expect(real.size).toBe(cases.length);
  });
});
