import type { Column, Doing, ProcessFilter, ProcessKind, TableQuery } from "../../protocol/sheets.ts";

export const columns: readonly { readonly column: Column; readonly title: string; readonly rateTitle?: string }[] = [
  { column: "pid", title: "pid" },
  { column: "label", title: "process" },
  { column: "mailbox", title: "waiting", rateTitle: "waiting, change" },
  { column: "received", title: "received", rateTitle: "received/s" },
  { column: "reductions", title: "reductions", rateTitle: "reductions/s" },
  { column: "restarts", title: "restarts" },
  { column: "doingMs", title: "for" },
];

export const doings: readonly Doing[] = ["idle", "waiting", "runnable", "elsewhere", "ended"];
export const kinds: readonly ProcessKind[] = ["process", "server", "supervisor", "statechart"];

/** What the address says about the table, in place of anything that makes no sense. The mailboxes that are longest come first unless it says otherwise. */
export function parseQuery(query: Readonly<Record<string, string>>): Omit<TableQuery, "first" | "count"> {
  const by = columns.find(({ column }) => column === query["sort"])?.column ?? "mailbox";
  const descending = query["dir"] === undefined ? beginsDescending(by) : query["dir"] === "desc";
  return {
    sort: { by, descending, mode: query["mode"] === "rate" ? "rate" : "total" },
    filter: parseFilter(query),
  };
}

function parseFilter(query: Readonly<Record<string, string>>): ProcessFilter {
  const least = Number(query["min"]);
  const doing = doings.find((word) => word === query["doing"]);
  const kind = kinds.find((word) => word === query["kind"]);
  return {
    ...(query["q"] === undefined ? {} : { text: query["q"] }),
    ...(Number.isSafeInteger(least) && least > 0 ? { mailboxAtLeast: least } : {}),
    ...(doing === undefined ? {} : { doing }),
    ...(kind === undefined ? {} : { kind }),
    ...(query["under"] === undefined ? {} : { under: query["under"] }),
    ...(query["system"] === undefined ? {} : { system: true }),
  };
}

/** What the address says when the table is sorted by this column: again by the same one, the other way round. */
export function sortedBy(
  query: Readonly<Record<string, string>>,
  column: Column,
): { readonly sort: string; readonly dir: string | null } {
  const { by, descending } = parseQuery(query).sort;
  const next = by === column ? !descending : beginsDescending(column);
  return { sort: column, dir: next === beginsDescending(column) ? null : next ? "desc" : "asc" };
}

/** Names and pids are read from the beginning of the alphabet; of numbers the largest matter. */
function beginsDescending(column: Column): boolean {
  return column !== "pid" && column !== "label";
}
