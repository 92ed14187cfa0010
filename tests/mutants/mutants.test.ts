import { runMutants, type MutantResult } from "@espalier/testkit/command";
import { beforeAll, describe, expect, it } from "vitest";
import { gated, list } from "./list.ts";

const results = new Map<string, MutantResult>();

beforeAll(async () => {
  // Each in a process of its own, one for each core of a small machine.
  for (const result of await runMutants({ ...list, mutants: gated }, { jobs: 2 }))
    results.set(result.mutant.id, result);
}, 240_000);

describe("a seeded mistake is noticed at its recorded seed, by what holds without it (S159)", () => {
  it.each(gated)("$id: $title", ({ id, seed }) => {
    expect(seed, "a recorded seed").toBeTypeOf("number");
    const result = results.get(id);
    expect(result?.verdict, result?.text).toBe("caught");
  });
});
