import { describe, expect, test } from "vitest";
import { episode } from "../fuzz/campaign.ts";

// A million: npm run fuzz -- wire

describe("a node that is besieged with changed handshakes, frames and messages does nothing that it should not, and goes on (S288)", () => {
  test.each([
    { whose: "a stranger", seed: 1, count: 700, trusted: false, introduced: false, crypto: "plain" },
    { whose: "one that was introduced", seed: 2, count: 700, trusted: false, introduced: true, crypto: "plain" },
    { whose: "somebody who is trusted", seed: 3, count: 700, trusted: true, introduced: false, crypto: "plain" },
    { whose: "a stranger, really encrypted", seed: 4, count: 150, trusted: false, introduced: false, crypto: "real" },
  ] as const)("by $whose: seed $seed, $count mutants", { timeout: 60_000 }, async ({ count, ...siege }) => {
    const { failure, mutants, tally } = await episode({ ...siege, count });
    expect(failure).toBeNull();
    expect(mutants).toBe(count);
    // It would be no good if nothing came through, or everything.
    expect(tally["message: taken"]).toBeGreaterThan(count / 20);
    expect(tally["message: ended"]).toBeGreaterThan(count / 20);
  });
});
