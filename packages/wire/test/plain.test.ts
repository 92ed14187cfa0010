import { Decoder, Encoder, Tag } from "cbor-x/index-no-eval";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCbor, encodePlain } from "../src/codec/cbor.ts";
import { tags } from "../src/codec/gate.ts";
import { limits } from "@espalier/runtime";

// What is read and written here must be what cbor-x reads and writes: the bytes are the protocol's.

const options = { useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false } as const;
const encoder = new Encoder(options);
const decoder = new Decoder({ ...options, copyBuffers: true });

const number = fc.oneof(
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  fc.double(),
  fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -24, -25, -256, -257, -65_537, -(2 ** 32)),
);
const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom("", "x".repeat(23), "x".repeat(24), "x".repeat(64), "x".repeat(65), "é".repeat(64), "x".repeat(256)),
);
const key = fc.string({ maxLength: 12 }).filter((name) => name !== "__proto__");
const leaf = fc.oneof(
  number,
  text,
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.bigInt({ min: -(2n ** 64n) + 1n, max: 2n ** 64n - 1n }),
  fc.uint8Array({ maxLength: 300 }),
  fc.constant(new Float64Array([1, 2])),
);
const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("data"), { maxLength: 30 }),
    fc.dictionary(key, tie("data"), { maxKeys: 30, noNullPrototype: true }),
    fc.array(tie("data"), { maxLength: 4 }).map((content) => new Tag(content, tags.espalier)),
    fc.array(fc.tuple(tie("data"), tie("data")), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
}));

function decode(bytes: Uint8Array): unknown {
  return decodeCbor(bytes, { limits, tagged: true, copy: true }).data;
}

describe("plain data", () => {
  test("has the bytes that cbor-x makes of it, and is what cbor-x makes of these", () => {
    fc.assert(
      fc.property(data, (value) => {
        const expected = new Uint8Array(encoder.encode(value));
        expect(new Uint8Array(encodePlain(value))).toEqual(expected);
        expect(decode(expected)).toStrictEqual(decoder.decode(expected));
      }),
      { numRuns: 500 },
    );
  });

  test("is not written over by what is encoded later, whatever their sizes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 12 }), (sizes) => {
        const values = sizes.map((size, index) => [index, new Uint8Array(size).fill(index)]);
        const encoded = values.map((value) => encodePlain(value));
        expect(encoded.map(decode)).toEqual(values);
      }),
      { numRuns: 12 },
    );
  });

  test("may be encoded while something else is", () => {
    const inner: Uint8Array[] = [];
    const value = {
      before: 1,
      get sent() {
        inner.push(encodePlain({ from: "within" }));
        return 2;
      },
      after: 3,
    };
    const outer = encodePlain(value);
    expect(decode(outer)).toEqual({ before: 1, sent: 2, after: 3 });
    expect(inner.map(decode)).toEqual([{ from: "within" }]);
  });

  test("is encoded after something that could not be", () => {
    const unsuitable = {
      get bad(): never {
        throw new Error("not now");
      },
    };
    expect(() => encodePlain([1, unsuitable])).toThrow("not now");
    expect(decode(encodePlain([1, 2]))).toEqual([1, 2]);
  });

  test("shares byte strings with what it is read from only where it is asked to", () => {
    const encoded = new Uint8Array(encodePlain([Uint8Array.of(1, 2)]));
    const { data: views } = decodeCbor(encoded, { limits });
    const copies = decode(encoded);
    encoded.fill(0, 2);
    expect(views).toEqual([Uint8Array.of(0, 0)]);
    expect(copies).toEqual([Uint8Array.of(1, 2)]);
  });
});
