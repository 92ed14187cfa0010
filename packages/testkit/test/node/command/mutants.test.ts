import { describe, expect, it } from "vitest";
import { type Mutant, runMutants } from "../../../src/node/command/index.ts";
import { mutate } from "../../../src/node/mutants/mutant.ts";
import { list } from "./fixture/mutants.ts";

const [caught, harmless] = list.mutants as [Mutant, Mutant];

describe("mutants", { timeout: 60_000 }, () => {
  it("are caught by the property that they break, or survive what does not notice them", async () => {
    const told: string[] = [];
    const results = await runMutants(list, { jobs: 2, onResult: ({ mutant }) => told.push(mutant.id) });
    expect(told.toSorted()).toEqual(["M1", "M2"]);
    expect(results).toMatchObject([
      { mutant: { id: "M1" }, verdict: "caught", seed: 1, property: "settled", runs: 1 },
      { mutant: { id: "M2" }, verdict: "survived", seed: null, property: null, runs: 5 },
    ]);
    expect(results[0]?.text).toMatch(
      /^M1 +caught +stores before it counts \(settled, seed 1: .*stored less than counted/,
    );
    expect(results[1]?.text).toMatch(/^M2 +survived +says it in other words \(5 seeds from 1 on\)$/);
  });

  it("are looked for from seed 1 on, whatever is recorded", async () => {
    const mutants = [{ ...caught, seed: 77 }];
    expect(await runMutants({ ...list, mutants }, { fromScratch: true })).toMatchObject([
      { verdict: "caught", seed: 1 },
    ]);
    expect(await runMutants({ ...list, mutants })).toMatchObject([{ verdict: "caught", seed: 77 }]);
  });

  it("show nothing where the scenario fails without them, does not load the file, does not end, or cannot be run", async () => {
    const wrong = (id: string, change: Partial<Mutant>): Mutant => ({ ...harmless, id, ...change });
    const mutants = [
      wrong("X1", { scenario: ["scenarios.ts", "forgetful ledger"], seedsMax: 50 }),
      wrong("X2", { file: "mutants.ts", find: "says it in", replace: "says this in" }),
      wrong("X3", { find: "this.count += by;", replace: "for (;;);" }),
      wrong("X4", { find: "this.count += by;", replace: "this.count +=;" }),
      wrong("X5", { scenario: ["scenarios.ts", "nobody"] }),
    ];
    const results = await runMutants({ ...list, mutants }, { jobs: 2, timeMs: 3_000 });
    expect(results.map(({ verdict }) => verdict)).toEqual(["broken", "error", "hung", "error", "error"]);
    expect(results[0]?.what ?? results[0]?.text).toContain("without it too");
    expect(results[1]?.text).toContain("does not load mutants.ts, so it cannot notice");
    expect(results[4]?.text).toContain(
      'expected an exported scenario with the name "nobody", got "forgetful ledger", ',
    );
  });

  it("do not run when their text is not where it was, and say which", async () => {
    const run = (change: Partial<Mutant>) => runMutants({ ...list, mutants: [{ ...caught, ...change }] });
    await expect(run({ find: "this.count -= by" })).rejects.toThrow(
      'mutant M1 does not apply any more: expected the text exactly once in ledger.ts, got it 0 times: "this.count -= by"',
    );
    await expect(run({ find: "this." })).rejects.toThrow("expected the text exactly once in ledger.ts, got it 3 times");
    await expect(run({ find: "this.", index: 3 })).rejects.toThrow("expected the text 4 times or more");
    await expect(run({ find: "" })).rejects.toThrow("got it 0 times");
    await expect(run({ file: "gone.ts" })).rejects.toThrow("mutant M1 does not apply any more: ENOENT");
    await expect(run({ replace: caught.find })).rejects.toThrow("mutant M1: expected another text in place of");
    await expect(runMutants({ ...list, mutants: [caught, caught] })).rejects.toThrow(
      "mutant M1: expected an id that is not taken",
    );
    await expect(runMutants(list, { only: ["M9"] })).rejects.toThrow("mutant M9: expected one of M1, M2");
  });

  it("replace the occurrence that they name", () => {
    const change = { ...caught, find: "a", replace: "b" };
    expect(mutate("xax", change)).toBe("xbx");
    expect(mutate("aaa", { ...change, index: 1 })).toBe("aba");
    expect(mutate("aaa", { ...change, index: 2, replace: "$&" })).toBe("aa$&");
  });
});
