import type { Cell } from "../cell.ts";

/** What a process does, for {@link ProcessColumns.doing}. */
export const Doing = {
  /** The slot is free. */
  nothing: 0,
  /** It waits for any message: it has nothing to do. */
  idle: 1,
  /** It waits for something else: an answer, a timer, a message that matches. */
  waiting: 2,
  /** It is in the run queue, or running. */
  runnable: 3,
  /** It computes on another node, or is on its way. */
  elsewhere: 4,
} as const;

/** How long a tick of {@link ProcessColumns.since} is. */
export const tickMs = 10;

const noParent = -1;

/**
 * What dev tools want to know of all processes at once, in columns: a process has a slot in each while it is here, at home or as a guest. To
 * look at 100,000 processes is then to walk a few arrays of numbers, without touching a process.
 */
export class ProcessColumns {
  /** The process in each slot; null: free. */
  cells: (Cell | null)[] = [];
  /** Slots that are or were in use: columns are longer than that. */
  length = 0;
  /** Of the pid; with it a slot that was used again is told apart from its former process. */
  serials: Float64Array = new Float64Array(0);
  /** Messages that were delivered to it here. */
  received: Float64Array = new Float64Array(0);
  /** Operations, as of the end of its last turn. */
  reductions: Float64Array = new Float64Array(0);
  /** Messages that wait, as of the end of its last turn or the last delivery. */
  mailbox: Uint32Array = new Uint32Array(0);
  /** When its last turn ended, in ticks of {@link tickMs} since the node started. */
  since: Uint32Array = new Uint32Array(0);
  /** One of {@link Doing}, as of the end of its last turn. */
  doing: Uint8Array = new Uint8Array(0);
  /** When it began to run here, on the node's monotonic clock, in ticks of {@link tickMs}: see {@link ProcessColumns.livedMs}. */
  started: Uint32Array = new Uint32Array(0);
  /** The slot of who spawned it, if that was here then; -1: nobody here. */
  parents: Int32Array = new Int32Array(0);
  /** Of that process: the slot may be another's by now. */
  parentSerials: Float64Array = new Float64Array(0);
  readonly #free: number[] = [];

  /** Takes a slot. `nowMs`: of the node's monotonic clock. */
  add(cell: Cell, nowMs: number): number {
    const slot = this.#free.pop() ?? this.length;
    if (slot === this.length) {
      if (slot === this.serials.length) this.#grow();
      this.length += 1;
    }
    const { pid, parent } = cell;
    this.cells[slot] = cell;
    this.serials[slot] = pid.serial;
    this.doing[slot] = Doing.runnable;
    this.started[slot] = nowMs / tickMs;
    const parentCell = parent.cell;
    this.parents[slot] = parentCell === null ? noParent : parentCell.slot;
    this.parentSerials[slot] = parent.serial;
    return slot;
  }

  /** Gives the slot of a process back. */
  remove(slot: number): void {
    this.cells[slot] = null;
    this.serials[slot] = 0;
    this.received[slot] = 0;
    this.reductions[slot] = 0;
    this.mailbox[slot] = 0;
    this.doing[slot] = Doing.nothing;
    this.parents[slot] = noParent;
    this.#free.push(slot);
  }

  /** The slot of who spawned the process in `slot`; -1 when that is not here any more. */
  parentOf(slot: number): number {
    const parent = this.parents[slot] as number;
    return parent !== noParent && this.serials[parent] === this.parentSerials[slot] ? parent : noParent;
  }

  /** For how long the process in `slot` has been here, to a tick and at most 497 days. */
  livedMs(slot: number, nowMs: number): number {
    return slot < 0 ? 0 : ((nowMs / tickMs - (this.started[slot] as number)) >>> 0) * tickMs;
  }

  #grow(): void {
    const size = Math.max(64, this.serials.length * 2);
    this.serials = grown(this.serials, new Float64Array(size));
    this.received = grown(this.received, new Float64Array(size));
    this.reductions = grown(this.reductions, new Float64Array(size));
    this.mailbox = grown(this.mailbox, new Uint32Array(size));
    this.since = grown(this.since, new Uint32Array(size));
    this.doing = grown(this.doing, new Uint8Array(size));
    this.started = grown(this.started, new Uint32Array(size));
    this.parents = grown(this.parents, new Int32Array(size));
    this.parentSerials = grown(this.parentSerials, new Float64Array(size));
  }
}

function grown<T extends Float64Array | Uint32Array | Int32Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
