import type { Host } from "../host.ts";

/**
 * Ticks once an interval, as long as there is something to say or to judge. A timer never judges: what waits to be read is read first
 * (H19).
 */
export class Ticker {
  readonly #host: Host;
  readonly #intervalMs: number;
  readonly #isIdle: () => boolean;
  readonly #tick: () => void;
  #ticking = false;
  #stopped = false;

  /** @param tick what is done each time; it calls {@link Ticker.tickSoon} to go on. */
  constructor(host: Host, intervalMs: number, isIdle: () => boolean, tick: () => void) {
    this.#host = host;
    this.#intervalMs = intervalMs;
    this.#isIdle = isIdle;
    this.#tick = tick;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Ticks an interval from now, unless it is to tick anyhow, is idle or was stopped. */
  tickSoon(): void {
    if (this.#ticking || this.#stopped || this.#isIdle()) return;
    this.#ticking = true;
    const { clock, loop } = this.#host;
    clock.after(this.#intervalMs, () => {
      loop.afterInput(() => {
        this.#ticking = false;
        if (!this.#stopped) this.#tick();
      });
    });
  }

  /** It does not tick any more. */
  stop(): void {
    this.#stopped = true;
  }
}
