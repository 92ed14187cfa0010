import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import * as ed25519 from "@noble/ed25519";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Crypto } from "../host.ts";

// The library takes its hash from outside, and without this knows only asynchronous signatures.
ed25519.hashes.sha512 = sha512;

/** The primitives in plain JavaScript: for browsers and tests. The same bytes as Node's, some ten times slower. */
export const portableCrypto: Crypto = {
  sha256: (bytes) => sha256(bytes),
  hmacSha256: (key, bytes) => hmac(sha256, key, bytes),
  ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
  ed25519Sign: (seed, message) => ed25519.sign(message, seed),
  ed25519Verify: verifyEd25519,
  x25519PublicKey: (secret) => x25519.getPublicKey(secret),
  x25519: (secret, publicKey) => x25519.getSharedSecret(secret, publicKey),
  seal: (key, nonce, associated, plain) => chacha20poly1305(key, nonce, associated).encrypt(plain),
  open(key, nonce, associated, sealed) {
    const cipher = chacha20poly1305(key, nonce, associated);
    if (sealed.length < tagBytes)
      throw new RangeError(`sealed: expected at least ${tagBytes} bytes, got ${sealed.length}`);
    try {
      return cipher.decrypt(sealed);
    } catch (error) {
      // The only way left to fail: key, nonce and length are as they must be.
      if (error instanceof Error && error.message === "invalid tag") return null;
      throw error;
    }
  },
};

const tagBytes = 16;

const { Point } = ed25519;
/** The number of points that the base generates. */
const order = Point.CURVE().n;

/**
 * RFC 8032, 5.1.7, without the factor of eight, which is what Node does: all nodes agree which signatures are valid, those that somebody has made up on
 * purpose included. The library's own multiplies by eight.
 */
function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32) throw new RangeError(`public key: expected 32 bytes, got ${publicKey.length}`);
  if (signature.length !== 64) throw new RangeError(`signature: expected 64 bytes, got ${signature.length}`);
  const nonce = signature.subarray(0, 32);
  const scalar = littleEndian(signature.subarray(32));
  const key = pointOf(publicKey);
  if (key === null || scalar >= order) return false;
  const digest = sha512.create().update(nonce).update(publicKey).update(message).digest();
  const challenge = littleEndian(digest) % order;
  const expected = Point.BASE.multiplyUnsafe(scalar).subtract(key.multiplyUnsafe(challenge)).toBytes();
  return expected.every((byte, index) => byte === nonce[index]);
}

/** Null for bytes that are no point, or one of the eight of low order, for which signatures say nothing. */
function pointOf(bytes: Uint8Array): InstanceType<typeof Point> | null {
  let point: InstanceType<typeof Point>;
  try {
    point = Point.fromBytes(bytes);
  } catch {
    // It says no more than that, in words for people.
    return null;
  }
  return point.isSmallOrder() ? null : point;
}

function littleEndian(bytes: Uint8Array): bigint {
  let number = 0n;
  for (let index = bytes.length - 1; index >= 0; index -= 1) number = (number << 8n) | BigInt(bytes[index] as number);
  return number;
}
