/* eslint-disable no-restricted-globals -- dates as values, not as a clock */
import { NotMovableError, type Hash, type TravellingFunctions, type Travels } from "@espalier/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CborCodec } from "../src/codec/codec.ts";
import { CodecError } from "../src/errors.ts";
import { limits } from "@espalier/runtime";

class Point {
  readonly x: number;
  readonly y: unknown;
  constructor(x: number, y: unknown) {
    this.x = x;
    this.y = y;
  }
}

const pointTravels: Travels<Point> = {
  name: "point",
  type: Point,
  encode: (point) => [point.x, point.y],
  decode(data) {
    if (!Array.isArray(data) || typeof data[0] !== "number") throw new TypeError("point: expected [x, y]");
    return new Point(data[0], data[1]);
  },
  hashes: (point) => [`hash-${point.x}`],
};

const codec = new CborCodec({ travels: [pointTravels] });
const roundTrip = (value: unknown): unknown => codec.decode(codec.encode(value).bytes);

/** What `encode` and `check` say of `value`. */
function refusal(value: unknown): string {
  let message = "";
  const attempt = (act: () => unknown, prefix: string) => {
    try {
      act();
    } catch (error) {
      expect(error).toBeInstanceOf(NotMovableError);
      message = (error as Error).message;
      expect(message.startsWith(prefix)).toBe(true);
    }
  };
  attempt(() => codec.encode(value), "the value");
  const encoded = message.slice("the value".length);
  attempt(() => codec.check(value, () => "`it` of main"), "`it` of main");
  expect(message.slice("`it` of main".length)).toBe(encoded);
  return encoded;
}

