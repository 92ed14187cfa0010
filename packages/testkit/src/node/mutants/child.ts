// Runs one scenario after another under some seeds, each until one fails: in the process that a mutant lives in, or in one that has none.

import { campaignPlan } from "../../campaign/portfolio.ts";
import { runnerOf } from "../../campaign/run-plan.ts";
import type { WorldKind } from "../../scenario/place.ts";
import { LoadError, loadScenario } from "../command/load.ts";
import { loadings } from "./hooks.ts";

/** What it is asked to run. */
export interface ChildTask {
  /** The path of the module. */
  readonly module: string;
  readonly name: string;
  readonly world: WorldKind;
  readonly fromSeed: number;
  readonly toSeed: number;
}

/** What came of it. */
export interface ChildAnswer {
  /** The first run that failed. */
  readonly caught: { readonly seed: number; readonly property: string; readonly what: string } | null;
  readonly runs: number;
  /** Whether the file that was changed has been loaded. */
  readonly loaded: boolean;
  /** What went wrong outside of a run. */
  readonly error: string | null;
}

/** What it says: that it begins to run, and in the end what came of it. */
export type ChildMessage = "running" | ChildAnswer;

process.on("message", (task: ChildTask) => {
  void run(task)
    .catch((error: unknown): ChildAnswer => {
      const text =
        error instanceof LoadError ? error.message : error instanceof Error ? `${error.stack}` : String(error);
      return { caught: null, runs: 0, loaded: loadings.count > 0, error: text };
    })
    .then((answer) => process.send?.(answer));
});

async function run({ module, name, world, fromSeed, toSeed }: ChildTask): Promise<ChildAnswer> {
  const { scenario } = await loadScenario(module, name);
  const make = await runnerOf(world);
  // Until now it was loading.
  process.send?.("running" satisfies ChildMessage);
  let caught: ChildAnswer["caught"] = null;
  let runs = 0;
  for (let seed = fromSeed; seed <= toSeed && caught === null; seed += 1) {
    // The real cryptography would find no more mistakes, in twice the time.
    const plan = campaignPlan(scenario, seed, { world, ...(world === "sim" ? { crypto: "plain" } : {}) });
    const { failure } = await make(scenario, { ...plan, inertFaults: "report" });
    runs += 1;
    if (failure !== undefined) caught = { seed, property: failure.property, what: failure.what };
  }
  return { caught, runs, loaded: loadings.count > 0, error: null };
}
