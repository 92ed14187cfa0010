import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCbor } from "../src/codec/cbor.ts";
import { CborCodec } from "../src/codec/codec.ts";
import { CodecError } from "../src/errors.ts";
import { limits } from "@espalier/runtime";

const codec = new CborCodec();

/** Decodes, and says what became of it; anything but a value or a CodecError is what must not be. */
function outcome(bytes: Uint8Array): "a value" | CodecError {
  try {
    codec.decode(bytes);
    return "a value";
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return error;
  }
}

const reason = (...bytes: readonly number[]): string => {
  const what = outcome(Uint8Array.from(bytes));
  return what === "a value" ? what : what.message;
};

const someValue = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withTypedArray: true,
  stringUnit: "binary",
});

describe("bytes from anybody (S102)", () => {
  it("decode or give a CodecError: random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        outcome(bytes);
      }),
      { numRuns: 20_000 },
    );
  });

  it("decode or give a CodecError: random items of CBOR, whatever their meaning", () => {
    // Well-formed more often than not, so that what lies behind the gate is reached.
    const tag = fc.constantFrom(
      [0xd9, 0x65, 0x73],
      [0xd9, 1, 2],
      [0xd9, 1, 3],
      [0xd8, 64],
      [0xd8, 69],
      [0xd8, 28],
      [0xc2],
      [0xd8, 27],
    );
    const { item } = fc.letrec<{ item: readonly number[] }>((tie) => ({
      item: fc.oneof(
        { maxDepth: 6 },
        fc.nat(15).map((n) => [n]),
        fc.nat(3).map((n) => [0xf4 + n]),
        fc.constantFrom(
          [0x60],
          [0x61, 0x61],
          [0x63, 0xed, 0xa0, 0x80],
          [0x42, 1, 2],
          [0xfb, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ),
        fc.array(tie("item"), { maxLength: 9 }).map((items) => [0x80 + items.length, ...items.flat()]),
        fc
          .array(tie("item"), { maxLength: 4 })
          .map((items) => [0xa0 + items.length, ...items.flatMap((each) => [0x61, 0x6b, ...each])]),
        fc.tuple(tag, tie("item")).map(([head, content]) => [...head, ...content]),
        // Our own tag around an array that begins with one of our kinds.
        fc
          .tuple(fc.nat(10), fc.array(tie("item"), { maxLength: 8 }))
          .map(([kind, items]) => [0xd9, 0x65, 0x73, 0x81 + items.length, kind, ...items.flat()]),
      ),
    }));
    let values = 0;
    fc.assert(
      fc.property(item, (bytes) => {
        if (outcome(Uint8Array.from(bytes)) === "a value") values++;
      }),
      { numRuns: 20_000 },
    );
    // The generator would be no good if it met only the gate.
    expect(values).toBeGreaterThan(2_000);
  });

  it("decode or give a CodecError: encodings of values with bytes changed, cut out and put in", () => {
    const change = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) });
    fc.assert(
      fc.property(someValue, fc.array(change, { minLength: 1, maxLength: 4 }), (value, changes) => {
        let bytes = Array.from(codec.encode(value).bytes);
        for (const { at, remove, insert } of changes) {
          const offset = at % (bytes.length + 1);
          bytes = [...bytes.slice(0, offset), ...insert, ...bytes.slice(offset + remove)];
        }
        outcome(Uint8Array.from(bytes));
      }),
      { numRuns: 10_000 },
    );
  });

  it("never decode when the end is missing, or when something follows", () => {
    fc.assert(
      fc.property(someValue, (value) => {
        const { bytes } = codec.encode(value);
        for (let length = 0; length < bytes.length; length++) {
          expect(outcome(bytes.subarray(0, length))).toBeInstanceOf(CodecError);
        }
        expect(outcome(Uint8Array.of(...bytes, 0))).toBeInstanceOf(CodecError);
      }),
      { numRuns: 300 },
    );
  });

  it("change no prototype, whatever they are (S102)", () => {
    const names = Object.getOwnPropertyNames(Object.prototype).toSorted();
    fc.assert(
      fc.property(
        fc.constantFrom("__proto__", "constructor", "prototype"),
        fc.array(fc.nat(255), { maxLength: 8 }),
        (key, rest) => {
          const text = [0x60 + key.length, ...new TextEncoder().encode(key)];
          outcome(Uint8Array.of(0xa1, ...text, 0xa1, ...text, ...rest));
          outcome(Uint8Array.of(0xd9, 0x65, 0x73, 0x84, 7, 0xf4, ...text, ...rest));
        },
      ),
    );
    expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(names);
    expect(reason(0xa1, 0x69, ...new TextEncoder().encode("__proto__"), 0xa0)).toContain(
      '"__proto__" as the key of an object',
    );
  });
});

