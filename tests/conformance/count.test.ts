import { expect, it } from "vitest";
import { countRules } from "./count.ts";

it("every rule is shown here, or stands in the table of differences (S227)", () => {
  const { held, different, untested, unknown } = countRules();
  console.log(`rules: ${held.length} held, ${different.length} different, ${untested.length} untested`);
  expect(untested).toEqual([]);
  expect(unknown).toEqual([]);
  expect(held.length + different.length).toBe(247);
});
