import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { nodeCrypto } from "@espalier/runtime/node";
import { portableCrypto } from "@espalier/runtime/portable";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.uint8Array({ maxLength: 300 });
const both = { node: nodeCrypto, portable: portableCrypto };

test("hashes are the same", () => {
  fc.assert(
    fc.property(message, message, (key, data) => {
      expect(portableCrypto.sha256(data)).toEqual(nodeCrypto.sha256(data));
      expect(portableCrypto.hmacSha256(key, data)).toEqual(nodeCrypto.hmacSha256(key, data));
    }),
    { numRuns: 50 },
  );
});

test("signatures are the same, and each verifies the other's and no others", () => {
  fc.assert(
    fc.property(bytes(32), message, (seed, data) => {
      const key = nodeCrypto.ed25519PublicKey(seed);
      expect(portableCrypto.ed25519PublicKey(seed)).toEqual(key);
      const signature = nodeCrypto.ed25519Sign(seed, data);
      expect(portableCrypto.ed25519Sign(seed, data)).toEqual(signature);
      const broken = signature.slice();
      broken[3] = (broken[3] as number) ^ 1;
      for (const crypto of [nodeCrypto, portableCrypto]) {
        expect(crypto.ed25519Verify(key, data, signature)).toBe(true);
        expect(crypto.ed25519Verify(key, data, broken)).toBe(false);
        expect(crypto.ed25519Verify(key, Uint8Array.of(...data, 1), signature)).toBe(false);
      }
    }),
    { numRuns: 10 },
  );
});

test("shared secrets are the same from both sides", () => {
  fc.assert(
    fc.property(bytes(32), bytes(32), (a, b) => {
      const [publicA, publicB] = [nodeCrypto.x25519PublicKey(a), portableCrypto.x25519PublicKey(b)];
      expect(portableCrypto.x25519PublicKey(a)).toEqual(publicA);
      const shared = nodeCrypto.x25519(a, publicB);
      expect(nodeCrypto.x25519(b, publicA)).toEqual(shared);
      expect(portableCrypto.x25519(a, publicB)).toEqual(shared);
    }),
    { numRuns: 10 },
  );
});

test("each opens what the other sealed, and nothing that was changed", () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), message, message, fc.nat(), (key, nonce, associated, plain, at) => {
      const sealed = nodeCrypto.seal(key, nonce, associated, plain);
      expect(portableCrypto.seal(key, nonce, associated, plain)).toEqual(sealed);
      const changed = sealed.slice();
      changed[at % sealed.length] = (changed[at % sealed.length] as number) ^ 128;
      for (const crypto of [nodeCrypto, portableCrypto]) {
        expect(crypto.open(key, nonce, associated, sealed)).toEqual(plain);
        expect(crypto.open(key, nonce, associated, changed)).toBe(null);
        expect(crypto.open(key, nonce, Uint8Array.of(...associated, 0), sealed)).toBe(null);
      }
    }),
    { numRuns: 50 },
  );
});

test("results are plain Uint8Arrays with their own bytes", () => {
  const seed = new Uint8Array(32).fill(7);
  for (const crypto of [nodeCrypto, portableCrypto]) {
    for (const result of [
      crypto.sha256(seed),
      crypto.ed25519PublicKey(seed),
      crypto.ed25519Sign(seed, seed),
      crypto.seal(seed, new Uint8Array(12), seed, seed),
    ]) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
    }
  }
});

describe.each(Object.entries(both))("%s", (_, crypto) => {
  test("throws on malformed input", () => {
    const good = new Uint8Array(32).fill(1);
    const short = new Uint8Array(31).fill(1);
    expect(() => crypto.ed25519PublicKey(short)).toThrow(/./);
    expect(() => crypto.ed25519Sign(short, good)).toThrow(/./);
    expect(() => crypto.ed25519Verify(short, good, new Uint8Array(64))).toThrow(/./);
    expect(() => crypto.ed25519Verify(good, good, new Uint8Array(63))).toThrow(/./);
    expect(() => crypto.x25519PublicKey(short)).toThrow(/./);
    expect(() => crypto.x25519(good, short)).toThrow(/./);
    expect(() => crypto.seal(short, new Uint8Array(12), good, good)).toThrow(/./);
    expect(() => crypto.seal(good, new Uint8Array(11), good, good)).toThrow(/./);
    expect(() => crypto.open(good, new Uint8Array(12), good, new Uint8Array(15))).toThrow(/./);
  });

  test("refuses a point of low order", () => {
    const secret = new Uint8Array(32).fill(3);
    for (const point of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
      expect(() => crypto.x25519(secret, point)).toThrow(/./);
    }
  });

  test("a key that is no point verifies nothing", () => {
    const noPoint = new Uint8Array(32).fill(0xff);
    expect(crypto.ed25519Verify(noPoint, noPoint, new Uint8Array(64).fill(1))).toBe(false);
  });
});

