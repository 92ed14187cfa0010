import { Channel } from "@espalier/channels";
import { Heartbeat } from "@espalier/heartbeat";
import { Process, type Self, type TreeView } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

function* idle(self: Self<unknown>) {
  yield* self.receive({ match: () => false });
}

function* parent(self: Self<unknown>) {
  yield* Process.register("parent");
  yield* Process.spawnLink(idle);
  yield* Process.spawn(idle);
  yield* idle(self);
}

test("node.inspect() gives the tree, processes with links and mailboxes, heartbeats and channels", async () => {
  const { node, host } = await bench();
  const running = node.run(function* top(self: Self<unknown>) {
    const pid = yield* Process.spawn(parent);
    yield* Process.send(pid, "waits in the mailbox");
    yield* Heartbeat.create("10s");
    yield* Channel.create({ capacity: 3 });
    yield* self.receive();
  });
  host.run();
  const view = node.inspect();

  const top = find(view.tree, "top");
  expect(top?.children.map(({ process }) => process.name)).toEqual(["parent"]);
  const [{ process, children } = { process: undefined, children: [] }] = top?.children ?? [];
  expect(children.map((child) => child.process.label)).toEqual(["idle", "idle"]);
  expect(process).toMatchObject({ status: "waiting", waitingFor: "receive", mailbox: 1, place: "home" });
  expect(process?.links.map(String)).toEqual([String(children[0]?.process.pid)]);
  expect(view.heartbeats).toMatchObject([{ decidedHere: true, status: { state: "live" } }]);
  expect(view.channels.channels).toMatchObject([{ owner: top?.process.pid }]);

  await host.wait(node.stop());
  await expect(running).rejects.toMatchObject({ reason: { type: "shutdown" } });
  expect(node.inspect()).toMatchObject({ processes: [], tree: [], channels: { channels: [] } });
});

function find(trees: readonly TreeView[], label: string): TreeView | undefined {
  return trees.find(({ process }) => process.label === label);
}
