import { Access, NodeRef, type LinkView, type Message, type NodeId } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import type { SessionTransportOptions } from "../src/connection/transport.ts";
import { createIdentity } from "../src/identity/identity.ts";
import { refusalFrame, targetOf } from "../src/session/first-frame.ts";
import { Introduced } from "./introduced.ts";
import { Machine } from "./named-peer.ts";
import { numberOf, signal } from "./signals.ts";
import { World } from "./world.ts";

const hourMs = 3_600_000;
const key = new Uint8Array(32).fill(5);
const patternByte = { XX: 1, IK: 2, KK: 3, NNpsk0: 4 };

let world: World;
/** The first frames that were sent, by pattern. */
let begun: string[];
/** All frames, as they were sent. */
let recorded: { readonly from: string; readonly frame: Uint8Array }[];

beforeEach(() => {
  world = new World();
  watch();
});

/** Notes how connections begin. */
function watch(change: (frame: Uint8Array, from: string, begins: boolean) => readonly Uint8Array[] = (f) => [f]): void {
  begun = [];
  recorded = [];
  world.tap = (frame, { from }) => {
    const begins = new TextDecoder().decode(frame.subarray(0, 8)) === "espalier";
    if (begins) begun.push(Object.entries(patternByte).find(([, byte]) => byte === frame[9])?.[0] ?? "?");
    recorded.push({ from, frame: frame.slice() });
    return change(frame, from, begins);
  };
}

class Peer extends Machine {
  readonly log: string[] = [];

  constructor(name: string, options: Partial<SessionTransportOptions> = {}) {
    super(world, name, options);
  }

  async start(): Promise<this> {
    await this.transport.start({
      up: () => this.log.push("up"),
      message: (_peer, message: Message) => this.log.push(`message ${numberOf(message)}`),
      down: (_peer, reason) => this.log.push(`down: ${reason}`),
      failed: (_peer, reason) => this.log.push(`failed: ${reason}`),
      refused: (_key: NodeId | null, _remote, reason) => this.log.push(`refused: ${reason}`),
    });
    return this;
  }

  get links(): readonly LinkView[] {
    return this.transport.links();
  }

  async connect(ref: NodeRef): Promise<void> {
    this.transport.connect(ref);
    await world.run();
  }

  /** Connects and disconnects. */
  async visit(ref: NodeRef): Promise<void> {
    await this.connect(ref);
    expect(this.log).toEqual(["up"]);
    this.transport.disconnect(ref.id, "enough");
    await world.run();
    this.log.length = 0;
  }
}

async function pair(near: Partial<SessionTransportOptions> = {}, far: Partial<SessionTransportOptions> = {}) {
  const [alice, bob] = [await new Peer("alice", near).start(), await new Peer("bob", far).start()];
  return { alice, bob };
}

describe("a first frame", () => {
  it("tells whoever routes it which node is meant, whatever its pattern", async () => {
    const introductions = new Introduced();
    const { alice, bob } = await pair({}, { sharedKey: key });
    const carol = await new Peer("carol", { introductions }).start();
    const dave = await new Peer("dave", { introductions }).start();
    await alice.visit(bob.ref);
    await alice.visit(bob.ref);
    await alice.visit(bob.ref.withKey(key));
    await carol.visit(dave.ref);
    const first = recorded.filter(({ frame }) => targetOf(frame).type === "target").map(({ frame }) => frame);
    expect(begun).toEqual(["XX", "IK", "NNpsk0", "KK"]);
    expect(first.map((frame) => frame.length)).toEqual([74, 242, 90, 122]);
    expect(first.map((frame) => targetOf(frame))).toEqual(
      [bob, bob, bob, dave].map(({ ref }) => ({ type: "target", target: ref.id })),
    );
  });

  it.each([
    [8, 2, "misfit", "version mismatch: wire 1 here, wire 2 there"],
    [9, 5, "misfit", "handshake pattern: expected one of 1 (XX), 2 (IK), 3 (KK), 4 (NNpsk0), got 5"],
    [9, 3, "malformed", "a first frame of 74 bytes; expected 122"],
    [0, 0, "malformed", "what connected does not speak Espalier's protocol"],
  ])("with a byte %i of %i is %s, and the node itself says the same", async (at, byte, type, reason) => {
    const { alice, bob } = await pair();
    watch((frame, _, begins) => {
      if (begins) frame[at] = byte;
      if (begins) expect(targetOf(frame)).toEqual({ type, reason });
      return [frame];
    });
    await alice.connect(bob.ref);
    expect(alice.log).toEqual([`failed: ${type === "misfit" ? `refused: ${reason}` : reason}`]);
    expect(bob.log).toEqual([`refused: ${reason}`]);
  });

  it("that is answered by a refusal in the name of nobody fails with the reason", async () => {
    const { alice, bob } = await pair();
    await world.host("box").network.listen("ws://box", (pipe) => ({
      open() {},
      frame: () => pipe.send(refusalFrame("no such node here")),
      closed() {},
    }));
    await alice.connect(new NodeRef(bob.ref.id, "ws://box"));
    expect(alice.log).toEqual(["failed: refused: no such node here"]);
  });
});

