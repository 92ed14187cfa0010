import { fn, remote } from "@espalier/code";
import { Channel } from "@espalier/channels";
import { Heartbeat, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Process, Remote, Self, Server, Task, type Down, type Kernel, type NodeRef, type Pid } from "@espalier/runtime";
import { Supervisor } from "@espalier/supervisor";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, collector, type Member, spawn, verdictMs } from "./by-hand.ts";

type Cell = Parameters<Kernel["wait"]>[0];

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

/** `machine` moves the process to where `to` is. */
function migrate(machine: Member, pid: Pid<any>, to: Member): Promise<void> {
  return cluster.wait(asked(machine, pid, to));
}

/** The same, while time does not pass. */
function asked({ node }: Member, pid: Pid<any>, to: Member, options?: { within: number }): Promise<void> {
  return node.run(Process.migrate(pid, to.ref, options));
}

/** Where it is, as its hosts know it. */
function hosts(pid: Pid<any>): string[] {
  return [o, a, b].flatMap(({ name, node }) => {
    const process = node.inspect().processes.find((view) => view.pid.equals(pid));
    return process === undefined || process.place === "away" ? [] : [name];
  });
}

/** Sends back where it is and what it got. */
const echo = remote({}, function* (self: Self<unknown>, to: Pid<any>) {
  for (;;) {
    const message = yield* self.receive();
    const { id } = yield* Remote.here();
    yield* Process.send(to, [id, message]);
  }
});

