import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hash,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { Crypto } from "../host.ts";

/**
 * The primitives by OpenSSL, through `node:crypto`.
 *
 * Making a key object out of bytes costs as much as using it, so each is kept with the array that it was made of, as long as that lives:
 * do not write into an array that was used as a key.
 */
export const nodeCrypto: Crypto = {
  sha256: (bytes) => view(hash("sha256", bytes, "buffer")),
  hmacSha256: (key, bytes) => {
    const block = key.length <= blockBytes ? key : hash("sha256", key, "buffer");
    const inner = hash("sha256", padded(block, 0x36, bytes), "buffer");
    return view(hash("sha256", padded(block, 0x5c, inner), "buffer"));
  },
  ed25519PublicKey: (seed) => rawPublicKey(privateKey("ed25519", seed)),
  ed25519Sign: (seed, message) => view(sign(null, message, privateKey("ed25519", seed))),
  ed25519Verify: (key, message, signature) => {
    expectLength("signature", signature, 64);
    return verify(null, message, publicKey("ed25519", key), signature);
  },
  x25519PublicKey: (secret) => rawPublicKey(privateKey("x25519", secret)),
  x25519: (secret, key) =>
    view(diffieHellman({ privateKey: privateKey("x25519", secret), publicKey: publicKey("x25519", key) })),
  seal(key, nonce, associated, plain) {
    const cipher = createCipheriv(cipherName, secretKey(key), nonce, cipherOptions);
    cipher.setAAD(associated, { plaintextLength: plain.length });
    const sealed = new Uint8Array(plain.length + tagBytes);
    sealed.set(cipher.update(plain), 0);
    cipher.final();
    sealed.set(cipher.getAuthTag(), plain.length);
    return sealed;
  },
  open(key, nonce, associated, sealed) {
    const plainBytes = sealed.length - tagBytes;
    if (plainBytes < 0) {
      throw new RangeError(`sealed: expected at least ${tagBytes} bytes, got ${sealed.length}`);
    }
    const decipher = createDecipheriv(cipherName, secretKey(key), nonce, cipherOptions);
    decipher.setAAD(associated, { plaintextLength: plainBytes });
    decipher.setAuthTag(sealed.subarray(plainBytes));
    const plain = view(decipher.update(sealed.subarray(0, plainBytes)));
    try {
      decipher.final();
    } catch {
      // The tag does not fit. It is the only thing that `final` looks at, and it says so in words that differ between versions.
      return null;
    }
    return plain;
  },
};

/** What SHA-256 works on at a time. */
const blockBytes = 64;

/** What HMAC (RFC 2104) hashes. From two hashes, because `createHmac` takes five times as long for the short texts of a handshake. */
function padded(key: Uint8Array, pad: number, bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(blockBytes + bytes.length).fill(pad, 0, blockBytes);
  for (let index = 0; index < key.length; index += 1) text[index] = (key[index] as number) ^ pad;
  text.set(bytes, blockBytes);
  return text;
}

const cipherName = "chacha20-poly1305";
const tagBytes = 16;
const cipherOptions = { authTagLength: tagBytes };

type Curve = "ed25519" | "x25519";

/** What comes before the 32 bytes of a key in DER (RFC 8410). */
const privatePrefix: Readonly<Record<Curve, string>> = {
  ed25519: "302e020100300506032b657004220420",
  x25519: "302e020100300506032b656e04220420",
};
const publicPrefix: Readonly<Record<Curve, string>> = {
  ed25519: "302a300506032b6570032100",
  x25519: "302a300506032b656e032100",
};

const keyBytes = 32;
const privateKeys: Readonly<Record<Curve, WeakMap<Uint8Array, KeyObject>>> = {
  ed25519: new WeakMap(),
  x25519: new WeakMap(),
};
const publicKeys: Readonly<Record<Curve, WeakMap<Uint8Array, KeyObject>>> = {
  ed25519: new WeakMap(),
  x25519: new WeakMap(),
};
const secretKeys = new WeakMap<Uint8Array, KeyObject>();

function privateKey(curve: Curve, secret: Uint8Array): KeyObject {
  const known = privateKeys[curve].get(secret);
  if (known !== undefined) return known;
  expectLength("secret key", secret, keyBytes);
  const der = Buffer.concat([Buffer.from(privatePrefix[curve], "hex"), secret]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  privateKeys[curve].set(secret, key);
  return key;
}

function publicKey(curve: Curve, bytes: Uint8Array): KeyObject {
  const known = publicKeys[curve].get(bytes);
  if (known !== undefined) return known;
  expectLength("public key", bytes, keyBytes);
  const der = Buffer.concat([Buffer.from(publicPrefix[curve], "hex"), bytes]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  publicKeys[curve].set(bytes, key);
  return key;
}

/**
 * Node 24 finds out by way of an exception that the bytes of a key are no key object, which costs three times what it takes to seal 64 bytes.
 */
function secretKey(bytes: Uint8Array): KeyObject {
  const known = secretKeys.get(bytes);
  if (known !== undefined) return known;
  const key = createSecretKey(bytes);
  secretKeys.set(bytes, key);
  return key;
}

function rawPublicKey(secret: KeyObject): Uint8Array {
  const der = createPublicKey(secret).export({ format: "der", type: "spki" });
  return view(der.subarray(der.length - keyBytes));
}

function expectLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${what}: expected ${length} bytes, got ${bytes.length}`);
}

/** The same bytes, not as a Buffer: those differ in what `slice` and `toString` do. */
function view(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
