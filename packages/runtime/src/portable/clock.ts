import type { Clock, Timer } from "../host.ts";

/** Timers take a longer delay for one that is over: in Node for 1 ms, in browsers for 0. */
const delayMsMax = 2 ** 31 - 1;

/** What a platform has of time. `Handle` is what it calls a timer that is set. */
export interface Timekeeper<Handle> {
  readonly monotonic: () => number;
  readonly wall: () => number;
  set(delayMs: number, elapsed: () => void): Handle;
  clear(handle: Handle): void;
}

/** A clock whose timers are never early, and may be as far away as one likes. */
export function clockOf<Handle>(keeper: Timekeeper<Handle>): Clock {
  return {
    monotonic: keeper.monotonic,
    wall: keeper.wall,
    after: (delayMs, fire) => new DeadlineTimer(keeper, delayMs, fire),
  };
}

class DeadlineTimer<Handle> implements Timer {
  readonly #keeper: Timekeeper<Handle>;
  readonly #deadlineMs: number;
  readonly #fire: () => void;
  #handle: Handle;

  constructor(keeper: Timekeeper<Handle>, delayMs: number, fire: () => void) {
    if (!(delayMs >= 0)) throw new RangeError(`delayMs: expected at least 0, got ${delayMs}`);
    this.#keeper = keeper;
    this.#deadlineMs = keeper.monotonic() + delayMs;
    this.#fire = fire;
    this.#handle = this.#set();
  }

  cancel(): void {
    this.#keeper.clear(this.#handle);
  }

  #set(): Handle {
    const remainingMs = Math.ceil(this.#deadlineMs - this.#keeper.monotonic());
    return this.#keeper.set(Math.min(Math.max(remainingMs, 0), delayMsMax), () => this.#elapsed());
  }

  #elapsed(): void {
    // Platforms count whole milliseconds, and so can be early by the better part of one.
    if (this.#keeper.monotonic() < this.#deadlineMs) this.#handle = this.#set();
    else this.#fire();
  }
}
