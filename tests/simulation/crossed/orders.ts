import { Town, type Act } from "./town.ts";

export interface Explored {
  /** Ends that were looked at: every order of what can happen leads to one of them. */
  readonly ends: number;
  /** Different standings on the way. */
  readonly standings: number;
}

/**
 * Every order in which what is under way between two nodes can arrive, and in which `acts` can be done. Orders that lead to the same standing
 * go on in the same ways, so each standing is left only once in each of them.
 *
 * @param look is shown each end: nothing is under way any more, and everything was done.
 */
export function everyOrder(acts: readonly Act[], look: (town: Town) => void, merges = true): Explored {
  const seen = new Set<string>();
  const open: number[][] = [[]];
  let ends = 0;
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const town = new Town(acts);
    for (const choice of path) town.take(town.steps[choice] as (typeof town.steps)[number]);
    for (;;) {
      if (merges && path.length > 0) {
        const { standing } = town;
        if (seen.has(standing)) break;
        seen.add(standing);
      }
      const { steps } = town;
      const [first] = steps;
      if (first === undefined) {
        ends += 1;
        look(town);
        break;
      }
      for (let other = 1; other < steps.length; other += 1) open.push([...path, other]);
      path = [...path, 0];
      town.take(first);
    }
  }
  return { ends, standings: seen.size };
}
