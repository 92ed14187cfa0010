import { expect, it } from "vitest";
import { compare } from "./fuzz/campaign.ts";

// Programs that once went wrong, or that random ones seldom come to. Each runs natively and compiled, moved at every yield.
it.each([
  ["a closure that uses another", "const f = () => n + 1; const g = () => f() * 2; yield* v(0); out.push(g());"],
  [
    "a closure made by a closure declared below",
    "const g = () => f() + x; const x = m; yield* v(0); out.push(g()); function f() { return n; }",
  ],
  [
    "a class in the middle",
    "class A { #x = n; get x() { return this.#x + m; } } class B extends A {} yield* v(0); out.push(new B().x);",
  ],
  [
    "a generator that uses a closure that uses a constant",
    "const k = n; const f = (x) => x + k; const g = function* (x) { yield* v(0); return f(x); }; yield* v(0); out.push(yield* g(1));",
  ],
  [
    "a generator that calls itself",
    "const g = function* (x) { yield* v(x); return x === 0 ? 0 : 1 + (yield* g(x - 1)); }; out.push(yield* g(3));",
  ],
  [
    "a generator that calls itself by its own name",
    "const g = function* own(x) { yield* v(x); return x === 0 ? 0 : 1 + (yield* own(x - 1)); }; out.push(yield* g(3));",
  ],
  [
    "generators in a closure",
    "const each = (xs) => xs.map((x) => function* () { yield* v(x); return x; }); for (const g of each([1, 2])) out.push(yield* g());",
  ],
  [
    "a generator declared in a closure",
    "const make = (x) => { return inner; function* inner() { yield* v(x); return x; } }; out.push(yield* make(5)());",
  ],
  [
    "each turn's own variable, in a loop whose header yields",
    "const c = []; for (let i = yield* v(0), j = 9; i < (yield* v(3)); i += yield* v(1), j--) { c.push(() => [i, j]); if (i === 1) continue; i += 0; } out.push(...c.map((f) => f()));",
  ],
  [
    "continue in a do-while whose test yields",
    "let i = 0; do { i++; if (i === 2) continue; out.push(i); } while (yield* v(i < 3));",
  ],
  [
    "break out of a block inside a finally that yields",
    "l: { try { break l; } finally { yield* v(1); } out.push(0); } out.push(1);",
  ],
  [
    "return out of two finallys that yield",
    "try { try { return 5; } finally { yield* v(1); } } finally { yield* v(2); out.push(3); }",
  ],
  [
    "return overridden by a finally",
    "for (const x of [1, 2]) { try { return 5; } finally { yield* v(1); continue; } }",
  ],
  [
    "a jump into the next turn through two finallys",
    "o: for (const x of [1, 2]) { for (;;) { try { try { continue o; } finally { yield* v(1); } } finally { out.push(x); yield* v(2); } } }",
  ],
  [
    "an error in a finally that yields",
    "try { try { throw 1; } finally { yield* v(1); throw 2; } } catch (e) { out.push(e); }",
  ],
  [
    "an order to end, past a handler",
    "try { try { yield* v(1); } catch (e) { out.push(e); } } finally { out.push(yield* v(2)); }",
  ],
  ["a var over a parameter", "var n = n + 1; yield* v(n); { var n; out.push(n); }"],
  ["var in loops", "for (var i = 0; i < 2; i++) { var x; out.push(x); x = yield* v(i); } out.push(i, x);"],
  [
    "for-in over what changes",
    "const o = { a: 1, b: 2, c: 3 }; for (const k in o) { yield* v(k); delete o.b; o.d = 4; out.push(k); }",
  ],
  [
    "for-in and for-of into what exists",
    "const o = {}; let k; for (o.x of [1, 2]) yield* v(o.x); for (k in { p: 1 }) yield* v(k); out.push(o.x, k);",
  ],
  [
    "loops over iterators that end early",
    "for (const [k, x] of new Map([[1, 2], [3, 4]])) { yield* v(k); if (x === 2) break; } for (const x of [1, 2].entries()) out.push(yield* v(x[1]));",
  ],
  [
    "a set that grows",
    "const s = new Set([1]); for (const x of s) { if (s.size < 4) s.add(x + 1); out.push(x); } yield* v(0); out.push(s.size);",
  ],
  [
    "what is called in a chain, before the arguments",
    "const f = () => (add(1, 1, 1), [5, 6]); out.push(f?.().at(yield* v(1)));",
  ],
  ["tagged templates", "const t = (s, ...x) => s.raw.join('|') + x.join(); out.push(t`a${yield* v(1)}\\n${n}`);"],
  [
    "delete and computed keys",
    "const o = { a: 1, b: 2 }; out.push(delete o[yield* v('a')], { [yield* v('k')]: n++, ['x' + n]: yield* v(m), ...o, get g() { return n; } }, o);",
  ],
  [
    "operators on members",
    "const o = { x: 1, y: null, z: 0 }; const k = () => { out.push('k'); return 'x'; }; o[k()] += yield* v(2); o.y ??= yield* v(3); o.z &&= yield* v(4); o.x ||= yield* v(5); o[k()]++; out.push(o);",
  ],
  [
    "destructuring in declarations",
    "const { a = yield_(), ...r } = { b: yield* v(1), c: 2 }; const [x, , ...y] = [yield* v(3), 4, 5, 6]; out.push(a, r, x, y); function yield_() { return 'd'; }",
  ],
  [
    "destructuring in assignments and catches",
    "let a, o = {}; ({ a, b: o.b = 5 } = { a: yield* v(1) }); try { throw [7, 8]; } catch ([x, y]) { yield* v(x); out.push(a, o, x, y); }",
  ],
  [
    "names like the compiler's",
    "let $pc = 1, $r = 2, $y = 3, $0 = 4, $S = 5, $$ = 6, x$1 = 7; { let x$1 = yield* v($pc); out.push(x$1); } out.push($pc, $r, $y, $0, $S, $$, x$1); next: for (const $e of [1]) { yield* v($e); continue next; }",
  ],
  ["a string first", "('use strict'); yield* v(1); `use`; out.push(typeof this_); var this_;"],
  [
    "values of every kind in between",
    "out.push([n, yield* v(1)].concat(-(yield* v(2)), !(yield* v(0)), typeof (yield* v('s')), void (yield* v(1)), 'x' in { x: yield* v(1) }, new Array(yield* v(2), 3)));",
  ],
  ["a condition that yields in every part", "out.push((yield* v(0)) ? yield* v(1) : (yield* v(2), yield* v(3)));"],
  ["an empty try", "try {} catch {} finally { yield* v(1); } try { yield* bad(1); } catch { out.push(1); }"],
  [
    "a finally in a generator that is ended",
    "const g = function* () { try { yield* v(1); yield* v(2); } finally { out2.push('g'); yield* v(3); } }; const out2 = out; yield* g(); yield* v(4);",
  ],
  [
    "a pattern that yields in every part",
    "const { a = yield* v(1), b: { c = yield* v(2), [yield* v('d')]: d, ...r }, ...s } = { b: { d: 4, e: 5 }, z: 6 }; out.push(a, c, d, r, s);",
  ],
  [
    "an array pattern that yields, with holes and rest",
    "const [x = yield* v(1), , [y = yield* v(2)] = [], ...[z, w = yield* v(7)]] = [undefined, 2, undefined, 4]; out.push(x, y, z, w);",
  ],
  [
    "a pattern that yields, as a value",
    "let a, o = {}; const r = ([a, o[yield* v('k')], ...o.rest] = [yield* v(1), 2, 3, 4]); out.push(a, o, r);",
  ],
  [
    "the target of a loop that yields",
    "const o = {}; for (o[yield* v('k')] of [1, 2]) out.push(o.k); for (const { a = yield* v(1) } of [{}, { a: 3 }]) out.push(a, yield* v(9));",
  ],
  [
    "patterns of nothing",
    "try { const { a = yield* v(1) } = null; } catch (e) { out.push(e instanceof TypeError); } try { const [a = yield* v(1)] = 5; } catch (e) { out.push(e instanceof TypeError); } yield* v(2);",
  ],
  [
    "keys of a pattern, made once",
    "const keys = []; const key = { toString() { keys.push('k'); return 'a'; } }; const { [key]: a = 5, ...rest } = { a: undefined, b: yield* v(1) }; out.push(a, rest, keys);",
  ],
  [
    "patterns that close what they do not use up",
    "const seen = []; const src = { [Symbol.iterator]() { let i = 0; return { next: () => (seen.push('next'), { done: i++ > 1, value: undefined }), return: () => (seen.push('return'), {}) }; } }; const [q = 2] = src; const [r = yield* v(1), s, t, u] = [...src]; out.push(q, r, s, t, u, seen);",
  ],
  [
    "using, left in every way",
    "for (const x of [1, 2, 3]) { { using a = { [Symbol.dispose]() { out.push('d' + x); } }; if (x === 1) continue; if (x === 2) break; out.push('never'); } } yield* v(1);",
  ],
  [
    "errors while disposing",
    "try { using a = { [Symbol.dispose]() { throw 1; } }; using b = { [Symbol.dispose]() { throw 2; } }; throw 3; } catch (e) { out.push(e.error, e.suppressed.error, e.suppressed.suppressed, e.name); } try { using c = {}; } catch (e) { out.push(e instanceof TypeError); } yield* v(1);",
  ],
  [
    "using what needs no disposal, across yields",
    "{ using a = null; using b = undefined; out.push(yield* v(2)); } try { using c = null; yield* bad(1); } catch (e) { out.push(String(e)); }",
  ],
  [
    "functions as values, over constants of every scope",
    "const k = yield* v(1); const fs = []; for (const x of [1, 2]) { const y = x * k; fs.push((z) => [x, y, z], function named(z) { return z > 0 ? named(z - 1) : y; }); yield* v(x); } out.push(...fs.map((f) => f(2)), fs[0].name, fs[1].length);",
  ],
  [
    "a function that two variables and an array hold",
    "const f = (x) => x + 1; let g = f; const l = [f, g]; yield* v(1); g = l[0]; out.push(g === f, l[0] === l[1], f(1), f.name);",
  ],
  [
    "a declared function as a value, over what comes later",
    "const l = []; yield* v(0); const late = yield* v(5); l.push(give); yield* v(1); out.push(l[0]()); function give() { return late; }",
  ],
  [
    "methods with names of every kind",
    "const o = { 'a-b'() { return 1; }, [`c${n}`]() { return this.k; }, 7() { return 7; }, async() { return 2; }, get: () => 3, k: 4 }; yield* v(1); out.push(o['a-b'](), o.c3(), o[7](), o.async(), o.get());",
  ],
  [
    "a function that is passed on by a function",
    "const apply = (f, x) => f(x); const k = n; const hold = { by: (x) => apply((y) => y * k, x) }; yield* v(1); out.push(hold.by(2), apply(hold.by, 3));",
  ],
])("%s", (_, body) => {
  expect(checkBody(body)).toBeGreaterThan(0);
});

