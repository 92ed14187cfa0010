import { Access, limits, NodeRef, type Host, type TransportEvents } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { encodePlain } from "../src/codec/cbor.ts";
import { createIdentity, createStaticKey, type Identity } from "../src/identity/identity.ts";
import { Keyring } from "../src/identity/keyring.ts";
import { Session, type SessionOwner } from "../src/session/session.ts";
import { SessionTransport } from "../src/connection/transport.ts";
import { RawDialler } from "./raw-dialler.ts";
import { World } from "./world.ts";

let world: World;
let host: Host;
let bob: Identity;
let log: string[];
let transport: SessionTransport;
let dialler: RawDialler;

const hello = { type: "hello", wire: 1, abi: 1, hash: 1, incarnation: "i", address: null, tickMs: 60_000 };

beforeEach(async () => {
  world = new World();
  host = world.host("mallory");
  bob = createIdentity(host);
  log = [];
  const events: TransportEvents = {
    up: (peer, incarnation) => log.push(`up ${incarnation} ${peer.address}`),
    message: (_, message) => log.push(`message ${message.type}`),
    down: (_, reason) => log.push(`down: ${reason}`),
    failed: (_, reason) => log.push(`failed: ${reason}`),
    refused: (key, _, reason) => log.push(`refused ${key === null ? "nobody known" : "a known key"}: ${reason}`),
  };
  transport = new SessionTransport({
    host: world.host("bob"),
    identity: bob,
    incarnation: "b",
    abi: 1,
    hashVersion: 1,
    listen: "ws://bob",
    access: new Access("anyone"),
  });
  await transport.start(events);
  dialler = new RawDialler(host, bob.id);
});

async function dialled(): Promise<void> {
  dialler.dial("ws://bob");
  await world.run();
}

async function up(): Promise<void> {
  await dialled();
  dialler.sendControl(hello);
  await world.run();
  expect(log).toEqual(["up i null"]);
  log.length = 0;
}

describe("a dialling side that does everything right", () => {
  it("is up after its hello, not before", async () => {
    await dialled();
    expect(log).toEqual([]);
    expect(dialler.heard).toEqual([{ ...hello, incarnation: "b", address: "ws://bob" }]);
    dialler.sendControl({ ...hello, address: "ws://mallory:1" });
    await world.run();
    expect(log).toEqual(["up i ws://mallory:1"]);
  });
});

describe("a dialling side that presents (S103)", () => {
  it.each<[string, () => void, RegExp]>([
    [
      "the proof of another node, recorded elsewhere",
      () => (dialler.proof = createStaticKey(host, createIdentity(host), 1000).proof),
      /the signature is not that of/,
    ],
    ["no proof", () => (dialler.proof = new Uint8Array(0)), /expected 104 bytes, got 0/],
    ["a key of low order", () => (dialler = new LowOrder(host, bob.id)), /low order|did not seal/],
  ])("%s is nobody", async (_, prepare, reason) => {
    prepare();
    await dialled();
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/^refused nobody known: /);
    expect(log[0]).toMatch(reason);
    expect(world.openPipes).toBe(0);
  });

  class LowOrder extends RawDialler {
    override dial(url: string): void {
      world.tap = (frame, { from }) => {
        if (from === "mallory" && frame.length === 74) frame.fill(0, 42);
        return [frame];
      };
      super.dial(url);
    }
  }
});

