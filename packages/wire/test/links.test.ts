import { Access } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { NamedPeer } from "./named-peer.ts";
import { signal } from "./signals.ts";
import { World } from "./world.ts";

let world: World;
let alice: NamedPeer;
let bob: NamedPeer;

beforeEach(async () => {
  world = new World();
  alice = await new NamedPeer(world, "alice").start();
  bob = await new NamedPeer(world, "bob", { incarnation: "7" }).start();
});

async function linked(): Promise<void> {
  alice.transport.connect(bob.ref);
  await world.run();
}

describe("a link as data", () => {
  it("says who is there, how it came to be, and for how long it has been", async () => {
    await linked();
    await world.run(4_000);
    expect(alice.transport.links()).toMatchObject([
      {
        peer: bob.ref.id,
        incarnation: "7",
        address: "ws://bob",
        remote: "ws://bob",
        dialled: true,
        pattern: "XX",
        upMs: 4_000,
        queuedBytes: 0,
        rekeys: 0,
        renewals: 0,
      },
    ]);
    expect(bob.transport.links()).toMatchObject([{ peer: alice.ref.id, address: "ws://alice", dialled: false }]);
  });

  it("counts what goes over it: what one side has sent the other has received", async () => {
    await linked();
    for (let n = 0; n < 5; n += 1) alice.transport.send(bob.ref.id, signal(n, new Uint8Array(1_000)));
    await world.run();
    bob.transport.send(alice.ref.id, signal(9));
    await world.run();
    const [here, there] = [alice.transport.links()[0], bob.transport.links()[0]];
    expect([here?.sent.messages, here?.received.messages]).toEqual([5, 1]);
    expect(here?.sent.bytes).toBeGreaterThan(5_000);
    expect([there?.received, there?.sent]).toEqual([here?.sent, here?.received]);
  });

  it("is one that does not change any more", async () => {
    await linked();
    const [before] = alice.transport.links();
    const { messages } = before?.sent ?? { messages: -1 };
    alice.transport.send(bob.ref.id, signal(1));
    await world.run();
    expect(before?.sent.messages).toBe(messages);
  });
});

describe("what there was in all", () => {
  it("keeps counting when links are gone", async () => {
    for (let n = 0; n < 3; n += 1) {
      await linked();
      alice.transport.send(bob.ref.id, signal(n));
      alice.transport.disconnect(bob.ref.id, "enough");
      await world.run();
    }
    const network = alice.transport.network();
    expect(network).toMatchObject({ sent: { messages: 3 }, connections: 0, kept: 0, dialsQueued: 0 });
    expect(network.handshakes).toMatchObject({ begun: 3, done: 3, halfOpen: 0 });
    expect(bob.transport.network()).toMatchObject({ received: network.sent, sent: network.received });
  });

  it("has a place for each way in which a handshake can come to nothing", async () => {
    const strict = await new NamedPeer(world, "strict", { access: new Access() }).start();
    const later = await new NamedPeer(world, "later", { abi: 2 }).start();
    alice.transport.connect(strict.ref);
    alice.transport.connect(later.ref);
    await world.run();
    await bob.transport.stop();
    alice.transport.connect(bob.ref);
    await world.run();
    world.host("mallory").network.connect("ws://alice", { open() {}, frame() {}, closed() {} });
    const garbage = world.host("mallory").network.connect("ws://alice", {
      open: () => garbage.send(new Uint8Array(3)),
      frame() {},
      closed() {},
    });
    await world.run();
    expect(alice.transport.network().handshakes.halfOpen).toBe(1);
    await world.run(5_000);
    const { handshakes } = alice.transport.network();
    expect(handshakes).toMatchObject({ begun: 5, done: 0, halfOpen: 0 });
    expect(handshakes.failed).toMatchObject({ refused: 1, misfit: 1, gone: 1, broken: 1, late: 1 });
    expect(strict.transport.network().handshakes.failed.stranger).toBe(1);
  });
});

describe("what goes on", () => {
  it("is told in order, to both sides", async () => {
    await linked();
    await world.run(1_000);
    alice.transport.send(bob.ref.id, signal(1));
    alice.transport.disconnect(bob.ref.id, "enough");
    await world.run();
    expect(alice.events).toMatchObject([
      { type: "connection.dialling", node: bob.ref.id, address: "ws://bob" },
      { type: "handshake.done", node: bob.ref.id, dialled: true, pattern: "XX", tookMs: 0 },
      { type: "connection.up", node: bob.ref.id, incarnation: "7", dialled: true, address: "ws://bob" },
      {
        type: "connection.down",
        node: bob.ref.id,
        incarnation: "7",
        why: "disconnect",
        reason: "enough",
        upMs: 1_000,
        sent: { messages: 1 },
        roundTrip: { lastMs: 0 },
      },
    ]);
    expect(bob.events.map(({ type }) => type)).toEqual(["handshake.done", "connection.up", "connection.down"]);
  });

  it("says why a handshake failed, and when the next attempt is", async () => {
    const strict = await new NamedPeer(world, "strict", { access: new Access() }).start();
    alice.transport.keep(strict.ref);
    await world.run();
    expect(alice.all("handshake.failed")).toMatchObject([
      { node: strict.ref.id, dialled: true, remote: "ws://strict", why: "refused" },
    ]);
    expect(strict.all("handshake.failed")).toMatchObject([
      { node: alice.ref.id, dialled: false, remote: "alice:1", why: "stranger" },
    ]);
    expect(alice.all("connection.retry")).toMatchObject([{ node: strict.ref.id }]);
  });

  it("is not put together while nobody wants to know", async () => {
    alice.listens = bob.listens = false;
    await linked();
    world.cut();
    await world.run();
    expect([alice.events, bob.events]).toEqual([[], []]);
  });
});
