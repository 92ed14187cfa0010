import type { Moving } from "@espalier/heartbeat";
import { describe, expect, it } from "vitest";
import { builtin, DefinitionError, fn, hashOf, remote, RemoteCall } from "../src/index.ts";
import { checkRemote } from "../src/rules.ts";
import { readFunction } from "../src/syntax/read.ts";
import { fork, here, log, run, transfer } from "./machines.ts";

// What cannot move is refused where it is defined. Untyped bodies: most of these do not even compile as TypeScript.
const body = (text: string): any => (0, eval)(`(${text})`);
const refused = (text: string, dependencies: object = {}): string => {
  try {
    remote(dependencies as Record<string, unknown>, body(text));
  } catch (error) {
    if (error instanceof DefinitionError) return error.message;
    throw error;
  }
  throw new Error(`not refused: ${text}`);
};

describe("a definition is refused, with the line and the remedy, for (S92)", () => {
  it("a name that it does not declare", () => {
    const message = refused("function* main(n) {\n  yield* transfer(n);\n  return helper(n) + sort(n);\n}", {
      sort: () => 0,
    });
    expect(message).toBe(
      "main: `helper` is neither a local, a declared dependency, a builtin nor a standard global; declare it: remote({ sort, helper }, …) (line 3 of the function)",
    );
  });

  it("names that it does not declare, all in one line to paste", () => {
    const message = refused("function* (n) { return helper(n) + sort(n) + fetch(Limit, rate); }", { sort: () => 0 });
    expect(message).toContain("declare it: remote({ sort, helper, Limit, rate }, …)");
    const late = remote(() => ({ sort: () => 0 }), body("function* main() { return helper(sort); }"));
    expect(() => hashOf(late)).toThrow("declare it: remote(() => ({ sort, helper }), …)");
    expect(() => hashOf(remote((() => 5) as never, body("function* main() {}")))).toThrow(
      "main: expected dependencies, as an object, from the function that gives them, got 5",
    );
  });

  it.each([
    ["globalThis", "is not a name that a definition may use; name what you use of it"],
    ["process", "belongs to one machine; pass what it tells as an argument, or call a remote.private"],
    ["require", "belongs to one machine"],
    ["fetch", "belongs to one machine"],
    ["setTimeout", "is bound to one process; wait with `yield* Process.sleep(…)`"],
    ["eval", "makes code that has no hash; define it with fn"],
    ["Function", "makes code that has no hash"],
    ["__publicField", "is what a compiler wrote for syntax that its target does not have; set the target to ES2022"],
    ["_class_private_field_get", "is what a compiler wrote"],
    ["__awaiter", "is what a compiler wrote"],
  ])("the name %s, which reaches outside, with a remedy of its own", (name, problem) => {
    expect(refused(`function* () {\n return ${name}; }`)).toContain(`\`${name}\` ${problem}`);
  });

  it("a namespace that is not used by its members", () => {
    const shapes = { area: () => 1, edges: () => 4 };
    expect(refused("function* () { return shapes; }", { shapes })).toContain(
      "`shapes` is a namespace, which is used by its members, such as `shapes.area`; it has area, edges",
    );
    expect(refused("function* (k) { return shapes[k](); }", { shapes })).toContain("`shapes` is a namespace");
    expect(refused("function* () { return shapes.volume(); }", { shapes })).toContain("it has area, edges");
  });

  it.each([
    ["function* (n) { yield n; }", "use `yield*`, not `yield`"],
    ["async function* (n) {}", "async function* cannot move"],
    ["() => 5", "a remote definition is a function*"],
    ["function* () { return this; }", "`this` of the definition itself is not available"],
    ["function* () { return () => this; }", "`this` of the definition itself is not available"],
    ["function* () { return arguments.length; }", "use rest parameters"],
    ["function* () { return import('fs'); }", "`import()` is not available"],
    ["function* () { const k = 1; k = 2; }", "assignment to the constant `k`"],
    ["function* () { sort = 2; }", "assignment to `sort`, which is not a local"],
    ["function* () { x = 1; let x; }", "`x` is assigned before its declaration"],
    ["function* () { const y = x; const x = 1; }", "`x` is used before its declaration"],
    ["function* () { let k = 1; k++; return function* () { return k; }; }", "copy it to a const before"],
    [
      "function* () { for (let i = 0; i < 3; i++) yield* fork(function* () { return i; }); }",
      "the function* in it uses `i`",
    ],
    ["function* () { class A { *m() {} } }", "a generator method of a class cannot move"],
    ["function* () { const o = { *m() { return this; } }; }", "`this` is not available in a function* that moves"],
    ["function* () { const o = { async *m() {} }; }", "async function* cannot move"],
    ["function* (o) { (o?.f)(yield* here()); }", "leave the parentheses out"],
    ["function* () { new.target; }", "`new.target` of the definition itself is not available"],
    ["function* () { class A { [1 + 1]() {} } }", "no computed names"],
    ["function* () { class A { static {} } }", "has no static state"],
    ["function* () { class A { static x = 1; } }", "has no static state"],
    ["function* () { class A extends (yield* here()) {} }", "can only extend a name"],
    ["function* () { try { throw 1; } catch (e) { var e = 2; } }", "`var e` redeclares"],
    ["function* () { function* inner() { return this; } }", "`this` is not available in a function* that moves"],
    ["Math.max", "whose source can be read"],
    ["(function* () {}).bind(null)", "whose source can be read"],
  ])("%s", (text, problem) => {
    expect(refused(text)).toContain(problem);
  });

  it("syntax that is newer than what can move", () => {
    // From the text alone: not every engine that runs this knows the syntax.
    const problem = (text: string): string => {
      try {
        const { root } = readFunction(text, "f", null);
        checkRemote(root, "f");
      } catch (error) {
        if (error instanceof DefinitionError) return error.message;
        throw error;
      }
      return "none";
    };
    expect(problem("function* () { using x = null; }")).toBe("none");
    expect(problem("function* () { for (using x of []) ; }")).toContain("`using` in the header of a loop");
    expect(problem("function* () { for (using x = null; ; ) ; }")).toContain("declare it in the body");
    expect(problem("function* (k) { switch (k) { case 1: using x = null; } }")).toMatch(
      /into a block|expected a function/,
    );
    expect(problem("function* () { import.meta.url; }")).toContain("`import.meta` is not available");
    expect(() => readFunction("async () => { await using x = null; }", "f", null)).toThrow(
      "`await using` is not supported",
    );
  });

  it("dependencies that are no definitions", () => {
    const main = body("function* () { return d; }");
    const refusal = (d: unknown): string => {
      try {
        remote({ d }, main);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal(new Map())).toContain("dependency `d`: it is an instance of Map");
    expect(refusal({ a: [{ b: Symbol("s") }] })).toContain("dependency `d.a[0].b`: it is a symbol");
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(refusal(cycle)).toContain("dependency `d.self`: it holds itself");
    expect(refusal(() => main)).toContain("d: `main` is neither a local");
    expect(refusal(undefined)).toContain(
      "dependency `d`: it is undefined; what is defined later is given in a function, () => ({ d })",
    );
  });

  it("a missing body", () => {
    expect(() => remote({} as never)).toThrow(TypeError);
    expect(() => hashOf(() => 5)).toThrow("hashOf: expected what remote or fn returned");
  });
});

describe("a definition", () => {
  it("uses a namespace that is declared by its members, and takes only those along", () => {
    const twice = fn((x: number) => x * 2);
    const shapes = {
      area: (a: number, b: number) => a * b,
      twice,
      sides: [4, 5],
      edges: () => new Map(),
      unused: new Map(),
    };
    const main = remote({ shapes }, function* (to: string) {
      yield* transfer(to);
      const area = shapes.area(2, 3);
      return [area, shapes.twice(area), shapes.sides];
    });
    expect(run(main("alice"))).toMatchObject({ value: [6, 12, [4, 5]], sent: [4] });
    const direct = fn({ twice }, body("(x) => twice(x)") as () => void);
    expect(hashOf(fn({ shapes }, body("(x) => shapes.twice(x)") as () => void))).toBe(hashOf(direct));
  });

  it("may declare what it does not use, which stays where it is", () => {
    const main = remote({ idle: () => 5, limit: 2 }, body("function* (to) { yield* transfer(to); return limit; }"));
    expect(run(main("alice"))).toMatchObject({ value: 2, sent: [2] });
    expect(hashOf(main)).toBe(
      hashOf(remote({ limit: 2 }, body("function* (to) { yield* transfer(to); return limit; }"))),
    );
  });

  it("reads what is declared later once, when it is needed first (S167)", () => {
    let asked = 0;
    const answers = [{ limit: 1 }, { limit: 2, more: 3 }];
    const main = remote(
      () => answers[asked++] as { limit: number },
      body("function* (to) { yield* transfer(to); return limit; }"),
    );
    expect(asked).toBe(0);
    const hash = hashOf(main);
    expect(run(main("alice")).value).toBe(1);
    expect(hashOf(main)).toBe(hash);
    expect(asked).toBe(1);
  });

  it("describes when called, and runs nothing", () => {
    const main = remote(function* main(n: string) {
      yield* transfer(n);
    });
    const call = main("alice");
    expect(call).toBeInstanceOf(RemoteCall);
    expect((call as unknown as RemoteCall<void>).label).toBe("main");
    expect(main.name).toBe("main");
  });

  it("uses a constant as it was when it was declared, on every machine", () => {
    const settings = { limit: 2, names: ["a", "b"] };
    const main = remote({ settings }, function* (to: string) {
      yield* transfer(to);
      return [settings.limit, settings.names, Object.isFrozen(settings) && Object.isFrozen(settings.names)];
    });
    settings.limit = 3;
    expect(run(main("alice")).value).toEqual([2, ["a", "b"], true]);
    expect(run(main("home")).value).toEqual([2, ["a", "b"], true]);
  });

  it("takes every kind of constant along", () => {
    const all = {
      n: null,
      u: undefined,
      t: true,
      s: 'a"\n',
      big: -5n,
      nan: NaN,
      zero: -0,
      inf: -Infinity,
      list: [1, [2]],
      ["__proto__"]: { x: 1 },
    };
    const main = remote({ all }, function* (to: string) {
      yield* transfer(to);
      return all;
    });
    expect(run(main("alice")).value).toEqual(all);
  });

  it("uses plain functions and classes as dependencies, undeclared", () => {
    const twice = (x: number): number => x * 2;
    class Point {
      readonly #x: number;
      static origin = new Point(0);
      constructor(x: number) {
        this.#x = x;
      }
      get x(): number {
        return this.#x;
      }
    }
    const main = remote({ twice, Point }, function* (to: string) {
      yield* transfer(to);
      return new Point(twice(4)).x + Point.origin.x;
    });
    expect(run(main("alice")).value).toBe(8);
  });

  it("finds functions that need one another on the other side", () => {
    const isEven: (n: number) => boolean = fn(
      () => ({ isOdd }),
      (n) => n === 0 || isOdd(n - 1),
    );
    const isOdd: (n: number) => boolean = fn(
      () => ({ isEven }),
      (n) => n !== 0 && isEven(n - 1),
    );
    const main = remote({ isEven }, function* (to: string) {
      yield* transfer(to);
      return isEven(10);
    });
    expect(run(main("alice"))).toMatchObject({ value: true, sent: [3] });
  });

  it("recurses by its own name", () => {
    const main = remote(function* count(n: number): Generator<Moving, number, any> {
      if (n === 0) return 0;
      yield* transfer(n % 2 ? "alice" : "bob");
      return 1 + (yield* count(n - 1));
    });
    expect(run(main(5)).value).toBe(5);
  });

  it("makes function*s that need one another, and takes them along", () => {
    const main = remote(function* (to: string, tag: string) {
      const down = function* (n: number): Generator<any, string, any> {
        yield* transfer(n % 2 ? to : "bob");
        return n === 0 ? `${tag}@${yield* here()}` : yield* up(n - 1);
      };
      function* up(n: number): Generator<any, string, any> {
        return yield* down(n);
      }
      const list = [down, up];
      yield* transfer("alice");
      yield* log("moved");
      return [yield* (list[0] as typeof down)(3), list.length];
    });
    expect(run(main("alice", "t"))).toMatchObject({ value: ["t@bob", 2], logs: ["alice:moved"] });
  });

  it("asks for builtins by name, and refuses two of one name", () => {
    const one = { ask: () => here() };
    builtin("Oracle", one);
    builtin("Oracle", one);
    expect(() => builtin("Oracle", {})).toThrow("builtin Oracle: it already stands for another value");
    expect(() => builtin("no name", {})).toThrow(TypeError);
    expect(() => builtin("Nothing", null as never)).toThrow(TypeError);
    const ask = one.ask;
    const main = remote({ ask }, function* () {
      return yield* ask();
    });
    expect(run(main()).value).toBe("home");
  });

  it("reads what vitest makes of imports: these tests are such", () => {
    expect(Function.prototype.toString.call(() => fork)).toContain("__vite_ssr_import_");
    const main = remote(function* () {
      yield* fork(function* () {
        yield* log("forked");
      });
    });
    expect(run(main()).logs).toEqual(["home:forked"]);
  });
});
