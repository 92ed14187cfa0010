import { remote } from "@espalier/code";
import { Heartbeat, type LocalGenerator } from "@espalier/heartbeat";
import { NodeAddress, NodeRef, Pid, Process, Remote, type LimitOptions, type Self } from "@espalier/runtime";
import { afterEach, describe, expect, test } from "vitest";
import { Cluster, collector, spawn, type Member } from "./by-hand.ts";

let cluster: Cluster;
/** The one that goes beyond limits, the one whose limits they are, and one that has nothing to do with it. */
let a: Member;
let b: Member;
let c: Member;
/** On b, watched by a process of c, which is sent what it gets. */
let shared: Pid<string>;
let seenByC: unknown[];

/** Beats of leases are no reason to wait. */
async function setUp(limits: LimitOptions, trust?: readonly string[]): Promise<void> {
  cluster = new Cluster("a", "b", "c");
  [a, b, c] = [
    await cluster.start("a"),
    await cluster.start("b", "all", trust === undefined ? { limits } : { limits, trust }),
    await cluster.start("c"),
  ];
  await cluster.meet();
  seenByC = [];
  shared = spawn(b, idle);
  await cluster.wait(b.node.run(Process.register("shared", shared)));
  spawn(c, function* watch(self: Self<unknown>): LocalGenerator<never> {
    yield* Process.monitor(shared);
    for (;;) seenByC.push(yield* self.receive());
  });
  await cluster.pass(50);
  // What a bucket holds for a peer that has only just come.
  await cluster.pass(2_000);
}

afterEach(async () => {
  await cluster.stop();
});

function* idle(self: Self<any>): LocalGenerator<never> {
  for (;;) yield* self.receive();
}

const misbehaved = (): readonly unknown[] =>
  b.events.flatMap((event) => (event.type === "node.misbehaved" ? [event.reason] : []));

/** Whether the two are as good as ever: what c watches on b is not lost, and b answers. */
async function goesOn(member: Member, watched: readonly unknown[] = seenByC): Promise<boolean> {
  const found = await cluster.wait(member.node.run(Process.whereisAt(b.ref, "shared")));
  return watched.length === 0 && found?.equals(shared) === true;
}

/** All is well on both sides so far. */
async function expectUndisturbed(): Promise<void> {
  await cluster.pass(50);
  expect(misbehaved()).toEqual([]);
  expect(a.node.inspect().peers).toContain(b.ref.id);
  expect(await goesOn(c)).toBe(true);
}

/** a has lost its session for this reason, and c has noticed nothing. */
async function expectCutOff(reason: string): Promise<void> {
  await cluster.pass(50);
  expect(misbehaved()).toEqual([reason]);
  expect(a.events.some((event) => event.type === "node.down" && event.reason.includes(reason))).toBe(true);
  expect(await goesOn(c)).toBe(true);
  // And may come again, with nothing left of before.
  expect(await goesOn(a, [])).toBe(true);
}

/** A process of `member` in which operations are performed, one after another. */
function actor(member: Member): {
  readonly seen: unknown[];
  do(operation: () => Generator<any, any, any>): Promise<any>;
} {
  const seen: unknown[] = [];
  const pid = spawn(member, function* act(self: Self<any>): LocalGenerator<never> {
    yield* self.trapExit();
    for (;;) {
      const message = yield* self.receive();
      if (typeof message === "function") yield* message();
      else seen.push(message);
    }
  });
  return {
    seen,
    do: (operation) =>
      cluster.wait(
        new Promise((resolve, reject) => {
          const perform = function* (): LocalGenerator<void> {
            try {
              resolve(yield* operation());
            } catch (error) {
              reject(error);
            }
          };
          void member.node.run(Process.send(pid, perform));
        }),
      ),
  };
}

const error = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => null,
    (problem: unknown) => problem,
  );

