import type { Message } from "@espalier/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Inbox } from "../src/session/inbox.ts";
import { limits as usual } from "@espalier/runtime";
import { Outbox } from "../src/session/outbox.ts";
import { numberOf, signal } from "./signals.ts";

const limits = { ...usual, frameBytes: 100, messageBytes: 2_000 };

/** The frames that an outbox makes of `turns`, each flushed at its end. */
function framesOf(turns: readonly (readonly unknown[])[], within = limits): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const outbox = new Outbox(within);
  for (const messages of turns) {
    for (const message of messages) outbox.add(message);
    for (let plain = outbox.next(); plain !== null; plain = outbox.next()) frames.push(plain.slice());
    expect([outbox.bytes, outbox.isBackedUp]).toEqual([0, false]);
  }
  return frames;
}

function readAll(frames: readonly Uint8Array[]): Message[] {
  const inbox = new Inbox(limits);
  return frames.flatMap((frame) => inbox.take(frame));
}

describe("an inbox gives what its outbox took", () => {
  it("for messages of every size, in order, in frames that are never too large", () => {
    const message = fc.nat(1_900).map((size) => signal(size, new Uint8Array(size).fill(size & 0xff)));
    fc.assert(
      fc.property(fc.array(fc.array(message, { maxLength: 8 }), { maxLength: 4 }), (turns) => {
        const frames = framesOf(turns);
        expect(frames.every((frame) => frame.length <= limits.frameBytes - 16)).toBe(true);
        expect(readAll(frames)).toEqual(turns.flat());
      }),
    );
  });

  it("and puts as many into a frame as fit", () => {
    expect(framesOf([Array.from({ length: 1_000 }, (_, n) => signal(n))], usual)).toHaveLength(1);
    expect(framesOf([[], []])).toHaveLength(0);
  });

  it("also after a message of several fragments, in the same turn", () => {
    const messages = [signal(1, new Uint8Array(500)), signal(2), signal(3, new Uint8Array(300))];
    expect(readAll(framesOf([messages])).map(numberOf)).toEqual([1, 2, 3]);
  });

  it("and not one that is too large for the other side", () => {
    expect(() => framesOf([[signal(1, new Uint8Array(2_000))]])).toThrow(
      "message: expected less than 2000 bytes once encoded, got 2063",
    );
  });
});

describe("an inbox refuses", () => {
  const part = limits.frameBytes - 16 - 1;
  const aheadOf = (message: Message) => [...(new Outbox(limits).ahead(message) as Uint8Array)];
  const full = (kind: number) => [kind, ...Array.from({ length: part }, () => 0)];
  it.each<[string, (readonly number[])[], string]>([
    ["an empty frame", [[]], "a frame of the kind undefined"],
    ["an unknown kind", [[9, 0x80]], "a frame of the kind 9"],
    ["what is no array", [[0, 0xa0]], "expected an array of messages"],
    ["what is no message", [[0, 0x81, 0]], "malformed message: message: expected an object, got 0"],
    ["a tag", [[0, 0x81, 0xd9, 1, 2, 0x80]], "a tag, where only plain data is expected"],
    ["a batch between fragments", [full(1), [0, 0x80]], "a frame between the fragments of a message"],
    [
      "a signal that is ahead of its turn",
      [full(1), aheadOf(signal(1))],
      "a signal.message that came ahead of its turn",
    ],
    ["a fragment that is not full", [[1, 0x81]], "a fragment of 1 bytes; expected 83"],
    [
      "more fragments than a message has",
      Array.from({ length: 25 }, () => full(1)),
      "a message of more than 2000 bytes",
    ],
  ])("%s", (_, frames, message) => {
    expect(() => readAll(frames.map((frame) => Uint8Array.from(frame)))).toThrow(message);
  });
});
