import { expect, test } from "vitest";
import { extractFences } from "./fence.ts";
import { instrument } from "./instrument.ts";

test("a fence is found in Markdown and in doc comments, with its first line", () => {
  const markdown = ["# Title", "```ts", 'import { Node } from "espalier";', "```", "```ts", "const x = 1;", "```"].join(
    "\n",
  );
  expect(extractFences("a.md", markdown)).toEqual([
    { file: "a.md", line: 3, code: 'import { Node } from "espalier";', runs: true },
  ]);
  const source = [
    "/**",
    " * ```ts no-run",
    ' * import { x } from "@espalier/code";',
    " *",
    " *   x();",
    " * ```",
    " */",
  ].join("\n");
  expect(extractFences("a.ts", source)).toEqual([
    { file: "a.ts", line: 3, code: 'import { x } from "@espalier/code";\n\n  x();', runs: false },
  ]);
});

test("a fence that is not closed is refused", () => {
  expect(() => extractFences("a.md", "```ts\ncode")).toThrow("a.md:2: the fence is not closed");
  expect(() => extractFences("a.ts", "/**\n * ```ts\n */\nexport {};")).toThrow("a.ts:3: the fence is not closed");
});

test("an expression, a return and a declaration are checked, types and lines untouched", () => {
  const { code, promises } = instrument(
    [
      "const n: number = 1; // => 1",
      "n as number; // => 1",
      "function f() {",
      "  return [n,",
      "    n]; // => [1, 1]",
      "}",
    ].join("\n"),
    "./check.ts",
  );
  expect(code.split("\n")).toEqual([
    'import { check as __check } from "./check.ts"; const n: number = 1; __check(1, n, 1); // => 1',
    " __check(2, n as number, 1); // => 1",
    "function f() {",
    "  return __check(5,  [n,",
    "    n], [1, 1]); // => [1, 1]",
    "}",
  ]);
  expect(promises).toEqual([1, 2, 5]);
});

test("the statement that ends before the arrow is the one checked, not one inside it", () => {
  const { code } = instrument("await run(function* () {\n  return 1;\n}); // => 1", "./check.ts");
  expect(code).toBe(
    'import { check as __check } from "./check.ts";  __check(3, await run(function* () {\n  return 1;\n}), 1); // => 1',
  );
});

test("an arrow after something without a value is refused", () => {
  expect(() => instrument("if (true) {} // => 1", "./check.ts")).toThrow(
    'line 1: no statement with a value ends before "// =>"',
  );
});
