import type { CrashReport } from "./crash-report.ts";

/** What to look at next, if there is a rule for such a crash. `crashes`: those that are known, the oldest first. */
export function crashHint(_crash: CrashReport, _crashes: readonly CrashReport[]): string | null {
  return null;
}
