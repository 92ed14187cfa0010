import type { Message } from "@espalier/runtime";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { SessionTransportOptions } from "../src/connection/transport.ts";
import { Introduced } from "./introduced.ts";
import { Machine } from "./named-peer.ts";
import { numberOf, signal } from "./signals.ts";
import { toyCrypto } from "./toy-crypto.ts";
import { World } from "./world.ts";

const renewMs = 60_000;
/** Ticks would be frames among those that are looked at here. */
const netTicktimeMs = 2 ** 31 - 1;
const limits = { renewMs };

/** The keys that frames were sealed with. */
const sealedWith = new Set<string>();
const crypto = {
  ...toyCrypto,
  seal: (...args: Parameters<typeof toyCrypto.seal>) => {
    sealedWith.add(args[0].join());
    return toyCrypto.seal(...args);
  },
};

let world: World;
beforeEach(() => {
  world = new World();
});

class Peer extends Machine {
  readonly log: string[] = [];
  readonly numbers: number[] = [];

  constructor(name: string, options: Partial<SessionTransportOptions> = {}) {
    super(world, name, { host: { ...world.host(name), crypto }, netTicktimeMs, limits, ...options });
  }

  async start(): Promise<this> {
    await this.transport.start({
      up: () => this.log.push("up"),
      message: (_peer, message: Message) => this.numbers.push(numberOf(message)),
      down: (_peer, reason) => this.log.push(`down: ${reason}`),
      failed: (_peer, reason) => this.log.push(`failed: ${reason}`),
    });
    return this;
  }

  get renewals(): readonly number[] {
    return this.transport.links().map((link) => link.renewals);
  }
}

