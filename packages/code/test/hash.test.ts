import { describe, expect, it } from "vitest";
import { fn, hashOf, remote } from "../src/index.ts";
import { plainHash, provide, remoteHash, written } from "./text.ts";

provide("transfer");

describe("a hash is the same for (S91)", () => {
  it.each([
    [
      "names of locals",
      "(a, b) => { const x = a - b; return x * 2; }",
      "(p, q) => { const zz = p - q; return zz * 2; }",
    ],
    [
      "layout and comments",
      "function* (a) { yield a; /* c */ return a; }",
      "function*(a){// c\n\n yield a\n return a}",
    ],
    ["quotes", `(a) => a + "it's"`, "(a) => a + 'it\\'s'"],
    ["the spelling of numbers", "() => [1000, 255, 0.5, 10n]", "() => [1e3, 0xff, .5, 1_0n]"],
    [
      "braces around one statement",
      "(a) => { if (a) return 1; else return 2; }",
      "(a) => { if (a) { return 1; } else { return 2 } }",
    ],
    ["parentheses", "(a, b) => a + b * 2", "(a, b) => (a + ((b) * 2))"],
    ["an arrow's block", "(a) => a * 2", "(a) => { return a * 2; }"],
    ["a name that nobody uses", "function twice(n) { return n * 2; }", "function (m) { return m * 2; }"],
    [
      "several declarations in one",
      "() => { let a = 1, b = a; return b; }",
      "() => { let a = 1; let b = a; return b; }",
    ],
    ["labels", "(x) => { l: for (;;) { break l; } }", "(x) => { other: for (;;) { break other; } }"],
    ["escapes in templates", "(a) => `é\\n${a}`", "(a) => `\\u00e9\n${a}`"],
    ["directives and empty statements", "function () { 'use strict'; ; return 1; }", "function () { return 1; }"],
    ["shorthand", "(a) => ({ a })", "(b) => ({ a: b })"],
    ["quotes around keys", "() => ({ a: 1, 2: 3 })", "() => ({ 'a': 1, '2': 3 })"],
  ])("%s", (_, one, other) => {
    expect(plainHash(one)).toBe(plainHash(other));
  });

  it("the names of dependencies", () => {
    const inc = fn((x: number) => x + 1);
    const same = fn((y: number) => y + 1);
    expect(plainHash("(x) => f(x)", { f: inc })).toBe(plainHash("(y) => g(y)", { g: same }));
  });

  it("what tools add", () => {
    const plain = plainHash("(a) => { const f = (x) => x + 1; return f(a); }");
    expect(plainHash('(a) => { const f = /* @__PURE__ */ __name((x) => x + 1, "f"); return f(a); }')).toBe(plain);
    expect(
      plainHash(
        "(a) => { cov_1abc().f[0]++; const f = (cov_1abc().s[1]++, (x) => x + 1); cov_1abc().s[2]++; return f(a); }",
      ),
    ).toBe(plain);
    const inc = fn((x: number) => x + 1);
    const called = plainHash("(x) => inc(x)", { inc });
    expect(plainHash("(x) => (0, __vite_ssr_import_0__.inc)(x)", { inc })).toBe(called);
    expect(plainHash("(x) => (0, util_1.inc)(x)", { inc })).toBe(called);
    expect(plainHash('((__name) => class A { static { __name(this, "A"); } })(() => {})')).toBe(
      plainHash("class A {}"),
    );
  });

  it("recursion, whatever it is called", () => {
    expect(plainHash("function fact(n) { return n ? n * fact(n - 1) : 1; }")).toBe(
      plainHash("function f(k) { return k ? k * f(k - 1) : 1; }"),
    );
  });
});

describe("a hash differs for (S91)", () => {
  it.each([
    ["operands", "(a, b) => a - b", "(a, b) => b - a"],
    ["names of properties", "(a) => a.foo", "(a) => a.bar"],
    ["keys", "(a) => ({ a })", "(b) => ({ b })"],
    ["which variable is meant", "(a) => (b) => a", "(a) => (b) => b"],
    ["kinds of function", "(a) => a", "function (a) { return a; }"],
    ["own and inherited prototypes", "(__proto__) => ({ __proto__ })", "(__proto__) => ({ __proto__: __proto__ })"],
    ["strings and numbers", "() => 1", "() => '1'"],
    ["null and undefined", "() => null", "() => undefined"],
    ["zeros", "() => 0", "() => -0"],
    ["raw strings of tagged templates", "(t) => t`\\n`", "(t) => t`\n`"],
    ["optional calls", "(a) => a?.b()", "(a) => a.b?.()"],
    ["what a chain covers", "(a) => a?.b.c", "(a) => (a?.b).c"],
    ["holes", "() => [, 1]", "() => [undefined, 1]"],
    ["flags", "() => /a/g", "() => /a/"],
    [
      "declarations that close over a loop",
      "() => { for (let i = 0;;) return () => i; }",
      "() => { for (var i = 0;;) return () => i; }",
    ],
  ])("%s", (_, one, other) => {
    expect(plainHash(one)).not.toBe(plainHash(other));
  });

  it("another dependency under the same name", () => {
    const inc = fn((x: number) => x + 1);
    const dec = fn((x: number) => x - 1);
    expect(plainHash("(x) => f(x)", { f: inc })).not.toBe(plainHash("(x) => f(x)", { f: dec }));
    expect(plainHash("() => limit", { limit: 1 })).not.toBe(plainHash("() => limit", { limit: 2 }));
    expect(plainHash("() => limit", { limit: 1 })).not.toBe(plainHash("() => limit", { limit: () => 1 }));
  });

  it("a builtin and a dependency of its name", () => {
    expect(plainHash("(x) => transfer(x)")).not.toBe(plainHash("(x) => transfer(x)", { transfer: (x: unknown) => x }));
  });

  it("a remote and an fn of the same text", () => {
    expect(remoteHash("function* () { return 1; }")).not.toBe(plainHash("function* () { return 1; }"));
  });
});

