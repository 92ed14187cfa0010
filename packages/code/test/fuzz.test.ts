import { describe, expect, it } from "vitest";
import { campaign } from "./fuzz/campaign.ts";

// More, with other seeds: node packages/code/test/node/fuzz.ts SEED COUNT

describe("compiled code does what JavaScript does, wherever it is captured, moved or ended (S93)", () => {
  it.each([
    { seed: 1, count: 150, size: 45 },
    { seed: 2, count: 600, size: 10 },
  ])("seed $seed, $count programs of size $size", { timeout: 60_000 }, ({ seed, count, size }) => {
    const { differences, programs, moves } = campaign(seed, count, size);
    expect(differences).toEqual([]);
    expect(programs).toBeGreaterThan(count / 2);
    expect(moves).toBeGreaterThan(count);
  });
});
