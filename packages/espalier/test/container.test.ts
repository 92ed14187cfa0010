import { fromBase64Url } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import {
  Container,
  createIdentity,
  Node,
  Nodes,
  Process,
  type ContainerEvent,
  type NodeRef,
  type Self,
} from "espalier";
import { afterEach, beforeEach, expect, test } from "vitest";

const quiet = { report: () => {} };

let host: ManualHost;
let container: Container;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  host = new ManualHost();
  container = await Container.start({ host, listen: "ws://here:0", logger: quiet });
  stops.push(() => container.stop());
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await host.wait(stop());
  host.advance(10_000);
  await host.settle();
  expect(host.timers).toBe(0);
});

/** A process of `node` that keeps what it is sent. */
function inbox(node: Node): { readonly ref: NodeRef; readonly received: string[] } {
  const received: string[] = [];
  void node
    .run(function* inbox(self: Self<string>) {
      yield* Process.register("inbox");
      for (;;) received.push(yield* self.receive());
    })
    .catch(() => {});
  return { ref: node.ref, received };
}

const send = (node: Node, to: NodeRef, message: string): Promise<void> =>
  node.run(function* () {
    yield* Process.send({ name: "inbox", node: to }, message);
    // The answer comes after it.
    yield* Process.whereisAt(to, "inbox");
  });

test("a node's reference is a URL with its key, on the container's port, and reaches it and nobody else (S279, R-1307)", async () => {
  const client = createIdentity(host);
  const [a, b] = [
    await host.wait(container.create({ name: "a", allow: [client.id] })),
    await host.wait(container.create({ name: "b", allow: [client.id] })),
  ];
  expect(a.ref.url).toBe(`${container.url}/#${a.ref.id}`);
  expect(b.ref.address).toBe(a.ref.address);
  const outside = await host.wait(Node.start({ host, identity: client, logger: quiet }));
  stops.push(() => outside.stop());
  const [atA, atB] = [inbox(a), inbox(b)];
  await host.wait(send(outside, a.ref, "for a"));
  await host.wait(send(outside, b.ref, "for b"));
  expect([atA.received, atB.received]).toEqual([["for a"], ["for b"]]);
  expect(container.inspect().pipes).toMatchObject({ routed: 2, local: 0, halfOpen: 0 });
});

test("nodes of one container reach each other without the network, if the one lets the other in, and not otherwise (S280)", async () => {
  const [first, second] = [createIdentity(host), createIdentity(host)];
  const a = await host.wait(container.create({ identity: first }));
  const b = await host.wait(container.create({ identity: second, allow: [first.id] }));
  const c = await host.wait(container.create({ allow: [] }));
  const { received } = inbox(b);
  await host.wait(send(a, b.ref, "hello"));
  expect(received).toEqual(["hello"]);
  // The container has introduced them: neither has to show a signature.
  expect(a.inspect().links).toMatchObject([{ peer: second.id, pattern: "KK", remote: container.url }]);
  expect(container.inspect().pipes).toMatchObject({ routed: 1, local: 1 });
  expect(await host.wait(c.run(() => Nodes.connect(b.ref)))).toBe(false);
  expect(await host.wait(b.run(() => Nodes.connect(c.ref)))).toBe(false);
  expect([a, b, c].map((node) => node.inspect().peers.length)).toEqual([1, 1, 0]);
});

test("a node is active while another one is connected with it, and idle when it is not (seed 003)", async () => {
  const client = createIdentity(host);
  const statuses: string[] = [];
  container.events.subscribe((event: ContainerEvent) => {
    if (event.type === "container.status") statuses.push(event.to);
  });
  const a = await host.wait(container.create({ allow: [client.id] }));
  const outside = await host.wait(Node.start({ host, identity: client, logger: quiet }));
  expect(await host.wait(outside.run(() => Nodes.connect(a.ref)))).toBe(true);
  await host.settle();
  expect(container.nodes()[0]?.status).toBe("active");
  await host.wait(outside.stop());
  await host.settle();
  expect(container.nodes()[0]?.status).toBe("idle");
  expect(statuses).toEqual(["starting", "idle", "active", "idle"]);
});

