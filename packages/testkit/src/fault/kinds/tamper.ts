import type { Direction } from "../controls.ts";
import type { FaultKind } from "../kind.ts";

/** A frame that arrives otherwise than it was sent: a bit is turned over, or its end is missing. */
export interface Tamper {
  readonly link: Direction;
  readonly how: "flip" | "truncate";
  /** The n-th next frame of the link. Default: 1. */
  readonly nth?: number;
}

export const tamper: FaultKind<Tamper> = {
  check: (fields) => ({
    link: fields.direction("link"),
    how: fields.oneOf("how", ["flip", "truncate"]),
    nth: fields.count("nth", 1),
  }),
  describe: ({ link, how, nth = 1 }) =>
    `${how === "flip" ? "turn over a bit of" : "truncate"} frame ${nth} from then on, ${link.join(" > ")}`,
  inert: "so many frames were not sent",
  begin: ({ link, how, nth = 1 }, controls) => controls.tamper(link, { type: how, nth }),
};
