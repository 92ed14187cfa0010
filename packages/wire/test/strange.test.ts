/* eslint-disable no-restricted-globals -- dates as values, not as a clock */
import { NotMovableError } from "@espalier/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CborCodec } from "../src/codec/codec.ts";
import { encodePlain } from "../src/codec/cbor.ts";
import { CodecError } from "../src/errors.ts";
import { tags } from "../src/codec/gate.ts";
import { kind } from "../src/codec/kinds.ts";
import { Tag } from "cbor-x/index-no-eval";

// Values that serializers are known to lose or to change. Each arrives as it was, or is refused by the path to it.

const codec = new CborCodec();
const roundTrip = (value: unknown): unknown => codec.decode(codec.encode(value).bytes);
const sparse = (length: number, ...indices: readonly number[]): unknown[] => {
  const array: unknown[] = [];
  array.length = length;
  for (const index of indices) array[index] = index;
  return array;
};
const lastIndexed = (index: number): RegExp => Object.assign(/a/g, { lastIndex: index });
const named = (key: string, value: unknown): object =>
  Object.defineProperty({}, key, { value, enumerable: true, writable: true, configurable: true });

describe("what serializers lose arrives (S100)", () => {
  it.each<[string, unknown]>([
    ["-0 as an element, a value, a member, and a value of a map", [-0, { a: -0 }, new Map([["a", -0]])]],
    ["-0 in typed arrays", [Float64Array.of(-0, 0), Float32Array.of(-0)]],
    ["a NaN with a sign, bit by bit", new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)],
    ["an array with holes", sparse(5, 1, 3)],
    ["an array of holes alone", sparse(3)],
    ["holes beside undefined", [sparse(2, 0), [undefined, undefined]]],
    ["an array with holes in an object that occurs twice", [[sparse(4, 2)], sparse(4, 2)]],
    ["a key called __proto__", named("__proto__", { polluted: true })],
    ["an object without a prototype that has a key called __proto__", bare("__proto__", 1)],
    ["a date that is none", new Date(Number.NaN)],
    ["big integers of thousands of digits", [10n ** 5_000n, -(10n ** 5_000n) - 1n]],
  ])("%s", (_, value) => {
    const arrived = roundTrip(value);
    expect(arrived).toStrictEqual(value);
    expect(Object.getPrototypeOf(arrived)).toBe(Object.getPrototypeOf(value));
  });

  it("a key called constructor", () => {
    expect(roundTrip({ constructor: { prototype: 1 } })).toEqual({ constructor: { prototype: 1 } });
  });

  it("-0 as the key of a map is 0, as in the map that was sent", () => {
    const [key] = (roundTrip(new Map([[-0, 1]])) as Map<number, number>).keys();
    expect(Object.is(key, 0)).toBe(true);
  });

  it("the holes are holes, and stay so when they are shared or contain themselves", () => {
    const holed = sparse(3);
    holed[1] = holed;
    const [first, second] = roundTrip([holed, holed]) as [unknown[], unknown[]];
    expect(second).toBe(first);
    expect(first[1]).toBe(first);
    expect(Object.keys(first)).toEqual(["1"]);
    expect(first).toHaveLength(3);
  });

  it("the lastIndex of a regular expression", () => {
    expect((roundTrip(lastIndexed(7)) as RegExp).lastIndex).toBe(7);
    expect((roundTrip(/a/g) as RegExp).lastIndex).toBe(0);
  });

  it("errors of every class of the language, and chains of causes", () => {
    for (const type of [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, Error]) {
      const arrived = roundTrip(new type("m", { cause: new type("inner", { cause: -0 }) })) as Error;
      expect(Object.getPrototypeOf(arrived)).toBe(type.prototype);
      expect(Object.getPrototypeOf(arrived.cause)).toBe(type.prototype);
      expect(Object.is((arrived.cause as Error).cause, -0)).toBe(true);
    }
    const all = roundTrip(new AggregateError([new AggregateError([-0], "in")], "out", { cause: 1 })) as AggregateError;
    expect(Object.getPrototypeOf(all)).toBe(AggregateError.prototype);
    expect([all.cause, (all.errors[0] as AggregateError).errors]).toStrictEqual([1, [-0]]);
  });

  it("an error that the platform makes keeps its name, and becomes an Error", () => {
    const arrived = roundTrip(new DOMException("gone", "AbortError")) as Error;
    expect([arrived.name, arrived.message, arrived instanceof Error]).toEqual(["AbortError", "gone", true]);
  });

  it("cycles through containers of every kind", () => {
    const make: readonly ((inside: unknown) => object)[] = [
      (inside) => [inside],
      (inside) => Object.assign(sparse(3), { 2: inside }),
      (inside) => ({ inside }),
      (inside) => bare("inside", inside),
      (inside) => named("__proto__", inside),
      (inside) => new Map([[1, inside]]),
      (inside) => new Map([[inside, 1]]),
      (inside) => new Set([inside]),
      (inside) => new Error("e", { cause: inside }),
      (inside) => new AggregateError([inside], "e"),
    ];
    for (const outer of make) {
      for (const inner of make) {
        const start: unknown[] = [];
        start.push(outer(inner(start)));
        const arrived = roundTrip(start) as unknown[];
        expect(reaches(arrived[0], arrived, 5)).toBe(true);
      }
    }
  });
});

