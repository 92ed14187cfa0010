import type { FrameState, PackedDefinition } from "@espalier/runtime";
import { beforeAll, describe, expect, it } from "vitest";
import { abi, CodeRefusedError, createCodeStore, fn, hashOf, remote, type RemoteCall } from "../src/index.ts";
import { provide, written } from "./text.ts";

provide("transfer");

const inc = fn((x: number) => x + 1);
const twice = fn({ inc }, (x: number) => inc(x) * 2);
const main: (...args: unknown[]) => unknown = remote(
  { twice },
  written("function* main(a, x) { const k = twice(x); yield* transfer(a); return k; }"),
);

/** What another node would send of `main`. */
function sent(): PackedDefinition[] {
  const store = createCodeStore();
  return structuredClone([...store.pack(store.closure([hashOf(main)]))]);
}

describe("a store", () => {
  it("lists dependencies before what depends on them", () => {
    expect(createCodeStore().closure([hashOf(main)])).toEqual([inc, twice, main].map(hashOf));
  });

  it("knows what it sent and what it admitted, and nothing else", () => {
    const hashes = [inc, twice, main].map(hashOf);
    const store = createCodeStore();
    expect(store.missing(hashes)).toEqual(hashes);
    store.pack([hashOf(inc)]);
    expect(store.missing(hashes)).toEqual([hashOf(twice), hashOf(main)]);
    store.admit(sent());
    expect(store.missing([...hashes, "x"])).toEqual(["x"]);
    expect(() => store.pack(["x"])).toThrow(CodeRefusedError);
  });

  it("sends the author's names and lines, and no more of the text than was hashed", () => {
    const f = written(
      "function named(alpha) {\n  // a secret\n  let beta = alpha; // another\n\n  { let alpha = 'x'; beta += alpha; }\n  return beta;\n}",
    );
    fn(f);
    const [packed] = createCodeStore().pack([hashOf(f)]);
    expect(packed).toEqual({
      hash: hashOf(f),
      name: "named",
      kind: "fn",
      dependencies: {},
      origin: expect.stringMatching(/store\.test\.ts:\d+$/) as string,
      text: 'function (alpha) { \n\n  let beta = alpha; \n\n  { const alpha = "x"; beta += alpha; } \n  return beta; }',
    });
  });

  it("admits what it is sent under any names", () => {
    const packed = sent().map((one) => ({
      ...one,
      name: "other",
      text: one.text.replaceAll("twice", "zwei").replaceAll(/\bk\b/g, "kk"),
    }));
    const renamed = packed.map((one) => ({ ...one, dependencies: rename(one.dependencies, "twice", "zwei") }));
    const store = createCodeStore();
    store.admit(renamed);
    expect(store.missing([hashOf(main)])).toEqual([]);
  });
});

function rename(names: Readonly<Record<string, string>>, from: string, to: string): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([name, hash]) => [name === from ? to : name, hash]));
}

