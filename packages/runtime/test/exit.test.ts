import { kill, killed, normal, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench, record } from "./helpers.ts";

const bored: Cause = { type: "exit", reason: "bored" };

function* idle(self: Self<unknown>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

function failToCleanUp(): never {
  throw new RangeError("while cleaning up");
}

/** Traps exits and passes on what comes. */
function* collector(self: Self<unknown>, to: Pid<any>): LocalGenerator<void> {
  yield* Process.trapExit(true);
  for (;;) yield* Process.send(to, yield* self.receive());
}

test("normal from another does nothing to a process that does not trap exits (S1, R-102)", async () => {
  const { run } = await bench();
  const alive = await run(function* () {
    const pid = yield* Process.spawn(idle);
    yield* Process.exit(pid, normal);
    return yield* Process.alive(pid);
  });
  expect(alive).toBe(true);
});

test("an explicit kill cannot be trapped, and others see killed (S2, R-103)", async () => {
  const { run } = await bench();
  const cause = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(function* (child: Self<unknown>) {
      yield* Process.trapExit(true);
      for (;;) yield* child.receive();
    });
    yield* Process.sleep(0);
    yield* self.monitor(pid);
    yield* Process.exit(pid, kill);
    return (yield* self.receive()).cause;
  });
  expect(cause).toEqual(killed);
});

test.each([1, 2, 9, 10])(
  "kill that a process ends itself with stays kill down a chain of %i links, and can be trapped (S2, R-104)",
  async (length) => {
    const { run } = await bench();
    const exit = await run(function* (self: Self<Process.Exit>) {
      yield* Process.trapExit(true);
      // The last of the chain is linked with this process, the first one ends.
      let next: Pid = self.pid;
      for (let link = 0; link < length; link += 1) {
        const to: Pid = next;
        next = yield* Process.spawn(function* (child: Self<"end">) {
          yield* Process.link(to);
          yield* child.receive();
          yield* Process.exit(kill);
        });
      }
      yield* Process.sleep(0);
      yield* Process.send(next as Pid<"end">, "end");
      return yield* self.receive();
    });
    expect(exit.cause).toEqual(kill);
  },
);

test("the very same cause goes on to links and monitors, users' data intact (S3, R-105, R-124)", async () => {
  const { run } = await bench();
  const large: Cause = {
    type: "exit",
    reason: { list: Array.from({ length: 10_000 }, (_, index) => index), map: new Map([[1, "one"]]) },
  };
  const result = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(idle);
    const linked = yield* Process.spawn(function* (child: Self<unknown>) {
      yield* Process.link(pid);
      yield* child.receive();
    });
    yield* Process.sleep(0);
    yield* self.monitor(linked);
    yield* Process.exit(pid, large);
    return (yield* self.receive()).cause;
  });
  expect(result).toEqual(large);
});

test("trapped, every exit signal becomes a message: normal, explicit and linked (S1, R-106)", async () => {
  const { run } = await bench();
  const causes = await run(function* (self: Self<Process.Exit>) {
    const pid = yield* Process.spawn(collector, self.pid);
    yield* Process.sleep(0);
    yield* Process.exit(pid, normal);
    yield* Process.exit(pid, bored);
    yield* Process.spawn(function* () {
      yield* Process.link(pid);
      yield* Process.exit(shutdown);
    });
    const causes: unknown[] = [];
    for (let count = 0; count < 3; count += 1) causes.push((yield* self.receive()).cause);
    return causes;
  });
  expect(causes).toEqual([normal, bored, shutdown]);
});

test("normal to oneself ends a process that does not trap exits, and is a message to one that does (S1, R-107)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Exit | Process.Down>) {
    yield* Process.spawnMonitor(function* (child: Self) {
      yield* Process.exit(child.pid, normal);
      yield* Process.sleep("infinity");
    });
    const down = yield* self.receive();
    yield* Process.trapExit(true);
    yield* Process.exit(self.pid, normal);
    return [down.cause, (yield* self.receive()).type];
  });
  expect(result).toEqual([normal, "EXIT"]);
});

test("an exit signal to oneself cannot be caught; finally runs (S4, R-108)", async () => {
  const { run } = await bench();
  const log: string[] = [];
  const ended = run(function* (self: Self) {
    try {
      yield* Process.exit(self.pid, bored);
      log.push("went on");
    } catch {
      log.push("caught");
    } finally {
      log.push("finally");
    }
  });
  await expect(ended).rejects.toMatchObject({ reason: bored });
  expect(log).toEqual(["finally"]);
});

test("exit with a cause alone is an exception: caught it does nothing, uncaught it is the cause (S4, R-109, R-121)", async () => {
  const { run } = await bench();
  const caught = await run(function* () {
    return yield* attempt(Process.exit(bored));
  });
  expect(caught).toMatchObject({ code: "CAUSE", reason: bored });
  await expect(run(Process.exit(bored))).rejects.toMatchObject({ reason: bored });
});

test("the first fatal exit wins (S5, R-110)", async () => {
  const { run } = await bench();
  const causes = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(function* () {
      try {
        yield* Process.sleep("1h");
      } finally {
        failToCleanUp();
      }
    });
    yield* Process.sleep(0);
    yield* self.monitor(pid);
    yield* Process.exit(pid, bored);
    yield* Process.exit(pid, kill);
    const down = yield* self.receive();
    yield* self.monitor(pid);
    return [down.cause, (yield* self.receive()).cause.type];
  });
  expect(causes).toEqual([bored, "noproc"]);
});

