import { expect, it } from "vitest";
import { abi } from "../src/index.ts";
import { readFunction } from "../src/syntax/read.ts";
import { compile } from "../src/transform/compile.ts";

// What a frame holds at each yield, in the order of slots, is part of what machines of different versions tell one another. When one of
// these changes, `abi` has to change with it.

const golden: Readonly<Record<string, readonly string[]>> = {
  "function* (a, b) { const c = a + 1; yield* v(b); return c; }": ["unit 0() `c`"],
  "function* (a) { for (let i = 0; i < a; i++) yield* v(i); }": ["unit 0() `a` `i`"],
  "function* (a) { for (let i = yield* v(0); i < 3; i++) a.push(i); return a; }": ["unit 0() `a`"],
  "function* (xs) { let n = 0; for (const x of xs) { n += yield* v(x); } return n; }": [
    "unit 0() the iterator of the for-of loop on line 1 an intermediate value on line 1",
  ],
  "function* (o) { for (const k in o) yield* v(o[k]); }": ["unit 0() `o` the iterator of the for-in loop on line 1"],
  "function* (k, a) { switch (k) { case 1: yield* v(a); case yield* v(2): return a; } }": [
    "unit 0() `a` an intermediate value on line 1 the case chosen on line 1",
    "unit 0() `a`",
  ],
  "function* (a, b) { try { yield* v(1); } catch (e) { yield* v(e); return b; } finally { yield* v(a); } }": [
    "unit 0() `a` `b` how the try on line 1 ended the pending result of the try on line 1",
    "unit 0() `a` `b`",
    "unit 0() how the try on line 1 ended the pending result of the try on line 1",
  ],
  "function* (a, b) { try { return a; } finally { yield* v(b); } }": [
    "unit 0() how the try on line 1 ended the pending result of the try on line 1",
  ],
  "function* (a, b) { return a.x(b, yield* v(1), [yield* v(2)], a?.y(yield* v(3))); }": [
    "unit 0() `a` `b`",
    "unit 0() `a` `b` an intermediate value on line 1",
    "unit 0() `a` `b` an intermediate value on line 1 an intermediate value on line 1 an intermediate value on line 1",
  ],
  "function* (a) { a.x += yield* v(1); a[yield* v(2)] ??= yield* v(3); }": [
    "unit 0() `a` an intermediate value on line 1",
    "unit 0() `a`",
    "unit 0() `a` an intermediate value on line 1 an intermediate value on line 1",
  ],
  "function* (a) { const { x = yield* v(1), ...r } = a; const [y, [z = yield* v(2)]] = r; return [x, y, z]; }": [
    "unit 0() an intermediate value on line 1",
    "unit 0() `x` `y` the iterator of the pattern on line 1 the iterator of the pattern on line 1",
  ],
  "function* (a, { b = 1, ...c } = {}) { yield* v(b); return [a, b, c]; }": ["unit 0() `a` `b` `c`"],
  "function* (a) { const f = (x) => x + a; yield* v(f(1)); return f(2); }": ["unit 0() `a`"],
  "function* (a) { const f = (x) => x + a; const fs = [f, () => a]; yield* v(1); return [f, fs]; }": [
    "unit 0() `f` `fs`",
    "function(a)",
    "function(a)",
  ],
  "function* (a) { let n = 0; const f = () => n++; const o = { f, m() { return this.f() + a; } }; yield* v(1); return o.m(); }":
    ["unit 0() `o`", "function(a)"],
  "function* (a) { const g = function* (x) { const y = yield* v(x); return a + y; }; yield* v(1); return yield* g(2); }":
    ["unit 0() `a`", "unit 0()", "unit 1(a) `a`"],
  "function* (a) { { using r = a.open(); yield* v(1); } return a; }": [
    "unit 0() `a` `r` the pending error of the block of line 1",
  ],
  "function* (a) { class A { m() { return a; } } yield* v(1); return new A().m(); }": ["unit 0() `a`"],
};

it("is version 2 (S163)", () => {
  expect(abi).toBe(2);
});

it.each(Object.entries(golden))("%s", (text, expected) => {
  const { root, free } = readFunction(text, "f", null);
  const { units, functions } = compile(root as never, free.keys(), "f");
  expect([
    ...units.flatMap(({ captured, positions }, unit) =>
      positions.map(({ slots }) => [`unit ${unit}(${captured.join()})`, ...slots].join(" ")),
    ),
    ...functions.map(({ captures }) => `function(${captures.map(({ name }) => name).join()})`),
  ]).toEqual(expected);
});
