import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Finding, TableQuery, TreeQuery, TreeRow } from "../../protocol/sheets.ts";
import { crashLines, processLines } from "../terminal/details.ts";
import type { Piece } from "../terminal/line.ts";
import { crashColumns, findingLines, treeColumns } from "../terminal/pages.ts";
import { processColumns } from "../terminal/process-columns.ts";
import { layTable } from "../terminal/table.ts";
import { count } from "../terminal/units.ts";
import { valueLines } from "../terminal/value-lines.ts";
import { CommandError, exitCodes } from "./exit-code.ts";
import { findProcess } from "./find-process.ts";
import { outcome, type Asking, type Outcome } from "./outcome.ts";
import type { OneShot } from "./usage.ts";

type Request<C extends OneShot["command"]> = Extract<OneShot, { readonly command: C }>;

/** A little more than the second between two samples. */
const sampleMs = 1_100;

export async function ps({ program, node, stop }: Asking, request: Request<"ps">): Promise<Outcome> {
  const { sort: by, isRate, limit, filter: text, all } = request;
  const descending = by !== "label" && by !== "pid";
  const sort: TableQuery["sort"] = { by, descending, mode: isRate ? "rate" : "total" };
  const filter = { ...(text === null ? {} : { text }), ...(all ? { system: true } : {}) };
  const query = { node: node.id, sort, filter, first: 0, count: limit };
  let page = await program.ask("table", query);
  if (isRate) {
    await delay(sampleMs, undefined, { signal: stop });
    page = await program.ask("table", query);
  }
  const missing = page.matching - page.rows.length;
  return outcome(
    page,
    (columns, theme) => {
      const { head, rows } = layTable(processColumns(sort), page.rows, columns, theme);
      return [head, ...rows];
    },
    {
      isComplete: missing <= 0,
      warnings: missing <= 0 ? [] : [`${count(missing)} more processes: --limit N shows more, --filter TEXT others`],
    },
  );
}

export async function tree({ program, node }: Asking, { under, depth, limit }: Request<"tree">): Promise<Outcome> {
  const root = under === null ? null : await findProcess(program, node, under);
  let open: readonly string[] = [];
  let seen = await rowsOfTree(open);
  for (let level = 0; level < depth - 1; level++) {
    const closed = seen.rows.filter((row) => row.depth === level && row.children > 0 && !row.open);
    if (closed.length === 0) break;
    open = [...open, ...closed.map(({ key }) => key)];
    seen = await rowsOfTree(open);
  }
  const { rows, total } = seen;
  const missing = total - rows.length;
  return outcome(
    { rows, total },
    (columns, theme) => {
      const table = layTable(treeColumns, rows, columns, theme);
      return [table.head, ...table.rows];
    },
    {
      isComplete: missing <= 0,
      warnings: missing <= 0 ? [] : [`${count(missing)} more rows: --limit N shows more, --under PROCESS a branch`],
    },
  );

  async function rowsOfTree(
    branches: readonly string[],
  ): Promise<{ readonly rows: TreeRow[]; readonly total: number }> {
    const found: TreeRow[] = [];
    for (;;) {
      const query: TreeQuery = {
        open: branches,
        first: found.length,
        count: Math.min(500, limit - found.length),
        ...(root === null ? {} : { filter: { under: root.pid } }),
      };
      const { rows, total } = await program.ask("tree", { node: node.id, ...query });
      found.push(...rows);
      if (rows.length === 0 || found.length >= Math.min(limit, total)) return { rows: found, total };
    }
  }
}

