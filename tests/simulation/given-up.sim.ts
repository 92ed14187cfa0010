import { Heartbeat, LeafHeartbeat, type HeartbeatStatus } from "@espalier/heartbeat";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, verdictMs, type Member } from "./by-hand.ts";

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

interface Waiting {
  /** What it was told; null until then. */
  status: HeartbeatStatus | null;
  giveUp(): void;
}

/** Waits on b for the end of `heartbeat`. */
function waiting(heartbeat: Heartbeat): Waiting {
  const { lifetimes } = b.node.kernel;
  let id: string | null = null;
  const one: Waiting = { status: null, giveUp: () => void (id !== null && lifetimes.unregister(id)) };
  id = lifetimes.register(heartbeat, { told: (status) => void (one.status = status) });
  return one;
}

/** From now on b says nothing more to anybody, and knows nothing of what is not its own. */
async function expectPeace(): Promise<void> {
  const { events, node } = b;
  const since = events.length;
  await cluster.pass(10 * verdictMs);
  const tries = events.slice(since).filter(({ type }) => type === "node.unreachable");
  expect({
    tries: tries.length,
    timers: cluster.timers,
    unheard: node.inspect().records.unheard,
    heartbeats: node.kernel.lifetimes.heartbeats.size,
  }).toEqual({ tries: 0, timers: 0, unheard: 0, heartbeats: 0 });
}

describe("what is owed to a node that is gone for good ends with its verdict (settled 11, P19)", () => {
  test("a registration", async () => {
    const one = waiting(await cluster.wait(a.node.run(Heartbeat.create("1h"))));
    await cluster.pass(500);
    cluster.crash("a");
    await cluster.pass(2 * verdictMs);
    expect(one.status).toMatchObject({ cause: { type: "unresponsive" } });
    await expectPeace();
  });

  test("a registration that is taken back when it is gone", async () => {
    const one = waiting(await cluster.wait(a.node.run(Heartbeat.create("1h"))));
    await cluster.pass(500);
    cluster.crash("a");
    one.giveUp();
    await cluster.pass(2 * verdictMs);
    await expectPeace();
    expect(one.status).toBeNull();
  });

  test("a registration with a node that nobody has an address of, and that it is taken back", async () => {
    const { id } = cluster.world.machine("nobody").identity;
    const told = waiting(new LeafHeartbeat(id, "any", 1));
    const taken = waiting(new LeafHeartbeat(id, "any", 2));
    taken.giveUp();
    await cluster.pass(2 * verdictMs);
    expect([told.status, taken.status]).toMatchObject([{ cause: { type: "unresponsive" } }, null]);
    await expectPeace();
  });

  test("that something failed which was linked to a heartbeat there", async () => {
    const heartbeat = await cluster.wait(a.node.run(Heartbeat.create("1h")));
    cluster.crash("a");
    b.node.kernel.lifetimes.failed(heartbeat, { type: "exit", reason: "oops" });
    await cluster.pass(2 * verdictMs);
    await expectPeace();
  });

  test("the end that it registered for", async () => {
    const heartbeat = await cluster.wait(b.node.run(Heartbeat.create("1h")));
    a.node.kernel.lifetimes.register(heartbeat, { told: () => {} });
    await cluster.pass(500);
    cluster.crash("a");
    await cluster.wait(b.node.run(Heartbeat.stop(heartbeat)));
    await cluster.pass(2 * verdictMs);
    await expectPeace();
  });

  test("not before: who is back in time is told what was owed to it", async () => {
    const heartbeat = await cluster.wait(a.node.run(Heartbeat.create("1h")));
    const one = waiting(heartbeat);
    await cluster.pass(500);
    cluster.part("a", "b");
    b.node.kernel.lifetimes.failed(heartbeat, { type: "exit", reason: "oops" });
    await cluster.pass(900);
    cluster.heal();
    await cluster.pass(1_000);
    expect(one.status).toMatchObject({ cause: { type: "exit", reason: "oops" } });
    await expectPeace();
  });
});

test("what a former life of a node decided about is not watched in its next one (H18, P19)", async () => {
  const one = waiting(await cluster.wait(a.node.run(Heartbeat.create("1h"))));
  await cluster.pass(500);
  cluster.crash("a");
  a = await cluster.start("a");
  await cluster.meet();
  await cluster.pass(100);
  expect(one.status).toMatchObject({ cause: { type: "unresponsive" } });
  await expectPeace();
});
