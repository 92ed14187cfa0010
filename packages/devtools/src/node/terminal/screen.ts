import type { Overview } from "../../protocol/sheets.ts";
import { told, wholeBody, type Body } from "./body.ts";
import { crashLines, processLines } from "./details.ts";
import { line, type Look, type Piece, type Theme } from "./line.ts";
import { asked, findingLines, pageOf } from "./pages.ts";
import { clean, widthOf } from "./text.ts";
import { topPages, type ScreenSize, type TopPage, type TopState } from "./top-state.ts";
import { count, duration, rate, size as bytes } from "./units.ts";

/**
 * The screen of `espalier top`: a line of text for each line of the terminal. It depends on nothing but what it is given, so that a test can
 * hold a whole screen.
 */
export function screen(state: TopState, size: ScreenSize, theme: Theme): string[] {
  const { columns, rows } = size;
  const body = bodyOf(state, size, theme);
  const above = [headLine(state, columns), ...findingsOf(state, rows), tabs(state), ...body.head];
  const height = heightOf(state, size, theme);
  const from = Math.max(0, state.first - body.from);
  const visible = body.lines.slice(from, from + height);
  const lines = [
    ...above.map((pieces) => line(pieces, columns, theme)),
    ...visible.map(({ pieces, target }, index) =>
      target !== null && state.first + index === state.cursor
        ? line(pieces, columns, theme, "chosen")
        : line(pieces, columns, theme),
    ),
  ];
  // On a terminal of a few lines the last one stays: it says how to leave.
  const kept = lines.slice(0, Math.max(0, rows - 1));
  while (kept.length < rows - 1) kept.push("");
  return rows > 0 ? [...kept, line(lastLine(state, body), columns, theme)] : [];
}

/** What is shown below the head: a page, a detail, or the help. */
export function bodyOf(state: TopState, { columns }: ScreenSize, theme: Theme): Body {
  const { help, detail, answers } = state;
  if (help) return wholeBody(helpLines.map((text) => told(text)));
  if (detail?.type === "process") {
    const { process } = answers;
    if (process === null) return wholeBody([told(["faint", "no such process (any more) …"])]);
    return wholeBody(processLines(process));
  }
  if (detail?.type === "crash") {
    const { crash } = answers;
    return crash === null ? asked : wholeBody(crashLines(crash));
  }
  return pageOf(state, columns, theme);
}

/** How many lines of the body there is room for. */
export function heightOf(state: TopState, size: ScreenSize, theme: Theme): number {
  const above = 2 + findingsOf(state, size.rows).length + bodyOf(state, size, theme).head.length;
  return Math.max(1, size.rows - above - 1);
}

/** As many facts as there is room for, the first ones first: none of them is cut. */
function headLine({ answers: { overview }, nodes, node }: TopState, columns: number): readonly Piece[] {
  const which = nodes.findIndex(({ id }) => id === node);
  const several = nodes.length > 1 ? ` (${which + 1} of ${nodes.length}, n: next)` : "";
  const sheet = nodes[which];
  const name = `${sheet === undefined ? node : `${sheet.program.title} ${sheet.program.pid}`}${several}`;
  const pieces: Piece[] = [["strong", name]];
  let left = columns - widthOf(clean(name));
  for (const [look, text] of overview === null ? [] : facts(overview)) {
    left -= text.length;
    if (left >= 0) pieces.push([look, text]);
  }
  return pieces;
}

function facts(overview: Overview): (readonly [look: Look, text: string])[] {
  const { loop, memory } = overview;
  const fact = (text: string, look: Look = "plain"): readonly [Look, string] => [look, `  ${text}`];
  return [
    fact(`up ${duration(overview.upMs)}`),
    fact(`${count(overview.processes)} processes`),
    fact(`${rate(overview.messagesPerSecond)} msg/s`),
    ...(loop === null ? [] : [fact(`loop ${duration(loop.lastMs)}`, loop.lastMs >= 200 ? "critical" : "plain")]),
    fact(`looking ${overview.costMsPerSecond.toFixed(1)} ms/s`, "faint"),
    ...(loop === null ? [] : [fact(`busy ${Math.round(loop.utilization * 100)}%`)]),
    ...(memory === null ? [] : [fact(`heap ${bytes(memory.heapUsedBytes)}`)]),
  ];
}

