import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** A connection that breaks, and of what was sent last over it in one direction nothing arrived. */
export interface LostTail {
  readonly link: Direction;
  /** How many frames of each pipe are lost before it breaks. Default: 1. */
  readonly frames?: number;
  /** For how long to wait for so many. */
  readonly lastsMs?: number | null;
}

export const lostTail: FaultKind<LostTail> = {
  check: (fields) => ({
    link: fields.direction("link"),
    frames: fields.count("frames", 1),
    lastsMs: fields.lastsMs(),
  }),
  describe: ({ link, frames = 1 }) => `lose the last ${frames} frames ${link.join(" > ")}, and the connection,`,
  inert: "no pipe was open, or nothing was sent over it meanwhile",
  begin: ({ link, frames = 1 }, controls) => controls.loseTail(link, frames),
};
