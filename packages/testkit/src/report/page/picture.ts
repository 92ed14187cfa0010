import type { RunRecord } from "../../record/run-record.ts";
import type { Layout, View } from "./layout.ts";
import type { Surface } from "./surface.ts";

/** Something on the picture that can be asked about. */
export interface Hit {
  readonly x: number;
  readonly y: number;
  /** The other end of it; a point when it is the same. */
  readonly toX: number;
  readonly toY: number;
  /** Half of how thick it is. */
  readonly reach: number;
  /** What it is, and all that is known of it. */
  readonly title: string;
  readonly about: object;
}

export interface Picture {
  readonly surface: Surface;
  readonly record: RunRecord;
  readonly view: View;
  readonly layout: Layout;
  readonly width: number;
  /** The value of a custom property of the page, such as `--ink`. */
  readonly colour: (name: string) => string;
  /** Whether messages of this kind are shown. */
  readonly shows: (kind: string) => boolean;
  /** What is known of what was clicked. */
  readonly selected: object | null;
}
