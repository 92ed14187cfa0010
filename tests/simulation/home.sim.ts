import { Channel } from "@espalier/channels";
import { remote } from "@espalier/code";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, Remote, type Message, type Pid, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, type Member, spawn, verdictMs } from "./by-hand.ts";

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

/** A process on `machine`; `received` is what it was sent, EXIT and DOWN among it. */
function collector(
  machine: Member,
  relations: { readonly linked?: Pid; readonly monitored?: Pid } = {},
): { readonly pid: Pid<any>; readonly received: any[] } {
  const received: any[] = [];
  const { kernel } = machine.node;
  const { pid } = kernel.spawn(
    kernel.root,
    function* collect(self: Self<unknown>): LocalGenerator<never> {
      yield* Process.trapExit(true);
      if (relations.linked !== undefined) yield* Process.link(relations.linked);
      if (relations.monitored !== undefined) yield* Process.monitor(relations.monitored);
      for (;;) received.push(yield* self.receive());
    },
    [],
  );
  return { pid, received };
}

function send(machine: Member, pid: Pid<any>, message: unknown): Promise<void> {
  return cluster.wait(machine.node.run(Process.send(pid, message)));
}

/** `by` hands the home over to where `to` is. */
function handOver(by: Member, pid: Pid<any>, to: Member): Promise<void> {
  return cluster.wait(by.node.run(Process.migrate(pid, to.ref, { home: true })));
}

/** The machines that say that they are the home of the process. */
function homes(pid: Pid<any>): string[] {
  return [o, a, b].flatMap(({ name, node }) =>
    node.inspect().processes.some((view) => view.pid.equals(pid) && view.place === "home") ? [name] : [],
  );
}

/** Without an order that nobody promised. */
function sorted(received: readonly any[]): string[][] {
  return received.toSorted(([one]: string[], [other]: string[]) => String(one).localeCompare(String(other)));
}

/** Sends on what it gets, with where it is; throws when it is told to. */
const echo = remote({}, function* (self: Self<unknown>, to: Pid<any>) {
  for (;;) {
    const message = yield* self.receive();
    if (message === "crash") throw new Error("as asked");
    const { id } = yield* Remote.here();
    yield* Process.send(to, [id, message]);
  }
});

describe("a node that is drained (S196)", () => {
  test("leaves its processes where they went: links, monitors, messages and the name notice nothing", async () => {
    const { pid: to, received } = collector(b);
    const pid = spawn(o, echo, to);
    const linked = collector(b, { linked: pid });
    const watching = collector(a, { monitored: pid });
    await cluster.wait(o.node.run(Process.register("worker", pid)));
    await send(b, pid, 1);
    await cluster.pass(20);
    await handOver(o, pid, a);
    expect(homes(pid)).toEqual(["a"]);
    expect((await cluster.wait(a.node.run(Process.whereis("worker"))))?.key).toBe(pid.key);
    expect(await cluster.wait(o.node.run(Process.whereis("worker")))).toBeUndefined();
    await send(b, pid, 2);
    void o.node.stop();
    await cluster.pass(5_000);
    await send(b, pid, 3);
    await cluster.pass(50);
    await send(a, pid, 4);
    await cluster.pass(50);
    expect(received.map(([, n]) => n)).toEqual([1, 2, 3, 4]);
    expect(received.map(([id]) => id)).toEqual([o.ref.id, a.ref.id, a.ref.id, a.ref.id]);
    expect(linked.received).toEqual([]);
    expect(watching.received).toEqual([]);
    await send(b, pid, "crash");
    await cluster.pass(50);
    expect(linked.received).toMatchObject([{ type: "EXIT", cause: { type: "error" } }]);
    expect(watching.received).toMatchObject([{ type: "DOWN", cause: { type: "error" } }]);
    for (const { node } of [a, b]) {
      expect(node.inspect().homes).toEqual({ residents: 0, routes: 0, underway: 0 });
    }
  });

  test("is not missed by what the process itself watches and is linked to", async () => {
    const { pid: to, received } = collector(b);
    const other = collector(b);
    const local = collector(o);
    const guard = remote({}, function* (self: Self<any>, to: Pid<any>, pids: readonly Pid<any>[]) {
      yield* Process.trapExit(true);
      for (const pid of pids) {
        yield* Process.link(pid);
        yield* Process.monitor(pid);
      }
      for (;;) {
        const { type, cause } = yield* self.receive();
        yield* Process.send(to, [type, cause.type]);
      }
    });
    const pid = spawn(o, guard, to, [other.pid, local.pid]);
    await cluster.pass(20);
    await handOver(o, pid, a);
    await cluster.wait(b.node.run(Process.exit(other.pid, { type: "kill" })));
    await cluster.pass(50);
    expect(sorted(received)).toEqual([
      ["DOWN", "killed"],
      ["EXIT", "killed"],
    ]);
    await cluster.wait(o.node.run(Process.exit(local.pid, { type: "kill" })));
    await cluster.pass(50);
    expect(received).toHaveLength(4);
    expect(sorted(received.slice(2))).toEqual([
      ["DOWN", "killed"],
      ["EXIT", "killed"],
    ]);
  });
});

