import { limits, type Host } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { createIdentity, createStaticKey, type Identity } from "../src/identity/identity.ts";
import { Keyring } from "../src/identity/keyring.ts";
import { Introduced } from "./introduced.ts";
import { toyCrypto } from "./toy-crypto.ts";

const hourMs = 3_600_000;

let manual: ManualHost;
let host: Host;
let verified: number;
let alice: Identity;
let keys: Keyring;

beforeEach(() => {
  manual = new ManualHost();
  verified = 0;
  const crypto = {
    ...toyCrypto,
    ed25519Verify: (...args: Parameters<typeof toyCrypto.ed25519Verify>) => {
      verified += 1;
      return toyCrypto.ed25519Verify(...args);
    },
  };
  host = Object.assign(Object.create(manual) as Host, { crypto });
  alice = createIdentity(host);
  keys = new Keyring({ host, limits, identity: createIdentity(host) });
});

/** A static key of alice's, with its proof. */
const offered = (lifetimeMs: number = limits.staticKeyMs) => {
  const { pair, proof } = createStaticKey(host, alice, lifetimeMs);
  return [pair.public, proof] as const;
};

describe("a proof that a static key is a node's", () => {
  it("is verified once, as long as the same proof comes for the same key from a node that is remembered", () => {
    const [key, proof] = offered();
    keys.remember(keys.verify(key, proof));
    expect(verified).toBe(1);
    expect(keys.verify(key.slice(), proof.slice()).id).toBe(alice.id);
    expect(verified).toBe(1);
    const [other, otherProof] = offered();
    expect(() => keys.verify(other, proof)).toThrow("the signature is not that of");
    expect(() => keys.verify(key, otherProof)).toThrow("the signature is not that of");
    keys.verify(other, otherProof);
    expect(verified).toBe(4);
  });

  it("ends all the same", () => {
    const [key, proof] = offered();
    keys.remember(keys.verify(key, proof));
    manual.advance(limits.staticKeyMs + limits.wallSkewMs + 1);
    expect(() => keys.verify(key, proof)).toThrow("ended 300 s ago");
    expect(verified).toBe(1);
  });

  it("is refused when it claims to hold for longer than a key serves (S259)", () => {
    expect(keys.verify(...offered(limits.staticKeyMs + limits.wallSkewMs)).id).toBe(alice.id);
    expect(() => keys.verify(...offered(limits.staticKeyMs + limits.wallSkewMs + 1))).toThrow(
      `identity proof of ${alice.id}: expected one that ends within 86400 s, got one that ends in 86700 s; compare the clocks`,
    );
    expect(() => keys.verify(...offered(365 * 24 * hourMs))).toThrow("got one that ends in 31536000 s");
  });
});

describe("a static key of a peer", () => {
  it("is known as long as its proof holds by this node's clock", () => {
    const [key, proof] = offered(hourMs);
    keys.remember(keys.verify(key, proof));
    manual.advance(hourMs - 1);
    expect(keys.known(alice.id)).toEqual(key);
    manual.advance(1);
    expect(keys.known(alice.id)).toBeNull();
  });

  it("is known for a day at most, whatever the wall clock says", () => {
    const wall = manual.clock.wall();
    const [key, proof] = offered();
    keys.remember(keys.verify(key, proof));
    Object.assign(host, { clock: { ...manual.clock, wall: () => wall } });
    manual.advance(limits.staticKeyMs - 1);
    expect(keys.known(alice.id)).toEqual(key);
    manual.advance(1);
    expect(keys.known(alice.id)).toBeNull();
  });

  it("is not known because somebody has shown it: only once its session is up", () => {
    keys.verify(...offered());
    expect(keys.known(alice.id)).toBeNull();
  });

  it("is forgotten when it was of no use", () => {
    keys.remember(keys.verify(...offered()));
    keys.forget(alice.id);
    expect(keys.known(alice.id)).toBeNull();
  });
});

describe("a node's own static key", () => {
  it("is replaced at half its life, and when the wall clock was set back, and published each time", () => {
    const introductions = new Introduced();
    const own = new Keyring({ host, limits, identity: alice, introductions });
    own.publish();
    const first = own.own();
    manual.advance(12 * hourMs - 1);
    expect(own.own()).toBe(first);
    manual.advance(1);
    const second = own.own();
    expect(second).not.toBe(first);
    expect(introductions.staticKeyOf(alice.id)).toEqual(second.pair.public);
    const wall = manual.clock.wall();
    Object.assign(host, { clock: { ...manual.clock, wall: () => wall - 48 * hourMs } });
    expect(own.own()).not.toBe(second);
    own.withdraw();
    expect(own.introduced(alice.id)).toBeNull();
  });
});

describe("a proof within a session", () => {
  it("is of that session, that side, and that minute", () => {
    const [near, far] = [new Keyring({ host, limits, identity: alice }), keys];
    const [hash, other] = [host.random.bytes(32), host.random.bytes(32)];
    const proof = near.proveInSession("initiator", hash);
    expect(far.verifyInSession("initiator", hash, proof)).toBe(alice.id);
    // Whoever has the shared key could send a proof back to the side that made it.
    expect(() => near.verifyInSession("responder", hash, proof)).toThrow("the signature is not that of");
    expect(() => far.verifyInSession("initiator", other, proof)).toThrow("the signature is not that of");
    manual.advance(limits.handshakeMs + limits.wallSkewMs + 1);
    expect(() => far.verifyInSession("initiator", hash, proof)).toThrow("ended 300 s ago");
  });

  it("is no proof of a static key, nor the other way round", () => {
    const [key, proof] = offered();
    expect(() => keys.verifyInSession("initiator", key, proof)).toThrow("the signature is not that of");
    const inSession = new Keyring({ host, limits, identity: alice }).proveInSession("initiator", key);
    expect(() => keys.verify(key, inSession)).toThrow("the signature is not that of");
  });
});
