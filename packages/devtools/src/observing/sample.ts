import type { ProcessColumns } from "@espalier/runtime";

const none = -1;

/** What all processes add up to. */
export interface Totals {
  readonly processes: number;
  readonly mailbox: number;
  /** Over the last sample; null in the first. */
  readonly receivedPerSecond: number | null;
  readonly reductionsPerSecond: number | null;
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
  /** Over the last sample, by slot; NaN in the first one. */
  receivedPerSecond: Float64Array = new Float64Array(0);
  reductionsPerSecond: Float64Array = new Float64Array(0);
  mailboxPerSecond: Float64Array = new Float64Array(0);
  /** The slots that were in use, in the order in which their processes came: parents before their children. */
  order: Int32Array = new Int32Array(0);
  #orderLength = 0;
  /** The columns at the last sample. A process that has come since began with nothing. */
  #uses: Uint32Array = new Uint32Array(0);
  #received: Float64Array = new Float64Array(0);
  #reductions: Float64Array = new Float64Array(0);
  #mailbox: Uint32Array = new Uint32Array(0);
  /** Slots that have another process than at the last sample, or none any more. */
  #changed: Int32Array = new Int32Array(64);

  constructor(columns: ProcessColumns, slotChanged: (slot: number) => void) {
    this.#columns = columns;
    this.#slotChanged = slotChanged;
  }

  /** The slots of {@link Sample.order}. */
  get slots(): Int32Array {
    return this.order.subarray(0, this.#orderLength);
  }

  /** Whether the slot has the process that it had at the last sample. */
  has(slot: number): boolean {
    return (
      slot >= 0 &&
      slot < this.#uses.length &&
      this.#uses[slot] === lifeIn(this.#columns, slot) &&
      this.#uses[slot] !== 0
    );
  }

  take(atMs: number): void {
    const columns = this.#columns;
    const { length, serials, uses, received, reductions, mailbox } = columns;
    if (this.#uses.length < serials.length) this.#grow(serials.length);
    const known = this.#uses;
    const receivedBefore = this.#received;
    const reductionsBefore = this.#reductions;
    const mailboxBefore = this.#mailbox;
    const { receivedPerSecond, reductionsPerSecond, mailboxPerSecond } = this;
    const first = this.serial === 0;
    const perSecond = first || atMs <= this.atMs ? NaN : 1000 / (atMs - this.atMs);
    let changed = 0;
    let processes = 0;
    let waiting = 0;
    let receivedSum = 0;
    let reductionsSum = 0;
    for (let slot = 0; slot < length; slot += 1) {
      const life = serials[slot] === 0 ? 0 : (uses[slot] as number);
      if (life !== known[slot]) {
        if (changed === this.#changed.length) this.#changed = longer(this.#changed);
        this.#changed[changed] = slot;
        changed += 1;
        receivedBefore[slot] = 0;
        reductionsBefore[slot] = 0;
        mailboxBefore[slot] = 0;
      }
      if (life === 0) continue;
      processes += 1;
      const receivedNow = received[slot] as number;
      const reductionsNow = reductions[slot] as number;
      const mailboxNow = mailbox[slot] as number;
      const receivedSince = receivedNow - (receivedBefore[slot] as number);
      const reductionsSince = reductionsNow - (reductionsBefore[slot] as number);
      receivedPerSecond[slot] = receivedSince * perSecond;
      reductionsPerSecond[slot] = reductionsSince * perSecond;
      mailboxPerSecond[slot] = (mailboxNow - (mailboxBefore[slot] as number)) * perSecond;
      waiting += mailboxNow;
      receivedSum += receivedSince;
      reductionsSum += reductionsSince;
      receivedBefore[slot] = receivedNow;
      reductionsBefore[slot] = reductionsNow;
      mailboxBefore[slot] = mailboxNow;
    }
    if (changed > 0) this.#follow(changed);
    this.totals = {
      processes,
      mailbox: waiting,
      receivedPerSecond: Number.isNaN(perSecond) ? null : receivedSum * perSecond,
      reductionsPerSecond: Number.isNaN(perSecond) ? null : reductionsSum * perSecond,
    };
    this.atMs = atMs;
    this.serial += 1;
  }

  /** Takes those out of the order that have gone, and adds those that have come. */
  #follow(changed: number): void {
    const columns = this.#columns;
    const { serials } = columns;
    const known = this.#uses;
    let kept = 0;
    for (let index = 0; index < this.#orderLength; index += 1) {
      const slot = this.order[index] as number;
      if (lifeIn(columns, slot) !== known[slot]) continue;
      this.order[kept] = slot;
      kept += 1;
    }
    const begin = kept;
    let ascending = true;
    let before = none;
    for (let index = 0; index < changed; index += 1) {
      const slot = this.#changed[index] as number;
      const serial = serials[slot] as number;
      known[slot] = lifeIn(columns, slot);
      this.#slotChanged(slot);
      if (serial === 0) continue;
      if (serial < before) ascending = false;
      before = serial;
      if (kept === this.order.length) this.order = longer(this.order);
      this.order[kept] = slot;
      kept += 1;
    }
    if (!ascending) this.order.subarray(begin, kept).sort((a, b) => (serials[a] as number) - (serials[b] as number));
    this.#orderLength = kept;
    this.generation += 1;
  }

  #grow(size: number): void {
    this.#uses = copied(this.#uses, new Uint32Array(size));
    this.#received = copied(this.#received, new Float64Array(size));
    this.#reductions = copied(this.#reductions, new Float64Array(size));
    this.#mailbox = copied(this.#mailbox, new Uint32Array(size));
    this.receivedPerSecond = copied(this.receivedPerSecond, new Float64Array(size));
    this.reductionsPerSecond = copied(this.reductionsPerSecond, new Float64Array(size));
    this.mailboxPerSecond = copied(this.mailboxPerSecond, new Float64Array(size));
  }
}

/** Which life of the slot it is; 0: the slot is free. */
function lifeIn({ serials, uses }: ProcessColumns, slot: number): number {
  return serials[slot] === 0 ? 0 : (uses[slot] as number);
}

function longer(old: Int32Array): Int32Array {
  return copied(old, new Int32Array(Math.max(64, old.length * 2)));
}

function copied<T extends Float64Array | Uint32Array | Int32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
