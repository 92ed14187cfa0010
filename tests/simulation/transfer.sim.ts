import { fn, remote } from "@espalier/code";
import { Heartbeat, type Cause } from "@espalier/heartbeat";
import {
  Process,
  Remote,
  Server,
  Task,
  type Down,
  type NodeEvent,
  type NodeRef,
  type Pid,
  type Remote as RemoteOf,
  type Self,
} from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, collector, type Member, verdictMs } from "./by-hand.ts";

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

const sum = fn((xs: readonly number[]) => xs.reduce((left, right) => left + right, 0));

/** The example of the tour. */
const sortThenSum = remote({ sum }, function* (alice: NodeRef, bob: NodeRef) {
  const xs = [92, 3, 145, 9, 2, 64];
  yield* Remote.transfer(alice);
  const sorted = xs.toSorted((left, right) => left - right);
  const first = yield* Remote.here();
  yield* Remote.transfer(bob);
  const second = yield* Remote.here();
  return { total: sum(sorted), first: first.id, second: second.id };
});

/** Goes to `node` and stays there, telling `to` every 100 ms that it does. */
const stay = remote({}, function* (node: NodeRef, to: Pid<string>) {
  yield* Remote.transfer(node);
  for (let n = 1; ; n += 1) {
    yield* Process.send(to, `here ${n}`);
    yield* Process.sleep(100);
  }
});

/** Starts `body` on `machine`, and keeps why it ended. */
function start(machine: Member, body: RemoteOf<unknown>): { readonly pid: Pid; cause: Cause | null } {
  const started: { pid: Pid; cause: Cause | null } = { pid: machine.node.kernel.root, cause: null };
  void machine.node
    .run(function* (self: Self<Down>) {
      started.pid = yield* Process.spawn(body);
      yield* self.monitor(started.pid);
      started.cause = (yield* self.receive()).cause;
    })
    .catch(() => {});
  return started;
}

function types(events: readonly NodeEvent[], prefix: string): string[] {
  return events.map(({ type }) => type).filter((type) => type.startsWith(prefix));
}