describe("what arrives equals what was sent (S100)", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["booleans", [true, false]],
    ["NaN", Number.NaN],
    ["minus zero", -0],
    ["minus zero inside", { a: [-0, 0, -0] }],
    ["infinities", [Infinity, -Infinity]],
    [
      "integers around every width",
      [
        23,
        24,
        255,
        256,
        65_535,
        65_536,
        2 ** 32 - 1,
        2 ** 32,
        2 ** 53,
        -1,
        -24,
        -25,
        -256,
        -257,
        -(2 ** 31),
        -(2 ** 32),
        -(2 ** 32) - 1,
        -(2 ** 53),
      ],
    ],
    ["fractions", [0.1, 5e-324, 1.7976931348623157e308, 1.5]],
    [
      "bigints around every width",
      [
        0n,
        -1n,
        2n ** 53n,
        2n ** 63n,
        2n ** 64n - 1n,
        2n ** 64n,
        -(2n ** 64n) + 1n,
        -(2n ** 64n),
        -(2n ** 64n) - 1n,
        10n ** 50n,
        -(10n ** 50n),
        255n,
        256n,
      ],
    ],
    ["texts", ["", "a", "é", "日本", "𝒳", "\0", "a".repeat(70), "é".repeat(40_000)]],
    ["lone surrogates", ["\ud800", "a\udc00b", "\udfff\ud800"]],
    ["a byte order mark, which text decoders drop", ["\ufeff", "\ufeffa".repeat(100), "a\ufeff"]],
    [
      "keys that are not like most",
      { "": 1, "\ud800": 2, "\ufeffk": 3, constructor: 4, toString: 5, 1: 6, hasOwnProperty: 7 },
    ],
    [
      "dates",
      [
        new Date(0),
        new Date(1.7e12),
        new Date(-1),
        new Date(8.64e15),
        new Date(-8.64e15),
        new Date(8.64e15 - 1),
        new Date(Number.NaN),
      ],
    ],
    ["regular expressions", [/a\/b/giu, /(?<year>\d{4})/v, new RegExp("\ud800")]],
    [
      "maps and sets",
      [
        new Map<unknown, unknown>([
          [{ a: 1 }, -0],
          ["x", new Map([[1, 2]])],
        ]),
        new Set([1, "1", undefined, new Set()]),
      ],
    ],
    [
      "typed arrays",
      [
        Uint8Array.of(1, 2),
        new Uint8ClampedArray([255]),
        Int8Array.of(-1),
        Uint16Array.of(65_535),
        Int16Array.of(-2),
        Uint32Array.of(2 ** 32 - 1),
        Int32Array.of(-3),
        Float32Array.of(1.5),
        Float64Array.of(Math.PI),
        BigInt64Array.of(-4n),
        BigUint64Array.of(2n ** 64n - 1n),
        new Float64Array(0),
      ],
    ],
    ["array buffers", [new ArrayBuffer(0), Uint8Array.of(1, 2, 3).buffer]],
    ["a null prototype", Object.assign(Object.create(null) as object, { a: 1, b: -0 })],
    ["points", [new Point(1, new Point(2, null)), { p: new Point(3, -0) }]],
    ["empty things", [[], {}, new Map(), new Set(), "", new Uint8Array(0)]],
  ])("%s", (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  it("for a view of part of a buffer, and without the rest of it", () => {
    const part = new Uint8Array(100).fill(9).subarray(10, 13);
    const arrived = roundTrip([part, new Float64Array(10).fill(2).subarray(1, 3)]) as [Uint8Array, Float64Array];
    expect(arrived).toStrictEqual([Uint8Array.of(9, 9, 9), Float64Array.of(2, 2)]);
    expect(arrived[0].buffer.byteLength).toBe(3);
  });

  it("for errors: class, name, message, code, cause and errors", () => {
    class QueryError extends RangeError {
      readonly code = "QUERY";
      constructor(message: string, options?: ErrorOptions) {
        super(message, options);
        this.name = "QueryError";
      }
    }
    const sent = new QueryError("no table", { cause: new TypeError("inner", { cause: { n: -0 } }) });
    const arrived = roundTrip(sent) as QueryError;
    expect(arrived).toBeInstanceOf(RangeError);
    expect(arrived).not.toBeInstanceOf(QueryError);
    expect({ name: arrived.name, message: arrived.message, code: arrived.code }).toEqual({
      name: "QueryError",
      message: "no table",
      code: "QUERY",
    });
    expect(arrived.cause).toBeInstanceOf(TypeError);
    expect((arrived.cause as Error).cause).toStrictEqual({ n: -0 });
    expect(arrived.stack).toBe("QueryError: no table\n    at another node");
    expect(Object.keys(arrived)).toEqual(["code"]);
    const many = roundTrip(new AggregateError([new Error("one"), 2], "all")) as AggregateError;
    expect(many).toBeInstanceOf(AggregateError);
    expect(many.message).toBe("all");
    expect((many.errors[0] as Error).message).toBe("one");
    expect(many.errors[1]).toBe(2);
    expect("cause" in (roundTrip(new Error("plain")) as Error)).toBe(false);
    expect("cause" in (roundTrip(new Error("plain", { cause: undefined })) as Error)).toBe(true);
  });

  it("for objects, arrays, maps, sets and errors that contain themselves", () => {
    const object: Record<string, unknown> = { list: [] };
    const map = new Map<unknown, unknown>([["object", object]]);
    const set = new Set<unknown>([map]);
    const error = new Error("cyclic");
    error.cause = { error };
    map.set(map, map);
    (object["list"] as unknown[]).push(
      object,
      map,
      set,
      error,
      Object.assign(Object.create(null) as object, { object }),
    );
    const arrived = roundTrip(object) as {
      list: [unknown, Map<unknown, unknown>, Set<unknown>, Error, { object: unknown }];
    };
    const [self, arrivedMap, arrivedSet, arrivedError, bare] = arrived.list;
    expect(self).toBe(arrived);
    expect(arrivedMap.get("object")).toBe(arrived);
    expect(arrivedMap.get(arrivedMap)).toBe(arrivedMap);
    expect([...arrivedSet]).toEqual([arrivedMap]);
    expect((arrivedError.cause as { error: unknown }).error).toBe(arrivedError);
    expect(bare.object).toBe(arrived);
    expect(Object.getPrototypeOf(bare)).toBeNull();
  });

  it("for what occurs twice: once there too", () => {
    const date = new Date(5);
    const bytes = Uint8Array.of(1);
    const point = new Point(1, date);
    const arrived = roundTrip([date, date, bytes, bytes, point, point, [point]]) as unknown[];
    expect(arrived[1]).toBe(arrived[0]);
    expect(arrived[3]).toBe(arrived[2]);
    expect(arrived[5]).toBe(arrived[4]);
    expect((arrived[6] as unknown[])[0]).toBe(arrived[4]);
    expect((arrived[4] as Point).y).toBe(arrived[0]);
  });

  it("for an object that contains a value that contains the object", () => {
    const object: { point?: Point } = {};
    object.point = new Point(1, object);
    const arrived = roundTrip(object) as { point: Point };
    expect(arrived.point).toBeInstanceOf(Point);
    expect(arrived.point.y).toBe(arrived);
  });

  it("for random values of all kinds", () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withTypedArray: true,
      stringUnit: "binary",
      maxDepth: 4,
    });
    fc.assert(
      fc.property(value, (sent) => {
        expect(roundTrip(sent)).toStrictEqual(sent);
      }),
      { numRuns: 1000 },
    );
  });

  it("for random strings in random places", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary", maxLength: 200 })),
        fc.string({ unit: "binary" }),
        (texts, key) => {
          const sent = { texts, more: { [key]: texts }, map: new Map(texts.map((text) => [text, text])) };
          expect(roundTrip(sent)).toStrictEqual(sent);
        },
      ),
    );
  });

  it("for random graphs: the same shape, with the same sharing", () => {
    // Nodes of five kinds whose children are any nodes, themselves included.
    const graph = fc.array(fc.tuple(fc.nat(4), fc.array(fc.nat(9), { maxLength: 4 })), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(graph, (spec) => {
        const nodes: object[] = spec.map(([kind]) => [[], {}, new Map(), new Set(), new Error("node")][kind] as object);
        spec.forEach(([, children], i) => {
          const node = nodes[i] as object;
          children.forEach((child, n) => {
            const target = nodes[child % nodes.length];
            if (Array.isArray(node)) node.push(target);
            else if (node instanceof Map) node.set(n, target);
            else if (node instanceof Set) node.add(target);
            else if (node instanceof Error) node.cause = target;
            else (node as Record<string, unknown>)[`child${n}`] = target;
          });
        });
        expect(shape(roundTrip(nodes[0]))).toEqual(shape(nodes[0]));
      }),
      { numRuns: 300 },
    );
  });
});

