import fc from "fast-check";
import { expect, test } from "vitest";
import { select } from "../../src/observing/selection.ts";

test("a selection is a slice of what is sorted, small or large, skipped or not", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 3000 }), fc.nat(3000), fc.nat(1500), (values, skipped, count) => {
      const before = (a: number, b: number): boolean =>
        (values[a] as number) < (values[b] as number) || (values[a] === values[b] && a < b);
      const items = Int32Array.from(values.keys());
      const sorted = Array.from(items).toSorted((a, b) => (before(a, b) ? -1 : 1));
      expect(select(items, before, skipped, count)).toEqual(sorted.slice(skipped, skipped + count));
    }),
    { numRuns: 50 },
  );
});

test("a selection far into many that are sorted, or sorted the other way round, or all the same", () => {
  const count = 20_000;
  for (const value of [(index: number) => index, (index: number) => -index, () => 0]) {
    const items = Int32Array.from({ length: count }, (_, index) => index);
    const before = (a: number, b: number): boolean => value(a) < value(b) || (value(a) === value(b) && a < b);
    const sorted = Array.from(items).toSorted((a, b) => (before(a, b) ? -1 : 1));
    expect(select(items, before, 15_000, 30)).toEqual(sorted.slice(15_000, 15_030));
  }
});
