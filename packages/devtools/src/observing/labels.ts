import type { ProcessColumns } from "@espalier/runtime";

/** How many processes there are of each label: kept up as they come and go. A process counts under the label that it had when it was first seen. */
export class Labels {
  readonly #columns: ProcessColumns;
  readonly #bySlot: (string | undefined)[] = [];
  readonly #counts: Map<string, number> = new Map();

  constructor(columns: ProcessColumns) {
    this.#columns = columns;
  }

  /** Another process has the slot than before, or none. */
  changed(slot: number): void {
    const former = this.#bySlot[slot];
    const label = this.#columns.cells[slot]?.label;
    if (former === label) return;
    if (former !== undefined) {
      const count = (this.#counts.get(former) as number) - 1;
      if (count === 0) this.#counts.delete(former);
      else this.#counts.set(former, count);
    }
    if (label !== undefined) this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
    this.#bySlot[slot] = label;
  }

  *atLeast(least: number): Generator<readonly [string, number], void, undefined> {
    for (const entry of this.#counts) if (entry[1] >= least) yield entry;
  }
}
