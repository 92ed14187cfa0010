import { Worker } from "node:worker_threads";
import type { SeedList } from "../../campaign/seeds.ts";
import type { Schedule } from "../../scenario/plan.ts";
import { elapsedMs } from "../elapsed.ts";
import type { CryptoName } from "./crypto.ts";
import type { Loaded } from "./load.ts";
import type { WorkerAnswer, WorkerRun, WorkerTask } from "./worker.ts";

export interface ThreadsOptions {
  readonly seeds: SeedList;
  readonly jobs: number;
  readonly schedule: Schedule | null;
  readonly crypto: CryptoName | null;
  /** Whether the run with this index is made twice although it holds. */
  readonly isTwice: (index: number) => boolean;
  readonly onAnswer: (answer: WorkerAnswer) => void;
  /** Asked before more is handed out: true ends it. */
  readonly isOver: () => boolean;
}

/** How long a thread should be busy with what it is given at once. */
const batchMs = 100;

/** Runs seeds in threads of their own, each as they come to it. Answers come in any order. */
export async function runInThreads(loaded: Loaded, options: ThreadsOptions): Promise<void> {
  await new Threads(loaded, options).run();
}

class Threads {
  readonly #loaded: Loaded;
  readonly #options: ThreadsOptions;
  #next = 0;

  constructor(loaded: Loaded, options: ThreadsOptions) {
    this.#loaded = loaded;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { jobs, seeds } = this.#options;
    const stop = new AbortController();
    try {
      await Promise.all(Array.from({ length: Math.min(jobs, seeds.count) }, () => this.#work(stop.signal)));
    } finally {
      stop.abort();
    }
  }

  /** One thread, from its beginning to when nothing is left to be run. */
  async #work(stop: AbortSignal): Promise<void> {
    const { file, exported } = this.#loaded;
    const { schedule, crypto } = this.#options;
    const workerData: WorkerTask = { file, exported, schedule, crypto };
    const worker = new Worker(new URL(workerFile, import.meta.url), { workerData });
    stop.addEventListener("abort", () => void worker.terminate(), { once: true });
    let size = 1;
    let sentMs = elapsedMs();
    await new Promise<void>((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", () => resolve());
      worker.on("message", (answers: readonly WorkerAnswer[]) => {
        for (const answer of answers) this.#options.onAnswer(answer);
        const tookMs = elapsedMs() - sentMs;
        // The first message is empty: the thread is there.
        if (answers.length > 0)
          size = Math.max(1, Math.min(256, Math.round((answers.length * batchMs) / (tookMs + 1))));
        const runs = this.#nextRuns(size);
        if (runs.length === 0) return resolve();
        sentMs = elapsedMs();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there is no origin
        worker.postMessage(runs);
      });
    });
    await worker.terminate();
  }

  #nextRuns(count: number): readonly WorkerRun[] {
    const { seeds, isTwice, isOver } = this.#options;
    const runs: WorkerRun[] = [];
    // One run is made whatever the time: none at all says nothing.
    if (this.#next > 0 && isOver()) return runs;
    for (; runs.length < count && this.#next < seeds.count; this.#next += 1) {
      runs.push({ seed: seeds.at(this.#next), twice: isTwice(this.#next) });
    }
    return runs;
  }
}

/** Published it is JavaScript. */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