describe("monitors and links of one peer (referencesPerPeer)", () => {
  test("are as many as the limit, over and over (S285)", async () => {
    await setUp({ referencesPerPeer: 4 });
    const targets = [1, 2, 3, 4, 5].map(() => spawn(b, idle));
    const one = actor(a);
    for (let round = 0; round < 3; round += 1) {
      await one.do(function* () {
        const refs = [];
        for (const pid of targets.slice(0, 2)) refs.push(yield* Process.monitor(pid));
        yield* Process.link(targets[2] as Pid);
        yield* Process.link(targets[3] as Pid);
        for (const ref of refs) yield* Process.demonitor(ref);
        yield* Process.unlink(targets[2] as Pid);
        yield* Process.unlink(targets[3] as Pid);
      });
    }
    // What has ended does not count any more, whoever of the two ended.
    await one.do(function* () {
      for (const pid of targets.slice(0, 4)) yield* Process.monitor(pid);
    });
    await cluster.pass(50);
    for (const pid of targets.slice(0, 4)) await cluster.wait(b.node.run(Process.exit(pid, { type: "killed" })));
    await cluster.pass(50);
    expect(one.seen.length).toBe(4);
    const linked = actor(a);
    await linked.do(function* () {
      yield* Process.link(targets[4] as Pid);
    });
    await cluster.pass(50);
    await cluster.wait(b.node.run(Process.exit(targets[4] as Pid, { type: "exit", reason: "enough" })));
    await cluster.pass(50);
    expect(linked.seen).toMatchObject([{ type: "EXIT" }]);
    await one.do(function* () {
      for (let n = 0; n < 4; n += 1) yield* Process.monitor(shared);
    });
    await expectUndisturbed();
  });

  test.each(["monitor", "link", "monitor by name"] as const)("cost it the session beyond that: %s", async (how) => {
    await setUp({ referencesPerPeer: 4 });
    const targets = [1, 2, 3, 4, 5].map(() => spawn(b, idle));
    for (const [n, pid] of targets.entries()) await cluster.wait(b.node.run(Process.register(`target ${n}`, pid)));
    const one = actor(a);
    await one.do(function* () {
      for (const [n, pid] of targets.entries()) {
        if (how === "link") yield* Process.link(pid);
        else yield* Process.monitor(how === "monitor" ? pid : { name: `target ${n}`, node: b.ref });
      }
    });
    await expectCutOff("more than 4 monitors and links (limits.referencesPerPeer)");
    expect(one.seen.length).toBe(5);
    expect(one.seen.every((seen) => (seen as { cause: { type: string } }).cause.type === "noconnection")).toBe(true);
    expect(b.node.kernel.remoteWatchers.size).toBe(1);
  });
});

describe("requests of one peer (requestsPerPeer, refusalsPerSecond)", () => {
  /** Processes of `from` that wait for room in a mailbox of b. */
  function waiting(from: Member, to: Pid<any>, count: number): Promise<unknown>[] {
    return Array.from({ length: count }, () => error(from.node.run(Process.send(to, "wait"))));
  }

  async function full(): Promise<Pid<any>> {
    const pid = await cluster.wait(
      b.node.run(
        Process.spawnOpt({ mailbox: { capacity: 1 } }, function* busy(_self: Self<string>) {
          yield* Process.sleep("1h");
        }),
      ),
    );
    await cluster.wait(b.node.run(Process.send(pid, "full")));
    return pid as Pid<any>;
  }

  test("are refused beyond the limit, with an error that says so, and those that wait go on waiting", async () => {
    await setUp({ requestsPerPeer: 3 });
    const pid = await full();
    const before = waiting(a, pid, 3);
    await cluster.pass(50);
    const [refused] = await cluster.wait(Promise.all(waiting(a, pid, 1)));
    expect(refused).toMatchObject({
      name: "LimitError",
      code: "LIMIT",
      message: "more than 3 requests of one node that are not answered (limits.requestsPerPeer)",
    });
    const ofOther = waiting(c, pid, 2);
    await expectUndisturbed();
    await cluster.wait(b.node.run(Process.exit(pid, { type: "killed" })));
    expect(await cluster.wait(Promise.all([...before, ...ofOther]))).toEqual(Array.from({ length: 5 }, () => null));
    const another = await full();
    void waiting(a, another, 3);
    await expectUndisturbed();
  });

  test("cost it the session when they are refused too often", async () => {
    await setUp({ requestsPerPeer: 1, refusalsPerSecond: 2, rateBurstMs: 1_000 });
    const pid = await full();
    void waiting(a, pid, 1);
    await cluster.pass(50);
    await cluster.wait(Promise.all(waiting(a, pid, 2)));
    await cluster.pass(1_000);
    await cluster.wait(Promise.all(waiting(a, pid, 2)));
    await expectUndisturbed();
    void waiting(a, pid, 3);
    await expectCutOff("more than 2 requests are refused in a second (limits.refusalsPerSecond)");
  });
});

