import { limits, type Host, type NodeId } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { expect, it } from "vitest";
import { IdentityError, NoiseError, RefusalError } from "../src/errors.ts";
import { createIdentity } from "../src/identity/identity.ts";
import { Keyring } from "../src/identity/keyring.ts";
import { readFirstFrame, type PatternName } from "../src/session/first-frame.ts";
import { Initiator } from "../src/session/initiator.ts";
import { Responder } from "../src/session/responder.ts";
import { Renewal } from "../src/session/renewal.ts";
import { Introduced } from "./introduced.ts";
import { toyCrypto } from "./toy-crypto.ts";

const manual = new ManualHost();
const { clock, random, loop, network, disk } = manual;
const host: Host = { clock, random, loop, network, disk, crypto: toyCrypto };
const introductions = new Introduced();
const sharedKey = new Uint8Array(32).fill(9);

const ring = (options: object = {}) => new Keyring({ host, limits, identity: createIdentity(host), ...options });

/** Two nodes, and what they need to shake hands in each of the ways. */
function pair(pattern: PatternName): { readonly alice: Keyring; readonly bob: Keyring } {
  const options = pattern === "KK" ? { introductions } : {};
  const alice = ring(options);
  const bob = ring({ ...options, ...(pattern === "NNpsk0" ? { sharedKey } : {}) });
  alice.publish();
  bob.publish();
  const { pair: own, proof } = bob.own();
  if (pattern === "IK") alice.remember({ id: bob.id, staticKey: own.public, proof });
  return { alice, bob };
}

type Change = (frame: Uint8Array, step: number) => Uint8Array;

/** A whole handshake over a network that changes frames. @throws when one side notices. */
function shake(pattern: PatternName, { alice, bob }: ReturnType<typeof pair>, change: Change): readonly NodeId[] {
  const initiator = new Initiator({
    host,
    limits,
    keys: alice,
    target: bob.id,
    sharedKey: pattern === "NNpsk0" ? sharedKey : null,
    asStranger: false,
  });
  expect(initiator.pattern).toBe(pattern);
  const first = readFirstFrame(change(initiator.first, 0));
  if (first.type !== "first") throw new RefusalError(first.reason);
  const responder = new Responder({ host, limits, keys: bob }, first);
  const { frame, secured } = initiator.answer(change(responder.response, 1));
  return [secured.peer, responder.prove(change(frame, 2)).peer];
}

function expectNoticed(run: () => unknown, where: string): void {
  try {
    run();
  } catch (error) {
    if (error instanceof NoiseError || error instanceof IdentityError || error instanceof RefusalError) return;
    throw error;
  }
  expect.fail(`nobody noticed: ${where}`);
}

it.each(["XX", "IK", "KK", "NNpsk0"] as const)(
  "%s: no handshake survives the flip of any bit of any of its frames, the routing prefix included (S251)",
  (pattern) => {
    const nodes = pair(pattern);
    const lengths: number[] = [];
    const peers = shake(pattern, nodes, (frame, step) => {
      lengths[step] = frame.length;
      return frame;
    });
    expect(peers).toEqual([nodes.bob.id, nodes.alice.id]);
    lengths.forEach((length, flipped) => {
      for (let bit = 0; bit < length * 8; bit += 1) {
        const change: Change = (frame, step) => (step === flipped ? flip(frame, bit) : frame);
        expectNoticed(() => shake(pattern, nodes, change), `frame ${flipped + 1}, bit ${bit}`);
      }
    });
  },
);

it.each(["XX", "IK", "KK", "NNpsk0"] as const)("%s: nor that of a frame cut short or made longer", (pattern) => {
  const nodes = pair(pattern);
  for (const flipped of [0, 1, 2]) {
    for (const cut of [1, 16, 32]) {
      const shorter: Change = (frame, step) =>
        step === flipped ? frame.subarray(0, -Math.min(cut, frame.length)) : frame;
      const longer: Change = (frame, step) =>
        step === flipped ? Uint8Array.of(...frame, ...new Uint8Array(cut)) : frame;
      for (const change of [shorter, longer]) {
        expectNoticed(() => shake(pattern, nodes, change), `frame ${flipped + 1} by ${cut}`);
      }
    }
  }
});

it("no renewal survives the flip of any bit of any of its messages, nor those of another session", () => {
  const { alice, bob } = pair("XX");
  const hash = host.random.bytes(32);
  const renew = (change: Change, theirs = hash): void => {
    const near = new Renewal({ host, limits, keys: alice, role: "initiator", peer: bob.id, hash });
    const far = new Renewal({ host, limits, keys: bob, role: "responder", peer: alice.id, hash: theirs });
    far.finish(change(near.confirm(change(far.respond(change(near.begin(), 0)), 1)), 2));
    expect(far.secured().hash).toEqual(near.secured().hash);
  };
  renew((frame) => frame);
  [32, 200, 168].forEach((length, flipped) => {
    for (let bit = 0; bit < length * 8; bit += 1) {
      const change: Change = (frame, step) => (step === flipped ? flip(frame, bit) : frame);
      expectNoticed(() => renew(change), `message ${flipped + 1}, bit ${bit}`);
    }
  });
  expectNoticed(() => renew((frame) => frame, host.random.bytes(32)), "another session");
});

function flip(frame: Uint8Array, bit: number): Uint8Array {
  const flipped = frame.slice();
  (flipped[bit >> 3] as number) ^= 1 << (bit & 7);
  return flipped;
}
