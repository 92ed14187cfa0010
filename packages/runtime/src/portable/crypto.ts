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
  // Strict verification, as Node's: ZIP-215 accepts encodings that RFC 8032 does not.
  ed25519Verify: (publicKey, message, signature) => ed25519.verify(signature, message, publicKey, { zip215: false }),
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
