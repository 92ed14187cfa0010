import { expect, it } from "vitest";
import { Tally } from "../src/index.ts";

it("counts for each, and keeps nothing of who has none", () => {
  const tally = new Tally();
  tally.add("a");
  tally.add("a", 2);
  tally.add("b");
  tally.remove("b");
  expect([tally.of("a"), tally.of("b"), tally.of("c"), tally.size]).toEqual([3, 0, 0, 1]);
  tally.remove("a", 3);
  expect(tally.size).toBe(0);
});
