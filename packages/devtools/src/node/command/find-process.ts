import type { NodeSheet, ProcessFilter, ProcessRow } from "../../protocol/sheets.ts";
import type { Asked } from "../terminal/top.ts";
import { CommandError, exitCodes, usageError } from "./exit-code.ts";

/** How many processes are looked through for the one that is called so. */
const lookedThroughMax = 5_000;

/**
 * The process that somebody means: by the pid that `ps` prints, as a log has it (`Pid(13d4uwm6.17)`), by a whole `Pid.key`, by its registered name, or by a label or a child's id that
 * one process has only.
 *
 * @throws CommandError when there is none, or several with that label or id.
 */
export async function findProcess(program: Asked, node: NodeSheet, meant: string): Promise<ProcessRow> {
  const [, of, serial] = /^(?:Pid\()?([\w-]{8})\.(\d+)\)?$/.exec(meant) ?? [];
  // One whose home is elsewhere is called by that, too.
  const text = of === undefined || serial === undefined ? meant : node.id.startsWith(of) ? serial : `${of}.${serial}`;
  const key = /^\d+$/.test(text) ? `${node.id}/${node.incarnation}/${text}` : text.includes("/") ? text : null;
  if (key !== null) {
    const sheet = await program.ask("process", { node: node.id, pid: key });
    if (sheet !== null) return sheet.row;
  }
  let partly = 0;
  // The program looks for text in names, labels and pids; for ids of children it is looked here.
  for (const filter of [{ text, system: true }, {}]) {
    const alike: ProcessRow[] = [];
    for await (const row of rowsOf(program, node, filter)) {
      if (row.name === text || row.shortPid === text) return row;
      if (row.label === text || row.child === text) alike.push(row);
      else if ("text" in filter) partly += 1;
    }
    const [only, ...others] = alike;
    if (only !== undefined && others.length === 0) return only;
    if (only !== undefined) throw ambiguous(text, alike);
  }
  const hint =
    partly === 0 ? "espalier ps lists them" : `${partly} have it in their name: espalier ps --filter lists them`;
  throw new CommandError(exitCodes.refused, "NO_PROCESS", `${text}: expected a process that runs, found none`, hint);
}

async function* rowsOf(program: Asked, node: NodeSheet, filter: ProcessFilter): AsyncGenerator<ProcessRow> {
  for (let first = 0; first < lookedThroughMax; first += 500) {
    const sort = { by: "pid", descending: false, mode: "total" } as const;
    const page = await program.ask("table", { node: node.id, sort, filter, first, count: 500 });
    yield* page.rows;
    if (first + 500 >= page.matching) return;
  }
}

function ambiguous(text: string, alike: readonly ProcessRow[]): CommandError {
  const pids = alike.slice(0, 10).map(({ shortPid }) => shortPid);
  const more = alike.length > pids.length ? ", …" : "";
  return usageError(`${text}: expected one process, ${alike.length} are called so: ${pids.join(", ")}${more}`);
}