async function linked(
  near: Partial<SessionTransportOptions> = {},
  far: Partial<SessionTransportOptions> = {},
  withKey?: Uint8Array,
): Promise<{ readonly alice: Peer; readonly bob: Peer }> {
  const [alice, bob] = [await new Peer("alice", near).start(), await new Peer("bob", far).start()];
  alice.transport.connect(withKey === undefined ? bob.ref : bob.ref.withKey(withKey));
  await world.run();
  expect([alice.log, bob.log]).toEqual([["up"], ["up"]]);
  return { alice, bob };
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("a session whose keys grow old", () => {
  it("gets fresh ones again and again, while the link stays up and messages go on in order (S257, R-401)", async () => {
    const { alice, bob } = await linked();
    let sent = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      alice.transport.send(bob.ref.id, signal(sent));
      bob.transport.send(alice.ref.id, signal(sent));
      sent += 1;
      await world.run(1_000);
    }
    await world.run();
    expect([alice.renewals, bob.renewals]).toEqual([[3], [3]]);
    expect([alice.numbers, bob.numbers]).toEqual([upTo(sent), upTo(sent)]);
    expect([alice.log, bob.log]).toEqual([["up"], ["up"]]);
  });

  it("gets them while frames of both are under way, whatever the two have to say meanwhile", async () => {
    const { alice, bob } = await linked();
    let sent = 0;
    world.tap = (frame) => {
      // Each frame that is under way is an occasion to say something.
      if (sent < 40) {
        alice.transport.send(bob.ref.id, signal(sent));
        bob.transport.send(alice.ref.id, signal(sent));
        sent += 1;
      }
      return [frame];
    };
    await world.run(renewMs);
    await world.run();
    expect([alice.renewals, bob.renewals]).toEqual([[1], [1]]);
    expect([alice.numbers, bob.numbers]).toEqual([upTo(sent), upTo(sent)]);
    expect(sent).toBe(40);
  });

  it("has other keys afterwards, in both directions", async () => {
    const { alice, bob } = await linked();
    const keysInUse = async (): Promise<readonly string[]> => {
      sealedWith.clear();
      alice.transport.send(bob.ref.id, signal(1));
      bob.transport.send(alice.ref.id, signal(1));
      await world.run();
      return [...sealedWith];
    };
    const before = await keysInUse();
    await world.run(renewMs);
    await world.run();
    const after = await keysInUse();
    expect([before.length, after.length, new Set([...before, ...after]).size]).toEqual([2, 2, 4]);
    expect([alice.numbers, bob.numbers]).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  const introductions = new Introduced();
  const sharedKey = new Uint8Array(32).fill(3);
  it.each<[string, Partial<SessionTransportOptions>, Partial<SessionTransportOptions>, Uint8Array | undefined]>([
    ["KK", { introductions }, { introductions }, undefined],
    ["NNpsk0", {}, { sharedKey }, sharedKey],
  ])("gets them by the proofs of both, however it began: %s", async (pattern, near, far, key) => {
    const { alice, bob } = await linked(near, far, key);
    expect(alice.transport.links()[0]?.pattern).toBe(pattern);
    await world.run(renewMs);
    await world.run();
    expect([alice.renewals, bob.renewals]).toEqual([[1], [1]]);
  });

  it("ends when the side that dialled does not begin in time, on the other side (S258)", async () => {
    const { alice, bob } = await linked({ limits: { renewMs: 10 * renewMs } });
    await world.run(renewMs);
    expect(bob.log).toEqual(["up"]);
    await world.run(renewMs / 24);
    expect(bob.log).toEqual(["up", "down: the session's keys are too old, and were not renewed"]);
    expect(alice.log).toEqual(["up", "down: connection lost: the session's keys are too old, and were not renewed"]);
    expect(world.manual.timers).toBe(0);
  });

  it("ends when the other side does not answer in time", async () => {
    const { alice } = await linked({}, { limits: { renewMs: 10 * renewMs } });
    world.tap = (frame, { from }) => (from === "alice" ? [frame] : []);
    await world.run(renewMs);
    await world.run(renewMs / 24);
    expect(alice.log).toEqual(["up", "down: the session's keys are too old, and were not renewed"]);
  });
});

/** Frames of a renewal with messages in between, counted over both directions: what goes wrong at the nth. */
async function disturbed(
  n: number,
  bit: number,
): Promise<{ readonly alice: Peer; readonly bob: Peer; readonly frames: number }> {
  world = new World();
  const { alice, bob } = await linked();
  const carol = await new Peer("carol").start();
  carol.transport.connect(bob.ref);
  await world.run();
  bob.log.length = 1;
  let frames = 0;
  world.tap = (frame, { from, to }) => {
    if (from === "carol" || to.startsWith("carol")) return [frame];
    if (frames === 1) alice.transport.send(bob.ref.id, signal(1));
    if (frames === 2) bob.transport.send(alice.ref.id, signal(2));
    if (frames === n) (frame[(bit >> 3) % frame.length] as number) ^= 1 << (bit & 7);
    frames += 1;
    return [frame];
  };
  await world.run(renewMs);
  await world.run();
  expect(carol.log).toEqual(["up"]);
  carol.transport.send(bob.ref.id, signal(99));
  await world.run();
  expect(bob.numbers.at(-1)).toBe(99);
  return { alice, bob, frames };
}

it("a flipped bit in any frame of a renewal, or between them, kills exactly that session (S106)", async () => {
  const { frames, alice, bob } = await disturbed(-1, 0);
  expect([frames, alice.renewals, bob.renewals, bob.numbers]).toEqual([6, [1], [1, 1], [1, 99]]);
  await fc.assert(
    fc.asyncProperty(fc.nat(frames - 1), fc.nat(4_000), async (n, bit) => {
      const parties = await disturbed(n, bit);
      const downs = [...parties.alice.log, ...parties.bob.log].filter((entry) => entry.startsWith("down"));
      expect(downs).toHaveLength(2);
      expect(
        downs.some((entry) => entry.endsWith("a message that the session's key did not seal, or not at this place")),
      ).toBe(true);
    }),
    { numRuns: 30 },
  );
});

it("is asked for as often as the limit for control frames allows, and then costs the session (limits.controlsPerSecond)", async () => {
  const often = { renewMs: 400 };
  const calm = await linked({ limits: often }, { limits: { ...often, controlsPerSecond: 20, rateBurstMs: 1_000 } });
  for (let turn = 0; turn < 20; turn += 1) await world.run(100);
  expect(calm.bob.renewals[0]).toBeGreaterThan(2);
  expect(calm.bob.log).toEqual(["up"]);
  world = new World();
  const { bob } = await linked({ limits: often }, { limits: { ...often, controlsPerSecond: 1, rateBurstMs: 1_000 } });
  for (let turn = 0; turn < 20; turn += 1) await world.run(100);
  expect(bob.log.slice(0, 2)).toEqual([
    "up",
    "down: more than 1 control frames in a second (limits.controlsPerSecond)",
  ]);
});
