import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** A frame of another connection, or of the other direction, that arrives where it does not belong. */
export interface Cross {
  readonly link: Direction;
  /** It comes behind the n-th next frame of the link, or the first one after it that finds one recorded. Default: 1. */
  readonly nth?: number;
}

export const cross: FaultKind<Cross> = {
  check: (fields) => ({ link: fields.direction("link"), nth: fields.count("nth", 1) }),
  describe: ({ link, nth = 1 }) => `inject a frame of another connection behind frame ${nth}, ${link.join(" > ")}`,
  inert: "so many frames were not sent, or none over another connection",
  begin: ({ link, nth = 1 }, controls) => controls.tamper(link, { type: "cross", nth }),
};
