import type { NodeGauges } from "./node-gauges.ts";

const everyMs = 1_000;
/** So long after a question somebody still looks: whoever asks again and again gets rates. */
const lingerMs = 5_000;
/** The event loop has no time to spare: then half as often is enough. */
const saturated = 0.95;

interface Watcher {
  readonly sampled: () => void;
  readonly tell: (text: string) => void;
}

/** One loop for all that look at this program. Without them nothing runs, and it never keeps the program alive. */
export class Sampling {
  readonly #gauges: NodeGauges;
  readonly #sample: () => void;
  readonly #watchers: Set<Watcher> = new Set();
  #timer: NodeJS.Timeout | null = null;
  #touchedMs = 0;
  #slowed = false;
  #odd = false;

  constructor(gauges: NodeGauges, sample: () => void) {
    this.#gauges = gauges;
    this.#sample = sample;
  }

  /** Whether anything runs: tests ask. */
  get running(): boolean {
    return this.#timer !== null;
  }

  touch(): void {
    this.#touchedMs = performance.now();
    this.#start();
  }

  watch(sampled: () => void, tell: (text: string) => void): () => void {
    const watcher = { sampled, tell };
    this.#watchers.add(watcher);
    this.#start();
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#gauges.stop();
  }

  #start(): void {
    if (this.#timer !== null) return;
    this.#gauges.start();
    this.#timer = setInterval(() => this.#tick(), everyMs).unref();
    this.#slowed = false;
  }

  #tick(): void {
    if (this.#watchers.size === 0 && performance.now() - this.#touchedMs > lingerMs) {
      this.stop();
      return;
    }
    this.#odd = !this.#odd;
    if (this.#slowed && this.#odd) return;
    this.#gauges.tick();
    this.#adapt();
    const startedMs = performance.now();
    this.#sample();
    this.#gauges.spent(performance.now() - startedMs);
    for (const { sampled } of this.#watchers) sampled();
  }

  #adapt(): void {
    const slowed = (this.#gauges.loop()?.utilization ?? 0) > saturated;
    if (slowed === this.#slowed) return;
    this.#slowed = slowed;
    const text = slowed
      ? "The event loop is busy all the time: samples are taken every two seconds."
      : "The event loop has time again: samples are taken every second.";
    for (const { tell } of this.#watchers) tell(text);
  }
}
