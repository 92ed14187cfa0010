/** Which seeds: 1 to a number, those of a list, or a range with both ends. */
export type Seeds = number | readonly number[] | { readonly from: number; readonly to: number };

/** Seeds by their index, without a list of them: a range may be endless. */
export interface SeedList {
  readonly count: number;
  at(index: number): number;
}

/** @throws RangeError when one is no seed, or there is none. */
export function listSeeds(seeds: Seeds): SeedList {
  if (typeof seeds === "number") return range(1, seeds);
  if ("from" in seeds) return range(seeds.from, seeds.to);
  if (seeds.length === 0) throw new RangeError("seeds: expected at least one, got none");
  for (const seed of seeds) checkSeed("seeds", seed);
  return { count: seeds.length, at: (index) => seeds[index] as number };
}

function range(from: number, to: number): SeedList {
  checkSeed("seeds.from", from);
  checkSeed("seeds.to", to);
  if (to < from) throw new RangeError(`seeds: expected ${from} or more for the last one, got ${to}`);
  return { count: to - from + 1, at: (index) => from + index };
}

/** @throws RangeError when it is not a whole number of at least 0 that a number holds exactly. */
export function checkSeed(where: string, seed: unknown): number {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return seed as number;
  throw new RangeError(`${where}: expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${String(seed)}`);
}
