import { NotMovableError, type TravellingClass, type TravellingInstances } from "@espalier/runtime";
import { Tag } from "cbor-x/index-no-eval";
import { describe, expect, it } from "vitest";
import { encodePlain } from "../src/codec/cbor.ts";
import { CborCodec } from "../src/codec/codec.ts";
import { CodecError } from "../src/errors.ts";
import { tags } from "../src/codec/gate.ts";
import { kind } from "../src/codec/kinds.ts";

// The classes of a program, as the owner of definitions would tell of them. None of their constructors may run here.

let isOpen = true;
function onlyHere(): void {
  if (!isOpen) throw new Error("a constructor ran");
}

class Point {
  x: unknown = 0;
  constructor() {
    onlyHere();
  }
  set y(_: unknown) {
    throw new Error("a setter ran");
  }
}
class Point3 extends Point {
  z = -0;
}
class Table extends Map<unknown, unknown> {
  constructor(entries: Iterable<readonly [unknown, unknown]> = []) {
    onlyHere();
    super(entries);
  }
  override set(): this {
    throw new Error("a method ran");
  }
}
class Bag extends Set<unknown> {
  label = "bag";
}
class Path extends Array<unknown> {
  origin: unknown = null;
}
class Failure extends RangeError {
  readonly at: unknown;
  constructor(message: string, at: unknown, options?: ErrorOptions) {
    onlyHere();
    super(message, options);
    this.name = "Failure";
    this.at = at;
  }
}
class Many extends AggregateError {}
class Closed {
  x = 1;
}

const of = (type: Function, base: Function, problem: string | null = null): TravellingClass => ({
  hash: `hash-${type.name}`,
  name: type.name,
  type,
  base,
  problem,
});
const classes: readonly TravellingClass[] = [
  of(Point, Object),
  of(Point3, Object),
  of(Table, Map),
  of(Bag, Set),
  of(Path, Array),
  of(Failure, RangeError),
  of(Many, AggregateError),
  of(Closed, Object, "whose field #x is private"),
];
const instances: TravellingInstances = {
  classOf: (prototype) => classes.find(({ type }) => type.prototype === prototype) ?? null,
  classNamed(hash) {
    const found = classes.find((one) => one.hash === hash);
    if (found === undefined) throw new TypeError(`no class ${hash}`);
    return found;
  },
};
const codec = new CborCodec({ instances });

function roundTrip<T>(value: T): T {
  const { bytes } = codec.encode(value);
  isOpen = false;
  try {
    return codec.decode(bytes) as T;
  } finally {
    isOpen = true;
  }
}

