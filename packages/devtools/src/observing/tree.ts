import type { Cell, Kernel } from "@espalier/runtime";
import type { ChildView, SupervisorView } from "@espalier/supervisor";
import { supervisorSummary } from "../crashes/supervisor-summary.ts";
import type { ProcessFilter, TreePage, TreeQuery, TreeRow } from "../protocol/sheets.ts";
import type { Filter } from "./filter.ts";
import { Lineage } from "./lineage.ts";
import { titleOf, type Rows } from "./rows.ts";
import type { Sample } from "./sample.ts";
import type { Supervisors } from "./supervisors.ts";
import { rowsMax } from "./table.ts";
import { severities } from "./trouble.ts";

/** Branches that one page can have open. */
const openMax = 10_000;

/** The children of an open row that are still to be walked through. */
interface Level {
  /** Of the row above, null at the roots. */
  readonly key: string | null;
  readonly depth: number;
  /** Those that have an id, in the order of their specifications. */
  readonly specified: readonly ChildView[];
  /** The others. */
  readonly slots: Int32Array;
  index: number;
  /** Where in `slots` the open ones are, in order. */
  readonly opens: readonly number[];
}

/** Pages of the tree of all processes. A page costs what is open, and makes rows for what it shows only. */
export class Tree {
  readonly #kernel: Kernel;
  readonly #sample: Sample;
  /** Without the runtime's own processes, and with them. */
  readonly #lineages: { readonly own: Lineage; readonly all: Lineage };
  #lineage: Lineage;
  readonly #supervisors: Supervisors;
  readonly #filter: Filter;
  readonly #rows: Rows;

