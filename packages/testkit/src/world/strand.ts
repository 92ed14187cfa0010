/**
 * Things that happen in the order in which they became due, whatever the schedule: the tasks of one event loop, what crosses one direction
 * of a pipe. Things of different strands that are due at the same tick may happen in any order, but for these ranks on one machine:
 *
 * - `behind`: after everything on its machine that was due before it, as {@link Loop.afterInput} promises.
 * - `ahead`: before everything on its machine that becomes due later, as what an event loop finds when it was held up: it goes through its
 *   phases before it takes anything new.
 */
export interface Strand {
  /** For those who choose: equal for things that are of a kind. */
  readonly label: string;
  /** Null for what happens on none. */
  readonly machine: string | null;
  readonly rank?: "behind" | "ahead";
}

/** Faults, operations, whatever the kit itself does. */
export const kitStrand: Strand = { label: "kit", machine: null };
