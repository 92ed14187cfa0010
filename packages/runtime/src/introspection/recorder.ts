import type { Cause } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import { Pid } from "../addresses/pid.ts";
import type { DeadLetter } from "../mailbox/dead-letter.ts";
import type { NodeEvent } from "./events.ts";
import { keptCause, keptEvent } from "./kept.ts";
import { messageKind } from "./message-kind.ts";

/** How many events are kept: the oldest give way. */
export const recordedMax = 16_384;

/** How many dead letters are recorded in a second: of a storm that is enough to see what it is. */
const deadLettersMax = 10;

/** Something that happened on the node. */
export interface RecordedNodeEvent {
  /** Counts what was recorded on this node, from 1. */
  readonly serial: number;
  /** When, on the node's monotonic clock; to the turn of the scheduler in which it happened. */
  readonly atMs: number;
  readonly event: NodeEvent;
}

/**
 * The flight recorder: what happened last on the node, always on. It has the beginnings and ends of processes, and whatever else happens
 * seldom: what supervisors decide, nodes, moves. Messages are not in it, and nothing in it keeps a process or its values.
 *
 * Beginnings and ends are the most by far. They are written into entries that are there already, and made events when somebody reads them.
 */
export class Recorder {
  readonly #kernel: Kernel;
  readonly #ring: Entry[] = [];
  #count = 0;
  #deadLetters = { sinceMs: -Infinity, count: 0 };
  /** When the scheduler's turn began, or something happened outside of turns. */
  nowMs = 0;
  /** Whether the scheduler has its turn: {@link Recorder.nowMs} is good as long as that lasts. */
  inTurn = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How many events there were; {@link Recorder.entries} has the last {@link recordedMax} of them. */
  get count(): number {
    return this.#count;
  }

  spawned({ pid, parent, label }: Cell): void {
    const entry = this.#next();
    entry.kind = "spawn";
    entry.pid = this.#short(pid);
    entry.parent = this.#short(parent);
    entry.label = label;
    entry.what = null;
  }

  ended({ pid, label }: Cell, cause: Cause): void {
    const entry = this.#next();
    entry.kind = "exit";
    entry.pid = this.#short(pid);
    entry.label = label;
    entry.what = keptCause(cause);
  }

  /** Whatever happens seldom. Of values in it no more is kept than is told in words. */
  add(event: NodeEvent): void {
    const entry = this.#next();
    entry.kind = "other";
    entry.pid = 0;
    entry.parent = 0;
    entry.label = "";
    entry.what = keptEvent(event);
  }

  /** Some of them: see {@link deadLettersMax}. */
  deadLetter(to: DeadLetter["to"], message: unknown, reason: DeadLetter["reason"], from: Pid | null): void {
    const sampled = this.#deadLetters;
    if (this.nowMs >= sampled.sinceMs + 1000) {
      sampled.sinceMs = this.nowMs;
      sampled.count = 0;
    }
    sampled.count += 1;
    if (sampled.count > deadLettersMax) return;
    this.add({ type: "dead-letter", from, to, message: messageKind(message), reason });
  }

  /** What came after the event of that serial and is still here, the oldest first. */
  entries(after = 0): readonly RecordedNodeEvent[] {
    const entries: RecordedNodeEvent[] = [];
    for (let serial = Math.max(after, this.#count - recordedMax) + 1; serial <= this.#count; serial += 1) {
      const entry = this.#ring[(serial - 1) % recordedMax] as Entry;
      entries.push({ serial, atMs: entry.atMs, event: this.#eventOf(entry) });
    }
    return entries;
  }

  /** {@link Recorder.entries} without the beginnings and ends of processes, which are the most by far. */
  seldom(after = 0): readonly RecordedNodeEvent[] {
    const entries: RecordedNodeEvent[] = [];
    for (let serial = Math.max(after, this.#count - recordedMax) + 1; serial <= this.#count; serial += 1) {
      const entry = this.#ring[(serial - 1) % recordedMax] as Entry;
      if (entry.kind === "other") entries.push({ serial, atMs: entry.atMs, event: this.#eventOf(entry) });
    }
    return entries;
  }

  #next(): Entry {
    const index = this.#count % recordedMax;
    let entry = this.#ring[index];
    if (entry === undefined) {
      entry = new Entry();
      this.#ring[index] = entry;
    }
    this.#count += 1;
    entry.atMs = this.nowMs;
    return entry;
  }

  #eventOf({ kind, pid, parent, label, what }: Entry): NodeEvent {
    switch (kind) {
      case "spawn":
        return { type: "spawn", pid: this.#pidOf(pid), parent: this.#pidOf(parent), label };
      case "exit":
        return { type: "exit", pid: this.#pidOf(pid), label, cause: what as Cause };
      case "other":
        return what as NodeEvent;
    }
  }

  /** A pid of this node is its serial: that keeps nothing. */
  #short(pid: Pid): Pid | number {
    return pid.address === this.#kernel.address ? pid.serial : pid;
  }

  #pidOf(pid: Pid | number): Pid {
    if (typeof pid !== "number") return pid;
    return this.#kernel.cells.get(pid)?.pid ?? new Pid(this.#kernel.address, pid);
  }
}

class Entry {
  // Not a small integer, so that its place is one for fractions from the start.
  atMs = 0.5;
  kind: "spawn" | "exit" | "other" = "other";
  pid: Pid | number = 0;
  parent: Pid | number = 0;
  label = "";
  /** Why the process ended; the event itself if it is another one. */
  what: NodeEvent | Cause | null = null;
}
