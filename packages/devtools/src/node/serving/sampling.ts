import type { NodeGauges } from "./node-gauges.ts";
import { usedMs } from "./used.ts";

const tickMs = 1_000;
/** How many ticks there may be from one look to the next. */
const paces = [1, 2, 5] as const;
/** What looking may take of the event loop's time, in milliseconds a second, before there is less of it. */
const budgetMs = 2;
/** Looks that are not counted: code that has just been loaded is slow. */
const coldMax = 3;
/** So long after a question somebody still looks: whoever asks again and again gets rates. */
const lingerMs = 5_000;
/** The event loop has no time to spare: then half as often is enough. */
const saturated = 0.95;

interface Watcher {
  readonly sampled: () => void;
  readonly tell: (text: string) => void;
}

/**
 * One loop for all that look at this program. Without them nothing runs, and it never keeps the program alive. It looks once a second, and less often
 * when looking takes more than its budget, or the event loop has no time.
 */
export class Sampling {
  readonly #gauges: NodeGauges;
  readonly #sample: () => void;
  readonly #watchers: Set<Watcher> = new Set();
  #timer: NodeJS.Timeout | null = null;
  #touchedMs = 0;
  readonly #usedMs: () => number;
  #pace: (typeof paces)[number] = 1;
  #ticks = 0;
  #looks = 0;
  /** What a look takes, of the last few. */
  #lookMs = 0;

  constructor(gauges: NodeGauges, sample: () => void, used: () => number = usedMs) {
    this.#gauges = gauges;
    this.#sample = sample;
    this.#usedMs = used;
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
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
    this.#pace = 1;
    this.#ticks = 0;
    this.#looks = 0;
    this.#lookMs = 0;
  }

  #tick(): void {
    if (this.#watchers.size === 0 && performance.now() - this.#touchedMs > lingerMs) {
      this.stop();
      return;
    }
    this.#ticks += 1;
    if (this.#ticks < this.#pace) return;
    this.#ticks = 0;
    this.#gauges.tick();
    const beginMs = this.#usedMs();
    this.#sample();
    this.#gauges.spent(this.#usedMs() - beginMs);
    for (const { sampled } of this.#watchers) sampled();
    this.#adapt(this.#usedMs() - beginMs);
  }

  #adapt(lookMs: number): void {
    this.#looks += 1;
    if (this.#looks > coldMax) this.#lookMs += (lookMs - this.#lookMs) / Math.min(4, this.#looks - coldMax);
    const isBusy = (this.#gauges.loop()?.utilization ?? 0) > saturated;
    const pace = this.#paceFor(isBusy);
    if (pace === this.#pace) return;
    this.#pace = pace;
    const text =
      pace === 1
        ? "Samples are taken every second again."
        : isBusy
          ? `The event loop is busy all the time: samples are taken every ${pace} seconds.`
          : `To look once takes ${this.#lookMs.toFixed(1)} ms: samples are taken every ${pace} seconds, so that it takes little of the event loop's time.`;
    for (const { tell } of this.#watchers) tell(text);
  }

  /** The shortest that the budget allows. To a shorter one than now only with something to spare, so that it does not go to and fro. */
  #paceFor(isBusy: boolean): (typeof paces)[number] {
    for (const pace of paces) {
      if (isBusy && pace === 1) continue;
      const perSecondMs = this.#lookMs / pace;
      if (perSecondMs <= (pace < this.#pace ? budgetMs * 0.8 : budgetMs)) return pace;
    }
    return 5;
  }
}
