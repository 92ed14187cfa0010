/**
 * Two tenants behind one port. Each is a node of a container, with its own key and its own list of those whom it lets in. A guest of the first computes
 * there; its key is revoked in the middle of that, and it is gone. The second tenant notices nothing.
 *
 *     node examples/14-two-tenants.ts
 */
import {
  type CauseError,
  Container,
  createIdentity,
  Node,
  Nodes,
  Process,
  Remote,
  remote,
  type NodeRef,
  type Self,
} from "espalier";

/** Counts where it was sent, and shows each number there, until somebody ends it. */
const counter = remote({}, function* counter(_self: Self<never>, there: NodeRef) {
  yield* Remote.transfer(there);
  for (let count = 1; ; count += 1) {
    yield* Process.send("display", count);
    yield* Process.sleep("1ms");
  }
});

/** The tenant's own process: the guest knows it by its name. It has seen enough at three. */
function* display(self: Self<number>) {
  yield* Process.register("display");
  while ((yield* self.receive()) < 3);
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const ada = createIdentity();
  const bob = createIdentity();
  const logger = { report: () => {} };
  // How soon it is noticed that a computation elsewhere is lost: 5 s unless given, the same on all nodes.
  const lease = { beat: "50ms", lease: "250ms" } as const;

  await using container = await Container.start({ listen: "ws://127.0.0.1:0", logger });
  const orders = await container.create({ name: "orders", allow: [ada.id], lease });
  const bills = await container.create({ name: "bills", allow: [bob.id], lease });
  await using adasNode = await Node.start({ identity: ada, lease, logger });
  await using bobsNode = await Node.start({ identity: bob, lease, logger });

  print(`one port: ${orders.ref.address === bills.ref.address}`);
  print(`ada reaches orders: ${await adasNode.run(Nodes.connect(orders.ref))}`);
  print(`ada reaches bills: ${await adasNode.run(Nodes.connect(bills.ref))}`);
  print(`bob reaches bills: ${await bobsNode.run(Nodes.connect(bills.ref))}`);

  orders.events.subscribe((event) => {
    if (event.type === "access.revoked") print(`event: revoked, and ${event.computations} computation ended`);
    if (event.type === "connection.down") print(`event: the connection is down, ${event.why}`);
  });

  // Ada's computation counts on the tenant's node, which ends that in the middle.
  const seen = orders.run(display);
  const counting = adasNode.run(counter, orders.ref).catch((error: CauseError) => error.reason.type);
  await seen;
  await orders.access.revoke(ada.id);
  print(`ada reaches orders: ${await adasNode.run(Nodes.connect(orders.ref))}`);
  print(`ada's computation: ${await counting}`);

  // The other tenant has noticed nothing.
  print(`bob is connected with bills: ${bills.access.isAllowed(bob.id) && bills.inspect().links.length === 1}`);
  for (const { name, id } of container.nodes()) {
    const { done, failed } = container.get(id)!.inspect().network!.handshakes;
    print(`${name}: let in ${done}, turned away ${failed.stranger}`);
  }
}

if (import.meta.main) await main();
