import { Access, NodeRef, type Message, type NodeId, type Pipe } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { createIdentity, type Identity } from "../src/identity/identity.ts";
import { SessionTransport, type SessionTransportOptions } from "../src/connection/transport.ts";
import { Machine } from "./named-peer.ts";
import { bytesOf, numberOf, signal } from "./signals.ts";
import { toyCrypto } from "./toy-crypto.ts";
import { World } from "./world.ts";

class Peer extends Machine {
  readonly log: string[] = [];
  readonly messages: Message[] = [];
  onMessage: (message: Message) => void = () => {};

  async start(): Promise<this> {
    await this.transport.start({
      up: (peer, incarnation) => this.log.push(`up ${names.get(peer.id)} ${incarnation} ${peer.address}`),
      message: (_peer, message) => {
        this.log.push(`message ${numberOf(message)}`);
        this.messages.push(message);
        this.onMessage(message);
      },
      down: (peer, reason) => this.log.push(`down ${names.get(peer)}: ${reason}`),
      failed: (peer, reason) => this.log.push(`failed ${names.get(peer.id)}: ${reason}`),
      refused: (key, remote, reason) =>
        this.log.push(`refused ${key === null ? "?" : names.get(key)} ${remote}: ${reason}`),
    });
    return this;
  }
}

const names = new Map<NodeId, string>();

/** Two identities, the first with the lower id. */
function ordered(world: World): [low: Identity, high: Identity] {
  const host = world.host("keys");
  const pair = [createIdentity(host), createIdentity(host)] as [Identity, Identity];
  return pair.toSorted((left, right) => (left.id < right.id ? -1 : 1)) as [Identity, Identity];
}

let world: World;
let alice: Peer;
let bob: Peer;

async function pair(
  aliceOptions: Partial<SessionTransportOptions> = {},
  bobOptions: Partial<SessionTransportOptions> = {},
) {
  // What is tried here does not depend on the primitives; other suites have the real ones.
  world = new World(toyCrypto);
  const [low, high] = ordered(world);
  alice = await new Peer(world, "alice", { identity: low, ...aliceOptions }).start();
  bob = await new Peer(world, "bob", { identity: high, ...bobOptions }).start();
  names.clear();
  names.set(alice.identity.id, "alice").set(bob.identity.id, "bob");
}

async function linked(
  aliceOptions: Partial<SessionTransportOptions> = {},
  bobOptions: Partial<SessionTransportOptions> = {},
) {
  await pair(aliceOptions, bobOptions);
  alice.transport.connect(bob.ref);
  await world.run();
  expect(alice.log).toEqual(["up bob 1 ws://bob"]);
  expect(bob.log).toEqual(["up alice 1 ws://alice"]);
  alice.log.length = bob.log.length = 0;
}

/** Changes the frames that `from` sends, counted from its first. */
function tapFrames(from: string, change: (frame: Uint8Array, n: number) => readonly Uint8Array[]): void {
  let n = 0;
  world.tap = (frame, pipe) => (pipe.from === from ? change(frame, n++) : [frame]);
}

const flip = (frame: Uint8Array, bit: number) => {
  const flipped = frame.slice();
  (flipped[bit >> 3] as number) ^= 1 << (bit & 7);
  return flipped;
};

