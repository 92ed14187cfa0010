import { describe, expect, it } from "vitest";
import { hopLines, hopsMax, parseHops } from "../src/hops.ts";

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

  it("is believed only as far as it is a bounded list of places", () => {
    expect(parseHops(undefined)).toBeNull();
    expect(parseHops(null)).toBeNull();
    expect(parseHops({ count: 12, last: [hop("aaa")] })).toEqual({ count: 12, last: [hop("aaa")] });
    expect(parseHops({ count: 0, last: [hop("aaa")] })?.count).toBe(1);
    const wrong: readonly unknown[] = [
      7,
      { count: -1, last: [] },
      { count: 0.5, last: [] },
      { count: 1, last: "x" },
      { count: 9, last: Array.from({ length: hopsMax + 1 }, () => hop("aaa")) },
      { count: 1, last: [null] },
      { count: 1, last: [{ from: "a b", at: "job (x)" }] },
      { count: 1, last: [{ from: "a".repeat(9), at: "job (x)" }] },
      { count: 1, last: [{ from: "a", at: "job (x)\n    at admin (y)" }] },
      { count: 1, last: [{ from: "a", at: "job" }] },
      { count: 1, last: [{ from: "a", at: `job (${"x".repeat(300)})` }] },
    ];
    for (const data of wrong) expect(() => parseHops(data), JSON.stringify(data)).toThrow(TypeError);
  });
});
