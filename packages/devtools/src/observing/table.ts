import { tickMs, type Kernel } from "@espalier/runtime";
import type { Column, ProcessFilter, TablePage, TableQuery } from "../protocol/sheets.ts";
import type { Filter } from "./filter.ts";
import type { Rows } from "./rows.ts";
import type { Gauge, Sample } from "./sample.ts";
import { Selection } from "./selection.ts";

/** Rows in one page. */
export const rowsMax = 500;

/** Those that a question is about, in one order. */
interface Listed {
  readonly question: string;
  /** Of which sample: see {@link Sample.serial}. */
  readonly sample: number;
  readonly matching: Int32Array;
  readonly selection: Selection;
}

/** Lists that are kept: of as many pages and terminals that look at once. */
const listedMax = 4;

/** Pages of the list of all processes. They are filtered and ordered once for each sample: another window of the same list makes its rows alone. */
export class Table {
  readonly #kernel: Kernel;
  readonly #sample: Sample;
  readonly #filter: Filter;
  readonly #rows: Rows;
  #listed: readonly Listed[] = [];

  constructor(kernel: Kernel, sample: Sample, filter: Filter, rows: Rows) {
    this.#kernel = kernel;
    this.#sample = sample;
    this.#filter = filter;
    this.#rows = rows;
  }

  page({ sort, filter = {}, first, count }: TableQuery): TablePage {
    const { matching, selection } = this.#list(sort, filter);
    const positions = selection.page(Math.max(0, Math.floor(first)), Math.min(rowsMax, Math.max(0, count)));
    return {
      rows: this.#rows.rows(positions.map((position) => matching[position] as number)),
      matching: matching.length,
      all: this.#sample.totals.processes,
    };
  }

  #list(sort: TableQuery["sort"], filter: ProcessFilter): Listed {
    const question = JSON.stringify([sort, filter]);
    const sample = this.#sample.serial;
    const fresh = this.#listed.filter((one) => one.sample === sample);
    let listed = fresh.find((one) => one.question === question);
    if (listed === undefined) {
      const matching = this.#filter.slots(filter);
      const keys = this.#keys(matching, sort.by, sort.mode);
      if (sort.descending) for (let index = 0; index < keys.length; index += 1) keys[index] = -(keys[index] as number);
      listed = { question, sample, matching, selection: new Selection(keys) };
      fresh.push(listed);
    }
    this.#listed = fresh.slice(-listedMax);
    return listed;
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
        return ages(slots, columns.since, this.#kernel.host.clock.monotonic());
      case "label":
        return keyed(slots, this.#labels());
      case "restarts":
        return keyed(slots, this.#rows.restarts());
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

/** Typed arrays' own `from` is many times slower. */
function keyed(slots: Int32Array, keyOf: (slot: number) => number): Float64Array {
  const keys = new Float64Array(slots.length);
  for (let index = 0; index < slots.length; index += 1) keys[index] = keyOf(slots[index] as number);
  return keys;
}

/** How long ago moments are, in ticks. */
function ages(slots: Int32Array, since: Int32Array, nowMs: number): Float64Array {
  const nowTick = (nowMs / tickMs) | 0;
  const keys = new Float64Array(slots.length);
  for (let index = 0; index < slots.length; index += 1) {
    keys[index] = (nowTick - (since[slots[index] as number] as number)) >>> 0;
  }
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
