import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { Crypto } from "../host.ts";
import { KeyCache } from "./key-cache.ts";

const cipher = "chacha20-poly1305";
const tagBytes = 16;
const keyBytes = 32;

// Node takes raw keys only in their DER envelopes (RFC 8410): a fixed prefix, then the 32 bytes.
const envelope = {
  ed25519Private: Buffer.from("302e020100300506032b657004220420", "hex"),
  ed25519Public: Buffer.from("302a300506032b6570032100", "hex"),
  x25519Private: Buffer.from("302e020100300506032b656e04220420", "hex"),
  x25519Public: Buffer.from("302a300506032b656e032100", "hex"),
};

const privateKeys = new KeyCache<KeyObject>();

function privateKey(prefix: Buffer, secret: Uint8Array): KeyObject {
  checkLength("secret", secret, keyBytes);
  const der = Buffer.concat([prefix, secret]);
  return privateKeys.get(der, () => createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

function publicKey(prefix: Buffer, bytes: Uint8Array): KeyObject {
  checkLength("public key", bytes, keyBytes);
  return createPublicKey({ key: Buffer.concat([prefix, bytes]), format: "der", type: "spki" });
}

function publicHalf(key: KeyObject): Uint8Array {
  return ownBytes(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-keyBytes));
}

/** The primitives by OpenSSL. */
export const nodeCrypto: Crypto = {
  sha256: (bytes) => ownBytes(hash("sha256", bytes, "buffer")),
  hmacSha256: (key, bytes) => ownBytes(createHmac("sha256", key).update(bytes).digest()),
  ed25519PublicKey: (seed) => publicHalf(privateKey(envelope.ed25519Private, seed)),
  ed25519Sign: (seed, message) => ownBytes(sign(null, message, privateKey(envelope.ed25519Private, seed))),
  ed25519Verify: (key, message, signature) => verify(null, message, publicKey(envelope.ed25519Public, key), signature),
  x25519PublicKey: (secret) => publicHalf(privateKey(envelope.x25519Private, secret)),
  // OpenSSL itself refuses a point of low order, whose shared secret would be zero.
  x25519: (secret, key) =>
    ownBytes(
      diffieHellman({
        privateKey: privateKey(envelope.x25519Private, secret),
        publicKey: publicKey(envelope.x25519Public, key),
      }),
    ),
  seal(key, nonce, associated, plain) {
    const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
    sealing.setAAD(associated, { plaintextLength: plain.length });
    const sealed = new Uint8Array(plain.length + tagBytes);
    sealed.set(sealing.update(plain));
    sealing.final();
    sealed.set(sealing.getAuthTag(), plain.length);
    return sealed;
  },
  open(key, nonce, associated, sealed) {
    const plainBytes = sealed.length - tagBytes;
    if (plainBytes < 0) throw new RangeError(`sealed: expected at least ${tagBytes} bytes, got ${sealed.length}`);
    const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
    opening.setAAD(associated, { plaintextLength: plainBytes });
    opening.setAuthTag(sealed.subarray(plainBytes));
    const plain = opening.update(sealed.subarray(0, plainBytes));
    try {
      opening.final();
    } catch {
      // Key, nonce and length are as they must be, so it is the tag: the answer is null, not an error.
      return null;
    }
    return ownBytes(plain);
  },
};

function checkLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${name}: expected ${length} bytes, got ${bytes.length}`);
}

/** A Buffer as the plain array that the port promises. */
function ownBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
