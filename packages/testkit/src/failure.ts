import { describeFault, type Fault } from "./fault.ts";

/** What became of a fault. */
export interface FaultOutcome {
  readonly fault: Fault;
  /** Whether the run came that far. */
  readonly applied: boolean;
  /** What it changed: frames held back, pipes cut, events that waited. 0: it tested nothing. */
  readonly effective: number;
}

/** Why a run failed. */
export interface Failure {
  /** The property that did not hold, or what else went wrong. */
  readonly property: string;
  readonly what: string;
  readonly atMs: number;
  readonly cause?: unknown;
  /** The last things that happened, oldest first. */
  readonly story: readonly string[];
  /** All of that for people, with the seed and the faults. */
  readonly text: string;
}

export function describeFailure(
  scenario: string,
  {
    seed,
    traceHash,
    faults,
  }: { readonly seed: number; readonly traceHash: string; readonly faults: readonly FaultOutcome[] },
  { property, what, atMs, story }: Omit<Failure, "text">,
): string {
  const applied = faults.filter((outcome) => outcome.applied);
  const lines = applied.map(
    ({ fault, effective }) =>
      `    ${fault.atMs} ms  ${describeFault(fault)}${effective === 0 ? "  (without effect)" : ""}`,
  );
  return [
    `scenario ${JSON.stringify(scenario)} failed at ${atMs.toFixed(3)} ms with seed ${seed}`,
    `  ${property}: ${what}`,
    lines.length === 0 ? "  no fault had been applied" : "  faults, in milliseconds since the boot:",
    ...lines,
    "  the last events:",
    ...story.map((line) => `    ${line}`),
    `  again: simulate(scenario, { seed: ${seed} }); trace hash ${traceHash}`,
  ].join("\n");
}
