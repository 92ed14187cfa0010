/* oxlint-disable no-restricted-globals -- The class Date, not the clock. */
import { show } from "@espalier/devtools";
import { NodeAddress, Pid, Ref } from "@espalier/runtime";
import fc from "fast-check";
import { expect, test } from "vitest";

const text = (value: string) => ({ type: "string", text: value });
const plain = (value: string) => ({ type: "plain", text: value });

test("plain values are shown as what they are", () => {
  const pid = new Pid(new NodeAddress("a-long-node-id", "1"), 7);
  const values = [
    undefined,
    null,
    true,
    -0,
    Number.NaN,
    12n,
    Symbol("s"),
    "t",
    new Date(0),
    new Date(Number.NaN),
    /a+/g,
    new Ref(pid, 2),
  ];
  expect(values.map((value) => show(value))).toEqual([
    ...["undefined", "null", "true", "-0", "NaN", "12n", "Symbol(s)"].map(plain),
    text("t"),
    ...["1970-01-01T00:00:00.000Z", "an invalid date", "/a+/", new Ref(pid, 2).toString()].map(plain),
  ]);
  expect(show(pid)).toEqual({ type: "plain", text: "Pid(a-long-n.7)", pid: pid.key });
  expect(show(function handler() {})).toEqual({ type: "function", name: "handler" });
  expect(show(2n ** 5000n)).toEqual({ type: "cut", what: "a large bigint" });
});

test("objects keep their class, and collections what is in them", () => {
  class Order {
    readonly total = 3;
    readonly #card = "4000";
    get card() {
      return this.#card;
    }
  }
  expect(show(new Order())).toEqual({ type: "object", class: "Order", entries: [["total", plain("3")]], more: 0 });
  expect(show(Object.assign([1], { 2: "x" }))).toEqual({
    type: "array",
    class: null,
    items: [plain("1"), { type: "cut", what: "empty" }, text("x")],
    more: 0,
  });
  expect(
    show(
      new Map<unknown, unknown>([
        ["a", 1],
        [{}, 2],
      ]),
    ),
  ).toEqual({
    type: "object",
    class: "Map",
    entries: [
      ["a", plain("1")],
      ["object", plain("2")],
    ],
    more: 0,
  });
  expect(show(new Set([1]))).toEqual({ type: "array", class: "Set", items: [plain("1")], more: 0 });
  expect(show(new Uint8Array(100), { entries: 2 })).toEqual({
    type: "array",
    class: "Uint8Array",
    items: [plain("0"), plain("0")],
    more: 98,
  });
  expect(show(Object.create(null))).toEqual({ type: "object", class: null, entries: [], more: 0 });
  expect(show(new RangeError("low", { cause: "c" }))).toEqual({
    type: "object",
    class: "RangeError",
    entries: [
      ["message", text("low")],
      ["cause", text("c")],
    ],
    more: 0,
  });
});

test("no code of a value is run (S313)", () => {
  const called: string[] = [];
  const call = (name: string) => () => called.push(name);
  class Trap extends Map {
    override get size() {
      return call("size")();
    }
    override entries() {
      return call("entries")() as never;
    }
    override [Symbol.iterator]() {
      return call("iterator")() as never;
    }
  }
  const value = {
    get open() {
      return call("get")();
    },
    toString: call("toString"),
    toJSON: call("toJSON"),
    [Symbol.toPrimitive]: call("toPrimitive"),
    map: new Trap(),
  };
  Object.defineProperty(value.map, "constructor", { get: call("constructor") });
  Object.defineProperty(Error, "prepareStackTrace", { value: call("stack"), configurable: true });
  const shown = show([value, new Error("e")]);
  delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  expect(called).toEqual([]);
  if (shown.type !== "array" || shown.items[0]?.type !== "object") throw new Error("expected an object in an array");
  const { entries } = shown.items[0];
  expect(entries.map(([key]) => key)).toEqual(["open", "toString", "toJSON", "map", "[Symbol(Symbol.toPrimitive)]"]);
  expect(entries[0]?.[1]).toEqual({ type: "cut", what: "getter" });
});

