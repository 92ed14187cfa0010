import type { SupervisorSummary, TreeRow } from "../../protocol/sheets.ts";
import { callOf } from "../process-name.ts";
import { count, duration, plural } from "../numbers.ts";

/** Restarts used and allowed: `2/3 in 5 s`. */
export function intensityWords({ restarts, allowed, withinSeconds }: SupervisorSummary): string {
  return `${restarts}/${allowed} in ${duration(withinSeconds * 1000)}`;
}

/** How near a supervisor is to giving up. */
export function strain({ restarts, allowed }: SupervisorSummary): "none" | "some" | "near" {
  if (restarts === 0) return "none";
  return restarts >= allowed ? "near" : "some";
}

/** A row in a sentence, for those who hear it. */
export function treeRowWords({ label, process, state, children, branch, supervisor }: TreeRow): string {
  const parts = [process === null ? label : callOf(process).call];
  if (branch.trouble !== null) parts.push(branch.trouble);
  if (process === null) parts.push(state ?? "its process is not there");
  if (supervisor !== null) {
    if (supervisor.strategy !== null) parts.push(supervisor.strategy);
    const { restarts, allowed, withinSeconds } = supervisor;
    parts.push(`${restarts} of ${allowed} restarts in ${duration(withinSeconds * 1000)}`);
  }
  if (children > 0) parts.push(plural(branch.processes, "process", "processes"));
  if (branch.mailbox > 0) parts.push(`${count(branch.mailbox)} waiting`);
  if (process !== null && process.restarts > 0) parts.push(plural(process.restarts, "restart", "restarts"));
  return parts.join(", ");
}