describe("processes that one peer sends (arrivalsPerPeer, guestsPerPeer, offersPerSecond)", () => {
  const guest = remote({}, function* guest(_self: Self<any>, node: NodeRef, stayMs: number) {
    yield* Remote.transfer(node);
    yield* Process.sleep(stayMs);
    return "done";
  });
  const send = (from: Member, stayMs: number): Promise<unknown> =>
    from.node.run(guest as any, b.ref, stayMs).then(
      (done) => done,
      (problem: any) => problem.remote ?? problem,
    );
  const refusal = (message: string) => ({ name: "LimitError", code: "LIMIT", message });

  test("are as many as the limit at a time, and one more goes on where it was", async () => {
    await setUp({ guestsPerPeer: 2, arrivalsPerPeer: 2 });
    const staying = [send(a, 1_000), send(a, 1_000)];
    await cluster.pass(300);
    expect(b.node.kernel.guests.size).toBe(2);
    expect(await cluster.wait(send(a, 0))).toEqual(refusal("more than 2 processes of one node (limits.guestsPerPeer)"));
    const others = [send(c, 1_000), send(c, 1_000)];
    expect(await cluster.wait(Promise.all([...staying, ...others]))).toEqual(["done", "done", "done", "done"]);
    await cluster.pass(1_000);
    expect(await cluster.wait(Promise.all([send(a, 0), send(a, 0)]))).toEqual(["done", "done"]);
    await expectUndisturbed();
  });

  test("are as many as the limit on their way, those included that are never complete", async () => {
    await setUp({ arrivalsPerPeer: 1 });
    a.tamper((message) => (message.type === "transfer.code" ? null : message));
    void send(a, 0);
    await cluster.pass(50);
    expect(await cluster.wait(send(a, 0))).toEqual(
      refusal("more than 1 processes are on their way from there (limits.arrivalsPerPeer)"),
    );
    expect(await cluster.wait(send(c, 0))).toBe("done");
    a.tamper((message) => message);
    await cluster.pass(5_000);
    expect(await cluster.wait(send(a, 0))).toBe("done");
    await expectUndisturbed();
  });

  test("are as many as the limit in a second", async () => {
    await setUp({ offersPerSecond: 2, rateBurstMs: 1_000 });
    const sent = await cluster.wait(Promise.all([send(a, 0), send(a, 0), send(a, 0)]));
    expect(sent.filter((done) => done === "done").length).toBe(2);
    expect(sent).toContainEqual(refusal("more than 2 processes from there in a second (limits.offersPerSecond)"));
    expect(await cluster.wait(send(c, 0))).toBe("done");
    await cluster.pass(1_000);
    expect(await cluster.wait(Promise.all([send(a, 0), send(a, 0)]))).toEqual(["done", "done"]);
    await expectUndisturbed();
  });
});

test("registrations for heartbeats are as many as the limit, and one more costs the session (heartbeatsPerPeer)", async () => {
  await setUp({ heartbeatsPerPeer: 3 });
  const watch = async (from: Member, id: number): Promise<void> => {
    const heartbeat = await cluster.wait(b.node.run(Heartbeat.create("1h")));
    from.say(b, { type: "heartbeat.watch", id, heartbeat: await b.encode(heartbeat) });
  };
  // Both know nothing of what they have asked for here, and would take it back.
  const silence = (member: Member): void =>
    member.tamper((message) => (message.type === "heartbeat.unwatch" ? null : message));
  silence(a);
  silence(c);
  for (let id = 1; id <= 3; id += 1) await watch(a, id);
  await cluster.pass(50);
  a.tamper((message) => message);
  a.say(b, { type: "heartbeat.unwatch", id: 3 });
  silence(a);
  await watch(a, 4);
  await watch(c, 1);
  await expectUndisturbed();
  await watch(a, 5);
  await expectCutOff("more than 3 registrations for heartbeats (limits.heartbeatsPerPeer)");
});

describe("what a peer says (messagesPerSecond, codeMessagesPerSecond)", () => {
  test.each([
    [
      { messagesPerSecond: 20, rateBurstMs: 1_000 },
      { type: "heartbeat.unwatched", id: 1 } as const,
      "more than 20 messages in a second (limits.messagesPerSecond)",
    ],
    [
      { codeMessagesPerSecond: 20, rateBurstMs: 1_000 },
      { type: "code.supply", definitions: [], missing: [] } as const,
      "more than 20 code.need and code.supply in a second (limits.codeMessagesPerSecond)",
    ],
  ])("may be said as often as the limit, and then costs the session: %j", async (limits, message, reason) => {
    await setUp(limits);
    const say = (from: Member, count: number): void => {
      for (let n = 0; n < count; n += 1) from.say(b, message);
    };
    for (let second = 0; second < 3; second += 1) {
      say(a, 15);
      await cluster.pass(1_000);
    }
    await expectUndisturbed();
    await cluster.pass(1_000);
    say(c, 15);
    say(a, 25);
    await expectCutOff(reason);
  });
});

