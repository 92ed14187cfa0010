import type { Crypto } from "@espalier/runtime";

/**
 * Primitives that keep nothing secret, a thousand times as fast as real ones, for tests that go through all bits of something. Each takes and gives what
 * the real one does, and what comes out depends on every bit that goes in.
 */
export const toyCrypto: Crypto = {
  sha256: (bytes) => digest(bytes),
  hmacSha256: (key, bytes) => digest(key, bytes),
  ed25519PublicKey: (seed) => digest(Uint8Array.of(1), seed),
  ed25519Sign: (seed, message) => signature(digest(Uint8Array.of(1), seed), message),
  ed25519Verify: (publicKey, message, signed) => equal(signature(publicKey, message), signed),
  x25519PublicKey: (secret) => digest(Uint8Array.of(2), secret),
  x25519(secret, publicKey) {
    const own = digest(Uint8Array.of(2), secret);
    // The same from both sides.
    return digest(own.map((byte, index) => byte ^ (publicKey[index] as number)));
  },
  seal(key, nonce, associated, plain) {
    const sealed = new Uint8Array(plain.length + 16);
    sealed.set(plain);
    sealed.set(digest(key, nonce, associated, plain).subarray(0, 16), plain.length);
    return sealed;
  },
  open(key, nonce, associated, sealed) {
    const plain = sealed.slice(0, -16);
    const tag = digest(key, nonce, associated, plain).subarray(0, 16);
    return equal(tag, sealed.subarray(-16)) ? plain : null;
  },
};

function signature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const half = digest(publicKey, message);
  return Uint8Array.of(...half, ...digest(half));
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** 256 bits in which each bit of the parts, and of their lengths, has a part. */
function digest(...parts: readonly Uint8Array[]): Uint8Array {
  let low = 0x9e3779b9;
  let high = 0x85ebca6b;
  const mix = (value: number): void => {
    low = Math.imul(low ^ value, 0x01000193) ^ (high >>> 15);
    high = Math.imul(high ^ low ^ (value << 11), 0x5bd1e995) ^ (low >>> 13);
  };
  for (const part of parts) {
    for (const byte of part) mix(byte + 1);
    mix(part.length + 0x10000);
  }
  const words = new Uint32Array(8);
  for (let index = 0; index < words.length; index += 1) {
    mix(index + 0x20000);
    words[index] = low ^ high;
  }
  return new Uint8Array(words.buffer);
}
