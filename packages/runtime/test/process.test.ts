import type { CauseError, LocalGenerator } from "@espalier/heartbeat";
import { NameTakenError, NodeStoppedError, Process, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench, record } from "./helpers.ts";

function* idle(self: Self<unknown>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

test("a process receives what is sent to its pid, in order (S26)", async () => {
  const { run } = await bench();
  const received = await run(function* (self: Self<number>) {
    yield* Process.spawn(function* (_: Self, to: Pid<number>) {
      yield* Process.send(to, 1);
      yield* Process.send(to, 2);
    }, self.pid);
    return [yield* self.receive(), yield* self.receive()];
  });
  expect(received).toEqual([1, 2]);
});

test("greets, as in the tour", async () => {
  type Hello = { name: string; replyTo: Pid<string> };
  function* greeter(self: Self<Hello>, greeting: string): LocalGenerator<void> {
    for (;;) {
      const { name, replyTo } = yield* self.receive();
      yield* Process.send(replyTo, `${greeting}, ${name}!`);
    }
  }
  const { run } = await bench();
  const reply = await run(function* (self: Self<string>) {
    const pid = yield* Process.spawn(greeter, "Hello");
    yield* Process.send(pid, { name: "Ada", replyTo: self.pid });
    return yield* self.receive({ within: "1s" });
  });
  expect(reply).toBe("Hello, Ada!");
});

test("spawn returns before anything of the new process has run (S10)", async () => {
  const { run } = await bench();
  const order = await run(function* () {
    const seen: string[] = [];
    yield* Process.spawn(function* () {
      seen.push("child");
    });
    seen.push("parent");
    yield* Process.sleep(0);
    return seen;
  });
  expect(order).toEqual(["parent", "child"]);
});

test("run rejects with the very error that the body threw (S134)", async () => {
  const { run } = await bench();
  const error = new RangeError("no");
  await expect(
    run(function* () {
      throw error;
    }),
  ).rejects.toBe(error);
});

test("run rejects with the cause when the process was ended from outside (S134)", async () => {
  const { run } = await bench();
  const ended = run(function* (self: Self<number>) {
    yield* Process.exit(self.pid, { type: "shutdown" });
    return "never";
  });
  await expect(ended).rejects.toMatchObject({ code: "CAUSE", reason: { type: "shutdown" } });
});

test("runs a single operation", async () => {
  const { run } = await bench();
  expect(await run(Process.whereis("nobody"))).toBe(undefined);
});

test("a body that is no generator is that process's error, not its spawner's", async () => {
  const { run, reports } = await bench();
  const down = await run(function* (self: Self<Process.Down>) {
    yield* Process.spawnMonitor((() => 5) as never);
    return yield* self.receive();
  });
  expect(down.cause).toMatchObject({ type: "error", error: { name: "TypeError" } });
  expect(reports).toHaveLength(1);
});

test("a name is taken until its owner ends, and then free before DOWN is seen (S31, R-130, R-501, R-502)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Down>) {
    const first = yield* Process.spawn(idle);
    yield* Process.register("db", first);
    const second = yield* Process.spawn(idle);
    const taken = yield* attempt(Process.register("db", second));
    const twoNames = yield* attempt(Process.register("other", first));
    yield* Process.monitor("db");
    yield* Process.kill(first);
    const down = yield* self.receive();
    yield* Process.register("db", second);
    return { taken, twoNames, down: down.process, holder: (yield* Process.whereis("db")) === second };
  });
  expect(result.taken).toBeInstanceOf(NameTakenError);
  expect(result.twoNames).toBeInstanceOf(TypeError);
  expect(result).toMatchObject({ down: "db", holder: true });
});

test("a name is nobody's when its owner has ended, and the node keeps nothing of it (R-502)", async () => {
  const { run, node } = await bench();
  const events = record(node);
  await run(function* () {
    const pid = yield* Process.spawn(idle);
    yield* Process.register("db", pid);
    yield* Process.kill(pid);
  });
  expect(node.kernel.names.size).toBe(0);
  const names = events.filter((event) => event.type === "register" || event.type === "unregister");
  expect(names).toMatchObject([
    { type: "register", name: "db" },
    { type: "unregister", name: "db" },
  ]);
});

test("sending to what is neither a pid nor a name fails, saying what it is", async () => {
  const { run } = await bench();
  const outcome = run(function* (self: Self<number>) {
    yield* Process.send(self as unknown as Pid<number>, 1);
  });
  await expect(outcome).rejects.toThrow(/^Process\.send: expected a pid, a name, \{ name, node \} or a via name, got /);
});

test("sending to a name that nobody has fails, to a dead pid it does not (S27, R-408)", async () => {
  const { run, node } = await bench();
  const error = await run(function* () {
    const pid = yield* Process.spawn(idle);
    yield* Process.kill(pid);
    yield* Process.send(pid, "dropped");
    return yield* attempt(Process.send("nobody", "refused"));
  });
  expect(error).toMatchObject({ code: "CAUSE", reason: { type: "noproc", what: "nobody" } });
  expect(node.inspect().deadLetters).toBe(1);
});

test("a node that is stopped has ended all its processes, in order, and left nothing behind (S133)", async () => {
  const { node, host } = await bench();
  const events = record(node);
  const cleaned: string[] = [];
  void node
    .run(function* parent() {
      yield* Process.spawn(function* child() {
        try {
          yield* Process.sleep("infinity");
        } finally {
          cleaned.push("child");
        }
      });
      try {
        yield* Process.sleep("1h");
      } finally {
        cleaned.push("parent");
      }
    })
    .catch((error: unknown) => cleaned.push((error as CauseError).reason.type));
  host.run();
  await host.wait(node.stop());
  expect(cleaned).toEqual(["parent", "child", "shutdown"]);
  expect(node.inspect().processes).toEqual([]);
  expect(host.timers).toBe(0);
  expect(events.filter((event) => event.type === "exit").map((event) => event.cause.type)).toEqual([
    "shutdown",
    "shutdown",
  ]);
  await expect(node.run(Process.sleep(0))).rejects.toBeInstanceOf(NodeStoppedError);
});

test("a process that will not end is killed when its node stops (S133)", async () => {
  const { node, host } = await bench();
  const ended = node.run(function* (self: Self<unknown>) {
    yield* Process.trapExit(true);
    for (;;) yield* self.receive();
  });
  const outcome = ended.catch((error: CauseError) => error.reason);
  host.run();
  await host.wait(node.stop());
  expect(await outcome).toEqual({ type: "killed" });
  expect(host.clock.monotonic()).toBe(5000);
});
