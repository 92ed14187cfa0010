import { tokenizer, tokTypes } from "acorn";
import { describe, expect, it } from "vitest";
import { DefinitionError, fn, hashOf, remote } from "../src/index.ts";
import type { Names } from "../src/syntax/names.ts";
import { Printer } from "../src/syntax/print.ts";
import { readFunction } from "../src/syntax/read.ts";
import { render, type Text } from "../src/syntax/text.ts";
import { uniqueNames } from "../src/syntax/names.ts";
import { Grammar } from "./fuzz/grammar.ts";
import { SeededRandom } from "./fuzz/random.ts";
import { plainHash, provide, written } from "./text.ts";

for (const name of ["v", "log", "bad", "add"]) provide(name);

/** What stands there, whatever it is called and however it is laid out: the printed program, with numbers for names. */
function meaning(text: string): string {
  const { root } = readFunction(text, "f", null);
  const numbers = new Map<object, string>();
  const numbered = (key: object): string => {
    const known = numbers.get(key) ?? `v${numbers.size}`;
    numbers.set(key, known);
    return known;
  };
  const names: Names = { local: numbered, label: numbered, free: (name) => `free ${name}` };
  return strings(new Printer(names).expression(root));
}

function strings(text: Text): string {
  if (typeof text === "string") return text;
  return "line" in text ? "" : text.map(strings).join("");
}

