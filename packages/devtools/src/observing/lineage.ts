import type { ProcessColumns } from "@espalier/runtime";
import type { Sample } from "./sample.ts";

/**
 * Who has spawned whom, of the processes of a sample: the children of each by their order, and what a branch adds up to. It is worked out when somebody
 * looks at a tree, and again only when processes have come or gone.
 */
export class Lineage {
  readonly #columns: ProcessColumns;
  readonly #sample: Sample;
  readonly #system: boolean;
  #slots: Int32Array = new Int32Array(0);
  #generation = -1;
  #summed = -1;
  #troubles = -1;
  /** Those that nobody here has spawned, in the order of the sample. */
  roots: Int32Array = new Int32Array(0);
  /** The children of all, those of a slot from `begins[slot]` on, in the order of the sample. */
  #children: Int32Array = new Int32Array(0);
  #begins: Int32Array = new Int32Array(0);
  #counts: Int32Array = new Int32Array(0);
  /** Of each position in the order of the sample, and of each slot which of its parent's children it is. */
  #parents: Int32Array = new Int32Array(0);
  #places: Int32Array = new Int32Array(0);
  /** Of the branch at a slot, itself included. */
  processes: Int32Array = new Int32Array(0);
  mailbox: Float64Array = new Float64Array(0);
  /** The worst that is wrong there: an index of `severities`; 0: nothing. */
  trouble: Uint8Array = new Uint8Array(0);

  /** @param system whether the runtime's own processes are in it. */
  constructor(columns: ProcessColumns, sample: Sample, system: boolean) {
    this.#columns = columns;
    this.#sample = sample;
    this.#system = system;
  }

  childrenOf(slot: number): Int32Array {
    const begin = this.#begins[slot] as number;
    return this.#children.subarray(begin, begin + (this.#counts[slot] as number));
  }

  /** Which of its parent's children, or of the roots, a process is. */
  placeOf(slot: number): number {
    return this.#places[slot] as number;
  }

  childCount(slot: number): number {
    return this.#counts[slot] as number;
  }

  /** Brings everything up to the last sample. `trouble`: of each process alone. `troubles`: counts how often that has changed. */
  refresh(trouble: Uint8Array, troubles: number): void {
    const { generation, serial } = this.#sample;
    const isSame = this.#generation === generation && this.#troubles === troubles;
    if (this.#generation !== generation) this.#order();
    if (!isSame || this.#summed < serial - 1) this.#sum(trouble);
    else if (this.#summed !== serial) this.#follow();
    this.#generation = generation;
    this.#troubles = troubles;
    this.#summed = serial;
  }

  /** Only mailboxes have changed, and only of those that have moved. */
  #follow(): void {
    const columns = this.#columns;
    const { now, before } = this.#sample.mailbox;
    for (const moved of this.#sample.moved) {
      const more = (now[moved] as number) - (before[moved] as number);
      if (more === 0 || (!this.#system && columns.system[moved] === 1)) continue;
      for (let slot = moved; slot >= 0; slot = this.#parentOf(slot)) {
        this.mailbox[slot] = (this.mailbox[slot] as number) + more;
      }
    }
  }

  #order(): void {
    const columns = this.#columns;
    const slots = this.#sample.living(this.#system);
    this.#slots = slots;
    const size = columns.serials.length;
    if (this.#counts.length < size) {
      this.#counts = new Int32Array(size);
      this.#begins = new Int32Array(size);
      this.#parents = new Int32Array(size);
      this.#places = new Int32Array(size);
      this.processes = new Int32Array(size);
      this.mailbox = new Float64Array(size);
      this.trouble = new Uint8Array(size);
    }
    if (this.#children.length < slots.length) this.#children = new Int32Array(size);
    const counts = this.#counts.fill(0);
    const begins = this.#begins;
    const parents = this.#parents;
    const places = this.#places;
    let rootCount = 0;
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index] as number;
      const parent = this.#parentOf(slot);
      parents[index] = parent;
      if (parent < 0) {
        places[slot] = rootCount;
        rootCount += 1;
      } else {
        const place = counts[parent] as number;
        places[slot] = place;
        counts[parent] = place + 1;
      }
    }
    let begin = 0;
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index] as number;
      begins[slot] = begin;
      begin += counts[slot] as number;
    }
    const roots = new Int32Array(rootCount);
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index] as number;
      const parent = parents[index] as number;
      const place = places[slot] as number;
      if (parent < 0) roots[place] = slot;
      else this.#children[(begins[parent] as number) + place] = slot;
    }
    this.roots = roots;
  }

  /** The nearest ancestor that is in the tree; -1: there is none. */
  #parentOf(slot: number): number {
    const columns = this.#columns;
    let parent = columns.parentOf(slot);
    while (!this.#system && parent >= 0 && columns.system[parent] === 1) parent = columns.parentOf(parent);
    return parent;
  }

  /** From the youngest on: children come before their parents. */
  #sum(own: Uint8Array): void {
    const slots = this.#slots;
    const { processes, mailbox, trouble } = this;
    const waiting = this.#sample.mailbox.now;
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index] as number;
      processes[slot] = 1;
      mailbox[slot] = waiting[slot] as number;
      trouble[slot] = own[slot] as number;
    }
    const parents = this.#parents;
    for (let index = slots.length - 1; index >= 0; index -= 1) {
      const parent = parents[index] as number;
      if (parent < 0) continue;
      const slot = slots[index] as number;
      processes[parent] = (processes[parent] as number) + (processes[slot] as number);
      mailbox[parent] = (mailbox[parent] as number) + (mailbox[slot] as number);
      if ((trouble[slot] as number) > (trouble[parent] as number)) trouble[parent] = trouble[slot] as number;
    }
  }
}
