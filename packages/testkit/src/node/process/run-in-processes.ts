import { checkFaults } from "../../fault/fault.ts";
import { planOf, type Plan } from "../../scenario/plan.ts";
import type { RunResult } from "../../scenario/result.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { checkSupported } from "./process-controls.ts";
import { ProcessRun, type ProcessOptions } from "./process-run.ts";

/** What to run: what the seed makes of the scenario, but for those parts that are given. */
export interface ProcessPlan extends Partial<Omit<Plan, "seed">> {
  readonly seed: number;
  /**
   * Whether everything that can be seen of it is noted, for its report: not what nodes say to each other. Default: true, for it cannot be run
   * again.
   */
  readonly record?: boolean;
}

/**
 * Runs a scenario once with a real OS process for each node, on this machine: the same boot, operations, faults and properties as in a simulated
 * world. Times of the plan are real milliseconds. Sockets go through proxies on 127.0.0.1, a crash is a SIGKILL, a pause a SIGSTOP; keys,
 * addresses and random numbers of operations are those of a simulated run of the same seed.
 *
 * What happens is the operating system's business: two runs of one seed differ, so a result has no trace hash, and is to be judged by its
 * properties alone. Properties are told of each event, in the order in which they come in here. What nodes look like is asked every 100 ms and
 * soon after they did something, and what must always hold is checked when all that run have answered: what comes and goes between two looks is
 * seen only by properties that are told of events, and the views of two nodes are not of the same moment.
 *
 * A failure is a result, whatever failed; only misuse rejects. When it resolves, no process, port or directory is left; when the process that
 * called it is killed before, the others end by themselves.
 *
 * @throws TypeError when the scenario does not say its `module`.
 * @throws UnsupportedFaultError when this machine cannot do what a fault asks for.
 */
export async function runInProcesses<App, Seen>(
  scenario: Scenario<App, Seen>,
  plan: ProcessPlan,
  options: ProcessOptions = {},
): Promise<RunResult> {
  const { module } = scenario;
  if (module === null) {
    throw new TypeError(
      `scenario ${JSON.stringify(scenario.name)}: expected the option module, to run in processes; give it import.meta.url, and export the ` +
        "scenario from a module of its own, which does not import vitest",
    );
  }
  const { dilation } = options;
  if (dilation !== undefined && !(dilation >= 0.1 && dilation <= 100)) {
    throw new RangeError(`dilation: expected a number from 0.1 to 100, got ${dilation}`);
  }
  const own = planOf(scenario, plan.seed);
  const { faults = own.faults, ops = own.ops, schedule = own.schedule } = plan;
  const full: Plan = { seed: plan.seed, faults: checkFaults(faults, scenario.nodes), ops, schedule };
  checkSupported(full.faults);
  return await new ProcessRun({ scenario, module, plan: full, isRecorded: plan.record ?? true, options }).run();
}
