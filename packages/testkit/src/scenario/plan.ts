import { checkFaults, type Fault } from "../fault/fault.ts";
import { KeyedRandom } from "../world/random.ts";
import type { Json } from "./json.ts";
import type { Scenario } from "./scenario.ts";

/** An operation of the workload, at its time. */
export interface PlannedOp {
  readonly op: string;
  /** Which one of its name: its random numbers depend on it, so leaving out others changes nothing for it. */
  readonly n: number;
  /** Virtual time since the nodes were booted. */
  readonly atMs: number;
  readonly node: string;
  readonly args: Json;
}

/** How what may happen in any order is ordered. */
export type Schedule =
  /** In the order in which it became due. */
  | { readonly type: "fifo" }
  /** Any order, each as likely. */
  | { readonly type: "random" }
  /** By priorities that change at `depth - 1` points (Burckhardt et al., ASPLOS 2010): finds what needs `depth` ordered steps. */
  | { readonly type: "pct"; readonly depth: number }
  /** As fifo, but for at most `bound` places where what comes first is put off. */
  | { readonly type: "delay"; readonly bound: number }
  /** As fifo, but for these choices: the `index`-th candidate at the choice with this number. What every run says it has done. */
  | { readonly type: "listed"; readonly deviations: readonly (readonly [choice: number, index: number])[] };

/** Everything that makes a run what it is, as data: what is left out of it does not happen, and nothing else changes. */
export interface Plan {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly ops: readonly PlannedOp[];
  readonly schedule: Schedule;
  /** The cryptography that is only as strong as a simulation needs. Absent: the real one, whatever computes it. */
  readonly crypto?: "plain";
}

/**
 * What a seed makes of a scenario.
 *
 * @throws RangeError when the seed is not a whole number of at least 0 that a number holds exactly.
 */
export function planOf(scenario: Scenario<any, any>, seed: number): Plan {
  const random = new KeyedRandom(seed);
  const { nodes, budget, faults, schedule } = scenario;
  const list = typeof faults === "function" ? faults({ nodes, random, virtualMs: budget.virtualMs }) : faults;
  return { seed, faults: checkFaults(list, nodes), ops: planOps(scenario, random), schedule };
}

function planOps({ nodes, ops, budget }: Scenario<any, any>, random: KeyedRandom): readonly PlannedOp[] {
  const planned = ops.flatMap(({ name, options }) => {
    const times = random.stream(`op:${name}:times`);
    return Array.from({ length: options.count }, (_, index): PlannedOp => {
      const n = index + 1;
      const rng = random.stream(`op:${name}:${n}:plan`);
      return {
        op: name,
        n,
        atMs: Math.floor(times.between(0, budget.virtualMs)),
        node: options.on ?? rng.pick(nodes),
        args: options.args?.(rng, nodes) ?? null,
      };
    });
  });
  return planned.toSorted((a, b) => a.atMs - b.atMs);
}
