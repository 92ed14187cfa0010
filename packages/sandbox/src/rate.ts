import type { Host } from "@espalier/runtime";

/** So much a second on average, and as much at once. What goes beyond at once is owed, so that one large thing is possible. */
export class Rate {
  readonly #perSecond: number;
  readonly #clock: Host["clock"];
  #left: number;
  #atMs: number;

  constructor(perSecond: number, clock: Host["clock"]) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#left = perSecond;
    this.#atMs = clock.monotonic();
  }

  /** Whether anything may be had now. */
  get isOpen(): boolean {
    const now = this.#clock.monotonic();
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#atMs) / 1_000) * this.#perSecond);
    this.#atMs = now;
    return this.#left > 0;
  }

  take(amount: number): void {
    this.#left -= amount;
  }
}