describe("before its hello, a peer that was let in", () => {
  it.each<[string, () => void, string]>([
    [
      "sends messages",
      () => dialler.sendPlain(Uint8Array.of(0), encodePlain([{ type: "early" }])),
      "messages before the hello",
    ],
    [
      "says goodbye",
      () => dialler.sendControl({ type: "goodbye", stops: false, reason: "x" }),
      "goodbye while admitted, where the protocol has none",
    ],
    [
      "says what no control is",
      () => dialler.sendControl({ type: "shutdown" }),
      "control frame: expected the type hello, refusal, goodbye, renewal or renewed",
    ],
    ["says nothing in a frame", () => dialler.sendPlain(), "messages before the hello"],
    [
      "gives a version that is none",
      () => dialler.sendControl({ ...hello, abi: -1 }),
      "hello.abi: expected a version number",
    ],
    [
      "gives an incarnation that is none",
      () => dialler.sendControl({ ...hello, incarnation: "a b" }),
      "hello.incarnation: expected ^[\\w.:-]{1,64}$",
    ],
    [
      "gives an address that is none",
      () => dialler.sendControl({ ...hello, address: "javascript:x" }),
      "hello.address: expected",
    ],
    [
      "speaks another wire version inside",
      () => dialler.sendControl({ ...hello, wire: 2 }),
      "version mismatch: wire 1 and wire 2",
    ],
    ["refuses us", () => dialler.sendControl({ type: "refusal", reason: "no\u001b[2J\nway" }), "refused: no [2J way"],
  ])("and %s, is refused with the reason", async (_, act, reason) => {
    await dialled();
    act();
    await world.run(limits.handshakeMs);
    expect(log).toEqual([
      `refused a known key: ${reason === "hello.address: expected" ? log[0]?.slice("refused a known key: ".length) : reason}`,
    ]);
    expect(log[0]).toContain(reason);
    expect(world.openPipes).toBe(0);
    expect(world.manual.timers).toBe(0);
  });
});

describe("a peer that is up", () => {
  it.each<[string, () => void, string]>([
    ["says hello again", () => dialler.sendControl(hello), "hello while up, where the protocol has none"],
    [
      "refuses us",
      () => dialler.sendControl({ type: "refusal", reason: "late" }),
      "refusal while up, where the protocol has none",
    ],
    [
      "sends a frame of no kind",
      () => dialler.sendPlain(Uint8Array.of(99)),
      "a frame of the kind 99, which is not known here",
    ],
    [
      "sends a record of cbor-x",
      () => dialler.sendPlain(Uint8Array.of(0, 0x81, 0xd9, 0xdf, 0xff, 0x80)),
      "malformed data: a tag, where only plain data is expected (at byte 1)",
    ],
    [
      "says goodbye without a reason",
      () => dialler.sendControl({ type: "goodbye", stops: false }),
      "reason: expected a text",
    ],
    [
      "says goodbye at length",
      () => dialler.sendControl({ type: "goodbye", stops: false, reason: "x".repeat(1_000) }),
      "x".repeat(256),
    ],
  ])("and %s, loses this session with the reason", async (_, act, reason) => {
    await up();
    act();
    await world.run();
    expect(log).toEqual([`down: ${reason}`]);
    expect(world.openPipes).toBe(0);
  });
});

it("an accepting side that answers for another node with its own proof is not taken for that node (S104)", async () => {
  // Mallory knows bob's id, so she can answer a handshake that is meant for bob; what she lacks is his signature.
  class Liar extends Keyring {
    override get id(): string {
      return bob.id;
    }
  }
  const keys = new Liar({ host, limits, identity: createIdentity(host) });
  const nobody: SessionOwner = {
    admit: () => ({ type: "enters" }),
    up() {},
    message() {},
    busy() {},
    ended() {},
    released() {},
  };
  await host.network.listen("ws://fake", (pipe) => {
    const session = new Session({
      host,
      limits,
      keys,
      hello: { wire: 1, abi: 1, hash: 1, incarnation: "m", address: null, tickMs: 60_000 },
      owner: nobody,
    });
    session.attach(pipe);
    return session;
  });
  const alice = new SessionTransport({
    host: world.host("alice"),
    identity: createIdentity(host),
    incarnation: "a",
    abi: 1,
    hashVersion: 1,
  });
  const failures: string[] = [];
  await alice.start({
    up: () => failures.push("up"),
    message() {},
    down() {},
    failed: (_, reason) => failures.push(reason),
  });
  alice.connect(new NodeRef(bob.id, "ws://fake"));
  await world.run();
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatch(new RegExp(`^reached the node [\\w-]{43} instead of ${bob.id}$`));
});
