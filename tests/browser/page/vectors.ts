// Cryptography in a page: what the test compares with Node's, and the vectors of the handshake.

import type { Crypto } from "@espalier/runtime";
import { portableCrypto as crypto } from "@espalier/runtime/portable";
// oxlint-disable-next-line no-restricted-imports -- The handshake has no door: nobody but a session makes one.
import {
  Handshake,
  type HandshakeResult,
  IK,
  KK,
  keyPair,
  NNpsk0,
  XX,
} from "../../../packages/wire/src/noise/noise.ts";

/** A vector as the file of vectors has it. */
export interface Vector {
  readonly protocol_name: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
  readonly [field: string]: unknown;
}

declare global {
  var vectors: Vectors;
}

const patterns = { XX, IK, KK, NNpsk0 };

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What comes out of each primitive for a seed and a message. */
export function results(primitives: Crypto, seed: Uint8Array, message: Uint8Array): Readonly<Record<string, string>> {
  const nonce = seed.slice(0, 12);
  const other = primitives.x25519PublicKey(primitives.sha256(seed));
  const sealed = primitives.seal(seed, nonce, message, message);
  return {
    sha256: toHex(primitives.sha256(message)),
    hmacSha256: toHex(primitives.hmacSha256(seed, message)),
    ed25519PublicKey: toHex(primitives.ed25519PublicKey(seed)),
    ed25519Sign: toHex(primitives.ed25519Sign(seed, message)),
    x25519PublicKey: toHex(primitives.x25519PublicKey(seed)),
    x25519: toHex(primitives.x25519(seed, other)),
    seal: toHex(sealed),
    open: toHex(primitives.open(seed, nonce, message, sealed) ?? new Uint8Array(0)),
  };
}

class Vectors {
  /** The patterns that are tried. */
  readonly patterns: readonly string[] = Object.keys(patterns);

  results(seed: string, message: string): Readonly<Record<string, string>> {
    return results(crypto, fromHex(seed), fromHex(message));
  }

  /** The ciphertexts of the messages of a vector, as both sides of it make them and read them here. */
  messages(vector: Vector): readonly string[] {
    const pattern = patterns[vector.protocol_name.split("_")[1] as keyof typeof patterns];
    const bytes = (field: string): Uint8Array => fromHex(vector[field] as string);
    const side = (role: "initiator" | "responder", prefix: string): Handshake =>
      new Handshake({
        crypto,
        pattern,
        role,
        prologue: bytes(`${prefix}_prologue`),
        ephemeral: keyPair(crypto, bytes(`${prefix}_ephemeral`)),
        ...(`${prefix}_static` in vector ? { static: keyPair(crypto, bytes(`${prefix}_static`)) } : {}),
        ...(`${prefix}_remote_static` in vector ? { remoteStatic: bytes(`${prefix}_remote_static`) } : {}),
        ...(`${prefix}_psks` in vector
          ? { presharedKey: fromHex((vector[`${prefix}_psks`] as readonly string[])[0] as string) }
          : {}),
      });
    const sides = [side("initiator", "init"), side("responder", "resp")] as const;
    const steps = pattern.messages.length;
    const none = new Uint8Array(0);
    let ciphers: readonly [HandshakeResult, HandshakeResult] | null = null;
    return vector.messages.map(({ payload }, index) => {
      const sender = index % 2;
      if (index < steps) {
        const [from, to] = [sides[sender], sides[1 - sender]] as [Handshake, Handshake];
        const message = from.write(fromHex(payload));
        if (toHex(to.read(message)) !== payload) throw new Error(`message ${index}: read something else`);
        return toHex(message);
      }
      ciphers ??= [sides[0].result(), sides[1].result()];
      const [from, to] = [ciphers[sender], ciphers[1 - sender]] as [HandshakeResult, HandshakeResult];
      const sealed = from.sending.seal(none, fromHex(payload));
      if (toHex(to.receiving.open(none, sealed)) !== payload)
        throw new Error(`message ${index}: opened something else`);
      return toHex(sealed);
    });
  }
}

globalThis.vectors = new Vectors();
