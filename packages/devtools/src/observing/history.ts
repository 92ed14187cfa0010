import type { Overview } from "../protocol/sheets.ts";

/** Samples that are kept: a minute of them, if one is taken every second. */
const keptMax = 60;

/** The last samples in a few numbers each. */
export class History {
  readonly #atMs: number[] = [];
  readonly #processes: number[] = [];
  readonly #messagesPerSecond: number[] = [];
  readonly #mailbox: number[] = [];
  readonly #loopMs: number[] = [];

  add(atMs: number, processes: number, messagesPerSecond: number, mailbox: number, loopMs: number): void {
    push(this.#atMs, atMs);
    push(this.#processes, processes);
    push(this.#messagesPerSecond, messagesPerSecond);
    push(this.#mailbox, mailbox);
    push(this.#loopMs, loopMs);
  }

  /** The newest last. */
  get sheet(): Overview["history"] {
    const [firstMs = 0] = this.#atMs;
    const spanMs = (this.#atMs.at(-1) ?? 0) - firstMs;
    return {
      everyMs: this.#atMs.length < 2 ? 1000 : spanMs / (this.#atMs.length - 1),
      processes: [...this.#processes],
      messagesPerSecond: [...this.#messagesPerSecond],
      mailbox: [...this.#mailbox],
      loopMs: [...this.#loopMs],
    };
  }
}

function push(values: number[], value: number): void {
  values.push(value);
  if (values.length > keptMax) values.shift();
}