describe("a process that others move", () => {
  test("while it waits for a message goes on with the message where it is, and comes back", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(o, echo, to);
    await cluster.pass(5);
    await migrate(o, pid, a);
    expect(hosts(pid)).toEqual(["a"]);
    await cluster.wait(b.node.run(Process.send(pid, 1)));
    await cluster.pass(5);
    await migrate(a, pid, b);
    await cluster.wait(b.node.run(Process.send(pid, 2)));
    await migrate(b, pid, b);
    await migrate(b, pid, o);
    await cluster.wait(b.node.run(Process.send(pid, 3)));
    await cluster.pass(50);
    expect(received).toEqual([
      [a.ref.id, 1],
      [b.ref.id, 2],
      [o.ref.id, 3],
    ]);
    expect(hosts(pid)).toEqual(["o"]);
  });

  test("takes mailbox and stash along, in order, and looks through all of it again", async () => {
    const { pid: to, received } = collector(o);
    const isEven = fn((n: number) => n % 2 === 0);
    const picky = remote({ isEven }, function* (self: Self<number>, to: Pid<any>) {
      yield* self.stash(100);
      for (let n = 0; n < 3; n = n + 1) yield* Process.send(to, yield* self.receive({ match: isEven }));
      yield* self.unstash();
      for (;;) yield* Process.send(to, yield* self.receive());
    });
    const pid = spawn(o, picky, to);
    for (const n of [1, 3]) await cluster.wait(b.node.run(Process.send(pid, n)));
    await cluster.pass(20);
    await migrate(o, pid, a);
    for (const n of [2, 5, 4]) await cluster.wait(b.node.run(Process.send(pid, n)));
    await cluster.pass(20);
    await migrate(o, pid, b);
    await cluster.wait(b.node.run(Process.send(pid, 6)));
    await cluster.pass(50);
    expect(received).toEqual([2, 4, 6, 100, 1, 3, 5]);
  });

  test("leaves a scope that has ended first, and sees no result of what it waited for in it", async () => {
    const { pid: to, received } = collector(o);
    const inner = remote({}, function* (self: Self<unknown>, to: Pid<any>) {
      const got = yield* self.receive();
      yield* Process.send(to, ["got", got]);
    });
    const outer = remote({ inner }, function* (self: Self<unknown>, to: Pid<any>, heartbeat: Heartbeat) {
      const outcome = yield* Remote.attempt(Heartbeat.link(heartbeat, inner(self, to)));
      yield* Process.send(to, outcome.type);
    });
    const heartbeat = await cluster.wait(o.node.run(Heartbeat.create("1m")));
    const pid = spawn(o, outer, to, heartbeat);
    await cluster.pass(20);
    await cluster.wait(
      o.node.run(function* () {
        yield* Heartbeat.stop(heartbeat);
        yield* Process.migrate(pid, a.ref, { otherwise: null, within: 1_000 });
      }),
    );
    await cluster.pass(50);
    expect(received).toEqual(["failure"]);
  });

  test("takes along what it was sent before it left, though that waits for definitions (S214)", async () => {
    const { pid: to, received } = collector(o);
    const mover = remote({}, function* (self: Self<any>, to: Pid<any>, node: NodeRef) {
      yield* self.receive();
      yield* Remote.transfer(node);
      for (;;) {
        const message = yield* self.receive();
        yield* Process.send(to, typeof message === "function" ? message(20) : message);
      }
    });
    const pid = spawn(o, mover, to, b.ref);
    await cluster.pass(5);
    await migrate(o, pid, a);
    let lost = 0;
    o.tamper((message) => (message.type === "code.supply" && lost++ < 1 ? null : message));
    const double = fn((n: number) => n * 2);
    for (const message of ["go", "first", double, "last"]) {
      await cluster.wait(o.node.run(Process.send(pid, message)));
    }
    await cluster.pass(3_000);
    expect(lost).toBeGreaterThan(1);
    expect(hosts(pid)).toEqual(["b"]);
    expect(received).toEqual(["first", 40, "last"]);
  });

  test("waits as long as it was to wait, not counting the way, and not shorter (S189)", async () => {
    const { pid: to, received } = collector(o);
    const patient = remote({}, function* (self: Self<number>, to: Pid<any>) {
      const got = yield* self.receive({ within: 200, otherwise: "nothing" });
      yield* Process.send(to, got);
      yield* Process.sleep(200);
      yield* Process.send(to, "slept");
      try {
        yield* self.receive({ within: 200 });
      } catch (error) {
        yield* Process.send(to, (error as { reason: Cause }).reason.type);
      }
    });
    const pid = spawn(o, patient, to);
    await cluster.pass(100);
    await migrate(o, pid, a);
    await cluster.pass(85);
    expect(received).toEqual([]);
    await cluster.pass(50);
    expect(received).toEqual(["nothing"]);
    await migrate(o, pid, b);
    await cluster.pass(90);
    expect(received).toEqual(["nothing"]);
    await cluster.pass(200);
    expect(received).toEqual(["nothing", "slept"]);
    await migrate(o, pid, o);
    await cluster.pass(200);
    expect(received).toEqual(["nothing", "slept", "timeout"]);
  });

  test("in a call, for a task, a channel or a heartbeat gets the answer where it is", async () => {
    const Slow = Server.define({
      init: () => ({}),
      call: {
        *later(_state, n: number) {
          yield* Process.sleep(100);
          return n;
        },
      },
    });
    const work = remote({}, function* (n: number) {
      yield* Process.sleep(100);
      return n;
    });
    const { pid: to, received } = collector(o);
    const waits = remote(
      { work, Task, Channel },
      function* (_self: Self<number>, to: Pid<any>, slow: any, channel: any, heartbeat: any) {
        yield* Process.send(to, yield* slow.call.later(1));
        yield* Process.send(to, yield* Task.await(yield* Task.async(work(2))));
        const next = yield* Channel.receive(heartbeat, channel);
        yield* Process.send(to, yield* next);
        const ended = yield* Heartbeat.supervise(heartbeat);
        yield* Process.send(to, (yield* ended).type);
      },
    );
    const [slow, channel, heartbeat] = await cluster.wait(
      b.node.run(function* () {
        const slow = yield* Server.start(Slow, undefined, { name: "slow" });
        return [Server.ref(Slow, slow.pid), yield* Channel.create(), yield* Heartbeat.create("1h")] as const;
      }),
    );
    const pid = spawn(o, waits, to, slow, channel, heartbeat);
    const at = [a, b, o];
    for (let n = 0; n < 4; n += 1) {
      await cluster.pass(30);
      expect(received.length).toBe(n);
      await migrate(o, pid, at[n % 3] as Member);
      if (n === 2) await cluster.wait(a.node.run(Channel.send(channel, 3)));
      if (n === 3) await cluster.wait(a.node.run(Heartbeat.stop(heartbeat)));
      while (received.length === n) await cluster.pass(1);
    }
    expect(received).toEqual([1, 2, 3, "stopped"]);
  });

  test("between two operations goes on with the result of the last one", async () => {
    const { pid: to, received } = collector(o);
    const busy = remote({}, function* (_self: Self<any>, to: Pid<any>) {
      for (let n = 0; n < 30; n = n + 1) {
        const first = (yield* Remote.here()).id;
        let count = 0;
        for (let m = 0; m < 3_000; m = m + 1) count = count + Number(yield* Process.alive(to));
        yield* Process.send(to, [first, (yield* Remote.here()).id, count]);
        yield* Process.sleep(1);
      }
    });
    for (const { node } of [o, a, b]) node.kernel.handlers.set("process.alive", () => true);
    const pid = spawn(o, busy, to);
    // The asker's turn comes between two slices of what it moves.
    for (const member of [a, o, b, o, a]) await migrate(o, pid, member);
    await cluster.pass(1_000);
    expect(received.length).toBe(30);
    expect(received.every(([, , count]) => count === 3_000)).toBe(true);
    expect(received.at(-1)[0]).toBe(a.ref.id);
    expect(received.some(([from, to]) => from !== to)).toBe(true);
  });

  test("that waits for what cannot move moves afterwards, with what came of it", async () => {
    const { pid: to, received } = collector(o);
    const resolve = holdUp(o);
    const pid = spawn(o, heldUp, to);
    await cluster.pass(5);
    const moved = asked(b, pid, a);
    await cluster.pass(300);
    expect(hosts(pid)).toEqual(["o"]);
    resolve("done");
    await cluster.wait(moved);
    expect(hosts(pid)).toEqual(["a"]);
    await cluster.pass(10);
    expect(received).toEqual([[a.ref.id, "done"]]);
  });

  test("keeps name, links, monitors, and timers with their refs (S188)", async () => {
    const { pid: to, received } = collector(o);
    const timing = remote({}, function* (self: Self<any>, to: Pid<any>) {
      yield* Process.register("timing");
      const early = yield* Process.sendAfter(400, self.pid, "early");
      const never = yield* Process.sendAfter(400, self.pid, "never");
      yield* Process.send(to, yield* self.receive());
      const late = yield* Process.sendAfter(400, self.pid, "late");
      const neither = yield* Process.sendAfter(400, self.pid, "neither");
      yield* Process.send(to, yield* self.receive());
      yield* Process.send(to, typeof (yield* Process.cancelTimer(never)));
      yield* Process.send(to, typeof (yield* Process.cancelTimer(neither)));
      yield* Process.unregister("timing");
      yield* Process.register("timed");
      yield* Process.send(to, (yield* Process.whereis("timed"))?.equals(self.pid));
      yield* Process.send(to, [yield* self.receive(), yield* self.receive()]);
      yield* Process.send(to, [yield* Process.cancelTimer(early), yield* Process.cancelTimer(late)]);
      yield* self.receive();
    });
    const pid = spawn(o, timing, to);
    await cluster.pass(5);
    await migrate(o, pid, a);
    expect(await cluster.wait(o.node.run(Process.whereis("timing")))).toEqual(pid);
    await cluster.wait(o.node.run(Process.send("timing", 1)));
    await cluster.pass(5);
    await migrate(o, pid, b);
    await cluster.wait(o.node.run(Process.send("timing", 2)));
    await cluster.pass(1_000);
    expect(received).toEqual([1, 2, "number", "number", true, ["early", "late"], [false, false]]);
    const ended = a.node.run(function* (self: Self<Down>) {
      yield* self.monitor(pid);
      return (yield* self.receive()).cause;
    });
    await cluster.pass(20);
    await migrate(a, pid, o);
    await cluster.wait(b.node.run(Process.exit(pid, { type: "exit", reason: "enough" })));
    expect(await cluster.wait(ended)).toEqual({ type: "exit", reason: "enough" });
  });

  test("can be moved by several at once, one after the other", async () => {
    const pid = spawn(o, echo, collector(o).pid);
    await cluster.pass(5);
    await cluster.wait(Promise.all([asked(a, pid, a), asked(b, pid, b), asked(o, pid, o), asked(o, pid, a)]));
    await cluster.pass(100);
    expect(hosts(pid)).toHaveLength(1);
    await migrate(o, pid, b);
    expect(hosts(pid)).toEqual(["b"]);
  });

  test("moves itself as by `Remote.transfer`", async () => {
    const goes = remote({}, function* (self: Self<any>, node: NodeRef) {
      yield* Process.migrate(self.pid, node);
      return (yield* Remote.here()).id;
    });
    const result = o.node.run(function* () {
      return yield* Task.await(yield* Task.async(goes, a.ref));
    });
    expect(await cluster.wait(result)).toBe(a.ref.id);
  });

  test("can be moved by one that is away itself, and that moves meanwhile", async () => {
    const { pid: to, received } = collector(o);
    const mover = remote({}, function* (self: Self<any>, to: Pid<any>, pid: Pid<any>, nodes: readonly NodeRef[]) {
      for (const node of nodes) {
        yield* Process.migrate(pid, node);
        yield* Process.send(to, [(yield* Remote.here()).id, node.id]);
      }
      yield* self.receive();
    });
    const pid = spawn(o, echo, to);
    const asker = spawn(b, mover, to, pid, [a.ref, b.ref, o.ref]);
    await cluster.pass(1);
    await migrate(a, asker, a);
    await migrate(a, asker, o);
    await cluster.pass(500);
    expect(received.map(([, node]) => node)).toEqual([a.ref.id, b.ref.id, o.ref.id]);
    expect(received.at(-1)[0]).toBe(o.ref.id);
    expect(hosts(pid)).toEqual(["o"]);
  });

  test("stays its supervisor's child, and begins again at home when its host dies", async () => {
    const { pid: to, received } = collector(o);
    const child = remote({}, function* (self: Self<any>, to: Pid<any>) {
      yield* Process.send(to, [self.pid, (yield* Remote.here()).id]);
      for (;;) yield* Process.send(to, yield* self.receive());
    });
    const definition = Supervisor.define({
      intensity: { restarts: 3, within: "10s" },
      children: [Supervisor.worker("child", child, [to])],
    });
    await cluster.wait(o.node.run(Supervisor.start(definition)));
    await cluster.pass(20);
    const pid = received[0][0] as Pid<any>;
    await migrate(b, pid, a);
    await cluster.wait(b.node.run(Process.send(pid, "still there")));
    await cluster.pass(20);
    expect(received.slice(1)).toEqual(["still there"]);
    cluster.crash("a");
    await cluster.pass(verdictMs + 500);
    expect(received).toHaveLength(3);
    expect(received[2][0]).not.toEqual(pid);
    expect(received[2][1]).toBe(o.ref.id);
  });

  test("leaves nothing behind anywhere (P19)", async () => {
    const pid = spawn(o, echo, collector(o).pid);
    await cluster.pass(5);
    for (const member of [a, b, o, b]) await migrate(o, pid, member);
    await cluster.wait(o.node.run(Process.exit(pid, { type: "kill" })));
    await cluster.pass(3_000);
    for (const { node } of [o, a, b]) {
      const { processes, moving } = node.inspect();
      expect({ processes: processes.filter(({ label }) => label !== "collect"), moving }).toEqual({
        processes: [],
        moving: { homes: 0, guests: 0, leavers: 0, forwarding: 0, answers: 0 },
      });
    }
    expect(cluster.timers).toBe(0);
  });
});

