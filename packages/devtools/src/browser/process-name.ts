import type { ProcessRow } from "../protocol/sheets.ts";

/**
 * What to call a process: its name, or the id under which its supervisor has it, or its label with its pid. `beside`: what else there is to say,
 * fainter.
 */
export function callOf({ name, child, label, shortPid }: Pick<ProcessRow, "name" | "child" | "label" | "shortPid">): {
  readonly call: string;
  readonly beside: string;
} {
  const call = name ?? child ?? label;
  const beside = [child, label].filter(
    (text, index, all) => text !== null && text !== call && all.indexOf(text) === index,
  );
  if (name === null && child === null) beside.push(shortPid);
  return { call, beside: beside.join(" ") };
}

/** The beginning of an id, where there is little room: as much as tells a few apart. */
export function shortId(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 8)}…`;
}
