import fc from "fast-check";
import { expect, test } from "vitest";
import { Selection } from "../../src/observing/selection.ts";

function sorted(keys: Float64Array): number[] {
  return Array.from(keys.keys()).toSorted((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
}

const window = fc.tuple(fc.nat(3000), fc.nat(1500));

test("windows of a selection are slices of what is sorted, small or large, in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 3000 }), fc.array(window, { maxLength: 5 }), (values, windows) => {
      const keys = Float64Array.from(values);
      const selection = new Selection(keys);
      for (const [skipped, count] of windows) {
        expect(selection.page(skipped, count)).toEqual(sorted(keys).slice(skipped, skipped + count));
      }
    }),
    { numRuns: 50 },
  );
});

test("a selection far into many that are sorted, or sorted the other way round, or all the same", () => {
  for (const value of [(index: number) => index, (index: number) => -index, () => 0]) {
    const keys = new Float64Array(20_000).map((_, index) => value(index));
    expect(new Selection(keys).page(15_000, 30)).toEqual(sorted(keys).slice(15_000, 15_030));
  }
});
