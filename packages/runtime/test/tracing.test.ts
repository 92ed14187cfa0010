import { Process, Tracing, type Pid, type Self, type TracedMessage } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench, type Bench } from "./helpers.ts";

/** Takes messages, and works 30 ms on each. */
function* worker(self: Self<object>) {
  for (;;) {
    yield* self.receive();
    yield* Process.sleep("30ms");
  }
}

/** Starts a worker that waits. */
async function waiting({ run }: Bench, body: (self: Self<any>) => any = worker): Promise<Pid<any>> {
  return run(function* () {
    const pid = yield* Process.spawn(body);
    yield* Process.sleep("1ms");
    return pid;
  });
}

/** When each message was taken after it was sent, and for how long it was handled. */
function times(messages: readonly TracedMessage[]): readonly (readonly [string, number | null, number | null])[] {
  return messages.map(({ kind, sentMs, takenMs, doneMs }) => [
    kind,
    takenMs === null ? null : takenMs - sentMs,
    takenMs === null || doneMs === null ? null : doneMs - takenMs,
  ]);
}

test("a trace says who sent what, how long it waited, and how long it was handled; then nothing of it is left", async () => {
  const on = await bench();
  const { kernel } = on.node;
  const pid = await waiting(on);
  const told: string[] = [];
  const watch = { began: () => void told.push("began"), ended: () => void told.push("ended") };
  kernel.scheduler.watch = watch;
  const receive = kernel.handlers.get("process.receive");
  const tracing = Tracing.start(kernel, [pid]);
  expect(() => Tracing.start(kernel, [pid])).toThrow("a session runs on this one");
  const sender = await on.run(function* (self) {
    yield* Process.send(pid, { type: "first", secret: 1 });
    yield* Process.send(pid, { type: "second" });
    yield* Process.sleep("10ms");
    yield* Process.send(pid, { type: "third" });
    yield* Process.sleep("75ms");
    return self.pid;
  });
  const messages = tracing.read();
  expect(times(messages)).toEqual([
    ["first", 0, 30],
    ["second", 30, 30],
    ["third", 50, null],
  ]);
  expect(messages.every(({ from }) => from?.key === sender.key)).toBe(true);
  expect(JSON.stringify(messages)).not.toContain("secret");
  expect(told).toContain("began");
  tracing.stop();
  expect(kernel.tracing).toBeNull();
  expect(kernel.handlers.get("process.receive")).toBe(receive);
  expect(kernel.scheduler.watch).toBe(watch);
  await on.run(() => Process.send(pid, { type: "fourth" }));
  expect(tracing.read()).toHaveLength(3);
  await on.host.wait(on.node.stop());
});

test("a message that is waited for by a pattern is taken when it is found, and the one in hand goes on until then", async () => {
  const on = await bench();
  const pid = await waiting(on, function* (self: Self<{ type: string }>) {
    yield* self.receive();
    yield* self.receive({ match: ({ type }) => type === "answer" });
    yield* Process.sleep("5ms");
  });
  const tracing = Tracing.start(on.node.kernel, [pid]);
  await on.run(function* () {
    yield* Process.send(pid, { type: "question" });
    yield* Process.sleep("10ms");
    yield* Process.send(pid, { type: "other" });
    yield* Process.sleep("10ms");
    yield* Process.send(pid, { type: "answer" });
    yield* Process.sleep("20ms");
  });
  expect(times(tracing.read())).toEqual([
    ["question", 0, 20],
    ["other", null, null],
    ["answer", 0, 5],
  ]);
  await on.host.wait(on.node.stop());
});

test("a trace keeps so many messages and counts the rest, and ends after its time, or when nobody reads it", async () => {
  const on = await bench();
  const { kernel } = on.node;
  const pid = await waiting(on);
  const send = (count: number) =>
    on.run(function* () {
      for (let sent = 0; sent < count; sent += 1) yield* Process.send(pid, { sent });
    });
  const first = Tracing.start(kernel, [pid], { maxEvents: 2, maxMs: 50 });
  await send(5);
  expect([first.read().length, first.lost]).toEqual([2, 3]);
  await on.run(() => Process.sleep("49ms"));
  expect(first.running).toBe(true);
  await on.run(() => Process.sleep("1ms"));
  await send(1);
  expect([kernel.tracing, first.running, first.lost]).toEqual([null, false, 3]);
  const second = Tracing.start(kernel, [pid], { maxMs: 60_000, unreadMs: 100 });
  await on.run(() => Process.sleep("90ms"));
  second.read();
  await on.run(() => Process.sleep("90ms"));
  expect(second.running).toBe(true);
  await on.run(() => Process.sleep("20ms"));
  expect([second.running, kernel.scheduler.watch]).toEqual([false, null]);
  expect(() => Tracing.start(kernel, [])).toThrow("pids: expected a whole number from 1 to 20, got 0");
  expect(() => Tracing.start(kernel, [pid], { maxMs: 60_001 })).toThrow(
    "maxMs: expected a whole number from 1 to 60000",
  );
  await on.host.wait(on.node.stop());
});
