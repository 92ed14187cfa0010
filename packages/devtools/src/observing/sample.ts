import { Doing, passedMs, type ProcessColumns } from "@espalier/runtime";
import { Arrivals } from "./arrivals.ts";
import { Top } from "./selection.ts";
import { Slots } from "./slots.ts";

/** How many processes of each kind are looked at more closely. */
const extremesMax = 20;
/** Who waits for less is not stuck. */
const stuckMs = 1_000;

/** What all processes add up to. */
export interface Totals {
  readonly processes: number;
  readonly mailbox: number;
  /** Over the last sample; null in the first. */
  readonly receivedPerSecond: number | null;
  readonly reductionsPerSecond: number | null;
}

/** The processes of a sample that stand out, the worst first, by slot; the runtime's own are not among them. */
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

  /** @param column whose length it is to have. */
  fit(column: T): void {
    if (this.now.length === column.length) return;
    this.now = resized(this.now, column);
    this.before = resized(this.before, column);
  }
}

/**
 * What the columns of a node were when it was last looked at, and how fast they change. {@link Sample.take} goes through the processes that something
 * has happened to since, and those for which messages wait; it makes nothing for one that was there before.
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
  /** Of which columns it is, and at which refresh: see {@link ProcessColumns.built}, {@link ProcessColumns.refreshes}. */
  #built = 0;
  #refreshes = 0;
  /** Which life of each slot it was; 0: free. A process that has come since began with nothing. */
  #lives: Uint32Array = new Uint32Array(0);
  readonly #arrivals: Arrivals = new Arrivals();
  /** Slots that have another process than at the last sample, or none any more. */
  readonly #changed: Slots = new Slots();
  /** Slots of which something was not what it had been the sample before. */
  readonly #moved: Slots = new Slots();
  /** Slots for which messages wait. */
  readonly #waiting: Slots = new Slots();
  #isWaiting: Uint8Array = new Uint8Array(0);
  #mailboxSum = 0;

  constructor(columns: ProcessColumns, slotChanged: (slot: number) => void) {
    this.#columns = columns;
    this.#slotChanged = slotChanged;
  }

  /** The slots that were in use, in the order in which their processes came: parents before their children. */
  get slots(): Int32Array {
    return this.#arrivals.slots;
  }

  /** The slots whose mailboxes were not what they had been the sample before, or whose process is another one. */
  get moved(): Int32Array {
    return this.#moved.all;
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

  /**
   * Those of {@link Sample.slots} that still have the process that they had.
   *
   * @param system whether the runtime's own are among them.
   */
  living(system: boolean): Int32Array {
    const { stays, serials, system: systems } = this.#columns;
    const lives = this.#lives;
    const { slots } = this;
    const living = new Int32Array(slots.length);
    let count = 0;
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index] as number;
      living[count] = slot;
      if (stays[slot] === lives[slot] && serials[slot] !== 0 && (system || systems[slot] === 0)) count += 1;
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
    // What is seen for the first time has not come since the sample before.
    const isFirst = this.#built !== columns.built;
    if (isFirst) this.#forget();
    this.#fit();
    // What somebody else has read in between must be looked for.
    const isNext = !isFirst && columns.refreshes === this.#refreshes + 1;
    const seen = isNext ? columns.refreshed.subarray(0, columns.refreshedCount) : upTo(columns.length);
    this.#built = columns.built;
    this.#refreshes = columns.refreshes;
    this.#perSecond = isFirst || atMs <= this.atMs ? NaN : 1000 / (atMs - this.atMs);
    this.#settle();
    this.#compare(seen);
    if (this.#changed.count > 0) this.#follow();
    this.#add(seen, atMs);
    this.atMs = atMs;
    this.serial += 1;
  }

  /** The columns are others than before. */
  #forget(): void {
    const former = this.#lives.length;
    this.#lives = new Uint32Array(0);
    this.#isWaiting = new Uint8Array(0);
    for (const gauge of [this.received, this.reductions]) gauge.now = gauge.before = new Float64Array(0);
    this.mailbox.now = this.mailbox.before = new Uint32Array(0);
    this.#arrivals.clear();
    this.#moved.count = 0;
    this.#waiting.count = 0;
    this.#mailboxSum = 0;
    this.generation += 1;
    for (let slot = 0; slot < former; slot += 1) this.#slotChanged(slot);
  }

  #fit(): void {
    const columns = this.#columns;
    this.received.fit(columns.received);
    this.reductions.fit(columns.reductions);
    this.mailbox.fit(columns.mailbox);
    this.#lives = resized(this.#lives, columns.stays);
    this.#isWaiting = resized(this.#isWaiting, columns.doing);
  }

  /** What was now is before. */
  #settle(): void {
    const { received, reductions, mailbox } = this;
    for (const slot of this.#moved.all) {
      received.before[slot] = received.now[slot] as number;
      reductions.before[slot] = reductions.now[slot] as number;
      mailbox.before[slot] = mailbox.now[slot] as number;
    }
    this.#moved.count = 0;
  }

  #compare(seen: Int32Array): void {
    const columns = this.#columns;
    const lives = this.#lives;
    this.#changed.count = 0;
    for (const slot of seen) if (lives[slot] !== lifeIn(columns, slot)) this.#changed.add(slot);
  }

  /** Takes those out of the order that have gone, and adds those that have come. */
  #follow(): void {
    const columns = this.#columns;
    const lives = this.#lives;
    const { mailbox, received, reductions } = this;
    for (const slot of this.#changed.all) {
      if (lives[slot] !== 0) this.#arrivals.remove(slot);
      lives[slot] = lifeIn(columns, slot);
      this.#mailboxSum -= mailbox.before[slot] as number;
      received.before[slot] = 0;
      reductions.before[slot] = 0;
      mailbox.before[slot] = 0;
      this.#slotChanged(slot);
    }
    this.#arrivals.add(this.#changed.all, columns);
    this.generation += 1;
  }

  #add(seen: Int32Array, atMs: number): void {
    const columns = this.#columns;
    const { doing, since, system } = columns;
    const { received, reductions, mailbox } = this;
    const growing = new Top(extremesMax);
    const stuck = new Top(extremesMax);
    const busiest = new Top(extremesMax);
    const longest = new Top(extremesMax);
    let receivedSum = 0;
    let reductionsSum = 0;
    for (const slot of seen) {
      const got = (columns.received[slot] as number) - (received.before[slot] as number);
      const done = (columns.reductions[slot] as number) - (reductions.before[slot] as number);
      const messages = columns.mailbox[slot] as number;
      const more = messages - (mailbox.before[slot] as number);
      received.now[slot] = columns.received[slot] as number;
      reductions.now[slot] = columns.reductions[slot] as number;
      mailbox.now[slot] = messages;
      if (got !== 0 || done !== 0 || more !== 0) this.#moved.add(slot);
      receivedSum += got;
      reductionsSum += done;
      this.#mailboxSum += more;
      if (messages > 0 && this.#isWaiting[slot] === 0) {
        this.#isWaiting[slot] = 1;
        this.#waiting.add(slot);
      }
      if (system[slot] === 1) continue;
      if (done > 0) busiest.offer(slot, done);
      if (more > 0) growing.offer(slot, more);
    }
    this.#waiting.keep((slot) => {
      const messages = mailbox.now[slot] as number;
      if (messages === 0) {
        this.#isWaiting[slot] = 0;
        return false;
      }
      if (system[slot] === 1) return true;
      longest.offer(slot, messages);
      const waitedMs = doing[slot] === Doing.waiting ? passedMs(since[slot] as number, atMs) : 0;
      if (waitedMs >= stuckMs) stuck.offer(slot, waitedMs);
      return true;
    });
    const perSecond = this.#perSecond;
    const isKnown = !Number.isNaN(perSecond);
    this.totals = {
      processes: this.#arrivals.count,
      mailbox: this.#mailboxSum,
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
}

/** Which life of the slot it is; 0: the slot is free. */
function lifeIn({ serials, stays }: ProcessColumns, slot: number): number {
  return serials[slot] === 0 ? 0 : (stays[slot] as number);
}

function upTo(length: number): Int32Array {
  const slots = new Int32Array(length);
  for (let slot = 0; slot < length; slot += 1) slots[slot] = slot;
  return slots;
}

/** As long as `like`, with what is in `old`. */
function resized<T extends Float64Array | Uint32Array | Uint8Array>(old: T, like: { readonly length: number }): T {
  if (old.length === like.length) return old;
  const other = new (old.constructor as new (length: number) => T)(like.length);
  other.set(old.subarray(0, like.length));
  return other;
}
