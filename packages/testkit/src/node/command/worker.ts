import { parentPort, workerData } from "node:worker_threads";
import type { Divergence } from "../../campaign/divergence.ts";
import { campaignPlan } from "../../campaign/portfolio.ts";
import { simulated } from "../../campaign/run-plan.ts";
import { runSeed } from "../../campaign/run-seed.ts";
import { summaryOf, type RunSummary } from "../../campaign/tally.ts";
import type { Schedule } from "../../scenario/plan.ts";
import { cryptoOf, type CryptoName } from "./crypto.ts";
import { loadScenario } from "./load.ts";

/** What a thread is to run. */
export interface WorkerTask {
  readonly file: string;
  readonly exported: string;
  readonly schedule: Schedule | null;
  readonly crypto: CryptoName | null;
}

/** A run that it is asked for. */
export interface WorkerRun {
  readonly seed: number;
  readonly twice: boolean;
}

/** What came of it. */
export interface WorkerAnswer {
  readonly summary: RunSummary;
  readonly doubled: boolean;
  readonly divergence: Divergence | null;
}

const task = workerData as WorkerTask;
const { scenario } = await loadScenario(task.file, task.exported);

const choices = { ...(task.schedule === null ? {} : { schedule: task.schedule }), ...cryptoOf(task.crypto) };

parentPort?.on("message", (runs: readonly WorkerRun[]) => {
  // A rejection ends the thread, and whoever asked hears of it.
  void answer(runs);
});
send([]);

async function answer(runs: readonly WorkerRun[]): Promise<void> {
  const answers: WorkerAnswer[] = [];
  for (const { seed, twice } of runs) {
    const plan = campaignPlan(scenario, seed, choices);
    const { result, doubled, divergence } = await runSeed(scenario, plan, { run: simulated, twice });
    answers.push({ summary: summaryOf(scenario, result), doubled, divergence });
  }
  send(answers);
}

function send(answers: readonly WorkerAnswer[]): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there is no origin
  parentPort?.postMessage(answers);
}
