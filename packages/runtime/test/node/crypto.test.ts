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
