import type { FaultKind } from "../kind.ts";
import type { Direction } from "../controls.ts";

/** Pipes that stop one way, while new ones would work. */
export interface Stall {
  readonly link: Direction;
  readonly lastsMs?: number | null;
}

export const stall: FaultKind<Stall> = {
  check: (fields) => ({ link: fields.direction("link"), lastsMs: fields.lastsMs() }),
  describe: ({ link }) => `stall ${link.join(" > ")}`,
  inert: "no pipe was open, or nothing was sent over it meanwhile",
  begin: ({ link }, controls) => controls.stall(link),
};
