import type { Kernel } from "@espalier/runtime";
import type { Column, TablePage, TableQuery } from "../protocol/sheets.ts";
import type { Filter } from "./filter.ts";
import type { Rows } from "./rows.ts";
import type { Sample } from "./sample.ts";
import { select } from "./selection.ts";

/** Rows in one page. */
export const rowsMax = 500;

/** What processes are sorted by, as a number of each slot; a text has its rank among all. */
type Key = (slot: number) => number;

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
    const total = matching.length;
    const { serials } = this.#kernel.columns;
    const key = this.#key(sort.by, sort.mode);
    const sign = sort.descending ? -1 : 1;
    const before = (a: number, b: number): boolean => {
      const difference = key(a) - key(b);
      if (difference !== 0) return difference * sign < 0;
      return (serials[a] as number) < (serials[b] as number) || (serials[a] === serials[b] && a < b);
    };
    const slots = select(matching, before, Math.max(0, Math.floor(first)), Math.min(rowsMax, Math.max(0, count)));
    return { rows: this.#rows.rows(slots), matching: total, all: this.#sample.totals.processes };
  }

  #key(by: Column, mode: "total" | "rate"): Key {
    const { columns } = this.#kernel;
    const sample = this.#sample;
    switch (by) {
      case "pid":
        return (slot) => columns.serials[slot] as number;
      case "mailbox":
        return mode === "rate" ? known(sample.mailboxPerSecond) : (slot) => columns.mailbox[slot] as number;
      case "received":
        return mode === "rate" ? known(sample.receivedPerSecond) : (slot) => columns.received[slot] as number;
      case "reductions":
        return mode === "rate" ? known(sample.reductionsPerSecond) : (slot) => columns.reductions[slot] as number;
      case "doingMs":
        return (slot) => this.#rows.doingMs(slot);
      case "label":
        return this.#labels();
      case "restarts":
        return this.#rows.restarts();
    }
  }

  #labels(): Key {
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

/** A rate that is not known counts as none. */
function known(rates: Float64Array): Key {
  return (slot) => {
    const value = rates[slot] as number;
    return Number.isNaN(value) ? 0 : value;
  };
}
