import { describe, expect, it } from "vitest";
import { campaign } from "./fuzz/campaign.ts";
import { shrink } from "./fuzz/shrink.ts";

// A hundred thousand: npm run fuzz -- code

describe("compiled code does what JavaScript does, wherever it is captured, moved or ended (S93)", () => {
  it.each([
    { seed: 1, count: 15, size: 45 },
    { seed: 2, count: 100, size: 8 },
  ])("seed $seed, $count programs of size $size", { timeout: 60_000 }, ({ seed, count, size }) => {
    const { differences, programs, moves } = campaign(seed, count, size);
    expect(differences).toEqual([]);
    expect(programs).toBeGreaterThan(count / 2);
    expect(moves).toBeGreaterThan(count);
  });

  it("and a program that differs is made small", () => {
    const text =
      "function* main(n) { const out = []; { if (n > 1) { out.push(n * 2); yield* v(n + (yield* v(3))); } } return [out, n]; }";
    const small = shrink(text, (candidate) => candidate.includes("yield* v(") && candidate.includes("n * 2"));
    expect(small.length).toBeLessThan(text.length / 2);
    expect(small).toContain("n * 2");
  });
});
