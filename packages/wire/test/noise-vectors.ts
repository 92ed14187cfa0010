import type { Crypto } from "@espalier/runtime";
import { expect } from "vitest";
import { Handshake, IK, keyPair, KK, NNpsk0, XX, type HandshakeResult, type NoisePattern } from "../src/noise/noise.ts";
import file from "./vectors/noise-cacophony.json" with { type: "json" };

export interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly resp_prologue: string;
  readonly init_static?: string;
  readonly resp_static?: string;
  readonly init_ephemeral: string;
  readonly resp_ephemeral: string;
  readonly init_remote_static?: string;
  readonly resp_remote_static?: string;
  readonly init_psks?: readonly string[];
  readonly resp_psks?: readonly string[];
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

export const vectors: readonly Vector[] = file.vectors;

// Those of sessions, and two more psk positions that the vectors have, which live here until a link needs them.
export const patterns: Readonly<Record<string, NoisePattern>> = {
  XX,
  IK,
  KK,
  NNpsk0,
  XXpsk3: {
    name: "XXpsk3",
    known: { initiator: false, responder: false },
    messages: [["e"], ["e", "ee", "s", "es"], ["s", "se", "psk"]],
  },
  IKpsk2: {
    name: "IKpsk2",
    known: { initiator: false, responder: true },
    messages: [
      ["e", "es", "s", "ss"],
      ["e", "ee", "se", "psk"],
    ],
  },
};

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const none = new Uint8Array(0);

/** The two sides of a vector's handshake. */
export function sides(vector: Vector, crypto: Crypto): [initiator: Handshake, responder: Handshake] {
  const side = (role: "initiator" | "responder", prefix: "init" | "resp"): Handshake => {
    const own = vector[`${prefix}_static`];
    const theirs = vector[`${prefix}_remote_static`];
    const psk = vector[`${prefix}_psks`]?.[0];
    return new Handshake({
      crypto,
      pattern: patterns[vector.protocol_name.split("_")[1] as string] as NoisePattern,
      role,
      prologue: hex(vector[`${prefix}_prologue`]),
      ephemeral: keyPair(crypto, hex(vector[`${prefix}_ephemeral`])),
      ...(own === undefined ? {} : { static: keyPair(crypto, hex(own)) }),
      ...(theirs === undefined ? {} : { remoteStatic: hex(theirs) }),
      ...(psk === undefined ? {} : { presharedKey: hex(psk) }),
    });
  };
  return [side("initiator", "init"), side("responder", "resp")];
}

/** Goes through a vector with the given primitives, and compares every byte. */
export function checkVector(vector: Vector, crypto: Crypto): void {
  const [initiator, responder] = sides(vector, crypto);
  const steps = (patterns[vector.protocol_name.split("_")[1] as string] as NoisePattern).messages.length;
  let ciphers: [HandshakeResult, HandshakeResult] | undefined;
  vector.messages.forEach(({ payload, ciphertext }, n) => {
    const fromInitiator = n % 2 === 0;
    if (n < steps) {
      const [writer, reader] = fromInitiator ? [initiator, responder] : [responder, initiator];
      const message = writer.write(hex(payload));
      expect(toHex(message)).toBe(ciphertext);
      expect(toHex(reader.read(message))).toBe(payload);
      return;
    }
    ciphers ??= [initiator.result(), responder.result()];
    expect(toHex(ciphers[0].hash)).toBe(vector.handshake_hash);
    expect(ciphers[1].hash).toEqual(ciphers[0].hash);
    const [sender, receiver] = fromInitiator ? ciphers : [ciphers[1], ciphers[0]];
    const sealed = sender.sending.seal(none, hex(payload));
    expect(toHex(sealed)).toBe(ciphertext);
    expect(toHex(receiver.receiving.open(none, sealed))).toBe(payload);
  });
  expect(ciphers).toBeDefined();
}