/** The graph under `root` as text: every object numbered when it is first met. */
function shape(root: unknown): string {
  const numbers = new Map<object, number>();
  const draw = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return String(value);
    const known = numbers.get(value);
    if (known !== undefined) return `#${known}`;
    numbers.set(value, numbers.size);
    const name = (value as { constructor: { name: string } }).constructor.name;
    let parts: unknown[];
    if (value instanceof Map) parts = [...(value as Map<unknown, unknown>)].flat();
    else if (value instanceof Set) parts = [...(value as Set<unknown>)];
    else if (value instanceof Error) parts = [value.message, value.cause];
    else parts = Object.entries(value).flat();
    return `${name}(${parts.map(draw).join()})`;
  };
  return draw(root);
}

describe("what changes on the way, as with structuredClone", () => {
  it("is what the documentation says", () => {
    expect(Object.isFrozen(roundTrip(Object.freeze({ a: 1 })))).toBe(false);
    expect(roundTrip("abc".match(/b/))).toStrictEqual(["b"]);
  });
});

describe("what cannot travel (S101)", () => {
  class Socket {
    readonly descriptor = 1;
  }
  const socket = new Socket();
  const undeclared = ", whose class does not travel; declare the class as a dependency or define it with fn";

  it.each<[string, unknown, string]>([
    ["a symbol", Symbol("s"), " cannot travel: it is a symbol"],
    [
      "a function",
      { f: () => {} },
      ".f cannot travel: it is the function f; only functions declared with fn or remote travel",
    ],
    [
      "a class instance",
      { items: [1, 2, 3, { db: socket }] },
      ".items[3].db cannot travel: it is an instance of Socket" + undeclared,
    ],
    [
      "a promise",
      [Promise.resolve()],
      "[0] cannot travel: it is an instance of Promise; await it first, and send what it gives",
    ],
    ["a generator", (function* () {})(), " cannot travel: it is an instance of an unnamed class"],
    [
      "a WeakMap",
      { cache: new WeakMap() },
      ".cache cannot travel: it is an instance of WeakMap; its keys mean something only here",
    ],
    [
      "inside a map",
      new Map([["k", { s: socket }]]),
      '.get("k").s cannot travel: it is an instance of Socket' + undeclared,
    ],
    ["the key of a map", new Map([[socket, 1]]), "<a key> cannot travel: it is an instance of Socket" + undeclared],
    ["the member of a set", new Set([socket]), "<a member> cannot travel: it is an instance of Socket" + undeclared],
    [
      "under a key that is no name",
      { "a b": socket },
      '["a b"] cannot travel: it is an instance of Socket' + undeclared,
    ],
    [
      "the cause of an error",
      new Error("x", { cause: socket }),
      ".cause cannot travel: it is an instance of Socket" + undeclared,
    ],
    [
      "inside a kind of value",
      { p: new Point(1, { s: socket }) },
      ".p<point>[1].s cannot travel: it is an instance of Socket" + undeclared,
    ],
    [
      "a symbol as key",
      { a: { [Symbol("tag")]: 1 } },
      ".a cannot travel: it has a property whose key is a symbol, Symbol(tag)",
    ],
    [
      "a boxed number",
      { n: Object(1) as unknown },
      ".n cannot travel: it is an instance of Number; send the number itself",
    ],
    [
      "a subclass of Map",
      new (class Registry extends Map {})(),
      " cannot travel: it is an instance of Registry" + undeclared,
    ],
    [
      "a DataView",
      new DataView(new ArrayBuffer(1)),
      " cannot travel: it is an instance of DataView; send a Uint8Array",
    ],
    [
      "what contains itself and cannot",
      cyclicPoint(),
      "<point>[1][0] cannot travel: it contains itself, which only arrays, objects, maps, sets and errors can",
    ],
  ])("is named by its path: %s", (_, value, message) => {
    expect(refusal(value)).toBe(message);
  });

  function cyclicPoint(): Point {
    const box: unknown[] = [];
    const point = new Point(1, box);
    box.push(point);
    return point;
  }

  it("is also what a receiver would not take: too deep, too long, too much", () => {
    const small = new CborCodec({ limits: { depth: 10, collectionLength: 5, itemsTotal: 20, messageBytes: 200 } });
    const five = (part: () => unknown) => Array.from({ length: 5 }, part);
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(small.decode(small.encode(nested(6)).bytes)).toEqual(nested(6));
    expect(() => small.encode(nested(8))).toThrow("nested deeper than 6");
    expect(() => small.encode([1, 2, 3, 4, 5, 6])).toThrow(
      "the value cannot travel: it has 6 elements; the limit is 5",
    );
    expect(() => small.encode(five(() => [1, 2, 3]))).toThrow("it has more than 20 parts");
    expect(() => small.encode("x".repeat(300))).toThrow(
      "the value cannot travel: it takes 303 bytes; the limit is 200",
    );
    // Each -0 is one part here and two items there.
    expect(() => small.encode(five(() => [-0, -0]))).toThrow(/more than 20/);
  });

  it("never includes what `encode` lets through: the deepest and largest values arrive", () => {
    const nested = (depth: number): unknown => {
      let value: unknown = new Error("innermost", { cause: [-0] });
      for (let i = 0; i < depth; i++) value = i % 3 === 0 ? { value } : i % 3 === 1 ? new Map([[i, value]]) : [value];
      return value;
    };
    const deepest = nested(limits.depth - 4 - 3);
    const shared = [deepest, deepest];
    expect(roundTrip(deepest)).toStrictEqual(deepest);
    expect(() => codec.encode([[shared]])).toThrow("nested deeper");
  });
});

