import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench, reasonOf } from "./helpers.ts";

function* sendAll(self: Self<any>, ...messages: readonly unknown[]): LocalGenerator<void> {
  for (const message of messages) yield* Process.send(self.pid, message);
}

test("the oldest message that matches wins, the others stay in order (S28, R-410)", async () => {
  const { run } = await bench();
  const received = await run(function* (self: Self<string>) {
    yield* sendAll(self, "a1", "b1", "a2", "b2");
    const b = yield* self.receive({ match: (message) => message.startsWith("b") });
    return [b, yield* self.receive(), yield* self.receive(), yield* self.receive()];
  });
  expect(received).toEqual(["b1", "a1", "a2", "b2"]);
});

test("a selective receive waits for its message through others, and asks about each once (S28)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<number>) {
    yield* sendAll(self, 1, 2);
    const asked: number[] = [];
    yield* Process.spawn(function* () {
      for (const message of [3, 4, 5]) {
        yield* Process.send(self.pid, message);
        yield* Process.sleep(0);
      }
    });
    const four = yield* self.receive({
      match: (message) => {
        asked.push(message);
        return message === 4;
      },
    });
    yield* Process.sleep(0);
    return {
      four,
      asked,
      rest: [yield* self.receive(), yield* self.receive(), yield* self.receive(), yield* self.receive()],
    };
  });
  expect(result).toEqual({ four: 4, asked: [1, 2, 3, 4], rest: [1, 2, 3, 5] });
});

test("within 0 takes only what is there; a limit fails with timeout, or gives `otherwise` (S29, R-410)", async () => {
  const { run, host } = await bench();
  const result = await run(function* (self: Self<number>) {
    const empty = yield* reasonOf(self.receive({ within: 0 }));
    yield* Process.send(self.pid, 1);
    const there = yield* self.receive({ within: 0 });
    const late = yield* reasonOf(self.receive({ within: "1s" }));
    const otherwise = yield* self.receive({ within: "1s", otherwise: undefined });
    yield* Process.send(self.pid, 2);
    const unmatched = yield* self.receive({ within: "1s", match: (message) => message === 3, otherwise: "none" });
    return { empty: empty.type, there, late: late.type, otherwise, unmatched, left: yield* self.receive() };
  });
  expect(result).toEqual({
    empty: "timeout",
    there: 1,
    late: "timeout",
    otherwise: undefined,
    unmatched: "none",
    left: 2,
  });
  expect(host.clock.monotonic()).toBe(3000);
});

test("a message that comes in the same moment as the limit is received if it was first", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<string>) {
    yield* Process.sendAfter("1s", self.pid, "in time");
    const first = yield* self.receive({ within: "1s", otherwise: "too late" });
    yield* Process.sendAfter("1s", self.pid, "unmatched");
    const second = yield* self.receive({
      within: "1s",
      match: (message) => message === "never",
      otherwise: "too late",
    });
    return [first, second];
  });
  expect(result).toEqual(["in time", "too late"]);
});

test("a timer of a receive that ended is gone", async () => {
  const { run, node, host } = await bench();
  await run(function* (self: Self<number>) {
    yield* Process.sendAfter(1, self.pid, 1);
    yield* self.receive({ within: "1h" });
  });
  expect(node.inspect().timers).toBe(0);
  expect(host.timers).toBe(0);
});

test("a match that throws is an error of the process that receives", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<number>) {
    yield* Process.spawn(function* () {
      yield* Process.send(self.pid, 1);
    });
    const error = yield* attempt(
      self.receive({
        within: "1h",
        match: () => {
          throw new RangeError("in the match");
        },
      }),
    );
    return [error, yield* self.receive()];
  });
  expect(result).toMatchObject([{ name: "RangeError", message: "in the match" }, 1]);
});

test("options are checked where they are written", async () => {
  const { run } = await bench();
  await expect(
    run(function* (self: Self<number>) {
      yield* self.receive({ within: "soon" as never });
    }),
  ).rejects.toThrow("within: expected milliseconds");
});

test("stashed messages come back in front, in the order in which they were stashed (S30)", async () => {
  const { run } = await bench();
  const received = await run(function* (self: Self<number>) {
    yield* sendAll(self, 1, 2, 3);
    yield* self.stash(yield* self.receive());
    yield* self.stash(yield* self.receive());
    const third = yield* self.receive();
    yield* sendAll(self, 4);
    yield* self.unstash();
    yield* self.unstash();
    return [third, yield* self.receive(), yield* self.receive(), yield* self.receive()];
  });
  expect(received).toEqual([3, 1, 2, 4]);
});

test("any value is a message, undefined too", async () => {
  const { run } = await bench();
  const received = await run(function* (self: Self<unknown>) {
    yield* sendAll(self, undefined, null, 0);
    return [yield* self.receive(), yield* self.receive(), yield* self.receive()];
  });
  expect(received).toEqual([undefined, null, 0]);
});
