/** From what to what something has grown, and in which time. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  readonly forMs: number;
}

interface Series {
  readonly values: number[];
  readonly atMs: number[];
}

/** Keys that are followed at most. */
const seriesMax = 200;

/** Watches counts over minutes for those that only grow. */
export class LongGrowth {
  readonly #growth: number;
  readonly #samples: number;
  readonly #everyMs: number;
  readonly #series: Map<string, Series> = new Map();
  #nextMs = -Infinity;

  /** @param options how many samples, how far apart, and by what factor a count must have grown over them. */
  constructor(options: { readonly growth: number; readonly samples: number; readonly everyMs: number }) {
    this.#growth = options.growth;
    this.#samples = options.samples;
    this.#everyMs = options.everyMs;
  }

  /** Takes the counts of now if it is time. What is not among them any more is forgotten. */
  add(nowMs: number, counts: () => Iterable<readonly [string, number]>): void {
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#everyMs;
    const seen = new Set<string>();
    for (const [key, value] of counts()) {
      let series = this.#series.get(key);
      if (series === undefined) {
        if (this.#series.size === seriesMax) continue;
        series = { values: [], atMs: [] };
        this.#series.set(key, series);
      }
      seen.add(key);
      if (value < (series.values.at(-1) ?? 0)) series.values.length = series.atMs.length = 0;
      series.values.push(value);
      series.atMs.push(nowMs);
      if (series.values.length > this.#samples) {
        series.values.shift();
        series.atMs.shift();
      }
    }
    for (const key of this.#series.keys()) if (!seen.has(key)) this.#series.delete(key);
  }

  /** Those that have never become fewer, are at least `least`, and have grown by the factor. */
  *found(least: number): Generator<readonly [string, Growth], void, undefined> {
    for (const [key, { values, atMs }] of this.#series) {
      const from = values[0] as number;
      const to = values.at(-1) as number;
      if (values.length < this.#samples || to < least || to < from * this.#growth) continue;
      yield [key, { from, to, forMs: (atMs.at(-1) as number) - (atMs[0] as number) }];
    }
  }
}
