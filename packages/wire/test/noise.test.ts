import { portableCrypto as crypto } from "@espalier/runtime/portable";
import { describe, expect, it } from "vitest";
import { NoiseError } from "../src/errors.ts";
import { CipherState, Handshake, keyPair, XX, type HandshakeResult, type NoisePattern } from "../src/noise/noise.ts";
import file from "./vectors/noise-cacophony.json" with { type: "json" };

interface Vector {
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

const vectors: readonly Vector[] = file.vectors;

// The patterns that later kinds of link will use, and two more psk positions: what is not XX lives here until a link needs it.
const patterns: Readonly<Record<string, NoisePattern>> = {
  XX,
  IK: {
    name: "IK",
    known: { initiator: false, responder: true },
    messages: [
      ["e", "es", "s", "ss"],
      ["e", "ee", "se"],
    ],
  },
  KK: {
    name: "KK",
    known: { initiator: true, responder: true },
    messages: [
      ["e", "es", "ss"],
      ["e", "ee", "se"],
    ],
  },
  NNpsk0: {
    name: "NNpsk0",
    known: { initiator: false, responder: false },
    messages: [
      ["psk", "e"],
      ["e", "ee"],
    ],
  },
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

function sides(vector: Vector): [initiator: Handshake, responder: Handshake] {
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

const xx = vectors[0] as Vector;

describe("the Noise handshake", () => {
  it.each(vectors.map((vector) => [vector.protocol_name, vector] as const))("matches the vector %s", (_, vector) => {
    const [initiator, responder] = sides(vector);
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
  });

  it("fails on both sides' next step when any bit of any handshake message was flipped", () => {
    // e and a bare payload; e, a sealed s and a sealed payload; a sealed s and a sealed payload.
    for (const [n, length] of [32 + 16, 32 + 48 + 32, 48 + 32].entries()) {
      for (let bit = 0; bit < length * 8; bit += 29) {
        const [initiator, responder] = sides(xx);
        const run = () => {
          for (let step = 0; step < 3; step++) {
            const [writer, reader] = step % 2 === 0 ? [initiator, responder] : [responder, initiator];
            const message = writer.write(new Uint8Array(16));
            if (step === n) (message[bit >> 3] as number) ^= 1 << (bit & 7);
            reader.read(message);
          }
          // The very first message of XX is sealed by nothing: its tampering shows at the second.
          return initiator.result();
        };
        expect(run, `message ${n}, bit ${bit}`).toThrow(NoiseError);
      }
    }
  });

  it("refuses a public key of low order", () => {
    const [, responder] = sides(xx);
    responder.read(new Uint8Array(48));
    expect(() => responder.write(none)).toThrow(NoiseError);
  });

  it("refuses a message cut short, a step too many and a result too early", () => {
    const [initiator, responder] = sides(xx);
    expect(() => responder.read(new Uint8Array(31))).toThrow("too short");
    expect(() => initiator.result()).toThrow("not over");
    const [a, b] = sides(xx);
    b.read(a.write(none));
    a.read(b.write(none));
    b.read(a.write(none));
    expect(() => b.write(none)).toThrow("is over");
  });
});

describe("a cipher", () => {
  const key = new Uint8Array(32).fill(7);

  it("refuses a frame twice, out of order, with a flipped bit or a cut end (S106)", () => {
    const sender = new CipherState(crypto, key);
    const frames = [sender.seal(none, Uint8Array.of(1)), sender.seal(none, Uint8Array.of(2))] as const;
    const fresh = () => new CipherState(crypto, key);
    const reader = fresh();
    reader.open(none, frames[0]);
    expect(() => reader.open(none, frames[0])).toThrow(NoiseError);
    expect(() => fresh().open(none, frames[1])).toThrow(NoiseError);
    expect(() => fresh().open(none, frames[0].subarray(0, 15))).toThrow(NoiseError);
    const flipped = frames[0].slice();
    (flipped[0] as number) ^= 1;
    expect(() => fresh().open(none, flipped)).toThrow(NoiseError);
  });

  it("counts beyond 32 bits and stops before a nonce could repeat", () => {
    const at = (counter: number) => new CipherState(crypto, key, counter);
    const high = at(2 ** 32 + 5).seal(none, none);
    expect(high).not.toEqual(at(5).seal(none, none));
    expect(at(2 ** 32 + 5).open(none, high)).toEqual(none);
    const last = at(Number.MAX_SAFE_INTEGER - 1);
    last.seal(none, none);
    expect(() => last.seal(none, none)).toThrow("used up");
  });

  it("goes on after both sides rekeyed, and not after one", () => {
    const [sender, receiver, old] = [0, 1, 2].map(() => new CipherState(crypto, key)) as [
      CipherState,
      CipherState,
      CipherState,
    ];
    sender.rekey();
    receiver.rekey();
    const sealed = sender.seal(none, Uint8Array.of(9));
    expect(receiver.open(none, sealed)).toEqual(Uint8Array.of(9));
    expect(() => old.open(none, sealed)).toThrow(NoiseError);
  });
});
