import type { ProcessRow, TableQuery } from "../../protocol/sheets.ts";
import type { TextColumn } from "./table.ts";
import { change, count, duration, rate } from "./units.ts";

/** What to call a process: its registered name, the id under which its supervisor has it, or its label. */
export function titleOf({ name, child, label }: { name: string | null; child?: string | null; label: string }): string {
  return name ?? child ?? label;
}

/** What it is doing, as one word: `suspended` before anything else. */
export function stateOf({ suspended, doing }: ProcessRow): string {
  return suspended ? "suspended" : doing;
}

/** The message that it handles, or in parentheses what it waits for in between. */
export function businessOf({ doing, handling, waitingFor }: ProcessRow): string {
  return handling ?? (waitingFor === null || doing === "idle" ? "" : `(${waitingFor})`);
}

/** The columns of a table of processes; the one that it is sorted by is marked. */
export function processColumns(sort: TableQuery["sort"] | null): readonly TextColumn<ProcessRow>[] {
  const mark = (by: TableQuery["sort"]["by"], mode: TableQuery["sort"]["mode"], title: string): string =>
    sort?.by === by && sort.mode === mode ? `${title}▾` : title;
  return [
    { title: mark("pid", "total", "PID"), width: 8, cell: ({ shortPid }) => shortPid },
    { title: mark("label", "total", "NAME"), width: 12, grows: true, cell: titleOf },
    { title: "KIND", width: 10, from: 120, cell: ({ kind }) => kind },
    {
      title: "DOING",
      width: 9,
      cell: stateOf,
      look: ({ doing, suspended }) => (suspended ? "warning" : doing === "runnable" ? "good" : "plain"),
    },
    {
      title: mark("doingMs", "total", "FOR"),
      width: 7,
      right: true,
      from: 100,
      cell: ({ doingMs }) => duration(doingMs),
    },
    {
      title: mark("mailbox", "total", "MAILBOX"),
      width: 8,
      right: true,
      cell: ({ mailbox }) => count(mailbox),
      look: ({ mailbox }) => (mailbox >= 10_000 ? "critical" : mailbox >= 1_000 ? "warning" : "plain"),
    },
    {
      title: mark("mailbox", "rate", "±/S"),
      width: 7,
      right: true,
      from: 100,
      cell: ({ mailboxPerSecond }) => change(mailboxPerSecond),
    },
    { title: "RECEIVED", width: 9, right: true, from: 140, cell: ({ received }) => count(received) },
    {
      title: mark("received", "rate", "MSG/S"),
      width: 7,
      right: true,
      cell: ({ receivedPerSecond }) => rate(receivedPerSecond),
    },
    {
      title: mark("reductions", "total", "WORK"),
      width: 8,
      right: true,
      from: sort?.by === "reductions" && sort.mode === "total" ? 0 : 140,
      cell: ({ reductions }) => count(reductions),
    },
    {
      title: mark("reductions", "rate", "WORK/S"),
      width: 8,
      right: true,
      cell: ({ reductionsPerSecond }) => rate(reductionsPerSecond),
    },
    {
      title: mark("restarts", "total", "RST"),
      width: 4,
      right: true,
      cell: ({ restarts }) => count(restarts),
      look: ({ restarts }) => (restarts > 0 ? "warning" : "plain"),
    },
    { title: "HANDLING", width: 12, grows: true, from: 110, cell: businessOf },
  ];
}
