import { describe, expect, it } from "vitest";
import { authorNames, uniqueNames } from "../src/syntax/names.ts";
import { Printer } from "../src/syntax/print.ts";
import { readFunction } from "../src/syntax/read.ts";
import { render } from "../src/syntax/text.ts";
import { Grammar } from "./fuzz/grammar.ts";
import { SeededRandom } from "./fuzz/random.ts";
import { expectSameAgain } from "./text.ts";

const printed = (text: string): string => {
  const { root, free } = readFunction(text, "f", null);
  return render(new Printer(authorNames(root, free.keys())).expression(root));
};

describe("printed code reads as what it was printed from", () => {
  it.each([
    "(a) => { ('not a directive'); ({ a }).b; (function () {})(); (class {}).name; ({ a } = a); [a] = a; }",
    "(a, b, c) => [(a, b), (a = b) ? b : c, (a ? b : c) ? b : c, (a || b) ?? c, a || (b && c), (a ?? b) || c, a - (b - c), (a ** b) ** c, (-a) ** b]",
    "(a) => [- -a, + +a, - --a.x, !(!a), typeof void a, -(a++), (await_) => await_, (a, a)]",
    "(a) => [new (a())(), new a.b(), new (a.b())(), (new a).b, new (a().b)(), new (class {})(), new new a()()]",
    "(a) => [(a?.b).c, a?.b.c, a?.[0]?.(1), (a?.b)(), (() => a)(), (function () {}).x, 1..x, (1.5).x, ({}).x]",
    "(a) => ({ 'x y': 1, 5: 2, [a]: 3, get p() { return 1; }, set p(v) {}, async *m() {}, ...a, __proto__: a, ['__proto__']: a, async: a, get: a })",
    "() => { for (let i = ('a' in {}) ? 1 : 2, j = () => ('b' in {}); i < 2; i++) { } for (('a' in {}); ;) break; }",
    "(a) => { if (a) if (!a) return; else return 1; while (a) a--; do a++; while (a < 3); l: for (const k in a) continue l; for (a.x of []) ; for ([a] of []) ; }",
    "(t, a) => [`\\`\\${x}\\\\${a}`, t`\\n\\u{41}${a}\\unicode`, `line\nline`, /[/]\\/(?<n>x)/giu, 'a\\u2028\"', 1e999, -0, 0xffn]",
    "class extends Map { #p = 1; static #q; static { this.x = 1; } static async *[Symbol.iterator]() {} get #r() { return #p in this; } constructor(...a) { super(...a); new.target; } 'constructor name'() { super.clear(); } static get = 5; get; }",
    "async (a, [b, , c = 1, ...d], { e, f: [g] = [], ...h } = {}, ...i) => { for await (const x of a) await x; await (a ? b : c); }",
    "function* f(a) { const x = yield; yield* (yield a, a); return yield; }",
    "(a) => { switch (a) { case 1: case 2: { break; } default: let x = 1; function g() { return x; } class C {} } try { throw a; } catch { } finally { debugger; } }",
    "($pc, $r, $, x$1, x) => { { let x = 1; x$1 = x; } return $pc + $r + $ + x; }",
    "() => { const a = async () => {}, b = async function* g() { g; }; (async () => {})(); return (x) => ({}).y; }",
  ])("%s", (text) => {
    expectSameAgain(text);
  });

  it("for random programs", { timeout: 60_000 }, () => {
    for (let seed = 0; seed < 80; seed++) expectSameAgain(new Grammar(new SeededRandom(seed), 25).program());
  });
});

describe("printed code", () => {
  it("keeps the author's lines, and columns where it can", () => {
    const text =
      "(xs) => {\n  const ys = xs\n    .map((x) => x + 1)\n    .filter(Boolean);\n\n  return {\n    ys,\n    n: 1,\n  };\n}";
    const lines = printed(text).split("\n");
    expect(lines.map((line) => line.trimEnd())).toEqual([
      "(xs) => {",
      "  const ys = xs",
      "    .map((x) => x + 1)",
      "    .filter(Boolean);",
      "",
      "  return {",
      "    ys: ys,",
      "    n: 1 }; }",
    ]);
  });

  it("names each variable once when it must, by the author's name first", () => {
    const { root, free } = readFunction("(x) => { { let x = 1; $a(x); } return x; var $b; }", "f", null);
    expect(render(new Printer(uniqueNames(root, free.keys())).expression(root))).toBe(
      "(x) => { { const x$1 = 1; _$a(x$1); } return x; var _$b; }",
    );
  });
});
