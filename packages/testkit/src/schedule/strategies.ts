import type { Schedule } from "../scenario/plan.ts";
import type { RandomStream } from "../world/random.ts";
import type { Deviation } from "./chooser.ts";
import type { Strategy } from "./strategy.ts";

/** How many choices a run has is not known beforehand: points are drawn among the first 2^n, each n from and to these as likely. */
const horizonBitsMin = 2;
const horizonBitsMax = 12;

/**
 * What a schedule is made of; null for the default order.
 *
 * @throws RangeError or TypeError naming what is wrong with the schedule.
 */
export function strategyOf(schedule: Schedule, random: RandomStream): Strategy | null {
  switch (schedule.type) {
    case "fifo":
      return null;
    case "random":
      return { choose: (candidates) => random.below(candidates.length) };
    case "pct":
      return new Pct(atLeast("schedule.depth", schedule.depth, 1), random);
    case "delay":
      return new Delay(atLeast("schedule.bound", schedule.bound, 0), random);
    case "listed":
      return new Listed(schedule.deviations);
    default:
      throw new TypeError(
        `schedule.type: expected fifo, random, pct, delay or listed, got ${JSON.stringify((schedule as Schedule).type)}`,
      );
  }
}

/**
 * Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): each label has a priority, drawn when it is first seen, and the highest
 * one is next; at `depth - 1` choices that are drawn beforehand whoever is highest falls below all others. A bug that needs `depth` ordered
 * steps among n labels and k choices is found with a probability of at least 1 / (n k^(depth - 1)).
 */
class Pct implements Strategy {
  readonly #random: RandomStream;
  readonly #changes: ReadonlySet<number>;
  readonly #priorities = new Map<string, number>();
  #choices = 0;
  /** Lower than any that was drawn, and than those that fell before. */
  #lowest = 0;

  constructor(depth: number, random: RandomStream) {
    this.#random = random;
    this.#changes = drawPoints(depth - 1, random);
  }

  choose(candidates: readonly string[]): number {
    if (this.#changes.has(this.#choices)) {
      this.#lowest -= 1;
      this.#priorities.set(candidates[this.#highest(candidates)] as string, this.#lowest);
    }
    this.#choices += 1;
    return this.#highest(candidates);
  }

  #highest(candidates: readonly string[]): number {
    const priorities = candidates.map((label) => this.#priority(label));
    return priorities.indexOf(Math.max(...priorities));
  }

  #priority(label: string): number {
    let priority = this.#priorities.get(label);
    if (priority === undefined) {
      priority = this.#random.unit();
      this.#priorities.set(label, priority);
    }
    return priority;
  }
}

/** The default order, but at so many choices, drawn beforehand, the second candidate is next (delay bounding: Emmi et al., POPL 2011). */
class Delay implements Strategy {
  readonly #delays: ReadonlySet<number>;
  #choices = 0;

  constructor(bound: number, random: RandomStream) {
    this.#delays = drawPoints(bound, random);
  }

  choose(): number {
    const index = this.#delays.has(this.#choices) ? 1 : 0;
    this.#choices += 1;
    return index;
  }
}

/** The default order, but for those choices. Where a run has become another one, an index that is too high is the last. */
class Listed implements Strategy {
  readonly #indices: ReadonlyMap<number, number>;
  #choices = 0;

  constructor(deviations: readonly Deviation[]) {
    for (const [choice, index] of deviations) {
      atLeast("schedule.deviations: choice", choice, 0);
      atLeast("schedule.deviations: index", index, 0);
    }
    this.#indices = new Map(deviations);
  }

  choose(candidates: readonly string[]): number {
    const index = this.#indices.get(this.#choices) ?? 0;
    this.#choices += 1;
    return Math.min(index, candidates.length - 1);
  }
}

/** The numbers of so many choices, or fewer, when two fell together. */
function drawPoints(count: number, random: RandomStream): ReadonlySet<number> {
  const horizon = 2 ** (horizonBitsMin + random.below(horizonBitsMax - horizonBitsMin + 1));
  return new Set(Array.from({ length: count }, () => random.below(horizon)));
}

function atLeast(name: string, value: number, min: number): number {
  if (!(Number.isSafeInteger(value) && value >= min)) {
    throw new RangeError(`${name}: expected a whole number from ${min}, got ${value}`);
  }
  return value;
}
