import type { EventLog } from "./event-log.ts";
import { hashText, mix } from "./random.ts";

/** How many lines are kept of a run: enough to tell what led to its end. */
const linesMax = 400;

/** A view for reading words costs as much as reading this many bytes. */
const wordsFromBytes = 64;

/** What happened in a run: a hash of all of it, and the last lines in words. Two runs that differ anywhere have different hashes. */
export class Trace {
  #low = 0x243f6a88;
  #high = 0x85a308d3;
  #events = 0;
  readonly #lines: string[] = [];
  readonly #log: EventLog | null;

  /** @param log told of each event. */
  constructor(log: EventLog | null = null) {
    this.#log = log;
  }

  /** Something happened at a time, at a place. */
  add(atMs: number, place: string, what: string, bytes?: Uint8Array): void {
    this.#begin(atMs, place, what);
    if (bytes !== undefined) this.#absorb(hashBytes(bytes));
    this.#log?.add(this.#low, atMs, place, what);
  }

  /** Something of some type happened; which one, a number says, and words only where somebody keeps them. */
  note(atMs: number, place: string, type: string, digest: number, describe: () => string): void {
    this.#begin(atMs, place, type);
    this.#absorb(digest);
    if (this.#log !== null) this.#log.add(this.#low, atMs, place, this.#log.keepsLines ? describe() : type);
  }

  /** The same, and worth a line in the story of the run. */
  tell(atMs: number, place: string, what: string): void {
    this.add(atMs, place, what);
    if (this.#lines.length >= linesMax * 2) this.#lines.splice(0, linesMax);
    this.#lines.push(`${atMs.toFixed(3).padStart(12)} ms  ${place.padEnd(8)}  ${what}`);
  }

  /** How many things happened. */
  get events(): number {
    return this.#events;
  }

  /** 64 bits, in hexadecimal. */
  get hash(): string {
    return this.#high.toString(16).padStart(8, "0") + this.#low.toString(16).padStart(8, "0");
  }

  /** The last lines, oldest first. */
  lines(count: number = linesMax): readonly string[] {
    return this.#lines.slice(-count);
  }

  #begin(atMs: number, place: string, what: string): void {
    this.#events += 1;
    // Times are whole multiples of 2^-10 ms.
    const ticks = atMs * 1024;
    this.#absorb(ticks >>> 0);
    this.#absorb(Math.floor(ticks / 2 ** 32));
    this.#absorb(hashText(what, hashText(place, this.#events)));
  }

  #absorb(bits: number): void {
    this.#low = mix(this.#low ^ bits);
    this.#high = mix((this.#high + this.#low) ^ (bits >>> 7));
  }
}

function hashBytes(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = length;
  let index = 0;
  // A word at a time; each step is a bijection of the hash, so that one word that differs makes the end of it differ.
  if (length >= wordsFromBytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    for (; index + 4 <= length; index += 4) {
      hash = Math.imul(hash ^ view.getInt32(index, true), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
  }
  for (; index < length; index += 1) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  return mix(hash);
}
