import type { FaultFamily } from "./family.ts";

/** Several families, each left out of half of the runs: what is always there hides what only shows without it (Groce et al., ISSTA 2012). */
export function swarm(families: readonly FaultFamily[]): FaultFamily {
  return (context) => {
    const { random } = context;
    const faults = families.flatMap((family, index) => {
      // Made even if it is left out: two families of one label draw from the same numbers.
      const made = family(context);
      return random.stream(`faults:swarm:${index}`).chance(0.5) ? made : [];
    });
    return faults.toSorted((a, b) => a.atMs - b.atMs);
  };
}
