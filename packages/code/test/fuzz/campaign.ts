import { NotMovableError } from "@espalier/runtime";
import { DefinitionError } from "../../src/index.ts";
import { define, type Mode, type Observed, runCompiled, runNative, Skipped } from "./differential.ts";
import { Grammar } from "./grammar.ts";
import { SeededRandom } from "./random.ts";

export interface Tally {
  programs: number;
  moves: number;
  /** Why programs were left out, and how many. */
  readonly skipped: Map<string, number>;
  readonly differences: string[];
}

const modes: readonly Mode[] = ["run", "peek", "move"];

/**
 * Writes `count` programs from `seed` and runs each natively and compiled: as it is, captured at every yield, and moved at every yield;
 * half of them are ended from outside at some operation. Native and compiled must look the same from outside.
 */
export function campaign(seed: number, count: number, size = 45): Tally {
  const tally: Tally = { programs: 0, moves: 0, skipped: new Map(), differences: [] };
  for (let index = 0; index < count && tally.differences.length < 3; index++) {
    const random = new SeededRandom(seed * 1_000_003 + index);
    const text = new Grammar(random, size).program();
    const endAt = random.chance(0.5) ? 1 + random.below(12) : 0;
    try {
      tally.moves += compare(text, endAt, `seed ${seed}, program ${index}`, tally.differences);
      tally.programs++;
    } catch (error) {
      if (!(error instanceof Skipped || error instanceof NotMovableError || error instanceof DefinitionError))
        throw error;
      const why = error.message.replaceAll(/`[^`]*`/g, "`…`").replaceAll(/\d+/g, "…");
      tally.skipped.set(why, (tally.skipped.get(why) ?? 0) + 1);
    }
  }
  return tally;
}

function compare(text: string, endAt: number, what: string, differences: string[]): number {
  const native = runNative(text, endAt);
  // A closure that reads a variable in its dead zone gets undefined when compiled: a known difference.
  if (native.result.includes("before initialization")) throw new Skipped("dead zone");
  const computation = define(text);
  let moves = 0;
  for (const mode of modes) {
    const compiled = runCompiled(computation(), endAt, mode);
    moves += compiled.moves;
    if (describe(native) === describe(compiled)) continue;
    differences.push(
      `${what}, mode ${mode}, end at ${endAt}\n${text}\nnative   ${describe(native)}\ncompiled ${describe(compiled)}`,
    );
    break;
  }
  return moves;
}

function describe({ trace, result }: Observed): string {
  return `${result}\n         ${trace.join("; ")}`;
}
