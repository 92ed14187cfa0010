import { portableCrypto as crypto } from "@espalier/runtime/portable";
import { describe, expect, it } from "vitest";
import { NoiseError } from "../src/errors.ts";
import { CipherState, IK, KK, NNpsk0, XX } from "../src/noise/noise.ts";
import { checkVector, sides, vectors, type Vector } from "./noise-vectors.ts";

const none = new Uint8Array(0);
const xx = vectors[0] as Vector;

describe("the Noise handshake", () => {
  it("has a published vector for each pattern of sessions", () => {
    const published = vectors.map(({ protocol_name }) => protocol_name);
    for (const { name } of [XX, IK, KK, NNpsk0]) expect(published).toContain(`Noise_${name}_25519_ChaChaPoly_SHA256`);
  });

  it.each(vectors.map((vector) => [vector.protocol_name, vector] as const))("matches the vector %s", (_, vector) =>
    checkVector(vector, crypto),
  );

  it("refuses a public key of low order", () => {
    const [, responder] = sides(xx, crypto);
    responder.read(new Uint8Array(48));
    expect(() => responder.write(none)).toThrow(NoiseError);
  });

  it("refuses a message cut short, a step too many and a result too early", () => {
    const [initiator, responder] = sides(xx, crypto);
    expect(() => responder.read(new Uint8Array(31))).toThrow("too short");
    expect(() => initiator.result()).toThrow("not over");
    const [a, b] = sides(xx, crypto);
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
