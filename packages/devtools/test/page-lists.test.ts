import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lines } from "../src/browser/lines.ts";
import { asked, drawn, scrolledTo, type Scroll } from "../src/browser/list-window.ts";

describe("a stream cut into lines", () => {
  it("gives the same lines wherever the pieces end", () => {
    const lines = fc.array(fc.string({ minLength: 1 }).filter((text) => !/[\r\n]/.test(text)));
    fc.assert(
      fc.property(lines, fc.array(fc.nat(40)), (given, cuts) => {
        const text = given.map((line) => `${line}\n`).join("");
        const splitter = new Lines(1_000);
        const got: string[] = [];
        let from = 0;
        for (const length of [...cuts, text.length]) {
          got.push(...splitter.push(text.slice(from, from + length)));
          from += length;
        }
        expect(got).toEqual(given);
      }),
    );
  });

  it("holds no more than its limit, whole line or not", () => {
    expect(() => new Lines(10).push("01234567890")).toThrow(RangeError);
    expect(() => new Lines(10).push("01234567890\n")).toThrow(RangeError);
    const lines = new Lines(10);
    expect(lines.push("0123456789\n\n01234")).toEqual(["0123456789"]);
    expect(() => lines.push("567890")).toThrow("got 11");
  });
});

describe("the rows of a long list that are drawn", () => {
  const scrolls = fc.record({
    topPx: fc.nat(2_700_000),
    heightPx: fc.integer({ min: 0, max: 2_000 }),
    rowPx: fc.integer({ min: 16, max: 60 }),
    total: fc.nat(100_000),
  });

  it("are all those that are seen, few more, and none beyond the end", () => {
    fc.assert(
      fc.property(scrolls, (scroll) => {
        const { first, count } = drawn(scroll);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first + count).toBeLessThanOrEqual(Math.max(scroll.total, first));
        expect(count).toBeLessThanOrEqual(Math.ceil(scroll.heightPx / scroll.rowPx) + 18);
        const seenFrom = Math.floor(scroll.topPx / scroll.rowPx);
        const seenTo = Math.min(scroll.total, Math.ceil((scroll.topPx + scroll.heightPx) / scroll.rowPx));
        for (let row = seenFrom; row < seenTo; row += 1) {
          expect(row >= first && row < first + count, `row ${row} is drawn`).toBe(true);
        }
      }),
    );
  });

  it("are among those that are asked for, of which there are at most 500", () => {
    fc.assert(
      fc.property(scrolls, (scroll) => {
        const part = drawn(scroll);
        const all = asked(scroll);
        expect(all.count).toBeLessThanOrEqual(500);
        if (part.count === 0 || scroll.topPx > scroll.total * scroll.rowPx) return;
        expect(all.first).toBeLessThanOrEqual(part.first);
        expect(all.first + all.count).toBeGreaterThanOrEqual(part.first + part.count);
      }),
    );
  });

  it("are asked for anew only after some rows", () => {
    const windows = Array.from({ length: 640 }, (_, row) =>
      JSON.stringify(asked({ topPx: row * 26, heightPx: 520, rowPx: 26, total: 1_000 })),
    );
    expect(new Set(windows).size).toBeLessThanOrEqual(42);
  });

  it("come into sight by the shortest way", () => {
    const scroll: Scroll = { topPx: 260, heightPx: 286, rowPx: 26, total: 100 };
    expect(scrolledTo(3, scroll, 26)).toBe(78);
    expect(scrolledTo(15, scroll, 26)).toBe(260);
    expect(scrolledTo(20, scroll, 26)).toBe(21 * 26 - 260);
  });
});
