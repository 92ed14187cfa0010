import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { limits } from "../../src/index.ts";

const page = readFileSync(new URL("../../../../docs/limits.md", import.meta.url), "utf8");

it("has the limits that the page states, with their defaults", () => {
  const stated = [...page.matchAll(/^\| `([\w.]+)` \| ([\d,]+|Infinity) \| .+ \| .+ \| .+ \|$/gm)].map(
    ([, name, value]) => [name, Number(value?.replaceAll(",", ""))],
  );
  const { code, ...others } = limits;
  const ofCode = Object.entries(code).map(([name, value]) => [`code.${name}`, value]);
  const known = [...Object.entries(others), ...ofCode];
  expect(new Map(stated as [string, number][])).toEqual(new Map(known as [string, number][]));
  expect(stated.length).toBe(known.length);
});
