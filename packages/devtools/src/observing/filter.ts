import type { Kernel } from "@espalier/runtime";
import type { ProcessFilter } from "../protocol/sheets.ts";
import { findProcess } from "./find-process.ts";
import { doingWords, type Rows } from "./rows.ts";
import type { Sample } from "./sample.ts";

/** Characters of a text that is looked for. */
const textMax = 200;

/** Lets through the processes of a sample that somebody asks for. Texts are compared once for each label that there is. */
export class Filter {
  readonly #kernel: Kernel;
  readonly #sample: Sample;
  readonly #rows: Rows;

  constructor(kernel: Kernel, sample: Sample, rows: Rows) {
    this.#kernel = kernel;
    this.#sample = sample;
    this.#rows = rows;
  }

  /** The slots of those for which all holds that the filter says, in the order of the sample. */
  slots(filter: ProcessFilter): Int32Array {
    const { columns } = this.#kernel;
    const tests: ((slot: number) => boolean)[] = [];
    const { mailboxAtLeast, doing, kind, under, text } = filter;
    if (mailboxAtLeast !== undefined && mailboxAtLeast > 0) {
      tests.push((slot) => (columns.mailbox[slot] as number) >= mailboxAtLeast);
    }
    if (doing !== undefined) {
      const wanted = doingWords.indexOf(doing);
      tests.push((slot) => columns.doing[slot] === wanted);
    }
    if (under !== undefined) tests.push(this.#under(under));
    if (text !== undefined && text !== "") tests.push(this.#saying(text.slice(0, textMax).toLowerCase()));
    if (kind !== undefined) {
      tests.push((slot) => {
        const cell = columns.cells[slot];
        return cell !== null && cell !== undefined && this.#rows.kind(cell) === kind;
      });
    }
    let slots = this.#sample.living(filter.system === true);
    for (const test of tests) slots = passing(slots, test);
    return slots;
  }

  /** Parents come before their children, so one pass finds the branch. */
  #under(key: string): (slot: number) => boolean {
    const { columns } = this.#kernel;
    const inside = new Uint8Array(columns.length);
    const root = this.slotOf(key);
    if (root >= 0) inside[root] = 1;
    for (const slot of this.#sample.slots) {
      const parent = columns.parentOf(slot);
      if (parent >= 0 && inside[parent] === 1) inside[slot] = 1;
    }
    return (slot) => inside[slot] === 1;
  }

  /** Where the process with that `Pid.key` is; -1: not here. */
  slotOf(key: string): number {
    return findProcess(this.#kernel, key)?.slot ?? -1;
  }

  #saying(text: string): (slot: number) => boolean {
    const { columns, names, guests } = this.#kernel;
    const named = new Set<number>();
    for (const [name, cell] of names) if (name.toLowerCase().includes(text)) named.add(cell.slot);
    for (const [key, cell] of guests) if (shortKey(key).includes(text)) named.add(cell.slot);
    const exact = this.slotOf(text);
    if (exact >= 0) named.add(exact);
    const labels = new Map<string, boolean>();
    const digits = /^\d+$/.test(text) ? { value: Number(text), scale: 10 ** text.length } : null;
    return (slot) => {
      const { label } = columns.cells[slot] as { readonly label: string };
      let says = labels.get(label);
      if (says === undefined) {
        says = label.toLowerCase().includes(text);
        labels.set(label, says);
      }
      if (says || named.has(slot)) return true;
      return digits !== null && hasDigits(columns.serials[slot] as number, digits.value, digits.scale);
    };
  }
}

/** Whether the decimal digits of `serial` contain those of `value`, which has as many as `scale` has zeros. */
function hasDigits(serial: number, value: number, scale: number): boolean {
  for (let rest = serial; rest * 10 >= scale; rest = Math.floor(rest / 10)) if (rest % scale === value) return true;
  return false;
}

function shortKey(key: string): string {
  return `${key.slice(0, 8)}.${key.slice(key.lastIndexOf("/") + 1)}`.toLowerCase();
}

/** Typed arrays' own `filter` is many times slower. */
function passing(slots: Int32Array, test: (slot: number) => boolean): Int32Array {
  let count = 0;
  for (let index = 0; index < slots.length; index += 1) {
    const slot = slots[index] as number;
    if (!test(slot)) continue;
    slots[count] = slot;
    count += 1;
  }
  return slots.subarray(0, count);
}
