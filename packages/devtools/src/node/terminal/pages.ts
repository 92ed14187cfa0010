import type {
  CrashSummary,
  Finding,
  NetworkSheet,
  Overview,
  ProcessRow,
  Severity,
  TreeRow,
} from "../../protocol/sheets.ts";
import { told, wholeBody, type Body, type BodyLine } from "./body.ts";
import type { Look, Piece, Theme } from "./line.ts";
import { processColumns, stateOf, titleOf } from "./process-columns.ts";
import { layTable, type TextColumn } from "./table.ts";
import type { TopState, TopTarget } from "./top-state.ts";
import { count, duration, rate, size, time } from "./units.ts";

export const looks: Readonly<Record<Severity, Look>> = { notice: "plain", warning: "warning", critical: "critical" };

/** The page that is shown, `columns` wide. */
export function pageOf(state: TopState, columns: number, theme: Theme): Body {
  const { page, answers } = state;
  switch (page) {
    case "now":
      return answers.overview === null ? asked : nowPage(answers.overview, columns, theme);
    case "tree":
      return treePage(state, columns, theme);
    case "processes":
      return processesPage(state, columns, theme);
    case "crashes":
      return crashesPage(state, columns, theme);
    case "node":
      return nodePage(state, columns, theme);
  }
}

export const asked: Body = wholeBody([told(["faint", "asking …"])]);

function targetOf({ pid, label }: ProcessRow): TopTarget {
  return { type: "process", pid, label };
}

/** What a finding says; with `hints` what to do, too. */
export function findingLines({ severity, text, hint, pid, crash, sinceMs }: Finding, hints: boolean): BodyLine[] {
  const target: TopTarget | null =
    pid !== null ? { type: "process", pid, label: null } : crash !== null ? { type: "crash", id: crash } : null;
  const pieces: Piece[] = [
    [looks[severity], `▲ ${text}`],
    ["faint", `  for ${duration(sinceMs)}`],
  ];
  return [{ pieces, target }, ...(hints ? [told(["faint", `  ${hint}`])] : [])];
}

function nowPage(overview: Overview, columns: number, theme: Theme): Body {
  const sections: BodyLine[][] = [];
  const section = (title: string, lines: readonly BodyLine[]): void => {
    if (lines.length > 0) sections.push([told(["title", title]), ...lines]);
  };
  const processes = (rows: readonly ProcessRow[]): BodyLine[] => {
    if (rows.length === 0) return [];
    const { head, rows: lines } = layTable(processColumns(null), rows, columns, theme);
    return [told(...head), ...lines.map((pieces, index) => ({ pieces, target: targetOf(rows[index]!) }))];
  };
  const { findings, growing, stuck, busiest, restarting, deaths } = overview;
  section(
    "Findings",
    findings.flatMap((finding) => findingLines(finding, true)),
  );
  section("Growing mailboxes", processes(growing));
  section("At one message for long", processes(stuck));
  section(
    "Restarting",
    restarting.map(({ supervisor, summary: { restarts, allowed, withinSeconds, strategy } }) => ({
      pieces: [
        ["warning", `${titleOf(supervisor)}  ${restarts} of ${allowed} restarts in ${withinSeconds}s`],
        ["faint", strategy === null ? "" : `  ${strategy}`],
      ],
      target: targetOf(supervisor),
    })),
  );
  section("Crashed last", deaths.map(crashLine));
  section("Busiest", processes(busiest));
  if (findings.length === 0) sections.unshift([told(["good", "● nothing found"])]);
  return wholeBody(sections.flatMap((lines, index) => (index === 0 ? lines : [told(""), ...lines])));
}

function crashLine({ id, label, name, cause, handling, decision }: CrashSummary): BodyLine {
  return {
    pieces: [
      ["faint", `${id} `],
      ["critical", titleOf({ name, label })],
      handling === null ? "" : ` handling ${handling}`,
      `  ${cause}`,
      ["faint", decision === null ? "" : `  ${decision}`],
    ],
    target: { type: "crash", id },
  };
}

function treePage({ answers: { tree } }: TopState, columns: number, theme: Theme): Body {
  if (tree === null) return asked;
  const { head, rows } = layTable(treeColumns, tree.rows, columns, theme);
  return {
    head: [head],
    lines: rows.map((pieces, index) => {
      const { key, open, children, process } = tree.rows[index]!;
      const leaf = process === null ? null : targetOf(process);
      return { pieces, target: children > 0 ? { type: "branch", key, open, process: leaf } : leaf };
    }),
    from: tree.first,
    total: tree.total,
  };
}

/** The columns of a tree; the commands use them, too. */
export const treeColumns: readonly TextColumn<TreeRow>[] = [
  {
    title: "NAME",
    width: 20,
    grows: true,
    cell: ({ depth, children, open, process, label }) =>
      `${"  ".repeat(depth)}${children === 0 ? "·" : open ? "▾" : "▸"} ${process === null ? label : titleOf(process)}`,
    look: ({ branch: { trouble } }) => (trouble === null ? "plain" : looks[trouble]),
  },
  { title: "PID", width: 8, cell: ({ process }) => process?.shortPid ?? "none" },
  {
    title: "STRATEGY",
    width: 22,
    from: 100,
    cell: ({ supervisor }) =>
      supervisor === null
        ? ""
        : `${supervisor.strategy ?? supervisor.phase} ${supervisor.restarts}/${supervisor.allowed} in ${supervisor.withinSeconds}s`,
  },
  { title: "DOING", width: 9, cell: ({ process, state }) => (process === null ? (state ?? "") : stateOf(process)) },
  { title: "PROCESSES", width: 9, right: true, cell: ({ branch }) => count(branch.processes) },
  { title: "MAILBOX", width: 8, right: true, cell: ({ branch }) => count(branch.mailbox) },
  {
    title: "WORK/S",
    width: 8,
    right: true,
    from: 100,
    cell: ({ process }) => rate(process?.reductionsPerSecond ?? null),
  },
  { title: "RST", width: 4, right: true, cell: ({ process }) => count(process?.restarts ?? 0) },
];

