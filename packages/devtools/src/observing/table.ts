import type { Kernel } from "@espalier/runtime";
import type { Column, TablePage, TableQuery } from "../protocol/sheets.ts";
import type { Filter } from "./filter.ts";
import type { Rows } from "./rows.ts";
import type { Gauge, Sample } from "./sample.ts";
import { select } from "./selection.ts";

/** Rows in one page. */
export const rowsMax = 500;

/** Pages of the list of all processes. */
export class Table {
  readonly #kernel: Kernel;
  readonly #sample: Sample;
  readonly #filter: Filter;
  readonly #rows: Rows;

  constructor(kernel: Kernel, sample: Sample, filter: Filter, rows: Rows) {
    this.#kernel = kernel;
    this.#sample = sample;
    this.#filter = filter;
    this.#rows = rows;
  }

  page({ sort, filter = {}, first, count }: TableQuery): TablePage {
    const matching = this.#filter.slots(filter);
    const keys = this.#keys(matching, sort.by, sort.mode);
    if (sort.descending) for (let index = 0; index < keys.length; index += 1) keys[index] = -(keys[index] as number);
    const positions = select(keys, Math.max(0, Math.floor(first)), Math.min(rowsMax, Math.max(0, count)));
    return {
      rows: this.#rows.rows(positions.map((position) => matching[position] as number)),
      matching: matching.length,
      all: this.#sample.totals.processes,
    };
  }

  /** What each is sorted by; of a text its rank among all. */
  #keys(slots: Int32Array, by: Column, mode: "total" | "rate"): Float64Array {
    const { columns } = this.#kernel;
    const sample = this.#sample;
    switch (by) {
      case "pid":
        return picked(slots, columns.serials);
      case "mailbox":
        return mode === "rate" ? differences(slots, sample.mailbox) : picked(slots, columns.mailbox);
      case "received":
        return mode === "rate" ? differences(slots, sample.received) : picked(slots, columns.received);
      case "reductions":
        return mode === "rate" ? differences(slots, sample.reductions) : picked(slots, columns.reductions);
      case "doingMs":
        return Float64Array.from(slots, (slot) => this.#rows.doingMs(slot));
      case "label":
        return Float64Array.from(slots, this.#labels());
      case "restarts":
        return Float64Array.from(slots, this.#rows.restarts());
    }
  }

  #labels(): (slot: number) => number {
    const { cells } = this.#kernel.columns;
    const ranks = new Map<string, number>();
    for (const slot of this.#sample.slots) {
      const label = cells[slot]?.label;
      if (label !== undefined && !ranks.has(label)) ranks.set(label, 0);
    }
    let rank = 0;
    for (const label of [...ranks.keys()].sort()) ranks.set(label, (rank += 1));
    return (slot) => ranks.get(cells[slot]?.label as string) ?? 0;
  }
}

function picked(slots: Int32Array, column: Float64Array | Uint32Array): Float64Array {
  const keys = new Float64Array(slots.length);
  for (let index = 0; index < slots.length; index += 1) keys[index] = column[slots[index] as number] as number;
  return keys;
}

/** How much a column has grown over the last sample. */
function differences(slots: Int32Array, { now, before }: Gauge<Float64Array | Uint32Array>): Float64Array {
  const keys = new Float64Array(slots.length);
  for (let index = 0; index < slots.length; index += 1) {
    const slot = slots[index] as number;
    keys[index] = (now[slot] as number) - (before[slot] as number);
  }
  return keys;
}
