import type { Strand } from "./strand.ts";

/** Something that will happen. */
export interface Appointment {
  readonly atMs: number;
  /** Among those of the same time the earlier one made comes first. */
  readonly serial: number;
  /** Null once it was cancelled, or has happened. */
  run: (() => void) | null;
}

/** The same, with what its order is about. */
export interface Strung extends Appointment {
  readonly strand: Strand;
}

/** Below this many cancelled appointments it does not pay to sweep them out. */
const sweepMin = 256;

/** What will happen, by time, and among what is due at the same time in the order in which it was agreed. */
export class Agenda {
  #heap: Strung[] = [];
  #serial = 0;
  #cancelled = 0;

  add(atMs: number, strand: Strand, run: () => void): Strung {
    const appointment: Strung = { atMs, serial: this.#serial++, strand, run };
    this.#heap.push(appointment);
    this.#rise(this.#heap.length - 1);
    return appointment;
  }

  /** Idempotent. */
  cancel(appointment: Appointment): void {
    if (appointment.run === null) return;
    appointment.run = null;
    this.#cancelled += 1;
    if (this.#cancelled > sweepMin && this.#cancelled * 2 > this.#heap.length) this.#sweep();
  }

  /** When the next one is due; null when there is none. */
  get nextMs(): number | null {
    this.#skipCancelled();
    return this.#heap[0]?.atMs ?? null;
  }

  /** Takes the next one out; null when there is none. */
  take(): Strung | null {
    this.#skipCancelled();
    return this.#removeFirst() ?? null;
  }

  #skipCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]?.run === null) {
      this.#removeFirst();
      this.#cancelled -= 1;
    }
  }

  #sweep(): void {
    // Sorted, an array is a heap.
    this.#heap = this.#heap.filter(({ run }) => run !== null).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #removeFirst(): Strung | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Strung, heap[child] as Strung)) child += 1;
      if (isBefore(last, heap[child] as Strung)) break;
      heap[index] = heap[child] as Strung;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const rising = heap[from] as Strung;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent] as Strung, rising)) break;
      heap[index] = heap[parent] as Strung;
      index = parent;
    }
    heap[index] = rising;
  }
}

function isBefore(a: Appointment, b: Appointment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.serial < b.serial);
}
