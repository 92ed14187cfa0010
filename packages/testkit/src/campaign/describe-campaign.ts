import { describeDivergence } from "./divergence.ts";
import type { CampaignResult } from "./campaign.ts";

/** What came of a campaign, for people. */
export function describeCampaign(campaign: Omit<CampaignResult, "text">): string {
  const { scenario, ok, runs, failed, doubled, events, virtualMs } = campaign;
  const { failures, shrunk, unreached, inert, nondeterministic } = campaign;
  const lines = [
    `scenario ${JSON.stringify(scenario)}: ${runs} runs (${doubled} of them twice), ${events} events, ${describeTime(virtualMs)} of its time: ` +
      (ok ? "all held" : failed > 0 ? `${failed} failed` : "not clean"),
  ];
  if (failed > 0) lines.push(`  seeds that failed: ${failures.map(({ plan }) => plan.seed).join(", ")}`);
  if (unreached.length > 0)
    lines.push(`  marks that must sometimes be reached, and no run reached: ${unreached.join(", ")}`);
  if (inert.length > 0)
    lines.push(`  faults that changed nothing in any run, and so tested nothing: ${inert.join(", ")}`);
  if (nondeterministic !== null) lines.push(describeDivergence(nondeterministic));
  const [first] = failures;
  const shown = shrunk ?? first;
  if (shown?.failure !== undefined) {
    if (shrunk !== null) {
      const { faults, ops } = shrunk.plan;
      lines.push(
        `the smallest run that fails like this has ${countOf(faults, "fault")} and ${countOf(ops, "operation")}:`,
      );
    }
    // A seed alone makes another run of it: one with everything in it, in the order that is the default.
    lines.push(
      withReplay(shown.failure.text, `simulate(scenario, ${shrunk === null ? "failures[0]" : "shrunk"}.plan)`),
    );
  }
  return lines.join("\n");
}

function describeTime(virtualMs: number): string {
  const minutes = virtualMs / 60_000;
  return minutes < 120 ? `${minutes.toFixed(1)} minutes` : `${(minutes / 60).toFixed(1)} hours`;
}

/** Such as `1 fault` or `3 faults`. */
export function countOf(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? "" : "s"}`;
}

/** The text of a failure, with what to type to see it again. */
export function withReplay(text: string, how: string): string {
  return text.replace(/^ {2}again: .*$/m, () => `  again: ${how}`);
}