describe("a link between two nodes", () => {
  beforeEach(() => linked());

  it("carries messages both ways in the order sent, after up and before down (S107, R-401, R-405, R-406)", async () => {
    for (let n = 0; n < 1000; n++) expect(alice.transport.send(bob.identity.id, signal(n))).toBe(true);
    bob.transport.send(alice.identity.id, signal(11));
    await world.run();
    expect(bob.messages.map((message) => numberOf(message))).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    expect(alice.log).toEqual(["message 11"]);
  });

  it("puts the messages of one turn into one frame, as they were when they were sent", async () => {
    const frames: number[] = [];
    world.tap = (frame) => {
      frames.push(frame.length);
      return [frame];
    };
    const bytes = Uint8Array.of(1);
    for (let n = 0; n < 100; n++) alice.transport.send(bob.identity.id, signal(n, bytes));
    bytes[0] = 2;
    await world.run();
    expect(frames).toHaveLength(1);
    expect(bob.messages.map((message) => bytesOf(message)[0])).toEqual(Array.from({ length: 100 }, () => 1));
  });

  it("carries a message larger than any frame, and keeps its place among small ones (S107, R-1312)", async () => {
    const large = alice.host.random.bytes(1_000_000);
    alice.transport.send(bob.identity.id, signal(1));
    alice.transport.send(bob.identity.id, signal(2, large));
    alice.transport.send(bob.identity.id, signal(3));
    await world.run();
    expect(bob.log).toEqual(["message 1", "message 2", "message 3"]);
    expect(bytesOf(bob.messages[1])).toEqual(large);
  });

  it("keeps every message when their sizes lie around the size of a frame", async () => {
    const sizes = [65_480, 65_490, 65_500, 65_510, 65_519, 65_520, 65_530, 65_535, 65_536, 131_000, 131_040, 10];
    for (const n of sizes) alice.transport.send(bob.identity.id, signal(n, new Uint8Array(n)));
    await world.run();
    expect(bob.messages.map((message) => bytesOf(message).length)).toEqual(sizes);
  });

  it("refuses to send a message larger than a peer takes, and goes on", async () => {
    const bytes = new Uint8Array(16 * 2 ** 20);
    expect(() => alice.transport.send(bob.identity.id, signal(1, bytes))).toThrow(RangeError);
    alice.transport.send(bob.identity.id, signal(12));
    await world.run();
    expect(bob.log).toEqual(["message 12"]);
  });

  it("is down on both sides after a disconnect, with what was sent before it delivered (R-1311)", async () => {
    alice.transport.send(bob.identity.id, signal(13));
    alice.transport.disconnect(bob.identity.id, "moving on");
    expect(alice.transport.send(bob.identity.id, signal(14))).toBe(false);
    await world.run();
    expect(alice.log).toEqual(["down bob: moving on"]);
    expect(bob.log).toEqual(["message 13", "down alice: moving on"]);
    expect(world.openPipes).toBe(0);
  });

  it("is down on both sides when the network cuts it, and a new one starts afresh (S109, R-404, R-406)", async () => {
    alice.transport.send(bob.identity.id, signal(15));
    world.cut();
    await world.run();
    alice.transport.connect(bob.ref);
    await world.run();
    expect(bob.log).toEqual(["down alice: connection lost: cut", "up alice 1 ws://alice"]);
    expect(alice.log).toEqual(["down bob: connection lost: cut", "up bob 1 ws://bob"]);
  });

  it("opens no second link for a second connect", async () => {
    alice.transport.connect(bob.ref);
    bob.transport.connect(alice.ref);
    await world.run();
    expect([alice.log, bob.log]).toEqual([[], []]);
    expect(world.openPipes).toBe(1);
  });

  it("ends when the peer does not read, and says how much is queued", async () => {
    world.queuedBytes = 2 ** 18;
    for (let n = 0; n < 5; n += 1) alice.transport.send(bob.identity.id, signal(n, new Uint8Array(15 * 2 ** 20)));
    await world.run();
    expect(alice.log).toEqual([
      expect.stringMatching(/^down bob: the peer does not read: 78\d{6} bytes are queued for it$/),
    ]);
  });

  it.each([
    ["flipped", (frame: Uint8Array) => [flip(frame, 77)]],
    ["replayed", (frame: Uint8Array) => [frame, frame]],
    ["cut short", (frame: Uint8Array) => [frame.subarray(0, 40)]],
    ["empty", () => [new Uint8Array(0)]],
    ["too large", () => [new Uint8Array(65_536)]],
  ] as const)("ends, and nothing else does, when a frame is %s (S106)", async (what, change) => {
    tapFrames("alice", change);
    alice.transport.send(bob.identity.id, signal(1, new Uint8Array(100)));
    await world.run();
    const delivered = what === "replayed" ? ["message 1"] : [];
    const reason =
      what === "too large"
        ? "a frame of 65536 bytes; the limit is 65535"
        : "a message that the session's key did not seal, or not at this place";
    expect(bob.log).toEqual([...delivered, `down alice: ${reason}`]);
    expect(alice.log).toEqual([`down bob: connection lost: ${reason}`]);
  });

  it("ends when the peer says what is no message", async () => {
    alice.transport.send(bob.identity.id, { n: 1 } as unknown as Message);
    await world.run();
    expect(bob.log).toEqual(["down alice: malformed message: message type: expected one that is known, got undefined"]);
  });

  it("delivers nothing after a down that a message led to (R-406)", async () => {
    bob.onMessage = () => bob.transport.disconnect(alice.identity.id, "enough");
    alice.transport.send(bob.identity.id, signal(1));
    alice.transport.send(bob.identity.id, signal(2));
    await world.run();
    expect(bob.log).toEqual(["message 1", "down alice: enough"]);
  });
});