describe("a peer that was met before (IK)", () => {
  it("is reached with one signature less on either side, and no other change", async () => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    await alice.connect(bob.ref);
    expect(begun).toEqual(["XX", "IK"]);
    expect([alice.links[0]?.pattern, bob.links[0]?.pattern]).toEqual(["IK", "IK"]);
    alice.transport.send(bob.ref.id, signal(1));
    await world.run();
    expect([alice.log, bob.log.at(-1)]).toEqual([["up"], "message 1"]);
  });

  it("is reached so by the node that it dialled, too", async () => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    bob.log.length = 0;
    await bob.connect(alice.ref);
    expect([begun, bob.log]).toEqual([["XX", "IK"], ["up"]]);
  });

  it("is taken for a stranger again when its key has been replaced, within the same attempt and without a word (S253)", async () => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    await world.run(13 * hourMs);
    await alice.connect(bob.ref);
    expect(begun).toEqual(["XX", "IK", "XX"]);
    expect([alice.log, bob.log.at(-1), bob.log.filter((line) => line.startsWith("refused"))]).toEqual([
      ["up"],
      "up",
      [],
    ]);
    expect(world.openPipes).toBe(1);
    expect(world.manual.timers).toBe(4);
  });

  it("is taken for a stranger again when it has another key in another life", async () => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    await bob.transport.stop();
    await new Peer("bob", { identity: bob.identity, incarnation: "2" }).start();
    await alice.visit(bob.ref);
    expect(begun).toEqual(["XX", "IK", "XX"]);
  });

  it.each<[string, (frame: Uint8Array, from: string, begins: boolean) => readonly Uint8Array[]]>([
    [
      "the first frame is changed",
      (frame, _, begins) => (begins && frame[9] === 2 ? [frame.fill(0, 50, 60)] : [frame]),
    ],
    ["the answer is changed", (frame) => (frame.length === 49 ? [frame.fill(0, 1, 20)] : [frame])],
    ["somebody refuses in its name", (frame) => (frame.length === 49 ? [refusalFrame("go away")] : [frame])],
    [
      "the pipe is cut",
      (frame) => {
        if (frame.length === 49) world.cut();
        return [frame];
      },
    ],
  ])("is taken for a stranger again when %s", async (_, change) => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    watch(change);
    await alice.connect(bob.ref);
    expect([begun, alice.log]).toEqual([["IK", "XX"], ["up"]]);
  });

  it("is given up when it is silent: the time of an attempt is not counted twice", async () => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    watch(() => []);
    await alice.connect(bob.ref);
    await world.run(5_000);
    expect([begun, alice.log]).toEqual([["IK"], ["failed: no handshake within 5000 ms"]]);
    watch();
    alice.log.length = 0;
    await alice.connect(bob.ref);
    expect([begun, alice.log]).toEqual([["XX"], ["up"]]);
  });

  it("is a stranger a day later, and when 1,024 others were met since", async () => {
    const { alice, bob } = await pair({ limits: { staticKeysKnown: 1 } });
    const carol = await new Peer("carol").start();
    await alice.visit(bob.ref);
    await alice.visit(carol.ref);
    await alice.visit(bob.ref);
    expect(begun).toEqual(["XX", "XX", "XX"]);
    await world.run(24 * hourMs);
    await alice.visit(bob.ref);
    expect(begun).toEqual(["XX", "XX", "XX", "XX"]);
  });

  it("that is let in no more is refused as before, and not asked twice", async () => {
    const named: NodeId[] = [];
    class Fickle extends Access {
      override admits(peer: NodeId): boolean {
        return named.includes(peer);
      }
    }
    const { alice, bob } = await pair({}, { access: new Fickle() });
    named.push(alice.ref.id);
    await alice.visit(bob.ref);
    named.length = 0;
    await alice.connect(bob.ref);
    expect(begun).toEqual(["XX", "IK"]);
    expect(alice.log).toEqual([`failed: refused: the key ${alice.ref.id} is not on this node's allow list`]);
  });
});

