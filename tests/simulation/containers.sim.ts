import { World, WatchedHost } from "@espalier/testkit";
import { Container, createIdentity, NodeRef, Nodes } from "espalier";
import { expect, test } from "vitest";
import * as containers from "./scenarios/containers.ts";
import { prove } from "./proof/prove.ts";

prove(containers, 3, " (S284)");

test("two containers that talked and were stopped leave nothing behind: no timer, no port, no pipe", async () => {
  const world = new World({ seed: 1 });
  const quiet = { report: () => {} };
  const starting = ["m", "n"].map(async (name) => {
    const machine = world.machine(name);
    const host = new WatchedHost(machine.host);
    const container = await Container.start({ host, listen: machine.url, logger: quiet });
    return { host, container, identities: [createIdentity(machine.host), createIdentity(machine.host)] };
  });
  const started = await world.until(Promise.all(starting));
  const keys = started.flatMap(({ identities }) => identities.map(({ id }) => id));
  const nodes = await world.until(
    Promise.all(
      started.flatMap(({ container, identities }) =>
        identities.map((identity) => container.create({ identity, allow: keys })),
      ),
    ),
  );
  for (const node of nodes) {
    for (const { ref } of nodes) {
      if (ref.id !== node.ref.id) expect(await world.until(node.run(() => Nodes.connect(ref)))).toBe(true);
    }
    // Nobody lives there under that key.
    const nobody = new NodeRef(createIdentity(world.machine("m").host).id, nodes[0]?.ref.address ?? null);
    expect(await world.until(node.run(() => Nodes.connect(nobody)))).toBe(false);
  }
  expect(started.map(({ container }) => container.inspect().pipes.local)).toEqual([
    expect.any(Number),
    expect.any(Number),
  ]);
  await world.until(Promise.all(started.map(({ container }) => container.stop())));
  await world.run(10_000);
  expect(started.flatMap(({ host }) => host.left)).toEqual([]);
});
