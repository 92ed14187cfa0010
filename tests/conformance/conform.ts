import { exhaust, simulate } from "@espalier/testkit";
import { expect, it } from "vitest";
import { opsOf, type Section } from "./rule.ts";

/** How many random orders each rule is run in, after the one that is first come, first served. */
const orders = 4;
/** How many runs at most for those that are run in every order. */
const runsMax = 200;

/** The rules of a section as tests, in the simulated world. */
export function conform({ rules }: Section): void {
  it.each(rules)("$title", async ({ scenario, options: { everyOrder = false } }) => {
    const ops = opsOf(1);
    for (let seed = 1; seed <= 1 + orders; seed += 1) {
      const schedule = { type: seed === 1 ? "fifo" : "random" } as const;
      const result = await simulate(scenario, { seed, ops, schedule, crypto: "plain", inertFaults: "fail" });
      expect(result.failure?.text).toBeUndefined();
    }
    if (!everyOrder) return;
    const { failure } = await exhaust(scenario, { seed: 1, ops, crypto: "plain", runsMax });
    expect(failure?.failure?.text).toBeUndefined();
  });
}
