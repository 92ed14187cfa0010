/** A list of slots that is filled again and again, without making anything once it is long enough. */
export class Slots {
  #slots: Int32Array = new Int32Array(64);
  count = 0;

  get all(): Int32Array {
    return this.#slots.subarray(0, this.count);
  }

  add(slot: number): void {
    if (this.count === this.#slots.length) {
      const larger = new Int32Array(this.count * 2);
      larger.set(this.#slots);
      this.#slots = larger;
    }
    this.#slots[this.count] = slot;
    this.count += 1;
  }

  /** Keeps those for which `is` holds, in their order. */
  keep(is: (slot: number) => boolean): void {
    const slots = this.#slots;
    let kept = 0;
    for (let index = 0; index < this.count; index += 1) {
      const slot = slots[index] as number;
      if (!is(slot)) continue;
      slots[kept] = slot;
      kept += 1;
    }
    this.count = kept;
  }
}