describe("what waits for definitions of a peer", () => {
  test.each([
    [{ awaitingCodePerPeer: 4 }, "more than 4 messages wait for definitions (limits.awaitingCodePerPeer)"],
    [
      { awaitingCodeBytesPerPeer: 5_000 },
      "more than 5000 bytes wait for definitions (limits.awaitingCodeBytesPerPeer)",
    ],
  ])("is as much as the limit: %j", async (limits, reason) => {
    await setUp(limits);
    const got: unknown[] = [];
    const pid = spawn(b, function* collect(self: Self<any>): LocalGenerator<never> {
      for (;;) got.push(typeof (yield* self.receive()));
    });
    const body = remote({}, function* body() {
      yield* Process.sleep(1);
    });
    const send = (message: unknown): Promise<unknown> => cluster.wait(a.node.run(Process.send(pid, message)));
    a.tamper((message) => (message.type === "code.supply" ? null : message));
    await send(body);
    for (let n = 0; n < 3; n += 1) await send("x".repeat(1_500));
    await expectUndisturbed();
    await send("x".repeat(1_500));
    await expectCutOff(reason);
    // What had been waiting is as lost as with any link: the function, and in order nothing of it but what needs no definitions.
    a.tamper((message) => message);
    await send(body);
    await cluster.pass(100);
    expect(got.at(-1)).toBe("function");
  });
});

test("signals that wait for a link are as many as the limit, and then all of them are lost with the attempt (queuedSignals)", async () => {
  cluster = new Cluster("a", "b", "c");
  [a, b, c] = [
    await cluster.start("a", "all", { limits: { queuedSignals: 3 } }),
    await cluster.start("b"),
    await cluster.start("c"),
  ];
  const got: unknown[] = [];
  const collect = (member: Member): Pid<any> =>
    spawn(member, function* collect(self: Self<any>): LocalGenerator<never> {
      for (;;) got.push(yield* self.receive());
    });
  const [there, elsewhere] = [collect(b), collect(c)];
  const send = (to: NodeRef, pid: Pid<any>, count: number): Promise<void> =>
    a.node.run(function* () {
      yield* Process.spawn(function* () {});
      a.node.kernel.distribution?.learn(to);
      for (let n = 0; n < count; n += 1) yield* Process.send(pid, `${n} of ${count}`);
    });
  await cluster.wait(Promise.all([send(b.ref, there, 4), send(c.ref, elsewhere, 3)]));
  await cluster.pass(500);
  expect(got).toEqual(["0 of 3", "1 of 3", "2 of 3"]);
  const unreachable = a.events.filter(({ type }) => type === "node.unreachable");
  expect(unreachable).toMatchObject([
    { node: b.ref.id, reason: "more than 3 signals wait for the link (limits.queuedSignals)" },
  ]);
  await cluster.wait(send(b.ref, there, 3));
  await cluster.pass(500);
  expect(got.length).toBe(6);
});

describe("connections to where one peer alone says that somebody listens (namedDialsPerSecond)", () => {
  /** a tells b of nodes that it has made up, and b sends to each of them. @returns why they could not be reached. */
  async function knock(from: number, count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, n) => `${String(n + from).padStart(42, "X")}A`);
    const { pid, received } = collector(b);
    const refs = ids.map((id) => new NodeRef(id, "ws://victim:1"));
    const pids = ids.map((id) => new Pid<any>(new NodeAddress(id, "life"), 1));
    await cluster.wait(a.node.run(Process.send(pid, [refs, pids])));
    await cluster.pass(20);
    const before = b.events.length;
    for (const to of received[0][1] as Pid<any>[]) await cluster.wait(b.node.run(Process.send(to, "hello")));
    await cluster.pass(100);
    const said = b.events.slice(before);
    return said.flatMap((event) => (event.type === "node.unreachable" ? [event.reason] : []));
  }

  const beyond = (): string =>
    `more than 2 connections in a second to where ${a.ref.id} says that somebody listens (limits.namedDialsPerSecond)`;
  const refusals = (reasons: readonly string[]): number => reasons.filter((reason) => reason === beyond()).length;

  test("are as many as the limit, and what is beyond is a node that cannot be reached (S302)", async () => {
    await setUp({ namedDialsPerSecond: 2, rateBurstMs: 1_000 }, []);
    expect(refusals(await knock(1, 2))).toBe(0);
    await cluster.pass(1_000);
    const reasons = await knock(3, 5);
    expect([reasons.length, refusals(reasons)]).toEqual([5, 3]);
    await expectUndisturbed();
  });

  test("are not counted of those who are trusted", async () => {
    await setUp({ namedDialsPerSecond: 2, rateBurstMs: 1_000 });
    const reasons = await knock(1, 5);
    expect([reasons.length, refusals(reasons)]).toEqual([5, 0]);
  });
});
