import { Builtin } from "./builtins.ts";
import { globalValue, isConstantName } from "./globals.ts";
import type { Names } from "./syntax/names.ts";
import type { Origin } from "./origin.ts";
import { join, render, type Text, text } from "./syntax/text.ts";

/** A dependency whose value may have to wait for its own evaluation: functions that need one another. */
export interface Evaluated {
  /** Its evaluation is under way. */
  readonly evaluating: boolean;
  readonly value: unknown;
  /** Calls `use` with the value as soon as there is one. */
  whenEvaluated(use: (value: unknown) => void): void;
}

/**
 * Evaluates code that was printed from a tree, with nothing in scope but what its definition names: its dependencies, builtins and
 * standard globals, each as a parameter. Evaluating makes functions and runs none of their statements; only the static parts of a class run.
 *
 * This is scope, not a sandbox. What the code can reach through values it can reach: `(() => 0).constructor` makes functions that see
 * the whole global scope. So the code of a peer is evaluated here only if the peer is trusted as this program is; hostile code belongs
 * in a sandbox.
 *
 * @param provided what the compiler's own names stand for.
 */
export function evaluate(
  code: Text,
  free: Iterable<string>,
  dependencies: ReadonlyMap<string, Evaluated | Builtin>,
  provided: ReadonlyMap<string, unknown>,
  names: Names,
  origin: Origin | null,
): unknown {
  const parameters = new Map<string, unknown>(provided);
  const late: Text[] = [];
  const waiting = new Map<string, Evaluated>();
  for (const name of free) {
    const written = names.free(name);
    const dependency = dependencies.get(name);
    if (dependency === undefined) {
      if (!isConstantName(name)) parameters.set(written, globalValue(name));
    } else if (dependency instanceof Builtin) {
      parameters.set(written, dependency.value);
    } else if (dependency.evaluating) {
      waiting.set(name, dependency);
      late.push(`let ${written}; $late(${JSON.stringify(name)}, ($value) => { ${written} = $value; }); `);
    } else {
      parameters.set(written, dependency.value);
    }
  }
  parameters.set("$late", (name: string, use: (value: unknown) => void) => waiting.get(name)?.whenEvaluated(use));
  const list = join([...parameters.keys()], ", ");
  const source = render(text`(function (${list}) { "use strict"; ${late}return ${code}\n})`, origin?.line ?? 1);
  const url = origin === null ? "" : `\n//# sourceURL=${origin.file}`;
  // oxlint-disable-next-line no-eval -- This is what code from a peer comes to; see above for what may come here.
  const make = (0, eval)(source + url) as (...values: unknown[]) => unknown;
  return make(...parameters.values());
}