describe("definitions that need one another", () => {
  const pair = (even: string, odd: string): readonly [string, string] => {
    const definitions: Record<string, unknown> = {};
    const define = (other: string, end: boolean): unknown =>
      remote(
        () => ({ [other]: definitions[other] }),
        written(`function* (n) { if (n === 0) return ${end}; return yield* ${other}(n - 1); }`),
      );
    definitions[even] = define(odd, true);
    definitions[odd] = define(even, false);
    return [hashOf(definitions[even]), hashOf(definitions[odd])];
  };
  const reversed = (even: string, odd: string): readonly [string, string] => {
    const definitions: Record<string, unknown> = {};
    const define = (other: string, end: boolean): unknown =>
      remote(
        () => ({ [other]: definitions[other] }),
        written(`function* (n) { if (n === 0) return ${end}; return yield* ${other}(n - 1); }`),
      );
    definitions[odd] = define(even, false);
    definitions[even] = define(odd, true);
    const second = hashOf(definitions[odd]);
    return [hashOf(definitions[even]), second];
  };

  it("hash the same from wherever one starts, under any names", () => {
    const [even, odd] = pair("isEven", "isOdd");
    expect(even).not.toBe(odd);
    expect(pair("b", "a")).toEqual([even, odd]);
    expect(reversed("isEven", "isOdd")).toEqual([even, odd]);
    expect(even.replace(/\.\d$/, "")).toBe(odd.replace(/\.\d$/, ""));
    expect([even, odd].map((hash) => hash.at(-1)).toSorted((a, b) => Number(a) - Number(b))).toEqual(["0", "1"]);
  });

  it("are told apart by what they lead to, however far", () => {
    const ring = (names: readonly [string, string, string], start: number): readonly string[] => {
      const definitions = new Map<string, unknown>();
      names.forEach((name, index) => {
        const next = names[(index + 1) % 3] as string;
        const text = `function* (n) { return ${index === 2 ? "1 + " : ""}(yield* ${next}(n)); }`;
        definitions.set(
          name,
          remote(() => ({ [next]: definitions.get(next) }), written(text)),
        );
      });
      hashOf(definitions.get(names[start] as string));
      return names.map((name) => hashOf(definitions.get(name)));
    };
    const hashes = ring(["f", "g", "h"], 0);
    expect(new Set(hashes).size).toBe(3);
    expect(ring(["z", "x", "y"], 1)).toEqual(hashes);
    expect(ring(["b", "a", "c"], 2)).toEqual(hashes);
  });

  it("are one when nothing tells them apart, and one that calls itself is the same again", () => {
    const twins: Record<string, unknown> = {};
    for (const [one, other] of [
      ["f", "g"],
      ["g", "f"],
    ] as const) {
      twins[one] = remote(() => ({ [other]: twins[other] }), written(`function* (n) { return yield* ${other}(n); }`));
    }
    const alone: unknown = remote(() => ({ f: alone }), written("function* (n) { return yield* f(n); }"));
    expect(hashOf(twins["f"])).toBe(hashOf(twins["g"]));
    expect(hashOf(twins["f"])).toBe(hashOf(alone));
  });
});

it("a hash is 256 bits, and stays what it is from release to release", () => {
  expect(plainHash("(a, b) => a + b")).toMatch(/^[A-Za-z0-9_-]{43}$/);
  // When one of these changes, so does the version in hash.ts: frames and stored code of before are not understood any more.
  expect(plainHash("(a, b) => a + b")).toMatchInlineSnapshot(`"ccr8OTI8oxiMpFbuGSpX-spHoz-xEKINawkErqmOpTo"`);
  expect(remoteHash("function* (a) { yield* transfer(a); return a.id; }")).toMatchInlineSnapshot(
    `"rUtPku2iizPGvtutYslYKmyoMtnaV6twMRrGmSQnUOg"`,
  );
});