it("keeps beats and ticks in time beside sixteen megabytes on a slow line (S107)", async () => {
  const tick = { netTicktimeMs: 2_000 };
  await linked(tick, tick);
  world.bytesPerSecond = 2 ** 20;
  const sentMs: number[] = [];
  const lateMs: number[] = [];
  bob.onMessage = (message) => {
    if (message.type === "lease.beat") lateMs.push(world.manual.clock.monotonic() - (sentMs[message.number] as number));
  };
  alice.transport.send(bob.identity.id, signal(1, new Uint8Array(15 * 2 ** 20)));
  alice.transport.send(bob.identity.id, signal(2));
  for (let number = 0; number < 14; number += 1) {
    sentMs.push(world.manual.clock.monotonic());
    alice.transport.send(bob.identity.id, { type: "lease.beat", number, term: 1, lapsed: false, receipts: [] });
    await world.run(1_000);
  }
  // A window and a frame take 312 ms here; the manual clock goes from one timer to the next.
  expect(lateMs).toHaveLength(14);
  expect(Math.max(...lateMs)).toBeLessThan(320);
  expect(bob.messages.some(({ type }) => type === "signal.message")).toBe(false);
  await world.run(3_000);
  expect(bob.messages.filter(({ type }) => type === "signal.message").map(numberOf)).toEqual([1, 2]);
  expect([...alice.log, ...bob.log].filter((entry) => entry.startsWith("down"))).toEqual([]);
});

it("takes a new key by count on both sides and goes on, in both directions (S111)", async () => {
  const limits = { rekeyMessages: 3, rekeyBytes: 200 };
  await linked({ limits }, { limits });
  for (let n = 0; n < 50; n++) {
    alice.transport.send(bob.identity.id, signal(n, new Uint8Array(n * 7)));
    bob.transport.send(alice.identity.id, signal(n));
    await world.run();
  }
  expect(bob.messages).toHaveLength(50);
  expect(alice.messages).toHaveLength(50);
  expect([alice.log, bob.log].flat().filter((entry) => !entry.startsWith("message"))).toEqual([]);
});

