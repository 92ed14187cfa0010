import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
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

/** How long a tick is: see {@link ProcessColumns.tick}. */
export const tickMs = 10;

const noParent = -1;

/** How long the columns are kept after somebody has looked. */
export const keptMs = 120_000;

/**
 * What dev tools want to know of all processes at once, in columns: a process has a slot in each while it is here, at home or as a guest. To
 * look at 100,000 processes is then to walk a few arrays of numbers.
 *
 * There are none while nobody looks. The first {@link ProcessColumns.refresh} makes them, and from then on processes that come and go take and
 * leave slots, and mark their slots when something happens to them: to refresh is then to write what is marked. When nobody has looked for
 * {@link keptMs}, a turn of the scheduler drops them.
 */
export class ProcessColumns {
  /** The process in each slot; null: free. */
  cells: (Cell | null)[] = [];
  /** Slots that are or were in use: columns are longer than that. */
  length = 0;
  /** Of the pid; 0: the slot is free. */
  serials: Float64Array = new Float64Array(0);
  /** Messages that were delivered to it here. */
  received: Float64Array = new Float64Array(0);
  /** Operations, without those of a turn that goes on. */
  reductions: Float64Array = new Float64Array(0);
  /** Messages that wait. */
  mailbox: Uint32Array = new Uint32Array(0);
  /** When its last turn ended, or it came, in ticks: see {@link ProcessColumns.tick}. */
  since: Int32Array = new Int32Array(0);
  /** One of {@link Doing}. */
  doing: Uint8Array = new Uint8Array(0);
  /** The slot of who spawned it, if that was here then; -1: nobody here. */
  parents: Int32Array = new Int32Array(0);
  /** 1: it is one of the runtime's own. */
  system: Uint8Array = new Uint8Array(0);
  /** 1: something has happened to the process since {@link ProcessColumns.refresh}, or it has gone. That is all that a process in its turn writes here. */
  touched: Uint8Array = new Uint8Array(0);
  /** Which stay in any slot it is, from 1, modulo 2³²: tells the process in a slot apart from former ones, those of dropped columns too. */
  stays: Uint32Array = new Uint32Array(0);
  /** What {@link ProcessColumns.stays} was of the parent's slot: that may be another's by now. */
  parentStays: Uint32Array = new Uint32Array(0);
  /** The latest turn of the scheduler, on the node's monotonic clock in ticks of {@link tickMs}; like all ticks a signed number, modulo 2³² (497 days). */
  tick = 0;
  /** Whether there are columns now. */
  isKept = false;
  /** How often columns were made: what slots held before is nothing to those of now. */
  built = 0;
  /** Counts {@link ProcessColumns.refresh}. */
  refreshes = 0;
  /** Slots that the last refresh found changed, in ascending order: what others hold is what it was at the refresh before. */
  refreshed: Int32Array = new Int32Array(0);
  /** How many slots of {@link ProcessColumns.refreshed} are meant. */
  refreshedCount = 0;
  readonly #kernel: Kernel;
  readonly #free: number[] = [];
  /** They are few: no field of each. */
  readonly #system: WeakSet<Cell> = new WeakSet();
  #stay = 0;
  #lookedMs = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A process has come, in one of the kernel's tables: it takes a slot, if there are columns; it is given back with {@link ProcessColumns.remove}. */
  add(cell: Cell): void {
    if (!this.isKept || cell.slot >= 0) return;
    const slot = this.#take(cell);
    this.#setParent(slot, cell);
    this.doing[slot] = Doing.runnable;
    this.since[slot] = cell.since;
    this.touched[slot] = 1;
  }

  /** The process gives back its slot, if it has one. */
  remove(cell: Cell): void {
    const { slot } = cell;
    if (slot < 0) return;
    cell.slot = -1;
    this.cells[slot] = null;
    this.serials[slot] = 0;
    this.received[slot] = 0;
    this.reductions[slot] = 0;
    this.mailbox[slot] = 0;
    this.doing[slot] = Doing.nothing;
    this.touched[slot] = 1;
    this.parents[slot] = noParent;
    this.#free.push(slot);
  }

  /** The process is one of the runtime's own. */
  markSystem(cell: Cell): void {
    this.#system.add(cell);
    if (cell.slot >= 0) this.system[cell.slot] = 1;
  }

  isSystem(cell: Cell): boolean {
    return this.#system.has(cell);
  }

  /** A message was put into a mailbox. */
  delivered(cell: Cell): void {
    cell.received += 1;
    if (cell.slot >= 0) this.touched[cell.slot] = 1;
  }

