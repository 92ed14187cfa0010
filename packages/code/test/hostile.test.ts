import { limits, type CodeLimits, type PackedDefinition } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { CodeRefusedError, createCodeStore, fn, hashOf, remote } from "../src/index.ts";
import { provide, written } from "./text.ts";

const { code: codeLimits } = limits;

provide("transfer");

const scale = fn({ by: { times: [2, -0, 1n] } }, written("(x) => { const { times: [n] } = by; return x * n; }"));
const even: (n: number) => boolean = fn(() => ({ odd }), written("(n) => n === 0 || odd(n - 1)") as never);
const odd: (n: number) => boolean = fn(() => ({ even }), written("(n) => n !== 0 && even(n - 1)") as never);
const main: (...args: unknown[]) => unknown = remote(
  { scale, even },
  written(
    "function* main(a) { for (const x of [1, 2]) { try { yield* transfer(a); } finally { scale(x); } } return even(a); }",
  ),
);
const root = hashOf(main);

/** What a peer would send of `main`. */
function sent(): PackedDefinition[] {
  const store = createCodeStore();
  return structuredClone([...store.pack(store.closure([root]))]);
}

/** Why a delivery is refused; nothing of it is admitted then. */
function refusal(packed: readonly unknown[], limits: CodeLimits = codeLimits): string {
  const store = createCodeStore({ limits });
  const hashes = packed.flatMap((one) =>
    typeof one === "object" && one !== null ? [(one as PackedDefinition).hash] : [],
  );
  try {
    store.admit(packed as readonly PackedDefinition[], "trusted", "mallory");
  } catch (error) {
    expect(error).toBeInstanceOf(CodeRefusedError);
    expect(store.missing(hashes)).toHaveLength(new Set(hashes).size);
    return (error as Error).message;
  }
  throw new Error("it was admitted");
}

function changed(index: number, change: Partial<PackedDefinition>): PackedDefinition[] {
  return sent().map((one, at) => (at === index ? { ...one, ...change } : one));
}

/** A hash that nothing has. */
function someHash(n: number): string {
  return `${n}`.padStart(43, "A");
}

function definition(hash: string, text: string, dependencies: Readonly<Record<string, string>> = {}): PackedDefinition {
  return { hash, name: "f", kind: "fn", text, dependencies };
}

