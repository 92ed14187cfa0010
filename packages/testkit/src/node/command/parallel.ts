import { campaignResult, shortest, type CampaignResult } from "../../campaign/campaign.ts";
import type { Divergence } from "../../campaign/divergence.ts";
import { campaignPlan } from "../../campaign/portfolio.ts";
import { simulated } from "../../campaign/run-plan.ts";
import { isSampled, runSeed } from "../../campaign/run-seed.ts";
import { listSeeds, type Seeds } from "../../campaign/seeds.ts";
import { shrinkRun } from "../../campaign/shrink-run.ts";
import { Tally } from "../../campaign/tally.ts";
import type { Schedule } from "../../scenario/plan.ts";
import type { RunResult } from "../../scenario/result.ts";
import { elapsedMs } from "../elapsed.ts";
import { codeOf, cryptoOf, type CryptoName } from "./crypto.ts";
import type { Loaded } from "./load.ts";
import { runInThreads } from "./threads.ts";
import type { WorkerAnswer } from "./worker.ts";

export interface ParallelOptions {
  readonly seeds: Seeds;
  readonly jobs: number;
  readonly timeMs?: number;
  readonly schedule?: Schedule | null;
  readonly crypto?: CryptoName | null;
  readonly failuresMax?: number;
  readonly determinism?: number;
  readonly signal?: AbortSignal;
  /** Called now and then, with how many runs are done. */
  readonly onProgress?: (runs: number) => void;
}

/** A campaign of simulated runs, spread over threads. What it finds does not depend on how many there are, unless the time ends it. */
export async function parallelCampaign(loaded: Loaded, options: ParallelOptions): Promise<CampaignResult> {
  return await new Campaign(loaded, options).run();
}

class Campaign {
  readonly #loaded: Loaded;
  readonly #options: ParallelOptions;
  readonly #tally = new Tally();
  readonly #failed: number[] = [];
  readonly #untilMs: number;
  #divergence: Divergence | null = null;

  constructor(loaded: Loaded, options: ParallelOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#untilMs = elapsedMs() + (options.timeMs ?? Infinity);
  }

  async run(): Promise<CampaignResult> {
    const { scenario } = this.#loaded;
    const { seeds, jobs, schedule = null, crypto = null, determinism = 0.02 } = this.#options;
    await runInThreads(this.#loaded, {
      seeds: listSeeds(seeds),
      jobs,
      schedule,
      crypto,
      isTwice: (index) => isSampled(index, determinism),
      onAnswer: (answer) => this.#take(answer),
      isOver: () => this.#isOver,
    });
    // In their order, whichever thread was first.
    this.#failed.sort((a, b) => a - b);
    const failures = await this.#runAgain(this.#failed.slice(0, this.#failuresMax));
    const shrunk =
      this.#divergence === null && failures.length > 0
        ? await shrinkRun(scenario, shortest(failures), codeOf(crypto))
        : null;
    return campaignResult(scenario, "sim", this.#tally, { failures, shrunk, nondeterministic: this.#divergence });
  }

  get #failuresMax(): number {
    return this.#options.failuresMax ?? 10;
  }

  get #isOver(): boolean {
    const { signal } = this.#options;
    return elapsedMs() >= this.#untilMs || this.#failed.length >= this.#failuresMax || signal?.aborted === true;
  }

  #take({ summary, doubled, divergence }: WorkerAnswer): void {
    this.#tally.add(summary);
    if (doubled) this.#tally.doubled += 1;
    if (!summary.ok) this.#failed.push(summary.seed);
    this.#divergence ??= divergence;
    this.#options.onProgress?.(this.#tally.runs);
  }

  /** Results do not travel between threads, but runs can be made again. */
  async #runAgain(seeds: readonly number[]): Promise<readonly RunResult[]> {
    const { scenario } = this.#loaded;
    const { schedule, crypto = null } = this.#options;
    const choices = { ...(schedule == null ? {} : { schedule }), ...cryptoOf(crypto) };
    const failures: RunResult[] = [];
    for (const seed of seeds) {
      const plan = campaignPlan(scenario, seed, choices);
      const { result, divergence } = await runSeed(scenario, plan, { run: simulated, twice: true });
      this.#divergence ??= divergence;
      if (result.ok) {
        // It failed in a thread of its own, and holds here.
        this.#divergence ??= { seed, event: 0, first: [], second: [] };
      } else {
        failures.push(result);
      }
    }
    return failures;
  }
}
