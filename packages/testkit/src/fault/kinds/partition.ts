import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** Directions in which nothing gets through; nothing is lost either, as long as the pipes live. */
export interface Partition {
  readonly links: readonly Direction[];
  readonly lastsMs?: number | null;
}

export const partition: FaultKind<Partition> = {
  check: (fields) => ({ links: fields.directions("links"), lastsMs: fields.lastsMs() }),
  describe: ({ links }) => `partition ${describeLinks(links)}`,
  inert: "nothing was sent meanwhile",
  begin: ({ links }, controls) => controls.partition(links),
};

/** `a | b` for both ways, `a > b` for one. */
function describeLinks(links: readonly Direction[]): string {
  const has = (from: string, to: string): boolean => links.some(([f, t]) => f === from && t === to);
  return links
    .filter(([from, to]) => from < to || !has(to, from))
    .map(([from, to]) => `${from} ${has(to, from) ? "|" : ">"} ${to}`)
    .join(", ");
}
