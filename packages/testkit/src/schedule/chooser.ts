import type { Strategy } from "./strategy.ts";

/** In what an order was not the default one: at the choice with this number, from 0, the candidate with this index. */
export type Deviation = readonly [choice: number, index: number];

/** Asks a strategy at each choice of a run, and notes where it did not take the first candidate. */
export class Chooser {
  readonly #strategy: Strategy;
  readonly #onChoice: ((candidates: readonly string[]) => void) | null;
  readonly #deviations: Deviation[] = [];
  #choices = 0;

  constructor(strategy: Strategy, onChoice: ((candidates: readonly string[]) => void) | null = null) {
    this.#strategy = strategy;
    this.#onChoice = onChoice;
  }

  /** In the order of the choices. */
  get deviations(): readonly Deviation[] {
    return [...this.#deviations];
  }

  /** Which one is next. Where there is only one there is no choice. */
  choose(candidates: readonly string[]): number {
    if (candidates.length < 2) return 0;
    this.#onChoice?.(candidates);
    const index = this.#strategy.choose(candidates);
    if (!(Number.isInteger(index) && index >= 0 && index < candidates.length)) {
      throw new RangeError(`choose: expected an index from 0 to ${candidates.length - 1}, got ${index}`);
    }
    if (index !== 0) this.#deviations.push([this.#choices, index]);
    this.#choices += 1;
    return index;
  }
}
