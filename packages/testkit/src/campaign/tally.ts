import { describeFault, describeTiming, type Fault } from "../fault/fault.ts";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** What a campaign keeps of each run: data, so that other threads can send it. */
export interface RunSummary {
  readonly seed: number;
  readonly ok: boolean;
  readonly events: number;
  readonly virtualMs: number;
  readonly marks: readonly string[];
  /** By its type, or where the scenario names its faults one by one, by what it says of it. */
  readonly faults: readonly { readonly fault: string; readonly effective: number }[];
}

export function summaryOf(
  scenario: Scenario<any, any>,
  { ok, plan, events, virtualMs, marks, faults }: RunResult,
): RunSummary {
  const isNamed = typeof scenario.faults !== "function";
  const nameOf = (fault: Fault): string =>
    isNamed ? `${describeFault(fault)} (${describeTiming(fault)})` : fault.type;
  return {
    seed: plan.seed,
    ok,
    events,
    virtualMs,
    marks: [...marks.keys()],
    faults: faults.map(({ fault, effective }) => ({ fault: nameOf(fault), effective })),
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
    for (const { fault, effective } of faults) {
      this.#effective.set(fault, (this.#effective.get(fault) ?? 0) + effective);
    }
  }

  /** What the scenario says must sometimes be reached, and no run has. */
  unreached({ sometimes }: Scenario<any, any>): readonly string[] {
    return sometimes.filter((mark) => !this.#marks.has(mark));
  }

  /** What was planned of faults and never changed anything: it tested nothing. */
  get inert(): readonly string[] {
    return [...this.#effective].filter(([, effective]) => effective === 0).map(([fault]) => fault);
  }
}
