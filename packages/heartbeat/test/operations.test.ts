import {
  CompositeHeartbeat,
  Heartbeat,
  HeartbeatEnd,
  isHeartbeat,
  LeafHeartbeat,
  LinkHeartbeat,
  Operation,
} from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

const heartbeat = new LeafHeartbeat("a", "1", 1);

describe("the operations of Heartbeat", () => {
  test.each([
    [Heartbeat.create("1.5s"), { type: "heartbeat.create", durationMs: 1_500 }],
    [Heartbeat.create("infinity"), { type: "heartbeat.create", durationMs: Infinity }],
    [Heartbeat.stop(heartbeat), { type: "heartbeat.stop", heartbeat }],
    [
      Heartbeat.fail(heartbeat, { type: "exit", reason: [1] }),
      { type: "heartbeat.fail", heartbeat, cause: { type: "exit", reason: [1] } },
    ],
    [Heartbeat.reset(heartbeat, 20), { type: "heartbeat.reset", heartbeat, durationMs: 20 }],
    [Heartbeat.status(heartbeat), { type: "heartbeat.status", heartbeat }],
    [Heartbeat.supervise(heartbeat), { type: "heartbeat.supervise", heartbeat }],
    [new HeartbeatEnd(heartbeat, "r7"), { type: "heartbeat.end", heartbeat, registration: "r7" }],
  ])("%o is plain data", (operation, data) => {
    expect(operation).toBeInstanceOf(Operation);
    expect(new Map(Object.entries(operation))).toEqual(new Map(Object.entries(data)));
  });

  test("yield themselves to whoever drives them", () => {
    const operation = Heartbeat.stop(heartbeat);
    const body = (function* () {
      return yield* operation;
    })();
    expect(body.next()).toEqual({ done: false, value: operation });
    expect(body.next("accepted")).toEqual({ done: true, value: "accepted" });
  });

  test("link takes an operation, a generator or a function that makes one", () => {
    function* body() {
      return yield* Heartbeat.stop(heartbeat);
    }
    for (const what of [body, body(), Heartbeat.stop(heartbeat)]) {
      const link = Heartbeat.link(heartbeat, what);
      expect(link).toBeInstanceOf(LinkHeartbeat);
      expect(link.heartbeat).toBe(heartbeat);
      expect(link.what).toBe(what);
    }
  });

  test("both and either are values, not operations", () => {
    const both = Heartbeat.both(heartbeat, new LeafHeartbeat("b", "1", 2));
    expect(isHeartbeat(both)).toBe(true);
    expect(both).toBeInstanceOf(CompositeHeartbeat);
    expect(both).not.toBeInstanceOf(Operation);
    expect(Heartbeat.either(both, heartbeat).toString()).toBe(
      "either(Heartbeat(a.1), both(Heartbeat(a.1), Heartbeat(b.2)))",
    );
  });

  test.each<[string, () => unknown, string]>([
    ["stop", () => Heartbeat.stop({} as never), "Heartbeat.stop: expected a heartbeat, got {}"],
    [
      "fail",
      () => Heartbeat.fail(heartbeat, new Error("no") as never),
      "cause.type: expected the type of a cause, got undefined",
    ],
    ["reset", () => Heartbeat.reset(heartbeat, "soon" as never), /^duration: expected milliseconds/ as never],
    ["both", () => Heartbeat.both(heartbeat, null as never), "Heartbeat.both: expected a heartbeat, got null"],
    ["either", () => Heartbeat.either(1 as never, heartbeat), "Heartbeat.either: expected a heartbeat, got 1"],
    [
      "link",
      () => Heartbeat.link(heartbeat, 1 as never),
      "Heartbeat.link: expected an operation, a generator or a function that makes one, got number",
    ],
  ])("%s refuses what it cannot take", (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(TypeError);
  });
});