it.each([
  ["frames", { rekeyMessages: 3 }, { rekeyMessages: 4 }],
  ["bytes", { rekeyBytes: 300 }, { rekeyBytes: 400 }],
])("loses the link when only one side counts its %s otherwise: the key really changes", async (_, mine, theirs) => {
  await linked({ limits: mine }, { limits: theirs });
  for (let n = 0; n < 9; n++) {
    alice.transport.send(bob.identity.id, signal(n));
    await world.run();
  }
  expect(bob.log.at(-1)).toMatch(/^down alice: a message that the session's key did not seal/);
});

describe("who may connect", () => {
  it("refuses a stranger with the reason on both sides, before anything that it says is decoded (S103)", async () => {
    await pair({}, { access: new Access() });
    alice.transport.connect(bob.ref);
    await world.run();
    const reason = `the key ${alice.identity.id} is not on this node's allow list`;
    expect(alice.log).toEqual([`failed bob: refused: ${reason}`]);
    expect(bob.log).toEqual([`refused alice alice:1: ${reason}`]);
    expect(world.openPipes).toBe(0);
    expect(world.manual.timers).toBe(0);
  });

  it("lets nobody in by default, and takes back nothing of that when it connects itself (S103)", async () => {
    world = new World();
    const [low, high] = ordered(world);
    names.set(low.id, "alice").set(high.id, "bob");
    alice = await new Peer(world, "alice", { identity: low, access: new Access([high.id]) }).start();
    const host = world.host("bob");
    const options = { host, identity: high, incarnation: "1", abi: 1, hashVersion: 1 };
    const transport = new SessionTransport(options);
    const log: string[] = [];
    await transport.start({
      up: () => log.push("up"),
      message: () => {},
      down: () => {},
      failed: (_, reason) => log.push(reason),
    });
    expect(transport.url).toBeNull();
    transport.connect(alice.ref);
    await world.run();
    expect(log).toEqual(["up"]);
    expect(alice.log).toEqual(["up bob 1 null"]);
  });

  it("accepts a key on the list, and says what is wrong with one that is none", async () => {
    await pair();
    const access = new Access([alice.identity.id]);
    const carol = await new Peer(world, "carol", { access }).start();
    names.set(carol.identity.id, "carol");
    alice.transport.connect(carol.ref);
    await world.run();
    expect(alice.log).toEqual(["up carol 1 ws://carol"]);
    expect(() => new Access(["bob"])).toThrow("node id: expected 43 base64url characters");
  });

  it("refuses a peer that meant another node, by name", async () => {
    await pair();
    const elsewhere = new NodeRef(createIdentity(alice.host).id, "ws://bob");
    names.set(elsewhere.id, "carol");
    alice.transport.connect(elsewhere);
    await world.run();
    const reason = `wrong node: this is ${bob.identity.id}, not ${elsewhere.id}`;
    expect(alice.log).toEqual([`failed carol: refused: ${reason}`]);
    expect(bob.log).toEqual([`refused ? alice:1: ${reason}`]);
  });

  it("does not take another node for the one it meant when that one answers in its place (S104)", async () => {
    await pair();
    // A relay that rewrites the target, so that bob answers a handshake that was meant for carol.
    const carol = createIdentity(alice.host);
    names.set(carol.id, "carol");
    tapFrames("alice", (frame, n) => {
      if (n === 0) frame.set(bob.identity.publicKey, 10);
      return [frame];
    });
    alice.transport.connect(new NodeRef(carol.id, "ws://bob"));
    await world.run();
    expect(alice.log).toEqual(["failed carol: a message that the session's key did not seal, or not at this place"]);
    // Bob only sees somebody go away.
    expect(bob.log).toEqual([]);
    expect(world.openPipes).toBe(0);
  });

  it("refuses another wire version, naming both (S110)", async () => {
    await pair();
    tapFrames("alice", (frame, n) => {
      if (n === 0) frame[8] = 2;
      return [frame];
    });
    alice.transport.connect(bob.ref);
    await world.run();
    expect(alice.log).toEqual(["failed bob: refused: version mismatch: wire 1 here, wire 2 there"]);
    expect(bob.log).toEqual(["refused ? alice:1: version mismatch: wire 1 here, wire 2 there"]);
  });

  it.each([
    ["captured frames", { abi: 1 }, { abi: 2 }, "abi 1 and abi 2"],
    ["hashes", { hashVersion: 1 }, { hashVersion: 2 }, "hash 1 and hash 2"],
  ])("refuses another version of %s, naming both, on both sides (S110)", async (_, own, theirs, versions) => {
    await pair(own, theirs);
    alice.transport.connect(bob.ref);
    await world.run();
    expect(alice.log).toEqual([`failed bob: version mismatch: ${versions}`]);
    expect(bob.log).toEqual([`refused alice alice:1: refused: version mismatch: ${versions}`]);
    expect(world.openPipes).toBe(0);
  });

  it("refuses a proof of identity that is over, and names the clocks", async () => {
    await pair();
    await world.run(24 * 3_600_000);
    alice.transport.connect(bob.ref);
    // Alice makes her key now; bob reads the proof much later by the wall clock.
    const before = world.tap;
    tapFrames("alice", (frame, n) => {
      if (n === 1) world.wallOffsetMs = 25 * 3_600_000;
      return before(frame, { from: "", to: "" });
    });
    await world.run();
    expect(bob.log).toEqual([
      `refused ? alice:1: identity proof of ${alice.identity.id}: ended 3600 s ago; compare the clocks of both machines`,
    ]);
  });
});

describe("a handshake", () => {
  it("fails when any bit of any of its frames is flipped (S105)", async () => {
    // First frame 73 bytes; answer 1 + 112 + 88; proof 48 + 120; hello and hello, sealed.
    for (const [from, frame, bytes] of [
      ["alice", 0, 73],
      ["ws://bob", 0, 201],
      ["alice", 1, 168],
      ["ws://bob", 1, 60],
      ["alice", 2, 60],
    ] as const) {
      for (let bit = 3; bit < bytes * 8; bit += 131) {
        await pair();
        tapFrames(from, (sent, n) => [n === frame ? flip(sent, bit) : sent]);
        alice.transport.connect(bob.ref);
        await world.run();
        const where = `${from} frame ${frame} bit ${bit}`;
        // The very last frame is alice's hello: she is up by then, and learns at once that bob ended it.
        const ends = alice.log.filter((entry) => /^(failed|down) bob/.test(entry));
        const bobs = bob.log.filter((entry) => !entry.startsWith("refused"));
        expect({ where, ends: ends.length, bobs, pipes: world.openPipes }).toEqual({
          where,
          ends: 1,
          bobs: [],
          pipes: 0,
        });
      }
    }
  });

  it("is given 5 s of virtual time on each side (S105)", async () => {
    await pair();
    world.tap = () => [];
    alice.transport.connect(bob.ref);
    world.host("mallory").network.connect("ws://bob", { open() {}, frame() {}, closed() {} });
    await world.run(4_999);
    expect([alice.log, bob.log]).toEqual([[], []]);
    await world.run(1);
    expect(alice.log).toEqual(["failed bob: no handshake within 5000 ms"]);
    expect(bob.log).toEqual(["refused ? mallory:1: no handshake within 5000 ms"]);
    expect(world.manual.timers).toBe(0);
  });

  it("that trickles in is given no more time than one that does not (S105)", async () => {
    await pair();
    tapFrames("ws://bob", (frame, n) => (n === 0 ? [frame] : []));
    alice.transport.connect(bob.ref);
    await world.run(5_000);
    expect(alice.log).toEqual(["failed bob: no handshake within 5000 ms"]);
    expect(world.openPipes).toBe(0);
  });

  it("ends at once over a client that speaks something else, and says so", async () => {
    await pair();
    const heard: string[] = [];
    const pipe = alice.host.network.connect("ws://bob", {
      open: () => pipe.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")),
      frame: () => heard.push("frame"),
      closed: (reason) => heard.push(`closed: ${reason}`),
    });
    await world.run();
    expect(heard).toEqual(["closed: what connected does not speak Espalier's protocol"]);
    expect(bob.log).toEqual(["refused ? alice:1: what connected does not speak Espalier's protocol"]);
  });

  it("fails with a server that speaks something else, and says so", async () => {
    await pair();
    await alice.host.network.listen("ws://other", (pipe: Pipe) => ({
      open() {},
      frame: () => pipe.send(new TextEncoder().encode("HTTP/1.1 400 Bad Request")),
      closed() {},
    }));
    alice.transport.connect(new NodeRef(bob.identity.id, "ws://other"));
    await world.run();
    expect(alice.log).toEqual(["failed bob: what answers there does not speak Espalier's protocol"]);
  });

  it("fails when nothing listens, when no address is known, and with itself", async () => {
    await pair();
    alice.transport.connect(new NodeRef(bob.identity.id, "ws://nowhere"));
    await world.run();
    alice.transport.connect(new NodeRef(bob.identity.id, null));
    expect(alice.log).toHaveLength(1);
    await world.run();
    alice.transport.connect(alice.ref);
    await world.run();
    expect(alice.log).toEqual([
      "failed bob: nothing listens on ws://nowhere",
      "failed bob: no address is known, and it is not connected to us",
      "failed alice: this is the node itself",
    ]);
  });

  it("is refused when too many are under way from one address, and from all", async () => {
    await pair({}, { limits: { halfOpenPerAddress: 3, halfOpen: 5 } });
    const silent = { open() {}, frame() {}, closed() {} };
    for (let i = 0; i < 4; i++) alice.host.network.connect("ws://bob", silent);
    await world.run();
    const mallory = world.host("mallory");
    for (let i = 0; i < 3; i++) mallory.network.connect("ws://bob", silent);
    await world.run();
    expect(bob.log).toEqual([
      "refused ? alice:1: more than 3 handshakes under way (limits.halfOpenPerAddress) from alice",
      "refused ? alice:1: more than 5 handshakes under way (limits.halfOpen): the oldest makes room",
    ]);
    await world.run(5_000);
    bob.log.length = 0;
    alice.transport.connect(bob.ref);
    await world.run();
    expect(bob.log).toEqual(["up alice 1 ws://alice"]);
  });

  it("bounds the attempts under way at once, and comes to the rest", async () => {
    await pair({ limits: { dialsConcurrent: 2 } });
    const peers = await Promise.all([1, 2, 3, 4, 5].map((n) => new Peer(world, `peer${n}`).start()));
    let open = 0;
    let openMax = 0;
    const { network } = alice.host;
    Object.assign(alice.host, {
      network: {
        ...network,
        connect: (...args: Parameters<typeof network.connect>) => {
          openMax = Math.max(openMax, ++open);
          return network.connect(...args);
        },
      },
    });
    for (const peer of peers) names.set(peer.identity.id, peer.ref.id);
    const { push } = alice.log;
    alice.log.push = (...entries) => {
      open--;
      return push.apply(alice.log, entries);
    };
    for (const peer of peers) alice.transport.connect(peer.ref);
    await world.run();
    expect(alice.log).toHaveLength(5);
    expect(openMax).toBe(2);
  });
});

it("gives a pipe that somebody else had before what is left of the time for a handshake", async () => {
  await pair();
  const host = world.host("carol");
  const { network } = host;
  const listen: typeof network.listen = (url, accept) => network.listen(url, (pipe) => accept(pipe, 3_000));
  Object.assign(host, { network: { ...network, listen } });
  const options = { host, identity: createIdentity(host), incarnation: "1", abi: 1, hashVersion: 1 };
  const carol = new SessionTransport({ ...options, listen: "ws://carol" });
  const why: string[] = [];
  await carol.start({ up() {}, message() {}, down() {}, failed() {}, refused: (...[, , reason]) => why.push(reason) });
  alice.host.network.connect("ws://carol", { open() {}, frame() {}, closed() {} });
  await world.run(1_999);
  expect(why).toEqual([]);
  await world.run(1);
  expect(why).toEqual(["no handshake within 5000 ms"]);
  expect(world.openPipes).toBe(0);
});

describe("two nodes that dial at once (R-1310)", () => {
  it("end up with one link and one up each", async () => {
    await pair();
    alice.transport.connect(bob.ref);
    bob.transport.connect(alice.ref);
    await world.run();
    expect(alice.log).toEqual(["up bob 1 ws://bob"]);
    expect(bob.log).toEqual(["up alice 1 ws://alice"]);
    expect(world.openPipes).toBe(1);
    // Each has one for its ticks, and one for the renewal of the link's keys.
    expect(world.manual.timers).toBe(4);
  });

  it("end up with one link whatever the delay of either, and messages flow (S108)", async () => {
    for (let delay = 0; delay < 30; delay++) {
      for (const first of ["alice", "bob"] as const) {
        await pair();
        const [one, two] = first === "alice" ? [alice, bob] : [bob, alice];
        one.transport.connect(two.ref);
        let steps = delay;
        // Time goes by in steps of the network, not of the clock.
        const step = () => (steps-- > 0 ? one.host.loop.soon(step) : two.transport.connect(one.ref));
        step();
        await world.run();
        const where = `${first} first by ${delay}`;
        alice.transport.send(bob.identity.id, signal(17));
        bob.transport.send(alice.identity.id, signal(18));
        await world.run();
        const { timers } = world.manual;
        expect({ where, alice: alice.log, bob: bob.log, pipes: world.openPipes, timers }).toEqual({
          where,
          alice: ["up bob 1 ws://bob", "message 18"],
          bob: ["up alice 1 ws://alice", "message 17"],
          pipes: 1,
          timers: 4,
        });
      }
    }
  });

  it("does not wait for an attempt that cannot even open, whoever dials it", async () => {
    await pair();
    // Alice has the lower id, and an address of bob's that leads nowhere, without a word.
    const { network } = alice.host;
    const silent = { remote: "", queuedBytes: 0, send() {}, close() {} };
    Object.assign(alice.host, { network: { ...network, connect: () => silent } });
    alice.transport.connect(bob.ref);
    bob.transport.connect(alice.ref);
    await world.run();
    expect(alice.log).toEqual(["up bob 1 ws://bob"]);
    expect(bob.log).toEqual(["up alice 1 ws://alice"]);
  });

  it("both fail when the attempt that should survive is lost", async () => {
    await pair();
    alice.transport.connect(bob.ref);
    bob.transport.connect(alice.ref);
    // Alice has the lower id: her last frame is the one that would bring bob up.
    tapFrames("alice", (frame, n) => {
      if (n === 2) world.cut();
      return n === 2 ? [] : [frame];
    });
    await world.run(10_000);
    expect(bob.log.filter((entry) => entry.startsWith("failed"))).toHaveLength(1);
    expect(alice.log.filter((entry) => entry.startsWith("up"))).toHaveLength(1);
    expect(alice.log.at(-1)).toBe("down bob: connection lost: cut");
    expect(world.manual.timers).toBe(0);
  });
});

describe("a node that comes again", () => {
  it("as another incarnation replaces the link of its earlier life, down before up (S109, R-406, R-1308)", async () => {
    await linked();
    const again = await new Peer(world, "alice2", { identity: alice.identity, incarnation: "2" }).start();
    again.transport.connect(bob.ref);
    await world.run();
    expect(bob.log).toEqual(["down alice: the node restarted", "up alice 2 ws://alice2"]);
    bob.transport.send(alice.identity.id, signal(19));
    await world.run();
    expect(again.log).toEqual(["up bob 1 ws://bob", "message 19"]);
    expect(alice.log).toEqual(["down bob: the node restarted"]);
  });

  it("having lost a link that the other side still sees, replaces it", async () => {
    await linked();
    // Alice's end dies without a word; bob's network does not notice.
    world.tap = () => [];
    alice.transport.disconnect(bob.identity.id, "silently");
    const silenced = world.tap;
    expect(silenced).toBeDefined();
    world.tap = (frame) => [frame];
    alice.transport.connect(bob.ref);
    await world.run();
    expect(bob.log.filter((entry) => entry.startsWith("down"))).toHaveLength(1);
    expect(bob.log.at(-1)).toBe("up alice 1 ws://alice");
    bob.transport.send(alice.identity.id, signal(20));
    await world.run();
    expect(alice.log.at(-1)).toBe("message 20");
  });
});

describe("a transport that stops", () => {
  it("while its port is being opened, does not listen", async () => {
    await pair();
    const carol = new Peer(world, "carol");
    names.set(carol.identity.id, "carol");
    const starting = carol.start();
    await carol.transport.stop();
    await starting;
    alice.transport.connect(carol.ref);
    await world.run();
    expect(alice.log).toEqual(["failed carol: nothing listens on ws://carol"]);
  });

  it("ends its links, attempts and handshakes, accepts nothing more, and leaves no timer (S111)", async () => {
    await linked();
    const carol = await new Peer(world, "carol").start();
    names.set(carol.identity.id, "carol");
    bob.host.network.connect("ws://alice", { open() {}, frame() {}, closed() {} });
    await world.run();
    alice.transport.connect(new NodeRef(carol.identity.id, "ws://carol"));
    await alice.transport.stop();
    await world.run();
    expect(alice.log).toEqual([
      "down bob: the node stopped",
      "failed carol: the node stopped",
      "refused ? bob:1: the node stopped",
    ]);
    expect(bob.log).toEqual(["down alice: the node stopped"]);
    expect(world.openPipes).toBe(0);
    expect(world.manual.timers).toBe(0);
    bob.transport.connect(alice.ref);
    await world.run();
    expect(bob.log.at(-1)).toBe("failed alice: nothing listens on ws://alice");
  });
});
