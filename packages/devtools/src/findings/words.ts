import type { Cell } from "@espalier/runtime";
import { shortPidOf } from "../words/short-pid.ts";
import type { Look } from "./rule.ts";

/** A process in a sentence: by its name, the id under which its supervisor has it, or its label. */
export function nameOf({ node, rows }: Look, cell: Cell): string {
  const { pid, name, label } = cell;
  return `${name ?? rows.row(cell).child ?? label} (${shortPidOf(pid, node)})`;
}

/** A number in a sentence. */
export function amount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}
