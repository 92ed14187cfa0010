import type { Host } from "@espalier/runtime";
import type { Limits } from "./options.ts";

/** What one peer's sandboxes have used of the processor, one after the other: a new sandbox begins where the last one ended. */
export class CpuAccount {
  readonly #limits: Pick<Limits, "cpuTotalMs" | "cpuWindowMs">;
  readonly #clock: Host["clock"];
  #usedMs = 0;
  /** When the window ends. */
  #untilMs = -Infinity;

  constructor(limits: Pick<Limits, "cpuTotalMs" | "cpuWindowMs">, clock: Host["clock"]) {
    this.#limits = limits;
    this.#clock = clock;
  }

  charge(ms: number): void {
    const now = this.#clock.monotonic();
    if (now >= this.#untilMs) {
      this.#usedMs = 0;
      this.#untilMs = now + this.#limits.cpuWindowMs;
    }
    this.#usedMs += ms;
  }

  /** Whether nothing counts any more that was used. */
  get isFresh(): boolean {
    return this.#clock.monotonic() >= this.#untilMs;
  }

  /** Milliseconds of processor time that are left. */
  get leftMs(): number {
    return this.isFresh ? this.#limits.cpuTotalMs : Math.max(0, this.#limits.cpuTotalMs - this.#usedMs);
  }

  /** What to say when nothing is left. */
  get spent(): string {
    const waitMs = Math.max(0, Math.ceil(this.#untilMs - this.#clock.monotonic()));
    return `it has used ${this.#limits.cpuTotalMs} ms of processor time (sandbox.cpuTotal), and may go on in ${waitMs} ms`;
  }
}
