import type { Crypto } from "@espalier/runtime";
import { checkFaults } from "../fault/fault.ts";
import type { Json } from "../scenario/json.ts";
import type { Plan, PlannedOp } from "../scenario/plan.ts";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { simulated, type Runner } from "./run-plan.ts";
import { shrink, type ShrinkBudget } from "./shrink.ts";
import { signatureOf } from "./signature.ts";

export interface ShrinkRunOptions extends ShrinkBudget {
  /** Default: Node's. Not for a run that had the plain one, and that keeps it. */
  readonly crypto?: Crypto;
  readonly run?: Runner;
}

/**
 * The smallest run found that fails as this one did: by the same property, and by what it said but for numbers and names.
 *
 * @throws TypeError when the run did not fail.
 */
export async function shrinkRun(
  scenario: Scenario<any, any>,
  failed: RunResult,
  { crypto, run = simulated, ...budget }: ShrinkRunOptions = {},
): Promise<RunResult> {
  const { nodes, ops } = scenario;
  if (failed.failure === undefined) throw new TypeError(`result: expected a run that failed, got one that held`);
  const signature = signatureOf(failed.failure, nodes);
  const own = crypto === undefined ? {} : { crypto };
  let best = failed;
  await shrink(failed.plan, {
    ...budget,
    simplerArgs: ({ op, args }: PlannedOp): readonly Json[] =>
      ops.find(({ name }) => name === op)?.options.shrink?.(args) ?? [],
    test: async (candidate) => {
      if (!makeSense(candidate, nodes)) return null;
      const result = await run(scenario, { ...own, ...candidate });
      if (result.failure === undefined || signatureOf(result.failure, nodes) !== signature) return null;
      best = result;
      return result.plan;
    },
  });
  // Once more, and recorded: so it can tell what led to what.
  const recorded = await run(scenario, { ...own, ...best.plan, record: true });
  return recorded.traceHash === best.traceHash ? recorded : best;
}

/** A rounder number or a shorter list may be none that a fault allows. */
function makeSense({ faults }: Plan, nodes: readonly string[]): boolean {
  try {
    checkFaults(faults, nodes);
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}
