import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type AnyNode, parse } from "acorn";
import { expect, it } from "vitest";
import { DefinitionError } from "../../src/index.ts";
import { expectSameAgain } from "../text.ts";

/** Real code: every function of the parser's own source. */
function functionsOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: AnyNode): void => {
    if (/^(Function|Arrow|Class)\w*(Expression|Declaration)$/.test(node.type))
      found.push(source.slice(node.start, node.end));
    for (const part of Object.values(node) as unknown[]) {
      for (const element of Array.isArray(part) ? part : [part]) {
        if (typeof element === "object" && element !== null && "type" in element) visit(element as AnyNode);
      }
    }
  };
  visit(parse(source, { ecmaVersion: "latest", sourceType: "module" }));
  return found;
}

it("functions of a large program read the same after printing", { timeout: 60_000 }, () => {
  const source = readFileSync(
    createRequire(import.meta.url)
      .resolve("acorn")
      .replace(/\.js$/, ".mjs"),
    "utf8",
  );
  let same = 0;
  for (const text of functionsOf(source)) {
    try {
      expectSameAgain(text);
      same++;
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
    }
  }
  expect(same).toBeGreaterThan(60);
});
