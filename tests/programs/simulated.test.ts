import { simulate } from "@espalier/testkit";
import { describe, expect, it } from "vitest";
import { programs } from "./list.ts";
import { begun, faultsOf, undisturbed } from "./scenario.ts";

const transfers = programs.reduce((sum, program) => sum + program.transfers, 0);
const plan = { seed: 1, ops: begun, crypto: "plain" } as const;

describe("between simulated nodes", () => {
  it("all of them, as they are written", async () => {
    const result = await simulate(undisturbed, plan);
    expect(result.failure?.text).toBeUndefined();
    // One more made the private functions known.
    expect(result.marks.get("transfer.arrived")).toBe(transfers + 1);
  });

  it.each([1, 2, 3, 6])("while links are slow or break, faults %i", async (seed) => {
    const result = await simulate(undisturbed, { ...plan, faults: faultsOf(seed) });
    expect(result.failure?.text).toBeUndefined();
  });
});
