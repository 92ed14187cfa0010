import { expect, test } from "vitest";
import { files, read } from "./repository.ts";

// docs/semantics.md states the guarantees, one row each: | S1 | … |. A guarantee without a test is a wish.

interface Rules {
  /** The numbers of the rows, in the order of the table. */
  readonly stated: readonly string[];
  /** The numbers that tests cite, and where. */
  readonly cited: ReadonlyMap<string, string>;
}

function findRules(semantics: string, tests: readonly (readonly [file: string, text: string])[]): Rules {
  const stated = [...semantics.matchAll(/^\| (S\d+) \|/gm)].map(([, rule = ""]) => rule);
  const cited = new Map<string, string>();
  for (const [file, text] of tests) for (const [rule] of text.matchAll(/\bS[1-9]\d*\b/g)) cited.set(rule, file);
  return { stated, cited };
}

function findProblems({ stated, cited }: Rules): string[] {
  return [
    ...stated.filter((rule, index) => rule !== `S${index + 1}`).map((rule) => `${rule} is out of sequence`),
    ...stated.filter((rule) => !cited.has(rule)).map((rule) => `${rule} is cited by no test`),
    ...[...cited]
      .filter(([rule]) => !stated.includes(rule))
      .map(([rule, file]) => `${rule}, cited by ${file}, is not stated`),
  ];
}

test("every guarantee is cited by a test, and every one cited is stated", () => {
  const tests = files
    .filter(
      (file) =>
        /^(packages\/[^/]+\/test|tests|examples)\/.*\.(test|test-d|sim)\.ts$/.test(file) ||
        file.startsWith("tests/conformance/rules/"),
    )
    .filter((file) => !file.startsWith("tests/tidy/"))
    .map((file) => [file, read(file)] as const);
  const semantics = read("docs/semantics.md");
  expect(semantics).toMatch(/^\| Rule \|/m);
  expect(findProblems(findRules(semantics, tests))).toEqual([]);
});

test("a rule without a test, a citation of nothing and a gap are found", () => {
  const rules = findRules("| S1 | a |\n| S3 | b |\n", [["x.test.ts", 'test("holds (S1, S4)")']]);
  expect(findProblems(rules)).toEqual([
    "S3 is out of sequence",
    "S3 is cited by no test",
    "S4, cited by x.test.ts, is not stated",
  ]);
});
