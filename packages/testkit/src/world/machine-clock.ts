import type { Appointment } from "./agenda.ts";
import { ceilToTick, floorToTick, tickMs } from "./timeline.ts";
import { kitStrand, type Strand } from "./strand.ts";
import type { Timing } from "./timing.ts";

/** A timer that has not fired. */
export interface PendingTimer {
  /** When it fires, by the clock of its machine. */
  readonly dueMs: number;
  readonly fire: () => void;
  readonly strand: Strand;
  /** Null while the clock stands still, and once it has fired or was cancelled. */
  appointment: Appointment | null;
}

/** How far a clock may be off its rate: no quartz is, by orders of magnitude. */
const rateMin = 0.9;
const rateMax = 1.1;

/**
 * The monotonic clock of a machine: how much of its time has passed. It may run faster or slower than the world's, and stands still while the
 * machine is suspended. All its times are whole ticks, and no timer fires before its delay has passed by this clock.
 */
export class MachineClock {
  readonly #timeline: Timing;
  readonly #pending = new Set<PendingTimer>();
  #rate = 1;
  #isFrozen = false;
  /** When the clock began to run as it does: by the world's time, and by its own. */
  #sinceMs = 0;
  #ownSinceMs = 0;

  constructor(timeline: Timing) {
    this.#timeline = timeline;
  }

  /** By this clock, since the beginning of the world. */
  get nowMs(): number {
    return this.#ownSinceMs + this.#passed(this.#timeline.nowMs - this.#sinceMs);
  }

  get rate(): number {
    return this.#rate;
  }

  /** @throws RangeError when it is not from 0.9 to 1.1. */
  set rate(rate: number) {
    if (!(rate >= rateMin && rate <= rateMax)) {
      throw new RangeError(`rate: expected a number from ${rateMin} to ${rateMax}, got ${rate}`);
    }
    this.#change(() => (this.#rate = rate));
  }

  freeze(): void {
    this.#change(() => (this.#isFrozen = true));
  }

  thaw(): void {
    if (this.#isFrozen) this.#change(() => (this.#isFrozen = false));
  }

  after(delayMs: number, fire: () => void, strand: Strand = kitStrand): PendingTimer {
    const timer: PendingTimer = { dueMs: ceilToTick(this.nowMs + delayMs), fire, strand, appointment: null };
    this.#pending.add(timer);
    this.#appoint(timer);
    return timer;
  }

  /** Idempotent. */
  cancel(timer: PendingTimer): void {
    if (this.#pending.delete(timer)) this.#disappoint(timer);
  }

  /** No pending timer will fire. */
  clear(): void {
    for (const timer of this.#pending) this.#disappoint(timer);
    this.#pending.clear();
  }

  /** From now on the clock runs otherwise: what is pending is due at another time of the world. */
  #change(apply: () => void): void {
    const { nowMs } = this;
    this.#sinceMs = this.#timeline.nowMs;
    this.#ownSinceMs = nowMs;
    apply();
    // By their own times, so that timers that become due within one tick of the world fire in their order.
    const timers = [...this.#pending].sort((a, b) => a.dueMs - b.dueMs);
    for (const timer of timers) {
      this.#disappoint(timer);
      this.#appoint(timer);
    }
  }

  #appoint(timer: PendingTimer): void {
    if (this.#isFrozen) return;
    const atMs = this.#sinceMs + this.#needed(timer.dueMs - this.#ownSinceMs);
    const run = (): void => {
      timer.appointment = null;
      this.#pending.delete(timer);
      timer.fire();
    };
    timer.appointment = this.#timeline.at(atMs, run, timer.strand);
  }

  #disappoint(timer: PendingTimer): void {
    if (timer.appointment !== null) this.#timeline.cancel(timer.appointment);
    timer.appointment = null;
  }

  /** How much passes by this clock in so much time of the world. */
  #passed(worldMs: number): number {
    if (this.#isFrozen) return 0;
    return this.#rate === 1 ? worldMs : floorToTick(worldMs * this.#rate);
  }

  /** The shortest time of the world in which so much passes by this clock. */
  #needed(ownMs: number): number {
    if (this.#rate === 1) return ownMs;
    let worldMs = ceilToTick(ownMs / this.#rate);
    // A division rounds, and a tick too early is too early.
    while (this.#passed(worldMs) < ownMs) worldMs += tickMs;
    while (this.#passed(worldMs - tickMs) >= ownMs) worldMs -= tickMs;
    return worldMs;
  }
}
