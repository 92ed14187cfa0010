import { Access, NodeRef, type NodeId } from "@espalier/runtime";
import { SessionTransport, type Identity } from "@espalier/wire";
import { describe, expect, it } from "vitest";
import { type Machine, World } from "../src/index.ts";

/** A node's links, on a simulated machine: the shipped sessions, over simulated pipes. */
class Peer {
  readonly log: string[] = [];
  readonly machine: Machine;
  readonly identity: Identity;
  transport!: SessionTransport;
  readonly #names: Map<NodeId, string>;

  constructor(machine: Machine, names: Map<NodeId, string>) {
    this.machine = machine;
    this.identity = machine.identity;
    this.#names = names.set(this.identity.id, machine.name);
  }

  get ref(): NodeRef {
    return new NodeRef(this.identity.id, this.machine.url);
  }

  start(incarnation: string): Promise<void> {
    const { host, url } = this.machine;
    const name = (id: NodeId) => this.#names.get(id);
    this.transport = new SessionTransport({
      host,
      identity: this.identity,
      incarnation,
      abi: 1,
      hashVersion: 1,
      listen: url,
      access: new Access("anyone"),
    });
    return this.transport.start({
      up: (peer, life) => this.log.push(`up ${name(peer.id)} ${life}`),
      message: (_peer, message) => this.log.push(`message ${message.type}`),
      down: (peer, reason) => this.log.push(`down ${name(peer)}: ${reason}`),
      failed: (peer, reason) => this.log.push(`failed ${name(peer.id)}: ${reason}`),
    });
  }
}

async function linked(seed: number) {
  const world = new World({ seed });
  const names = new Map<NodeId, string>();
  const [alice, bob] = [new Peer(world.machine("alice"), names), new Peer(world.machine("bob"), names)];
  await world.until(Promise.all([alice.start("1"), bob.start("1")]));
  alice.transport.connect(bob.ref);
  await world.until(() => alice.log.length > 0 && bob.log.length > 0);
  return { world, alice, bob };
}

describe("two nodes' sessions in a simulated world", { timeout: 60_000 }, () => {
  it("connect, carry messages, and survive a cut with down, then a new up (R-404, R-406)", async () => {
    const { world, alice, bob } = await linked(1);
    alice.transport.send(bob.identity.id, { type: "code.need", hashes: [] });
    await world.run(1_000);
    world.network.cut("alice", "bob");
    await world.run(1_000);
    bob.transport.connect(alice.ref);
    await world.run(1_000);
    const reason = "connection lost: the connection was cut";
    expect(alice.log).toEqual(["up bob 1", `down bob: ${reason}`, "up bob 1"]);
    expect(bob.log).toEqual(["up alice 1", "message code.need", `down alice: ${reason}`, "up alice 1"]);
  });

  it("see a peer that crashed go down, and come up in another life (R-1308)", async () => {
    const { world, alice, bob } = await linked(2);
    bob.machine.crash();
    await world.run(1_000);
    bob.machine.restart();
    await world.until(bob.start("2"));
    alice.transport.connect(bob.ref);
    await world.run(1_000);
    expect(alice.log).toEqual(["up bob 1", "down bob: connection lost: the connection was reset", "up bob 2"]);
  });

  it("give up a handshake that a partition holds back, and connect once it is healed", async () => {
    const { world, alice, bob } = await linked(3);
    world.network.cut("alice", "bob");
    await world.run(1_000);
    world.network.partition("alice", "bob");
    alice.transport.connect(bob.ref);
    await world.run(60_000);
    expect(alice.log.at(-1)).toMatch(/^failed bob: /);
    world.network.heal("alice", "bob");
    alice.transport.connect(bob.ref);
    await world.run(1_000);
    expect([alice.log.at(-1), bob.log.at(-1)]).toEqual(["up bob 1", "up alice 1"]);
  });

  it("do the same in two runs of one seed, to the byte, and something else in another", async () => {
    const hash = async (seed: number) => {
      const { world, alice, bob } = await linked(seed);
      bob.transport.send(alice.identity.id, { type: "code.need", hashes: [] });
      world.network.cut("alice", "bob");
      await world.run(10_000);
      return world.traceHash;
    };
    const first = await hash(4);
    expect(await hash(4)).toBe(first);
    expect(await hash(5)).not.toBe(first);
  });
});
