import type { Node, RecordedNodeEvent } from "@espalier/runtime";
import type { Labels } from "../observing/labels.ts";
import type { Restarts } from "../observing/restarts.ts";
import type { Rows } from "../observing/rows.ts";
import type { Sample } from "../observing/sample.ts";
import type { Overview, Severity } from "../protocol/sheets.ts";

/** What rules judge: one sample, and what has happened since the one before. */
export interface Look {
  readonly node: Node;
  /** On the node's monotonic clock. */
  readonly nowMs: number;
  /** Since the sample before; null: there was none. */
  readonly everyMs: number | null;
  readonly sample: Sample;
  readonly labels: Labels;
  readonly rows: Rows;
  readonly restarts: Restarts;
  /** What the flight recorder has got. */
  readonly events: readonly RecordedNodeEvent[];
  readonly loop: Overview["loop"];
}

/** That a rule found something. */
export interface Evidence {
  /** What it is about: a rule finds one thing about each. */
  readonly about: string;
  readonly severity: Severity;
  readonly text: string;
  readonly hint: string;
  readonly pid?: string;
  readonly crash?: number;
}

/** Finds one kind of trouble. */
export interface Rule {
  readonly name: string;
  /** For how long it must have been found again and again before it is said. */
  readonly forMs: number;
  /** For how long it is said after it was found last, so that it does not flicker. */
  readonly keptMs: number;
  /** Called with each sample in turn. A rule may remember what it has seen. */
  find(look: Look): Iterable<Evidence>;
}
