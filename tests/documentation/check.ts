// What the examples of the documentation report to: imported by each of them, while it runs.

import { writeFileSync } from "node:fs";
import { inspect, isDeepStrictEqual } from "node:util";

/** What became of one `// =>`, each time that it was reached. */
export interface Checked {
  readonly line: number;
  readonly equal: boolean;
  readonly actual: string;
  readonly expected: string;
}

const results: Checked[] = [];

/** Notes whether `actual` is what the example promises on `line`, and gives it back. Compared now: it may change later. */
export function check<T>(line: number, actual: T, expected: unknown): T {
  results.push({
    line,
    equal: isDeepStrictEqual(actual, expected),
    actual: inspect(actual),
    expected: inspect(expected),
  });
  return actual;
}

/** What was noted since this was asked last. */
export function takeChecked(): Checked[] {
  return results.splice(0);
}

process.on("exit", () => {
  const file = process.env["ESPALIER_CHECKED"];
  if (file !== undefined) writeFileSync(file, JSON.stringify(results));
});