describe("a delivery is refused by name, and nothing of it kept (S95)", () => {
  it("when it is admitted unless something is wrong with it", () => {
    const store = createCodeStore();
    store.admit(sent(), "trusted", "alice");
    expect(store.missing([root])).toEqual([]);
  });

  it("with one hash twice", () => {
    const [first, ...rest] = sent();
    expect(refusal([first, { ...(first as PackedDefinition), text: "() => 2" }, ...rest])).toContain(
      "was refused: it was sent twice, at once",
    );
  });

  it.each([
    ["parentheses", (n: number) => `() => ${"(".repeat(n)}1${")".repeat(n)}`],
    ["arrays", (n: number) => `() => ${"[".repeat(n)}1${"]".repeat(n)}`],
    ["objects", (n: number) => `() => (${"{a:".repeat(n)}1${"}".repeat(n)})`],
    ["arrow functions", (n: number) => `${"() => ".repeat(n)}1`],
    ["functions", (n: number) => `function () {${"function f() {".repeat(n)}${"}".repeat(n)}}`],
    ["operators", (n: number) => `() => ${"1+".repeat(n)}1`],
    ["powers", (n: number) => `() => ${"2**".repeat(n)}1`],
    ["negations", (n: number) => `(a) => ${"!".repeat(n)}a`],
    ["conditions", (n: number) => `(a) => ${"a?1:".repeat(n)}1`],
    ["else if", (n: number) => `(a) => { ${"if (a) {} else ".repeat(n)} {} }`],
    ["members", (n: number) => `(a) => a${".b".repeat(n)}`],
    ["calls", (n: number) => `(a) => a${"()".repeat(n)}`],
    ["templates", (n: number) => `(a) => ${"`${".repeat(n)}a${"}`".repeat(n)}`],
    ["blocks", (n: number) => `(a) => {${"{".repeat(n)}${"}".repeat(n)}}`],
    ["patterns", (n: number) => `(${"[".repeat(n)}a${"]".repeat(n)}) => 1`],
    ["classes", (n: number) => `() => ${"class { static a = ".repeat(n)}1${"}".repeat(n)}`],
    ["blocks of generators", (n: number) => `function* (a) {${"try {".repeat(n)} a(); ${"} finally {}".repeat(n)}}`],
  ])("with %s nested without end", (_, text) => {
    for (const n of [500, 3000, 10_000]) {
      const source = text(n);
      if (source.length > codeLimits.text || (n === 500 && /^\(\) => \(+1/.test(source))) continue;
      expect(refusal([definition(someHash(1), source)])).toMatch(
        /^definition f \(A*1\) was refused: (?:its text is nested deeper than 400 levels|f: expected)/,
      );
    }
  });

  it("with a constant nested without end", () => {
    const text = `${"[".repeat(2000)}1${"]".repeat(2000)}`;
    expect(refusal([{ ...definition(someHash(1), text), kind: "constant" }])).toContain("was refused");
    const shallow = `${"[".repeat(450)}1${"]".repeat(450)}`;
    expect(refusal([{ ...definition(someHash(1), shallow), kind: "constant" }])).toContain("deeper than 400 levels");
  });

  it("with too much of anything", () => {
    const small: CodeLimits = { ...codeLimits, delivery: 4 };
    expect(refusal(sent(), small)).toBe("5 definitions were sent together; at most 4 are taken at once");
    expect(refusal(sent(), { ...codeLimits, deliveryText: 50 })).toContain("more than 50 characters of text");
    expect(refusal(sent(), { ...codeLimits, text: 50 })).toMatch(
      /^definition \S+ \(.*\) was refused: its text has \d+ characters; at most 50 are read$/,
    );
    expect(refusal(sent(), { ...codeLimits, dependencies: 2 })).toContain("it has 3 dependencies; at most 2");
    expect(refusal(sent(), { ...codeLimits, chain: 1 })).toContain("it needs others 2 deep; at most 1");
    expect(refusal(sent(), { ...codeLimits, group: 1 })).toContain("2 definitions need one another; at most 1 may");
    expect(refusal(sent(), { ...codeLimits, kept: 3 })).toBe(
      "this node keeps 0 definitions of 0 characters already: at most 3 of 134217728 are kept",
    );
    expect(refusal(changed(0, { dependencies: { ["n".repeat(201)]: someHash(1) } }))).toContain("201 characters");
  });

  it("with a chain of definitions that is longer than any stack", () => {
    const chain = Array.from({ length: 9000 }, (_, n) =>
      n === 0 ? definition(someHash(0), "() => 1") : definition(someHash(n), "() => f()", { f: someHash(n - 1) }),
    );
    expect(refusal(chain)).toContain("its hash is");
    expect(refusal(chain.toReversed())).toContain("its hash is");
  });

  it("with a circle of definitions whose hashes are not one group's", () => {
    const circle = [0, 1, 2].map((n) => definition(someHash(n), "() => f()", { f: someHash((n + 1) % 3) }));
    expect(refusal(circle)).toContain("it needs itself, by way of others, and its hash is not one of their group");
    const large = Array.from({ length: 1000 }, (_, n) =>
      definition(`${someHash(1)}.${n}`, "() => f()", { f: `${someHash(1)}.${(n + 1) % 1000}` }),
    );
    expect(refusal(large)).toContain("1000 definitions need one another; at most 64 may");
  });

  it("with a group that is none, or not all there", () => {
    const groups = sent().filter(({ hash }) => hash.includes("."));
    expect(groups).toHaveLength(2);
    expect(refusal(groups.slice(0, 1))).toMatch(/it needs .*, which was not sent$/);
    expect(refusal([definition(`${someHash(1)}.0`, "() => 1")])).toContain("its hash is");
    const [first, second] = groups as [PackedDefinition, PackedDefinition];
    expect(
      refusal([
        { ...first, hash: second.hash },
        { ...second, hash: first.hash },
      ]),
    ).toContain("its hash is");
  });

  it("with names that mean something to objects", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const text = `() => ${name}`;
      expect(refusal([definition(someHash(1), text)])).toContain(`\`${name}\` is not among its dependencies`);
      const dependencies = Object.fromEntries([[name, someHash(2)]]);
      expect(refusal([definition(someHash(1), text, dependencies)])).toContain("which was not sent");
    }
    expect(refusal([definition(someHash(1), "() => 1", { a: "##__proto__" })])).toContain("was refused");
    expect(refusal([definition("__proto__", "() => 1")])).toContain("does not have the shape");
    expect(refusal([definition("../../../etc/passwd", "() => 1")])).toContain("does not have the shape");
  });

  it("with syntax that definitions cannot have", () => {
    for (const text of [
      "() => import('x')",
      "() => import.meta",
      "() => { with (a) {} }",
      "() => eval('1')",
      "() => { debugger: while (1) {} }; 1",
      "async function* () {}",
      "{}",
      "",
    ]) {
      expect(refusal([definition(someHash(1), text)])).toContain("was refused");
    }
  });

  it("beyond what is kept of one peer that is not trusted; others are not harmed", () => {
    const never = (): never => {
      throw new Error("nothing may run");
    };
    const foreign = { place: "in a sandbox", begin: never, resume: never, value: never };
    const store = createCodeStore({ foreign, limits: { ...codeLimits, keptOfPeer: 5 } });
    const more = fn(written("() => 'more'"));
    const [another] = createCodeStore().pack([hashOf(more)]) as [PackedDefinition];
    store.admit(sent(), "untrusted", "mallory");
    expect(() => store.admit([another], "untrusted", "mallory")).toThrow(
      /^this node keeps 5 definitions of \d+ characters from mallory already: at most 5 of 4194304 are kept of a peer that is not trusted$/,
    );
    expect(store.missing([another.hash])).toEqual([another.hash]);
    store.admit([another], "untrusted", "bob");
    store.vouch(
      sent().map(({ hash }) => hash),
      "alice",
    );
    // What somebody vouches for is not mallory's any more.
    const last = fn(written("() => 'last'"));
    store.admit(createCodeStore().pack([hashOf(last)]), "untrusted", "mallory");
    expect(store.missing([hashOf(last)])).toEqual([]);
  });
});

