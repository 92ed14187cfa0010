/** How many of something each of several has; who has none costs nothing. */
export class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** How many have any. */
  get size(): number {
    return this.#counts.size;
  }

  add(key: string, count = 1): void {
    const sum = this.of(key) + count;
    if (sum === 0) this.#counts.delete(key);
    else this.#counts.set(key, sum);
  }

  remove(key: string, count = 1): void {
    this.add(key, -count);
  }
}
