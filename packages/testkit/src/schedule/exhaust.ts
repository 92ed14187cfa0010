import type { Fault } from "../fault/fault.ts";
import type { RunResult } from "../scenario/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { simulate, type SimulateOptions } from "../simulation/simulate.ts";
import type { Deviation } from "./chooser.ts";

export interface ExhaustOptions extends Omit<SimulateOptions, "schedule" | "onChoice" | "log" | "faults"> {
  /** Only schedules that deviate from the default order in at most so many choices. Default: all. */
  readonly delayBound?: number;
  /** How many runs at most. Default: 10,000. */
  readonly runsMax?: number;
  readonly faults?: readonly Fault[];
}

export interface Exhausted {
  readonly runs: number;
  /** Whether every schedule within the bound has been run, or those up to the first failure. */
  readonly isComplete: boolean;
  /** The first run that failed; its plan replays it. */
  readonly failure: RunResult | null;
}

/**
 * Runs a scenario under every schedule, each one once, for scopes that are small enough: depth first, by running it again with one choice more
 * that is not the default. It ends with the first failure. What is random stays what the seed makes of it.
 *
 * @throws RangeError when a bound is not a whole number.
 */
export async function exhaust<App, Seen>(
  scenario: Scenario<App, Seen>,
  { delayBound = Infinity, runsMax = 10_000, ...options }: ExhaustOptions,
): Promise<Exhausted> {
  for (const [name, value] of Object.entries({ delayBound, runsMax })) {
    if (!((Number.isSafeInteger(value) && value >= 0) || (name === "delayBound" && value === Infinity))) {
      throw new RangeError(`${name}: expected a whole number of at least 0, got ${value}`);
    }
  }
  const waiting: (readonly Deviation[])[] = [[]];
  let runs = 0;
  for (;;) {
    const deviations = waiting.pop();
    if (deviations === undefined) return { runs, isComplete: true, failure: null };
    if (runs >= runsMax) return { runs, isComplete: false, failure: null };
    /** How many candidates each choice has. */
    const widths: number[] = [];
    const result = await simulate(scenario, {
      ...options,
      schedule: { type: "listed", deviations },
      onChoice: ({ length }) => void widths.push(length),
    });
    runs += 1;
    if (!result.ok) return { runs, isComplete: false, failure: result };
    if (deviations.length < delayBound) push(waiting, deviations, widths);
  }
}

/** Those that go on with one deviation more, behind all that there are: so each list is made once. The earliest is on top. */
function push(waiting: (readonly Deviation[])[], deviations: readonly Deviation[], widths: readonly number[]): void {
  const from = (deviations.at(-1)?.[0] ?? -1) + 1;
  for (let choice = widths.length - 1; choice >= from; choice -= 1) {
    for (let index = (widths[choice] as number) - 1; index > 0; index -= 1) {
      waiting.push([...deviations, [choice, index]]);
    }
  }
}
