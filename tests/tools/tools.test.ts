import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findings, type Row, table } from "./matrix.ts";

describe("one program through every tool (S91)", () => {
  let rows: readonly Row[];
  beforeAll(async () => {
    rows = await findings();
  });

  it("does and is called what the page about tools says (S164)", () => {
    const page = readFileSync(path.join(import.meta.dirname, "../../docs/tools.md"), "utf8");
    expect(page).toContain(table(rows));
  });

  it("works, or the error says what to do, with an inspector and without", () => {
    for (const { tool, seen, blind } of rows) {
      for (const outcome of [seen, blind]) {
        if ("error" in outcome)
          expect([tool, outcome.error]).toEqual([tool, expect.stringMatching(/set the target to|Build without/)]);
        else expect([tool, outcome.report.observed]).toEqual([tool, "report" in seen ? seen.report.observed : null]);
      }
    }
  });

  it("does what it was written to do", () => {
    const [first] = rows as readonly [Row];
    const { observed } = "report" in first.seen ? first.seen.report : { observed: [] };
    expect(observed.map(({ result }) => result)).toEqual([
      { total: 107, twice: 4 },
      12,
      [6, "nothing of 0 sides", 7],
      [50, 1000, "ms"],
      120,
      false,
      ["t:2/1", "t:2/2"],
      [11, 12, 13],
      [{ b: 3, "key-1": 9 }, "2000n", null],
      [{ b: 4, "key-2": 81 }, "2000n", true],
      ["a0", "RangeError: a at 1", "a1", "b0", "RangeError: b at 1", "b1"],
      undefined,
      ["two\nlines", true, "number", 255, false],
      ["fizz", true, "number", 255, false],
    ]);
    expect(observed.map(({ moves }) => moves)).toEqual([1, 1, 1, 6, 4, 3, 2, 3, 1, 1, 4, 1, 1, 1]);
  });
});
