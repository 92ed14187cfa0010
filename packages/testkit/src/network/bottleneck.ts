import type { Tally } from "../fault/controls.ts";
import type { Timing } from "../world/timing.ts";

interface Passage {
  readonly bytes: number;
  readonly go: () => void;
}

/** Where bytes go through one after another, at a limited rate: a thin line, or a process that reads slowly. Without a limit it takes no time. */
export class Bottleneck {
  readonly #timeline: Timing;
  readonly #limits = new Map<Tally, number>();
  readonly #queue: Passage[] = [];
  #serving = false;

  constructor(timeline: Timing) {
    this.#timeline = timeline;
  }

  /** The tightest limit counts. Effective: for each thing that had to take its turn. */
  limit(tally: Tally, bytesPerSecond: number): void {
    this.#limits.set(tally, bytesPerSecond);
  }

  /** Ends a limit: when none is left, what waits goes on at once, in order. */
  lift(tally: Tally): void {
    this.#limits.delete(tally);
    if (this.#limits.size > 0) return;
    for (const { go } of this.#queue.splice(0)) go();
  }

  /** Calls `go` once `bytes` are through. */
  pass(bytes: number, go: () => void): void {
    if (this.#limits.size === 0) return go();
    for (const tally of this.#limits.keys()) tally.effective += 1;
    this.#queue.push({ bytes, go });
    this.#serve();
  }

  #serve(): void {
    const first = this.#queue[0];
    if (this.#serving || first === undefined) return;
    this.#serving = true;
    const bytesPerMs = Math.min(...this.#limits.values()) / 1_000;
    this.#timeline.after(first.bytes / bytesPerMs, () => {
      this.#serving = false;
      // It may have gone on without a limit meanwhile, and something else be first.
      if (this.#queue[0] === first) this.#queue.shift()?.go();
      this.#serve();
    });
  }
}