// With something alive that cannot travel: only what happens in place can be compared.
it.each([
  [
    "a closure in a case that is entered behind it",
    "switch (n) { case 3: const f = () => m; case 4: yield* v(1); out.push(f()); }",
  ],
  ["a closure in the header of a loop", "for (const f = () => m; ; ) { yield* v(1); out.push(f()); break; }"],
  [
    "optional chains",
    "const o = { f(x) { return [this === o, x]; }, n: null }; out.push(o?.f(yield* v(1)), o.n?.g(yield* v(2)), o.n?.[yield* v(3)].x, o?.['f']?.(yield* v(4)), (o?.n)?.x);",
  ],
  [
    "calls of what calls return",
    "const f = (x) => { out.push('f', x); return (y) => x + y; }; out.push(f(1)(yield* v(2)));",
  ],
])("%s, in place", (_, body) => {
  checkBody(body);
});

/** Compares a body, run to its end and ended at each of its first operations; returns how often it moved. */
function checkBody(body: string): number {
  let moves = 0;
  for (let endAt = 0; endAt < 6; endAt++) {
    const compared = compare(`function* main(n, m) { const out = []; ${body} return [out, n, m]; }`, endAt);
    expect(compared.difference).toBeNull();
    moves += compared.moves;
  }
  return moves;
}
