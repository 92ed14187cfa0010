import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ddmin } from "../../src/campaign/ddmin.ts";

describe("ddmin", { timeout: 60_000 }, () => {
  const subset = fc.integer({ min: 0, max: 40 }).chain((length) =>
    fc.record({
      list: fc.constant(Array.from({ length }, (_, index) => index)),
      needed: fc.subarray(Array.from({ length }, (_, index) => index)),
    }),
  );

  it("finds exactly what is needed, whatever that is", async () => {
    await fc.assert(
      fc.asyncProperty(subset, async ({ list, needed }) => {
        const minimum = await ddmin(list, async (part) => needed.every((entry) => part.includes(entry)));
        expect(minimum).toEqual(needed);
      }),
    );
  });

  it("ends where no single entry can be left out, where several parts would do", async () => {
    const set = fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(set, { minLength: 1, maxLength: 4 }), async (alternatives) => {
        const passes = (part: readonly number[]): boolean =>
          alternatives.some((needed) => needed.every((entry) => part.includes(entry)));
        const list = Array.from({ length: 16 }, (_, index) => index);
        const minimum = await ddmin(list, async (part) => passes(part));
        expect(passes(minimum)).toBe(true);
        for (const entry of minimum) expect(passes(minimum.filter((other) => other !== entry))).toBe(false);
      }),
    );
  });

  it("gives the best so far when the budget is spent", async () => {
    const list = Array.from({ length: 32 }, (_, index) => index);
    for (let budget = 0; budget < 60; budget += 1) {
      let left = budget;
      const minimum = await ddmin(list, async (part) => {
        left -= 1;
        return left < 0 ? null : part.includes(3) && part.includes(30);
      });
      expect(minimum).toEqual(expect.arrayContaining([3, 30]));
    }
  });

  it("asks few times where one of many is needed", async () => {
    let asked = 0;
    await ddmin(
      Array.from({ length: 1_024 }, (_, index) => index),
      async (part) => {
        asked += 1;
        return part.includes(700);
      },
    );
    expect(asked).toBeLessThan(30);
  });
});