/** The page Now has them with what to do; on the others they stay in sight. */
function findingsOf({ page, detail, help, answers: { overview } }: TopState, rows: number): (readonly Piece[])[] {
  if (overview === null || (page === "now" && detail === null && !help)) return [];
  const most = rows < 30 ? 2 : 4;
  const { findings } = overview;
  const lines = findings.slice(0, most).flatMap((finding) => findingLines(finding, false).map(({ pieces }) => pieces));
  const more = findings.length - most;
  return more > 0 ? [...lines.slice(0, -1), [...lines.at(-1)!, ["faint", `  and ${more} more: 1`]]] : lines;
}

const titles: Readonly<Record<TopPage, string>> = {
  now: "Now",
  tree: "Tree",
  processes: "Processes",
  crashes: "Crashes",
  node: "Node",
};

const sortWords = {
  pid: "pid",
  label: "name",
  mailbox: "mailbox",
  received: "messages",
  reductions: "work",
  doingMs: "time",
  restarts: "restarts",
};

function tabs({ page, sort, filter, paused, detail, answers: { overview } }: TopState): readonly Piece[] {
  const crashes = overview === null || overview.crashes === 0 ? "" : ` ${count(overview.crashes)}`;
  const pieces = topPages.flatMap((each, index): Piece[] => [
    [
      each === page ? "chosen" : "plain",
      each === page ? `[${index + 1} ${titles[each]}` : ` ${index + 1} ${titles[each]}`,
    ],
    [each === page ? "chosen" : "critical", each === "crashes" ? crashes : ""],
    [each === page ? "chosen" : "plain", each === page ? "]" : " "],
  ]);
  if (page === "processes" && detail === null)
    pieces.push(["faint", `  by ${sortWords[sort.by]}${sort.mode === "rate" ? "/s" : ""}`]);
  if (filter !== "" && detail === null) pieces.push(["warning", `  filter ${filter}`]);
  if (paused) pieces.push(["warning", "  paused"]);
  return pieces;
}

function lastLine(
  { prompt, message, detail, help, page, first, cursor }: TopState,
  { total, lines }: Body,
): readonly Piece[] {
  if (prompt?.type === "filter") return [["strong", "Filter: "], `${prompt.text}_`];
  if (prompt?.type === "kill") {
    return [["critical", `To kill it type ${JSON.stringify(prompt.label)}: `], `${prompt.text}_`];
  }
  if (message !== null) return [["warning", message]];
  if (help) return [["faint", "any key: back"]];
  const choice = lines.some(({ target }) => target !== null);
  const at = Math.min((choice ? cursor : first) + 1, total);
  const place = (page === "now" && detail === null) || total === 0 ? "" : `  ${count(at)} of ${count(total)}`;
  if (detail !== null) return [["faint", `Escape back  j k move  K kill  q quit${place}`]];
  const open = choice ? "Enter open  " : "";
  const sorts = page === "processes" ? "m w r sort  " : "";
  return [["faint", `${open}${sorts}f filter  p pause  ? help  q quit${place}`]];
}

const helpLines: readonly string[] = [
  "1 Now  2 Tree  3 Processes  4 Crashes  5 Node",
  "",
  "m            sort by what waits in mailboxes; again: by how fast that grows",
  "w            sort by work; again: by work a second",
  "r            sort by restarts; again: by how many there were lately",
  "j k ↓ ↑      move; page up and down, Home (g) and End (G) further",
  "Enter        the process, the crash, or a branch of the tree opened or closed",
  "l h → ←      of the tree: open and close a branch",
  "i            of the tree: the process of a branch",
  "Escape       back",
  "f or /       only what has this text in its name, label or pid",
  "p            pause and go on",
  "n            the next node of the program",
  "K            kill a process: only with the plane manage, and by typing its label",
  "q            quit",
];
