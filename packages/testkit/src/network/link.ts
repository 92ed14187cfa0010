import type { Tally } from "../fault/controls.ts";
import type { RandomStream } from "../world/random.ts";

/** How long what crosses a link takes. */
export interface LinkOptions {
  /** At least. Default: 0.5. */
  readonly latencyMs?: number;
  /** And up to this much more. Default: 2. */
  readonly jitterMs?: number;
}

/** What stops at a link that is blocked, and goes on when it is not. */
export interface Waiter {
  proceed(): void;
}

/** One direction between two machines. What crosses it is late, or waits; it is not lost, because pipes are reliable or broken. */
export class Link {
  readonly #random: RandomStream;
  #latencyMs = 0.5;
  #jitterMs = 2;
  /** The partitions that block it. */
  readonly #blocks = new Set<Tally>();
  readonly #waiting: Waiter[] = [];

  constructor(random: RandomStream) {
    this.#random = random;
  }

  /** @throws RangeError naming the option that is no duration. */
  set({ latencyMs = this.#latencyMs, jitterMs = this.#jitterMs }: LinkOptions): void {
    for (const [name, value] of Object.entries({ latencyMs, jitterMs })) {
      if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name}: expected at least 0, got ${value}`);
    }
    this.#latencyMs = latencyMs;
    this.#jitterMs = jitterMs;
  }

  /** How long the next thing that crosses it takes. */
  delayMs(): number {
    return this.#latencyMs + this.#random.between(0, this.#jitterMs);
  }

  block(tally: Tally): void {
    this.#blocks.add(tally);
  }

  /** Lifts a block, or all: when none is left, what waits goes on, in order. Returns whether there were any. */
  unblock(tally?: Tally): boolean {
    const before = this.#blocks.size;
    if (tally === undefined) this.#blocks.clear();
    else this.#blocks.delete(tally);
    if (this.#blocks.size === 0) for (const waiter of this.#waiting.splice(0)) waiter.proceed();
    return this.#blocks.size < before;
  }

  /** Whether something has to wait; it is remembered if so. */
  holds(waiter: Waiter): boolean {
    if (this.#blocks.size === 0) return false;
    for (const tally of this.#blocks) tally.effective += 1;
    this.#waiting.push(waiter);
    return true;
  }
}
