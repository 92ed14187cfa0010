import * as node from "node:crypto";
import type { Crypto } from "@espalier/runtime";

const der = {
  ed25519Public: Buffer.from("302a300506032b6570032100", "hex"),
  ed25519Secret: Buffer.from("302e020100300506032b657004220420", "hex"),
  x25519Public: Buffer.from("302a300506032b656e032100", "hex"),
  x25519Secret: Buffer.from("302e020100300506032b656e04220420", "hex"),
};
const secretKey = (prefix: Buffer, raw: Uint8Array) =>
  node.createPrivateKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "pkcs8" });
const publicKey = (prefix: Buffer, raw: Uint8Array) =>
  node.createPublicKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "spki" });
const rawPublic = (key: node.KeyObject) =>
  new Uint8Array(node.createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12));
const plainBytes = (bytes: Uint8Array) => new Uint8Array(bytes);

export const fakeCrypto: Crypto = {
  sha256: (bytes) => plainBytes(node.createHash("sha256").update(bytes).digest()),
  hmacSha256: (key, bytes) => plainBytes(node.createHmac("sha256", key).update(bytes).digest()),
  ed25519PublicKey: (seed) => rawPublic(secretKey(der.ed25519Secret, seed)),
  ed25519Sign: (seed, message) => plainBytes(node.sign(null, message, secretKey(der.ed25519Secret, seed))),
  ed25519Verify: (key, message, signature) => node.verify(null, message, publicKey(der.ed25519Public, key), signature),
  x25519PublicKey: (secret) => rawPublic(secretKey(der.x25519Secret, secret)),
  x25519: (secret, key) => {
    const privateKey = secretKey(der.x25519Secret, secret);
    return plainBytes(node.diffieHellman({ privateKey, publicKey: publicKey(der.x25519Public, key) }));
  },
  seal(key, nonce, associated, plain) {
    const cipher = node.createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    cipher.setAAD(associated, { plaintextLength: plain.length });
    return plainBytes(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  },
  open(key, nonce, associated, sealed) {
    const cipher = node.createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    cipher.setAAD(associated, { plaintextLength: sealed.length - 16 });
    cipher.setAuthTag(sealed.subarray(-16));
    try {
      return plainBytes(Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]));
    } catch {
      return null;
    }
  },
};
