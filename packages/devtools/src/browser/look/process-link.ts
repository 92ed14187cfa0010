import type { ProcessRow } from "../../protocol/sheets.ts";
import { h, type VNode } from "../h.ts";
import { href } from "../route.ts";

/** What a process is called: its name, or else its label and its child's id or pid. The link opens the drawer. */
export function ProcessLink({ row }: { readonly row: ProcessRow }): VNode {
  return h(
    "a",
    { class: "process-link cut", href: href({ process: row.pid }), title: `${nameOf(row)} · ${row.pid}` },
    row.name ?? row.label,
    " ",
    h("span", { class: "faint mono" }, row.child ?? row.shortPid),
  );
}

export function nameOf(row: ProcessRow): string {
  return row.name === null ? `${row.label} ${row.shortPid}` : `${row.name} (${row.label} ${row.shortPid})`;
}