export async function crashes({ program, node }: Asking, { id }: Request<"crashes">): Promise<Outcome> {
  if (id !== null) {
    const crash = await program.ask("crash", { node: node.id, id });
    if (crash !== null) return outcome(crash, () => crashLines(crash).map(({ pieces }) => pieces));
    const hint = "only the last ones are kept; espalier crashes lists them";
    throw new CommandError(exitCodes.refused, "NO_CRASH", `crash ${id}: expected one that is kept, found none`, hint);
  }
  const page = await program.ask("crashes", { node: node.id });
  const missing = page.total - page.crashes.length;
  return outcome(
    page,
    (columns, theme) => {
      if (page.crashes.length === 0) return [["no process has crashed"]];
      const { head, rows } = layTable(crashColumns, page.crashes, columns, theme);
      return [head, ...rows];
    },
    {
      isComplete: missing <= 0,
      warnings: missing <= 0 ? [] : [`${count(missing)} earlier crashes are not kept or not listed`],
    },
  );
}

export async function inspect({ program, node }: Asking, request: Request<"inspect">): Promise<Outcome> {
  const { pid } = await findProcess(program, node, request.process);
  const sheet = await program.ask("process", { node: node.id, pid });
  if (sheet === null) {
    throw new CommandError(exitCodes.refused, "NO_PROCESS", `${request.process}: it ended while it was looked at`);
  }
  if (!request.state) return outcome(sheet, () => processLines(sheet).map(({ pieces }) => pieces));
  const state = await program.ask("state", { node: node.id, pid });
  return outcome({ ...sheet, state }, () => [
    ...processLines(sheet).map(({ pieces }) => pieces),
    [""],
    [["title", "State"]],
    ...valueLines(state, "  ").map((text) => [text]),
  ]);
}

/** Findings count when they are more than a notice, and so do crashes that come while it looks. */
export async function doctor({ program, node, stop }: Asking, { observeMs }: Request<"doctor">): Promise<Outcome> {
  const begin = await program.ask("overview", { node: node.id });
  const findings = new Map<string, Finding>(begin.findings.map((finding) => [finding.id, finding]));
  let end = begin;
  for (let leftMs = observeMs; leftMs > 0; leftMs -= sampleMs) {
    await delay(Math.min(leftMs, sampleMs), undefined, { signal: stop });
    end = await program.ask("overview", { node: node.id });
    for (const finding of end.findings) findings.set(finding.id, finding);
  }
  const all = [...findings.values()];
  const newCrashes = Math.max(0, end.crashes - begin.crashes);
  const crashes = newCrashes === 1 ? "1 crash" : `${newCrashes} crashes`;
  const isIll = newCrashes > 0 || all.some(({ severity }) => severity !== "notice");
  const { processes, restarts, loop, messagesPerSecond } = end;
  const data = { findings: all, newCrashes, crashes: end.crashes, restarts, processes, loop, messagesPerSecond };
  return outcome(
    data,
    () => [
      ...all.flatMap((finding) => findingLines(finding, true).map(({ pieces }) => pieces)),
      ...(newCrashes === 0 ? [] : [[["critical", `▲ ${crashes} meanwhile: espalier crashes`] as Piece]]),
      ...(all.length === 0 && newCrashes === 0
        ? [[["good", `● nothing found in ${count(processes)} processes`] as Piece]]
        : []),
    ],
    { exitCode: isIll ? exitCodes.found : exitCodes.ok },
  );
}

export async function dump({ program, node }: Asking, request: Request<"dump">, cwd: string): Promise<Outcome> {
  const file = path.resolve(cwd, request.file);
  const recording = await program.ask("recording", { node: node.id });
  const text = `${JSON.stringify(recording)}\n`;
  try {
    // It has what only this user may see. "wx": the file is made here, so that its mode is.
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new CommandError(
      exitCodes.usage,
      "FILE_EXISTS",
      `${file}: expected a new file, there is one`,
      "name another",
    );
  }
  const { events, processes, lost } = recording;
  const summary = `${count(events.length)} events of ${count(processes.length)} processes`;
  return outcome(
    { file, events: events.length, processes: processes.length, lost },
    () => [[`${file}: ${summary}; espalier observe shows it`]],
    { warnings: lost === 0 ? [] : [`${count(lost)} earlier events were not kept`], isComplete: lost === 0 },
  );
}
