import type { Crypto } from "@espalier/runtime";

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const signatureBytes = 64;

/** What a digest is for: those of two purposes have nothing to do with each other. */
const purposes = { hash: 1, mac: 2, edwardsKey: 3, signature: 4, montgomeryKey: 5, agreement: 6, tag: 7 };

/**
 * Cryptography for simulations that are to be fast: deterministic, and of the same lengths as the real one. A changed bit is noticed, the
 * wrong key opens and verifies nothing, and the two sides of a key agreement agree. It keeps nothing secret, and who wants to forge can: what
 * is proven with it says nothing about secrecy.
 */
export const plainCrypto: Crypto = {
  sha256: (bytes) => digest(purposes.hash, 32, [bytes]),
  hmacSha256: (key, bytes) => digest(purposes.mac, 32, [key, bytes]),
  ed25519PublicKey: (seed) => digest(purposes.edwardsKey, keyBytes, [expectLength("seed", seed, keyBytes)]),
  ed25519Sign: (seed, message) =>
    digest(purposes.signature, signatureBytes, [plainCrypto.ed25519PublicKey(seed), message]),
  ed25519Verify(publicKey, message, signature) {
    expectLength("public key", publicKey, keyBytes);
    expectLength("signature", signature, signatureBytes);
    return equal(signature, digest(purposes.signature, signatureBytes, [publicKey, message]), 0);
  },
  x25519PublicKey: (secret) => digest(purposes.montgomeryKey, keyBytes, [expectLength("secret", secret, keyBytes)]),
  x25519(secret, publicKey) {
    expectLength("public key", publicKey, keyBytes);
    if (publicKey.every((byte) => byte === 0)) throw new Error("public key: expected a point of high order, got zero");
    const own = plainCrypto.x25519PublicKey(secret);
    return digest(purposes.agreement, keyBytes, comesFirst(own, publicKey) ? [own, publicKey] : [publicKey, own]);
  },
  seal(key, nonce, associated, plain) {
    const sealed = new Uint8Array(plain.length + tagBytes);
    sealed.set(plain);
    sealed.set(tag(key, nonce, associated, plain), plain.length);
    return sealed;
  },
  open(key, nonce, associated, sealed) {
    const length = sealed.length - tagBytes;
    if (length < 0) throw new RangeError(`sealed: expected at least ${tagBytes} bytes, got ${sealed.length}`);
    const plain = sealed.slice(0, length);
    return equal(sealed, tag(key, nonce, associated, plain), length) ? plain : null;
  },
};

function tag(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
  expectLength("key", key, keyBytes);
  expectLength("nonce", nonce, nonceBytes);
  return digest(purposes.tag, tagBytes, [key, nonce, associated, plain]);
}

/** A view for reading words costs as much as putting together the words of this many bytes. */
const viewFromBytes = 64;

/** 128 bits of state in four lanes. Each step is a bijection of its lane, so one word that differs makes the end of it differ for sure. */
function digest(purpose: number, length: number, parts: readonly Uint8Array[]): Uint8Array {
  let a = 0x243f6a88 ^ purpose;
  let b = 0x85a308d3;
  let c = 0x13198a2e;
  let d = 0x03707344;
  for (const bytes of parts) {
    // The length comes first, so that what belongs to one part cannot pass for the beginning of the next.
    a = Math.imul(a ^ bytes.length, 0x85ebca6b);
    const whole = bytes.length & ~3;
    const view = bytes.length >= viewFromBytes ? new DataView(bytes.buffer, bytes.byteOffset, bytes.length) : null;
    for (let index = 0; index < bytes.length; index += 4) {
      let word = bytes[index] as number;
      if (index < whole && view !== null) {
        word = view.getInt32(index, true);
      } else if (index < whole) {
        word |=
          ((bytes[index + 1] as number) << 8) |
          ((bytes[index + 2] as number) << 16) |
          ((bytes[index + 3] as number) << 24);
      } else {
        // Never beyond the end: that costs more than all the rest.
        for (let rest = index + 1; rest < bytes.length; rest += 1) {
          word |= (bytes[rest] as number) << ((rest - index) * 8);
        }
      }
      a = Math.imul(a ^ word, 0x85ebca6b);
      a ^= a >>> 15;
      b = Math.imul(b ^ word, 0xc2b2ae35);
      b ^= b >>> 13;
      c = Math.imul(c + word, 0x27d4eb2f) ^ a;
      d = Math.imul(d + word, 0x165667b1) ^ b;
    }
  }
  const out = new Uint8Array(length);
  for (let index = 0; index < length; index += 4) {
    a = scramble(a + d);
    b = scramble(b ^ a);
    c = scramble(c + b);
    d = scramble(d ^ c);
    out[index] = d;
    out[index + 1] = d >>> 8;
    out[index + 2] = d >>> 16;
    out[index + 3] = d >>> 24;
  }
  return out;
}

/** MurmurHash3's last step. */
function scramble(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Whether `bytes` has `expected` at `from`. */
function equal(bytes: Uint8Array, expected: Uint8Array, from: number): boolean {
  for (let index = 0; index < expected.length; index += 1) if (bytes[from + index] !== expected[index]) return false;
  return true;
}

function comesFirst(a: Uint8Array, b: Uint8Array): boolean {
  const differs = a.findIndex((byte, index) => byte !== b[index]);
  return differs < 0 || (a[differs] as number) < (b[differs] as number);
}

function expectLength(what: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${what}: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}
