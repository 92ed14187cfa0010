import { describeFault, describeTiming } from "../fault/fault.ts";
import type { Failure, RunResult } from "../scenario/result.ts";

/** A failure for people: what broke, by which faults, how it came to that, and how to see it again. */
export function describeFailure(
  { scenario, plan, traceHash, faults }: Pick<RunResult, "scenario" | "plan" | "traceHash" | "faults">,
  { property, what, atMs, story }: Omit<Failure, "text">,
): string {
  const lines = faults
    .filter(({ applied }) => applied)
    .map(
      ({ fault, effective }) =>
        `    ${describeTiming(fault)}: ${describeFault(fault)}${effective === 0 ? "  (without effect)" : ""}`,
    );
  return [
    `scenario ${JSON.stringify(scenario)} failed at ${atMs.toFixed(3)} ms with seed ${plan.seed}`,
    `  ${property}: ${what}`,
    lines.length === 0 ? "  no fault had been applied" : "  faults, in milliseconds since the boot:",
    ...lines,
    "  the last events:",
    ...story.map((line) => `    ${line}`),
    `  again: simulate(scenario, { seed: ${plan.seed} }); trace hash ${traceHash}`,
  ].join("\n");
}
