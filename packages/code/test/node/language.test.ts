import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DefinitionError } from "../../src/index.ts";
import { checkRemote } from "../../src/rules.ts";
import { readFunction } from "../../src/syntax/read.ts";
import { compare } from "../fuzz/campaign.ts";
import { define } from "../fuzz/differential.ts";

// The page on the language, row by row.

const page = readFileSync(path.join(import.meta.dirname, "../../../../docs/language.md"), "utf8");

/** The cells of the table under a heading, its head left out. */
function rows(heading: string): readonly (readonly string[])[] {
  const section = page.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim()),
  );
}

/** The code in a cell: what is between its backticks. */
function code(cell = ""): string {
  return /^(`+)(.*)\1$/.exec(cell)?.[2]?.trim() ?? cell;
}

function program(example: string): string {
  return `function* main(n, m) { const out = []; ${example} return out; }`;
}

describe("the page on the language (S162)", () => {
  it.each(rows("Supported"))("%s: %s", (_, example) => {
    const { difference, moves, stuck } = compare(program(code(example)), 0);
    expect(difference).toBeNull();
    expect(stuck).toBe(false);
    expect(moves).toBeGreaterThan(0);
  });

  it.each(rows("Refused where it is defined"))("%s: %s", (_, example, message) => {
    expect(refusal(program(code(example)))).toContain(message);
  });

  it("has rows", () => {
    expect(rows("Supported").length).toBeGreaterThan(25);
    expect(rows("Refused where it is defined").length).toBeGreaterThan(15);
  });
});

/** From the text alone where the engine would not even read it. */
function refusal(text: string): string {
  try {
    checkRemote(readFunction(text, "main", null).root, "main");
    define(text);
  } catch (error) {
    if (error instanceof DefinitionError) return error.message;
    throw error;
  }
  return "not refused";
}
