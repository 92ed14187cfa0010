import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** Connections of which the second node has lost its end, while the first one goes on as if it were there. */
export interface HalfOpen {
  readonly link: Direction;
  /** When the first one is told. */
  readonly lastsMs?: number | null;
}

export const halfOpen: FaultKind<HalfOpen> = {
  check: (fields) => ({ link: fields.direction("link"), lastsMs: fields.lastsMs() }),
  describe: ({ link: [kept, gone] }) => `${gone} loses its connections without ${kept} being told`,
  inert: "no pipe was open",
  begin: ({ link }, controls) => controls.halfOpen(link),
};
