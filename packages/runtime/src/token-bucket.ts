/**
 * How often something may happen: `perSecond` in the long run, and at once as much as that makes in `burstMs`, but always once. It costs the same however
 * long nothing happened, and has no timer.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #atMs: number;

  /** @param nowMs of a clock that never goes back. It begins full. */
  constructor(perSecond: number, burstMs: number, nowMs: number) {
    this.#perMs = perSecond / 1_000;
    this.#capacity = Math.max(1, this.#perMs * burstMs);
    this.#tokens = this.#capacity;
    this.#atMs = nowMs;
  }

  /** Whether it may happen now; then it counts. What may not happen does not count. */
  take(nowMs: number): boolean {
    if (this.#perMs === Infinity) return true;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
