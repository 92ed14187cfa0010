import { type Mutant, randomMutant, simpler } from "./mutant.ts";
import { Named, Siege, type SiegeOptions } from "./siege.ts";
import { SeededRandom } from "@espalier/runtime/testing";

export interface Episode extends SiegeOptions {
  readonly count: number;
}

export interface EpisodeResult {
  readonly mutants: number;
  readonly tally: Readonly<Record<string, number>>;
  readonly failure: { readonly reason: string; readonly mutants: readonly Mutant[] } | null;
}

/** Mutants between two looks at those who should notice nothing. */
const checkEvery = 25;
/** Mutants between two times at which the stranger leaves, and nothing may be left of it. */
const quietEvery = 500;

/** One siege from a seed. What breaks a rule is made small. */
export async function episode(options: Episode): Promise<EpisodeResult> {
  const random = new SeededRandom(options.seed * 7_919 + 17);
  const dice = { below: (count: number): number => Math.floor(random.unit() * count) };
  const mutants = Array.from({ length: options.count }, () => randomMutant(dice));
  const { done, tally, reason } = await play(options, mutants);
  if (reason === null) return { mutants: done, tally, failure: null };
  return { mutants: done, tally, failure: await shrunk(options, mutants.slice(0, done), reason) };
}

/** Plays these mutants against a new town. */
export async function play(
  options: SiegeOptions,
  mutants: readonly Mutant[],
): Promise<{
  readonly done: number;
  readonly tally: Readonly<Record<string, number>>;
  readonly reason: string | null;
}> {
  const siege = new Siege(options);
  let done = 0;
  try {
    await siege.begin();
    for (const mutant of mutants) {
      done += 1;
      await siege.attack(mutant);
      if (done % checkEvery === 0 || done === mutants.length) await siege.check();
      if (done % quietEvery === 0) await siege.quiet();
    }
    await siege.quiet();
    await siege.end();
    return { done, tally: siege.tally, reason: null };
  } catch (error) {
    if (error instanceof Named) return { done, tally: { ...siege.tally, named: 1 }, reason: null };
    return {
      done,
      tally: siege.tally,
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  } finally {
    siege.release();
  }
}

const runsMax = 150;

async function shrunk(
  options: SiegeOptions,
  mutants: readonly Mutant[],
  reason: string,
): Promise<NonNullable<EpisodeResult["failure"]>> {
  const kind = kindOf(reason);
  let runs = 0;
  let said = reason;
  const fails = async (part: readonly Mutant[]): Promise<boolean | null> => {
    runs += 1;
    if (runs > runsMax) return null;
    const { reason: found } = await play(options, part);
    if (found === null || kindOf(found) !== kind) return false;
    said = found;
    return true;
  };
  // Most often it is one of the last.
  for (const length of [1, 5, checkEvery]) {
    const tail = mutants.slice(-length);
    if (tail.length < mutants.length && (await fails(tail)) === true) {
      mutants = tail;
      break;
    }
  }
  let kept = await fewest(mutants, fails);
  for (let index = 0; index < kept.length; index += 1) {
    for (const candidate of simpler(kept[index] as Mutant)) {
      const changed = kept.with(index, candidate);
      if ((await fails(changed)) === true) kept = changed;
    }
  }
  return { reason: said, mutants: kept };
}

/** Leaves out ever smaller parts, as long as what is left fails. */
async function fewest(
  mutants: readonly Mutant[],
  fails: (part: readonly Mutant[]) => Promise<boolean | null>,
): Promise<readonly Mutant[]> {
  let kept = mutants;
  for (let size = kept.length >> 1; size > 0; size >>= 1) {
    for (let from = 0; from < kept.length;) {
      const part = kept.toSpliced(from, size);
      const fail = part.length > 0 && (await fails(part));
      if (fail === null) return kept;
      if (fail) kept = part;
      else from += size;
    }
  }
  return kept;
}

/** What is the same of two failures that are one: the rule, not its numbers. */
function kindOf(reason: string): string {
  return (reason.split("\n")[0] ?? "").replaceAll(/\d+/g, "…").slice(0, 60);
}