describe("what cannot arrive as it was is refused (S101, S181)", () => {
  const detached = new ArrayBuffer(8);
  const viewOfDetached = new Uint8Array(detached);
  structuredClone(detached, { transfer: [detached] });
  const getter = Object.defineProperty({ a: 1 }, "now", { get: () => expect.unreachable(), enumerable: true });

  it.each<[string, unknown, string]>([
    [
      "a getter",
      [getter],
      "[0].now cannot travel: it is computed by a getter, which is not called; send what it gives",
    ],
    ["a boxed text", [Object("a")], "[0] cannot travel: it is an instance of String; send the text itself"],
    ["a boxed symbol", [Object(Symbol.iterator)], "[0] cannot travel: it is an instance of Symbol"],
    ["a well-known symbol", { a: Symbol.iterator }, ".a cannot travel: it is a symbol"],
    ["a registered symbol", { a: Symbol.for("a") }, ".a cannot travel: it is a symbol"],
    ["a URL", { a: new URL("http://a/") }, ".a cannot travel: it is an instance of URL; send its href"],
    [
      "shared memory",
      { a: new SharedArrayBuffer(1) },
      ".a cannot travel: it is an instance of SharedArrayBuffer; its memory is shared with threads of this program only",
    ],
    [
      "a view of shared memory",
      { a: new Uint8Array(new SharedArrayBuffer(1)) },
      ".a cannot travel: it is a Uint8Array on memory that is shared with other threads; copy it, with slice()",
    ],
    ["memory that was given away", { a: detached }, ".a cannot travel: it is an ArrayBuffer that was transferred away"],
    [
      "a view of it",
      { a: viewOfDetached },
      ".a cannot travel: it is a Uint8Array on an ArrayBuffer that was transferred away",
    ],
    [
      "a DataView",
      { a: new DataView(new ArrayBuffer(1)) },
      ".a cannot travel: it is an instance of DataView; send a Uint8Array",
    ],
    ["the global object", { a: globalThis }, ".a cannot travel: "],
    [
      "arguments that are symbols, as keys of a map",
      new Map([[Symbol.iterator, 1]]),
      "<a key> cannot travel: it is a symbol",
    ],
  ])("%s", (_, value, message) => {
    for (const act of [() => codec.encode(value), () => codec.check(value, () => "the value")]) {
      expect(act).toThrow(NotMovableError);
      expect(act).toThrow(`the value${message}`);
    }
  });
});

describe("bytes of nobody's codec (S102)", () => {
  const decode = (content: readonly unknown[]) => codec.decode(encodePlain(new Tag(content, tags.espalier)));

  it.each<[string, readonly unknown[]]>([
    ["an array with holes of no length", [kind.sparse, -1]],
    ["an array with holes of half a length", [kind.sparse, 1.5]],
    ["an array with holes longer than any", [kind.sparse, 2 ** 32]],
    ["an element beyond the end", [kind.sparse, 1, 1, "x"]],
    ["an element at no index", [kind.sparse, 1, "length", 5]],
    ["an index without an element", [kind.sparse, 1, 0]],
    ["a pattern whose lastIndex is an object", [kind.regExp, "a", "g", {}]],
    ["an instance, where no class travels", [kind.instance, "h", null, null]],
  ])("%s is malformed", (_, content) => {
    expect(() => decode(content)).toThrow(CodecError);
  });

  it("many long arrays of holes take no more memory than items would", () => {
    const long = new Tag([kind.sparse, 600_000], tags.espalier);
    expect(() => codec.decode(encodePlain([long, long]))).toThrow("arrays with holes longer than 1000000 together");
  });
});

it("whatever is accepted arrives equal, and once arrived arrives again (S100)", () => {
  const odd = fc.constantFrom<(() => unknown)[]>(
    () => -0,
    () => Number.NaN,
    () => sparse(3, 1),
    () => named("__proto__", -0),
    () => bare("k", sparse(1)),
    () => new Date(Number.NaN),
    () => lastIndexed(2),
    () => new RangeError("r", { cause: -0 }),
    () => Object(1) as unknown,
    () => Symbol.iterator,
    () => new DataView(new ArrayBuffer(2)),
    () => 2n ** 70n,
    () => "\ud800",
    () => Float64Array.of(-0),
  );
  const leaf = fc.oneof(
    odd.map((make) => make()),
    fc.anything({ maxDepth: 1 }),
  );
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
      fc.array(fc.tuple(leaf, tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.array(tie("value"), { maxLength: 3 }).map((members) => new Set(members)),
      fc.tuple(fc.string(), tie("value")).map(([message, cause]) => new TypeError(message, { cause })),
    ),
  })).value;
  let accepted = 0;
  fc.assert(
    fc.property(value, (sent) => {
      let arrived: unknown;
      try {
        arrived = roundTrip(sent);
      } catch (error) {
        expect(error).toBeInstanceOf(NotMovableError);
        return;
      }
      accepted += 1;
      expect(arrived).toStrictEqual(sent);
      expect(codec.encode(arrived).bytes).toEqual(codec.encode(sent).bytes);
    }),
    { numRuns: 1_500 },
  );
  expect(accepted).toBeGreaterThan(500);
});

function bare(key: string, value: unknown): object {
  return Object.assign(Object.create(null) as object, { [key]: value });
}

/** Whether `goal` is found within `steps` from `value`. */
function reaches(value: unknown, goal: unknown, steps: number): boolean {
  if (value === goal) return true;
  if (steps === 0 || typeof value !== "object" || value === null) return false;
  const parts: unknown[] =
    value instanceof Map
      ? [...(value as Map<unknown, unknown>)].flat()
      : value instanceof Set
        ? [...(value as Set<unknown>)]
        : Reflect.ownKeys(value)
            .filter((key) => key !== "stack")
            .map((key) => (value as Record<PropertyKey, unknown>)[key]);
  return parts.some((part) => (part === goal ? true : reaches(part, goal, steps - 1)));
}
