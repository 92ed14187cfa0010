import { Worker } from "node:worker_threads";
import { campaignResult, shortest, type CampaignResult } from "../../campaign/campaign.ts";
import type { Divergence } from "../../campaign/divergence.ts";
import { scheduleOf } from "../../campaign/portfolio.ts";
import { simulated } from "../../campaign/run-plan.ts";
import { isSampled, runSeed } from "../../campaign/run-seed.ts";
import { listSeeds, type Seeds } from "../../campaign/seeds.ts";
import { shrinkRun } from "../../campaign/shrink-run.ts";
import { Tally } from "../../campaign/tally.ts";
import type { Schedule } from "../../scenario/plan.ts";
import type { RunResult } from "../../scenario/result.ts";
import { elapsedMs } from "../elapsed.ts";
import { cryptoOf, type CryptoName } from "./crypto.ts";
import type { Loaded } from "./load.ts";
import type { WorkerAnswer, WorkerRun, WorkerTask } from "./worker.ts";

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

/** How long a thread should be busy with what it is given at once. */
const batchMs = 100;

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
  #next = 0;

  constructor(loaded: Loaded, options: ParallelOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#untilMs = elapsedMs() + (options.timeMs ?? Infinity);
  }

  async run(): Promise<CampaignResult> {
    const { scenario } = this.#loaded;
    const seeds = listSeeds(this.#options.seeds);
    const jobs = Math.min(this.#options.jobs, seeds.count);
    const stop = new AbortController();
    try {
      await Promise.all(Array.from({ length: jobs }, () => this.#work(seeds, stop.signal)));
    } finally {
      stop.abort();
    }
    // In their order, whichever thread was first.
    this.#failed.sort((a, b) => a - b);
    const failures = await this.#runAgain(this.#failed.slice(0, this.#failuresMax));
    const shrunk =
      this.#divergence === null && failures.length > 0
        ? await shrinkRun(scenario, shortest(failures), cryptoOf(this.#options.crypto ?? null))
        : null;
    return campaignResult(scenario, "sim", this.#tally, { failures, shrunk, nondeterministic: this.#divergence });
  }

  get #failuresMax(): number {
    return this.#options.failuresMax ?? 10;
  }

  get #isOver(): boolean {
    const { signal } = this.#options;
    const isLate = this.#next > 0 && elapsedMs() >= this.#untilMs;
    return isLate || this.#failed.length >= this.#failuresMax || signal?.aborted === true;
  }

  /** One thread, from its beginning to when nothing is left to be run. */
  async #work(seeds: ReturnType<typeof listSeeds>, stop: AbortSignal): Promise<void> {
    const { file, exported } = this.#loaded;
    const { schedule = null, crypto = null } = this.#options;
    const workerData: WorkerTask = { file, exported, schedule, crypto };
    const worker = new Worker(new URL(workerFile, import.meta.url), { workerData });
    stop.addEventListener("abort", () => void worker.terminate(), { once: true });
    let size = 1;
    let sentMs = elapsedMs();
    await new Promise<void>((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", () => resolve());
      worker.on("message", (answers: readonly WorkerAnswer[]) => {
        for (const answer of answers) this.#take(answer);
        const tookMs = elapsedMs() - sentMs;
        // The first message is empty: the thread is there.
        if (answers.length > 0)
          size = Math.max(1, Math.min(256, Math.round((answers.length * batchMs) / (tookMs + 1))));
        const runs = this.#isOver ? [] : this.#nextRuns(seeds, size);
        if (runs.length === 0) return resolve();
        sentMs = elapsedMs();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there is no origin
        worker.postMessage(runs);
      });
    });
    await worker.terminate();
  }

  #take({ summary, doubled, divergence }: WorkerAnswer): void {
    this.#tally.add(summary);
    if (doubled) this.#tally.doubled += 1;
    if (!summary.ok) this.#failed.push(summary.seed);
    this.#divergence ??= divergence;
    this.#options.onProgress?.(this.#tally.runs);
  }

  #nextRuns(seeds: ReturnType<typeof listSeeds>, count: number): readonly WorkerRun[] {
    const { determinism = 0.02 } = this.#options;
    const runs: WorkerRun[] = [];
    for (; runs.length < count && this.#next < seeds.count; this.#next += 1) {
      runs.push({ seed: seeds.at(this.#next), twice: isSampled(this.#next, determinism) });
    }
    return runs;
  }

  /** Results do not travel between threads, but runs can be made again. */
  async #runAgain(seeds: readonly number[]): Promise<readonly RunResult[]> {
    const { scenario } = this.#loaded;
    const failures: RunResult[] = [];
    for (const seed of seeds) {
      const schedule = this.#options.schedule ?? scheduleOf(scenario, seed);
      const plan = { seed, schedule, ...cryptoOf(this.#options.crypto ?? null) };
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

/** Published it is JavaScript. */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
