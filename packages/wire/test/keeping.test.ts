import { Access, NodeRef } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { NamedPeer } from "./named-peer.ts";
import { World } from "./world.ts";

let world: World;
let alice: NamedPeer;
let bob: NamedPeer;

beforeEach(async () => {
  world = new World();
  alice = await new NamedPeer(world, "alice").start();
  bob = await new NamedPeer(world, "bob").start();
});

/** What alice waited before each new attempt. */
const waits = (peer = alice): readonly number[] => peer.all("connection.retry").map(({ delayMs }) => delayMs);

async function pass(durationMs: number, stepMs = 50): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) await world.run(stepMs);
}

/** From now on `peer` draws these numbers for jitter. */
function drawing({ host }: NamedPeer, unit: () => number): void {
  const { random } = host;
  Object.assign(host, { random: { bytes: (count: number) => random.bytes(count), unit } });
}

describe("a node that stays connected with another", () => {
  it("dials it at once, and again after each loss", async () => {
    alice.transport.keep(bob.ref);
    await world.run();
    expect(alice.log).toEqual(["up 1"]);
    for (let loss = 0; loss < 5; loss += 1) {
      world.cut();
      await pass(10_000, 250);
    }
    expect(alice.log.filter((entry) => entry === "up 1")).toHaveLength(6);
    expect(bob.log.at(-1)).toBe("up 1");
    expect(world.openPipes).toBe(1);
  });

  it("goes on until it succeeds, and waits longer each time, up to a limit: from nothing to a limit that doubles, at random (S263)", async () => {
    await bob.transport.stop();
    alice = await new NamedPeer(world, "alice2").start();
    // As long as it may be.
    let unit = 1;
    drawing(alice, () => unit);
    alice.transport.keep(bob.ref);
    await pass(200_000);
    expect(waits().slice(0, 10)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    unit = 0.1;
    await pass(60_000);
    expect(waits().at(-1)).toBe(3_000);
    await bob.transport.stop();
    bob = await new NamedPeer(world, "bob", { identity: bob.identity, incarnation: "2" }).start();
    await pass(30_000);
    expect(alice.log.at(-1)).toBe("up 2");
  });

  it("does not come back in step with others that lost the same peer", async () => {
    const others = await Promise.all(Array.from({ length: 12 }, (_, n) => new NamedPeer(world, `node${n}`).start()));
    for (const other of others) other.transport.keep(bob.ref);
    await world.run();
    world.cut();
    await world.run();
    const delays = others.map((other) => waits(other)[0] as number);
    expect(Math.min(...delays)).toBeLessThan(80);
    expect(Math.max(...delays)).toBeGreaterThan(160);
    expect(new Set(delays).size).toBeGreaterThan(9);
  });

  it("forgets how long it waited only when a link has held for as long as the longest wait", async () => {
    drawing(alice, () => 1);
    alice.transport.keep(bob.ref);
    await world.run();
    for (const heldMs of [100, 100, 20_000, 31_000, 100]) {
      await pass(heldMs);
      world.cut();
      await pass(3_000);
    }
    expect(waits()).toEqual([250, 500, 1_000, 250, 500]);
  });

  it("is dialled at once when somebody has something to say, and the wait after it is no shorter for that (R-1307)", async () => {
    drawing(alice, () => 1);
    await bob.transport.stop();
    alice.transport.keep(bob.ref);
    await pass(20_000);
    const before = alice.log.length;
    alice.transport.connect(bob.ref);
    await world.run();
    expect(alice.log).toHaveLength(before + 1);
    expect(waits().slice(-2)).toEqual([16_000, 30_000]);
    expect(world.manual.timers).toBe(1);
  });

  it("follows it to its next life, and to another address that it says it listens on (R-1308)", async () => {
    alice.transport.keep(bob.ref);
    await world.run();
    await bob.transport.stop();
    await pass(2_000);
    const again = await new NamedPeer(world, "bob2", { identity: bob.identity, incarnation: "2" }).start();
    again.transport.connect(alice.ref);
    await world.run();
    expect(alice.log.at(-1)).toBe("up 2");
    // From now on alice finds it by herself, though she was given another address.
    drawing(alice, () => 0.1);
    world.cut();
    await pass(20_000, 500);
    expect(alice.log.at(-1)).toBe("up 2");
    expect(again.log.at(-1)).toBe("up 1");
  });

  it("that does not let it in is asked again and again, but seldom, and as soon as it does there is a link", async () => {
    const strict = await new NamedPeer(world, "strict", { access: new Access() }).start();
    drawing(alice, () => 1);
    alice.transport.keep(strict.ref);
    await pass(100_000);
    expect(waits()).toEqual([30_000, 30_000, 30_000, 30_000]);
    expect(alice.log[0]).toMatch(/^failed: refused: the key .* is not on this node's allow list$/);
    await strict.transport.stop();
    await new NamedPeer(world, "strict", { identity: strict.identity }).start();
    await pass(30_000);
    expect(alice.log.at(-1)).toBe("up 1");
  });

  it("needs one link when both of them want it, whoever dials first", async () => {
    alice.transport.keep(bob.ref);
    bob.transport.keep(alice.ref);
    for (let loss = 0; loss < 6; loss += 1) {
      await pass(20_000, 500);
      expect([alice.log.at(-1), bob.log.at(-1), world.openPipes]).toEqual(["up 1", "up 1", 1]);
      world.cut();
    }
  });

  it("lets go when it is told to: the link stays, and is not made again", async () => {
    alice.transport.keep(bob.ref);
    await world.run();
    alice.transport.release(bob.ref.id);
    expect(alice.transport.send(bob.ref.id, { type: "pulse.ask" })).toBe(true);
    world.cut();
    await pass(60_000);
    expect(alice.log).toEqual(["up 1", "down: connection lost: cut"]);
    expect(world.manual.timers).toBe(0);
  });

  it("lets go between two attempts, and no timer is left", async () => {
    await bob.transport.stop();
    alice.transport.keep(bob.ref);
    await pass(5_000);
    expect(world.manual.timers).toBe(1);
    alice.transport.release(bob.ref.id);
    expect(world.manual.timers).toBe(0);
    expect(alice.transport.network().kept).toBe(0);
  });

  it("keeps on when this node closes one link because the peer broke the rules", async () => {
    alice.transport.keep(bob.ref);
    await world.run();
    alice.transport.disconnect(bob.ref.id, "it misbehaved");
    await pass(1_000);
    expect(alice.log).toEqual(["up 1", "down: it misbehaved", "up 1"]);
  });

  it("stops with the node, wherever it was", async () => {
    for (const wait of [0, 10, 3_000]) {
      const carol = await new NamedPeer(world, `carol${wait}`).start();
      const away = new NodeRef(bob.ref.id, "ws://nowhere");
      carol.transport.keep(away);
      carol.transport.keep(alice.ref);
      await pass(wait, 10);
      await carol.transport.stop();
      await world.run();
      expect([carol.transport.network().kept, carol.transport.links()]).toEqual([0, []]);
      carol.transport.keep(alice.ref);
    }
    await world.run(60_000);
    expect(world.openPipes).toBe(0);
    expect(world.manual.timers).toBe(0);
  });
});

it("sets no timer for a link that nobody keeps, and dials nobody again", async () => {
  alice.transport.connect(bob.ref);
  await world.run();
  world.cut();
  await world.run();
  expect(world.manual.timers).toBe(0);
  await pass(60_000);
  expect(alice.log).toEqual(["up 1", "down: connection lost: cut"]);
});