describe("a computation that moves", () => {
  test("runs on where it went, and what it returns comes home", async () => {
    const result = await cluster.wait(o.node.run(sortThenSum(a.ref, b.ref)));
    expect(result).toEqual({ total: 315, first: a.ref.id, second: b.ref.id });
  });

  test("leaves nothing behind anywhere (S126, P19)", async () => {
    await cluster.wait(o.node.run(sortThenSum(a.ref, b.ref)));
    await cluster.pass(3_000);
    // And one that comes back.
    const back = remote({}, function* (node: NodeRef, home: NodeRef) {
      yield* Remote.transfer(node);
      yield* Remote.transfer(home);
    });
    await cluster.wait(o.node.run(back(a.ref, o.ref)));
    await cluster.pass(3_000);
    for (const { node } of [o, a, b]) {
      const { processes, moving } = node.inspect();
      expect({ processes, moving }).toEqual({
        processes: [],
        moving: { homes: 0, guests: 0, leavers: 0, forwarding: 0, answers: 0 },
      });
    }
    expect(cluster.timers).toBe(0);
  });

  test("asks once for the code that is missing, and not again for what is there (S128)", async () => {
    await cluster.wait(o.node.run(sortThenSum(a.ref, b.ref)));
    await cluster.wait(o.node.run(sortThenSum(a.ref, b.ref)));
    const arrivals = a.events.filter((event) => event.type === "transfer.arrived");
    expect(arrivals.map(({ missing }) => missing)).toEqual([2, 0]);
  });

  test("goes there and back, again and again, and stays the same process (S127)", async () => {
    const bounce = remote({}, function* (home: NodeRef, away: NodeRef, to: Pid<string>) {
      for (let n = 0; n < 5; n += 1) {
        yield* Remote.transfer(away);
        yield* Process.send(to, `away ${n}`);
        yield* Remote.transfer(home);
        yield* Process.send(to, `home ${n}`);
      }
    });
    const { pid: to, received } = collector(b);
    await cluster.wait(o.node.run(bounce(o.ref, a.ref, to)));
    await cluster.pass(100);
    expect(received).toEqual([0, 1, 2, 3, 4].flatMap((n) => [`away ${n}`, `home ${n}`]));
  });

  test("takes its mailbox along, and nobody who writes to it notices (S122, R-401)", async () => {
    const { pid: to, received } = collector(o);
    const echo = remote({}, function* (self: Self<number>, nodes: readonly NodeRef[], to: Pid<number>) {
      for (const node of nodes) {
        for (let n = 0; n < 3; n += 1) yield* Process.send(to, yield* self.receive());
        yield* Remote.transfer(node);
      }
    });
    const { kernel } = o.node;
    const { pid } = kernel.spawn(kernel.root, echo, [[a.ref, b.ref, o.ref, a.ref], to]);
    void b.node.run(function* () {
      for (let n = 1; n <= 12; n += 1) {
        yield* Process.send(pid, n);
        yield* Process.sleep(7);
      }
    });
    await cluster.pass(3_000);
    expect(received).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("takes along what it did on the way: what it sent itself, and that it was told of an end (S122, R-401) (S193)", async () => {
    const selfish = remote({}, function* (self: Self<any>, away: NodeRef, home: NodeRef, gone: Pid) {
      yield* Remote.transfer(away);
      yield* Process.send(self.pid, "sent");
      const ref = yield* self.monitor(gone);
      yield* Remote.transfer(home);
      const first = yield* self.receive({ within: 1_000, otherwise: "lost" });
      const second = yield* self.receive({ within: 1_000, otherwise: { ref: null } });
      return [first, second.ref === null ? "lost" : ref.equals(second.ref)];
    });
    // Nothing of it arrives but in the process's own luggage.
    a.tamper((message) => (message.type === "transfer.out" ? null : message));
    const { kernel } = o.node;
    const { pid: gone } = kernel.spawn(kernel.root, function* () {}, []);
    await cluster.pass(5);
    const result = o.node.run(function* () {
      return yield* Task.await(yield* Task.async(selfish, a.ref, o.ref, gone));
    });
    expect(await cluster.wait(result)).toEqual(["sent", true]);
  });

  test("is linked and monitored wherever it is (S127, R-105, R-302)", async () => {
    const { pid: to, received } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(500);
    void b.node.run(function* (self: Self<Down>) {
      yield* self.monitor(moving.pid);
      yield* Process.send(to, (yield* self.receive()).cause);
    });
    await cluster.pass(200);
    void b.node
      .run(function* () {
        yield* Process.link(moving.pid);
        yield* Process.exit({ type: "exit", reason: "enough" });
      })
      .catch(() => {});
    await cluster.pass(500);
    expect(moving.cause).toEqual({ type: "exit", reason: "enough" });
    expect(received.at(-1)).toEqual({ type: "exit", reason: "enough" });
    expect(a.node.inspect().processes).toEqual([]);
  });

  test("answers calls from elsewhere, and calls from elsewhere (S127, R-323)", async () => {
    const Counter = Server.define({
      init: (count: number) => ({ count }),
      call: { add: (state, by: number) => (state.count += by) },
    });
    const { pid: to, received } = collector(o);
    const caller = remote({}, function* (node: NodeRef, counter: any, to: Pid<number>) {
      yield* Process.send(to, yield* counter.call.add(1));
      yield* Remote.transfer(node);
      yield* Process.send(to, yield* counter.call.add(2));
    });
    await cluster.wait(
      b.node.run(function* () {
        const counter = yield* Server.start(Counter, 10, { name: "counter" });
        const at = Server.ref(Counter, counter.pid);
        yield* Process.send(to, counter.pid);
        void at;
        yield* Process.sleep("50ms");
      }),
    );
    await cluster.pass(50);
    const counter = Server.ref(Counter, received[0] as Pid<unknown>);
    received.length = 0;
    await cluster.wait(o.node.run(caller(a.ref, counter, to)));
    await cluster.pass(100);
    expect(received).toEqual([11, 13]);
  });
});

describe("a transfer that fails", () => {
  test("throws where it was asked for, and the computation goes on: nothing listens there (S120)", async () => {
    const careful = remote({}, function* (node: NodeRef) {
      try {
        yield* Remote.transfer(node);
        return "moved";
      } catch (error) {
        return (error as Error).message;
      }
    });
    cluster.crash("a");
    await cluster.pass(10);
    const message = await cluster.wait(o.node.run(careful(a.ref)));
    expect(message).toMatch(/noconnection.*connect ws:\/\/a:7000: nothing listens there/);
  });

  test("names what cannot travel before anything is sent", async () => {
    const stuck = remote({}, function* (node: NodeRef) {
      const socket = new WeakSet<object>();
      yield* Remote.transfer(node);
      return socket.has(node);
    });
    await expect(cluster.wait(o.node.run(stuck(a.ref)))).rejects.toThrow(/socket/);
    expect(types(o.events, "transfer.")).toEqual([]);
  });

  test("is refused by a node that cannot go on with it, and says what that node said (S120)", async () => {
    const careful = remote({}, function* (node: NodeRef) {
      try {
        yield* Remote.transfer(node);
        return "moved";
      } catch (error) {
        return error as Error;
      }
    });
    // The other node is of a version that knows no such frames.
    const { kernel } = a.node;
    kernel.markerMakers.delete("attempt");
    const attempting = remote({ careful }, function* (node: NodeRef) {
      return yield* Remote.attempt(careful(node));
    });
    const attempt = (await cluster.wait(o.node.run(attempting(a.ref)))) as { type: string; value: Error };
    expect(attempt.value).toMatchObject({ code: "TRANSFER_REFUSED", node: a.ref.id });
    expect(attempt.value.message).toMatch(/marker of a process that arrives: expected one that this node knows/);
    expect(types(o.events, "transfer.")).toEqual(["transfer.started", "transfer.failed"]);
  });
});

describe("a host that is lost", () => {
  test("a broken connection alone is no death: the computation goes on, and nothing is lost (S125, S130, settled 1)", async () => {
    const { pid: to, received } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(950);
    cluster.breakLinks("o", "a");
    await cluster.pass(950);
    expect(moving.cause).toBeNull();
    expect(received).toEqual(received.map((_, index) => `here ${index + 1}`));
    expect(received.length).toBeGreaterThan(15);
    expect(types(o.events, "node.")).toContain("node.down");
    expect(types(o.events, "node.verdict")).toEqual([]);
  });

  test("a machine that dies is `unresponsive` when its lease is over, and not before (S129, P11, P12)", async () => {
    const { pid: to } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(1_000);
    cluster.crash("a");
    await cluster.pass(800);
    expect(moving.cause).toBeNull();
    await cluster.pass(verdictMs - 800);
    expect(moving.cause).toEqual({ type: "unresponsive", node: a.ref.id });
    expect(types(o.events, "node.")).toEqual(expect.arrayContaining(["node.suspected", "node.verdict"]));
  });

  test("nothing of it takes effect after the verdict, and it stops by itself before that (S121, P13, H9)", async () => {
    const { pid: to, received } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(1_000);
    cluster.part("o", "a");
    let stoppedAtMs = 0;
    let verdictAtMs = 0;
    for (let passedMs = 0; passedMs < verdictMs; passedMs += 5) {
      await cluster.pass(5);
      if (stoppedAtMs === 0 && a.node.inspect().processes.length === 0) stoppedAtMs = passedMs;
      if (verdictAtMs === 0 && moving.cause !== null) verdictAtMs = passedMs;
    }
    expect(stoppedAtMs).toBeGreaterThan(700);
    expect(verdictAtMs).toBeGreaterThan(stoppedAtMs + 100);
    expect(moving.cause).toEqual({ type: "unresponsive", node: a.ref.id });
    const before = received.length;
    cluster.heal();
    await cluster.pass(5_000);
    expect(received.length).toBe(before);
    expect(a.node.inspect().processes).toEqual([]);
  });

  test("a pause of the network that is shorter than the lease costs nothing but time (S122)", async () => {
    const { pid: to, received } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(1_000);
    cluster.part("o", "a");
    await cluster.pass(600);
    cluster.heal();
    await cluster.pass(2_000);
    expect(moving.cause).toBeNull();
    expect(received).toEqual(received.map((_, index) => `here ${index + 1}`));
    expect(received.length).toBeGreaterThan(30);
  });

  test("a new life of the node proves that the earlier one is over (S130, H18)", async () => {
    const { pid: to } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(1_000);
    cluster.crash("a");
    a = await cluster.start("a");
    void a.node.run(Process.whereisAt(o.ref, "anybody"));
    await cluster.pass(100);
    expect(moving.cause).toEqual({ type: "unresponsive", node: a.ref.id });
  });

  test("whoever saw its OS process end says so, and need not wait (S130, settled 1)", async () => {
    const { pid: to } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(1_000);
    cluster.crash("a");
    o.node.declareDown(a.ref);
    await cluster.pass(5);
    expect(moving.cause).toEqual({ type: "unresponsive", node: a.ref.id });
    expect(types(o.events, "node.verdict")).toEqual(["node.verdict"]);
  });

  test("its home dies: it stops acting, because nobody is left to answer for it (S131, H31)", async () => {
    const { pid: to, received } = collector(b);
    start(o, stay(a.ref, to));
    await cluster.pass(1_000);
    cluster.crash("o");
    await cluster.pass(1_500);
    expect(a.node.inspect().processes).toEqual([]);
    const before = received.length;
    await cluster.pass(2_000);
    expect(received.length).toBe(before);
  });

  test("a stopping node says at once that what it ran is over (S130)", async () => {
    const { pid: to } = collector(o);
    const moving = start(o, stay(a.ref, to));
    await cluster.pass(1_000);
    void a.node.stop();
    await cluster.pass(50);
    expect(moving.cause).toEqual({ type: "unresponsive", node: a.ref.id });
  });

  test("every heartbeat that the computation was linked to fails with the verdict (the seed's example) (S129)", async () => {
    const { pid: to, received } = collector(b);
    const scoped = remote({ stay }, function* (forked: NodeRef, supervisor: NodeRef, to: Pid<any>) {
      const h1 = yield* Heartbeat.create("1h");
      const ended = yield* Heartbeat.supervise(h1);
      yield* Remote.fork(Heartbeat.link(h1, stay(forked, to)));
      yield* Remote.transfer(supervisor);
      yield* Process.send(to, yield* ended);
    });
    start(o, scoped(a.ref, b.ref, to));
    await cluster.pass(1_000);
    expect(received.at(-1)).toMatch(/^here/);
    cluster.crash("a");
    await cluster.pass(verdictMs + 200);
    expect(received.at(-1)).toEqual({ type: "unresponsive", node: a.ref.id });
  });
});
