import { Access, NodeRef, type Message, type TransportEvents } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import { afterEach, expect, it } from "vitest";
import { createIdentity, SessionTransport, type SessionTransportOptions } from "../../src/index.ts";
import { webSocketNetwork } from "../../src/node/index.ts";
import { bytesOf, numberOf, signal } from "../signals.ts";

/** A transport whose events can be awaited. */
class Party implements TransportEvents {
  readonly transport: SessionTransport;
  readonly log: string[] = [];
  readonly messages: Message[] = [];
  readonly #id: string;
  #wake: () => void = () => {};

  constructor(incarnation: number, options: Partial<SessionTransportOptions> = {}) {
    const host = nodeHost({ network: webSocketNetwork() });
    const identity = createIdentity(host);
    this.#id = identity.id;
    this.transport = new SessionTransport({
      host,
      identity,
      incarnation: String(incarnation),
      abi: 1,
      hashVersion: 1,
      listen: "ws://127.0.0.1:0",
      access: new Access("anyone"),
      ...options,
    });
  }

  get ref(): NodeRef {
    return new NodeRef(this.#id, this.transport.url);
  }

  up(_peer: NodeRef, incarnation: string): void {
    this.#add(`up ${incarnation}`);
  }

  message(_peer: string, message: Message): void {
    this.messages.push(message);
    this.#wake();
  }

  down(_peer: string, reason: string): void {
    this.#add(`down: ${reason}`);
  }

  failed(_peer: NodeRef, reason: string): void {
    this.#add(`failed: ${reason}`);
  }

  refused(key: string | null, _remote: string, reason: string): void {
    this.#add(`refused ${key}: ${reason}`);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #add(entry: string): void {
    this.log.push(entry);
    this.#wake();
  }
}

const running: Party[] = [];
afterEach(async () => {
  for (const { transport } of running.splice(0)) await transport.stop();
});

async function start(incarnation: number, options?: Partial<SessionTransportOptions>): Promise<Party> {
  const node = new Party(incarnation, options);
  await node.transport.start(node);
  running.push(node);
  return node;
}

it("two nodes over real sockets speak in order, small and large, both ways, and end when one stops (S107)", async () => {
  const [alice, bob] = [await start(1), await start(2)];
  alice.transport.connect(bob.ref);
  await alice.until(() => alice.log.length === 1);
  await bob.until(() => bob.log.length === 1);
  expect([alice.log, bob.log]).toEqual([["up 2"], ["up 1"]]);

  const count = 2_000;
  for (let n = 0; n < count; n++) {
    const message = signal(n, new Uint8Array(n % 500 === 7 ? 200_000 : n % 60));
    expect(alice.transport.send(bob.ref.id, message)).toBe(true);
    bob.transport.send(alice.ref.id, message);
  }
  await bob.until(() => bob.messages.length === count);
  await alice.until(() => alice.messages.length === count);
  for (const { messages } of [alice, bob]) {
    expect(messages.map(numberOf)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(bytesOf(messages[507])).toHaveLength(200_000);
  }

  await bob.transport.stop();
  await alice.until(() => alice.log.length === 2);
  expect(alice.log[1]).toBe("down: the node stopped");
});

it("a stranger is refused over real sockets with the reason on both sides (S103)", async () => {
  const [alice, bob] = [await start(3), await start(4, { access: new Access() })];
  alice.transport.connect(bob.ref);
  await alice.until(() => alice.log.length === 1);
  await bob.until(() => bob.log.length === 1);
  const reason = `the key ${alice.ref.id} is not on this node's allow list`;
  expect(alice.log).toEqual([`failed: refused: ${reason}`]);
  expect(bob.log).toEqual([`refused ${alice.ref.id}: ${reason}`]);
});

it("two nodes that dial each other at once over real sockets end up with one link (S108, R-1310)", async () => {
  const [alice, bob] = [await start(5), await start(6)];
  alice.transport.connect(bob.ref);
  bob.transport.connect(alice.ref);
  await alice.until(() => alice.log.length > 0);
  await bob.until(() => bob.log.length > 0);
  alice.transport.send(bob.ref.id, signal(1));
  bob.transport.send(alice.ref.id, signal(1));
  await alice.until(() => alice.messages.length === 1);
  await bob.until(() => bob.messages.length === 1);
  expect([alice.log, bob.log]).toEqual([["up 6"], ["up 5"]]);
});

it("an address where nobody listens fails with it", async () => {
  const [alice, bob] = [await start(7), await start(8)];
  const { ref } = bob;
  await bob.transport.stop();
  alice.transport.connect(ref);
  await alice.until(() => alice.log.length === 1);
  expect(alice.log).toEqual([`failed: connect ECONNREFUSED ${ref.address?.slice("ws://".length)}`]);
});

it("two nodes over real sockets connect by a shared key, and by what they know of each other (NNpsk0, XX, IK)", async () => {
  const sharedKey = new Uint8Array(32).fill(7);
  const [alice, bob] = [await start(9), await start(10, { sharedKey })];
  const patterns: string[] = [];
  for (const ref of [bob.ref.withKey(sharedKey), alice.ref, bob.ref]) {
    const [near, far] = ref.id === bob.ref.id ? [alice, bob] : [bob, alice];
    near.transport.connect(ref);
    await near.until(() => near.transport.links().length === 1);
    await far.until(() => far.transport.links().length === 1);
    patterns.push(...[near, far].map(({ transport }) => transport.links()[0]?.pattern ?? "none"));
    far.transport.disconnect(near.ref.id, "next");
    await near.until(() => near.transport.links().length === 0);
  }
  // Without the key in the reference, what counts is the own key of whoever connects.
  expect(patterns).toEqual(["NNpsk0", "NNpsk0", "XX", "XX", "IK", "IK"]);
});
