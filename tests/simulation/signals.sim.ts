import type { Cause } from "@espalier/heartbeat";
import { Process, Server, type Down, type Exit, type Pid, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, type Member } from "./by-hand.ts";

let cluster: Cluster;
let a: Member;
let b: Member;

beforeEach(async () => {
  cluster = new Cluster("a", "b", "c");
  [a, b] = [await cluster.start("a"), await cluster.start("b")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

type Seen = Exit | Down | string | number;

/** A process that traps exits and keeps whatever comes. What it is to do besides, it is sent as a function. */
interface Puppet {
  readonly pid: Pid<any>;
  readonly seen: Seen[];
  /** Until it is done. */
  do(operation: () => any): Promise<any>;
  /** Not waited for: several may be under way at once. */
  begin(operation: () => any): Promise<any>;
}

function puppet(machine: Member, trapping = true): Puppet {
  const seen: Seen[] = [];
  const { kernel } = machine.node;
  const { pid } = kernel.spawn(
    kernel.root,
    function* live(self: Self<any>) {
      if (trapping) yield* self.trapExit();
      for (;;) {
        const message = yield* self.receive();
        if (typeof message === "function") yield* message(self);
        else seen.push(message);
      }
    },
    [],
  );
  const begin = (operation: () => any): Promise<any> =>
    new Promise((resolve) => {
      void machine.node.run(
        Process.send(pid, function* perform() {
          resolve(yield* operation());
        }),
      );
    });
  return { pid, seen, begin, do: (operation) => cluster.wait(begin(operation)) };
}

const noconnection = (machine: Member): Cause => ({ type: "noconnection", node: machine.ref.id });

describe("messages between nodes", () => {
  test("arrive in the order sent, whatever they are (S112, R-401, R-403)", async () => {
    const there = puppet(b);
    await cluster.wait(
      a.node.run(function* () {
        for (let n = 0; n < 1_000; n += 1) yield* Process.send(there.pid, n);
      }),
    );
    await cluster.pass(200);
    expect(there.seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  test("wait for a link that is being made, in order (S112)", async () => {
    const there = puppet(b);
    cluster.breakLinks("a", "b");
    await cluster.wait(
      a.node.run(function* () {
        for (let n = 0; n < 10; n += 1) yield* Process.send(there.pid, n);
      }),
    );
    await cluster.pass(100);
    expect(there.seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("to a node that cannot be reached are dropped and counted (S113, R-408)", async () => {
    const there = puppet(b);
    cluster.crash("b");
    await cluster.pass(10);
    await cluster.wait(a.node.run(Process.send(there.pid, "lost")));
    await cluster.pass(100);
    expect(a.node.inspect().deadLetters).toBe(1);
    expect(a.events.map(({ type }) => type)).toEqual(expect.arrayContaining(["node.unreachable", "dead-letter"]));
  });

  test("that cannot travel are the sender's error, which names the path (S113)", async () => {
    const there = puppet(b);
    await expect(cluster.wait(a.node.run(Process.send(there.pid, { items: [{ log: () => 1 }] })))).rejects.toThrow(
      /items\[0\]\.log/,
    );
  });

  test("to a process of an earlier life go nowhere, and a monitor of it says so (S116, R-305, R-1308)", async () => {
    const there = puppet(b);
    cluster.crash("b");
    b = await cluster.start("b");
    await cluster.pass(10);
    const here = puppet(a);
    await here.do(() => Process.monitor(there.pid));
    await here.do(() => Process.link(there.pid));
    await cluster.pass(100);
    expect(here.seen.map((message) => (message as Down).cause.type)).toEqual(["noproc", "noproc"]);
    expect(a.node.inspect().processes.find(({ pid }) => pid.equals(here.pid))?.links).toEqual([]);
  });
});

describe("monitors and links between nodes", () => {
  test("tell the cause, after everything that was sent before (S114, R-302, R-313)", async () => {
    const here = puppet(a);
    const there = puppet(b);
    await here.do(() => Process.monitor(there.pid));
    await cluster.pass(50);
    await there
      .do(function* () {
        yield* Process.send(here.pid, "first");
        yield* Process.exit({ type: "exit", reason: { shelf: 7 } });
      } as never)
      .catch(() => {});
    await cluster.pass(50);
    expect(here.seen[0]).toBe("first");
    expect(here.seen[1]).toMatchObject({ type: "DOWN", cause: { type: "exit", reason: { shelf: 7 } } });
  });

  test("fire `noconnection` at once when the connection is lost, on both sides (S114, R-205, R-305, settled 1)", async () => {
    const here = puppet(a);
    const there = puppet(b);
    await here.do(() => Process.link(there.pid));
    await there.do(() => Process.monitor(here.pid));
    await cluster.pass(50);
    cluster.breakLinks("a", "b");
    await cluster.pass(5);
    expect(here.seen).toEqual([{ type: "EXIT", from: expect.anything() as Pid, cause: noconnection(b) }]);
    expect(there.seen.map((message) => (message as Down).type)).toEqual(expect.arrayContaining(["EXIT", "DOWN"]));
    expect(there.seen.map((message) => (message as Down).cause)).toEqual([noconnection(a), noconnection(a)]);
    // Nobody is told twice.
    await cluster.pass(1_000);
    expect(here.seen.length).toBe(1);
  });

  test("of a node that cannot be reached fire `noconnection` too (S114)", async () => {
    const here = puppet(a);
    const there = puppet(b);
    cluster.crash("b");
    await cluster.pass(10);
    await here.do(() => Process.monitor(there.pid));
    await here.do(() => Process.link(there.pid));
    await cluster.pass(50);
    expect(here.seen.map((message) => (message as Down).cause)).toEqual([noconnection(b), noconnection(b)]);
  });

  test("an unlink is over at once on this side, and soon on the other (S115, R-206, R-208)", async () => {
    const here = puppet(a);
    const there = puppet(b);
    await here.do(() => Process.link(there.pid));
    await cluster.pass(50);
    await here.do(() => Process.unlink(there.pid));
    void b.node.run(Process.exit(there.pid, { type: "kill" }));
    await cluster.pass(100);
    expect(here.seen).toEqual([]);
  });

  test("links that are made again meanwhile survive the earlier unlink (S115, R-208)", async () => {
    const here = puppet(a);
    const there = puppet(b);
    await here.do(function* () {
      yield* Process.link(there.pid);
      yield* Process.unlink(there.pid);
      yield* Process.link(there.pid);
    } as never);
    await cluster.pass(50);
    void b.node.run(Process.exit(there.pid, { type: "kill" }));
    await cluster.pass(50);
    expect(here.seen.map((message) => (message as Exit).cause)).toEqual([{ type: "killed" }]);
  });

  test("what an earlier link still brings does not count for the one made after it (S115, R-206, R-208)", async () => {
    const here = puppet(a);
    const there = puppet(b);
    await here.do(() => Process.link(there.pid));
    await cluster.pass(50);
    // Both at the same time: the exit is on its way when the link is made anew.
    void b.node.run(Process.exit(there.pid, { type: "exit", reason: "the first link" }));
    void b.node.run(Process.exit(there.pid, { type: "kill" }));
    void a.node.run(
      Process.send(here.pid, function* () {
        yield* Process.unlink(there.pid);
        yield* Process.link(there.pid);
      }),
    );
    await cluster.pass(0);
    await cluster.pass(50);
    expect(here.seen.map((message) => (message as Exit).cause.type)).toEqual(["noproc"]);
  });

  test("both sides agree in the end, however links and unlinks cross (S115, R-208)", async () => {
    for (let round = 0; round < 40; round += 1) {
      const here = puppet(a);
      const there = puppet(b);
      const steps = (self: Puppet, other: Puppet, bits: number): Promise<unknown> =>
        self.begin(function* () {
          for (let step = 0; step < 3; step += 1) {
            yield* (bits >> step) & 1 ? Process.link(other.pid) : Process.unlink(other.pid);
            if ((bits >> (step + 3)) & 1) yield* Process.sleep(1);
          }
        } as never);
      await cluster.wait(Promise.all([steps(here, there, (round * 37) % 64), steps(there, here, (round * 23) % 64)]));
      await cluster.pass(50);
      const linked = (machine: Member, self: Puppet, other: Puppet): boolean =>
        machine.node
          .inspect()
          .processes.some(({ pid, links }) => pid.equals(self.pid) && links.some((peer) => peer.equals(other.pid)));
      expect([round, linked(a, here, there)]).toEqual([round, linked(b, there, here)]);
    }
  });

  test("a node that is not let in is told so, on both sides", async () => {
    const here = puppet(a);
    const stranger = await cluster.start("c", "nobody");
    const there = puppet(stranger);
    void here;
    await expect(cluster.wait(a.node.run(Process.whereisAt(stranger.ref, "x")))).rejects.toThrow(/noconnection/);
    void there;
    expect(a.events.find(({ type }) => type === "node.unreachable")).toMatchObject({
      reason: expect.stringMatching(/allow list/) as string,
    });
    expect(stranger.events.find(({ type }) => type === "node.refused")).toMatchObject({
      node: a.ref.id,
      reason: expect.stringMatching(/allow list/) as string,
    });
  });
});

describe("names and calls", () => {
  test("a name on another node is found, or not", async () => {
    const there = puppet(b);
    await there.do(() => Process.register("puppet"));
    expect(await cluster.wait(a.node.run(Process.whereisAt(b.ref, "puppet")))).toEqual(
      expect.objectContaining({ serial: there.pid.serial }),
    );
    expect(await cluster.wait(a.node.run(Process.whereisAt(b.ref, "nobody")))).toBeUndefined();
  });

  test("a server on another node is called, and a late reply never leaks (S117, R-323)", async () => {
    const Slow = Server.define({
      init: () => ({}),
      call: {
        *after(_state, ms: number) {
          yield* Process.sleep(ms);
          return ms;
        },
      },
    });
    const pid = await cluster.wait(
      b.node.run(function* () {
        return (yield* Server.start(Slow, undefined)).pid;
      }),
    );
    const result = await cluster.wait(
      a.node.run(function* (self: Self<unknown>) {
        const server = Server.ref(Slow, pid);
        const late = yield* server.call.after(300).within(100, { otherwise: "too late" });
        const good = yield* server.call.after(10);
        const leaked = yield* self.receive({ within: 500, otherwise: "nothing" });
        return { late, good, leaked };
      }),
    );
    expect(result).toEqual({ late: "too late", good: 10, leaked: "nothing" });
  });

  test("a call fails with `noconnection` when the node goes (S117, R-702)", async () => {
    const Silent = Server.define({
      init: () => ({}),
      call: { never: () => Server.noReply() as never },
    });
    const pid = await cluster.wait(
      b.node.run(function* () {
        return (yield* Server.start(Silent, undefined)).pid;
      }),
    );
    const call = a.node.run(function* () {
      return yield* Server.ref(Silent, pid).call.never();
    });
    const outcome = call.catch((error: unknown) => error);
    await cluster.pass(50);
    cluster.crash("b");
    expect(await cluster.wait(outcome)).toMatchObject({ code: "CALL_FAILED", reason: noconnection(b) });
  });
});
