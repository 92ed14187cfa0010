import type { Json } from "../scenario/json.ts";
import { property, type Property } from "../scenario/property.ts";
import type { HistoryEntry } from "./history.ts";
import { describeEntry } from "./linearizable.ts";
import { textOf } from "./model.ts";

// What can be said of a history without a search: exact, and linear or nearly so in its length.

/** No two operations named `op` gave the same. */
export function uniqueIds(op: string): Property {
  return property(`unique ids (${op})`, ({ history }) => {
    const given = new Map<string, HistoryEntry>();
    for (const entry of history.entries) {
      if (entry.op !== op || entry.outcome.type !== "ok") continue;
      const key = textOf(entry.outcome.output);
      const other = given.get(key);
      if (other !== undefined) return `${describeEntry(entry)}, and so did ${other.client}`;
      given.set(key, entry);
    }
    return null;
  });
}

export interface CounterOps {
  /** Adds its input, 1 unless given. Default: `add`. */
  readonly add?: string;
  /** Default: `read`. */
  readonly read?: string;
}

/** Each read of a counter lies between what must have been added by then and what can have been. */
export function counterBounds({ add = "add", read = "read" }: CounterOps = {}): Property {
  return property(`counter bounds (${add}, ${read})`, ({ history: { entries } }) => {
    const adds = entries.filter(({ op, outcome }) => op === add && outcome.type !== "failed");
    for (const entry of entries) {
      if (entry.op !== read || entry.outcome.type !== "ok") continue;
      const { atMs, output } = entry.outcome;
      let [min, max] = [0, 0];
      for (const { input, invokedMs, outcome } of adds) {
        const amount = Number(input ?? 1);
        if (invokedMs > atMs) continue;
        const certain = outcome.type === "ok" && outcome.atMs < entry.invokedMs;
        min += certain ? amount : Math.min(amount, 0);
        max += certain ? amount : Math.max(amount, 0);
      }
      if (!(Number(output) >= min && Number(output) <= max)) {
        return `${describeEntry(entry)}: expected ${min} to ${max}`;
      }
    }
    return null;
  });
}

export interface QueueOps {
  /** Puts its input in. Default: `enqueue`. */
  readonly enqueue?: string;
  /** Gives one, or null when there is none. Default: `dequeue`. */
  readonly dequeue?: string;
}

export interface TotalQueueOps extends QueueOps {
  /** Whether in the end everything must have been taken out that was put in for certain. Default: no. */
  readonly drained?: boolean;
}

/** What comes out of a queue was put in, and not more often; in any order. */
export function totalQueue({
  enqueue = "enqueue",
  dequeue = "dequeue",
  drained = false,
}: TotalQueueOps = {}): Property {
  return property(`total queue (${enqueue}, ${dequeue})`, ({ history: { entries } }) => {
    const put = entries.filter(({ op, outcome }) => op === enqueue && outcome.type !== "failed");
    const allowed = countBy(put, ({ input }) => input);
    const taken = entries.filter((entry) => entry.op === dequeue && outputOf(entry) !== null);
    const out = countBy(taken, outputOf);
    for (const entry of taken) {
      const key = textOf(outputOf(entry));
      const times = out.get(key) ?? 0;
      const most = allowed.get(key) ?? 0;
      if (times > most) return `${describeEntry(entry)}: put in ${most} times, taken out ${times} times`;
    }
    if (!drained) return null;
    const certain = countBy(
      put.filter(({ outcome }) => outcome.type === "ok"),
      ({ input }) => input,
    );
    const lost = [...certain].flatMap(([key, times]) =>
      new Array<string>(Math.max(0, times - (out.get(key) ?? 0))).fill(key),
    );
    // What nobody knows the outcome of may each have taken one.
    const excused = entries.filter(({ op, outcome }) => op === dequeue && outcome.type === "unknown").length;
    return lost.length <= excused ? null : `put in and never taken out: ${lost.join(", ")}`;
  });
}

/** What the operations named `op` give to one client, numbers, never goes back. */
export function monotonic(op: string): Property {
  return property(`monotonic (${op})`, ({ history: { entries } }) => {
    const latest = new Map<string, HistoryEntry>();
    for (const entry of entries) {
      if (entry.op !== op || entry.outcome.type !== "ok") continue;
      const before = latest.get(entry.client);
      if (before !== undefined && Number(outputOf(entry)) < Number(outputOf(before))) {
        return `${describeEntry(entry)}, after ${describeEntry(before)}`;
      }
      latest.set(entry.client, entry);
    }
    return null;
  });
}

/**
 * What one client puts into a queue, one after another, comes out in that order for each client that takes out. Values that were put in twice
 * say nothing, and are left out.
 */
export function fifoQueue({ enqueue = "enqueue", dequeue = "dequeue" }: QueueOps = {}): Property {
  return property(`fifo queue (${enqueue}, ${dequeue})`, ({ history: { entries } }) => {
    const put = entries.filter(({ op, outcome }) => op === enqueue && outcome.type !== "failed");
    const times = countBy(put, ({ input }) => input);
    const sent = new Map(put.map((entry) => [textOf(entry.input), entry]));
    // By sender and receiver: what came last.
    const latest = new Map<string, HistoryEntry>();
    for (const entry of entries) {
      if (entry.op !== dequeue || outputOf(entry) === null) continue;
      const key = textOf(outputOf(entry));
      const origin = sent.get(key);
      if (origin === undefined || times.get(key) !== 1) continue;
      const pair = JSON.stringify([origin.client, entry.client]);
      const before = latest.get(pair);
      if (before !== undefined && endedBefore(origin, before)) {
        return `${describeEntry(entry)}, after ${JSON.stringify(before.input)}, which ${origin.client} put in later`;
      }
      latest.set(pair, origin);
    }
    return null;
  });
}

/** Whether the first was over, or given up, by the time its client asked for the second. */
function endedBefore(first: HistoryEntry, second: HistoryEntry): boolean {
  return first.outcome.type === "ok" && second.outcome.type === "ok" && first.serial < second.serial;
}

function outputOf({ outcome }: HistoryEntry): Json {
  return outcome.type === "ok" ? outcome.output : null;
}

function countBy(entries: readonly HistoryEntry[], of: (entry: HistoryEntry) => Json): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const key = textOf(of(entry));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