describe("a store admits nothing of a delivery (S95)", () => {
  const refusal = (change: (packed: PackedDefinition[]) => unknown): string => {
    const store = createCodeStore();
    const packed = sent();
    try {
      store.admit(change(packed) as PackedDefinition[]);
    } catch (error) {
      expect(error).toBeInstanceOf(CodeRefusedError);
      expect(store.missing([inc, twice, main].map(hashOf))).toHaveLength(3);
      return (error as Error).message;
    }
    throw new Error("it was admitted");
  };
  const changed = (
    packed: readonly PackedDefinition[],
    index: number,
    change: Partial<PackedDefinition>,
  ): PackedDefinition[] => packed.map((one, at) => (at === index ? { ...one, ...change } : one));

  it("with a text that does not have its hash (S95)", () => {
    expect(refusal((packed) => changed(packed, 0, { text: "(x) => x + 2" }))).toMatch(
      /^definition fn \(.{43}\) was refused: its hash is .{43}$/,
    );
    expect(refusal((packed) => changed(packed, 0, { hash: packed[1]?.hash as string }))).toContain("was refused");
  });

  it("with another kind or other dependencies than were hashed", () => {
    expect(refusal((packed) => changed(packed, 2, { kind: "fn" }))).toContain("its hash is");
    expect(
      refusal((packed) =>
        changed(packed, 2, { dependencies: { ...packed[2]?.dependencies, twice: packed[0]?.hash as string } }),
      ),
    ).toContain("its hash is");
    expect(
      refusal((packed) => changed(packed, 2, { dependencies: { ...packed[2]?.dependencies, twice: "##transfer" } })),
    ).toContain("its hash is");
  });

  it("with a dependency missing", () => {
    expect(refusal((packed) => packed.slice(1))).toMatch(/it needs .{43}, which was not sent$/);
    expect(refusal((packed) => changed(packed, 1, { dependencies: {} }))).toContain(
      "`inc` is not among its dependencies",
    );
  });

  it("with a builtin that this node lacks", () => {
    expect(
      refusal((packed) =>
        changed(packed, 2, { dependencies: { ...packed[2]?.dependencies, transfer: "##launchMissiles" } }),
      ),
    ).toContain("it needs ##launchMissiles, which this node does not provide");
  });

  it.each([
    ["a second statement behind the function", "() => 1); steal(); (() => 1"],
    ["a call", "(() => 1)()"],
    ["a name from outside", "() => globalThis"],
    ["a name from outside in a default", "(a = process) => a"],
    ["residue of tools, which is no residue here", '() => { cov_1abc().s[0]++; return __name(() => 1, "f"); }'],
    ["the namespace of an import", "() => __vite_ssr_import_0__.inc"],
    ["nothing that can be read", "function"],
    ["nesting without end", `() => ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
    ["nesting without end, that parses", `() => ${"[".repeat(3000)}1${"]".repeat(3000)}`],
  ])("with %s", (_, text) => {
    expect(refusal((packed) => changed(packed, 0, { text }))).toMatch(/^definition fn \(.*\) was refused: /);
  });

  it("with more behind a text that has its hash", () => {
    expect(refusal((packed) => changed(packed, 0, { text: `${packed[0]?.text}); steal(); (() => 1` }))).toContain(
      "more than one expression",
    );
  });

  it("with a constant that would have to be evaluated, even under its right hash", () => {
    const limited = fn({ limit: { n: 5 } }, written("() => limit.n"));
    const store = createCodeStore();
    const packed = store.pack(store.closure([hashOf(limited)]));
    const refuse = (change: Partial<PackedDefinition>): string => {
      try {
        createCodeStore().admit(packed.map((one) => (one.kind === "constant" ? { ...one, ...change } : one)));
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    for (const text of [
      "[steal()]",
      "{ get n() { return 5; } }",
      "{ n: 5, ...x }",
      "() => 5",
      "[5,,]",
      "5n + 1n",
      "-'5'",
      "x",
    ]) {
      expect(refuse({ text })).toMatch(/not a constant$/);
    }
    expect(refuse({})).toBe("");
  });

  it("that is no list", () => {
    expect(refusal(([first]) => ({ 0: first, length: 1 }))).toBe("definitions that were sent are no list");
  });

  it("of another shape", () => {
    for (const wrong of [
      null,
      5,
      {},
      { ...sent()[0], text: 5 },
      { ...sent()[0], kind: "class" },
      { ...sent()[0], origin: 5 },
      { ...sent()[0], dependencies: { a: 1 } },
      { ...sent()[0], name: "n".repeat(201) },
    ]) {
      expect(refusal((packed) => [...packed.slice(1), wrong])).toContain("does not have the shape");
    }
  });
});

describe("a store restores only frames that fit (S97)", () => {
  let state: FrameState;
  beforeAll(() => {
    const frame = (main("alice", 3) as RemoteCall<unknown>).enter();
    frame.next(undefined);
    state = (frame.capture as NonNullable<typeof frame.capture>)(() => {});
  });
  const admitted = (): ReturnType<typeof createCodeStore> => {
    const store = createCodeStore();
    store.admit(sent());
    return store;
  };

  it("going on where they stood", () => {
    expect(state).toEqual({ hash: hashOf(main), unit: 0, abi, position: 1, slots: [8] });
    expect(admitted().restore(state).next(undefined)).toEqual({ done: true, value: 8 });
    expect(
      admitted()
        .restore({ ...state, position: 0, slots: ["bob", 1] })
        .next(undefined).done,
    ).toBe(false);
  });

  it.each([
    ["another version", { abi: abi + 1 }, `its version is ${abi + 1}, and this node has version ${abi}`],
    ["an unknown definition", { hash: "x" }, "definition x is not here"],
    ["no such unit", { unit: 1 }, "it has no unit 1"],
    ["a unit that is no number", { unit: "at" as unknown as number }, "it has no unit at"],
    ["no such position", { position: 2 }, "it has no position 2"],
    ["a position between", { position: 0.5 }, "it has no position 0.5"],
    ["too few values", { slots: [] }, "do not fit position 1"],
    ["too many values", { slots: [1, 2] }, "do not fit position 1"],
    ["values of another kind", { slots: "a" as unknown as [] }, "do not fit position 1"],
  ])("not with %s", (_, change, message) => {
    expect(() => admitted().restore({ ...state, ...change })).toThrow(message);
  });

  it("not before their code was admitted", () => {
    expect(() => createCodeStore().restore(state)).toThrow(CodeRefusedError);
  });
});

describe("code of a trusted peer", () => {
  it("sees the names that it declares, builtins and standard globals (S96)", () => {
    const probe = fn(written("() => [typeof structuredClone, typeof Math.max, typeof transfer]"));
    const store = createCodeStore();
    store.admit(createCodeStore().pack([hashOf(probe)]));
    expect((store.definition(hashOf(probe)).value as () => unknown)()).toEqual(["function", "function", "function"]);
  });

  it("is strict: a function that nobody's method is has no `this`", () => {
    const probe = fn(written("() => (function () { return this; })()"));
    const store = createCodeStore();
    store.admit(createCodeStore().pack([hashOf(probe)]));
    expect((store.definition(hashOf(probe)).value as () => unknown)()).toBeUndefined();
  });

  it("is not fenced in what values lead to: hostile code belongs in a sandbox (S96)", () => {
    const escape = fn(written("() => (() => 0).constructor('return this')()"));
    const store = createCodeStore();
    store.admit(createCodeStore().pack([hashOf(escape)]));
    const { value } = store.definition(hashOf(escape));
    expect(value).not.toBe(escape);
    expect((value as () => unknown)()).toBe(globalThis);
  });

  it("cannot run anything by what it is called (S96)", () => {
    const [packed] = createCodeStore().pack([hashOf(inc)]) as readonly [PackedDefinition];
    const store = createCodeStore();
    store.admit([{ ...packed, name: "a\n; globalThis.stolen = 1 //" }]);
    expect((store.definition(hashOf(inc)).value as typeof inc)(1)).toBe(2);
    expect(globalThis).not.toHaveProperty("stolen");
  });
});

describe("a store forgets", () => {
  const author = "a".repeat(43);
  const other = "o".repeat(43);

  it("what a peer sent, and what needs it; and what it has itself it keeps", () => {
    const store = createCodeStore();
    store.admit(sent(), "trusted", author);
    store.forget(author);
    // This program has all of it.
    expect(store.missing([hashOf(main)])).toEqual([]);
    expect(store.authors([hashOf(main)])).toEqual(new Map());
  });

  it("nothing that somebody else has as its own", () => {
    const maker = createCodeStore();
    const strange: PackedDefinition = {
      hash: "x".repeat(43),
      name: "strange",
      kind: "fn",
      text: "(x) => x + 4711",
      dependencies: {},
    };
    let hash = "";
    try {
      maker.admit([strange]);
    } catch (error) {
      hash = /its hash is (\S+)/.exec((error as Error).message)?.[1] ?? "";
    }
    expect(hash).toHaveLength(43);
    const store = createCodeStore();
    store.admit([{ ...strange, hash }], "trusted", author);
    store.named([hash], other);
    store.forget(author);
    expect(store.authors([hash])).toEqual(new Map([[hash, other]]));
    const held = store.definition(hash);
    expect(held.evaluator.value(held)).toBeTypeOf("function");
    store.forget(other);
    expect(() => held.evaluator.value(held)).toThrow(/the key of its sender was revoked here/);
    expect(store.missing([hash])).toEqual([hash]);
    expect(() => store.definition(hash)).toThrow(CodeRefusedError);
  });
});