describe("both judge alike signatures that nobody makes by accident", () => {
  const order = Point.CURVE().n;
  const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const number = (text: Uint8Array) => text.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const encode = (value: bigint) =>
    Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 255n));
  const judge = (key: Uint8Array, text: Uint8Array, signature: Uint8Array): boolean => {
    const [left, right] = [nodeCrypto, portableCrypto].map((crypto) => crypto.ed25519Verify(key, text, signature));
    expect(right).toBe(left);
    return left as boolean;
  };
  /** Generates the eight points of low order. */
  const low = Point.fromBytes(hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  const lows = Array.from({ length: 8 }, (_, n) => low.multiplyUnsafe(BigInt(n)));
  const scalar = fc.bigInt({ min: 1n, max: order - 1n });

  test("a scalar beyond the order of the curve", () => {
    const seed = new Uint8Array(32).fill(3);
    const key = nodeCrypto.ed25519PublicKey(seed);
    const signature = nodeCrypto.ed25519Sign(seed, key);
    const value = number(signature.subarray(32));
    for (let more = 0n; value + more * order < 2n ** 256n; more += 1n) {
      const other = Uint8Array.of(...signature.subarray(0, 32), ...encode(value + more * order));
      expect(judge(key, key, other)).toBe(more === 0n);
    }
  });

  test("points with a part of low order in the key or in the signature (S260)", () => {
    fc.assert(
      fc.property(scalar, scalar, fc.nat(7), fc.nat(7), message, (secret, nonce, inKey, inNonce, text) => {
        const key = Point.BASE.multiply(secret)
          .add(lows[inKey] as Point)
          .toBytes();
        const point = Point.BASE.multiply(nonce)
          .add(lows[inNonce] as Point)
          .toBytes();
        const challenge = number(sha512(Uint8Array.of(...point, ...key, ...text))) % order;
        const signature = Uint8Array.of(...point, ...encode((nonce + challenge * secret) % order));
        const isValid = judge(key, text, signature);
        if (inKey === 0) expect(isValid).toBe(inNonce === 0);
      }),
      { numRuns: 30 },
    );
  });

  test("keys of low order, and keys and points that are written in another way than theirs", () => {
    const prime = 2n ** 255n - 19n;
    const sign = 2n ** 255n;
    const small = lows.map((point) => number(point.toBytes()));
    // The y of a point may be written as y + p when that has 255 bits, and an x of zero with the sign of a negative one.
    const others = [prime, prime + 1n, prime + sign, prime + 1n + sign, 1n + sign, prime - 1n + sign];
    const strange = [...small, ...others, ...Array.from({ length: 17 }, (_, n) => prime + 2n + BigInt(n))].map(encode);
    const text = Uint8Array.of(1, 2, 3);
    for (const key of strange) {
      for (const point of strange) expect(judge(key, text, Uint8Array.of(...point, ...encode(0n)))).toBe(false);
      for (const nonce of [1n, 5n, order - 1n]) {
        const point = Point.BASE.multiply(nonce).toBytes();
        for (let n = 0; n < 9; n += 1) judge(key, Uint8Array.of(n), Uint8Array.of(...point, ...encode(nonce)));
      }
    }
  });

  test("shared secrets with strange keys: of low order, or written in another way", () => {
    const prime = 2n ** 255n - 19n;
    const secret = new Uint8Array(32).fill(5);
    const shared = (crypto: (typeof both)["node"], key: Uint8Array): string => {
      try {
        return crypto.x25519(secret, key).join();
      } catch {
        return "refused";
      }
    };
    const twist = [
      325606250916557431795983626356110631294008115727848805560023387167927233504n,
      39382357235489614581723060781553021112529911719440698176882885853963445705823n,
    ];
    const numbers = [0n, 1n, ...twist, ...Array.from({ length: 24 }, (_, n) => prime - 3n + BigInt(n))];
    for (const value of numbers.flatMap((one) => [one, one + 2n ** 255n])) {
      const key = encode(value);
      expect([value, shared(portableCrypto, key)]).toEqual([value, shared(nodeCrypto, key)]);
    }
    expect(shared(nodeCrypto, encode(twist[0] as bigint))).toBe("refused");
  });
});