describe("an instance of a class that travels (S100, S179)", () => {
  it("arrives with its prototype and its fields, and the receiver is told of the class", () => {
    const point = Object.assign(new Point3(), { x: [-0, new Point()], "odd key\ud800": 1 });
    expect([...codec.encode(point).hashes].sort()).toEqual(["hash-Point", "hash-Point3"]);
    const arrived = roundTrip(point);
    expect(arrived).toStrictEqual(point);
    expect(arrived).toBeInstanceOf(Point3);
    expect(Object.getOwnPropertyDescriptors(arrived)).toEqual(Object.getOwnPropertyDescriptors(point));
  });

  it("keeps hidden fields hidden, and makes fields that the class has setters for", () => {
    const point = new Point();
    Object.defineProperty(point, "secret", { value: 5, enumerable: false, writable: true, configurable: true });
    Object.defineProperty(point, "y", { value: 6, enumerable: true, writable: true, configurable: true });
    expect(Object.getOwnPropertyDescriptors(roundTrip(point))).toEqual(Object.getOwnPropertyDescriptors(point));
  });

  it("may contain itself, in any container", () => {
    const table = new Table();
    const bag = new Bag();
    const path = Path.from([1, 2]) as Path;
    const point = new Point();
    point.x = { table, bag, path, list: [point] };
    Map.prototype.set.call(table, point, table);
    bag.add(bag).add(point);
    path.push(path, point);
    path.origin = point;
    const failure = new Failure("f", point, { cause: { point } });
    const arrived = roundTrip([point, failure] as const);
    const [p, f] = arrived;
    const inside = p.x as { table: Table; bag: Bag; path: Path; list: unknown[] };
    expect(inside.list[0]).toBe(p);
    expect([...inside.table][0]).toEqual([p, inside.table]);
    expect([...inside.bag]).toEqual([inside.bag, p]);
    expect(inside.bag.label).toBe("bag");
    expect([inside.path[0], inside.path[1]]).toEqual([1, 2]);
    expect([inside.path[2], inside.path[3], inside.path.origin, inside.path.length]).toEqual([inside.path, p, p, 4]);
    expect(f.at).toBe(p);
    expect((f.cause as { point: unknown }).point).toBe(p);
  });

  it("is an error with all of its own: stack, cause, errors, fields", () => {
    const failure = new Failure("gone", { n: 1 }, { cause: undefined });
    const arrived = roundTrip(failure);
    expect(arrived).toBeInstanceOf(Failure);
    expect(Object.prototype.toString.call(arrived)).toBe("[object Error]");
    expect([arrived.name, arrived.message, arrived.stack, arrived.at]).toEqual([
      "Failure",
      "gone",
      failure.stack,
      { n: 1 },
    ]);
    expect(Object.hasOwn(arrived, "cause")).toBe(true);
    expect(Object.keys(arrived)).toEqual(Object.keys(failure));
    const many = roundTrip(new Many([failure, 1], "m"));
    expect(many.errors[0]).toBeInstanceOf(Failure);
    expect(many.errors[1]).toBe(1);
  });

  it.each<[string, unknown, string]>([
    ["a private field", [new Closed()], "[0] cannot travel: it is an instance of Closed, whose field #x is private"],
    [
      "a getter of its own",
      Object.defineProperty(new Point(), "g", { get: () => expect.unreachable() }),
      " cannot travel: it is an instance of Point, whose field g is computed by a getter, which is not called",
    ],
    [
      "a symbol as a key",
      Object.assign(new Point(), { [Symbol("s")]: 1 }),
      " cannot travel: it is an instance of Point, with a field whose key is a symbol, Symbol(s)",
    ],
    [
      "a field that says what it is",
      Object.defineProperty(new Point(), "constructor", { value: 1, enumerable: true }),
      " cannot travel: it is an instance of Point, with a field called constructor",
    ],
    [
      "a hole",
      Object.assign(new Path(), { length: 2 }),
      " cannot travel: it is an instance of Path with a hole at index 0",
    ],
    [
      "a prototype that its constructor did not give it",
      Object.create(Table.prototype),
      " cannot travel: it has the prototype of Table, and was not made by its constructor",
    ],
    ["what is in a field", Object.assign(new Point(), { x: Symbol.iterator }), ".x cannot travel: it is a symbol"],
    ["what is in it", new Bag([Symbol.iterator]), "<a member> cannot travel: it is a symbol"],
  ])("is refused for %s (S101)", (_, value, message) => {
    for (const act of [() => codec.encode(value), () => codec.check(value, () => "the value")]) {
      expect(act).toThrow(NotMovableError);
      expect(act).toThrow(`the value${message}`);
    }
  });

  it("is refused where the receiver would find it nested too deep, and arrives where it would not", () => {
    let deepest = 0;
    for (let depth = 100; depth < 600; depth += 7) {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? new Bag([value]) : Object.assign(new Point(), { x: value });
      let bytes: Uint8Array;
      try {
        bytes = codec.encode(value).bytes;
      } catch (error) {
        expect(error).toBeInstanceOf(NotMovableError);
        continue;
      }
      deepest = depth;
      expect(() => codec.decode(bytes)).not.toThrow();
    }
    expect(deepest).toBeGreaterThan(250);
  });
});

describe("an instance that a peer made up (S102)", () => {
  const decode = (content: readonly unknown[]) =>
    codec.decode(encodePlain(new Tag([kind.instance, ...content], tags.espalier)));

  it.each<[string, readonly unknown[]]>([
    ["of no class", ["hash-Nothing", null, null]],
    ["of a class without a hash", [5, null, null]],
    ["of a class whose instances have private fields", ["hash-Closed", null, null]],
    ["with contents that it has no place for", ["hash-Point", [1], null]],
    ["without the contents of a Map", ["hash-Table", null, null]],
    ["with half an entry", ["hash-Table", [1], null]],
    ["with contents that are none", ["hash-Bag", "text", null]],
    ["with a field that has no value", ["hash-Point", null, null, "x"]],
    ["with a field whose name is no text", ["hash-Point", null, null, 1, 2]],
    ["with a field called __proto__", ["hash-Point", null, null, "__proto__", {}]],
    ["with a hidden field called __proto__", ["hash-Point", null, ["__proto__", {}]]],
    ["with a field called constructor", ["hash-Point", null, null, "constructor", 1]],
    ["with hidden fields that are no list", ["hash-Point", null, 7]],
    ["with a length of its own", ["hash-Path", [], null, "length", 1_000_000]],
    ["with an element among the fields", ["hash-Path", [], null, "4000000000", 1]],
    ["of an error whose message is no text", ["hash-Failure", null, ["message", {}]]],
  ])("%s is refused", (_, content) => {
    isOpen = false;
    try {
      expect(() => decode(content)).toThrow(CodecError);
    } finally {
      isOpen = true;
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("with more fields than a collection may have elements is refused", () => {
    const fields = Array.from({ length: 300 }, (_, i) => [`f${i}`, i]).flat();
    expect(Object.keys(decode(["hash-Point", null, null, ...fields]) as object)).toHaveLength(300);
    const small = new CborCodec({ instances, limits: { collectionLength: 500 } });
    const bytes = encodePlain(new Tag([kind.instance, "hash-Point", null, null, ...fields], tags.espalier));
    expect(() => small.decode(bytes)).toThrow("an array of 604; the limit is 500");
    const point = Object.assign(new Point(), Object.fromEntries(fields.map((_, i) => [`f${i}`, i])));
    expect(() => small.encode(point)).toThrow("the limit is 500");
  });
});
