import type { RecordedLine } from "./sheets.ts";

/** Raised whenever a reader of older recordings could misread one. */
export const recordingVersion = 1;

/**
 * What happened on one node or several, as far as it was kept: of a running program from its flight recorders, of a chaos run from its record.
 * The page shows both on one timeline. Times are in milliseconds from any start, the same for all.
 */
export interface Recording {
  readonly format: "espalier-recording";
  readonly version: typeof recordingVersion;
  /** What it is of, for people. */
  readonly title: string;
  readonly source: "node" | "chaos";
  readonly fromMs: number;
  readonly toMs: number;
  /** What the wall clock said at `toMs`; null where times are a simulation's. */
  readonly wallMs: number | null;
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  /** Those that began, ended or are mentioned in that time, and their ancestors. */
  readonly processes: readonly RecordedProcess[];
  /** In order. `node` is the id of where it happened; null: not on a node. */
  readonly events: readonly (RecordedLine & { readonly node: string | null })[];
  /** Of a chaos run. */
  readonly faults: readonly {
    readonly text: string;
    readonly fromMs: number;
    readonly toMs: number | null;
    readonly nodes: readonly string[];
  }[];
  readonly failure: { readonly atMs: number; readonly property: string; readonly text: string } | null;
  /** The number that replays it; null when there is none. */
  readonly seed: number | null;
  /** How many earlier events were not kept. */
  readonly lost: number;
}

export interface RecordedProcess {
  readonly pid: string;
  readonly shortPid: string;
  readonly node: string;
  readonly label: string;
  readonly name: string | null;
  readonly parent: string | null;
  /** Null: before the recording began. */
  readonly fromMs: number | null;
  /** Null: it goes on. */
  readonly toMs: number | null;
  /** Why it ended, in words. */
  readonly cause: string | null;
  readonly crashed: boolean;
  /** Where it was, when it moved: from then on. Empty: at home all the time. */
  readonly stays: readonly { readonly node: string; readonly fromMs: number; readonly toMs: number | null }[];
}
