import { limits as usual, mayOvertake, type Message } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { equalBytes } from "../src/bytes.ts";
import { frameKind } from "../src/session/outbox.ts";
import { RoundTrip } from "../src/session/round-trip.ts";
import { Traffic, type TrafficOwner } from "../src/session/traffic.ts";
import { bytesOf, numberOf, signal } from "./signals.ts";

const limits = { ...usual, busyBytes: 2 ** 20 };
const ask: Message = { type: "pulse.ask" };
const beat = (number: number, lapsed = false): Message => ({
  type: "lease.beat",
  number,
  term: 1,
  lapsed,
  receipts: [],
});

/** One end of a session: what its pipe holds goes on when the test says so. */
class End implements TrafficOwner {
  readonly traffic: Traffic;
  readonly pipe: Uint8Array[] = [];
  readonly got: Message[] = [];
  readonly #tasks: (() => void)[] = [];
  isUp = true;
  pipeBytes = 0;
  readonly turns: boolean[] = [];

  constructor() {
    this.traffic = new Traffic(limits, this, new RoundTrip(new ManualHost().clock, 15_000));
  }

  emit(plain: Uint8Array): void {
    this.pipe.push(plain.slice());
    this.pipeBytes += plain.length;
  }

  soon(task: () => void): void {
    this.#tasks.push(task);
  }

  message(message: Message): void {
    this.got.push(message);
  }

  overflowed(): void {
    this.isUp = false;
  }

  busy(isBusy: boolean): void {
    this.turns.push(isBusy);
  }

  /** Ends the turn of the loop. */
  turn(): void {
    for (const task of this.#tasks.splice(0)) task();
  }

  /** The pipe passes its next frames on, and says when it has drained. */
  pass(to: End, frames = 1): void {
    for (const frame of this.pipe.splice(0, frames)) {
      const before = this.pipeBytes;
      this.pipeBytes -= frame.length;
      to.traffic.receive(frame);
      if (before >= 2 ** 17 && this.pipeBytes < 2 ** 17) this.traffic.drained();
    }
  }
}

let near: End;
let far: End;

beforeEach(() => {
  near = new End();
  far = new End();
});

const blob = () => signal(0, new Uint8Array(3 * 2 ** 20).fill(7));

it("gives a pipe no more than a window of what is large, and goes on as it drains", () => {
  near.traffic.send(blob());
  near.turn();
  let heldMax = 0;
  for (; near.pipe.length > 0; near.pass(far)) heldMax = Math.max(heldMax, near.pipeBytes);
  expect(heldMax).toBeLessThanOrEqual(limits.windowBytes + limits.frameBytes);
  expect(heldMax).toBeGreaterThan(limits.windowBytes - limits.frameBytes);
  expect(equalBytes(bytesOf(far.got[0]), bytesOf(blob()))).toBe(true);
  expect(near.traffic.waitingBytes).toBe(0);
});

it("lets what is timed overtake what is large, behind a window at most, and nothing else (S267)", () => {
  near.traffic.send(blob());
  near.turn();
  near.traffic.send(signal(1));
  near.traffic.send(beat(1));
  near.traffic.send(ask);
  near.traffic.send(beat(2, true));
  near.traffic.tick();
  near.turn();
  const ahead = near.pipe.findIndex((frame) => frame[0] === frameKind.ahead);
  const before = near.pipe.slice(0, ahead).reduce((bytes, frame) => bytes + frame.length, 0);
  expect(before).toBeLessThanOrEqual(limits.windowBytes + limits.frameBytes);
  expect(near.pipe.map((frame) => frame[0]).slice(ahead)).toEqual([frameKind.ahead, frameKind.ahead, frameKind.ping]);
  while (near.pipe.length > 0) near.pass(far);
  expect(far.got.map((message) => message.type)).toEqual([
    "lease.beat",
    "pulse.ask",
    "signal.message",
    "signal.message",
    "lease.beat",
  ]);
});

it("changes no order while nothing waits", () => {
  const messages = [signal(1), beat(1), signal(2), ask, signal(3)];
  for (const message of messages) near.traffic.send(message);
  near.turn();
  expect(near.pipe).toHaveLength(1);
  near.pass(far);
  expect(far.got).toEqual(messages);
});

it("keeps the order of all that may not overtake, and of all that may, in frames as full as they can be", () => {
  const message = fc.oneof(
    { weight: 4, arbitrary: fc.nat(120_000).map((bytes) => ({ bytes })) },
    { weight: 1, arbitrary: fc.constant({ bytes: null }) },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(message, fc.nat(3)), { maxLength: 12 }), (steps) => {
      near = new End();
      far = new End();
      const sent: Message[] = steps.map(([{ bytes }], n) =>
        bytes === null ? beat(n) : signal(n, new Uint8Array(bytes)),
      );
      for (const [n, message_] of sent.entries()) {
        near.traffic.send(message_);
        const [, passes] = steps[n] as (typeof steps)[number];
        if (passes > 0) near.turn();
        near.pass(far, passes - 1);
      }
      near.turn();
      while (near.pipe.length > 0) near.pass(far);
      for (const may of [true, false]) {
        const kept = (messages: readonly Message[]) => messages.filter((one) => mayOvertake(one) === may);
        expect(kept(far.got).map(numberOf)).toEqual(kept(sent).map(numberOf));
      }
      expect(near.traffic.waitingBytes).toBe(0);
    }),
    { numRuns: 20 },
  );
});

it("puts ten thousand small messages of a turn into as few frames as they fit, whole or held back", () => {
  for (const held of [0, limits.windowBytes]) {
    near = new End();
    far = new End();
    near.pipeBytes = held;
    for (let n = 0; n < 10_000; n += 1) near.traffic.send(signal(n));
    near.turn();
    expect(near.pipe.length > 0).toBe(held === 0);
    near.pipeBytes -= held;
    near.traffic.drained();
    const bytes = near.pipe.reduce((sum, frame) => sum + frame.length, 0);
    expect(near.pipe).toHaveLength(Math.ceil(bytes / (limits.frameBytes - 16)));
    while (near.pipe.length > 0) near.pass(far);
    expect(far.got.map(numberOf)).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
  }
});

it("is busy above its limit until less than half of it waits, and says so once (R-409)", () => {
  near.traffic.send(blob());
  expect(near.turns).toEqual([true]);
  let easedAt = -1;
  while (near.pipe.length > 0) {
    near.pass(far);
    if (easedAt < 0 && near.turns.length > 1) easedAt = near.traffic.waitingBytes;
  }
  expect(near.turns).toEqual([true, false]);
  expect(easedAt).toBeGreaterThan(limits.busyBytes / 2 - limits.windowBytes - limits.frameBytes);
  expect(easedAt).toBeLessThan(limits.busyBytes / 2);
});

it("hands on everything at once when the session ends", () => {
  near.traffic.send(blob());
  near.traffic.send(signal(1));
  near.traffic.flush();
  near.pass(far, near.pipe.length);
  expect(far.got.map(numberOf)).toEqual([0, 1]);
});
