import { ManualHost } from "@espalier/runtime/testing";
import type { Node, NodeId } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { createIdentity, type Identity } from "@espalier/wire";
import { Nodes, Process, type LocalGenerator, type NodeRef, type Pid, type Self } from "../src/index.ts";
import { startConnected } from "../src/parts.ts";

let host: ManualHost;
let seed: Node;
let seedIdentity: Identity;

const start = (listen: string, connect: readonly NodeRef[] = [], identity = createIdentity(host)): Promise<Node> =>
  host.wait(startConnected({ host, identity, listen, allow: "anyone", connect }));

async function pass(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 100) {
    host.advance(100);
    await host.settle();
  }
}

const peers = (node: Node): readonly NodeId[] => node.inspect().peers;

beforeEach(async () => {
  host = new ManualHost();
  seedIdentity = createIdentity(host);
  seed = await start("ws://seed", [], seedIdentity);
});

describe("a node that was started with nodes to stay connected with", () => {
  it("connects with them by itself, again after each loss, and not with itself", async () => {
    const identity = createIdentity(host);
    const node = await start("ws://node", [seed.ref], identity);
    await pass(100);
    expect(peers(node)).toEqual([seed.ref.id]);
    host.network.cut();
    await host.settle();
    expect(peers(node)).toEqual([]);
    await pass(1_000);
    expect(peers(node)).toEqual([seed.ref.id]);
    expect(node.inspect().network).toMatchObject({ kept: 1, connections: 1 });
  });

  it("follows one into its next life, in which nothing reaches a process that lived in the last (S264, R-1308)", async () => {
    const node = await start("ws://node", [seed.ref]);
    const got: unknown[] = [];
    function* listener(self: Self<string>): LocalGenerator<void> {
      for (;;) got.push(yield* self.receive());
    }
    const spawnIn = (life: Node): Promise<Pid<string>> => host.wait(life.run(Process.spawn(listener)));
    const before = await spawnIn(seed);
    await host.wait(seed.stop());
    seed = await start("ws://seed", [], seedIdentity);
    const after = await spawnIn(seed);
    await pass(2_000);
    expect(peers(node)).toEqual([seed.ref.id]);
    expect(node.inspect().links[0]?.incarnation).toBe(seed.incarnation);
    // The same node, and maybe the same serial: another process.
    await host.wait(
      node.run(function* () {
        yield* Process.send(before, "to the dead");
        yield* Process.send(after, "to the living");
      }),
    );
    await host.settle();
    expect(got).toEqual(["to the living"]);
  });
});

describe("Nodes.connect with `keep`", () => {
  it("says whether there is a connection now, and goes on when there is none", async () => {
    const node = await start("ws://node");
    const { ref } = seed;
    await host.wait(seed.stop());
    expect(await host.wait(node.run(Nodes.connect(ref, { keep: true })))).toBe(false);
    seed = await start("ws://seed", [], seedIdentity);
    await pass(3_000);
    expect(peers(node)).toEqual([seed.ref.id]);
  });

  it("ends with Nodes.disconnect, whether there is a connection or not", async () => {
    const node = await start("ws://node");
    expect(await host.wait(node.run(Nodes.connect(seed.ref, { keep: true })))).toBe(true);
    expect(await host.wait(node.run(Nodes.disconnect(seed.ref)))).toBe(true);
    await pass(3_000);
    expect(peers(node)).toEqual([]);
    await host.wait(node.run(Nodes.connect(seed.ref, { keep: true })));
    await host.wait(seed.stop());
    expect(await host.wait(node.run(Nodes.disconnect(seed.ref)))).toBe(false);
    expect(node.inspect().network).toMatchObject({ kept: 0, connections: 0 });
  });
});
