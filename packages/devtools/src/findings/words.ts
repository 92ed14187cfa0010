import type { Cell } from "@espalier/runtime";
import { shortPidOf } from "../words/short-pid.ts";
import type { Look } from "./rule.ts";

/** A process in a sentence. */
export function nameOf({ node }: Look, { pid, name, label }: Cell): string {
  return `${name ?? label} (${shortPidOf(pid, node)})`;
}

/** A number in a sentence. */
export function amount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}
