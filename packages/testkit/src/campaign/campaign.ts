import type { Crypto } from "@espalier/runtime";
import { elapsedMs } from "../node/elapsed.ts";
import type { WorldKind } from "../scenario/place.ts";
import type { Schedule } from "../scenario/plan.ts";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Divergence } from "./divergence.ts";
import { describeCampaign } from "./describe-campaign.ts";
import { campaignPlan } from "./portfolio.ts";
import { runnerOf, type Runner } from "./run-plan.ts";
import { isSampled, runSeed } from "./run-seed.ts";
import { listSeeds, type Seeds } from "./seeds.ts";
import { shrinkRun } from "./shrink-run.ts";
import { summaryOf, Tally } from "./tally.ts";

export interface CampaignOptions {
  /** 1 to a number, a list, or a range. */
  readonly seeds: Seeds;
  /** Default: `sim`. */
  readonly world?: WorldKind;
  /** No run is begun after this time of the machine that runs the campaign. Default: none. */
  readonly timeMs?: number;
  /** Default: that of the scenario; of one that has none several by turns, half of the runs in order. */
  readonly schedule?: Schedule;
  /** Default: the plain one for nine simulated runs in ten, and Node's for those of seeds that end in 1. `real` is Node's for all. */
  readonly crypto?: Crypto | "plain" | "real";
  /** Whether the smallest plan is looked for that fails like the first failure. Default: true, for simulated worlds. */
  readonly shrink?: boolean;
  /** Which share of the runs that hold is made twice, to see whether they do the same; what fails always is. Default: 0.02. */
  readonly determinism?: number;
  /** After how many failures the campaign ends. Default: 10. */
  readonly failuresMax?: number;
  readonly onResult?: (result: RunResult) => void;
  /** What makes the runs, for worlds of your own. Default: that of `world`. */
  readonly run?: Runner;
  /** What `timeMs` is measured by, in milliseconds. Default: the time of this machine. */
  readonly clock?: () => number;
}

/** What came of many runs of one scenario. */
export interface CampaignResult {
  /** Every run held, every mark was reached, every kind of fault bit, and what was run twice did the same. */
  readonly ok: boolean;
  readonly scenario: string;
  readonly world: WorldKind;
  readonly runs: number;
  readonly failed: number;
  /** How many were run a second time. */
  readonly doubled: number;
  readonly events: number;
  readonly virtualMs: number;
  /** The first ones. */
  readonly failures: readonly RunResult[];
  /** The smallest run found that fails like one of them. */
  readonly shrunk: RunResult | null;
  /** Marks that must sometimes be reached, and that no run reached. */
  readonly unreached: readonly string[];
  /** Types of faults, or single ones where the scenario names them, that changed nothing in any run: they tested nothing. */
  readonly inert: readonly string[];
  /** The first seed that did not do the same twice, and where. */
  readonly nondeterministic: Divergence | null;
  /** All of that for people. */
  readonly text: string;
}

/**
 * Runs a scenario under many seeds. A campaign that is green has shown that nothing failed, and also that it tested something: each mark of
 * `sometimes` was reached, and each kind of fault that was planned changed something.
 *
 * @throws RangeError when a seed is none.
 */
export async function campaign(scenario: Scenario<any, any>, options: CampaignOptions): Promise<CampaignResult> {
  const { world = "sim", timeMs = Infinity, determinism = 0.02, failuresMax = 10, clock = elapsedMs } = options;
  const { shrink = world === "sim", onResult } = options;
  const list = listSeeds(options.seeds);
  const run = options.run ?? (await runnerOf(world));
  const untilMs = clock() + timeMs;
  const tally = new Tally();
  const failures: RunResult[] = [];
  let nondeterministic: Divergence | null = null;
  for (let index = 0; index < list.count && failures.length < failuresMax; index += 1) {
    // One run is made whatever the time: none at all says nothing.
    if (index > 0 && clock() >= untilMs) break;
    const { result, doubled, divergence } = await runSeed(scenario, campaignPlan(scenario, list.at(index), options), {
      run,
      twice: isSampled(index, determinism),
    });
    tally.add(summaryOf(scenario, result));
    if (doubled) tally.doubled += 1;
    nondeterministic ??= divergence;
    if (!result.ok) failures.push(result);
    onResult?.(result);
  }
  // What does not do the same twice cannot be made smaller.
  const shrunk =
    shrink && nondeterministic === null && failures.length > 0
      ? await shrinkRun(scenario, shortest(failures), { run, clock, ...codeOf(options.crypto) })
      : null;
  return campaignResult(scenario, world, tally, { failures, shrunk, nondeterministic });
}

/** A cryptography of the caller's own, which plans do not name. */
function codeOf(crypto: CampaignOptions["crypto"]): { readonly crypto?: Crypto } {
  return typeof crypto === "object" ? { crypto } : {};
}

/** What the runs that were counted come to. */
export function campaignResult(
  scenario: Scenario<any, any>,
  world: WorldKind,
  tally: Tally,
  found: Pick<CampaignResult, "failures" | "shrunk" | "nondeterministic">,
): CampaignResult {
  const { runs, failed, doubled, events, virtualMs, inert } = tally;
  const unreached = tally.unreached(scenario);
  const ok = failed === 0 && found.nondeterministic === null && unreached.length === 0 && inert.length === 0;
  const result = { ok, scenario: scenario.name, world, runs, failed, doubled, events, virtualMs, unreached, inert };
  return { ...result, ...found, text: describeCampaign({ ...result, ...found }) };
}

/** The one with the fewest events: the quickest to make smaller. */
export function shortest(failures: readonly RunResult[]): RunResult {
  return failures.reduce((shortest, failure) => (failure.events < shortest.events ? failure : shortest));
}