describe("a first frame of IK that somebody has recorded (replay)", () => {
  it("is answered, and nothing else comes of it: no peer, no attempt of the node's own, no key that is remembered (S252)", async () => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    await alice.visit(bob.ref);
    const first = recorded.find(({ frame }) => frame[9] === patternByte.IK)?.frame as Uint8Array;
    bob.log.length = 0;
    // Bob dials alice at the same time, and nobody answers him there: an attempt of alice's own would decide his.
    await alice.transport.stop();
    await world.host("alice").network.listen("ws://alice", () => ({ open() {}, frame() {}, closed() {} }));
    bob.transport.connect(alice.ref);
    await world.run();
    const heard: number[] = [];
    const pipe = world.host("mallory").network.connect("ws://bob", {
      open: () => pipe.send(first),
      frame: (frame) => heard.push(frame.length),
      closed: () => heard.push(-1),
    });
    await world.run(4_000);
    // The answer, which only alice could read.
    expect(heard).toEqual([49]);
    expect([bob.log, bob.links]).toEqual([[], []]);
    await world.run(1_000);
    expect(heard).toEqual([49, -1]);
    expect(bob.log).toEqual(["failed: no handshake within 5000 ms", "refused: no handshake within 5000 ms"]);
  });

  it("carries no message: whatever comes before the session's own keys are used ends it", async () => {
    const { alice, bob } = await pair();
    await alice.visit(bob.ref);
    watch((frame, _, begins) => (begins && frame[9] === 2 ? [Uint8Array.of(...frame, 1, 2, 3)] : [frame]));
    await alice.connect(bob.ref);
    expect(bob.log.filter((line) => line.startsWith("refused"))).toEqual([
      "refused: a first frame of 245 bytes; expected 242",
    ]);
    expect(begun).toEqual(["IK", "XX"]);
  });
});

describe("nodes that were introduced to each other (KK)", () => {
  it("connect without signatures, and name what they were let in by", async () => {
    const introductions = new Introduced();
    const { alice, bob } = await pair({ introductions }, { introductions });
    await alice.connect(bob.ref);
    expect([begun, alice.log, bob.log]).toEqual([["KK"], ["up"], ["up"]]);
    expect([alice.links[0]?.pattern, bob.links[0]?.pattern]).toEqual(["KK", "KK"]);
  });

  it("have to be let in all the same: an introduction says whose a key is, no more (S254)", async () => {
    const introductions = new Introduced();
    const { alice, bob } = await pair({ introductions }, { introductions, access: new Access() });
    await alice.connect(bob.ref);
    expect(alice.log).toEqual([`failed: refused: the key ${alice.ref.id} is not on this node's allow list`]);
  });

  it("publish their keys when they start, and others when those are replaced, until they stop", async () => {
    const introductions = new Introduced();
    const { alice, bob } = await pair({ introductions }, { introductions });
    const before = introductions.published;
    expect(before).toHaveLength(2);
    await world.run(13 * hourMs);
    await alice.visit(bob.ref);
    expect(introductions.published.filter((entry) => before.includes(entry))).toEqual([]);
    // The first frame was made for the key before; the next one is not.
    await alice.visit(bob.ref);
    expect(begun).toEqual(["KK", "XX", "KK"]);
    await bob.transport.stop();
    expect(introductions.published).toHaveLength(1);
  });

  it("fall back to signatures when only one of them knows of it", async () => {
    const [mine, theirs] = [new Introduced(), new Introduced()];
    const { alice, bob } = await pair({ introductions: mine }, { introductions: theirs });
    for (const entry of theirs.published) {
      const [id] = entry.split(" ") as [string];
      mine.publish(id, theirs.staticKeyOf(id) as Uint8Array);
    }
    await alice.connect(bob.ref);
    expect([begun, alice.log, bob.log]).toEqual([["KK", "XX"], ["up"], ["up"]]);
  });

  it("are not impersonated by one who was introduced too", async () => {
    const introductions = new Introduced();
    const { alice, bob } = await pair({ introductions }, { introductions });
    // Mallory says that she is alice, and has her own key.
    watch((frame, _, begins) => {
      if (begins && frame[9] === 3) frame.set(alice.identity.publicKey, 42);
      return [frame];
    });
    const mallory = await new Peer("mallory", { introductions }).start();
    await mallory.connect(bob.ref);
    expect([begun, mallory.log, bob.links[0]?.peer]).toEqual([["KK", "XX"], ["up"], mallory.ref.id]);
  });
});

