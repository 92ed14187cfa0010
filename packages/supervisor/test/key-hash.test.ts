import fc from "fast-check";
import { expect, it } from "vitest";
import { partitionOf } from "../src/key-hash.ts";

it("an integer belongs to the partition of its absolute value (R-1010)", () => {
  expect([0, 1, 2, 3, -1, -4, 5n, -5n, -0].map((key) => partitionOf(key, 3))).toEqual([0, 1, 2, 0, 1, 1, 2, 2, 0]);
});

it("every other value has the same partition in every run, and these do for ever (S238, R-1010)", () => {
  const keys = ["", "ada", "bob", 1.5, true, null, undefined, [1, "a"], { a: 1, b: [2] }];
  expect(keys.map((key) => partitionOf(key, 1_000))).toMatchInlineSnapshot(`
    [
      745,
      31,
      724,
      77,
      617,
      351,
      326,
      63,
      100,
    ]
  `);
});

it("equal values belong together, whatever order their fields were written in, and kinds are told apart (R-1010)", () => {
  expect(partitionOf({ a: 1, b: 2 }, 1_000_000)).toBe(partitionOf({ b: 2, a: 1 }, 1_000_000));
  const keys = ["1.5", 1.5, ["1.5"], [1.5], { 1: 5 }, "true", true, "null", null];
  expect(new Set(keys.map((key) => partitionOf(key, 2 ** 31))).size).toBe(keys.length);
});

it("keys are spread evenly, whatever the number of partitions", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 16 }), fc.string(), (count, prefix) => {
      const sizes = Array.from({ length: count }, () => 0);
      for (let index = 0; index < 1_000 * count; index += 1) sizes[partitionOf(`${prefix}${index}`, count)]! += 1;
      for (const size of sizes) expect(Math.abs(size - 1_000)).toBeLessThan(250);
    }),
    { numRuns: 20 },
  );
});

it("what has no value is refused", () => {
  for (const key of [() => 1, Symbol("a"), new Map(), [new Set()]]) {
    expect(() => partitionOf(key, 2)).toThrow(/^key: expected a string, .* got /);
  }
});
