import { expect, describe, it } from "vitest";
import { codeInstances, createCodeStore, fn, hashOf, remote } from "../src/index.ts";

// What the codec is told of classes; how instances are taken apart and put together is its own business.

const instances = codeInstances(createCodeStore());
const classOf = (type: Function) => instances.classOf(type.prototype as object);

class Base {
  x = 1;
}
const Derived = fn(
  { Base },
  class Derived extends Base {
    y = 2;
  },
);

describe("the class of an object", () => {
  it("is known once it is declared: by fn, or as a dependency, however far up", () => {
    expect(classOf(Derived)).toMatchObject({ hash: hashOf(Derived), name: "Derived", type: Derived, base: Object });
    expect(classOf(Base)).toMatchObject({ hash: hashOf(Base), problem: null });
    class Mentioned {
      x = 1;
    }
    expect(classOf(Mentioned)).toBeNull();
    void remote({ Mentioned }, function* () {
      return new Mentioned();
    });
    expect(classOf(Mentioned)).toMatchObject({ name: "Mentioned", problem: null });
  });

  it("tells the class of the language that it extends", () => {
    const Special = fn(class Special extends RangeError {});
    const bases: [Function, Function][] = [
      [fn(class Table extends Map {}), Map],
      [fn(class Bag extends Set {}), Set],
      [fn(class Path extends Array {}), Array],
      [Special, RangeError],
      [fn({ Special }, class Deeper extends Special {}), RangeError],
    ];
    for (const [type, base] of bases) expect(classOf(type)).toMatchObject({ base, problem: null });
  });

  it("is not that of an object that only looks like one", () => {
    expect(instances.classOf({ constructor: Derived })).toBeNull();
    expect(instances.classOf(Object.create(Derived.prototype) as object)).toBeNull();
    const make = fn(function make() {});
    expect(classOf(make)).toBeNull();
    expect(
      instances.classOf(
        Object.defineProperty({}, "constructor", {
          get: () => expect.unreachable(),
        }),
      ),
    ).toBeNull();
  });

  it("says why instances cannot travel, with the remedy", () => {
    const Secret = fn(
      class Secret {
        #pin = 1;
        get pin() {
          return this.#pin;
        }
      },
    );
    expect(classOf(Secret)?.problem).toBe(
      "whose field #pin is private: nobody outside of the class can read it. Declare it without the #, such as _pin, or send what is in it",
    );
    expect(classOf(fn({ Secret }, class Inherits extends Secret {}))?.problem).toContain("whose field #pin is private");
    const Method = fn(
      class Method {
        #go() {
          return 1;
        }
        run() {
          return this.#go();
        }
      },
    );
    expect(classOf(Method)?.problem).toContain("whose field #go is private");
    const Shared = fn(
      class Shared {
        static #made = 0;
        readonly number = (Shared.#made += 1);
      },
    );
    expect(classOf(Shared)?.problem).toBeNull();
    const Cache = fn(class Cache extends WeakMap {});
    expect(classOf(Cache)?.problem).toBe(
      "whose class extends WeakMap, which does not travel; extend a class that is a dependency, Error, Array, Map or Set",
    );
  });
});

describe("the class that a peer names", () => {
  it("is what was received, or this program's own where the store prefers that", () => {
    const source = createCodeStore();
    const hashes = source.closure([hashOf(Derived)]);
    const packed = structuredClone(source.pack(hashes));
    const store = createCodeStore();
    expect(store.missing(hashes)).toEqual(hashes);
    store.admit(packed, "trusted");
    const received = codeInstances(store).classNamed(hashOf(Derived));
    expect(received).toMatchObject({ hash: hashOf(Derived), name: "Derived", problem: null });
    expect(received.type).not.toBe(Derived);
    const own = createCodeStore({ ownClasses: true });
    expect(own.missing(hashes)).toEqual([]);
    expect(codeInstances(own).classNamed(hashOf(Derived)).type).toBe(Derived);
  });

  it("must be here, and must be one", () => {
    const f = fn(() => 1);
    const g = remote(function* () {});
    const source = createCodeStore();
    void source.pack(source.closure([hashOf(f), hashOf(g)]));
    const known = codeInstances(source);
    expect(() => known.classNamed("nothing")).toThrow("definition nothing is not here");
    expect(() => known.classNamed(hashOf(f))).toThrow("is no class, and has no instances");
    expect(() => known.classNamed(hashOf(g))).toThrow("is no class, and has no instances");
  });
});
