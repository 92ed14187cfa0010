import type { ProcessColumns } from "@espalier/runtime";
import type { Sample } from "./sample.ts";

/**
 * Who has spawned whom, of the processes of a sample: the children of each by their order, and what a branch adds up to. It is worked out when somebody
 * looks at a tree, and again only when processes have come or gone.
 */
export class Lineage {
  readonly #columns: ProcessColumns;
  readonly #sample: Sample;
  #generation = -1;
  #summed = -1;
  /** Those that nobody here has spawned, in the order of the sample. */
  roots: Int32Array = new Int32Array(0);
  /** The children of all, those of a slot from `begins[slot]` on, in the order of the sample. */
  #children: Int32Array = new Int32Array(0);
  #begins: Int32Array = new Int32Array(0);
  #counts: Int32Array = new Int32Array(0);
  /** Of the branch at a slot, itself included. */
  processes: Int32Array = new Int32Array(0);
  mailbox: Float64Array = new Float64Array(0);
  /** The worst that is wrong there: an index of `severities`; 0: nothing. */
  trouble: Uint8Array = new Uint8Array(0);

  constructor(columns: ProcessColumns, sample: Sample) {
    this.#columns = columns;
    this.#sample = sample;
  }

  childrenOf(slot: number): Int32Array {
    const begin = this.#begins[slot] as number;
    return this.#children.subarray(begin, begin + (this.#counts[slot] as number));
  }

  childCount(slot: number): number {
    return this.#counts[slot] as number;
  }

  /** Brings everything up to the last sample. `trouble`: of each process alone. */
  refresh(trouble: Uint8Array): void {
    if (this.#generation !== this.#sample.generation) this.#order();
    this.#generation = this.#sample.generation;
    if (this.#summed !== this.#sample.serial) this.#sum(trouble);
    this.#summed = this.#sample.serial;
  }

  #order(): void {
    const columns = this.#columns;
    const { slots } = this.#sample;
    const size = columns.serials.length;
    if (this.#counts.length < size) {
      this.#counts = new Int32Array(size);
      this.#begins = new Int32Array(size);
      this.processes = new Int32Array(size);
      this.mailbox = new Float64Array(size);
      this.trouble = new Uint8Array(size);
    }
    if (this.#children.length < slots.length) this.#children = new Int32Array(size);
    const counts = this.#counts.fill(0);
    const begins = this.#begins;
    let rootCount = 0;
    for (const slot of slots) {
      const parent = columns.parentOf(slot);
      if (parent < 0) rootCount += 1;
      else counts[parent] = (counts[parent] as number) + 1;
    }
    let begin = 0;
    for (const slot of slots) {
      begins[slot] = begin;
      begin += counts[slot] as number;
      counts[slot] = 0;
    }
    const roots = new Int32Array(rootCount);
    let root = 0;
    for (const slot of slots) {
      const parent = columns.parentOf(slot);
      if (parent < 0) {
        roots[root] = slot;
        root += 1;
      } else {
        const count = counts[parent] as number;
        this.#children[(begins[parent] as number) + count] = slot;
        counts[parent] = count + 1;
      }
    }
    this.roots = roots;
  }

  /** From the youngest on: children come before their parents. */
  #sum(own: Uint8Array): void {
    const columns = this.#columns;
    const { slots } = this.#sample;
    const { processes, mailbox, trouble } = this;
    const waiting = columns.mailbox;
    for (const slot of slots) {
      processes[slot] = 1;
      mailbox[slot] = waiting[slot] as number;
      trouble[slot] = own[slot] as number;
    }
    for (let index = slots.length - 1; index >= 0; index -= 1) {
      const slot = slots[index] as number;
      const parent = columns.parentOf(slot);
      if (parent < 0) continue;
      processes[parent] = (processes[parent] as number) + (processes[slot] as number);
      mailbox[parent] = (mailbox[parent] as number) + (mailbox[slot] as number);
      if ((trouble[slot] as number) > (trouble[parent] as number)) trouble[parent] = trouble[slot] as number;
    }
  }
}