  constructor(kernel: Kernel, sample: Sample, supervisors: Supervisors, filter: Filter, rows: Rows) {
    this.#kernel = kernel;
    this.#sample = sample;
    this.#lineages = {
      own: new Lineage(kernel.columns, sample, false),
      all: new Lineage(kernel.columns, sample, true),
    };
    this.#lineage = this.#lineages.own;
    this.#supervisors = supervisors;
    this.#filter = filter;
    this.#rows = rows;
  }

  /**
   * @param trouble how bad things are with each process, by slot.
   * @param troubles counts how often that has changed.
   */
  page(query: TreeQuery, trouble: Uint8Array, troubles: number): TreePage {
    this.#lineage = query.filter?.system === true ? this.#lineages.all : this.#lineages.own;
    this.#lineage.refresh(trouble, troubles);
    const { under, ...filter } = query.filter ?? {};
    const shown = this.#shown(filter, query.troubled === true ? trouble : null);
    const first = Math.max(0, Math.floor(query.first));
    const end = first + Math.min(rowsMax, Math.max(0, query.count));
    const openSlots = shown === null ? this.#open(query.open) : [];
    const open = shown?.open ?? flags(this.#kernel.columns.length, openSlots);
    const rows: TreeRow[] = [];
    let total = 0;
    const levels: Level[] = [this.#roots(under, openSlots)];
    for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
      const { specified, slots, depth } = level;
      const length = specified.length + slots.length;
      while (level.index < length) {
        const leap = shown === null && level.index >= specified.length ? this.#leap(level, total, first, end) : 0;
        if (leap > 0) {
          level.index += leap;
          total += leap;
          continue;
        }
        const child: ChildView | null = specified[level.index] ?? null;
        const slot = child === null ? (slots[level.index - specified.length] as number) : this.#slotOfChild(child);
        level.index += 1;
        if (shown !== null && (slot < 0 || shown.slots[slot] === 0)) continue;
        const isOpen = slot >= 0 && open[slot] === 1;
        const isWanted = total >= first && total < end;
        total += 1;
        if (!isOpen && !isWanted) continue;
        const key = this.#key(level.key, child, slot);
        const place = shown === null ? { position: level.index, siblings: length } : null;
        if (isWanted) rows.push(this.#row(key, depth, place, child, slot, isOpen));
        if (!isOpen) continue;
        levels.push(level, this.#below(key, depth + 1, slot, openSlots));
        break;
      }
    }
    return { rows, first, total };
  }

  /** How many rows of a level follow that are closed and not in the window: they are only counted. */
  #leap({ index, specified, slots, opens }: Level, total: number, first: number, end: number): number {
    const here = index - specified.length;
    const nextOpen = opens.find((place) => place >= here) ?? slots.length;
    if (total >= end) return nextOpen - here;
    return total < first ? Math.min(nextOpen - here, first - total) : 0;
  }

  #roots(under: string | undefined, open: readonly number[]): Level {
    const root = under === undefined ? -1 : this.#filter.slotOf(under);
    const slots = under === undefined ? this.#lineage.roots : root < 0 ? new Int32Array(0) : Int32Array.of(root);
    return { key: null, depth: 0, specified: [], slots, index: 0, opens: placesOf(slots, open, this.#lineage) };
  }

  #below(key: string, depth: number, slot: number, open: readonly number[]): Level {
    const specified = this.#specified(slot);
    let slots = this.#lineage.childrenOf(slot);
    if (specified.length > 0) {
      const known = new Set(specified.map((child) => this.#slotOfChild(child)));
      slots = slots.filter((child) => !known.has(child));
    }
    return {
      key,
      depth,
      specified,
      slots,
      index: 0,
      opens: placesOf(slots, open, this.#lineage, specified.length > 0),
    };
  }

  #row(
    key: string,
    depth: number,
    place: TreeRow["place"],
    child: ChildView | null,
    slot: number,
    open: boolean,
  ): TreeRow {
    const cell = slot < 0 ? null : (this.#kernel.columns.cells[slot] as Cell);
    if (cell === null) {
      return {
        key,
        depth,
        place,
        process: null,
        label: child?.id ?? "",
        state: child?.state ?? null,
        open: false,
        branch: { processes: 0, mailbox: 0, trouble: null },
        children: 0,
        supervisor: null,
      };
    }
    const lineage = this.#lineage;
    const view = this.#supervisors.view(cell);
    return {
      key,
      depth,
      place,
      process: this.#rows.row(cell, child === null ? undefined : child.id),
      label: titleOf(cell),
      state: child?.state ?? null,
      open,
      branch: {
        processes: lineage.processes[slot] as number,
        mailbox: lineage.mailbox[slot] as number,
        trouble: severities[lineage.trouble[slot] as number] as TreeRow["branch"]["trouble"],
      },
      children: this.#childCount(slot, view),
      supervisor: supervisorSummary(view),
    };
  }

  /** Children without a process at the moment are children all the same. */
  #childCount(slot: number, view: SupervisorView | null): number {
    const absent = (view?.children ?? []).filter((child) => this.#slotOfChild(child) < 0).length;
    return this.#lineage.childCount(slot) + absent;
  }

  #specified(slot: number): readonly ChildView[] {
    const cell = this.#kernel.columns.cells[slot];
    return cell === null || cell === undefined ? [] : (this.#supervisors.view(cell)?.children ?? []);
  }

  /** -1: the child has no process here, or none that was here at the last sample. */
  #slotOfChild({ pid }: ChildView): number {
    const slot = pid === null ? -1 : (this.#kernel.find(pid)?.slot ?? -1);
    return this.#sample.has(slot) ? slot : -1;
  }

  /** The key of what is above and the id, so that a child keeps it over restarts, its supervisor's included; else the pid's. */
  #key(above: string | null, child: ChildView | null, slot: number): string {
    if (child !== null && above !== null) return `${above}:${escaped(child.id as string)}`;
    return (this.#kernel.columns.cells[slot] as Cell).pid.key;
  }

  #open(keys: readonly string[]): readonly number[] {
    const open = new Set<number>();
    for (const key of keys.slice(0, openMax)) {
      const [pid, ...ids] = key.split(":");
      let slot = this.#filter.slotOf(pid as string);
      for (const id of ids) {
        const child = this.#specified(slot).find((child) => child.id === unescaped(id));
        slot = child === undefined ? -1 : this.#slotOfChild(child);
      }
      if (this.#sample.has(slot)) open.add(slot);
    }
    return [...open];
  }

  /** Those that are looked for with all that are above them, which are open; null: nothing in particular is looked for. */
  #shown(
    filter: ProcessFilter,
    trouble: Uint8Array | null,
  ): { readonly slots: Uint8Array; readonly open: Uint8Array } | null {
    const { system: _, ...wanted } = filter;
    if (trouble === null && Object.values(wanted).every((value) => value === undefined)) return null;
    const { columns } = this.#kernel;
    const slots = new Uint8Array(columns.length);
    const open = new Uint8Array(columns.length);
    for (const found of this.#filter.slots(filter)) {
      if (trouble !== null && trouble[found] === 0) continue;
      for (let slot = found; slots[slot] === 0;) {
        slots[slot] = 1;
        const parent = columns.parentOf(slot);
        if (parent < 0) break;
        open[parent] = 1;
        slot = parent;
      }
    }
    return { slots, open };
  }
}

/** Where among `slots` the open ones are; those of a whole level know their place. */
function placesOf(slots: Int32Array, open: readonly number[], lineage: Lineage, isPart = false): readonly number[] {
  const places: number[] = [];
  for (const slot of open) {
    const place = lineage.placeOf(slot);
    // What stands in the specification is not among them: the places of the others are lower then.
    const found = slots[place] === slot ? place : isPart ? slots.indexOf(slot) : -1;
    if (found >= 0) places.push(found);
  }
  return places.sort((a, b) => a - b);
}

function flags(length: number, slots: readonly number[]): Uint8Array {
  const flags = new Uint8Array(length);
  for (const slot of slots) flags[slot] = 1;
  return flags;
}

function escaped(id: string): string {
  return id.replaceAll("%", "%25").replaceAll(":", "%3A");
}

function unescaped(id: string): string {
  return id.replaceAll("%3A", ":").replaceAll("%25", "%");
}
