import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Container, createIdentity, Node, Process, type LocalGenerator, type NodeRef, type Self } from "espalier";
import { expect, onTestFinished, test } from "vitest";

const quiet = { report: () => {} };

/** What keeps this program alive, by kind: sockets, ports, timers. */
const resources = (): readonly string[] => process.getActiveResourcesInfo().toSorted();

function* echo(
  self: Self<{ readonly say: string; readonly to: { readonly name: string; readonly node: NodeRef } }>,
): LocalGenerator<never> {
  yield* Process.register("echo");
  for (;;) {
    const { say, to } = yield* self.receive();
    yield* Process.send(to, `${self.pid.address.id} says ${say}`);
  }
}

function* ask(self: Self<string>, own: NodeRef, to: NodeRef, say: string): LocalGenerator<string> {
  yield* Process.register(say);
  yield* Process.send({ name: "echo", node: to }, { say, to: { name: say, node: own } });
  return yield* self.receive();
}

test(
  "50 nodes behind one port, and a client of each: everybody gets the answer of whom they named, and nothing is left",
  { timeout: 60_000 },
  async () => {
    const before = resources();
    const clients = Array.from({ length: 50 }, () => createIdentity());
    {
      await using container = await Container.start({ listen: "ws://127.0.0.1:0", logger: quiet });
      const served = await Promise.all(clients.map(({ id }) => container.create({ allow: [id] })));
      for (const node of served) void node.run(echo).catch(() => {});
      expect(resources().filter((kind) => kind === "TCPServerWrap")).toHaveLength(1);
      const dialling = await Promise.all(
        // They listen as well: an answer to a name may have to find its way.
        clients.map((identity, index) =>
          Node.start({ identity, listen: "ws://127.0.0.1:0", allow: [served[index]?.ref.id as string], logger: quiet }),
        ),
      );
      const answers = await Promise.all(
        dialling.map((node, index) => node.run(ask, node.ref, (served[index] as Node).ref, `hello ${index}`)),
      );
      expect(answers).toEqual(served.map(({ ref }, index) => `${ref.id} says hello ${index}`));
      expect(container.inspect().pipes).toMatchObject({ routed: 50, local: 0, halfOpen: 0 });
      expect(container.nodes().every(({ status }) => status === "active")).toBe(true);
      // Half of them leave; the others do not notice.
      await Promise.all(served.slice(25).map(({ ref }) => container.stop(ref.id)));
      const stay = dialling.slice(0, 25);
      const again = await Promise.all(
        stay.map((node, index) => node.run(ask, node.ref, (served[index] as Node).ref, `again ${index}`)),
      );
      expect(again).toHaveLength(25);
      expect(stay.every((node) => node.inspect().peers.length === 1)).toBe(true);
      await Promise.all(dialling.map((node) => node.stop()));
    }
    await expect.poll(resources, { timeout: 10_000 }).toEqual(before);
  },
);

test("a container's data is a directory for each name, and its nodes are the same ones the next time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "espalier-container-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const options = { listen: "ws://127.0.0.1:0", data: folder, logger: quiet };
  const keys: (readonly string[])[] = [];
  for (let life = 0; life < 2; life += 1) {
    await using container = await Container.start(options);
    const nodes = await Promise.all(["orders", "bills"].map((name) => container.create({ name })));
    keys.push(nodes.map(({ ref }) => ref.id));
    await expect(container.create({ name: "orders" })).rejects.toMatchObject({ code: "IDENTITY_TAKEN" });
  }
  expect(keys[0]).toEqual(keys[1]);
  expect(await readdir(folder)).toEqual(["bills", "orders"]);
});

test("of two nodes that want the same key file, which is not there yet, one gets it and the other is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "espalier-container-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using container = await Container.start({ listen: "ws://127.0.0.1:0", logger: quiet });
  const identity = join(folder, "a.key");
  const both = await Promise.allSettled([container.create({ identity }), container.create({ identity })]);
  expect(both).toMatchObject([{ status: "fulfilled" }, { reason: { code: "IDENTITY_TAKEN" } }]);
});

test("a port that is taken is named, and leaves nothing behind", async () => {
  await using container = await Container.start({ listen: "ws://127.0.0.1:0", logger: quiet });
  const { url } = container;
  await expect(Container.start({ listen: url })).rejects.toThrow(/is taken by another program/);
});
