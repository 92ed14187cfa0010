import type { Fault } from "../fault/fault.ts";
import { elapsedMs } from "../node/elapsed.ts";
import type { Json } from "../scenario/json.ts";
import type { Plan, PlannedOp } from "../scenario/plan.ts";
import { ddmin } from "./ddmin.ts";
import { rounded, simplerFaults, snapped } from "./simpler.ts";

/** Runs a candidate. Gives its plan, as it ran, if it fails in the same way; null if it does not. */
export type PlanTest = (candidate: Plan) => Promise<Plan | null>;

export interface ShrinkBudget {
  /** Default: 3,000. */
  readonly runsMax?: number;
  /** Time of this machine. Default: 10,000. */
  readonly timeMs?: number;
  /** What the time is measured by, in milliseconds. */
  readonly clock?: () => number;
}

export interface ShrinkOptions extends ShrinkBudget {
  readonly test: PlanTest;
  /** Simpler arguments in place of those of an operation, the simplest first. Default: none. */
  readonly simplerArgs?: (op: PlannedOp) => readonly Json[];
}

export interface ShrunkPlan {
  /** Fails in the same way as the plan that it comes from. */
  readonly plan: Plan;
  readonly runs: number;
  /** Whether nothing more can be left out by itself; false when the budget was spent before that was known. */
  readonly complete: boolean;
}

/** After so many rounds there is an end, whether something still changes or not. */
const roundsMax = 10;

/**
 * Makes a plan that fails as small as it finds, by leaving out faults, operations and deviations of the schedule, and by saying what is left in
 * rounder numbers. The seed stays, and random numbers are keyed, so what is left does what it did before. The result fails in the same way,
 * whenever the budget ends.
 */
export async function shrink(plan: Plan, options: ShrinkOptions): Promise<ShrunkPlan> {
  return await new Shrinking(plan, options).run();
}

/** True: the candidate fails in the same way, and is the best now. Null: the budget is spent. */
type Verdict = boolean | null;

class Shrinking {
  #best: Plan;
  #runs = 0;
  #spent = false;
  readonly #options: ShrinkOptions;
  readonly #clock: () => number;
  readonly #untilMs: number;
  /** Candidates that do not fail in the same way. */
  readonly #failed = new Set<string>();

  constructor(plan: Plan, options: ShrinkOptions) {
    const { timeMs = 10_000, clock = elapsedMs } = options;
    this.#best = plan;
    this.#options = options;
    this.#clock = clock;
    this.#untilMs = clock() + timeMs;
  }

  async run(): Promise<ShrunkPlan> {
    let settled = false;
    for (let round = 0; round < roundsMax && !settled && !this.#spent; round += 1) {
      const before = JSON.stringify(this.#best);
      await this.#round();
      settled = JSON.stringify(this.#best) === before;
    }
    return { plan: this.#best, runs: this.#runs, complete: settled && !this.#spent };
  }

  async #round(): Promise<void> {
    await this.#inOrder();
    await this.#types();
    await ddmin(this.#best.faults, (faults) => this.#try({ faults }));
    await ddmin(this.#best.ops, (ops) => this.#try({ ops }));
    await this.#faultParameters();
    await this.#opParameters();
    await this.#deviations();
  }

  async #try(part: Partial<Plan>): Promise<Verdict> {
    const candidate = { ...this.#best, ...part };
    const key = JSON.stringify(candidate);
    if (this.#failed.has(key)) return false;
    if (this.#spent || this.#runs >= (this.#options.runsMax ?? 3_000) || this.#clock() >= this.#untilMs) {
      this.#spent = true;
      return null;
    }
    this.#runs += 1;
    const ran = await this.#options.test(candidate);
    if (ran === null) {
      this.#failed.add(key);
      return false;
    }
    this.#best = ran;
    return true;
  }

  /** The first of the candidates that will do. */
  async #tryEach(candidates: readonly Partial<Plan>[]): Promise<void> {
    for (const candidate of candidates) if ((await this.#try(candidate)) !== false) return;
  }

  /** Most failures need no particular order, and then nothing has to be kept of it. */
  async #inOrder(): Promise<void> {
    const { schedule } = this.#best;
    const isFifo = schedule.type === "fifo" || (schedule.type === "listed" && schedule.deviations.length === 0);
    if (!isFifo) await this.#try({ schedule: { type: "fifo" } });
  }

  async #types(): Promise<void> {
    for (const type of new Set(this.#best.faults.map(({ type }) => type))) {
      await this.#try({ faults: this.#best.faults.filter((fault) => fault.type !== type) });
    }
  }

  async #faultParameters(): Promise<void> {
    for (let index = 0; index < this.#best.faults.length; index += 1) {
      const fields = simplerFaults(this.#best.faults[index] as Fault, this.#timesBut(index)).length;
      // One field after another, each of the fault as it is by then.
      for (let field = 0; field < fields; field += 1) {
        const { faults } = this.#best;
        const candidates = simplerFaults(faults[index] as Fault, this.#timesBut(index))[field] ?? [];
        await this.#tryEach(candidates.map((fault) => ({ faults: faults.with(index, fault) })));
      }
    }
  }

  /** When something else of the plan happens. */
  #timesBut(index: number): readonly number[] {
    const { faults, ops } = this.#best;
    return [...faults.toSpliced(index, 1), ...ops].map(({ atMs }) => atMs);
  }

  async #opParameters(): Promise<void> {
    for (let index = 0; index < this.#best.ops.length; index += 1) {
      const withOp = (change: Partial<PlannedOp>): Partial<Plan> => {
        const { ops } = this.#best;
        return { ops: ops.with(index, { ...(ops[index] as PlannedOp), ...change }) };
      };
      const op = this.#best.ops[index] as PlannedOp;
      const times = this.#best.faults.map(({ atMs }) => atMs);
      await this.#tryEach([...rounded(op.atMs), ...snapped(op.atMs, times)].map((atMs) => withOp({ atMs })));
      const simpler = this.#options.simplerArgs?.(op) ?? [];
      await this.#tryEach(simpler.map((args) => withOp({ args })));
    }
  }

  async #deviations(): Promise<void> {
    const { schedule } = this.#best;
    if (schedule.type !== "listed") return;
    await ddmin(schedule.deviations, (deviations) => this.#try({ schedule: { type: "listed", deviations } }));
  }
}
