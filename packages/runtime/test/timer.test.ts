import { Process, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

test("a timer to a pid ends with the process, and nothing is left of it (S32, R-504)", async () => {
  const { run, node, host } = await bench();
  await run(function* () {
    const pid = yield* Process.spawn(function* (self: Self<string>) {
      yield* self.receive();
    });
    yield* Process.sendAfter("1h", pid, "late");
    yield* Process.kill(pid);
  });
  expect(node.inspect()).toMatchObject({ timers: 0, deadLetters: 0 });
  expect(host.timers).toBe(0);
});

test("a timer to a name looks it up when it fires, and passes over nobody in silence (S32, R-504)", async () => {
  const { run } = await bench();
  const received = await run(function* (self: Self<string>) {
    yield* Process.sendAfter("1s", "nobody", "lost");
    yield* Process.sendAfter("2s", "me", "found");
    yield* Process.sleep("1s");
    yield* Process.register("me");
    return yield* self.receive();
  });
  expect(received).toBe("found");
});

test("cancelTimer gives the milliseconds that were left, or false when it was over (S33, R-505)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<string>) {
    const timer = yield* Process.sendAfter("10s", self.pid, "never");
    yield* Process.sleep("4s");
    const left = yield* Process.cancelTimer(timer);
    const again = yield* Process.cancelTimer(timer);
    const fired = yield* Process.sendAfter("1s", self.pid, "fired");
    yield* Process.sleep("1s");
    const over = yield* Process.cancelTimer(fired);
    return { left, again, over, mailbox: yield* self.receive({ within: "1h" }) };
  });
  expect(result).toEqual({ left: 6000, again: false, over: false, mailbox: "fired" });
});

test("a timer outlives the process that set it for another", async () => {
  const { run } = await bench();
  const received = await run(function* (self: Self<string>) {
    yield* Process.spawn(function* () {
      yield* Process.sendAfter("1s", self.pid, "posthumous");
    });
    return yield* self.receive();
  });
  expect(received).toBe("posthumous");
});

test("a time of 0 is as soon as possible, and still asynchronous (S34, R-506)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<string>) {
    yield* Process.sendAfter(0, self.pid, "soon");
    const before = yield* self.receive({ within: 0, otherwise: "not yet" });
    return [before, yield* self.receive()];
  });
  expect(result).toEqual(["not yet", "soon"]);
});

test("what is due later does not fire with what is due now (R-506)", async () => {
  const { run, host } = await bench();
  const woken = await run(function* (self: Self<number>) {
    for (const delay of [1, 4, 4.5]) {
      yield* Process.spawn(function* () {
        yield* Process.sleep(delay);
        yield* Process.send(self.pid, host.clock.monotonic());
      });
    }
    return [yield* self.receive(), yield* self.receive(), yield* self.receive()];
  });
  expect(woken).toEqual([1, 4, 4.5]);
});

test("many timers fire in order of their times, and those of one time in the order in which they were set (S34)", async () => {
  const { run } = await bench();
  const times = Array.from({ length: 500 }, (_, index) => (index * 7919) % 50);
  const received = await run(function* (self: Self<number>) {
    const timers = [];
    for (const [index, time] of times.entries()) timers.push(yield* Process.sendAfter(time, self.pid, index));
    for (let index = 0; index < times.length; index += 3) yield* Process.cancelTimer(timers[index] as never);
    const received: number[] = [];
    for (let count = 0; count < times.length - Math.ceil(times.length / 3); count += 1) {
      received.push(yield* self.receive());
    }
    return received;
  });
  const expected = [...times.keys()]
    .filter((index) => index % 3 !== 0)
    .sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  expect(received).toEqual(expected);
});

test("an interval sends again and again, without drifting, until it is cancelled", async () => {
  const { run, node, host } = await bench();
  const result = await run(function* (self: Self<string>) {
    const begun = yield* Process.now();
    const interval = yield* Process.sendInterval(10, self.pid, "tick");
    const at: number[] = [];
    for (let ticks = 0; ticks < 4; ticks += 1) {
      yield* self.receive();
      at.push((yield* Process.now()) - begun);
      yield* Process.sleep(3);
    }
    const left = [yield* Process.readTimer(interval), yield* Process.cancelTimer(interval)];
    const over = [yield* Process.readTimer(interval), yield* Process.cancelTimer(interval)];
    return { at, left, over, after: yield* self.receive({ within: 100, otherwise: "silence" }) };
  });
  expect(result).toEqual({ at: [10, 20, 30, 40], left: [7, 7], over: [false, false], after: "silence" });
  expect(node.inspect().timers).toBe(0);
  expect(host.timers).toBe(0);
});

test("an interval ends with the process that set it, and with the one that it sends to", async () => {
  const { run, node } = await bench();
  const result = await run(function* (self: Self<string>) {
    const setter = yield* Process.spawn(function* (own: Self<string>) {
      yield* Process.sendInterval(10, self.pid, "tick");
      yield* Process.sendInterval(10, "nobody", "tick");
      yield* own.receive();
    });
    yield* self.receive();
    yield* Process.kill(setter);
    const after = yield* self.receive({ within: 100, otherwise: "silence" });
    const receiver = yield* Process.spawn(function* (own: Self<string>) {
      yield* own.receive({ match: () => false });
    });
    const timer = yield* Process.sendInterval(10, receiver, "tick");
    yield* Process.sleep(25);
    const mailbox = (yield* Process.info(receiver))?.mailbox;
    yield* Process.kill(receiver);
    yield* Process.sleep(10);
    return { after, mailbox, left: yield* Process.readTimer(timer), timers: node.inspect().timers };
  });
  expect(result).toEqual({ after: "silence", mailbox: 2, left: false, timers: 0 });
});

test("the period of an interval is checked", async () => {
  for (const period of [0, 0.5, "infinity"] as const) {
    expect(() => Process.sendInterval(period, "me", "tick")).toThrow("period: expected at least 1 ms");
  }
  expect(() => Process.sendInterval(1, 7 as never, "tick")).toThrow("Process.sendInterval: expected");
});