test("after a fatal signal nothing more is received: messages sent before it, and unread, are discarded (S6, S26, R-111, R-401)", async () => {
  const { run, node } = await bench();
  const seen: unknown[] = [];
  await run(function* () {
    const pid = yield* Process.spawn(function* (child: Self<number>) {
      for (;;) seen.push(yield* child.receive());
    });
    yield* Process.send(pid, 1);
    yield* Process.sleep(0);
    yield* Process.send(pid, 2);
    yield* Process.exit(pid, bored);
    yield* Process.send(pid, 3);
    yield* Process.sleep(0);
  });
  expect(seen).toEqual([1]);
  expect(node.inspect().deadLetters).toBe(1);
});

test("a fatal signal runs finally with every operation refused, kill runs nothing (S6, the difference to R-111)", async () => {
  const { run, reports } = await bench();
  const log: unknown[] = [];
  await run(function* () {
    for (const cause of [shutdown, kill]) {
      const pid = yield* Process.spawn(function* outer(child: Self<number>) {
        try {
          yield* (function* inner(): LocalGenerator<void> {
            try {
              yield* child.receive();
            } finally {
              log.push(cause.type, "inner");
            }
          })();
        } finally {
          log.push(yield* attempt(Process.send(child.pid, 1)));
        }
      });
      yield* Process.sleep(0);
      yield* Process.exit(pid, cause);
    }
  });
  expect(log).toMatchObject(["shutdown", "inner", { code: "OPERATION_REFUSED", operation: "process.send" }]);
  expect(reports.map((report) => report.type)).toEqual(["crash"]);
});

test("what a finally block throws while a process is cancelled is reported, and changes nothing (S5)", async () => {
  const { run, node, reports } = await bench();
  const events = record(node);
  await run(function* () {
    const pid = yield* Process.spawn(function* () {
      try {
        yield* Process.sleep("1h");
      } finally {
        failToCleanUp();
      }
    });
    yield* Process.sleep(0);
    yield* Process.exit(pid, shutdown);
  });
  expect(reports).toMatchObject([{ type: "cleanup-failed", cause: { error: { message: "while cleaning up" } } }]);
  expect(events.find((event) => event.type === "exit")).toMatchObject({ cause: shutdown });
});

test("a process killed while it is executing gets no further than its operation (S6)", async () => {
  const { run } = await bench();
  const log: string[] = [];
  await run(function* () {
    yield* Process.spawn(function* (self: Self) {
      try {
        yield* Process.kill(self.pid);
        log.push("went on");
      } finally {
        log.push("finally");
      }
    });
    yield* Process.sleep(0);
  });
  expect(log).toEqual([]);
});

test("exit to a dead pid is nothing, at once (S9, R-112)", async () => {
  const { run, host } = await bench();
  await run(function* () {
    const pid = yield* Process.spawn(idle);
    yield* Process.kill(pid);
    yield* Process.exit(pid, bored);
  });
  expect(host.clock.monotonic()).toBe(0);
});

test("a body that returns ends normal, one that throws with the error, a thrown value as it is (S7, R-120, R-121)", async () => {
  const { run } = await bench();
  const causes = await run(function* (self: Self<Process.Down>) {
    const causes: Cause[] = [];
    for (const thrown of [undefined, new TypeError("broken"), { code: 7 }]) {
      yield* Process.spawnMonitor(function* () {
        if (thrown !== undefined) throw thrown;
      });
      causes.push((yield* self.receive()).cause);
    }
    return causes;
  });
  expect(causes).toMatchObject([
    normal,
    { type: "error", error: { name: "TypeError", message: "broken" } },
    { type: "error", error: { name: "nocatch", cause: { code: 7 } } },
  ]);
});

test("clean ends log nothing, all others do, once (S8, R-122, R-735)", async () => {
  const { run, reports } = await bench();
  const causes: Cause[] = [normal, shutdown, { type: "shutdown", detail: "for the night" }, bored, kill];
  await run(function* () {
    for (const cause of causes) yield* Process.spawn(() => Process.exit(cause));
    yield* Process.sleep(0);
  });
  expect(reports.map((report) => report.type === "crash" && report.cause)).toEqual([bored, kill]);
});

test("alive is false right after one's own kill, and for a process that is about to end (S9, R-131, R-132)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const pid = yield* Process.spawn(idle);
    yield* Process.register("victim", pid);
    const before = yield* Process.alive(pid);
    yield* Process.kill(pid);
    return [before, yield* Process.alive(pid), yield* Process.whereis("victim")];
  });
  expect(result).toEqual([true, false, undefined]);
});

test("a crowd of linked processes ends without a recursion", async () => {
  const { run, node } = await bench();
  await run(function* () {
    let previous: Pid | null = null;
    for (let count = 0; count < 20_000; count += 1) {
      const to: Pid | null = previous;
      const pid: Pid = yield* Process.spawn(function* (self: Self<unknown>) {
        if (to !== null) yield* Process.link(to);
        yield* self.receive();
      });
      previous = pid;
    }
    yield* Process.sleep(0);
    yield* Process.exit(previous as unknown as Pid, shutdown);
  });
  expect(node.inspect().processes).toEqual([]);
});