  /** Something changed about a process outside of its turns. */
  settle(cell: Cell): void {
    if (!this.#kernel.recorder.inTurn) this.#kernel.lookAtClock();
    cell.since = this.tick;
    if (cell.slot >= 0) this.touched[cell.slot] = 1;
  }

  /** Writes down how the processes stand that something happened to since the last time: for whoever looks at the columns, first of all. */
  refresh(): void {
    this.#lookedMs = this.#kernel.host.clock.monotonic();
    this.refreshes += 1;
    if (!this.isKept) return this.#build();
    const { length, touched, refreshed } = this;
    let count = 0;
    // What is not touched is passed over by the engine: that is the most of them by far.
    for (let slot = touched.indexOf(1); slot >= 0 && slot < length;) {
      refreshed[count] = slot;
      count += 1;
      this.#refresh(slot);
      slot = touched[slot + 1] === 1 ? slot + 1 : touched.indexOf(1, slot + 2);
    }
    this.refreshedCount = count;
  }

  /** Drops the columns if nobody has looked for long: once a turn. */
  dropUnused(nowMs: number): void {
    if (!this.isKept || nowMs - this.#lookedMs < keptMs) return;
    for (const cell of this.cells) if (cell !== null) cell.slot = -1;
    this.isKept = false;
    this.cells = [];
    this.length = 0;
    this.refreshedCount = 0;
    this.#free.length = 0;
    this.#resize(0);
  }

  #build(): void {
    const { homed, guests } = this.#kernel;
    this.isKept = true;
    this.built += 1;
    this.#resize(homed.length + guests.size + leastMore);
    for (const cell of homed) this.#take(cell);
    for (const cell of guests.values()) this.#take(cell);
    for (let slot = 0; slot < this.length; slot += 1) {
      this.#setParent(slot, this.cells[slot] as Cell);
      this.#refresh(slot);
      this.refreshed[slot] = slot;
    }
    this.refreshedCount = this.length;
  }

  #take(cell: Cell): number {
    const slot = this.#free.pop() ?? this.length;
    if (slot === this.length) {
      if (slot === this.serials.length) this.#resize(slot + Math.max(leastMore, slot >> 1));
      this.length += 1;
    }
    this.#stay += 1;
    this.cells[slot] = cell;
    this.serials[slot] = cell.pid.serial;
    this.stays[slot] = this.#stay;
    this.system[slot] = this.#system.has(cell) ? 1 : 0;
    cell.slot = slot;
    return slot;
  }

  #setParent(slot: number, { parent: { cell }, parent: pid }: Cell): void {
    // Few were spawned from elsewhere: only those are looked up.
    const kernel = this.#kernel;
    const parent =
      cell !== null ? cell.slot : pid.address === kernel.address ? noParent : (kernel.here(pid)?.slot ?? noParent);
    this.parents[slot] = parent;
    if (parent !== noParent) this.parentStays[slot] = this.stays[parent] as number;
  }

  #refresh(slot: number): void {
    const cell = this.cells[slot];
    if (cell === null || cell === undefined) {
      this.touched[slot] = 0;
      return;
    }
    const doing = doingOf(cell);
    // Whatever else it does in its turn is to be seen the next time.
    this.touched[slot] = doing === Doing.runnable ? 1 : 0;
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
    return this.stays[parent] === this.parentStays[slot] && this.serials[parent] !== 0 ? parent : noParent;
  }

  #resize(size: number): void {
    this.serials = resized(this.serials, new Float64Array(size));
    this.received = resized(this.received, new Float64Array(size));
    this.reductions = resized(this.reductions, new Float64Array(size));
    this.mailbox = resized(this.mailbox, new Uint32Array(size));
    this.since = resized(this.since, new Int32Array(size));
    this.doing = resized(this.doing, new Uint8Array(size));
    this.parents = resized(this.parents, new Int32Array(size));
    this.system = resized(this.system, new Uint8Array(size));
    this.touched = resized(this.touched, new Uint8Array(size));
    this.refreshed = resized(this.refreshed, new Int32Array(size));
    this.stays = resized(this.stays, new Uint32Array(size));
    this.parentStays = resized(this.parentStays, new Uint32Array(size));
  }
}

/** By how many slots the columns are made longer at least. */
const leastMore = 64;

/** How long it is ago that a moment was, in ticks: to a tick, and at most 497 days. */
export function passedMs(sinceTick: number, nowMs: number): number {
  return ((nowMs / tickMs - sinceTick) >>> 0) * tickMs;
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

function resized<T extends Float64Array | Uint32Array | Int32Array | Uint8Array>(old: T, other: T): T {
  if (old.length < other.length) other.set(old);
  return other;
}
