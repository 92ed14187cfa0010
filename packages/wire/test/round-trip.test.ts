import { ManualHost } from "@espalier/runtime/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { frameKind } from "../src/session/outbox.ts";
import { RoundTrip } from "../src/session/round-trip.ts";
import { NamedPeer } from "./named-peer.ts";
import { RawDialler } from "./raw-dialler.ts";
import { World } from "./world.ts";

const quarterMs = 15_000;

describe("how long a peer takes to answer", () => {
  let host: ManualHost;
  let trip: RoundTrip;

  beforeEach(() => {
    host = new ManualHost();
    trip = new RoundTrip(host.clock, quarterMs);
  });

  /** Asks, and has the answer after so long. */
  function answeredAfter(durationMs: number): void {
    const question = trip.ask() as Uint8Array;
    host.advance(durationMs);
    trip.answered(trip.answer(question));
    host.advance(quarterMs);
  }

  it("is not known until there was an answer", () => {
    expect(trip.view).toBeNull();
    trip.ask();
    expect(trip.view).toBeNull();
  });

  it("is the last, the least, and a mean in which each answer counts for an eighth", () => {
    for (const durationMs of [80, 40, 160]) answeredAfter(durationMs);
    const afterTwo = 80 + (40 - 80) / 8;
    expect(trip.view).toEqual({ lastMs: 160, leastMs: 40, meanMs: afterTwo + (160 - afterTwo) / 8 });
  });

  it("is asked once in a quarter at most, and not while a question is open", () => {
    expect(trip.ask()?.[0]).toBe(frameKind.ping);
    host.advance(quarterMs);
    expect(trip.ask()).toBeNull();
    trip.answered(Uint8Array.of(frameKind.pong, 0, 0, 0, 1));
    expect(trip.ask()?.[0]).toBe(frameKind.ping);
    trip.answered(Uint8Array.of(frameKind.pong, 0, 0, 0, 2));
    expect(trip.ask()).toBeNull();
  });

  it.each([
    ["that nobody asked for", Uint8Array.of(frameKind.pong, 0, 0, 0, 1)],
    ["that is too short", Uint8Array.of(frameKind.pong, 0, 0, 1)],
    ["that is too long", Uint8Array.of(frameKind.pong, 0, 0, 0, 1, 0)],
  ])("is not told by an answer %s", (_, pong) => {
    expect(() => trip.answered(pong)).toThrow(/^a pong/);
  });

  it("is not told by the answer to another question, nor by the same answer again", () => {
    const question = trip.ask() as Uint8Array;
    expect(() => trip.answered(Uint8Array.of(frameKind.pong, 0, 0, 0, 9))).toThrow("a pong that nobody asked for");
    trip.answered(trip.answer(question));
    expect(() => trip.answered(trip.answer(question))).toThrow("a pong that nobody asked for");
  });
});

describe("a link", () => {
  it("is asked for it when it comes up, and in place of ticks, from both sides", async () => {
    const world = new World();
    const alice = await new NamedPeer(world, "alice").start();
    const bob = await new NamedPeer(world, "bob").start();
    alice.transport.connect(bob.ref);
    await world.run();
    for (const peer of [alice, bob]) {
      expect(peer.transport.links()[0]?.roundTrip).toEqual({ lastMs: 0, leastMs: 0, meanMs: 0 });
    }
    const before = alice.transport.links()[0]?.sent.frames as number;
    for (let quarter = 0; quarter < 40; quarter += 1) await world.run(quarterMs);
    // A frame a quarter, as without questions: a question in one, an answer in the next.
    expect((alice.transport.links()[0]?.sent.frames as number) - before).toBe(39);
  });

  it("answers a question with the same number, and one at a time when the pipe is full", async () => {
    const world = new World();
    const bob = await new NamedPeer(world, "bob").start();
    const dialler = new RawDialler(world.host("mallory"), bob.ref.id);
    dialler.dial("ws://bob");
    await world.run();
    dialler.sendControl({ type: "hello", wire: 1, abi: 1, hash: 1, incarnation: "x", address: null, tickMs: 60_000 });
    await world.run();
    dialler.heard.length = 0;
    dialler.sendPlain(Uint8Array.of(frameKind.ping, 1, 2, 3, 4));
    await world.run();
    expect(dialler.heard).toEqual([`kind ${frameKind.pong}`]);
    world.queuedBytes = 1_000_000;
    for (let n = 0; n < 100; n += 1) dialler.sendPlain(Uint8Array.of(frameKind.ping, 0, 0, 0, n));
    await world.run();
    expect(dialler.heard).toHaveLength(1);
    expect(bob.transport.links()).toHaveLength(1);
  });

  it.each([
    ["an answer that nobody asked for", Uint8Array.of(frameKind.pong, 0, 0, 0, 9), "a pong that nobody asked for"],
    ["a question that is none", Uint8Array.of(frameKind.ping, 1), "a ping of 2 bytes; expected 5"],
  ])("ends over %s (S265)", async (_, plain, reason) => {
    const world = new World();
    const bob = await new NamedPeer(world, "bob").start();
    const dialler = new RawDialler(world.host("mallory"), bob.ref.id);
    dialler.dial("ws://bob");
    await world.run();
    dialler.sendControl({ type: "hello", wire: 1, abi: 1, hash: 1, incarnation: "x", address: null, tickMs: 60_000 });
    await world.run();
    dialler.sendPlain(plain);
    await world.run();
    expect(bob.log.at(-1)).toBe(`down: ${reason}`);
  });
});
