import { describe, expect, it } from "vitest";
import { hopLines, hopsMax, packHops, parseHops, unpackHops } from "../src/moving/hops.ts";

const hop = (from: string, line = 1): { from: string; at: string } => ({ from, at: `job (file:///app.ts:${line}:3)` });

describe("where a process was", () => {
  it("is written as frames, the latest first, in the form that tools read", () => {
    expect(hopLines({ count: 3, last: [hop("aaa", 1), hop("bbb", 2), hop("bbb", 3)] }, "cccccccccccc")).toEqual([
      "    at job [moved from bbb to cccccccc] (file:///app.ts:3:3)",
      "    at job [resumed on bbb] (file:///app.ts:2:3)",
      "    at job [moved from aaa to bbb] (file:///app.ts:1:3)",
    ]);
    expect(hopLines({ count: 5, last: [hop("aaa")] }, "b").at(-1)).toBe("    at 4 earlier moves (<anonymous>)");
  });

  it("travels with each place once", () => {
    const hops = { count: 12, last: [hop("aaa", 1), hop("bbb", 2), hop("aaa", 1)] };
    const packed = packHops(hops);
    expect(packed.places).toHaveLength(2);
    expect(unpackHops(parseHops(packed))).toEqual(hops);
    expect(unpackHops(parseHops(null))).toBeNull();
  });

  it("is believed only as far as it is a bounded list of places (S212)", () => {
    const places = ["job (file:///app.ts:1:3)"];
    expect(parseHops(undefined)).toBeNull();
    expect(parseHops({ count: 0, places, last: [["aaa", 0]] })?.count).toBe(1);
    const wrong: readonly unknown[] = [
      7,
      { count: -1, places, last: [] },
      { count: 0.5, places, last: [] },
      { count: 1, places, last: "x" },
      { count: 9, places, last: Array.from({ length: hopsMax + 1 }, () => ["aaa", 0]) },
      { count: 9, places: Array.from({ length: hopsMax + 1 }, () => places[0]), last: [] },
      { count: 1, places, last: [null] },
      { count: 1, places, last: [["a b", 0]] },
      { count: 1, places, last: [["a".repeat(9), 0]] },
      { count: 1, places, last: [["a", 1]] },
      { count: 1, places, last: [["a", -1]] },
      { count: 1, places: "x", last: [] },
      { count: 1, places: ["job (x)\n    at admin (y)"], last: [["a", 0]] },
      { count: 1, places: ["job"], last: [["a", 0]] },
      { count: 1, places: [`job (${"x".repeat(300)})`], last: [["a", 0]] },
    ];
    for (const data of wrong) expect(() => parseHops(data), JSON.stringify(data)).toThrow(TypeError);
  });
});
