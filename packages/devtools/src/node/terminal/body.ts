import type { Piece } from "./line.ts";
import type { TopTarget } from "./top-state.ts";

/** A line of a page; without a target it only tells. */
export interface BodyLine {
  readonly pieces: readonly Piece[];
  readonly target: TopTarget | null;
}

/** What stands between the head of the screen and its last line. */
export interface Body {
  /** Stays when the rest is moved. */
  readonly head: readonly (readonly Piece[])[];
  /** The lines from number `from` on; `total` there would be. */
  readonly lines: readonly BodyLine[];
  readonly from: number;
  readonly total: number;
}

/** A page that is here as a whole. */
export function wholeBody(lines: readonly BodyLine[]): Body {
  return { head: [], lines, from: 0, total: lines.length };
}

/** A line that only tells. */
export function told(...pieces: readonly Piece[]): BodyLine {
  return { pieces, target: null };
}
