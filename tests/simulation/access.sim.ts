import { remote } from "@espalier/code";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Heartbeat } from "@espalier/heartbeat";
import { Nodes, Process, Remote, type Message, type NodeRef, type Pid, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, collector, spawn, verdictMs, type Member } from "./by-hand.ts";
import { prove } from "./proof/prove.ts";
import * as access from "./scenarios/access.ts";

let cluster: Cluster;
let guard: Member;
let other: Member;
let third: Member;

beforeEach(async () => {
  cluster = new Cluster("guard", "other", "third");
  [guard, other, third] = [await cluster.start("guard"), await cluster.start("other"), await cluster.start("third")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

const child = remote({}, function* (_self: Self<never>) {
  for (;;) yield* Process.sleep(20);
});

const parent = remote({ child }, function* (_self: Self<never>) {
  yield* Process.spawn(child);
  for (;;) yield* Process.sleep(20);
});

/** Goes to `node`, starts others there, and counts. */
const staying = remote({ child, parent }, function* (_self: Self<never>, node: NodeRef) {
  yield* Remote.transfer(node);
  yield* Process.spawn(child);
  yield* Process.spawn(parent);
  for (;;) yield* Process.sleep(20);
});

const waiting = remote({}, function* (self: Self<string>, node: NodeRef, to: Pid<string>) {
  yield* Remote.transfer(node);
  for (;;) yield* Process.send(to, yield* self.receive());
});

const going = remote({}, function* (_self: Self<never>, node: NodeRef) {
  yield* Remote.transfer(node);
  return "there";
});

const here = remote({}, function* () {
  yield* Process.sleep(1);
  return "here";
});

function steps({ events }: Member): number {
  return events.filter(({ type }) => type === "guest.acting").length;
}

async function revoke(
  node: Member,
  who: Member,
): Promise<{ readonly sessions: number; readonly computations: number }> {
  return cluster.wait(node.node.access.revoke(who.ref));
}

describe("a revocation", () => {
  test("ends at once what the other node computes, and all that that has started (S274)", async () => {
    spawn(other, staying, guard.ref);
    await cluster.pass(100);
    expect(guard.node.kernel.guests.size).toBe(1);
    const before = steps(guard);
    expect(before).toBeGreaterThan(0);
    // Its own computation, two processes that it started, and one that one of those did.
    expect(await revoke(guard, other)).toEqual({ node: other.ref.id, sessions: 1, computations: 4 });
    expect(guard.node.inspect().processes).toEqual([]);
    expect(guard.events.at(-1)?.type).not.toBe("guest.acting");
    await cluster.pass(5_000);
    expect(steps(guard)).toBe(before);
    expect(other.node.inspect().processes).toEqual([]);
    expect(guard.events.filter(({ type }) => type === "access.revoked")).toEqual([
      { type: "access.revoked", node: other.ref.id, sessions: 1, computations: 4 },
    ]);
  });

  test("looks like a lost connection to who is linked, and lasts until the node is allowed again (S275)", async () => {
    const { pid } = collector(other);
    const { pid: mine, received } = collector(guard);
    guard.node
      .run(function* (self: Self<any>): LocalGenerator<void> {
        yield* Process.monitor(pid);
        yield* Process.send(mine, yield* self.receive());
      })
      .catch(() => {});
    await cluster.pass(50);
    await revoke(guard, other);
    await cluster.pass(10);
    expect(received).toMatchObject([{ type: "DOWN", cause: { type: "noconnection" } }]);
    expect(await cluster.wait(other.node.run(Nodes.connect(guard.ref)))).toBe(false);
    expect(await cluster.wait(guard.node.run(Nodes.connect(other.ref)))).toBe(false);
    expect(guard.node.access.isAllowed(other.ref)).toBe(false);
    await cluster.wait(guard.node.run(() => Nodes.allow(other.ref)));
    expect(await cluster.wait(other.node.run(Nodes.connect(guard.ref)))).toBe(true);
    expect(guard.events.map(({ type }) => type)).toContain("access.allowed");
  });

  test("counts once, however often it is asked for, and not for the node itself", async () => {
    const both = [guard.node.access.revoke(other.ref), guard.node.access.revoke(other.ref.id)];
    expect(await cluster.wait(Promise.all(both))).toMatchObject([{ sessions: 1 }, { sessions: 1 }]);
    expect(await revoke(guard, other)).toMatchObject({ sessions: 0, computations: 0 });
    expect(() => void guard.node.access.revoke(guard.ref)).toThrow(/is this node itself/);
    const tried = guard.node.run(() => Nodes.revoke(guard.ref));
    await expect(cluster.wait(tried)).rejects.toThrow(/is this node itself/);
  });

  test("is a process's to ask for, if the node has started it itself", async () => {
    const { kernel } = guard.node;
    const refusals: unknown[] = [];
    const tells = function* (): LocalGenerator<void> {
      try {
        yield* Nodes.revoke(third.ref);
      } catch (error) {
        refusals.push(error);
      }
    };
    const forOther = kernel.spawn(kernel.root, tells, []);
    kernel.behalf.add(forOther, other.ref.id);
    await cluster.pass(10);
    expect(refusals).toMatchObject([
      { code: "ACCESS", message: expect.stringContaining("is here for others") as string },
    ]);
    expect(guard.node.access.revoked).toEqual([]);
    const done = guard.node.run(() => Nodes.revoke(third.ref));
    expect(await cluster.wait(done)).toMatchObject({ node: third.ref.id, sessions: 1 });
  });

  test("drops what waits for definitions: a dead letter, and what comes behind it (S276)", async () => {
    const { pid, received } = collector(guard);
    other.tamper((message) => (message.type === "code.supply" ? null : message));
    const { incarnation } = other.node;
    const to = [guard.node.incarnation, pid.serial] as const;
    const from = [incarnation, 1] as const;
    const payload = { ...(await other.encode("needs code")), hashes: ["x".repeat(43)] };
    other.say(guard, { type: "signal.message", to, from, payload });
    other.say(guard, { type: "signal.message", to, from, payload: await other.encode("behind it") });
    await cluster.pass(20);
    const { deadLetters } = guard.node.inspect();
    await revoke(guard, other);
    await cluster.pass(100);
    expect(received).toEqual([]);
    expect(guard.node.inspect().deadLetters).toBe(deadLetters + 2);
  });

  test("leaves nothing of its code to begin anew, and code that others have as it is", async () => {
    const { pid, received } = collector(guard);
    await cluster.wait(other.node.run(Process.send(pid, here as never)));
    await cluster.pass(100);
    const [sent] = received as [() => Remote<string>];
    expect(await cluster.wait(guard.node.run(sent()))).toBe("here");
    await revoke(guard, other);
    // This program has it too: in these simulations all nodes are of one program.
    expect(await cluster.wait(guard.node.run(sent()))).toBe("here");
  });
});

describe("a process in flight", () => {
  test("to the node that is revoked is lost when its lease says so, and performs nothing until then (S277)", async () => {
    const { pid: to, received } = collector(guard);
    const pid = spawn(guard, waiting, other.ref, to);
    await cluster.pass(100);
    guard.node.run(Process.send(pid, "before")).catch(() => {});
    await cluster.pass(20);
    await revoke(guard, other);
    guard.node.run(Process.send(pid, "after")).catch(() => {});
    await cluster.pass(200);
    expect(guard.node.inspect(pid)).toBeDefined();
    await cluster.pass(verdictMs + 1_000);
    expect(guard.node.inspect(pid)).toBeUndefined();
    expect(received).toEqual(["before"]);
    expect(guard.events.find(({ type }) => type === "transfer.lost")).toMatchObject({ node: other.ref.id });
  });

  test("goes on if the node is allowed again while the lease lasts", async () => {
    const { pid: to, received } = collector(guard);
    const pid = spawn(guard, waiting, other.ref, to);
    await cluster.pass(100);
    await revoke(guard, other);
    await cluster.pass(100);
    guard.node.access.allow(other.ref);
    guard.node.run(Process.send(pid, "again")).catch(() => {});
    await cluster.pass(1_000);
    expect(received).toEqual(["again"]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 8])(
    "either way, %d ms after it began, comes to an end, here or not at all",
    async (afterMs) => {
      const out = guard.node.run(going as never, other.ref).then(String, String);
      const into = other.node.run(going as never, guard.ref).then(String, String);
      await cluster.pass(afterMs);
      const before = steps(guard);
      await revoke(guard, other);
      expect(guard.node.kernel.guests.size).toBe(0);
      await cluster.wait(Promise.all([out, into]));
      expect(steps(guard)).toBe(before);
      await cluster.pass(2_000);
      expect(guard.node.inspect().moving).toMatchObject({ homes: 0, guests: 0, leavers: 0 });
    },
  );

  test("is not taken from the revoked node by a third one", async () => {
    const handed = remote({}, function* (_self: Self<never>, first: NodeRef, then: NodeRef, to: Pid<string>) {
      yield* Remote.transfer(first);
      yield* Process.sleep(100);
      yield* Remote.transfer(then);
      yield* Process.send(to, "at the third");
    });
    const { pid: to, received } = collector(guard);
    const run = guard.node.run(handed as never, other.ref, third.ref, to);
    const outcome = run.catch((error: unknown) => error);
    await cluster.pass(50);
    await revoke(guard, other);
    await cluster.pass(verdictMs + 1_000);
    expect(await outcome).toMatchObject({ reason: { type: "unresponsive", node: other.ref.id } });
    expect(received).toEqual([]);
  });

  test("does not begin where its home was revoked, when a third node sends it on", async () => {
    const way = remote({}, function* (_self: Self<never>, first: NodeRef, then: NodeRef) {
      yield* Remote.transfer(first);
      yield* Process.sleep(100);
      yield* Remote.transfer(then);
      return "there";
    });
    const run = other.node.run(way as never, third.ref, guard.ref);
    await cluster.pass(50);
    await revoke(guard, other);
    await expect(cluster.wait(run)).rejects.toMatchObject({ code: "TRANSFER_REFUSED", remote: { code: "ACCESS" } });
    expect(steps(guard)).toBe(0);
    expect(guard.events.find(({ type }) => type === "access.refused")).toMatchObject({
      node: other.ref.id,
      from: third.ref.id,
    });
  });
});

describe("whom a node only connected to", () => {
  test("answers, signals and is monitored, and begins no computation here (S278)", async () => {
    const loner = new Cluster("loner", "peer");
    const [one, peer] = [await loner.start("loner", "nobody"), await loner.start("peer")];
    const { pid, received } = collector(one);
    const { pid: far } = collector(peer);
    await loner.wait(one.node.run(Process.whereisAt(peer.ref, "nobody")));
    await loner.wait(peer.node.run(Process.send(pid, "hello")));
    await loner.pass(20);
    expect(received).toEqual(["hello"]);
    expect(await loner.wait(one.node.run(() => Process.monitor(far)))).toBeDefined();
    await expect(loner.wait(peer.node.run(going as never, one.ref))).rejects.toMatchObject({
      message: expect.stringContaining(`begins no computations of ${peer.ref.id}`) as string,
      remote: { code: "ACCESS" },
    });
    // Its own process comes home from there.
    const trip = remote({}, function* (_self: Self<never>, there: NodeRef, back: NodeRef) {
      yield* Remote.transfer(there);
      yield* Remote.transfer(back);
      return "back";
    });
    expect(await loner.wait(one.node.run(trip as never, peer.ref, one.ref))).toBe("back");
    await loner.stop();
  });
});

describe("a wrong claim", () => {
  const misbehaved = (node: Member): unknown => node.events.find(({ type }) => type === "node.misbehaved");

  test("to be another node ends the session", async () => {
    const { pid, received } = collector(guard);
    const message: Message = {
      type: "signal.message",
      to: [guard.node.incarnation, pid.serial],
      from: [third.node.incarnation, 0, third.ref.id],
      payload: await other.encode("forged"),
    };
    other.say(guard, message);
    await cluster.pass(50);
    expect(misbehaved(guard)).toMatchObject({
      node: other.ref.id,
      reason: expect.stringContaining("is not at home there") as string,
    });
    expect(received).toEqual([]);
  });

  test("about a heartbeat of somebody else ends the session, and the heartbeat lives", async () => {
    const beat = await cluster.wait(third.node.run(Heartbeat.create("10s")));
    guard.node.run(Heartbeat.link(beat, Process.sleep("5s"))).catch(() => {});
    await cluster.pass(100);
    const status = await other.encode({ state: "ended", cause: { type: "stopped" } });
    const watched = guard.said.findLast(({ type }) => type === "heartbeat.watch") as { readonly id: number };
    other.say(guard, { type: "heartbeat.tell", id: watched.id, status });
    await cluster.pass(50);
    expect(misbehaved(guard)).toMatchObject({
      node: other.ref.id,
      reason: expect.stringContaining("about which it does not decide") as string,
    });
    expect(guard.node.inspect().processes).toHaveLength(1);
  });

  test("that another node's process has ended is not believed", async () => {
    const { pid: watched } = collector(third);
    const { pid: told, received } = collector(guard);
    guard.node
      .run(function* (self: Self<any>): LocalGenerator<void> {
        yield* Process.monitor(watched);
        yield* Process.send(told, yield* self.receive());
      })
      .catch(() => {});
    await cluster.pass(50);
    const serial = guard.node.inspect().processes.find(({ label }) => label !== "collect")?.pid.serial as number;
    for (const ref of [1, 2, 3]) {
      const cause = await other.encode({ type: "normal" });
      other.say(guard, {
        type: "signal.down",
        to: [guard.node.incarnation, serial],
        from: [other.node.incarnation, 1],
        ref,
        cause,
      });
    }
    await cluster.pass(50);
    expect(received).toEqual([]);
  });

  test("that a process is of a node which is not let in, is refused before anything is kept of it, and nobody is dialled (S301)", async () => {
    const refused = guard.events.length;
    for (let n = 0; n < 20; n += 1) {
      const home = `${String(n).padStart(42, "X")}A/life`;
      other.say(guard, {
        type: "transfer.offer",
        process: `${home}/1`,
        epoch: 2,
        home,
        address: "ws://victim:1",
        cargo: new Uint8Array(9),
        hashes: [],
        received: 0,
        performed: 0,
        effects: [],
        baton: "made up",
        grant: null,
      });
    }
    await cluster.pass(20);
    const events = guard.events.slice(refused).map(({ type }) => type);
    expect([...new Set(events)]).toEqual(["access.refused", "transfer.refused"]);
    expect(events).toHaveLength(40);
    expect(guard.node.inspect().moving).toMatchObject({ guests: 0, answers: 0 });
    expect(other.events.filter(({ type }) => type === "node.down")).toEqual([]);
    await cluster.pass(5_000);
    expect(guard.events.filter(({ type }) => type === "node.unreachable")).toEqual([]);
  });
});

prove(access, 8, " (S273, P30)");
