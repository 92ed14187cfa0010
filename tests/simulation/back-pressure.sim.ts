import { remote } from "@espalier/code";
import { Process, Remote, type NodeEvent, type NodeRef, type Pid, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, type Member } from "./by-hand.ts";

const kilobyte = 2 ** 10;
const megabyte = 2 ** 20;

let cluster: Cluster;
let a: Member;
let b: Member;

beforeEach(async () => {
  cluster = new Cluster("a", "b");
  [a, b] = [await cluster.start("a"), await cluster.start("b")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

/** From now on so much goes from a to b in a second. */
function thin(bytesPerSecond: number): () => void {
  return cluster.world.network.throttle("a", "b", bytesPerSecond).end;
}

/** What a process of a node, b unless said, has got, by number. */
function reader(on = b): { readonly pid: Pid<Numbered>; readonly got: number[] } {
  const got: number[] = [];
  const { kernel } = on.node;
  const { pid } = kernel.spawn(
    kernel.root,
    function* read(self: Self<Numbered>) {
      for (;;) got.push((yield* self.receive()).number);
    },
    [],
  );
  return { pid, got };
}

interface Numbered {
  readonly number: number;
  readonly bytes: Uint8Array;
}

const numbered = (number: number, bytes = 100 * kilobyte): Numbered => ({ number, bytes: new Uint8Array(bytes) });

/** A process on a that sends to `to` until it has sent `count` messages. */
function sender(to: Pid<Numbered>, count: number) {
  const progress = { sent: 0, pid: a.node.kernel.root, ended: false };
  const running = a.node.run(function* send(self: Self<never>) {
    progress.pid = self.pid;
    for (; progress.sent < count; progress.sent += 1) yield* Process.send(to, numbered(progress.sent));
  });
  running.finally(() => (progress.ended = true)).catch(() => {});
  return progress;
}

const types = (events: readonly NodeEvent[], prefix: string) =>
  events.map(({ type }) => type).filter((type) => type.startsWith(prefix));

describe("a process that sends over a connection that does not keep up", () => {
  test("waits, goes on, and loses nothing of its order; what is at most queued is bounded (S269, R-409, R-401)", async () => {
    thin(megabyte);
    const there = reader();
    const progress = sender(there.pid, 60);
    await cluster.pass(500);
    // What the pipe and the queue hold, and what has passed.
    expect(progress.sent * 100 * kilobyte).toBeLessThan(2.2 * megabyte);
    expect(a.node.inspect().processes.find(({ pid }) => pid.equals(progress.pid))?.waitingFor).toMatch(
      /does not keep up/,
    );
    await cluster.pass(10_000);
    expect(progress.ended).toBe(true);
    expect(there.got).toEqual(Array.from({ length: 60 }, (_, number) => number));
    const turns = types(a.events, "connection.");
    expect(turns.filter((type) => type === "connection.busy").length).toBeGreaterThan(3);
    expect(turns.filter((type) => type === "connection.busy")).toHaveLength(
      turns.filter((type) => type === "connection.drained").length,
    );
  });

  test("is not kept from sending here, from ending, or from being killed (S270)", async () => {
    thin(kilobyte);
    const there = reader();
    const progress = sender(there.pid, 60);
    await cluster.pass(100);
    const local = await cluster.wait(
      a.node.run(function* (self: Self<string>) {
        yield* Process.send(self.pid, "here");
        yield* Process.link(there.pid);
        yield* Process.unlink(there.pid);
        yield* Process.kill(progress.pid);
        return yield* self.receive();
      }),
      50,
    );
    expect([local, progress.ended]).toEqual(["here", true]);
  });

  test("is told so instead with nosuspend, and nothing was sent (S271, R-409)", async () => {
    const end = thin(kilobyte);
    const there = reader();
    sender(there.pid, 20);
    await cluster.pass(100);
    const send = (number: number) =>
      cluster.wait(a.node.run(Process.send(there.pid, numbered(number, 1), { nosuspend: true })), 50);
    expect(await send(100)).toBe(false);
    end();
    await cluster.pass(1_000);
    expect(await send(101)).toBe(true);
    await cluster.pass(100);
    expect(there.got).toEqual([...Array.from({ length: 20 }, (_, number) => number), 101]);
  });

  test("goes on when the connection is lost", async () => {
    const end = thin(kilobyte);
    const there = reader();
    const progress = sender(there.pid, 20);
    await cluster.pass(100);
    expect(progress.ended).toBe(false);
    end();
    cluster.breakLinks("a", "b");
    await cluster.pass(100);
    expect(progress.ended).toBe(true);
    expect(a.node.kernel.crowded).toBeNull();
  });
});

/** Goes to `node`, and says every 100 ms that it is there. */
const clerk = remote({}, function* (node: NodeRef, to: Pid<number>) {
  yield* Remote.transfer(node);
  for (let turn = 1; ; turn += 1) {
    yield* Process.send(to, turn);
    yield* Process.sleep(100);
  }
});

describe("megabytes over a thin line", () => {
  test.each([
    ["to the host of a guest", "a", "b"],
    ["to its home", "b", "a"],
  ] as const)("%s ends no lease and no connection (S268, P11, R-1301)", async (_, from, to) => {
    const turns: number[] = [];
    void a.node
      .run(function* (self: Self<number>) {
        yield* Process.spawn(clerk(b.ref, self.pid));
        for (;;) turns.push(yield* self.receive());
      })
      .catch(() => {});
    await cluster.pass(1_000);
    const [near, far] = from === "a" ? [a, b] : [b, a];
    const before = turns.length;
    // A window takes a second on this line, less than the lease and its delay; the messages take eight.
    cluster.world.network.throttle(from, to, 512 * kilobyte);
    const { pid, got } = reader(far);
    void near.node.run(() => Process.send(pid, numbered(1, 4 * megabyte)));
    await cluster.pass(12_000);
    expect(got).toEqual([1]);
    expect([...a.events, ...b.events].filter(({ type }) => type === "node.verdict" || type === "node.down")).toEqual(
      [],
    );
    // The guest waits with the others where it sends over the thin line itself.
    expect(turns.length).toBeGreaterThan(before + 40);
    expect(turns).toEqual(turns.map((_turn, index) => index + 1));
  });
});
