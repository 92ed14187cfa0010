/**
 * One direction between a process's home and its host: items are numbered from 1 and kept until acknowledged, so that they can be sent
 * again to whoever is the host by then. Order and exactly-once across moves rest on the numbers alone.
 */
export class Outgoing<T> {
  #acknowledged: number;
  #items: T[];
  /** When something last changed that the other side must react to: what says that it is time to send again. */
  #quietSinceMs = 0;

  /** @param acknowledged the number of the last item before `items`. */
  constructor(acknowledged = 0, items: readonly T[] = []) {
    this.#acknowledged = acknowledged;
    this.#items = [...items];
  }

  /** The number of the last item. */
  get last(): number {
    return this.#acknowledged + this.#items.length;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** What nobody has acknowledged, oldest first: numbers `acknowledged + 1` to `last`. */
  get retained(): readonly T[] {
    return this.#items;
  }

  push(item: T, nowMs: number): number {
    if (this.#items.length === 0) this.#quietSinceMs = nowMs;
    this.#items.push(item);
    return this.last;
  }

  /** Everything up to `number` has arrived. Idempotent, and in any order. */
  acknowledge(number: number, nowMs: number): void {
    if (number <= this.#acknowledged || number > this.last) return;
    this.#items = this.#items.slice(number - this.#acknowledged);
    this.#acknowledged = number;
    this.#quietSinceMs = nowMs;
  }

  /** Whether nothing was acknowledged for `patienceMs` although something is owed. Asking counts as sending. */
  isOverdue(nowMs: number, patienceMs: number): boolean {
    if (this.#items.length === 0 || nowMs - this.#quietSinceMs < patienceMs) return false;
    this.#quietSinceMs = nowMs;
    return true;
  }
}

/** The receiving end: accepts each number once, in order. */
export class Incoming {
  #last: number;

  constructor(last = 0) {
    this.#last = last;
  }

  /** The number of the last item accepted. */
  get last(): number {
    return this.#last;
  }

  /** Whether `number` is the next one; if so it counts as accepted. An item that was overtaken is sent again. */
  accept(number: number): boolean {
    if (number !== this.#last + 1) return false;
    this.#last = number;
    return true;
  }
}