function processesPage({ answers: { table }, sort, tableFirst }: TopState, columns: number, theme: Theme): Body {
  if (table === null) return asked;
  const { head, rows } = layTable(processColumns(sort), table.rows, columns, theme);
  const lines = rows.map((pieces, index) => ({ pieces, target: targetOf(table.rows[index]!) }));
  return { head: [head], lines, from: tableFirst, total: table.matching };
}

function crashesPage({ answers: { crashes } }: TopState, columns: number, theme: Theme): Body {
  if (crashes === null) return asked;
  if (crashes.total === 0) return wholeBody([told(["good", "● no process has crashed"])]);
  const { head, rows } = layTable(crashColumns, crashes.crashes, columns, theme);
  const lines = rows.map((pieces, index): BodyLine => ({
    pieces,
    target: { type: "crash", id: crashes.crashes[index]!.id },
  }));
  return { ...wholeBody(lines), head: [head] };
}

/** The columns of a list of crashes; the commands use them, too. */
export const crashColumns: readonly TextColumn<CrashSummary>[] = [
  { title: "CRASH", width: 6, right: true, cell: ({ id }) => String(id) },
  { title: "AT", width: 20, from: 100, cell: ({ atMs }) => time(atMs) },
  { title: "PROCESS", width: 14, grows: true, cell: titleOf },
  { title: "HANDLING", width: 14, from: 100, cell: ({ handling }) => handling ?? "" },
  { title: "CAUSE", width: 20, grows: true, cell: ({ cause }) => cause, look: () => "critical" },
  { title: "THEN", width: 20, from: 100, cell: ({ decision }) => decision ?? "" },
];

function nodePage({ answers: { overview, network } }: TopState, columns: number, theme: Theme): Body {
  if (overview === null) return asked;
  const { node, loop, memory, history, upMs } = overview;
  const fact = (name: string, text: string): BodyLine => told(["faint", name.padEnd(14)], text);
  const lines: BodyLine[] = [
    fact("node", node.id),
    fact("incarnation", node.incarnation),
    fact("address", node.url ?? "none: it does not listen"),
    fact("program", `${node.program.title}, pid ${node.program.pid}, ${node.program.runtime}`),
    fact("up", duration(upMs)),
    fact("processes", `${count(overview.processes)}, ${count(overview.runnable)} runnable`),
    fact("timers", count(overview.timers)),
    fact("dead letters", count(overview.deadLetters)),
    fact("crashes", `${count(overview.crashes)}, ${count(overview.restarts)} restarts`),
    fact(
      "event loop",
      loop === null
        ? "not measured"
        : `${duration(loop.lastMs)} late, ${duration(loop.worstMs)} at worst in a minute, ${Math.round(loop.utilization * 100)} % busy`,
    ),
    fact(
      "memory",
      memory === null
        ? "not measured"
        : `heap ${size(memory.heapUsedBytes)} of ${size(memory.heapLimitBytes)}, ${size(memory.rssBytes)} resident`,
    ),
    fact("looking costs", `${overview.costMsPerSecond.toFixed(1)} ms/s`),
    told(""),
    ...curve("messages/s", history.messagesPerSecond, rate, theme),
    ...curve("waiting", history.mailbox, count, theme),
    ...curve("processes", history.processes, count, theme),
    ...curve("loop late", history.loopMs, duration, theme),
  ];
  if (network !== null && network.links.length > 0) {
    const { head, rows } = layTable(linkColumns, network.links, columns, theme);
    lines.push(told(""), told(["title", "Connections"]), told(...head), ...rows.map((pieces) => told(...pieces)));
  }
  return wholeBody(lines);
}

type Link = NetworkSheet["links"][number];

const linkColumns: readonly TextColumn<Link>[] = [
  { title: "PEER", width: 12, grows: true, cell: ({ peer }) => peer },
  { title: "PATTERN", width: 9, from: 100, cell: ({ pattern }) => pattern },
  { title: "UP", width: 7, right: true, cell: ({ upMs }) => duration(upMs) },
  { title: "SENT", width: 9, right: true, cell: ({ sentBytes }) => size(sentBytes) },
  { title: "RECEIVED", width: 9, right: true, cell: ({ receivedBytes }) => size(receivedBytes) },
  { title: "QUEUED", width: 9, right: true, cell: ({ queuedBytes }) => size(queuedBytes) },
  {
    title: "RTT",
    width: 7,
    right: true,
    cell: ({ roundTripMs }) => (roundTripMs === null ? "-" : duration(roundTripMs)),
  },
];

/** A minute as a line of bars; none where there are only letters, or nothing yet. */
function curve(
  name: string,
  values: readonly number[],
  unit: (value: number) => string,
  { unicode }: Theme,
): BodyLine[] {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  if (!unicode || values.length < 2) return [];
  const bars = values
    .map((value) => "▁▂▃▄▅▆▇█"[most === 0 ? 0 : Math.min(7, Math.floor((Math.max(0, value) / most) * 7.999))]!)
    .join("");
  return [told(["faint", name.padEnd(14)], bars, ["faint", ` at most ${unit(most)}`])];
}
