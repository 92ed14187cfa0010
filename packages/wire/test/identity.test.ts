import { ManualHost } from "@espalier/runtime/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { fromBase64Url, toBase64Url } from "@espalier/runtime";
import { utf8 } from "../src/bytes.ts";
import { IdentityError } from "../src/errors.ts";
import {
  createIdentity,
  createStaticKey,
  Identity,
  loadIdentity,
  readIdentity,
  verifyStaticKey,
} from "../src/identity/identity.ts";
import { proofBytes } from "../src/identity/proof.ts";
import { limits } from "@espalier/runtime";

let host: ManualHost;
beforeEach(() => {
  host = new ManualHost();
});

describe("base64url", () => {
  it("reads what it writes, for every length", () => {
    for (let length = 0; length < 40; length++) {
      const bytes = host.random.bytes(length);
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
    }
    expect(toBase64Url(Uint8Array.of(0xfb, 0xff, 0xfe))).toBe("-__-");
  });

  it("reads nothing else: one key has one spelling", () => {
    for (const text of ["a", "ab=", "a+", "é", "AB", "AAE"])
      expect([text, fromBase64Url(text)]).toEqual([text, text === "AAE" ? Uint8Array.of(0, 1) : null]);
    expect(fromBase64Url("AAF")).toBeNull();
  });
});

describe("an identity", () => {
  it("has the public key as its id, and signs as Ed25519 does (RFC 8032, 7.1, test 2)", () => {
    const seed = Uint8Array.from(
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb".match(/../g) ?? [],
      (byte) => Number.parseInt(byte, 16),
    );
    const identity = new Identity(host.crypto, seed);
    expect(identity.id).toBe("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw");
    expect(Array.from(identity.sign(Uint8Array.of(0x72)).subarray(0, 4))).toEqual([0x92, 0xa0, 0x09, 0xa9]);
    expect(() => new Identity(host.crypto, new Uint8Array(31))).toThrow("seed: expected 32 bytes, got 31");
  });

  it("is the same node when its text is read again, which is the line of a key file", async () => {
    const identity = createIdentity(host);
    expect(readIdentity(host, identity.keyText()).id).toBe(identity.id);
    await host.disk.write("kept.key", utf8(`${identity.keyText()}\n`));
    expect((await loadIdentity(host, "kept.key")).id).toBe(identity.id);
    expect(() => readIdentity(host, identity.id)).toThrow(
      new IdentityError('key text: expected a key (one line that starts with "espalier-key-1:")'),
    );
  });

  it("does not print its seed", () => {
    const identity = createIdentity(host);
    expect(JSON.parse(JSON.stringify(identity))).toEqual({ id: identity.id });
    expect(Object.keys(identity).toSorted()).toEqual(["id", "publicKey"]);
  });
});

describe("a key file", () => {
  it("is made when there is none, as a secret, and is the same node the next time", async () => {
    const first = await loadIdentity(host, "alice.key");
    const file = host.disk.files.get("alice.key");
    expect(file?.secret).toBe(true);
    expect(new TextDecoder().decode(file?.bytes)).toMatch(/^espalier-key-1:[\w-]{43}\n$/);
    expect((await loadIdentity(host, "alice.key")).id).toBe(first.id);
    expect((await loadIdentity(host, "bob.key")).id).not.toBe(first.id);
  });

  it.each([
    [
      "of another kind",
      "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n",
      'alice.key: expected a key (one line that starts with "espalier-key-1:")',
    ],
    ["that is empty", "", 'alice.key: expected a key (one line that starts with "espalier-key-1:")'],
    ["of another version", "espalier-key-2:abc\n", "alice.key: expected a key of version 1, got version 2"],
    [
      "with too short a seed",
      "espalier-key-1:AAAA\n",
      'alice.key: expected 32 bytes in base64url after "espalier-key-1:"; it is damaged',
    ],
    [
      "with more behind it",
      `espalier-key-1:${"A".repeat(43)}\nmore`,
      'alice.key: expected 32 bytes in base64url after "espalier-key-1:"; it is damaged',
    ],
  ])("%s is refused with its path and without its content", async (_, text, message) => {
    await host.disk.write("alice.key", utf8(text));
    const refusal = await loadIdentity(host, "alice.key").catch((error: unknown) => error);
    expect(refusal).toEqual(new IdentityError(message));
    expect(new TextDecoder().decode(host.disk.files.get("alice.key")?.bytes)).toBe(text);
  });
});

describe("the proof of a static key", () => {
  it("tells whose the key is", () => {
    const identity = createIdentity(host);
    const key = createStaticKey(host, identity, 1000);
    expect(key.proof).toHaveLength(proofBytes);
    expect(verifyStaticKey(host, key.pair.public, key.proof, limits)).toBe(identity.id);
  });

  it("is refused for another key, another node, another time, or another length", () => {
    const [alice, bob] = [createIdentity(host), createIdentity(host)];
    const key = createStaticKey(host, alice, 1000);
    const other = createStaticKey(host, bob, 1000);
    const verify = (proof: Uint8Array, publicKey = key.pair.public) => verifyStaticKey(host, publicKey, proof, limits);
    expect(() => verify(key.proof, other.pair.public)).toThrow("the signature is not that of");
    expect(() => verify(Uint8Array.of(...bob.publicKey, ...key.proof.subarray(32)))).toThrow(
      "the signature is not that of",
    );
    for (let bit = 0; bit < proofBytes * 8; bit += 61) {
      const flipped = key.proof.slice();
      (flipped[bit >> 3] as number) ^= 1 << (bit & 7);
      expect(() => verify(flipped)).toThrow(IdentityError);
    }
    expect(() => verify(key.proof.subarray(1))).toThrow("identity proof: expected 104 bytes, got 103");
  });

  it("ends, with room for clocks that differ", () => {
    const identity = createIdentity(host);
    const key = createStaticKey(host, identity, 60_000);
    host.advance(60_000 + limits.wallSkewMs);
    expect(verifyStaticKey(host, key.pair.public, key.proof, limits)).toBe(identity.id);
    host.advance(1);
    expect(() => verifyStaticKey(host, key.pair.public, key.proof, limits)).toThrow(
      `identity proof of ${identity.id}: ended 300 s ago`,
    );
  });
});
