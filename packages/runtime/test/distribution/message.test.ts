import { parseMessage } from "@espalier/runtime";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { definition, examples, node, process, route } from "./example-messages.ts";

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