test("what is above it, too deep or too much is named and left out", () => {
  const ring: { own?: unknown; twice: readonly unknown[] } = { twice: [] };
  ring.own = ring;
  expect(show(ring)).toMatchObject({
    entries: [
      ["twice", {}],
      ["own", { type: "cut", what: "circular" }],
    ],
  });
  expect(show([[[[]]]], { depth: 2 })).toMatchObject({ items: [{ items: [{ type: "cut", what: "array" }] }] });
  expect(show({ a: 1, b: 2, c: 3 }, { entries: 2 })).toMatchObject({
    entries: [
      ["a", {}],
      ["b", {}],
    ],
    more: 1,
  });
  expect(show("abcdef", { characters: 2 })).toEqual({ type: "string", text: "ab", length: 6 });
  const long = show(Array.from({ length: 40 }, () => "x".repeat(900)));
  expect(long).toMatchObject({ more: 21 });
});

test("what a key calls a secret is hidden, in every way of writing it", () => {
  const keys = ["password", "apiKey", "ACCESS_TOKEN", "x-secret", "Authorization", "cookies", "APIKey", "userPwd"];
  const open = ["monkey", "keyboard", "tokenizer", "author", "passage"];
  const value = Object.fromEntries([...keys, ...open].map((key) => [key, "v"]));
  for (const of of [value, new Map(Object.entries(value))]) {
    const shown = show(of);
    if (shown.type !== "object") throw new Error("expected an object");
    const hidden = shown.entries.filter(([, { type }]) => type === "hidden").map(([key]) => key);
    expect(hidden).toEqual(keys);
  }
  expect(show({ pin: 1, token: 2 }, { hidden: ["pin"] })).toMatchObject({
    entries: [
      ["pin", { type: "hidden" }],
      ["token", plain("2")],
    ],
  });
});

/** All that is in what is shown, in characters, and each value counted once. */
function sizeOf(shown: unknown): number {
  return JSON.stringify(shown).length;
}

test("whatever it is given, it returns data of a bounded size (S314)", () => {
  const failing = (target: object): object =>
    new Proxy(target, {
      get: () => fail(),
      has: () => fail(),
      ownKeys: () => fail(),
      getPrototypeOf: () => fail(),
      getOwnPropertyDescriptor: () => fail(),
    });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  // fast-check looks into what it makes, so it makes what makes them.
  const hostile: readonly (() => unknown)[] = [
    () => failing({}),
    () => failing(function named() {}),
    () => failing([1]),
    () => revoked.proxy,
    () => new Proxy(new Map([[1, 1]]), {}),
    () => new Proxy(new Date(0), {}),
    () => Object.create(Map.prototype) as object,
    () => Object.create(Date.prototype) as object,
    () => new Map([[failing({}), failing({})]]),
    () => Object.defineProperty({}, "type", { get: fail, enumerable: true }),
  ];
  type Make = () => unknown;
  const leaf: fc.Arbitrary<Make> = fc.oneof(
    fc
      .anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withTypedArray: true,
        withSparseArray: true,
      })
      .map((value) => () => value),
    fc.constantFrom(...hostile),
    fc.string({ maxLength: 3000 }).map((value) => () => value),
  );
  const made = (makes: readonly Make[]): unknown[] => makes.map((make) => make());
  const nested = fc.letrec<{ value: Make }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc.array(tie("value"), { maxLength: 60 }).map((makes) => () => made(makes)),
      fc
        .dictionary(fc.string({ maxLength: 40 }), tie("value"), { maxKeys: 60 })
        .map((of) => () => Object.fromEntries(Object.entries(of).map(([key, make]) => [key, make()]))),
      fc
        .array(fc.tuple(tie("value"), tie("value")))
        .map((pairs) => () => new Map(pairs.map(([key, make]) => [key(), make()]))),
    ),
  })).value;
  fc.assert(
    fc.property(nested, (make) => {
      const shown = show(make(), { total: 1_000 });
      expect(sizeOf(shown)).toBeLessThan(30_000);
      expect(structuredClone(shown)).toEqual(shown);
    }),
    { numRuns: 60 },
  );
});

function fail(): never {
  throw new Error("a trap");
}
