import { Doing, type ProcessColumns } from "@espalier/runtime";
import { Top } from "./selection.ts";

/** How many processes of each kind are looked at more closely. */
const extremesMax = 20;

/** What all processes add up to. */
export interface Totals {
  readonly processes: number;
  readonly mailbox: number;
  /** Over the last sample; null in the first. */
  readonly receivedPerSecond: number | null;
  readonly reductionsPerSecond: number | null;
}

/** The processes of a sample that stand out, the worst first, by slot. */
export interface Extremes {
  /** Their mailboxes grow the fastest. */
  readonly growing: readonly number[];
  /** They have waited longest for something else than any message, while messages wait for them. */
  readonly stuck: readonly number[];
  /** They have done the most operations. */
  readonly busiest: readonly number[];
  /** Their mailboxes are the longest. */
  readonly longest: readonly number[];
}

/** A column at the last sample, and at the one before. */
export class Gauge<T extends Float64Array | Uint32Array> {
  now: T;
  before: T;

  constructor(empty: T) {
    this.now = empty;
    this.before = empty;
  }

  /** What was now is before. */
  take(column: T, length: number): void {
    if (this.now.length !== column.length) {
      this.before = column.slice() as T;
      this.before.fill(0);
      this.before.set(this.now.subarray(0, this.before.length));
      this.now = column.slice() as T;
      return;
    }
    const recycled = this.before;
    this.before = this.now;
    this.now = recycled;
    recycled.set(column.subarray(0, length));
  }
}

/**
 * What the columns of a node were when it was last looked at, and how fast they change. {@link Sample.take} goes through all processes; it
 * makes nothing for one that was there before.
 */
export class Sample {
  readonly #columns: ProcessColumns;
  /** Told of each slot that has another process than at the last sample, or none any more. */
  readonly #slotChanged: (slot: number) => void;
  /** Counts what was taken. */
  serial = 0;
  /** Counts the times when processes had come or gone since the sample before. */
  generation = 0;
  atMs = 0;
  totals: Totals = { processes: 0, mailbox: 0, receivedPerSecond: null, reductionsPerSecond: null };
  extremes: Extremes = { growing: [], stuck: [], busiest: [], longest: [] };
  readonly received: Gauge<Float64Array> = new Gauge(new Float64Array(0));
  readonly reductions: Gauge<Float64Array> = new Gauge(new Float64Array(0));
  readonly mailbox: Gauge<Uint32Array> = new Gauge(new Uint32Array(0));
  /** How many seconds there are in a sample, inverted; NaN in the first one. */
  #perSecond = NaN;
  /** Of which columns it is: see {@link ProcessColumns.built}. */
  #built = 0;
  #order: Int32Array = new Int32Array(0);
  #orderLength = 0;
  /** Which life of each slot it was; 0: free. A process that has come since began with nothing. */
  #lives: Uint32Array = new Uint32Array(0);
  /** Slots that have another process than at the last sample, or none any more. */
  #changed: Int32Array = new Int32Array(64);

  constructor(columns: ProcessColumns, slotChanged: (slot: number) => void) {
    this.#columns = columns;
    this.#slotChanged = slotChanged;
  }

  /** The slots that were in use, in the order in which their processes came: parents before their children. */
  get slots(): Int32Array {
    return this.#order.subarray(0, this.#orderLength);
  }

  /** Whether the slot has the process that it had at the last sample. */
  has(slot: number): boolean {
    return (
      slot >= 0 &&
      slot < this.#lives.length &&
      this.#lives[slot] !== 0 &&
      this.#lives[slot] === lifeIn(this.#columns, slot)
    );
  }

  /** Whether the columns are those of the last sample: they are dropped when nobody looks for long. */
  get isKept(): boolean {
    return this.#columns.isKept && this.#built === this.#columns.built;
  }

