import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeCrypto } from "@espalier/runtime/node";
import { portableCrypto } from "@espalier/runtime/portable";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const someBytes = fc.uint8Array({ maxLength: 300 });

describe("Node's crypto and the portable one give the same bytes", () => {
  test("hashes", () => {
    fc.assert(
      fc.property(bytes(32), someBytes, (key, data) => {
        expect(nodeCrypto.sha256(data)).toEqual(portableCrypto.sha256(data));
        expect(nodeCrypto.hmacSha256(key, data)).toEqual(portableCrypto.hmacSha256(key, data));
      }),
    );
  });

  test("signatures, each verified by the other", () => {
    fc.assert(
      fc.property(bytes(32), someBytes, (seed, message) => {
        const publicKey = nodeCrypto.ed25519PublicKey(seed);
        const signature = nodeCrypto.ed25519Sign(seed, message);
        expect(portableCrypto.ed25519PublicKey(seed)).toEqual(publicKey);
        expect(portableCrypto.ed25519Sign(seed, message)).toEqual(signature);
        expect(portableCrypto.ed25519Verify(publicKey, message, signature)).toBe(true);
        expect(nodeCrypto.ed25519Verify(publicKey, message, signature)).toBe(true);
        signature[3] = (signature[3] as number) ^ 1;
        expect(nodeCrypto.ed25519Verify(publicKey, message, signature)).toBe(false);
        expect(portableCrypto.ed25519Verify(publicKey, message, signature)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  test("shared secrets", () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (mine, theirs) => {
        const secret = nodeCrypto.x25519(mine, portableCrypto.x25519PublicKey(theirs));
        expect(secret).toEqual(portableCrypto.x25519(theirs, nodeCrypto.x25519PublicKey(mine)));
      }),
      { numRuns: 20 },
    );
  });

  test("a point of low order gives no secret", () => {
    const secret = new Uint8Array(32).fill(7);
    for (const crypto of [nodeCrypto, portableCrypto])
      expect(() => crypto.x25519(secret, new Uint8Array(32))).toThrow(/deriv|public key/i);
  });

  test("sealed bytes, each opened by the other, and by nobody once a bit is changed", () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), someBytes, someBytes, fc.nat(), (key, nonce, associated, plain, at) => {
        const sealed = nodeCrypto.seal(key, nonce, associated, plain);
        expect(portableCrypto.seal(key, nonce, associated, plain)).toEqual(sealed);
        for (const crypto of [nodeCrypto, portableCrypto]) {
          expect(crypto.open(key, nonce, associated, sealed)).toEqual(plain);
          const tampered = sealed.slice();
          tampered[at % sealed.length] = (sealed[at % sealed.length] as number) ^ 1;
          expect(crypto.open(key, nonce, associated, tampered)).toBeNull();
        }
      }),
    );
  });
});
