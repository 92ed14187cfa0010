import { readFile } from "node:fs/promises";
import net from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtin, DefinitionError, fn, hashOf, useResolver } from "../../src/index.ts";
import { inspectorResolver } from "../../src/node/index.ts";
import { written } from "../text.ts";

const resolver = inspectorResolver();
beforeAll(() => useResolver(resolver));
afterAll(() => useResolver(null));

/** A function in a scope of its own, as a tool that renames would leave it. */
function renamed(scope: Record<string, unknown>, text: string): () => unknown {
  const make = (0, eval)(`(function (${Object.keys(scope).join(", ")}) { return ${text}; })`) as (
    ...values: unknown[]
  ) => () => unknown;
  return make(...Object.values(scope));
}

describe("the inspector", () => {
  it("tells what names stand for in a function's scope", () => {
    const value = { some: "object" };
    const f = renamed({ a: value, b: 5, c: "text" }, "() => [a, b, c, missing]");
    expect(resolver.variables(f, ["a", "b", "c", "missing"])).toEqual(
      new Map<string, unknown>([
        ["a", value],
        ["b", 5],
        ["c", "text"],
      ]),
    );
    expect(resolver.variables(f, ["a"])?.get("a")).toBe(value);
  });

  it("leaves nothing behind", () => {
    resolver.variables(() => 1, ["x"]);
    expect(
      Object.getOwnPropertySymbols(globalThis).filter((symbol) => symbol.description === "espalier.inspected"),
    ).toEqual([]);
  });

  it("tells where a function begins", () => {
    const f = (0, eval)("\n\n(() => 1)") as () => number;
    expect(resolver.line(f)).toBe(3);
  });
});

describe("a dependency that a tool has renamed is recognised by its value (S165)", () => {
  const inc = fn((x: number) => x + 1);
  const hash = hashOf(fn({ inc }, renamed({ inc }, "() => inc(1)")));

  it.each([
    ["as a name", { inc2: inc }, "() => inc2(1)"],
    ["in the namespace of an import", { util_1: { inc } }, "() => (0, util_1.inc)(1)"],
    [
      "under another name there",
      { __vite_ssr_import_0__: { increment: inc } },
      "() => (0, __vite_ssr_import_0__.increment)(1)",
    ],
    ["in a namespace of any name", { ns: { default: inc } }, "() => ns.default(1)"],
  ])("%s", (_, scope, text) => {
    const f = renamed(scope, text);
    fn({ inc }, f);
    expect(hashOf(f)).toBe(hash);
  });

  it("and a namespace that is a dependency itself stays one", () => {
    const util = { inc: 5 };
    const f = renamed({ __vite_ssr_import_0__: util }, "() => __vite_ssr_import_0__.inc");
    fn({ util }, f);
    expect(hashOf(f)).toBe(hashOf(fn({ util }, written("() => util.inc"))));
  });

  it("and a builtin's member keeps its place in the namespace", () => {
    const namespace = { transferTo: () => null };
    builtin("Places", namespace);
    const { transferTo } = namespace;
    const direct = hashOf(fn({ transferTo }, written("() => transferTo()")));
    const f = renamed({ __vite_ssr_import_0__: { transferTo } }, "() => __vite_ssr_import_0__.transferTo()");
    expect(hashOf(fn({ transferTo }, f))).toBe(direct);
    const through = fn(renamed({ Places: namespace }, "() => Places.transferTo()"));
    // A bundler takes namespaces apart; a compiler to CommonJS does so through one of its own.
    for (const [scope, text] of [
      [{ t: transferTo }, "() => t()"],
      [{ words_1: { transferTo } }, "() => (0, words_1.transferTo)()"],
      [{ words_1: { Places: namespace } }, "() => words_1.Places.transferTo()"],
    ] as const) {
      expect(hashOf(fn(renamed(scope, text)))).toBe(hashOf(through));
    }
  });

  it("and what only has the name of a builtin is not taken for it", () => {
    builtin("Clock", { now: () => null });
    expect(() => fn(renamed({ Clock: { now: () => 5 } }, "() => Clock.now()"))).toThrow("`Clock` is neither");
    expect(() => fn(written("() => Clock.now()"))).not.toThrow();
  });

  it.each([
    [
      "that changed places with another",
      { a: 2, b: 1 },
      { a: 1, b: 2 },
      "() => [a, b]",
      { a: 1, b: 2 },
      "() => [b, a]",
    ],
    ["of a namespace that was taken apart", { x: inc }, { shapes: { inc } }, "() => x(1)", { inc }, "() => inc(1)"],
  ] as const)("also one %s", (_, scope, declared, text, plainly, plain) => {
    expect(hashOf(fn(declared, renamed(scope, text)))).toBe(hashOf(fn(plainly, written(plain))));
  });

  it("also when it is declared later", () => {
    const later = fn(() => ({ inc }), renamed({ inc2: inc }, "() => inc2(1)"));
    expect(hashOf(later)).toBe(hash);
  });

  it("and what hides a standard global is not taken for it", () => {
    const own = (): number => 5;
    expect(() => fn(renamed({ Map: own }, "() => new Map()"))).toThrow(
      "`Map` (the function own) is neither a local, a declared dependency, a builtin nor a standard global; declare it: fn({ Map }, …)",
    );
    expect(hashOf(fn({ Map: own }, renamed({ Map: own }, "() => Map()")))).not.toBe(hashOf(fn(written("() => Map()"))));
    expect(() => fn(renamed({ Map }, "() => new Map()"))).not.toThrow();
  });

  it("and what belongs to Node is said to", () => {
    expect(() => fn({ readFile }, written("() => readFile('x')"))).toThrow(
      /^dependency `readFile`: it is a part of Node \(node:internal\/fs\/promises\).*call a remote\.private that uses it/,
    );
    expect(() => fn({ net }, written("() => new net.Socket()"))).toThrow(
      /^dependency `net\.Socket`: it is a part of Node \(node:net\)/,
    );
  });

  it("but never by its name alone", () => {
    expect(() => fn({ inc }, renamed({ a: (x: number) => x + 1 }, "() => a(1)"))).toThrow(DefinitionError);
  });
});

describe("without an inspector", () => {
  const inc = fn((x: number) => x + 1);
  const dec = fn((x: number) => x - 1);
  beforeAll(() => useResolver(null));
  afterAll(() => useResolver(resolver));

  it("a name that a tool changed is named, with what to do", () => {
    expect(() => fn({ inc }, written("() => inc2(1)"))).toThrow(
      "`inc2` is not declared, and what is declared as `inc` is not used: a build tool has renamed it, and this engine has no inspector that could tell. Build without renaming",
    );
  });

  it("the import that a compiler wrote out is read by its name only where that cannot be wrong", () => {
    expect(() => fn({ inc }, written("() => (0, util_1.inc)(1)"))).not.toThrow();
    expect(() => fn({ inc, dec }, written("() => (0, util_1.inc)(1)"))).toThrow(
      "`util_1.inc` may be the dependency of that name or, under another one, `dec`",
    );
  });
});
