import type { Cause } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { NodeEvent } from "./events.ts";

/** How many events are kept: the oldest give way. */
export const recordedMax = 16_384;

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
 */
export class Recorder {
  readonly #events: (RecordedNodeEvent | undefined)[] = [];
  #count = 0;
  /** When the scheduler's turn began, or something happened outside of turns. */
  nowMs = 0;
  /** Whether the scheduler has its turn: {@link Recorder.nowMs} is good as long as that lasts. */
  inTurn = false;

  /** How many events there were; {@link Recorder.entries} has the last {@link recordedMax} of them. */
  get count(): number {
    return this.#count;
  }

  spawned({ pid, parent, label }: Cell): void {
    this.add({ type: "spawn", pid, parent, label });
  }

  ended({ pid, label }: Cell, cause: Cause): void {
    this.add({ type: "exit", pid, label, cause });
  }

  add(event: NodeEvent): void {
    this.#count += 1;
    this.#events[this.#count % recordedMax] = { serial: this.#count, atMs: this.nowMs, event };
  }

  /** What came after the event of that serial and is still here, the oldest first. */
  entries(after = 0): readonly RecordedNodeEvent[] {
    const entries: RecordedNodeEvent[] = [];
    for (let serial = Math.max(after, this.#count - recordedMax) + 1; serial <= this.#count; serial += 1) {
      entries.push(this.#events[serial % recordedMax] as RecordedNodeEvent);
    }
    return entries;
  }
}
