import { expect, test } from "vitest";
import { clockTime } from "../../src/browser/look/clock.ts";

test("writes the time of day, and the day where it is another", () => {
  const noon = new Date(2026, 10, 22, 12, 3, 4, 56).getTime();
  expect(clockTime(noon, noon)).toBe("12:03:04");
  expect(clockTime(noon, noon, true)).toBe("12:03:04.056");
  expect(clockTime(noon, noon + 86_400_000)).toBe("22 Nov 12:03:04");
});
