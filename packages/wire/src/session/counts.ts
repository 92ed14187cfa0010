import type { TrafficCounts } from "@espalier/runtime";

/** {@link TrafficCounts} that are counted. */
export type Counts = { -readonly [What in keyof TrafficCounts]: number };

/** Counts `more` in. */
export function addCounts(sum: Counts, more: TrafficCounts): void {
  sum.frames += more.frames;
  sum.messages += more.messages;
  sum.bytes += more.bytes;
}
