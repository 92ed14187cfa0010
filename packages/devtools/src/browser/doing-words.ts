import type { ProcessRow } from "../protocol/sheets.ts";

/** What a process does, in a few words: without how long. */
export function doingWords(row: ProcessRow): string {
  const suspended = row.suspended ? "suspended, " : "";
  return suspended + plainWords(row);
}

function plainWords(row: ProcessRow): string {
  const handling = row.handling === null ? "" : `handles ${row.handling}`;
  switch (row.doing) {
    case "idle":
      return "idle";
    case "waiting": {
      const waiting = row.waitingFor === null ? "waits" : `waits for ${row.waitingFor}`;
      return handling === "" ? waiting : `${handling}, ${waiting}`;
    }
    case "runnable":
      return handling === "" ? "runnable" : handling;
    case "elsewhere":
      return "is on another node";
    case "ended":
      return "has ended";
  }
}
