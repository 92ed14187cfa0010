import { describe, expect, it } from "vitest";
import { Allowance } from "../../src/node/serving/allowance.ts";

describe("what the holders of one link may take (dev tools)", () => {
  it("is 250 ms of each second for looking, and 2 s at once after a rest", () => {
    const allowance = new Allowance(0);
    allowance.looked(1_999, 0);
    expect(allowance.mayLook(0)).toBe(true);
    // A look that has begun is not broken off: those after it wait for what it took too much.
    allowance.looked(1_001, 0);
    expect(allowance.mayLook(4_000)).toBe(false);
    expect(() => allowance.checkLook(4_000)).toThrow("more than 250 ms of each second");
    expect(allowance.mayLook(4_004)).toBe(true);
    allowance.looked(2_000, 1_000_000);
    expect([allowance.mayLook(1_000_000), allowance.mayLook(1_000_004)]).toEqual([false, true]);
  });

  it("is 50 questions a second, and 16 streams at once", () => {
    const allowance = new Allowance(0);
    for (let count = 0; count < 50; count += 1) allowance.question(0);
    expect(() => allowance.question(0)).toThrow("at most 50 questions a second");
    allowance.question(20);
    const releases = Array.from({ length: 16 }, () => allowance.stream());
    expect(() => allowance.stream()).toThrow("at most 16 streams");
    releases[0]?.();
    allowance.stream();
  });
});
