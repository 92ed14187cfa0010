import type { NodeSheet, ProcessRow } from "../../protocol/sheets.ts";
import type { Asked } from "../terminal/top.ts";
import { CommandError, exitCodes, usageError } from "./exit-code.ts";

/** How many processes with part of a name are looked through for the one that has all of it. */
const lookedThroughMax = 5_000;

/**
 * The process that somebody means: by the pid that `ps` prints, by a whole `Pid.key`, by its registered name, or by a label that one process
 * has only.
 *
 * @throws CommandError when there is none, or several with that label.
 */
export async function findProcess(program: Asked, node: NodeSheet, text: string): Promise<ProcessRow> {
  const key = /^\d+$/.test(text) ? `${node.id}/${node.incarnation}/${text}` : text.includes("/") ? text : null;
  if (key !== null) {
    const sheet = await program.ask("process", { node: node.id, pid: key });
    if (sheet !== null) return sheet.row;
  }
  const labelled: ProcessRow[] = [];
  let partly = 0;
  for (let first = 0; first < lookedThroughMax; first += 500) {
    const page = await program.ask("table", {
      node: node.id,
      sort: { by: "pid", descending: false, mode: "total" },
      filter: { text, system: true },
      first,
      count: 500,
    });
    const named = page.rows.find(({ name, shortPid }) => name === text || shortPid === text);
    if (named !== undefined) return named;
    labelled.push(...page.rows.filter(({ label }) => label === text));
    partly = page.matching;
    if (first + 500 >= page.matching) break;
  }
  const [only, ...others] = labelled;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    const pids = labelled.slice(0, 10).map(({ shortPid }) => shortPid);
    const more = labelled.length > pids.length ? ", …" : "";
    throw usageError(`${text}: expected one process, ${labelled.length} have this label: ${pids.join(", ")}${more}`);
  }
  const hint =
    partly === 0 ? "espalier ps lists them" : `${partly} have it in their name: espalier ps --filter lists them`;
  throw new CommandError(exitCodes.refused, "NO_PROCESS", `${text}: expected a process that runs, found none`, hint);
}
