import type { Cell } from "../cell.ts";
import { Receiving, receivingAny } from "../mailbox/receive.ts";

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
 * look at 100,000 processes is then to walk a few arrays of numbers: {@link ProcessColumns.refresh} writes those that change, and touches only the
 * processes that something has happened to.
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
  /** Operations, without those of a turn that goes on. */
  reductions: Float64Array = new Float64Array(0);
  /** Messages that wait. */
  mailbox: Uint32Array = new Uint32Array(0);
  /** When its last turn ended, or it came, in ticks: see {@link ProcessColumns.tick}. */
  since: Uint32Array = new Uint32Array(0);
  /** One of {@link Doing}. */
  doing: Uint8Array = new Uint8Array(0);
  /** Since when it has been here, in ticks: see {@link ProcessColumns.livedMs}. */
  started: Uint32Array = new Uint32Array(0);
  /** The slot of who spawned it, if that was here then; -1: nobody here. */
  parents: Int32Array = new Int32Array(0);
  /** 1: something has happened to the process since {@link ProcessColumns.refresh}. That is all that a process in its turn writes here. */
  touched: Uint8Array = new Uint8Array(0);
  /** How often the slot has been taken: tells its process apart from former ones. */
  uses: Uint32Array = new Uint32Array(0);
  /** What {@link ProcessColumns.uses} was of the parent's slot: that may be another's by now. */
  parentUses: Uint32Array = new Uint32Array(0);
  /** The latest turn of the scheduler, on the node's monotonic clock in ticks of {@link tickMs}; like all ticks, modulo 2³² (497 days). */
  tick = 0;
  readonly #free: number[] = [];

  /** Takes a slot for a process that is runnable; it is given back with {@link ProcessColumns.remove}. `parent`: the slot of who spawned it, or -1. */
  add(cell: Cell, parent: number): number {
    const slot = this.#free.pop() ?? this.length;
    if (slot === this.length) {
      if (slot === this.serials.length) this.#grow();
      this.length += 1;
    }
    this.cells[slot] = cell;
    this.serials[slot] = cell.pid.serial;
    this.uses[slot]! += 1;
    this.doing[slot] = Doing.runnable;
    this.since[slot] = this.tick;
    cell.since = this.tick;
    this.started[slot] = this.tick;
    this.parents[slot] = parent;
    if (parent !== noParent) this.parentUses[slot] = this.uses[parent] as number;
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
    this.touched[slot] = 0;
    this.parents[slot] = noParent;
    this.#free.push(slot);
  }

  /** A message was put into a mailbox. */
  delivered(cell: Cell): void {
    cell.received += 1;
    this.touched[cell.slot] = 1;
  }

  /** Something changed about a process outside of its turns. */
  settle(cell: Cell): void {
    if (cell.slot < 0) return;
    cell.since = this.tick;
    this.touched[cell.slot] = 1;
  }

  /** Writes down how the processes stand that something happened to since the last time: for whoever looks at the columns, first of all. */
  refresh(): void {
    const { length, touched } = this;
    for (let slot = 0; slot < length; slot += 1) if (touched[slot] === 1) this.#refresh(slot);
  }

  #refresh(slot: number): void {
    const cell = this.cells[slot];
    if (cell === null || cell === undefined) return;
    const doing = doingOf(cell);
    // Whatever else it does in its turn is to be seen the next time.
    if (doing !== Doing.runnable) this.touched[slot] = 0;
    this.doing[slot] = doing;
    this.received[slot] = cell.received;
    this.reductions[slot] = cell.reductions;
    this.mailbox[slot] = cell.mailbox.length;
    this.since[slot] = cell.since;
  }

  /** The slot of who spawned the process in `slot`; -1 when that is not here any more. */
  parentOf(slot: number): number {
    const parent = this.parents[slot] as number;
    if (parent === noParent) return noParent;
    return this.uses[parent] === this.parentUses[slot] && this.cells[parent] !== null ? parent : noParent;
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
    this.touched = grown(this.touched, new Uint8Array(size));
    this.uses = grown(this.uses, new Uint32Array(size));
    this.parentUses = grown(this.parentUses, new Uint32Array(size));
  }
}

function doingOf({ status, waiting }: Cell): number {
  switch (status) {
    case "waiting":
      if (waiting === receivingAny) return Doing.idle;
      return waiting instanceof Receiving && waiting.any ? Doing.idle : Doing.waiting;
    case "runnable":
    case "running":
    case "exiting":
      return Doing.runnable;
    case "away":
    case "parked":
      return Doing.elsewhere;
    case "ended":
      return Doing.nothing;
  }
}

function grown<T extends Float64Array | Uint32Array | Int32Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
