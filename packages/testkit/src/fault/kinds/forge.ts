import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** Random bytes that arrive as a frame. */
export interface Forge {
  readonly link: Direction;
  /** It comes behind the n-th next frame of the link. Default: 1. */
  readonly nth?: number;
  /** How many. Default: 64. */
  readonly bytes?: number;
}

export const forge: FaultKind<Forge> = {
  check: (fields) => ({
    link: fields.direction("link"),
    nth: fields.count("nth", 1),
    bytes: fields.count("bytes", 64, 0),
  }),
  describe: ({ link, nth = 1, bytes = 64 }) => `forge ${bytes} bytes behind frame ${nth}, ${link.join(" > ")}`,
  inert: "so many frames were not sent",
  begin: ({ link, nth = 1, bytes = 64 }, controls) => controls.tamper(link, { type: "forge", nth, bytes }),
};