describe("a node with a shared key (NNpsk0)", () => {
  it("lets in whoever has it, tells them apart by their own keys, and lets in by its list as before (S255)", async () => {
    const carol = createIdentity(world.host("keys"));
    const { alice, bob } = await pair({}, { sharedKey: key, access: new Access([carol.id]) });
    const byName = await new Peer("carol", { identity: carol }).start();
    await alice.connect(bob.ref.withKey(key));
    await byName.connect(bob.ref);
    expect([begun, alice.log, byName.log, bob.log]).toEqual([["NNpsk0", "XX"], ["up"], ["up"], ["up", "up"]]);
    expect(bob.links.map(({ peer, pattern }) => [peer, pattern])).toEqual([
      [alice.ref.id, "NNpsk0"],
      [carol.id, "XX"],
    ]);
    alice.transport.send(bob.ref.id, signal(3));
    await world.run();
    expect(bob.log.at(-1)).toBe("message 3");
  });

  it("lets in whom it reaches by the key that it shares itself, and not whoever only invited it (S296)", async () => {
    const [mine, guests] = [new Access(), new Access()];
    const { alice, bob } = await pair({ sharedKey: key, access: mine }, { sharedKey: key });
    const carol = await new Peer("carol", { access: guests }).start();
    await alice.connect(bob.ref.withKey(key));
    await carol.connect(bob.ref.withKey(key));
    expect([alice.log, carol.log, bob.log]).toEqual([["up"], ["up"], ["up", "up"]]);
    expect([mine.admits(bob.ref.id), guests.admits(bob.ref.id)]).toEqual([true, false]);
  });

  it("refuses another key, and does not say which would do", async () => {
    const { alice, bob } = await pair({}, { sharedKey: key });
    await alice.connect(bob.ref.withKey(key.map((byte) => byte ^ 1)));
    const reason = "the first message was made for another key than this node's (pattern NNpsk0)";
    expect([alice.log, bob.log]).toEqual([[`failed: refused: ${reason}`], [`refused: ${reason}`]]);
    expect(begun).toEqual(["NNpsk0"]);
  });

  it("that has none any more refuses as well: nothing is tried with less", async () => {
    const { alice, bob } = await pair();
    await alice.connect(bob.ref.withKey(key));
    expect([begun, alice.log]).toEqual([["NNpsk0"], ["failed: refused: this node shares no key"]]);
  });

  it("refuses a key that was revoked by name, shared key or not", async () => {
    const access = new Access();
    const { alice, bob } = await pair({}, { sharedKey: key, access });
    void access.revoke(alice.ref);
    await alice.connect(bob.ref.withKey(key));
    expect(alice.log[0]).toMatch(/^failed: refused: the key /);
  });

  it("is not taken for another one that shares the same key", async () => {
    const { alice, bob } = await pair({}, { sharedKey: key });
    const carol = await new Peer("carol", { sharedKey: key }).start();
    // A relay leads alice to carol, who answers for bob: the first frame names bob, so carol does not even begin.
    await alice.connect(new NodeRef(bob.ref.id, "ws://carol").withKey(key));
    expect(alice.log).toEqual([`failed: refused: wrong node: this is ${carol.ref.id}, not ${bob.ref.id}`]);
  });

  it("is not impersonated by whoever has the key: the answer is signed by the node", async () => {
    const { alice } = await pair();
    const bob = createIdentity(world.host("keys"));
    // Mallory has the key, and says that she is bob.
    const mallory = createIdentity(world.host("keys"));
    const liar = Object.defineProperty(mallory, "id", { value: bob.id });
    await new Peer("mallory", { identity: liar, sharedKey: key }).start();
    watch((frame) => [frame]);
    await alice.connect(new NodeRef(bob.id, "ws://mallory").withKey(key));
    expect(alice.log[0]).toMatch(/^failed: reached the node [\w-]{43} instead of /);
  });

  it("refuses a key that is none", () => {
    expect(() => new Peer("alice", { sharedKey: new Uint8Array(31) })).toThrow(
      "sharedKey: expected a Uint8Array of 32 bytes, got 31 bytes",
    );
  });
});