  /** Those of {@link Sample.slots} that still have the process that they had. */
  living(): Int32Array {
    const { serials, stays } = this.#columns;
    const lives = this.#lives;
    const order = this.#order;
    const living = new Int32Array(this.#orderLength);
    let count = 0;
    for (let index = 0; index < this.#orderLength; index += 1) {
      const slot = order[index] as number;
      living[count] = slot;
      if (stays[slot] === lives[slot] && serials[slot] !== 0) count += 1;
    }
    return living.subarray(0, count);
  }

  /** How fast a column changed; null when that is not known. */
  rate({ now, before }: Gauge<Float64Array | Uint32Array>, slot: number): number | null {
    if (Number.isNaN(this.#perSecond) || !this.has(slot)) return null;
    return ((now[slot] as number) - (before[slot] as number)) * this.#perSecond;
  }

  take(atMs: number): void {
    const columns = this.#columns;
    columns.refresh();
    const { length } = columns;
    // What is seen for the first time has not come since the sample before.
    const isFirst = this.#built !== columns.built;
    this.#built = columns.built;
    this.received.take(columns.received, length);
    this.reductions.take(columns.reductions, length);
    this.mailbox.take(columns.mailbox, length);
    if (this.#lives.length < columns.serials.length) {
      const lives = new Uint32Array(columns.serials.length);
      lives.set(this.#lives);
      this.#lives = lives;
    }
    const changed = this.#compare();
    if (changed > 0) this.#follow(changed);
    this.#perSecond = isFirst || atMs <= this.atMs ? NaN : 1000 / (atMs - this.atMs);
    this.#add();
    this.atMs = atMs;
    this.serial += 1;
  }

  #compare(): number {
    const { length, serials, stays } = this.#columns;
    const lives = this.#lives;
    let changed = 0;
    for (let slot = 0; slot < length; slot += 1) {
      if (lives[slot] === stays[slot] && serials[slot] !== 0) continue;
      if (lives[slot] === 0 && serials[slot] === 0) continue;
      if (changed === this.#changed.length) this.#changed = longer(this.#changed);
      this.#changed[changed] = slot;
      changed += 1;
    }
    return changed;
  }

  #add(): void {
    const columns = this.#columns;
    const { length, doing, since, tick } = columns;
    const { now: mailbox, before: mailboxBefore } = this.mailbox;
    const { now: received, before: receivedBefore } = this.received;
    const { now: reductions, before: reductionsBefore } = this.reductions;
    const growing = new Top(extremesMax);
    const stuck = new Top(extremesMax);
    const busiest = new Top(extremesMax);
    const longest = new Top(extremesMax);
    let waiting = 0;
    let receivedSum = 0;
    let reductionsSum = 0;
    for (let slot = 0; slot < length; slot += 1) {
      const done = (reductions[slot] as number) - (reductionsBefore[slot] as number);
      receivedSum += (received[slot] as number) - (receivedBefore[slot] as number);
      reductionsSum += done;
      if (done > 0 && done > busiest.least) busiest.offer(slot, done);
      const messages = mailbox[slot] as number;
      if (messages === 0) continue;
      waiting += messages;
      longest.offer(slot, messages);
      const more = messages - (mailboxBefore[slot] as number);
      if (more > 0) growing.offer(slot, more);
      if (doing[slot] === Doing.waiting) stuck.offer(slot, (tick - (since[slot] as number)) >>> 0);
    }
    const perSecond = this.#perSecond;
    const isKnown = !Number.isNaN(perSecond);
    this.totals = {
      processes: this.#orderLength,
      mailbox: waiting,
      receivedPerSecond: isKnown ? receivedSum * perSecond : null,
      reductionsPerSecond: isKnown ? reductionsSum * perSecond : null,
    };
    this.extremes = {
      growing: isKnown ? growing.list() : [],
      stuck: stuck.list(),
      busiest: isKnown ? busiest.list() : [],
      longest: longest.list(),
    };
  }

  /** Takes those out of the order that have gone, and adds those that have come. */
  #follow(changed: number): void {
    const columns = this.#columns;
    const { serials, stays } = columns;
    const lives = this.#lives;
    let order = this.#order;
    let kept = 0;
    for (let index = 0; index < this.#orderLength; index += 1) {
      const slot = order[index] as number;
      order[kept] = slot;
      if (stays[slot] === lives[slot] && serials[slot] !== 0) kept += 1;
    }
    const begin = kept;
    let ascending = true;
    let before = 0;
    for (let index = 0; index < changed; index += 1) {
      const slot = this.#changed[index] as number;
      const serial = serials[slot] as number;
      lives[slot] = lifeIn(columns, slot);
      this.received.before[slot] = 0;
      this.reductions.before[slot] = 0;
      this.mailbox.before[slot] = 0;
      this.#slotChanged(slot);
      if (serial === 0) continue;
      if (serial < before) ascending = false;
      before = serial;
      if (kept === order.length) order = longer(order);
      order[kept] = slot;
      kept += 1;
    }
    if (!ascending) order.subarray(begin, kept).sort((a, b) => (serials[a] as number) - (serials[b] as number));
    this.#order = order;
    this.#orderLength = kept;
    this.generation += 1;
  }
}

/** Which life of the slot it is; 0: the slot is free. */
function lifeIn({ serials, stays }: ProcessColumns, slot: number): number {
  return serials[slot] === 0 ? 0 : (stays[slot] as number);
}

function longer(old: Int32Array): Int32Array {
  const larger = new Int32Array(Math.max(64, old.length * 2));
  larger.set(old);
  return larger;
}
