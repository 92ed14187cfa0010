import { simulate, type Scenario } from "@espalier/testkit";
import { expect, test } from "vitest";
import * as fencing from "./scenarios/fencing.ts";
import * as heartbeats from "./scenarios/heartbeats.ts";
import * as leases from "./scenarios/leases.ts";
import * as links from "./scenarios/links.ts";
import * as trees from "./scenarios/trees.ts";
import * as travelling from "./scenarios/travelling.ts";

/** Every scenario of the proof, how many seeds of each fit into the gate, and what they show. More: `espalier chaos run`. */
const proof: readonly (readonly [
  module: Readonly<Record<string, Scenario<any, any>>>,
  seeds: number,
  shown: string,
])[] = [
  [leases, 20, " (S144)"],
  [fencing, 6, " (S144)"],
  [heartbeats, 12, ""],
  [travelling, 24, ""],
  [links, 24, ""],
  [trees, 40, ""],
];

for (const [module, seeds, shown] of proof) {
  for (const scenario of Object.values(module)) {
    test(`${scenario.name}: ${seeds} seeds${shown}`, { timeout: 120_000 }, async () => {
      const reached = new Set<string>();
      let effective = 0;
      let planned = 0;
      for (let seed = 1; seed <= seeds; seed += 1) {
        // Node's cryptography takes half of the time: every tenth has it.
        const result = await simulate(scenario, { seed, ...(seed % 10 === 1 ? {} : { crypto: "plain" }) });
        expect(result.failure?.text).toBeUndefined();
        for (const mark of result.marks.keys()) reached.add(mark);
        effective += result.faults.filter((fault) => fault.effective > 0).length;
        planned += result.faults.length;
      }
      expect(scenario.sometimes.filter((mark) => !reached.has(mark))).toEqual([]);
      // A fault that does not bite shows nothing.
      expect(effective).toBeGreaterThanOrEqual(planned / 4);
    });
  }
}

test("the same seed twice gives the same run, to the byte", { timeout: 60_000 }, async () => {
  for (const seed of [3, 4]) {
    const first = await simulate(travelling.travelling, { seed });
    expect(await simulate(travelling.travelling, { seed })).toEqual(first);
  }
});
