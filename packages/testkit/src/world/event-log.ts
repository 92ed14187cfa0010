/** Lines of this many events are kept: enough for any run that somebody wants to look into. */
const linesMax = 250_000;

export interface EventLogOptions {
  /** Whether it keeps each event in words too. Default: no. */
  readonly lines?: boolean;
}

/**
 * A run event by event: one byte of each, which is enough to find where two runs part, because whatever differs once stays different in all
 * events after it. A byte is equal by chance in one of 256 cases, and then the next one tells.
 */
export class EventLog {
  /** Whether it keeps events in words. */
  readonly keepsLines: boolean;
  #bytes = new Uint8Array(1_024);
  #count = 0;
  readonly #times: number[] = [];
  readonly #places: string[] = [];
  readonly #whats: string[] = [];

  constructor({ lines = false }: EventLogOptions = {}) {
    this.keepsLines = lines;
  }

  /** @param hash of everything up to this event; its last byte counts. */
  add(hash: number, atMs: number, place: string, what: string): void {
    if (this.#count === this.#bytes.length) {
      const longer = new Uint8Array(this.#count * 2);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes[this.#count] = hash;
    this.#count += 1;
    if (!this.keepsLines || this.#count > linesMax) return;
    this.#times.push(atMs);
    this.#places.push(place);
    this.#whats.push(what);
  }

  /** How many events there were. */
  get events(): number {
    return this.#count;
  }

  /** One byte for each event. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#count);
  }

  /** The event with this index, from 0, in a line; null when there is none, or its line was not kept. */
  line(index: number): string | null {
    const atMs = this.#times[index];
    if (atMs === undefined) return null;
    return `${atMs.toFixed(3).padStart(12)} ms  ${(this.#places[index] ?? "").padEnd(8)}  ${this.#whats[index]}`;
  }

  /** The lines from `count` events before this one to `count` after it, as far as there are any. */
  around(index: number, count: number): readonly string[] {
    const lines: string[] = [];
    for (let at = Math.max(0, index - count); at <= index + count; at += 1) {
      const line = this.line(at);
      if (line !== null) lines.push(`${at === index ? ">" : " "} ${String(at).padStart(7)}  ${line.trimEnd()}`);
    }
    return lines;
  }
}

/** The index of the first event in which the two differ; null when they do not. One that goes on longer differs where the other ends. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  const count = Math.min(a.length, b.length);
  for (let index = 0; index < count; index += 1) if (a[index] !== b[index]) return index;
  return a.length === b.length ? null : count;
}
