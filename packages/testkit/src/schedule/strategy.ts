/** How what may happen in any order is ordered. */
export interface Strategy {
  /**
   * Which one of the candidates is next, by its index. They are at least two, by their labels, in the order in which they became due: 0 is what
   * would happen by itself.
   */
  choose(candidates: readonly string[]): number;
}
