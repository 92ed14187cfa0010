import fc from "fast-check";
import { expect, it } from "vitest";
import { TokenBucket } from "../src/index.ts";

it("allows what a burst is worth at once, and then one as often as its rate says", () => {
  const bucket = new TokenBucket(10, 500, 0);
  const taken = (nowMs: number): number => Array.from({ length: 20 }, () => bucket.take(nowMs)).filter(Boolean).length;
  expect(taken(0)).toBe(5);
  expect(taken(100)).toBe(1);
  expect(taken(150)).toBe(0);
  expect(taken(200)).toBe(1);
  expect(taken(1_000_000)).toBe(5);
});

it("always allows one, however short the burst", () => {
  const bucket = new TokenBucket(1, 1, 0);
  expect([bucket.take(0), bucket.take(999), bucket.take(1_000)]).toEqual([true, false, true]);
});

it("sets no limit at Infinity", () => {
  const bucket = new TokenBucket(Infinity, 1_000, 0);
  expect(Array.from({ length: 1_000 }, () => bucket.take(0)).every(Boolean)).toBe(true);
});

it("allows never more than its rate and its burst make in any span, and never less than its rate to who is patient (S287)", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 200 }),
      (perSecond, burstMs, gaps) => {
        const bucket = new TokenBucket(perSecond, burstMs, 0);
        const burst = Math.max(1, (perSecond * burstMs) / 1_000);
        let nowMs = 0;
        const taken: number[] = [];
        for (const gapMs of gaps) {
          nowMs += gapMs;
          const before = taken.filter((atMs) => nowMs - atMs < 1_000 / perSecond).length;
          if (bucket.take(nowMs)) taken.push(nowMs);
          // Nothing happened for as long as one takes: one is there.
          else expect(before).toBeGreaterThan(0);
        }
        for (const [index, fromMs] of taken.entries()) {
          for (const [more, toMs] of taken.slice(index).entries()) {
            expect(more + 1).toBeLessThanOrEqual(burst + ((toMs - fromMs) * perSecond) / 1_000 + 1e-6);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});
