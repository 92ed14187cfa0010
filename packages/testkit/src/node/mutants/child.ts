// Runs one scenario under some seeds, in the process that a mutant lives in, until one fails.

import { scheduleOf } from "../../campaign/portfolio.ts";
import { runnerOf } from "../../campaign/run-plan.ts";
import type { WorldKind } from "../../scenario/place.ts";
import { loadScenario } from "../command/load.ts";
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

process.once("message", (task: ChildTask) => {
  void run(task)
    .catch((error: unknown): ChildAnswer => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { caught: null, runs: 0, loaded: loadings.count > 0, error: text };
    })
    .then((answer) => process.send?.(answer, () => process.disconnect()));
});

async function run({ module, name, world, fromSeed, toSeed }: ChildTask): Promise<ChildAnswer> {
  const { scenario } = await loadScenario(module, name);
  const make = await runnerOf(world);
  let caught: ChildAnswer["caught"] = null;
  let runs = 0;
  for (let seed = fromSeed; seed <= toSeed && caught === null; seed += 1) {
    const { failure } = await make(scenario, { seed, schedule: scheduleOf(scenario, seed), inertFaults: "report" });
    runs += 1;
    if (failure !== undefined) caught = { seed, property: failure.property, what: failure.what };
  }
  return { caught, runs, loaded: loadings.count > 0, error: null };
}