describe("what cbor-x would read, and we do not", () => {
  it.each<[string, readonly number[], string]>([
    [
      "a record, which it compiles with new Function",
      [0xd9, 0xdf, 0xff, 0x83, 0x19, 0xe0, 0, 0x81, 0x61, 0x61, 1],
      "the tag 57343",
    ],
    ["a definition of records", [0xd9, 0xdf, 0xfe, 0x82, 0, 0x80], "the tag 57342"],
    ["bundled strings", [0xd9, 0xdf, 0xf9, 0x82, 0, 0], "the tag 57337"],
    ["a shared value", [0xd8, 28, 0x80], "the tag 28"],
    ["a shared reference", [0xd8, 29, 0], "the tag 29"],
    ["packed values", [0xd8, 51, 0x84, 0x80, 0x80, 0x80, 0], "the tag 51"],
    ["a packed reference", [0xc6, 0], "the tag 6"],
    ["a big number, which it reads in quadratic time", [0xc2, 0x41, 1], "the tag 2"],
    ["a date", [0xc1, 0x00], "the tag 1"],
    ["an object by class name", [0xd8, 27, 0x82, 0x61, 0x61, 0], "the tag 27"],
    ["an indefinite length", [0x9f, 0xff], "an indefinite length"],
    ["a map whose keys are no texts, as an object", [0xa1, 0x01, 0x02], "expected a text as the key of an object"],
    ["a tag as key", [0xa1, 0xd9, 0x65, 0x73, 0x81, 2, 0], "expected a text as the key of an object"],
    ["a tag around a tag", [0xd9, 0x65, 0x73, 0xd9, 0x65, 0x73, 0x80], "expected the content that its tag is for"],
    ["a set that is no array", [0xd9, 1, 2, 0xa0], "expected the content that its tag is for"],
    ["a length of 64 bits", [0x5b, 0, 0, 0, 0, 0, 0, 0, 1, 0], "a length of 64 bits"],
    ["a simple value of no meaning", [0xe0], "a simple value that is not known here"],
    ["another simple value", [0xf8, 0x20], "a simple value that is not known here"],
    ["two items, one after the other", [0, 0], "more bytes after the end of the data"],
    ["nothing", [], "the bytes end in the middle of the data"],
    ["a length beyond the end", [0x45, 1, 2], "the bytes end in the middle of the data"],
    ["an array of more than there is", [0x9a, 0, 0x0f, 0, 0], "the bytes end in the middle of the data"],
    ["a typed array of half an element", [0xd8, 69, 0x41, 1], "malformed data:"],
  ])("%s", (_, bytes, message) => {
    expect(reason(...bytes)).toContain(message);
  });

  it("any tag at all, between nodes", () => {
    expect(() => decodeCbor(Uint8Array.of(0xd9, 1, 2, 0x80), { limits })).toThrow(
      "a tag, where only plain data is expected",
    );
  });
});

