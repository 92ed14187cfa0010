import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allRules } from "../../src/findings/findings.ts";
import { thresholds } from "../../src/findings/thresholds.ts";

/** The lines of the table of docs/dev-tools.md: the name of a rule, and when it finds something. */
const lines = new Map(
  readFileSync(new URL("../../../../docs/dev-tools.md", import.meta.url), "utf8")
    .split("## What it looks for")[1]
    ?.split("\n## ")[0]
    ?.split("\n")
    .map((line) => /^\| `([\w-]+)` \| (.*) \| .* \|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, when]) => [name as string, when as string]),
);

test("docs/dev-tools.md lists the rules that there are, in their order", () => {
  expect([...lines.keys()]).toEqual(allRules().map(({ name }) => name));
});

test("docs/dev-tools.md has the thresholds of the code", () => {
  for (const [rule, values] of Object.entries(thresholds)) {
    const when = lines.get(rule.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    for (const [unit, value] of Object.entries(values)) {
      const isLong = unit.endsWith("Ms") && value >= 5_000;
      const text = isLong ? `${value / 1000} s` : value.toLocaleString("en");
      expect(when, `${rule}.${unit}`).toMatch(new RegExp(`(?<![\\d.,])${text}(?!,?\\d)`));
    }
  }
});
