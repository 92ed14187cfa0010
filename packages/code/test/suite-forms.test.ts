import { describe, expect, it } from "vitest";
import { remote } from "../src/index.ts";
import { fail, here, log, run, transfer } from "./machines.ts";

// What the language has besides statements: each form with moves in the middle of it.

const at = remote(function* <T>(place: string, value: T) {
  yield* transfer(place);
  return value;
});

describe("forms with moves in them", () => {
  it("45 defaults and computed keys of patterns", () => {
    const main = remote({ at }, function* (input: Record<string, unknown>) {
      const {
        a = yield* at("alice", "a?"),
        [yield* at("bob", "key")]: found = yield* at("alice", "none"),
        inner: { b = yield* at("bob", 2) } = yield* at("alice", { b: 1 }),
        ...others
      } = input as { a?: string; inner?: { b?: number }; key?: string; [more: string]: unknown };
      return [a, found, b, others, yield* here()];
    });
    expect(run(main({ key: "k", z: 1 }))).toMatchObject({
      value: ["a?", "k", 1, { z: 1 }, "alice"],
      hops: ["alice", "bob", "alice"],
    });
  });

  it("46 array patterns over what yields values one by one", () => {
    const main = remote({ at }, function* () {
      const [first = yield* at("alice", 0), , third = yield* at("bob", 3), ...rest] = new Set([undefined, 2]);
      let last: unknown;
      let more: unknown;
      [last, [more = yield* at("alice", "m")] = []] = [1] as unknown as [number, string[]?];
      return [first, third, rest, last, more];
    });
    expect(run(main()).value).toEqual([0, 3, [], 1, "m"]);
  });

  it("47 patterns of loops and handlers", () => {
    const main = remote({ at }, function* () {
      const seen: unknown[] = [];
      for (const { n = yield* at("alice", -1), tag } of [{ tag: "x" }, { n: 2, tag: "y" }] as {
        n?: number;
        tag: string;
      }[]) {
        yield* transfer("bob");
        seen.push(n, tag);
      }
      try {
        yield* fail(new RangeError("far"));
      } catch ({ message, detail = yield* at("alice", "none") }: any) {
        seen.push(message, detail);
      }
      return seen;
    });
    expect(run(main()).value).toEqual([-1, "x", 2, "y", "far", "none"]);
  });

  it("48 tags of templates, and what is in them", () => {
    const main = remote({ at }, function* () {
      const tags = {
        join: (strings: TemplateStringsArray, ...values: unknown[]) => strings.raw.join("|") + values.join(),
      };
      return [
        tags.join`a${yield* at("alice", 1)}\n${yield* at("bob", 2)}`,
        (yield* at("alice", tags)).join`b${3}`,
        tags[yield* at("bob", "join" as const)]`c`,
      ];
    });
    expect(run(main()).value).toEqual(["a|\\n|1,2", "b|3", "c"]);
  });

  it("49 optional chains, deleted ones too", () => {
    const main = remote({ at }, function* () {
      const o: any = { a: { b: 1, c: [7, 8] }, none: null };
      const got = [
        o?.a?.c[yield* at("alice", 1)],
        o.none?.x[yield* at("never", 1)],
        o.a?.c?.at?.(yield* at("bob", -1)),
        delete o?.a?.[yield* at("alice", "b")],
        delete o.none?.[yield* at("never", "b")],
      ];
      return [got, o];
    });
    expect(run(main())).toMatchObject({
      value: [[8, undefined, 8, true, true], { a: { c: [7, 8] }, none: null }],
      hops: ["alice", "bob", "alice"],
    });
  });

  it("50 assignments of every kind", () => {
    const main = remote({ at }, function* () {
      const o: any = { n: 2, z: 0, u: null, s: "s" };
      let x: any = 3;
      o.n **= yield* at("alice", 5);
      o.z ||= yield* at("bob", "z");
      o.u ??= yield* at("alice", "u");
      o.s &&= yield* at("bob", "t");
      x -= yield* at("alice", 1);
      x <<= (yield* at("bob", 2), 3);
      return [o, x, (-(yield* at("alice", 2))) ** (yield* at("bob", 2))];
    });
    expect(run(main()).value).toEqual([{ n: 32, z: "z", u: "u", s: "t" }, 16, 4]);
  });

  it("51 spreads everywhere", () => {
    const main = remote({ at }, function* () {
      const list = [0, ...(yield* at("alice", [1, 2])), ...(yield* at("bob", new Set("ab")))];
      const object = { z: 1, ...(yield* at("alice", { a: 2, b: 3 })), c: yield* at("bob", 4) };
      const made = new Array(...(yield* at("alice", [5, 6])), 7);
      return [list, object, made, Math.max(...(yield* at("bob", [3, 9])), 4)];
    });
    expect(run(main()).value).toEqual([[0, 1, 2, "a", "b"], { z: 1, a: 2, b: 3, c: 4 }, [5, 6, 7], 9]);
  });

  it("52 generator methods, getters and computed names of objects", () => {
    const main = remote({ at }, function* () {
      const k = 2;
      const tools = {
        *double(n: number) {
          yield* transfer("alice");
          return n * k;
        },
        [`k${yield* at("bob", 1)}`]: k,
        get size() {
          return k;
        },
      };
      const size = tools.size;
      return [yield* tools.double(4), size, Object.keys(tools)];
    });
    expect(run(main()).value).toEqual([8, 2, ["double", "k1", "size"]]);
  });

  it("53 classes inside, made again where they are needed", () => {
    const main = remote(function* (a: string) {
      const base = 10;
      class Box {
        readonly #n: number;
        constructor(n: number) {
          this.#n = n;
        }
        get value(): number {
          return this.#n + base;
        }
        static of(n: number): Box {
          return new Box(n);
        }
      }
      class Big extends Box {
        override get value(): number {
          return super.value * 100;
        }
      }
      const before = Box.of(1).value;
      yield* transfer(a);
      return [before, Box.of(2).value, new Big(3).value];
    });
    expect(run(main("alice")).value).toEqual([11, 12, 1300]);
  });

  it("54 blocks with labels, left from deep inside", () => {
    const main = remote(function* (a: string) {
      const out: string[] = [];
      search: {
        for (const x of [1, 2, 3]) {
          switch (x) {
            case 2:
              yield* transfer(a);
              out.push(`found at ${yield* here()}`);
              break search;
            default:
              out.push(`not ${x}`);
          }
        }
        out.push("never");
      }
      return out;
    });
    expect(run(main("alice")).value).toEqual(["not 1", "found at alice"]);
  });

  it("55 a return and an error that wait for a finally that moves", () => {
    const main = remote(function* (a: string, fails: boolean) {
      const trace: string[] = [];
      const work = function* () {
        try {
          try {
            if (fails) yield* fail(new RangeError("first"));
            return "result";
          } finally {
            yield* transfer(a);
            trace.push(`inner@${yield* here()}`);
          }
        } finally {
          yield* transfer("bob");
          trace.push(`outer@${yield* here()}`);
        }
      };
      try {
        return [yield* work(), ...trace];
      } catch (error) {
        return [String(error), ...trace];
      }
    });
    expect(run(main("alice", false)).value).toEqual(["result", "inner@alice", "outer@bob"]);
    expect(run(main("alice", true)).value).toEqual(["RangeError: first", "inner@alice", "outer@bob"]);
  });

  it("56 loops whose header moves, with a variable for each turn", () => {
    const main = remote({ at }, function* () {
      const seen: unknown[] = [];
      for (let i = yield* at("alice", 0), step = 1; i < (yield* at("bob", 3)); i += yield* at("alice", step)) {
        const own = i;
        seen.push((): number => own * 10);
      }
      return seen.map((f) => (f as () => number)());
    });
    expect(run(main()).value).toEqual([0, 10, 20]);
  });

  it("57 nothing but numbers, strings and regular expressions", () => {
    const main = remote(function* (a: string) {
      const pattern = /(?<year>\d{4})-(?<month>\d\d)/dgu;
      const text = "2024-05 2025-06";
      const first = pattern.exec(text)?.groups?.["year"];
      yield* transfer(a);
      const again = /(?<year>\d{4})/v.exec(text)?.groups?.["year"];
      return [first, again, 0x1f, 1_000n ** 2n, "\u{1F600}".length, void 0];
    });
    expect(run(main("alice")).value).toEqual(["2024", "2024", 31, 1_000_000n, 2, undefined]);
  });

  it("58 default parameters that use one another, evaluated once", () => {
    const main = remote(function* (a: string, list: unknown[] = [a], { n = list.length, ...more } = { n: 3, m: 4 }) {
      list.push(n);
      yield* transfer(a);
      yield* log(String(list.length));
      return [list, n, more];
    });
    expect(run(main("alice"))).toMatchObject({ value: [["alice", 3], 3, { m: 4 }], logs: ["alice:2"] });
  });
});
