import { remote } from "@espalier/code";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, Remote, type Drained, type Fence, type NodeRef, type Pid, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, collector, type Member, spawn } from "./by-hand.ts";

let cluster: Cluster;
let o: Member;
let a: Member;
let b: Member;

beforeEach(async () => {
  cluster = new Cluster("o", "a", "b");
  [o, a, b] = [await cluster.start("o"), await cluster.start("a"), await cluster.start("b")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

function send(machine: Member, to: Pid<any>, message: unknown): Promise<void> {
  return cluster.wait(machine.node.run(Process.send(to, message)));
}

/** Where `machine` computes, and is at home. */
function has({ node }: Member, pid: Pid<any>): boolean {
  return node.inspect().processes.some((view) => view.pid.equals(pid) && view.place !== "away");
}

/** Sends back where it is and what it got. */
const echo = remote({}, function* (self: Self<unknown>, to: Pid<any>) {
  for (;;) {
    const message = yield* self.receive();
    const { id } = yield* Remote.here();
    yield* Process.send(to, [id, message]);
  }
});

/** Starts an echo that is linked with it, tells `to` who that is, and waits. */
const parentOfEcho = remote({ echo }, function* (self: Self<unknown>, to: Pid<any>) {
  const pid = yield* Process.spawnLink(echo, to);
  yield* Process.send(to, pid);
  for (;;) yield* self.receive();
});

/** The same, and cannot move. */
function* nativeEcho(self: Self<unknown>, to: Pid<any>): LocalGenerator<never> {
  for (;;) {
    const message = yield* self.receive();
    const { id } = yield* Remote.here();
    yield* Process.send(to, [id, message]);
  }
}

function* idle(self: Self<unknown>): LocalGenerator<never> {
  for (;;) yield* self.receive();
}

/** Starts an echo that is linked with it, tells `to` who that is, and waits; it cannot move. */
function* nativeParent(self: Self<unknown>, to: Pid<any>): LocalGenerator<never> {
  yield* Process.send(to, yield* Process.spawnLink(echo, to));
  return yield* idle(self);
}

describe("a node that is drained", () => {
  test("moves what can move with its home, stops the rest in order, and leaves (S244)", async () => {
    const { pid: to, received } = collector(o);
    const moving = [spawn(a, echo, to), spawn(a, echo, to), spawn(a, echo, to)];
    const staying = spawn(a, idle);
    await cluster.pass(5);
    const drained = await cluster.wait(a.node.drain({ to: [o.ref, b.ref] }));
    const moved = drained.migrated.map(({ pid, to: { id } }) => [pid.serial, id] as const);
    expect(moved.toSorted(([x], [y]) => x - y)).toEqual([
      [moving[0]?.serial, o.ref.id],
      [moving[1]?.serial, b.ref.id],
      [moving[2]?.serial, o.ref.id],
    ]);
    expect(drained.stopped.map(({ pid, label }) => [pid.serial, label])).toEqual([[staying.serial, "idle"]]);
    expect(drained.stopped[0]?.why).toMatch("cannot move idle: ");
    expect(drained.left.map(({ id }) => id).toSorted()).toEqual([o.ref.id, b.ref.id].toSorted());
    for (const pid of moving) await send(b, pid, 1);
    await cluster.pass(50);
    const answered = received.map(([id]) => id as string);
    expect(answered.filter((id) => id === o.ref.id)).toHaveLength(2);
    expect(answered.filter((id) => id === b.ref.id)).toHaveLength(1);
    expect(has(o, moving[0] as Pid<any>) && has(b, moving[1] as Pid<any>)).toBe(true);
  });

  test("is seen to go with the reason `shutdown` (R-1304)", async () => {
    const { pid, received } = collector(o);
    o.node.kernel.nodeMonitors.subscribe(o.node.kernel.find(pid) as never, null);
    await cluster.wait(a.node.drain());
    await cluster.pass(5);
    expect(received).toMatchObject([{ type: "nodedown", node: { id: a.ref.id }, reason: "shutdown" }]);
  });

  test("moves a process that is linked with its parent only after it", async () => {
    const { pid: to, received } = collector(o);
    spawn(a, parentOfEcho, to);
    spawn(a, nativeParent, to);
    await cluster.pass(20);
    expect(received).toHaveLength(2);
    const drained = await cluster.wait(a.node.drain({ to: [b.ref] }));
    expect(drained.migrated).toHaveLength(2);
    expect(drained.stopped.map(({ label }) => label)).toEqual(["nativeParent", "remote"]);
    expect(drained.stopped[1]?.why).toMatch(/^it belongs to nativeParent, which has not moved: /);
  });

  test("refuses new work, and goes on with what it has", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(a, nativeEcho, to);
    spawn(a, echo, to);
    await cluster.pass(5);
    // The echo is on its way for as long as it may.
    cluster.part("a", "b");
    const draining = a.node.drain({ to: [b.ref], within: "2s" });
    await expect(a.node.run(Remote.here())).rejects.toMatchObject({ code: "NODE_STOPPED" });
    const refused = o.node.run(Process.migrate(spawn(o, echo, to), a.ref));
    refused.catch(() => {});
    await send(o, pid, 1);
    await cluster.pass(10);
    await expect(cluster.wait(refused)).rejects.toMatchObject({ code: "TRANSFER_REFUSED" });
    const drained: Drained = await cluster.wait(draining);
    expect(drained.migrated).toEqual([]);
    expect(drained.stopped).toHaveLength(2);
    expect(received).toEqual([[a.ref.id, 1]]);
  });

  test("sends guests home when it is not told where to", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(b, echo, to);
    await cluster.wait(b.node.run(Process.migrate(pid, a.ref)));
    const drained = await cluster.wait(a.node.drain());
    expect(drained.migrated.map(({ to: { id } }) => id)).toEqual([b.ref.id]);
    await send(o, pid, 1);
    await cluster.pass(10);
    expect(received).toEqual([[b.ref.id, 1]]);
  });

  test("brings back what computes elsewhere, and moves that too", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(a, echo, to);
    await cluster.wait(a.node.run(Process.migrate(pid, b.ref)));
    const drained = await cluster.wait(a.node.drain({ to: [b.ref] }));
    expect(drained).toMatchObject({ migrated: [{ to: { id: b.ref.id } }], stopped: [] });
    await send(o, pid, 1);
    await cluster.pass(20);
    expect(received).toEqual([[b.ref.id, 1]]);
  });

  test("is drained once, and not after it was stopped", async () => {
    const draining = a.node.drain();
    expect(a.node.drain()).toBe(draining);
    await cluster.wait(draining);
    await cluster.wait(b.node.stop());
    await expect(b.node.drain()).rejects.toMatchObject({ code: "NODE_STOPPED" });
  });
});