describe("a key called __proto__", () => {
  it("travels as a property like any other, and changes no prototype", () => {
    const sent = JSON.parse('{ "__proto__": { "polluted": 1 }, "a": { "__proto__": 2 } }') as Record<string, unknown>;
    const arrived = roundTrip(sent) as Record<string, unknown>;
    expect(Object.getPrototypeOf(arrived)).toBe(Object.prototype);
    expect(Object.entries(arrived)).toEqual([
      ["__proto__", { polluted: 1 }],
      ["a", expect.anything()],
    ]);
    expect(Object.getOwnPropertyDescriptor(arrived["a"], "__proto__")?.value).toBe(2);
    expect((arrived as { polluted?: number }).polluted).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("kinds of value", () => {
  it("are checked when they arrive, and unknown ones refused by name", () => {
    const bytes = new CborCodec({ travels: [{ ...pointTravels, encode: () => "not a point" }] }).encode(
      new Point(1, 2),
    ).bytes;
    expect(() => codec.decode(bytes)).toThrow(new CodecError("malformed data: point: expected [x, y]"));
    expect(() => new CborCodec().decode(codec.encode(new Point(1, 2)).bytes)).toThrow(
      new CodecError('malformed data: a value of the kind "point", which is not known here'),
    );
  });

  it("report the definitions that the receiver needs, wherever they are", () => {
    const { hashes } = codec.encode({ a: [new Point(1, new Point(2, null))], b: new Map([[1, new Point(3, 0)]]) });
    expect(hashes).toEqual(new Set<Hash>(["hash-1", "hash-2", "hash-3"]));
    expect(codec.encode({ a: 1 }).hashes.size).toBe(0);
  });

  it("may be abstract: the nearest class that travels decides", () => {
    class Sub extends Point {}
    expect(roundTrip(new Sub(1, 2))).toStrictEqual(new Point(1, 2));
  });

  it("stay apart in two codecs of one OS process, for one class", () => {
    const other = new CborCodec({
      travels: [{ ...pointTravels, name: "dot", decode: (data) => new Point((data as [number])[0], "elsewhere") }],
    });
    const point = new Point(1, "here");
    expect(codec.decode(codec.encode(point).bytes)).toEqual(point);
    expect(other.decode(other.encode(point).bytes)).toEqual(new Point(1, "elsewhere"));
    expect(() => other.decode(codec.encode(point).bytes)).toThrow('"point"');
  });

  it("may encode and decode with a codec themselves", () => {
    const nesting = new CborCodec({
      travels: [
        {
          name: "sealed",
          type: Point,
          encode: (point: Point) => codec.encode(point).bytes,
          decode: (data) => codec.decode(data as Uint8Array),
        },
      ],
    });
    const sent = [1, new Point(1, new Point(2, "x")), "after", new Point(3, -0)];
    expect(nesting.decode(nesting.encode(sent).bytes)).toStrictEqual(sent);
  });

  it("are refused when two have one name or class", () => {
    class Other {
      readonly x = 1;
    }
    expect(() => new CborCodec({ travels: [pointTravels, { ...pointTravels, type: Other }] })).toThrow('"point" twice');
    expect(() => new CborCodec({ travels: [pointTravels, { ...pointTravels, name: "dot" }] })).toThrow(
      '"dot" is of a class',
    );
  });
});

describe("functions", () => {
  class Definition {
    readonly hash: string;
    constructor(hash: string) {
      this.hash = hash;
    }
  }
  const known = new Map<Function, string>([[Math.max, "max"]]);
  const functions: TravellingFunctions = {
    standIn: (f) => (known.has(f) ? new Definition(known.get(f) as string) : undefined),
  };
  const withFunctions = new CborCodec({
    functions: [functions],
    travels: [
      {
        name: "definition",
        type: Definition,
        encode: (definition: Definition) => definition.hash,
        decode: () => Math.max,
        hashes: (definition: Definition) => [definition.hash],
      },
    ],
  });

  it("travel when somebody knows them, with their identity and hash; others are refused", () => {
    const { bytes, hashes } = withFunctions.encode({ f: Math.max, g: [Math.max] });
    expect(hashes).toEqual(new Set(["max"]));
    expect(withFunctions.decode(bytes)).toEqual({ f: Math.max, g: [Math.max] });
    expect(() => withFunctions.encode([Math.min])).toThrow("[0] cannot travel: it is the function min");
  });
});
