import type { Crypto } from "@espalier/runtime";
import type { WorldKind } from "../scenario/place.ts";
import type { Plan } from "../scenario/plan.ts";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { simulate } from "../simulation/simulate.ts";
import type { EventLog } from "../world/event-log.ts";

/** A run to be made: its seed, and those parts of its plan that the seed does not decide. */
export interface RunPlan extends Partial<Omit<Plan, "seed" | "crypto">> {
  readonly seed: number;
  /** Default: Node's. Worlds of real processes have theirs. */
  readonly crypto?: Crypto | "plain";
  /** Whether a fault without effect fails the run, where the world can say. */
  readonly inertFaults?: "fail" | "report";
  /** Whether everything that can be seen of it is noted, for its report. */
  readonly record?: boolean;
  /** Told of each event, in worlds that can. */
  readonly log?: EventLog;
}

/** Makes one run, in some world. */
export type Runner = (scenario: Scenario<any, any>, plan: RunPlan) => Promise<RunResult>;

/** The runner of simulated worlds. */
export const simulated: Runner = simulate;

/** @throws TypeError for a world that there is not. */
export async function runnerOf(world: WorldKind): Promise<Runner> {
  switch (world) {
    case "sim":
      return simulated;
    case "process": {
      // Most campaigns need none of it.
      const { runInProcesses } = await import("../node/process/run-in-processes.ts");
      return async (scenario, { crypto: _, ...plan }) => await runInProcesses(scenario, plan);
    }
    default:
      throw new TypeError(`world: expected sim or process, got ${JSON.stringify(world)}`);
  }
}
