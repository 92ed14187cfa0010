import type { RecordedProcess, Recording } from "../protocol/recording.ts";

/** For how long a process that has ended is still shown, in milliseconds. */
export const shownAfterEndMs = 1000;

/** Who lived at a time, as a tree. */
export interface RecordedState {
  readonly atMs: number;
  /** Depth first: each process is followed by those that it spawned. Who spawned them is not shown if it ended earlier: then they are roots. */
  readonly rows: readonly StateRow[];
  readonly living: number;
}

export interface StateRow {
  readonly process: RecordedProcess;
  readonly depth: number;
  /** How many of the rows below it are its own children. */
  readonly children: number;
  /** The id of the node where it was; null: it was on its way. */
  readonly node: string | null;
  /** `ended`: within the last {@link shownAfterEndMs}. */
  readonly standing: "living" | "ended";
}

/**
 * The processes of a recording at a time: those that lived, and those that had ended within the last second. A process lives from its
 * beginning on, and not any more at the very moment of its end.
 */
export function stateAt(recording: Recording, atMs: number): RecordedState {
  const shown = recording.processes.filter((process) => standingAt(process, atMs) !== null);
  const pids = new Set(shown.map(({ pid }) => pid));
  const children = new Map<string | null, RecordedProcess[]>();
  for (const process of shown) {
    const parent = process.parent !== null && pids.has(process.parent) ? process.parent : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [process]);
    else siblings.push(process);
  }
  const rows: StateRow[] = [];
  let living = 0;
  // The last one is next.
  const ahead = (children.get(null) ?? []).map((process) => ({ process, depth: 0 })).toReversed();
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const { process, depth } = next;
    const own = children.get(process.pid) ?? [];
    const standing = standingAt(process, atMs) as StateRow["standing"];
    if (standing === "living") living += 1;
    rows.push({ process, depth, children: own.length, node: nodeAt(process, atMs), standing });
    for (const child of own.toReversed()) ahead.push({ process: child, depth: depth + 1 });
  }
  return { atMs, rows, living };
}

function standingAt({ fromMs, toMs }: RecordedProcess, atMs: number): StateRow["standing"] | null {
  if (fromMs !== null && atMs < fromMs) return null;
  if (toMs === null || atMs < toMs) return "living";
  return atMs < toMs + shownAfterEndMs ? "ended" : null;
}

/** The id of the node where a process was; null: it was on its way. Of a process that had ended: where it was last. */
export function nodeAt({ node, stays }: RecordedProcess, atMs: number): string | null {
  const stay = stays.findLast(({ fromMs }) => fromMs <= atMs);
  if (stay === undefined) return node;
  return stay.toMs === null || atMs < stay.toMs || stay === stays.at(-1) ? stay.node : null;
}
