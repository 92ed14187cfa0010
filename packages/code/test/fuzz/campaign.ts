import { NotMovableError } from "@espalier/runtime";
import { DefinitionError } from "../../src/index.ts";
import { define, type Mode, type Observed, runCompiled, runNative, Skipped } from "./differential.ts";
import { Grammar } from "./grammar.ts";
import { SeededRandom } from "./random.ts";
import { shrink } from "./shrink.ts";

export interface Tally {
  programs: number;
  moves: number;
  /** Programs that held something, at some yield, that cannot travel: these were run to the end in place alone. */
  stuck: number;
  /** Why programs were left out, and how many. */
  readonly skipped: Map<string, number>;
  readonly differences: string[];
}

const modes: readonly Mode[] = ["run", "peek", "move", "answer"];

/**
 * Writes `count` programs from `seed` and compares each; half of them are ended from outside at some operation.
 */
export function campaign(seed: number, count: number, size = 45): Tally {
  const tally: Tally = { programs: 0, moves: 0, stuck: 0, skipped: new Map(), differences: [] };
  for (let index = 0; index < count && tally.differences.length < 3; index++) {
    const random = new SeededRandom(seed * 1_000_003 + index);
    const text = new Grammar(random, size).program();
    const endAt = random.chance(0.5) ? 1 + random.below(12) : 0;
    try {
      const { difference, moves, stuck } = compare(text, endAt);
      tally.moves += moves;
      if (stuck) tally.stuck++;
      tally.programs++;
      if (difference !== null) tally.differences.push(`program ${index}, ${smaller(text, endAt) ?? difference}`);
    } catch (error) {
      if (!(error instanceof Skipped || error instanceof DefinitionError)) throw error;
      const why = error.message.replaceAll(/`[^`]*`/g, "`…`").replaceAll(/\d+/g, "…");
      tally.skipped.set(why, (tally.skipped.get(why) ?? 0) + 1);
    }
  }
  return tally;
}

/** The difference that is left of a program that differs, when it is as small as it gets. */
function smaller(text: string, endAt: number): string | null {
  const differs = (candidate: string): string | null => {
    try {
      return compare(candidate, endAt).difference;
    } catch {
      return null; // It does not run at all, or was left out.
    }
  };
  return differs(shrink(text, (candidate) => differs(candidate) !== null));
}

export interface Comparison {
  readonly difference: string | null;
  readonly moves: number;
  readonly stuck: boolean;
}

/**
 * Runs a program natively, and compiled: as it is, captured at every yield, moved at every yield, and with every second answer in place. All must look the same from
 * outside; where something alive cannot travel, there is nothing to compare.
 */
export function compare(text: string, endAt: number): Comparison {
  const native = runNative(text, endAt);
  // A closure that reads a variable in its dead zone gets undefined when compiled: a known difference.
  if (native.result.includes("before initialization")) throw new Skipped("dead zone");
  const computation = define(text);
  const asking = define(text, true);
  let moves = 0;
  let stuck = false;
  for (const mode of modes) {
    try {
      const compiled = runCompiled((mode === "answer" ? asking : computation)(), endAt, mode);
      moves += compiled.moves;
      if (describe(native) !== describe(compiled)) {
        const difference = `mode ${mode}, end at ${endAt}\n${text}\nnative   ${describe(native)}\ncompiled ${describe(compiled)}`;
        return { difference, moves, stuck };
      }
    } catch (error) {
      if (!(error instanceof NotMovableError)) throw error;
      stuck = true;
    }
  }
  return { difference: null, moves, stuck };
}

function describe({ trace, result }: Observed): string {
  // The engine's messages quote the code: names that the compiler had to make unique show there, and its variables.
  const written = result.replaceAll(/\b(\w+)\$\d+/g, "$1").replace(/\S.* is not a function/, "… is not a function");
  return `${written}\n         ${trace.join("; ")}`;
}
