import fc from "fast-check";
import { expect, test } from "vitest";
import { select } from "../../src/observing/selection.ts";

function sorted(keys: Float64Array): number[] {
  return Array.from(keys.keys()).toSorted((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
}

test("a selection is a slice of what is sorted, small or large, skipped or not", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 3000 }), fc.nat(3000), fc.nat(1500), (values, skipped, count) => {
      const keys = Float64Array.from(values);
      expect(select(keys, skipped, count)).toEqual(sorted(keys).slice(skipped, skipped + count));
    }),
    { numRuns: 50 },
  );
});

test("a selection far into many that are sorted, or sorted the other way round, or all the same", () => {
  for (const value of [(index: number) => index, (index: number) => -index, () => 0]) {
    const keys = new Float64Array(20_000).map((_, index) => value(index));
    expect(select(keys, 15_000, 30)).toEqual(sorted(keys).slice(15_000, 15_030));
  }
});