test("a sender that knows the old place is forwarded, in order, and told the way", async () => {
  const { pid: to, received } = collector(a);
  const pid = spawn(o, echo, to);
  await cluster.pass(20);
  cluster.breakLinks("o", "b");
  await cluster.pass(50);
  await handOver(o, pid, a);
  for (let n = 0; n < 20; n += 1) await send(b, pid, n);
  await cluster.pass(200);
  for (let n = 20; n < 40; n += 1) await send(b, pid, n);
  await cluster.pass(200);
  expect(received.map(([, n]) => n)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  expect(b.node.inspect().homes.routes).toBe(1);
});

test("a home goes on from node to node, and back", async () => {
  const { pid: to, received } = collector(b);
  const pid = spawn(o, echo, to);
  const linked = collector(b, { linked: pid });
  let n = 0;
  const ways: readonly (readonly [Member, Member])[] = [
    [o, a],
    [a, b],
    [b, o],
    [o, b],
  ];
  for (const [from, target] of ways) {
    await send(a, pid, n);
    await handOver(from, pid, target);
    expect(homes(pid)).toEqual([target.name]);
    await send(o, pid, n + 1);
    await cluster.pass(20);
    n += 2;
  }
  expect(received.map(([, one]) => one).toSorted((x, y) => x - y)).toEqual(
    Array.from({ length: n }, (_, index) => index),
  );
  expect(linked.received).toEqual([]);
});

test("the home that it has now counts: its loss is the end of links, that of the old one is not", async () => {
  const { pid: to } = collector(b);
  const pid = spawn(o, echo, to);
  const linked = collector(b, { linked: pid });
  await cluster.pass(20);
  await handOver(o, pid, a);
  cluster.breakLinks("o", "b");
  await cluster.pass(100);
  expect(linked.received).toEqual([]);
  cluster.crash("a");
  await cluster.pass(verdictMs + 5_000);
  expect(linked.received).toMatchObject([{ type: "EXIT", cause: { type: "noconnection" } }]);
});

test("what cannot be handed over says so, and goes on", async () => {
  const { pid: to, received } = collector(b);
  const local = collector(o);
  await expect(handOver(o, local.pid, a)).rejects.toThrow(/no remote/);
  const pid = spawn(o, echo, to);
  await cluster.pass(20);
  await cluster.wait(o.node.run(Process.migrate(pid, a.ref)));
  await expect(handOver(o, pid, a)).rejects.toThrow(/not computed at its home/);
  await expect(handOver(o, pid, b)).rejects.toThrow(/not computed at its home/);
  await cluster.wait(o.node.run(Process.migrate(pid, o.ref)));
  await handOver(o, pid, b);
  await expect(cluster.wait(b.node.run(Process.migrate(pid, a.ref)))).rejects.toThrow(/home: true/);
  await send(o, pid, 1);
  await cluster.pass(50);
  expect(received.map(([, n]) => n)).toEqual([1]);
});

test("a node that is stopping takes nothing any more (S217)", async () => {
  const { pid: to } = collector(b);
  const stay = collector(a);
  const pid = spawn(o, echo, to);
  await cluster.pass(5);
  // It takes its time: something of it traps exits.
  const stopped = a.node.stop({ within: "2s" });
  await cluster.pass(5);
  for (const home of [false, true]) {
    const moved = cluster.wait(o.node.run(Process.migrate(pid, a.ref, { home })));
    await expect(moved).rejects.toMatchObject({ code: "TRANSFER_REFUSED", remote: { code: "NODE_STOPPED" } });
  }
  expect(homes(pid)).toEqual(["o"]);
  expect(stay.received).toMatchObject([{ type: "EXIT", cause: { type: "shutdown" } }]);
  await cluster.wait(stopped);
});

test("a home is not taken where its name is taken, nor let go of while something of its node depends on it", async () => {
  const { pid: to } = collector(b);
  const pid = spawn(o, echo, to);
  const taker = collector(a);
  await cluster.wait(a.node.run(Process.register("worker", taker.pid)));
  await cluster.wait(o.node.run(Process.register("worker", pid)));
  await expect(handOver(o, pid, a)).rejects.toThrow(/the name "worker" is taken/);
  expect(homes(pid)).toEqual(["o"]);
  const owner = remote({}, function* (self: Self<unknown>) {
    yield* Channel.create({ capacity: 5 });
    yield* self.receive();
  });
  const owning = spawn(o, owner);
  await cluster.pass(20);
  await expect(handOver(o, owning, a)).rejects.toThrow(/owns channels/);
});

describe("a peer that is let in and not trusted", () => {
  let x: Member;

  beforeEach(async () => {
    await cluster.stop();
    cluster = new Cluster("o", "a", "b", "x");
    // Their keys depend on their names alone.
    const trust = [o, a, b].map(({ ref }) => ref.id);
    o = await cluster.start("o", "all", { trust });
    [a, b] = [await cluster.start("a", "all", { trust }), await cluster.start("b", "all", { trust })];
    x = await cluster.start("x", "all", { trust });
    await cluster.meet();
  });

  test("is not believed to be the home of another node's process", async () => {
    const { pid } = collector(o);
    const linked = collector(b, { linked: pid });
    await cluster.pass(20);
    for (const isLinked of [true, false]) {
      if (!isLinked) cluster.crash("o");
      await cluster.pass(500);
      x.say(b, { type: "home.here", process: pid.key, epoch: 7, told: false });
      await cluster.pass(500);
      expect(b.node.inspect().homes).toEqual({ residents: 0, routes: 0, underway: 0 });
    }
    expect(linked.received).toMatchObject([{ type: "EXIT", cause: { type: "noconnection" } }]);
  });

  test("speaks for nobody else, to a process that was handed over either", async () => {
    const { pid: to, received } = collector(a);
    const pid = spawn(o, echo, to);
    await cluster.pass(20);
    await handOver(o, pid, b);
    const { address, serial } = pid;
    const cause = await x.encode({ type: "kill" });
    const from = [o.node.kernel.address.incarnation, 1, o.ref.id] as const;
    x.say(b, { type: "signal.exit", to: [address.incarnation, serial, address.id], from, cause, link: false });
    await cluster.pass(50);
    expect(b.events).toContainEqual(expect.objectContaining({ type: "undecodable", node: x.ref.id }));
    await send(a, pid, "alive");
    await cluster.pass(50);
    expect(received.map(([, message]) => message)).toEqual(["alive"]);
  });

  test("moves nothing by way of a former home, which the next one trusts (S215)", async () => {
    const { pid: to } = collector(b);
    const pid = spawn(o, echo, to);
    await cluster.pass(20);
    cluster.breakLinks("o", "x");
    await cluster.pass(50);
    await handOver(o, pid, a);
    // It knows the old place only.
    const asked = cluster.wait(x.node.run(Process.migrate(pid, x.ref, { home: true })));
    await expect(asked).rejects.toThrow(/for those alone whom its home trusts/);
    expect(homes(pid)).toEqual(["a"]);
    expect(x.node.inspect().processes.filter(({ place }) => place === "guest")).toEqual([]);
  });

  test("hands over no home, not its own process's either", async () => {
    const { pid: to } = collector(a);
    const pid = spawn(x, echo, to);
    await cluster.pass(20);
    await expect(handOver(x, pid, b)).rejects.toThrow(/takes homes from nodes that it trusts only/);
    expect(x.node.inspect(pid)).toBeDefined();
    await cluster.pass(5_000);
    expect(b.node.inspect().homes).toEqual({ residents: 0, routes: 0, underway: 0 });
  });

  test("does not say that a third node has lost its links with a process: that ends its session, and the links stay", async () => {
    const { pid } = collector(o);
    const linked = collector(b, { linked: pid });
    await cluster.pass(20);
    const peer = `${b.ref.id}/${b.node.incarnation}` as const;
    x.say(o, { type: "home.broken", process: pid.key, epoch: 1, peer });
    await cluster.pass(100);
    const reason = `it says that ${peer} has lost its links with a process, and is not trusted to`;
    expect(o.events).toContainEqual({ type: "node.misbehaved", node: x.ref.id, reason });
    expect(linked.received).toEqual([]);
  });
});

describe("whatever is lost on the way", () => {
  const kinds = [
    "home.leaving",
    "home.held",
    "home.offer",
    "home.accepted",
    "home.granted",
    "home.adopted",
    "home.moved",
    "home.followed",
    "home.here",
    "home.know",
  ] as const;

  /** Calls `happen` once, when somebody is about to say `kind`; that is said nevertheless if the link that it goes out on stands. */
  function when(kind: Message["type"], happen: () => void): void {
    let isDone = false;
    for (const machine of [o, a, b]) {
      machine.tamper((message) => {
        if (isDone || message.type !== kind) return message;
        isDone = true;
        happen();
        return message;
      });
    }
  }

  /** Everything is connected again, and one home at most is left; whoever is linked knows what became of it. */
  async function settle(pid: Pid<any>, linked: readonly any[], received: readonly any[]): Promise<void> {
    await cluster.pass(20_000);
    const [home, ...others] = homes(pid);
    expect(others).toEqual([]);
    if (home === undefined) {
      expect(linked).toMatchObject([{ type: "EXIT" }]);
      return;
    }
    const before = received.length;
    await send(b, pid, "last");
    await cluster.pass(3_000);
    expect(received.slice(before).map(([, message]) => message)).toEqual(["last"]);
    for (const { node, name } of [o, a, b]) {
      if (cluster.world.machine(name).state !== "crashed") expect(node.inspect().homes.underway).toBe(0);
    }
  }

  test.each(kinds)("%s with its link", async (kind) => {
    const { pid: to, received } = collector(b);
    const pid = spawn(o, echo, to);
    const linked = collector(b, { linked: pid });
    await cluster.pass(20);
    when(kind, () => {
      cluster.breakLinks("o", "a");
      cluster.breakLinks("o", "b");
      cluster.breakLinks("a", "b");
    });
    void o.node.run(Process.migrate(pid, a.ref, { home: true, within: "5s", otherwise: null })).catch(() => {});
    await settle(pid, linked.received, received);
    expect(homes(pid).length).toBeLessThan(2);
  });

  test.each(kinds.flatMap((kind) => [[kind, "o"] as const, [kind, "a"] as const]))(
    "%s with a crash of %s",
    async (kind, name) => {
      const { pid: to, received } = collector(b);
      const pid = spawn(o, echo, to);
      const linked = collector(b, { linked: pid });
      await cluster.pass(20);
      when(kind, () => cluster.crash(name));
      void o.node.run(Process.migrate(pid, a.ref, { home: true, within: "5s", otherwise: null })).catch(() => {});
      await cluster.pass(10_000);
      // A restarted node proves that its former life is over.
      if (name === "o") o = await cluster.start("o");
      else a = await cluster.start("a");
      await cluster.meet();
      await cluster.pass(20_000);
      const [home, ...others] = homes(pid);
      expect(others).toEqual([]);
      if (home === undefined) expect(linked.received).toMatchObject([{ type: "EXIT" }]);
      else {
        const before = received.length;
        await send(b, pid, "last");
        await cluster.pass(3_000);
        expect(received.slice(before).map(([, message]) => message)).toEqual(["last"]);
      }
    },
  );
});

describe("messages of everybody, while a home goes round (S195)", () => {
  /** Says numbers, one each few milliseconds. */
  function talker(machine: Member, to: Pid<any>, count: number): void {
    const { kernel, ref } = machine.node;
    kernel.spawn(
      kernel.root,
      function* talk(): LocalGenerator<void> {
        for (let n = 1; n <= count; n += 1) {
          yield* Process.send(to, [ref.id, n]);
          yield* Process.sleep(7);
        }
      },
      [],
    );
  }

  /** What each sender's numbers are, in the order in which they came out. */
  function numbers(received: readonly any[], sender: Member): number[] {
    return received.flatMap(([, [id, n]]) => (id === sender.ref.id ? [n as number] : []));
  }

  async function goRound(pid: Pid<any>, hops: number): Promise<void> {
    const machines = [o, a, b];
    for (let hop = 0; hop < hops; hop += 1) {
      const from = machines.find(({ name }) => homes(pid)[0] === name);
      if (from === undefined) return;
      const to = machines[(machines.indexOf(from) + 1 + (hop % 2)) % 3] as Member;
      const options = { home: true, within: "3s", otherwise: null } as const;
      await cluster.wait(from.node.run(Process.migrate(pid, to.ref, options)).catch(() => null));
      await cluster.pass(20);
    }
  }

  test("all arrive, once and in order, and links and monitors notice nothing", async () => {
    const { pid: to, received } = collector(b);
    const pid = spawn(o, echo, to);
    // The long way is longer than the straight one: what is not held overtakes.
    for (const [from, to] of ["oa", "bo", "ab"]) {
      cluster.world.network.setLink(from as string, to as string, { latencyMs: 25, jitterMs: 0 });
    }
    const others = [o, a, b].map((machine) => collector(machine, { linked: pid, monitored: pid }));
    await cluster.pass(20);
    for (const machine of [o, a, b]) talker(machine, pid, 150);
    await goRound(pid, 12);
    await cluster.pass(3_000);
    const all = Array.from({ length: 150 }, (_, index) => index + 1);
    for (const machine of [o, a, b]) expect(numbers(received, machine)).toEqual(all);
    for (const other of others) expect(other.received).toEqual([]);
  });

  test.each(Array.from({ length: 12 }, (_, index) => index))(
    "with links that break, way %i: none doubled or reordered",
    async (way) => {
      const { pid: to, received } = collector(b);
      const pid = spawn(o, echo, to);
      const linked = collector(b, { linked: pid });
      await cluster.pass(20);
      for (const machine of [o, a]) talker(machine, pid, 200);
      const pairs = [
        ["o", "a"],
        ["o", "b"],
        ["a", "b"],
      ] as const;
      for (let time = 0; time < 8; time += 1) {
        const [x, y] = pairs[(time + way) % 3] as readonly [string, string];
        o.node.kernel.host.clock.after(17 + time * (23 + way * 5), () => cluster.breakLinks(x, y));
      }
      await goRound(pid, 8);
      await cluster.pass(15_000);
      for (const machine of [o, a]) {
        const got = numbers(received, machine);
        expect(got).toEqual([...new Set(got)].toSorted((x, y) => x - y));
      }
      const at = homes(pid);
      expect(at.length).toBeLessThan(2);
      if (at.length === 0) expect(linked.received).not.toEqual([]);
      for (const { node } of [o, a, b]) expect(node.inspect().homes.underway).toBe(0);
    },
  );
});
