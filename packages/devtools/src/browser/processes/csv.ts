import type { ProcessRow } from "../../protocol/sheets.ts";

const fields = [
  "pid",
  "name",
  "label",
  "child",
  "kind",
  "doing",
  "doingMs",
  "waitingFor",
  "handling",
  "mailbox",
  "mailboxPerSecond",
  "received",
  "receivedPerSecond",
  "reductions",
  "reductionsPerSecond",
  "restarts",
  "suspended",
  "parent",
] as const satisfies readonly (keyof ProcessRow)[];

/**
 * Rows as RFC 4180 has it. A text that a spreadsheet would take for a formula gets an apostrophe before it: names come from the program that is looked at.
 */
export function csv(rows: readonly ProcessRow[]): string {
  const lines = rows.map((row) => fields.map((field) => cell(row[field])).join(","));
  return [fields.join(","), ...lines, ""].join("\r\n");
}

function cell(value: string | number | boolean | null): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
