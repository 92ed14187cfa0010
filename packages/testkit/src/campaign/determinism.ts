import type { Crypto } from "@espalier/runtime";
import type { Schedule } from "../scenario/plan.ts";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { EventLog } from "../world/event-log.ts";
import { describeDivergence, divergenceOf, type Divergence } from "./divergence.ts";
import { campaignPlan } from "./portfolio.ts";
import { simulated, type Runner, type RunPlan } from "./run-plan.ts";
import { listSeeds, type Seeds } from "./seeds.ts";

export interface DeterminismOptions {
  readonly seeds: Seeds;
  /** Default: that of the scenario, or several by turns. */
  readonly schedule?: Schedule;
  /** Default: as in a campaign, the plain one for nine runs in ten. */
  readonly crypto?: Crypto | "plain" | "real";
  readonly run?: Runner;
  /** Asked before each seed: true ends it. */
  readonly enough?: () => boolean;
}

export interface DeterminismResult {
  readonly ok: boolean;
  readonly scenario: string;
  /** How many seeds were run twice. */
  readonly seeds: number;
  readonly events: number;
  /** The first seed whose runs differ, and where. */
  readonly divergence: Divergence | null;
  readonly text: string;
}

/** Runs each seed twice, until two runs of one seed differ. */
export async function determinism(
  scenario: Scenario<any, any>,
  { seeds, run = simulated, enough = () => false, ...choices }: DeterminismOptions,
): Promise<DeterminismResult> {
  const list = listSeeds(seeds);
  let done = 0;
  let events = 0;
  let divergence: Divergence | null = null;
  for (; done < list.count && divergence === null && !enough(); done += 1) {
    const twice = await runTwice(scenario, campaignPlan(scenario, list.at(done), choices), run);
    events += twice.result.events;
    ({ divergence } = twice);
  }
  const text =
    divergence === null
      ? `scenario ${JSON.stringify(scenario.name)}: ${done} seeds run twice, ${events} events, no difference`
      : `scenario ${JSON.stringify(scenario.name)}: ${describeDivergence(divergence)}`;
  return { ok: divergence === null, scenario: scenario.name, seeds: done, events, divergence, text };
}

/** Makes the run twice, and says where the two part. */
export async function runTwice(
  scenario: Scenario<any, any>,
  plan: RunPlan,
  run: Runner,
): Promise<{ readonly result: RunResult; readonly divergence: Divergence | null }> {
  const first = new EventLog({ lines: true });
  const result = await run(scenario, { ...plan, log: first });
  const second = new EventLog({ lines: true });
  const again = await run(scenario, { ...plan, log: second });
  // The log of a world that keeps none is empty in both, and so is its hash the same.
  const divergence = divergenceOf(plan.seed, first, second);
  if (divergence === null && result.traceHash !== again.traceHash) {
    // One byte of each event can be equal by chance in the last ones.
    return { result, divergence: { seed: plan.seed, event: Math.max(0, first.events - 1), first: [], second: [] } };
  }
  return { result, divergence };
}