test("a node that is put to sleep is down for the others, and comes back under the same reference in another life (S282)", async () => {
  const client = createIdentity(host);
  const a = await host.wait(container.create({ name: "a", allow: [client.id] }));
  const outside = await host.wait(Node.start({ host, identity: client, logger: quiet }));
  stops.push(() => outside.stop());
  inbox(a);
  const { url } = a.ref;
  const told: unknown[] = [];
  void outside
    .run(function* (self: Self<unknown>) {
      yield* self.monitorNodes((message) => message);
      yield* Nodes.connect(a.ref);
      for (;;) told.push(yield* self.receive());
    })
    .catch(() => {});
  await host.settle();
  await host.wait(container.sleep(a.ref.id));
  await host.settle();
  expect(told).toMatchObject([{ type: "nodeup" }, { type: "nodedown", reason: "shutdown" }]);
  expect(await host.wait(outside.run(() => Nodes.connect(a.ref)))).toBe(false);
  const again = await host.wait(container.wake(a.ref.id));
  expect(again.ref.url).toBe(url);
  expect(again.incarnation).not.toBe(a.incarnation);
  expect(await host.wait(outside.run(() => Nodes.connect(a.ref)))).toBe(true);
});

test("a node that was created asleep gives its reference, and runs when it is woken", async () => {
  const ref = await host.wait(container.create({ name: "later", asleep: true }));
  expect(container.nodes()).toMatchObject([{ id: ref.id, name: "later", status: "asleep" }]);
  const node = await host.wait(container.wake(ref.id));
  expect(node.ref.url).toBe(ref.url);
});

test("two creations with the same key: one succeeds, the other is told that it lives here already", async () => {
  const identity = createIdentity(host);
  const both = await host.wait(Promise.allSettled([container.create({ identity }), container.create({ identity })]));
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(both[1]).toMatchObject({ reason: { code: "IDENTITY_TAKEN", id: identity.id } });
  await expect(container.stop("A".repeat(43))).rejects.toMatchObject({ code: "UNKNOWN_NODE" });
});

test("a node keeps its data where the container does, by its name, and one whose directory another one has does not start", async () => {
  const kept = await host.wait(Container.start({ host, listen: "ws://kept:0", data: "data", logger: quiet }));
  stops.push(() => kept.stop());
  await host.wait(kept.create({ name: "orders", identity: createIdentity(host) }));
  await expect(
    host.wait(kept.create({ name: "bills", data: "data/orders", identity: createIdentity(host) })),
  ).rejects.toMatchObject({ code: "DATA_IN_USE" });
  expect(kept.nodes()).toMatchObject([{ name: "orders" }]);
  for (const name of ["", ".", "../up", "a/b", "x".repeat(65)]) {
    await expect(kept.create({ name })).rejects.toThrow(/^name: expected 1 to 64 letters/);
  }
});

test("handshakes that nobody finishes keep others out of the node that they name, at most, and of no other one", async () => {
  const client = createIdentity(host);
  const limits = { halfOpen: 8, halfOpenPerAddress: 8 };
  const [a, b] = [
    await host.wait(container.create({ allow: [client.id], limits })),
    await host.wait(container.create({ allow: [client.id], limits })),
  ];
  const magic = new TextEncoder().encode("espalier");
  const target = fromBase64Url(a.ref.id) as Uint8Array;
  const first = Uint8Array.of(...magic, 1, 1, ...target, ...host.random.bytes(32));
  let answered = 0;
  let open = 0;
  for (let index = 0; index < 40; index += 1) {
    open += 1;
    const pipe = host.network.connect(container.url, {
      open: () => pipe.send(first),
      frame: () => (answered += 1),
      closed: () => (open -= 1),
    });
    host.run();
  }
  expect([answered, open]).toEqual([8, 8]);
  const outside = await host.wait(Node.start({ host, identity: client, logger: quiet }));
  stops.push(() => outside.stop());
  expect(await host.wait(outside.run(() => Nodes.connect(b.ref)))).toBe(true);
  expect(container.inspect().pipes).toMatchObject({ routed: 41, halfOpen: 0 });
  // And when their time is over the way is free.
  host.advance(5_000);
  expect(open).toBe(0);
  expect(await host.wait(outside.run(() => Nodes.connect(a.ref)))).toBe(true);
});
