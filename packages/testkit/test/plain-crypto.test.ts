import type { Crypto } from "@espalier/runtime";
import { portableCrypto } from "@espalier/runtime/portable";
import { Process } from "espalier";
import { describe, expect, it } from "vitest";
import { KeyedRandom, plainCrypto, property, scenario, simulate, startNode } from "../src/index.ts";

const random = new KeyedRandom(1).stream("plain");
const [mine, yours, nonce, text] = [random.bytes(32), random.bytes(32), random.bytes(12), random.bytes(101)];
const associated = Uint8Array.of(1, 2, 3);

/** The same bytes with one bit turned over, each bit once. */
function* flips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    yield flipped;
  }
}

describe("plain cryptography", () => {
  const { seal, open, ed25519PublicKey, ed25519Sign, ed25519Verify, x25519, x25519PublicKey } = plainCrypto;

  it("opens what it sealed, and nothing else: not with a bit changed anywhere", () => {
    const sealed = seal(mine, nonce, associated, text);
    expect(open(mine, nonce, associated, sealed)).toEqual(text);
    for (const flipped of flips(sealed)) expect(open(mine, nonce, associated, flipped)).toBeNull();
    for (const flipped of flips(mine)) expect(open(flipped, nonce, associated, sealed)).toBeNull();
    for (const flipped of flips(nonce)) expect(open(mine, flipped, associated, sealed)).toBeNull();
    for (const flipped of flips(associated)) expect(open(mine, nonce, flipped, sealed)).toBeNull();
    for (const length of [16, 40, 116]) expect(open(mine, nonce, associated, sealed.slice(0, length))).toBeNull();
    // What is moved from one part to the next.
    expect(open(mine, nonce, Uint8Array.of(1, 2), Uint8Array.of(3, ...sealed))).toBeNull();
  });

  it("verifies a signature of that key and that text only", () => {
    const signature = ed25519Sign(mine, text);
    const key = ed25519PublicKey(mine);
    expect(ed25519Verify(key, text, signature)).toBe(true);
    expect(ed25519Verify(ed25519PublicKey(yours), text, signature)).toBe(false);
    for (const flipped of flips(signature)) expect(ed25519Verify(key, text, flipped)).toBe(false);
    for (const flipped of flips(text)) expect(ed25519Verify(key, flipped, signature)).toBe(false);
  });

  it("agrees on a key with the other side, and with nobody else", () => {
    const shared = x25519(mine, x25519PublicKey(yours));
    expect(x25519(yours, x25519PublicKey(mine))).toEqual(shared);
    expect(x25519(yours, x25519PublicKey(yours))).not.toEqual(shared);
    expect(() => x25519(mine, new Uint8Array(32))).toThrow("high order");
  });

  it("takes and gives the lengths of the real one, and refuses the same", () => {
    const lengths = (crypto: Crypto): readonly number[] =>
      [
        crypto.sha256(text),
        crypto.hmacSha256(mine, text),
        crypto.ed25519PublicKey(mine),
        crypto.ed25519Sign(mine, text),
        crypto.x25519PublicKey(mine),
        crypto.x25519(mine, crypto.x25519PublicKey(yours)),
        crypto.seal(mine, nonce, associated, text),
      ].map(({ length }) => length);
    expect(lengths(plainCrypto)).toEqual(lengths(portableCrypto));
    const short = new Uint8Array(5);
    for (const crypto of [plainCrypto, portableCrypto]) {
      expect(() => crypto.ed25519PublicKey(short)).toThrow(/expected|length|size/i);
      expect(() => crypto.x25519(mine, short)).toThrow(/expected|length|size/i);
      expect(() => crypto.open(mine, nonce, associated, short)).toThrow(/expected|length|size/i);
      expect(() => crypto.seal(short, nonce, associated, text)).toThrow(/expected|length|size/i);
      expect(() => crypto.seal(mine, short, associated, text)).toThrow(/expected|length|size/i);
    }
  });

  it("gives different digests of different things", () => {
    const seen = new Set([...flips(text)].map((bytes) => plainCrypto.sha256(bytes).join()));
    expect(seen.size).toBe(text.length * 8);
  });

  it("links the shipped nodes of a scenario, and it is another run than with the real one", async () => {
    const linked = scenario("linked", {
      nodes: { a: {}, b: {} },
      boot: async (place) => {
        const node = await startNode(place);
        const [other] = place.peers.filter(({ ref }) => ref.id !== place.ref.id);
        void node.run(function* asking() {
          yield* Process.whereisAt(other!.ref, "somebody");
        });
        return node;
      },
      eventually: [
        property("linked", ({ nodes }) => (nodes.every(({ view }) => view?.peers.length === 1) ? null : "not linked")),
      ],
      budget: { virtualMs: 1_000 },
    });
    const plain = await simulate(linked, { seed: 1, crypto: "plain" });
    expect(plain.failure?.text).toBeUndefined();
    expect((await simulate(linked, { seed: 1, crypto: plainCrypto })).traceHash).toBe(plain.traceHash);
    expect((await simulate(linked, { seed: 1 })).traceHash).not.toBe(plain.traceHash);
  });
});
