import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { EventLog } from "../world/event-log.ts";
import { divergenceOf, type Divergence } from "./divergence.ts";
import type { Runner, RunPlan } from "./run-plan.ts";

export interface RunSeedOptions {
  readonly run: Runner;
  /** Whether it is run a second time although it holds. What fails always is. */
  readonly twice: boolean;
}

export interface SeedRun {
  readonly result: RunResult;
  readonly doubled: boolean;
  readonly divergence: Divergence | null;
}

/** Makes one run of a campaign, and the same one again where it failed, or is in the sample. */
export async function runSeed(
  scenario: Scenario<any, any>,
  plan: RunPlan,
  { run, twice }: RunSeedOptions,
): Promise<SeedRun> {
  const first = new EventLog({ lines: twice });
  // A fault without effect in one run of many is nothing; one without effect in any is found when all are done.
  const reported: RunPlan = { inertFaults: "report", ...plan };
  const result = await run(scenario, { ...reported, log: first });
  // Real processes never do the same twice.
  if (result.world !== "sim" || (result.ok && !twice)) return { result, doubled: false, divergence: null };
  const second = new EventLog({ lines: true });
  await run(scenario, { ...reported, log: second });
  return { result, doubled: true, divergence: divergenceOf(plan.seed, first, second) };
}

/** Whether the run with this index is in a sample of that share: the first one always is, unless the share is 0. */
export function isSampled(index: number, share: number): boolean {
  return share > 0 && index % Math.max(1, Math.round(1 / share)) === 0;
}