describe("our own tags", () => {
  const tag = [0xd9, 0x65, 0x73];
  it.each<[string, readonly number[], string]>([
    ["an unknown kind", [...tag, 0x81, 0x18, 99], "around something that it is not for"],
    ["no kind", [...tag, 0x80], "around something that it is not for"],
    ["a reference to nothing", [...tag, 0x82, 1, 0], "a reference to something that is not there"],
    [
      "a reference by a fraction",
      [...tag, 0x83, 0, ...tag, 0x82, 1, 0xfb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0, 0x80],
      "a reference to something",
    ],
    ["a graph inside", [0x81, ...tag, 0x82, 0, 0], "around something that it is not for"],
    ["a text of half a character", [...tag, 0x82, 3, 0x41, 1], "half a character"],
    ["a date that is none", [...tag, 0x82, 5, 0x61, 0x61], "a date that is no number"],
    ["a regular expression that is none", [...tag, 0x83, 6, 0x61, 0x28, 0x60], "a regular expression that is none"],
    ["an object with half a property", [...tag, 0x83, 7, 0xf4, 0x61, 0x61], "a key that has no value"],
    ["an object with a number as key", [...tag, 0x84, 7, 0xf4, 1, 1], "a key that is no text"],
    [
      "an error of a class of its own",
      [...tag, 0x84, 8, 0x61, 0x58, 0x60, 0x60],
      "an error of a class that is not known here",
    ],
    [
      "an error of a class that is a property of every object",
      [...tag, 0x84, 8, 0x6b, ...new TextEncoder().encode("constructor"), 0x60, 0x60],
      "an error of a class",
    ],
    ["bytes that are none", [...tag, 0x82, 9, 0x61, 0x61], "one of our tags without its bytes"],
    ["a kind of value without data", [...tag, 0x81, 0x61, 0x61], "without its data"],
    ["an unknown kind of value", [...tag, 0x82, 0x61, 0x61, 0], 'the kind "a", which is not known here'],
  ])("refuse %s", (_, bytes, message) => {
    expect(reason(...bytes)).toContain(message);
  });

  it("refuse a value that contains itself before it exists, and a chain of them that is too long", () => {
    class Box {
      readonly inner: unknown;
      constructor(inner: unknown) {
        this.inner = inner;
      }
    }
    const boxes = new CborCodec({
      travels: [{ name: "box", type: Box, encode: (box: Box) => box.inner, decode: (inner) => new Box(inner) }],
    });
    const chain = (length: number, last: number): Uint8Array => {
      const item = (data: readonly number[]) => [...tag, 0x82, 0x63, 0x62, 0x6f, 0x78, ...data];
      const reference = (n: number) => [...tag, 0x82, 1, 0x19, n >> 8, n & 255];
      const items = Array.from({ length }, (_, i) => item(reference(i + 1 < length ? i + 1 : last)));
      return Uint8Array.of(...tag, 0x99, (length + 2) >> 8, (length + 2) & 255, 0, ...reference(0), ...items.flat());
    };
    expect(() => boxes.decode(chain(1, 0))).toThrow("a value that contains itself before it exists");
    expect(() => boxes.decode(chain(3, 1))).toThrow("a value that contains itself before it exists");
    expect(() => boxes.decode(chain(600, 600))).toThrow("inside each other deeper than 512");
    expect(() => boxes.decode(chain(500, 500))).toThrow("a reference to something that is not there");
  });
});

describe("limits", () => {
  const nested = (depth: number) => Uint8Array.of(...Array.from({ length: depth }, () => 0x81), 0);

  it("are kept exactly (S102)", () => {
    expect(outcome(nested(limits.depth))).toBe("a value");
    expect(reason(...nested(limits.depth + 1))).toContain("nested deeper than 512");
    const array = (length: number) => Uint8Array.of(0x9a, 0, length >> 16, (length >> 8) & 255, length & 255);
    expect(reason(...array(limits.collectionLength + 1))).toContain("an array of 1000001; the limit is 1000000");
    const small = { ...limits, stringBytes: 3, itemsTotal: 4, messageBytes: 8 };
    const decode = (...bytes: number[]) => decodeCbor(Uint8Array.from(bytes), { limits: small });
    expect(decode(0x63, 97, 97, 97).data).toBe("aaa");
    expect(() => decode(0x64, 97, 97, 97, 97)).toThrow("a text or byte string of 4 bytes; the limit is 3");
    expect(decode(0x83, 0, 0, 0).data).toEqual([0, 0, 0]);
    expect(() => decode(0x84, 0, 0, 0, 0)).toThrow("more than 4 data items");
    expect(() => decode(...Array.from({ length: 9 }, () => 0))).toThrow("9 bytes; the limit is 8");
  });

  it("leave nothing to allocate for lengths that are only claimed", () => {
    // Arrays inside each other that each claim all the bytes that are left: together the square of the length.
    const claims = new Uint8Array(60_000);
    for (let i = 0; i < limits.depth * 3; i += 3) claims.set([0x99, 0xe0, 0x00], i);
    expect(outcome(claims)).toEqual(
      new CodecError("malformed data: the bytes end in the middle of the data (at byte 60000)"),
    );
  });
});