/** From now on `Process.now` on `machine` waits for something of that machine. What this returns ends the wait. */
function holdUp({ node }: Member): (value: unknown) => void {
  let holding: Cell | null = null;
  node.kernel.handlers.set("process.now", (kernel, cell) => {
    holding = cell;
    return kernel.wait(cell, { what: "something here", cancel() {} });
  });
  return (value) => node.kernel.resume(holding as Cell, value);
}

/** Waits as by {@link holdUp}, and sends where it is then, and what it got. */
const heldUp = remote({}, function* (_self: Self<any>, to: Pid<any>) {
  const got = yield* Process.now();
  yield* Process.send(to, [(yield* Remote.here()).id, got]);
  yield* Process.sleep("1h");
});

describe("a migration that fails", () => {
  const failure = (promise: Promise<unknown>): Promise<any> =>
    promise.then(
      () => null,
      (error: unknown) => error,
    );

  test("names what cannot travel, and the process goes on", async () => {
    const { pid: to, received } = collector(o);
    const native = function* (self: Self<any>): LocalGenerator<never> {
      for (;;) received.push(yield* self.receive());
    };
    const holding = remote({}, function* (self: Self<any>, to: Pid<any>) {
      const seen = new WeakSet<object>();
      for (;;) {
        const n = yield* self.receive();
        if (!seen.has(self)) yield* Process.send(to, n);
      }
    });
    for (const [body, what] of [
      [native, /native.*no remote definition/],
      [holding, /seen/],
    ] as const) {
      received.length = 0;
      const pid = spawn(o, body, to);
      await cluster.pass(5);
      const error = await failure(migrate(b, pid, a));
      expect(error).toMatchObject({ name: "NotMovableError", code: "NOT_MOVABLE" });
      expect(error.message).toMatch(what);
      await cluster.wait(b.node.run(Process.send(pid, 7)));
      await cluster.pass(10);
      expect(received).toEqual([7]);
    }
  });

  test("says `noproc` of who is gone, and what it ended with of who ends on the way", async () => {
    const pid = spawn(o, echo, collector(o).pid);
    await cluster.wait(o.node.run(Process.exit(pid, { type: "kill" })));
    expect((await failure(migrate(b, pid, a))).reason).toMatchObject({ type: "noproc" });
    expect((await failure(migrate(o, pid, a))).reason).toMatchObject({ type: "noproc" });
  });

  test("says why there is no way to the node, and the process notices nothing", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(o, echo, to);
    cluster.crash("a");
    await cluster.pass(10);
    const error = await failure(migrate(b, pid, a));
    expect(error.reason).toEqual({ type: "noconnection", node: a.ref.id });
    expect(error.message).toMatch(/nothing listens there/);
    await cluster.wait(b.node.run(Process.send(pid, 1)));
    await cluster.pass(10);
    expect(received).toEqual([[o.ref.id, 1]]);
  });

  test("is refused by a node that cannot go on with it: what came meanwhile is there, and time went on (S191)", async () => {
    const { pid: to, received } = collector(o);
    a.node.kernel.waitKinds.delete("receive");
    const watching = remote({}, function* (self: Self<any>, to: Pid<any>, other: Pid<any>) {
      yield* self.monitor(other);
      yield* Process.send(to, yield* self.receive());
      yield* Process.send(to, (yield* self.receive()).cause.type);
      yield* Process.send(to, yield* self.receive({ within: 100, otherwise: "late" }));
    });
    const other = spawn(o, echo, to);
    const pid = spawn(o, watching, to, other);
    await cluster.pass(5);
    const refused = failure(asked(o, pid, a));
    void o.node.run(function* () {
      yield* Process.send(pid, "sent");
      yield* Process.exit(other, { type: "exit", reason: "over" });
    });
    expect(await cluster.wait(refused)).toMatchObject({ code: "TRANSFER_REFUSED", node: a.ref.id });
    await cluster.pass(50);
    expect(received).toEqual(["sent", "exit"]);
    const again = failure(asked(o, pid, a));
    await cluster.pass(60);
    expect(received).toEqual(["sent", "exit", "late"]);
    expect(await cluster.wait(again)).toMatchObject({ code: "TRANSFER_REFUSED" });
  });

  test("gives up after `within`, and takes back what has not begun", async () => {
    const { pid: to, received } = collector(o);
    const resolve = holdUp(o);
    const pid = spawn(o, heldUp, to);
    await cluster.pass(5);
    const error = await cluster.wait(failure(asked(b, pid, a, { within: 100 })));
    expect(error.reason).toMatchObject({ type: "timeout" });
    const otherwise = Process.migrate(pid, a.ref, { within: 100, otherwise: "later" });
    expect(await cluster.wait(b.node.run(otherwise))).toBe("later");
    await cluster.pass(10);
    resolve("done");
    await cluster.pass(50);
    expect(received).toEqual([[o.ref.id, "done"]]);
    expect(hosts(pid)).toEqual(["o"]);
  });

  test("says of a server that it stays", async () => {
    const Counter = Server.define({ init: () => ({ count: 0 }), call: { add: (state) => (state.count += 1) } });
    const server = await cluster.wait(o.node.run(Server.start(Counter, undefined, { name: "counter" })));
    const error = await cluster.wait(failure(asked(b, server.pid, a)));
    expect(error).toMatchObject({ code: "NOT_MOVABLE" });
    expect(error.message).toMatch(/Server\.define/);
    expect(await cluster.wait(o.node.run(Server.ref(Counter, "counter").call.add()))).toBe(1);
  });

  test("names a match that cannot travel", async () => {
    const unknown = (n: unknown): boolean => n === 1;
    const { kernel } = o.node;
    const picky = remote({}, function* (_self: Self<any>) {
      yield* Process.now();
    });
    kernel.handlers.set("process.now", (_kernel, cell) => {
      const receive = kernel.handlers.get("process.receive");
      return receive?.(kernel, cell, new Self(cell.pid).receive({ match: unknown }));
    });
    const pid = spawn(o, picky);
    await cluster.pass(5);
    const error = await cluster.wait(failure(asked(b, pid, a)));
    expect(error).toMatchObject({ code: "NOT_MOVABLE" });
    expect(error.message).toMatch(/the receive that .* waits in/);
  });

  test("is refused to whom the home does not trust (S192)", async () => {
    cluster.crash("o");
    o = await cluster.start("o", "all", { trust: [a.ref.id] });
    await cluster.meet();
    const pid = spawn(o, echo, collector(o).pid);
    await cluster.pass(5);
    expect(await cluster.wait(failure(asked(b, pid, b)))).toMatchObject({ code: "OPERATION_REFUSED" });
    expect(hosts(pid)).toEqual(["o"]);
    await migrate(a, pid, a);
    expect(hosts(pid)).toEqual(["a"]);
  });

  test("is refused to its guests, too: they say what their host wants", async () => {
    cluster.crash("o");
    o = await cluster.start("o", "all", { trust: [a.ref.id] });
    await cluster.meet();
    const pid = spawn(o, echo, collector(o).pid);
    const thief = remote({}, function* (_self: Self<never>, host: NodeRef, pid: Pid<any>) {
      yield* Remote.transfer(host);
      yield* Process.migrate(pid, host);
    });
    const moved = (host: Member): Promise<any> => cluster.wait(failure(o.node.run(thief, host.ref, pid)));
    expect(await moved(b)).toMatchObject({ code: "OPERATION_REFUSED" });
    expect(hosts(pid)).toEqual(["o"]);
    expect(await moved(a)).toBeNull();
    expect(hosts(pid)).toEqual(["a"]);
  });

  test("is answered and loses nothing, although links break on the way (S190)", async () => {
    const { pid: to, received } = collector(o);
    const pid = spawn(o, echo, to);
    await cluster.pass(5);
    for (let n = 0; n < 12; n += 1) {
      const member = [a, b, o][n % 3] as Member;
      const moved = asked(o, pid, member);
      await cluster.pass(n);
      cluster.breakLinks("o", "a");
      cluster.breakLinks("o", "b");
      cluster.breakLinks("a", "b");
      // When no link comes about just then it stays.
      const error = await cluster.wait(failure(moved));
      expect(error?.reason.type ?? "noconnection").toBe("noconnection");
      await cluster.wait(o.node.run(Process.send(pid, n)));
    }
    await cluster.pass(2_000);
    expect(received.map(([, n]) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(hosts(pid)).toHaveLength(1);
  });

  test("ends with the verdict when the target dies with it", async () => {
    const pid = spawn(o, echo, collector(o).pid);
    await cluster.pass(5);
    const moved = failure(asked(b, pid, a));
    await cluster.pass(3);
    cluster.crash("a");
    await cluster.pass(verdictMs + 1_000);
    expect((await cluster.wait(moved)).reason).toEqual({ type: "unresponsive", node: a.ref.id });
  });

  test("is not known when the home is lost", async () => {
    const pid = spawn(o, echo, collector(o).pid);
    await cluster.pass(5);
    const moved = failure(asked(b, pid, a));
    cluster.crash("o");
    expect((await cluster.wait(moved)).reason).toEqual({ type: "noconnection", node: o.ref.id });
    await cluster.pass(3_000);
    expect([...hostsOf(a, pid), ...hostsOf(b, pid)]).toEqual([]);
  });
});

function hostsOf({ node, name }: Member, pid: Pid<any>): string[] {
  return node.inspect().processes.some((view) => view.pid.equals(pid)) ? [name] : [];
}
