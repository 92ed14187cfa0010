import { Channel } from "@espalier/channels";
import { remote } from "@espalier/code";
import { Heartbeat, type Cause, type Operation, type Outcome } from "@espalier/heartbeat";
import { Process, Remote, Task, type NodeRef, type Pid, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, verdictMs, type Member } from "./by-hand.ts";

let cluster: Cluster;
let a: Member;
let b: Member;
let c: Member;

beforeEach(async () => {
  cluster = new Cluster("a", "b", "c");
  [a, b, c] = [await cluster.start("a"), await cluster.start("b"), await cluster.start("c")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

/** A heartbeat that `machine` decides about. */
function heartbeatOf(machine: Member, duration: "1h" | "300ms" = "1h"): Promise<Heartbeat> {
  return cluster.wait(machine.node.run(Heartbeat.create(duration)));
}

/** What `machine` is told when `heartbeat` ends; null until then. */
function supervise(machine: Member, heartbeat: Heartbeat): { cause: Cause | null } {
  const supervision: { cause: Cause | null } = { cause: null };
  void machine.node
    .run(function* () {
      const ended = yield* Heartbeat.supervise(heartbeat);
      supervision.cause = yield* ended;
    })
    .catch(() => {});
  return supervision;
}

describe("a heartbeat of another node", () => {
  test("is stopped, failed, reset and asked about from anywhere (S137)", async () => {
    const [one, two] = [await heartbeatOf(a), await heartbeatOf(a, "300ms")];
    const from = (machine: Member, operation: Operation<unknown>): Promise<unknown> =>
      cluster.wait(machine.node.run(operation));
    expect(await from(b, Heartbeat.reset(two, "10s"))).toBe("accepted" satisfies Outcome);
    await cluster.pass(1_000);
    expect(await from(b, Heartbeat.status(two))).toMatchObject({ state: "live" });
    expect(await from(b, Heartbeat.fail(one, { type: "exit", reason: "enough" }))).toBe("accepted" satisfies Outcome);
    expect(await from(c, Heartbeat.stop(one))).toBe("refused" satisfies Outcome);
    expect(await from(c, Heartbeat.status(one))).toMatchObject({
      state: "failed",
      cause: { type: "exit", reason: "enough" },
    });
  });

  test("is supervised from anywhere, and everybody hears the same cause once (S137, P2, P10)", async () => {
    const heartbeat = await heartbeatOf(a);
    const told = [supervise(a, heartbeat), supervise(b, heartbeat), supervise(c, heartbeat)];
    await cluster.pass(100);
    expect(told.map(({ cause }) => cause)).toEqual([null, null, null]);
    await cluster.wait(c.node.run(Heartbeat.fail(heartbeat, { type: "exit", reason: "because" })));
    await cluster.pass(100);
    expect(told.map(({ cause }) => cause)).toEqual(
      Array.from({ length: 3 }, () => ({ type: "exit", reason: "because" })),
    );
  });

  test("expires at its home, and is known to have expired elsewhere (P3, P12)", async () => {
    const heartbeat = await heartbeatOf(a, "300ms");
    const told = supervise(b, heartbeat);
    await cluster.pass(250);
    expect(told.cause).toBeNull();
    await cluster.pass(150);
    expect(told.cause).toEqual({ type: "expired" });
  });

  test("an end during a cut is told when the cut is over (S137, H17)", async () => {
    const heartbeat = await heartbeatOf(a);
    const told = supervise(b, heartbeat);
    await cluster.pass(100);
    cluster.part("a", "b");
    await cluster.wait(a.node.run(Heartbeat.stop(heartbeat)));
    await cluster.pass(500);
    expect(told.cause).toBeNull();
    cluster.heal();
    await cluster.pass(1_000);
    expect(told.cause).toEqual({ type: "stopped" });
  });

  test("is told its end although the connection broke meanwhile: that takes no registration along (S137, P12)", async () => {
    const heartbeat = await heartbeatOf(a);
    const told = supervise(b, heartbeat);
    await cluster.pass(500);
    cluster.breakLinks("a", "b");
    await cluster.pass(500);
    await cluster.wait(a.node.run(Heartbeat.stop(heartbeat)));
    await cluster.pass(100);
    expect(told.cause).toEqual({ type: "stopped" });
  });

  test("is told its end although its home had given up whoever waits, and that noticed nothing (S137, P12)", async () => {
    const heartbeat = await heartbeatOf(a);
    const told = supervise(b, heartbeat);
    await cluster.pass(500);
    // Nothing gets from b to a, and b hears a: so a gives b up, and b sees nothing wrong.
    const silence = cluster.world.network.partition("b", "a", { oneWay: true });
    await cluster.pass(verdictMs);
    expect(a.node.kernel.lifetimes.heartbeats.list(0).next().value?.registrations).toEqual([]);
    silence.end();
    await cluster.pass(1_000);
    expect(told.cause).toBeNull();
    await cluster.wait(a.node.run(Heartbeat.stop(heartbeat)));
    await cluster.pass(1_000);
    expect(told.cause).toEqual({ type: "stopped" });
  });

  test("of a new life of a node is not taken for what its former life waited for (S138, H18)", async () => {
    const [one, other] = [await heartbeatOf(a), await heartbeatOf(a)];
    supervise(b, one);
    await cluster.pass(100);
    cluster.part("a", "b");
    cluster.crash("b");
    await cluster.wait(a.node.run(Heartbeat.stop(one)));
    cluster.heal();
    b = await cluster.start("b");
    const told = supervise(b, other);
    await cluster.pass(1_000);
    expect(told.cause).toBeNull();
  });

  test("is `unresponsive` when its home is gone, and not before (S138, H31, P11)", async () => {
    const heartbeat = await heartbeatOf(a);
    const told = supervise(b, heartbeat);
    await cluster.pass(500);
    cluster.crash("a");
    await cluster.pass(900);
    expect(told.cause).toBeNull();
    await cluster.pass(verdictMs - 900 + 200);
    expect(told.cause).toEqual({ type: "unresponsive", node: a.ref.id });
  });

  test("is over with the life of its home (S138, H18)", async () => {
    const heartbeat = await heartbeatOf(a);
    const told = supervise(b, heartbeat);
    await cluster.pass(500);
    cluster.crash("a");
    a = await cluster.start("a");
    await cluster.wait(a.node.run(Process.whereisAt(b.ref, "nobody")));
    await cluster.pass(100);
    expect(told.cause).toEqual({ type: "unresponsive", node: a.ref.id });
  });

  test("both nodes forget about it when it is over (S138, P19)", async () => {
    const heartbeat = await heartbeatOf(a);
    supervise(b, heartbeat);
    await cluster.pass(100);
    await cluster.wait(a.node.run(Heartbeat.stop(heartbeat)));
    await cluster.pass(1_000);
    expect(cluster.timers).toBe(0);
    expect(b.node.kernel.lifetimes.heartbeats.size).toBe(0);
  });

  test("composites of several nodes' heartbeats end as their parts say, the same for all (P6, P7)", async () => {
    const [ofA, ofB] = [await heartbeatOf(a), await heartbeatOf(b)];
    const both = Heartbeat.both(ofA, ofB);
    const told = [supervise(a, both), supervise(b, both), supervise(c, both)];
    await cluster.pass(200);
    expect(await cluster.wait(c.node.run(Heartbeat.reset(both, "2h")))).toBe("accepted" satisfies Outcome);
    await cluster.wait(b.node.run(Heartbeat.stop(ofB)));
    await cluster.pass(300);
    expect(told.map(({ cause }) => cause)).toEqual(Array.from({ length: 3 }, () => ({ type: "stopped" })));
  });
});

describe("a scope that went to another node", () => {
  const linger = remote({}, function* (node: NodeRef, to: Pid<string>) {
    yield* Remote.transfer(node);
    for (;;) {
      yield* Process.send(to, "still here");
      yield* Process.sleep(50);
    }
  });

  test("ends when its heartbeat is stopped at home (S139, P22)", async () => {
    const seen: unknown[] = [];
    const { kernel } = c.node;
    const to = kernel.spawn(
      kernel.root,
      function* (self: Self<string>) {
        for (;;) seen.push(yield* self.receive());
      },
      [],
    ).pid as Pid<string>;
    const scope = await heartbeatOf(a);
    const running = a.node.run(Heartbeat.link(scope, linger(b.ref, to)) as never);
    const outcome = running.catch((error: unknown) => error);
    await cluster.pass(500);
    expect(seen.length).toBeGreaterThan(5);
    await cluster.wait(a.node.run(Heartbeat.stop(scope)));
    await cluster.pass(200);
    expect(await outcome).toMatchObject({ reason: { type: "stopped" } });
    const before = seen.length;
    await cluster.pass(500);
    expect(seen.length).toBe(before);
    expect(b.node.inspect().processes).toEqual([]);
  });

  test("fails its heartbeat when it fails there, with the cause (S139, P12, H17)", async () => {
    const crash = remote({}, function* (node: NodeRef) {
      yield* Remote.transfer(node);
      throw new RangeError("Asteroid strike!!");
    });
    const scope = await heartbeatOf(c);
    const told = supervise(a, scope);
    await cluster.pass(50);
    await expect(cluster.wait(a.node.run(Heartbeat.link(scope, crash(b.ref)) as never))).rejects.toThrow(
      "Asteroid strike!!",
    );
    await cluster.pass(200);
    expect(told.cause).toMatchObject({ type: "error", error: { name: "RangeError", message: "Asteroid strike!!" } });
  });
});

describe("a channel of another node", () => {
  test("is sent to and received from, from anywhere; a listener stands when its registration returns (S140, H21, P26)", async () => {
    const result = await cluster.wait(
      a.node.run(function* () {
        const channel = yield* Channel.create<string>();
        const life = yield* Heartbeat.create("1h");
        return { channel, life };
      }),
    );
    const { channel, life } = result;
    const received = await cluster.wait(
      b.node.run(function* () {
        const next = yield* Channel.subscribe(life, channel);
        yield* Channel.send(channel, "from b");
        void c.node.run(Channel.send(channel, "from c"));
        return [yield* next, yield* next];
      }),
    );
    expect(received).toEqual(["from b", "from c"]);
  });

  test("deliver says whether it was handed over, and gives the value back if not (S140, P27)", async () => {
    const { channel, life } = await cluster.wait(
      a.node.run(function* () {
        return { channel: yield* Channel.create<string>(), life: yield* Heartbeat.create("1h") };
      }),
    );
    expect(await cluster.wait(b.node.run(Channel.deliver(channel, "x")))).toMatchObject({
      type: "refused",
      value: "x",
    });
    await cluster.wait(a.node.run(Channel.receive(life, channel)));
    expect(await cluster.wait(b.node.run(Channel.deliver(channel, "y")))).toMatchObject({ type: "delivered" });
    cluster.crash("a");
    await cluster.pass(10);
    expect(await cluster.wait(b.node.run(Channel.deliver(channel, "z")))).toMatchObject({
      type: "unknown",
      value: "z",
    });
  });

  test("a wait that is given up takes nothing: the value is there for the next one who asks (S140, P26)", async () => {
    const { channel, life } = await cluster.wait(
      a.node.run(function* () {
        return { channel: yield* Channel.create<string>(), life: yield* Heartbeat.create("1h") };
      }),
    );
    const impatience = await heartbeatOf(b, "300ms");
    const result = await cluster.wait(
      b.node.run(function* () {
        const next = yield* Channel.receive(life, channel);
        const attempt = yield* Remote.attempt(Heartbeat.link(impatience, next));
        yield* Channel.send(channel, "late");
        return [attempt, yield* next];
      }),
    );
    expect(result).toEqual([{ type: "failure", cause: { type: "expired" } }, "late"]);
    await cluster.pass(100);
    expect(a.node.inspect().processes).toEqual([]);
  });

  test("and the example of the seed: forked under a heartbeat, computing elsewhere, heard at home", async () => {
    const crunch = remote({}, function* (alice: NodeRef, inbox: any) {
      yield* Remote.transfer(alice);
      yield* Channel.send(inbox, 1);
      yield* Channel.send(inbox, 2);
    });
    const example = remote({ crunch }, function* (alice: NodeRef) {
      const inbox = yield* Channel.create<number>();
      const forTen = yield* Heartbeat.create("10s");
      const next = yield* Channel.subscribe(forTen, inbox);
      yield* Remote.fork(Heartbeat.link(forTen, crunch(alice, inbox)));
      return [yield* next, yield* next];
    });
    expect(await cluster.wait(a.node.run(example(b.ref)))).toEqual([1, 2]);
  });
});

describe("a task on another node", () => {
  const half = remote({}, function* (n: number) {
    yield* Process.sleep(20);
    if (n % 2 !== 0) throw new RangeError(`${n} is odd`);
    return n / 2;
  });

  test("is awaited where it was started (S141)", async () => {
    const result = await cluster.wait(
      a.node.run(function* () {
        const tasks = [yield* Remote.forkAt(b.ref, half(4)), yield* Remote.forkAt(c.ref, half(6))] as const;
        return [yield* Task.await(tasks[0]), yield* Task.await(tasks[1])];
      }),
    );
    expect(result).toEqual([2, 3]);
  });

  test("its failure is the failure of awaiting it, and a node that is not there is `noconnection` (S141)", async () => {
    const failing = (node: NodeRef, n: number): Promise<unknown> =>
      cluster.wait(
        a.node.run(function* (self: Self<any>) {
          yield* self.trapExit();
          const task = yield* Remote.forkAt(node, half(n));
          return yield* Task.await(task);
        }),
      );
    await expect(failing(b.ref, 3)).rejects.toMatchObject({
      code: "TASK_FAILED",
      reason: { error: { message: "3 is odd" } },
    });
    cluster.crash("c");
    await cluster.pass(10);
    await expect(failing(c.ref, 4)).rejects.toMatchObject({ reason: { type: "noconnection", node: c.ref.id } });
  });

  test("ends with the process that started it (S141)", async () => {
    const forever = remote({}, function* () {
      yield* Process.sleep("1h");
    });
    await cluster.wait(
      a.node.run(function* () {
        yield* Remote.forkAt(b.ref, forever());
        yield* Process.sleep(200);
      }),
    );
    await cluster.pass(100);
    expect(a.node.inspect().processes).toEqual([]);
    expect(b.node.inspect().processes).toEqual([]);
  });

  test("is still its own's when both have moved (S141)", async () => {
    const parent = remote({ half }, function* (first: NodeRef, second: NodeRef) {
      const task = yield* Remote.forkAt(first, half(10));
      yield* Remote.transfer(second);
      return yield* Task.await(task);
    });
    expect(await cluster.wait(a.node.run(parent(b.ref, c.ref)))).toBe(5);
    await cluster.pass(2_000);
    expect([a, b, c].flatMap(({ node }) => node.inspect().processes)).toEqual([]);
  });
});
