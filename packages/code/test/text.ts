import { expect } from "vitest";
import { builtins } from "../src/builtins.ts";
import { canonical } from "../src/syntax/canonical.ts";
import { fn, hashOf, type Dependencies, remote } from "../src/index.ts";
import { authorNames, uniqueNames } from "../src/syntax/names.ts";
import { Printer } from "../src/syntax/print.ts";
import { readFunction } from "../src/syntax/read.ts";
import { render } from "../src/syntax/text.ts";

// Texts instead of functions: the tests' own source would be seen through the tools that run it.

/** The function that `text` writes. */
export function written(text: string): any {
  return (0, eval)(`(${text}\n)`);
}

/** The hash of the plain function or class that `text` writes. */
export function plainHash(text: string, dependencies: Dependencies = {}): string {
  const f = written(text) as () => void;
  fn(dependencies, f);
  return hashOf(f);
}

/** The hash of the remote definition that `text` writes. */
export function remoteHash(text: string, dependencies: Dependencies = {}): string {
  return hashOf(remote(dependencies, written(text)));
}

export function provide(name: string): void {
  if (builtins.named(name) === null) builtins.add(name, () => name);
}

/** Printed and read again, under the author's names and under unique ones, a function is the same to the hash. */
export function expectSameAgain(text: string): void {
  const { root, free } = readFunction(text, "f", null);
  const before = canonical(root, (name) => name);
  for (const names of [authorNames(root, free.keys()), uniqueNames(root, free.keys())]) {
    const printed = render(new Printer(names).expression(root));
    const again = canonical(readFunction(printed, "f", null).root, (name) => name);
    expect(again, printed).toBe(before);
  }
}
