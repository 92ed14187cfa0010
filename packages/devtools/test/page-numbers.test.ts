import { describe, expect, it } from "vitest";
import {
  bytes,
  changePerSecond,
  count,
  duration,
  grouped,
  percent,
  perSecond,
  plural,
} from "../src/browser/numbers.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("how the page writes numbers", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [9_999, "9,999"],
    [10_000, "10k"],
    [12_345, "12.3k"],
    [99_960, "100k"],
    [999_499, "999k"],
    [999_500, "1M"],
    [4_560_000, "4.56M"],
    [1_200_000_000, "1.2G"],
    [-1_204, "−1,204"],
    [-31_000, "−31k"],
  ])("counts %d as %s", (value, text) => {
    expect(count(value)).toBe(text);
  });

  it("groups every digit", () => {
    expect([0, 100, 1_000, 41_203, 1_234_567].map(grouped)).toEqual(["0", "100", "1,000", "41,203", "1,234,567"]);
  });

  it.each([
    [0, "0 ms"],
    [0.42, "0.4 ms"],
    [9.96, "10 ms"],
    [740, "740 ms"],
    [999.6, "1 s"],
    [1_800, "1.8 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min"],
    [184_000, "3 min 4 s"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [273_600_000, "3 d 4 h"],
    [-5_000, "−5 s"],
  ])("writes a duration of %d ms as %s", (ms, text) => {
    expect(plain(duration(ms))).toBe(text);
  });

  it("writes sizes with their unit", () => {
    expect([0, 999, 1_000, 412_400_000, 999_600_000, 1.04e9].map((value) => plain(bytes(value)))).toEqual([
      "0 B",
      "999 B",
      "1 kB",
      "412 MB",
      "1 GB",
      "1.04 GB",
    ]);
  });

  it("tells a rate that is nought from one that is not known", () => {
    expect(perSecond(0)).toBe("0/s");
    expect(perSecond(null)).toBe("–");
    expect(perSecond(0.5)).toBe("0.5/s");
    expect(changePerSecond(0)).toBe("");
    expect(changePerSecond(null)).toBe("");
    expect(changePerSecond(310)).toBe("+310/s");
    expect(changePerSecond(-4.25)).toBe("−4.3/s");
  });

  it("writes parts and plurals", () => {
    expect(plain(percent(0.624))).toBe("62 %");
    expect(plain(plural(1, "process", "processes"))).toBe("1 process");
    expect(plain(plural(1_204, "process", "processes"))).toBe("1,204 processes");
  });
});
