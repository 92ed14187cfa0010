import { expect, it } from "vitest";
import { putLatest } from "../src/latest.ts";

it("forgets what was put there longest ago, and not what was put there again", () => {
  const map = new Map<string, number>();
  for (const [value, key] of ["a", "b", "a", "c"].entries()) putLatest(map, key, value, 2);
  expect([...map]).toEqual([
    ["a", 2],
    ["c", 3],
  ]);
});
