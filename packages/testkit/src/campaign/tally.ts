import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** What a campaign keeps of each run: data, so that other threads can send it. */
export interface RunSummary {
  readonly seed: number;
  readonly ok: boolean;
  readonly events: number;
  readonly virtualMs: number;
  readonly marks: readonly string[];
  readonly faults: readonly { readonly type: string; readonly effective: number }[];
}

export function summaryOf({ ok, plan, events, virtualMs, marks, faults }: RunResult): RunSummary {
  return {
    seed: plan.seed,
    ok,
    events,
    virtualMs,
    marks: [...marks.keys()],
    faults: faults.map(({ fault, effective }) => ({ type: fault.type, effective })),
  };
}

/** What all runs of a campaign came to. */
export class Tally {
  runs = 0;
  failed = 0;
  /** How many were run a second time, to see whether they do the same. */
  doubled = 0;
  events = 0;
  virtualMs = 0;
  readonly #marks = new Set<string>();
  readonly #effective = new Map<string, number>();

  add({ ok, events, virtualMs, marks, faults }: RunSummary): void {
    this.runs += 1;
    if (!ok) this.failed += 1;
    this.events += events;
    this.virtualMs += virtualMs;
    for (const mark of marks) this.#marks.add(mark);
    for (const { type, effective } of faults) this.#effective.set(type, (this.#effective.get(type) ?? 0) + effective);
  }

  /** What the scenario says must sometimes be reached, and no run has. */
  unreached({ sometimes }: Scenario<any, any>): readonly string[] {
    return sometimes.filter((mark) => !this.#marks.has(mark));
  }

  /** The types of faults that were planned and never changed anything: they tested nothing. */
  get inert(): readonly string[] {
    return [...this.#effective].filter(([, effective]) => effective === 0).map(([type]) => type);
  }
}
