import type { Clock, Timer } from "../host.ts";

/** Node takes a longer delay for 1 ms. */
const delayMsMax = 2 ** 31 - 1;

/** The clocks of the operating system, and Node's timers. */
export const nodeClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after: (delayMs, fire) => new NodeTimer(delayMs, fire),
};

class NodeTimer implements Timer {
  readonly #deadlineMs: number;
  readonly #fire: () => void;
  #timeout: NodeJS.Timeout;

  constructor(delayMs: number, fire: () => void) {
    if (!(delayMs >= 0)) throw new RangeError(`delayMs: expected at least 0, got ${delayMs}`);
    this.#deadlineMs = performance.now() + delayMs;
    this.#fire = fire;
    this.#timeout = this.#set();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #set(): NodeJS.Timeout {
    const remainingMs = Math.ceil(this.#deadlineMs - performance.now());
    return setTimeout(() => this.#elapsed(), Math.min(Math.max(remainingMs, 0), delayMsMax));
  }

  #elapsed(): void {
    // Node counts whole milliseconds, and so can be early by the better part of one.
    if (performance.now() < this.#deadlineMs) this.#timeout = this.#set();
    else this.#fire();
  }
}
