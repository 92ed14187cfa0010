import type { Severity } from "../protocol/sheets.ts";

/** From the least on; an index is how bad something is as a number, 0 being nothing. */
export const severities: readonly (Severity | null)[] = [null, "notice", "warning", "critical"];

export function rankOf(severity: Severity): number {
  return severities.indexOf(severity);
}