/** Numbers that are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const scraps = [
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  "yield*",
  "=>",
  "...",
  "`",
  "'",
  "/",
  "#",
  "a",
  "0",
  ";",
  "__proto__",
  "\u2028",
];

/** Changes one thing about a delivery. */
function mutate(packed: PackedDefinition[], below: (below: number) => number): unknown[] {
  const at = below(packed.length);
  const one = packed[at] as PackedDefinition;
  const other = packed[below(packed.length)] as PackedDefinition;
  const position = below(one.text.length + 1);
  const length = below(4);
  const scrap = scraps[below(scraps.length)] as string;
  const names = Object.keys(one.dependencies);
  const name = names[below(names.length)] ?? scrap;
  const changes: readonly (() => unknown)[] = [
    () => ({ ...one, text: one.text.slice(0, position) + scrap + one.text.slice(position) }),
    () => ({ ...one, text: one.text.slice(0, position) + one.text.slice(position + length) }),
    () => ({ ...one, text: one.text.slice(0, position) + scrap + one.text.slice(position + length) }),
    () => ({ ...one, text: other.text }),
    () => ({ ...one, hash: other.hash }),
    () => ({ ...one, kind: other.kind }),
    () => ({ ...one, name: scrap }),
    () => ({ ...one, origin: scrap }),
    () => ({ ...one, dependencies: { ...one.dependencies, [name]: other.hash } }),
    () => ({ ...one, dependencies: { ...one.dependencies, [scrap]: other.hash } }),
    () => ({ ...one, dependencies: { ...one.dependencies, [name]: "##transfer" } }),
    () => ({ ...one, dependencies: other.dependencies }),
    () => ({
      ...one,
      [["hash", "name", "kind", "text", "dependencies"][below(5)] as string]: [null, 5, [], {}][below(4)],
    }),
  ];
  const result: unknown[] = [...packed];
  if (below(10) === 0) result.splice(at, 1);
  else result[at] = (changes[below(changes.length)] as () => unknown)();
  if (below(10) === 0) result.reverse();
  return result;
}

it("thousands of broken deliveries are refused, or what they hold has the hash that it claims; none runs (S95)", () => {
  const below = numbers(4);
  const packed = sent();
  let admitted = 0;
  for (let n = 0; n < 1500; n += 1) {
    const store = createCodeStore();
    const delivery = mutate(packed, below) as PackedDefinition[];
    try {
      store.admit(delivery, "trusted", "mallory");
    } catch (error) {
      expect(error).toBeInstanceOf(CodeRefusedError);
      expect(store.missing(packed.map(({ hash }) => hash))).toHaveLength(packed.length);
      continue;
    }
    admitted += 1;
    for (const { hash } of delivery) expect(store.definition(hash).hash).toBe(hash);
    // Sent on, it is what it was.
    const again = createCodeStore();
    const hashes = delivery.map(({ hash }) => hash);
    again.admit(store.pack(hashes), "trusted", "bob");
    expect(again.missing(hashes)).toEqual([]);
  }
  // Names, origins, and changes that change nothing.
  expect(admitted).toBeGreaterThan(60);
  expect(admitted).toBeLessThan(750);
}, 30_000);