describe("a fence (settled 2)", () => {
  /** Tells `to` its fence whenever it gets something: there it moves, if it is a node. */
  const fenced = remote({}, function* (self: Self<NodeRef | null>, to: Pid<any>) {
    for (;;) {
      const node = yield* self.receive();
      let failed = false;
      try {
        if (node !== null) yield* Remote.transfer(node);
      } catch {
        failed = true;
      }
      const { process, epoch } = yield* Remote.fence();
      yield* Process.send(to, { process, epoch, failed });
    }
  });

  test("grows with every move of the process, and every move of its home, and is the same in between (S245)", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(a, fenced, to);
    const tell = async (what: NodeRef | null): Promise<void> => {
      await send(o, pid, what);
      await cluster.pass(50);
    };
    const handOver = (from: Member, node: NodeRef): Promise<void> =>
      cluster.wait(from.node.run(Process.migrate(pid, node, { home: true })));
    await tell(null);
    await tell(null);
    await tell(b.ref);
    await tell(o.ref);
    await tell(a.ref);
    await handOver(a, b.ref);
    await tell(null);
    await handOver(b, a.ref);
    await tell(null);
    await tell(b.ref);
    await tell(a.ref);
    const fences = received as Fence[];
    expect(new Set(fences.map(({ process }) => process))).toEqual(new Set([pid.key]));
    const [first, ...rest] = fences.map(({ epoch }) => epoch) as [number, ...number[]];
    expect(rest).toHaveLength(8);
    expect(rest[0]).toBe(first);
    const moved = [first, ...rest.slice(1)];
    expect(moved).toEqual([...new Set(moved)].toSorted((x, y) => x - y));
  });

  test("grows when a move came to nothing", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(a, fenced, to);
    await send(o, pid, null);
    // What is being drained refuses whoever comes.
    b.node.kernel.draining = true;
    await send(o, pid, b.ref);
    await cluster.pass(50);
    expect(received).toHaveLength(2);
    expect(received[1].failed).toBe(true);
    expect(received[1].epoch).toBeGreaterThan(received[0].epoch);
  });
});
