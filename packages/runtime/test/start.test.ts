import { shutdown, type Cause } from "@espalier/heartbeat";
import { Process, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { bench } from "./helpers.ts";

const bored: Cause = { type: "exit", reason: "bored" };

test("start waits until the process is ready, and gives what it says (S35, R-601)", async () => {
  const { run, host } = await bench();
  const result = await run(function* () {
    return yield* Process.start(
      function* (self: Self<string>, value: number) {
        yield* Process.sleep("1s");
        yield* self.ready(value + 1);
        yield* self.receive();
      },
      [41],
    );
  });
  expect(result).toMatchObject({ type: "started", value: 42 });
  expect(host.clock.monotonic()).toBe(1000);
});

test("a process that ends before it is ready: start says why, and never hangs, with a limit or without (S35, R-602)", async () => {
  const { run, node } = await bench();
  const results = await run(function* () {
    const results: unknown[] = [];
    for (const options of [{}, { within: "1s" as const }]) {
      results.push(yield* Process.start(() => Process.exit(bored), [], options));
      results.push(yield* Process.start(function* () {}, [], options));
    }
    return results;
  });
  expect(results).toEqual([
    { type: "failed", cause: bored },
    { type: "failed", cause: { type: "normal" } },
    { type: "failed", cause: bored },
    { type: "failed", cause: { type: "normal" } },
  ]);
  expect(node.inspect().timers).toBe(0);
});

test("one that takes too long is killed, is dead then, and leaves no EXIT behind (S35, R-603)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<unknown>) {
    yield* Process.trapExit(true);
    const pids: Pid[] = [];
    const slow = function* (child: Self): Generator<any, void, any> {
      pids.push(child.pid);
      yield* Process.trapExit(true);
      yield* Process.sleep("1h");
    };
    const results = [
      yield* Process.start(slow, [], { within: "1s", name: "slow" }),
      yield* Process.startLink(slow, [], { within: "1s", name: "slow" }),
    ];
    const alive: boolean[] = [];
    for (const pid of pids) alive.push(yield* Process.alive(pid));
    return { results, alive, mailbox: yield* self.receive({ within: "1m", otherwise: "empty" }) };
  });
  const failed = { type: "failed", cause: { type: "timeout", what: "start" } };
  expect(result).toEqual({ results: [failed, failed], alive: [false, false], mailbox: "empty" });
});

test("a startLink that fails leaves no EXIT in the mailbox of one that traps exits, and ends one that does not (S36, R-604, R-606)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<unknown>) {
    yield* Process.spawnMonitor(function* () {
      yield* Process.startLink(() => Process.exit(bored), []);
    });
    const down = (yield* self.receive()) as Process.Down;
    yield* Process.trapExit(true);
    const failed = yield* Process.startLink(() => Process.exit(bored), []);
    return { down: down.cause, failed, mailbox: yield* self.receive({ within: "1s", otherwise: "empty" }) };
  });
  expect(result).toEqual({ down: bored, failed: { type: "failed", cause: bored }, mailbox: "empty" });
});

test("ignore and fail end the process normally and silently, and its starter lives on (S36, R-606)", async () => {
  const { run, reports } = await bench();
  const results = await run(function* () {
    return [
      yield* Process.startLink((self: Self) => self.ignore(), [], { name: "name" }),
      yield* Process.startLink((self: Self) => self.fail(bored), [], { name: "name" }),
      yield* Process.whereis("name"),
    ];
  });
  expect(results).toEqual([{ type: "ignored" }, { type: "failed", cause: bored }, undefined]);
  expect(reports).toEqual([]);
});

test("a name is taken before init runs; when it belongs to another, nothing is started (S37, R-605)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    let started = 0;
    const named = function* (self: Self<unknown>): Generator<any, void, any> {
      started += 1;
      yield* self.ready((yield* Process.whereis("name")) === self.pid);
      yield* self.receive();
    };
    const first = yield* Process.start(named, [], { name: "name" });
    const second = yield* Process.start(named, [], { name: "name" });
    return { first, second, started };
  });
  expect(result.first).toMatchObject({ type: "started", value: true });
  expect(result.second).toEqual({ type: "already-started", pid: (result.first as { pid: Pid }).pid });
  expect(result.started).toBe(1);
});

test("a started process and its starter are linked, if that was asked for, once it is ready", async () => {
  const { run } = await bench();
  const causes = await run(function* (self: Self<Process.Down>) {
    const causes: string[] = [];
    for (const startAny of [Process.startLink, Process.start]) {
      yield* Process.spawnMonitor(function* () {
        const child = yield* startAny(function* (childSelf: Self<unknown>) {
          yield* childSelf.ready();
          yield* childSelf.receive();
        }, []);
        if (child.type === "started") yield* Process.exit(child.pid, shutdown);
        yield* Process.sleep("1s");
      });
      causes.push((yield* self.receive()).cause.type);
    }
    return causes;
  });
  expect(causes).toEqual(["shutdown", "normal"]);
});

test("ready in a process that was merely spawned is nothing", async () => {
  const { run } = await bench();
  expect(
    await run(function* (self: Self<unknown>) {
      yield* self.ready("nobody waits");
      return yield* self.receive({ within: 0, otherwise: "empty" });
    }),
  ).toBe("empty");
});
