import type { ProcessColumns } from "@espalier/runtime";

const gone = -1;

/** Slots in the order in which their processes came. To add or to remove one takes the same however many there are; gaps are closed when somebody reads. */
export class Arrivals {
  #order: Int32Array = new Int32Array(64);
  #length = 0;
  #gaps = 0;
  /** Where in the order each slot is. */
  #places: Int32Array = new Int32Array(0);

  get count(): number {
    return this.#length - this.#gaps;
  }

  get slots(): Int32Array {
    this.#close();
    return this.#order.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#gaps = 0;
  }

  remove(slot: number): void {
    this.#order[this.#places[slot] as number] = gone;
    this.#gaps += 1;
  }

  /** Adds those of `slots` that are in use, in the order of their serials. */
  add(slots: Int32Array, { serials }: ProcessColumns): void {
    if (this.#places.length < serials.length) this.#places = longer(this.#places, serials.length);
    if (this.#length + slots.length > this.#order.length) this.#close();
    const needed = this.#length + slots.length;
    if (needed > this.#order.length) this.#order = longer(this.#order, Math.max(needed, this.#order.length * 2));
    const order = this.#order;
    const begin = this.#length;
    let ascending = true;
    let before = 0;
    for (const slot of slots) {
      const serial = serials[slot] as number;
      if (serial === 0) continue;
      if (serial < before) ascending = false;
      before = serial;
      order[this.#length] = slot;
      this.#length += 1;
    }
    if (!ascending) order.subarray(begin, this.#length).sort((a, b) => (serials[a] as number) - (serials[b] as number));
    for (let place = begin; place < this.#length; place += 1) this.#places[order[place] as number] = place;
  }

  #close(): void {
    if (this.#gaps === 0) return;
    const order = this.#order;
    let place = 0;
    for (let index = 0; index < this.#length; index += 1) {
      const slot = order[index] as number;
      if (slot === gone) continue;
      order[place] = slot;
      this.#places[slot] = place;
      place += 1;
    }
    this.#length = place;
    this.#gaps = 0;
  }
}

function longer(old: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(old);
  return larger;
}