/** Hash and meaning; null for what is no definition. */
function read(text: string): { readonly hash: string; readonly meaning: string } | null {
  try {
    return { hash: plainHash(text), meaning: meaning(text) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DefinitionError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Programs that differ from `text` in one token: another one of its own tokens of that kind, or none. */
function* mutants(text: string, random: SeededRandom, count: number): Generator<string> {
  const tokens = [...tokenizer(text, { ecmaVersion: 2025 })];
  for (let index = 0; index < count; index++) {
    const token = random.pick(tokens);
    const alike = tokens.filter(({ type }) => type === token.type);
    const other = random.pick(alike);
    const by =
      token.type === tokTypes.num
        ? String(random.below(4))
        : random.chance(0.1)
          ? ""
          : text.slice(other.start, other.end);
    yield text.slice(0, token.start) + by + text.slice(token.end);
  }
}

describe("one hash is one meaning (S91)", () => {
  it("for random programs, and for all that are one token away", () => {
    const meanings = new Map<string, string>();
    let programs = 0;
    let changed = 0;
    for (let seed = 0; seed < 10; seed++) {
      const random = new SeededRandom(seed);
      const text = new Grammar(random, 8).program();
      const original = read(text);
      if (original === null) continue;
      for (const variant of [text, ...mutants(text, random, 30)]) {
        const found = read(variant);
        if (found === null) continue;
        programs++;
        if (found.hash !== original.hash) changed++;
        expect([meanings.get(found.hash) ?? found.meaning, variant]).toEqual([found.meaning, variant]);
        meanings.set(found.hash, found.meaning);
      }
    }
    // And one meaning is one hash.
    expect(new Set(meanings.values()).size).toBe(meanings.size);
    expect(programs).toBeGreaterThan(100);
    expect(changed).toBeGreaterThan(50);
  }, 30_000);

  it("whatever the locals are called and however it is laid out", () => {
    for (let seed = 100; seed < 115; seed++) {
      const text = new Grammar(new SeededRandom(seed), 15).program();
      const original = read(text);
      if (original === null) continue;
      const { root, free } = readFunction(text, "f", null);
      const taken = uniqueNames(root, free.keys());
      const renamed: Names = { ...taken, local: (binding) => `${taken.local(binding)}_${binding.index}` };
      const again = render(new Printer(renamed).expression(root)).replaceAll("\n", " ");
      expect(read(again)).toEqual(original);
    }
  }, 30_000);

  it.each([
    ["quotes and templates", "() => 'it is'", "() => `it is`"],
    ["how minifiers write constants", "() => [true, false, undefined]", "() => [!0, !1, void 0]"],
    [
      "a let that nothing assigns to",
      "() => { let x = 1; for (let y of [x]) return y; }",
      "() => { const x = 1; for (const y of [x]) return y; }",
    ],
    ["an else of nothing", "(a) => { if (a) return 1; }", "(a) => { if (a) return 1; else { } }"],
  ])("and is the same for %s", (_, one, other) => {
    expect(plainHash(one)).toBe(plainHash(other));
  });

  it.each([
    ["a let that is assigned to", "() => { let x = 1; x = 2; return x; }", "() => { let x = 1; let y = 2; return x; }"],
    [
      "a let per turn and a var for all",
      "() => { for (let y of [1]) return () => y; }",
      "() => { for (var y of [1]) return () => y; }",
    ],
    ["templates that a tag sees", "(t) => t`a`", "(t) => t('a')"],
    ["void of a call", "(f) => void f()", "(f) => undefined"],
    ["not of a value", "(a) => !a", "(a) => !0"],
  ])("and another for %s", (_, one, other) => {
    expect(plainHash(one)).not.toBe(plainHash(other));
  });
});

/** Remotes that call each other by the edges of a graph, each with a text of its own kind. */
function graph(
  names: readonly string[],
  edges: (index: number) => readonly number[],
  kind: (index: number) => string,
): readonly unknown[] {
  const made = new Map<string, unknown>();
  const to = (index: number): readonly string[] => edges(index).map((at) => names[at] as string);
  names.forEach((name, index) => {
    const text = `function* (n) { ${to(index)
      .map((other) => `yield* ${other}(n);`)
      .join(" ")} return ${kind(index)}; }`;
    made.set(
      name,
      remote(() => Object.fromEntries(to(index).map((other) => [other, made.get(other)])), written(text)),
    );
  });
  return names.map((name) => made.get(name));
}

describe("a group of fifty (S166)", () => {
  const names = Array.from({ length: 50 }, (_, index) => `f${index}`);
  const shuffled = names.map((_, index) => `g${(index * 37) % 50}`);
  const ring = (index: number): readonly number[] => [(index + 1) % 50];

  it("in which nothing tells the members apart is one definition, the one that calls itself", () => {
    const [alone] = graph(
      ["own"],
      () => [0],
      () => "1",
    );
    expect(new Set(graph(names, ring, () => "1").map(hashOf))).toEqual(new Set([hashOf(alone)]));
  });

  it("in which one is different has fifty hashes, under any names and from any start", () => {
    const kind = (index: number): string => (index === 7 ? "2" : "1");
    const hashes = graph(names, ring, kind).map(hashOf);
    expect(new Set(hashes).size).toBe(50);
    const others = graph(shuffled, ring, kind);
    hashOf(others[31]);
    expect(others.map(hashOf)).toEqual(hashes);
  });

  it("with symmetric halves has as many hashes as one half", () => {
    const both = (index: number): readonly number[] => [index < 25 ? (index + 1) % 25 : 25 + ((index + 1) % 25), 0, 25];
    const kind = (index: number): string => String(index % 25);
    const hashes = graph(names, (index) => (index < 25 ? both(index) : [both(index)[0] as number, 25, 0]), kind).map(
      hashOf,
    );
    expect(new Set(hashes).size).toBe(25);
    expect(hashes.slice(0, 25)).toEqual(hashes.slice(25));
  });
});

describe("the hash of a constant", () => {
  const hash = (value: unknown): string => plainHash("() => value", { value });

  it("is that of its data", () => {
    const data = (): unknown => ({ list: [1, -0, NaN, -5n, { deep: [null, undefined, "x"] }], on: true });
    expect(hash(data())).toBe(hash(data()));
    expect(hash(Object.freeze(data()))).toBe(hash(data()));
    expect(hash(Object.assign(Object.create(null) as object, data()))).toBe(hash(data()));
  });

  it("differs where a program could tell", () => {
    const different = [
      0,
      -0,
      NaN,
      0n,
      "0",
      null,
      false,
      [],
      [0],
      [[0]],
      {},
      { a: 0 },
      { a: -0 },
      { b: 0 },
      "NaN",
      1,
      1n,
    ];
    expect(new Set(different.map(hash)).size).toBe(different.length);
    expect(hash({ a: 1, b: 2 })).not.toBe(hash({ b: 2, a: 1 }));
  });

  it("is that of the data at the time of definition", () => {
    const value = { limit: 1, list: [1] };
    const early = fn({ value }, written("() => value") as () => unknown);
    value.limit = 2;
    value.list.push(2);
    expect(hashOf(early)).toBe(hash({ limit: 1, list: [1] }));
    expect(hash(value)).toBe(hash({ limit: 2, list: [1, 2] }));
  });
});
