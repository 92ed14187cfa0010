import { parseMessage, type Message } from "@espalier/runtime";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const node = "A".repeat(43);
const place = `${node}/life-1`;
const process = `${place}/7`;
const bytes = Uint8Array.of(1, 2, 3);
const payload = { bytes, hashes: ["hash"] };
const route = { to: ["life-1", 7], from: ["life-2", 0] } as const;
const definition = {
  hash: "h",
  name: "f",
  kind: "fn",
  text: "() => 1",
  dependencies: { g: "##g" },
  origin: "file:///f.ts:1",
} as const;
const about = { process, epoch: 3 };

/** One of each kind. */
const examples: readonly Message[] = [
  { type: "signal.message", ...route, payload },
  { type: "signal.exit", ...route, cause: payload, link: true },
  { type: "signal.link", ...route },
  { type: "signal.unlink", ...route, id: 1 },
  { type: "signal.unlinked", ...route, id: 1 },
  { type: "signal.monitor", ...route, ref: 2 },
  { type: "signal.demonitor", ...route, ref: 2 },
  { type: "signal.down", ...route, ref: 2, cause: payload },
  { type: "signal.reply", ...route, ref: 2, payload },
  { type: "code.need", hashes: ["a", "b"] },
  { type: "code.supply", definitions: [definition], missing: ["c"] },
  { type: "heartbeat.watch", id: 1, heartbeat: payload },
  { type: "heartbeat.watched", id: 1, status: payload },
  { type: "heartbeat.unwatch", id: 1 },
  { type: "heartbeat.unwatched", id: 1 },
  { type: "heartbeat.tell", id: 1, status: payload },
  { type: "heartbeat.heard", id: 1 },
  { type: "heartbeat.fail", id: 1, heartbeat: payload, cause: payload },
  { type: "heartbeat.failed", id: 1 },
  { type: "pulse.ask" },
  { type: "pulse.answer", registered: 2 },
  {
    type: "transfer.offer",
    ...about,
    home: place,
    cargo: bytes,
    hashes: ["h"],
    received: 4,
    performed: 5,
    effects: [payload],
    baton: null,
    grant: { term: 1, serial: 2, baton: "b" },
    address: "ws://host:7000",
  },
  { type: "transfer.need", ...about, hashes: ["h"] },
  { type: "transfer.code", ...about, definitions: [definition] },
  { type: "transfer.accepted", ...about },
  { type: "transfer.refused", ...about, reason: { name: "Error", message: "no", code: null } },
  { type: "transfer.claim", ...about, arrival: 1, baton: "b", term: null, received: 4 },
  { type: "transfer.grant", ...about, arrival: 1, term: 2, baton: "b", performed: 5 },
  { type: "transfer.denied", ...about },
  { type: "transfer.bar", ...about },
  { type: "transfer.barred", ...about, baton: "b", performed: 5 },
  { type: "transfer.handed", ...about, to: place },
  { type: "transfer.released", ...about },
  { type: "transfer.in", ...about, number: 6, signal: payload },
  { type: "transfer.out", ...about, number: 6, effect: payload },
  { type: "lease.beat", number: 1, term: null, lapsed: false, receipts: [[process, 3, 6]] },
  { type: "lease.acknowledged", number: 1, term: 2, floor: 3, receipts: [[process, 3, 6]] },
];

describe("parseMessage", () => {
  test.each(examples.map((message) => [message.type, message] as const))("knows %s", (_type, message) => {
    expect(parseMessage(message)).toEqual(message);
  });

  test("leaves out what it does not know", () => {
    expect(parseMessage({ type: "pulse.ask", surprise: 1 })).toEqual({ type: "pulse.ask" });
  });

  test.each([
    [null, "message: expected an object, got null"],
    [[], "message: expected an object"],
    [{ type: "toString" }, "message type: expected one that is known"],
    [{ type: "signal.link", to: ["life", -1], from: ["life", 1] }, "to: expected a whole number of at least 0, got -1"],
    [{ type: "signal.link", to: ["a life", 1], from: ["life", 1] }, "to: expected an incarnation and a serial"],
    [{ type: "transfer.in", process: "p", epoch: 1 }, "process: expected a process"],
    [{ type: "transfer.denied", process, epoch: 1.5 }, "epoch: expected a whole number of at least 0, got 1.5"],
    [{ type: "signal.message", ...route, payload: { bytes: "text" } }, "bytes: expected bytes"],
    [{ type: "lease.beat", number: 1, lapsed: "no", receipts: [] }, "lapsed: expected true or false"],
    [{ type: "lease.beat", number: 1, lapsed: true, receipts: [[process, 3]] }, "receipts[0]: expected a process"],
    [{ type: "code.supply", definitions: [{ ...definition, kind: "virus" }], missing: [] }, "definitions[0].kind"],
  ])("refuses %j, and says what is wrong with it", (data, message) => {
    expect(() => parseMessage(data)).toThrow(TypeError);
    expect(() => parseMessage(data)).toThrow(message);
  });

  test("an offer's home is the home in the pid, whatever it says", () => {
    const offer = examples.find(({ type }) => type === "transfer.offer");
    expect(() => parseMessage({ ...offer, home: `${node}/life-2` })).toThrow("home: expected the home of the process");
  });

  test("whatever comes is a message or a TypeError: every field of every kind replaced by anything", () => {
    const fields = examples.flatMap((message) => Object.keys(message).map((field) => [message, field] as const));
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.anything(), ([message, field], value) => {
        try {
          const parsed = parseMessage({ ...message, [field]: value });
          // What is let through is as safe as the example: the same fields, and nothing else.
          expect(Object.keys(message)).toEqual(expect.arrayContaining(Object.keys(parsed)));
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
