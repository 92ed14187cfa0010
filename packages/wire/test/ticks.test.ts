import type { NodeDownReason } from "@espalier/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Machine } from "./named-peer.ts";
import { signal } from "./signals.ts";
import { World } from "./world.ts";

const tickMs = 60_000;

let world: World;
/** Frames by who sent them, hellos and the like included. */
let frames: Map<string, number>;
/** Whose frames get lost. */
let muted: Set<string>;

beforeEach(() => {
  world = new World();
  frames = new Map();
  muted = new Set();
  world.tap = (frame, { from }) => {
    if (muted.has(from)) return [];
    frames.set(from, (frames.get(from) ?? 0) + 1);
    return [frame];
  };
});

class Peer extends Machine {
  readonly downs: { readonly why: NodeDownReason; readonly atMs: number }[] = [];

  constructor(name: string, netTicktimeMs: number) {
    super(world, name, { netTicktimeMs });
  }

  async start(): Promise<this> {
    await this.transport.start({
      up() {},
      message() {},
      down: (_peer, _reason, why) => void this.downs.push({ why, atMs: world.manual.clock.monotonic() }),
      failed() {},
    });
    return this;
  }
}

async function linked(aliceMs = tickMs, bobMs = tickMs): Promise<[alice: Peer, bob: Peer]> {
  const alice = await new Peer("alice", aliceMs).start();
  const bob = await new Peer("bob", bobMs).start();
  alice.transport.connect(bob.ref);
  await world.run();
  frames.clear();
  return [alice, bob];
}

async function pass(durationMs: number, stepMs = 1_000): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) await world.run(stepMs);
}

/** From a to b frames are named after the machine, and back after the pipe that it accepted. */
const sentBy = (name: string): number =>
  [...frames].filter(([from]) => from.includes(name)).reduce((sum, [, count]) => sum + count, 0);

describe("a link over which nobody has anything to say (R-1301)", () => {
  it("stays, for a frame each way every quarter", async () => {
    const [alice, bob] = await linked();
    await pass(10 * tickMs);
    expect([alice.downs, bob.downs]).toEqual([[], []]);
    // A question in one, an answer in the next.
    expect([sentBy("alice"), sentBy("bob")]).toEqual([39, 39]);
  });

  it("needs one timer a node, beside the one for the renewal of its keys", async () => {
    await linked();
    expect(world.manual.timers).toBe(4);
  });
});

it("sends no tick while it has something else to say (R-1301)", async () => {
  const [alice, bob] = await linked();
  muted.add("ws://bob");
  for (let n = 0; n < 4; n += 1) {
    alice.transport.send(bob.ref.id, signal(n));
    await pass(10_000);
  }
  expect(sentBy("alice")).toBe(4);
});

it.each([0, 1_000, 7_000, 14_000])(
  "ends a link over which nothing comes, between one tick time and five quarters of it, %i ms into a quarter (R-1301)",
  async (intoMs) => {
    const [alice, bob] = await linked();
    await pass(tickMs + intoMs);
    const lastMs = world.manual.clock.monotonic();
    bob.transport.send(alice.ref.id, signal(1));
    await world.run();
    muted.add("bob").add("ws://bob");
    await pass(2 * tickMs);
    expect(alice.downs.map(({ why }) => why)).toEqual(["net_tick_timeout"]);
    const tookMs = (alice.downs[0]?.atMs ?? 0) - lastMs;
    expect(tookMs).toBeGreaterThanOrEqual(tickMs);
    expect(tookMs).toBeLessThanOrEqual(1.25 * tickMs);
  },
);

it("tells each side as often as that side wants to be told (R-1303)", async () => {
  const [alice, bob] = await linked(4_000, 60_000);
  await pass(120_000);
  expect([alice.downs, bob.downs]).toEqual([[], []]);
  expect(sentBy("bob")).toBeGreaterThan(100);
  expect(sentBy("alice")).toBeLessThan(10);
});

it("ends no link because the machine stood still for a day", async () => {
  const [alice, bob] = await linked();
  await world.run(86_400_000);
  await pass(tickMs);
  expect([alice.downs, bob.downs]).toEqual([[], []]);
});

describe("why a link ended (R-1304)", () => {
  it("is `disconnect` here and `connection_closed` there when somebody here wanted it (R-1311)", async () => {
    const [alice, bob] = await linked();
    alice.transport.disconnect(bob.ref.id, "enough");
    await world.run();
    expect([alice.downs[0]?.why, bob.downs[0]?.why]).toEqual(["disconnect", "connection_closed"]);
  });

  it("is `shutdown` when the other node stops", async () => {
    const [alice, bob] = await linked();
    await alice.transport.stop();
    await world.run();
    expect(bob.downs[0]?.why).toBe("shutdown");
  });

  it("is `connection_closed` when it broke, and known at once (R-1302)", async () => {
    const [alice, bob] = await linked();
    const cutMs = world.manual.clock.monotonic();
    world.cut();
    await world.run();
    expect([alice.downs, bob.downs]).toEqual([
      [{ why: "connection_closed", atMs: cutMs }],
      [{ why: "connection_closed", atMs: cutMs }],
    ]);
  });
});

it.each([0, 99, 1.5, 2 ** 31])("refuses a tick time of %d ms, saying what would do", (netTicktimeMs) => {
  expect(() => new Peer("alice", netTicktimeMs)).toThrow("netTicktime: expected 100 to 2147483647 ms");
});
