import { describe, expect, it } from "vitest";
import { KeyedRandom } from "../src/index.ts";

const take = (random: KeyedRandom, label: string, count: number): number[] =>
  Array.from({ length: count }, () => random.stream(label).unit());

describe("random numbers by label", () => {
  it("are the same for the same seed and label, whatever other labels draw", () => {
    const alone = take(new KeyedRandom(7), "x", 100);
    const mixed = new KeyedRandom(7);
    const between = Array.from({ length: 100 }, (_, n) => {
      take(mixed, `other ${n}`, n % 5);
      return mixed.stream("x").unit();
    });
    expect(between).toEqual(alone);
  });

  it("differ between seeds, labels, and high halves of seeds", () => {
    const first = take(new KeyedRandom(7), "x", 3);
    expect(take(new KeyedRandom(8), "x", 3)).not.toEqual(first);
    expect(take(new KeyedRandom(7 + 2 ** 32), "x", 3)).not.toEqual(first);
    expect(take(new KeyedRandom(7), "y", 3)).not.toEqual(first);
  });

  it("are spread evenly, bytes as well as units", () => {
    const random = new KeyedRandom(1);
    const units = Array.from({ length: 16 }, () => 0);
    const bytes = Array.from({ length: 16 }, () => 0);
    for (let n = 0; n < 16_000; n += 1) units[random.stream("u").below(16)]! += 1;
    // Each from a label of its own: labels must not be alike either.
    for (let n = 0; n < 4_000; n += 1) for (const byte of random.stream(`b${n}`).bytes(4)) bytes[byte >> 4]! += 1;
    for (const count of [...units, ...bytes]) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it("choose within what was asked for", () => {
    const stream = new KeyedRandom(1).stream("x");
    for (let n = 0; n < 1_000; n += 1) {
      expect(stream.between(5, 6)).toSatisfy((value: number) => value >= 5 && value < 6);
      expect(["a", "b"]).toContain(stream.pick(["a", "b"]));
    }
    expect([stream.chance(0), stream.chance(1), stream.bytes(7).length]).toEqual([false, true, 7]);
    expect(() => stream.pick([])).toThrow(RangeError);
  });
});
