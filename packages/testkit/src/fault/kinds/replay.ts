import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** A frame that arrives a second time, over the same pipe. */
export interface Replay {
  readonly link: Direction;
  /** The n-th next frame of the link. Default: 1. */
  readonly nth?: number;
}

export const replay: FaultKind<Replay> = {
  check: (fields) => ({ link: fields.direction("link"), nth: fields.count("nth", 1) }),
  describe: ({ link, nth = 1 }) => `replay frame ${nth} from then on, ${link.join(" > ")}`,
  inert: "so many frames were not sent",
  begin: ({ link, nth = 1 }, controls) => controls.tamper(link, { type: "replay", nth }),
};
