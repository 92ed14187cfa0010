import { simulate, type Scenario } from "@espalier/testkit";
import { expect, test } from "vitest";

/**
 * A test for each scenario of a module, of its seeds from 1 on: as many as fit into the commit gate. More: `espalier chaos run`.
 *
 * @param shown which statements of the semantics they show, as the title of a test names them.
 */
export function prove(module: Readonly<Record<string, Scenario<any, any>>>, seeds: number, shown: string = ""): void {
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
