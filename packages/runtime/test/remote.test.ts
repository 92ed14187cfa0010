import { shutdown, type Cause } from "@espalier/heartbeat";
import { Node, NodeRef, Process, Remote, RemoteOperation, Task, type Frame, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench, reasonOf } from "./helpers.ts";

/** A Remote as `@espalier/code` makes them: its frame yields operations as they are. */
class Call<A> extends RemoteOperation<A> {
  readonly body: () => Generator<any, A, any>;
  constructor(body: () => Generator<any, A, any>) {
    super();
    this.body = body;
  }
  override enter(): Frame {
    return this.body();
  }
}

test("a Remote is a description: it runs in the process that performs it, however deep", async () => {
  const { run } = await bench();
  const countdown = (from: number): Remote<number> =>
    new Call(function* () {
      return from === 0 ? 0 : 1 + ((yield countdown(from - 1)) as number);
    });
  expect(await run(countdown(10_000))).toBe(10_000);
});

test("frames that yield operations as they are get results and errors where they stand", async () => {
  const { run } = await bench();
  const result = await run(
    new Call(function* () {
      const here = (yield Remote.here()) as NodeRef;
      let caught: unknown;
      try {
        yield Process.send("nobody", 1);
      } catch (error) {
        caught = error;
      }
      const inner = (yield new Call(function* () {
        yield Process.sleep("1s");
        throw new RangeError("deep");
      })) as never;
      return { here, caught, inner };
    }),
  ).catch((error: unknown) => error);
  expect(result).toMatchObject({ name: "RangeError", message: "deep" });
});

test("yielding what is no operation is a TypeError at that line", async () => {
  const { run } = await bench();
  const failing = run(
    new Call(function* () {
      yield 5;
    }),
  );
  await expect(failing).rejects.toThrow("yield: expected an operation (write `yield*` before it), got number");
});

test("attempt gives success or failure as data; cancellation is not caught", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Down>) {
    const failed = yield* Remote.attempt(function* () {
      yield* Process.sleep("1s");
      throw new RangeError("no");
    });
    const succeeded = yield* Remote.attempt(Process.whereis("nobody"));
    const pid = yield* Process.spawn(function* () {
      yield* Remote.attempt(Process.sleep("1h"));
      yield* Process.send(self.pid as never, "went on" as never);
    });
    yield* self.monitor(pid);
    yield* Process.sleep(0);
    yield* Process.exit(pid, shutdown);
    return { failed, succeeded, down: (yield* self.receive()).cause };
  });
  expect(result).toMatchObject({
    failed: { type: "failure", cause: { type: "error", error: { name: "RangeError" } } },
    succeeded: { type: "success", value: undefined },
    down: { type: "shutdown" },
  });
});

test("pure and fail are the smallest Remotes", async () => {
  const { run } = await bench();
  expect(await run(Remote.pure(7))).toBe(7);
  await expect(run(Remote.fail({ type: "exit", reason: "no" }))).rejects.toMatchObject({ reason: { reason: "no" } });
});

test("a node that is alone stays where it is, and says that it reaches nobody (S135)", async () => {
  const { run, node } = await bench();
  const elsewhere = new NodeRef("A".repeat(43), "ws://elsewhere:1");
  const moving = new Call(function* () {
    yield Remote.transfer(node.ref);
    const reason: unknown = yield Remote.attempt(Remote.transfer(elsewhere));
    return [((yield Remote.here()) as NodeRef).id === node.ref.id, reason];
  });
  expect(await run(moving)).toEqual([true, { type: "failure", cause: { type: "noconnection", node: elsewhere.id } }]);
  const down = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawnAt(elsewhere, function* away() {});
    yield* self.monitor(pid);
    return yield* self.receive();
  });
  expect(down.cause).toEqual({ type: "noconnection", node: elsewhere.id });
});

test("promise gives what it resolves to, and throws what it rejects with, as it is (S14)", async () => {
  const { run } = await bench();
  const error = new RangeError("rejected");
  const result = await run(function* () {
    const value = yield* Remote.promise(() => Promise.resolve(5));
    const plain = yield* Remote.promise(() => 6);
    return [value, plain, yield* attempt(Remote.promise(() => Promise.reject(error)))];
  });
  expect(result[0]).toBe(5);
  expect(result[1]).toBe(6);
  expect(result[2]).toBe(error);
});

test("an async body performs operations one after the other, and everything is refused once it has ended (S13)", async () => {
  const { run, node } = await bench();
  const late: unknown[] = [];
  const result = await run(async (self: Self<number>) => {
    const [first, second] = await Promise.all([
      self.perform(self.receive({ within: "1s", otherwise: "nothing" })),
      self.perform(Process.sleep("1s")).then(() => "slept"),
    ]);
    await self.perform(Process.send(self.pid, 5));
    const received = await self.perform(self.receive());
    const failed = await self.perform(Process.send("nobody", 1)).catch((error: unknown) => error);
    self.signal.addEventListener("abort", () => {
      void self.perform(Process.sleep(0)).catch((error: unknown) => late.push(error));
    });
    return { first, second, received, failed };
  });
  expect(result).toMatchObject({
    first: "nothing",
    second: "slept",
    received: 5,
    failed: { reason: { type: "noproc" } },
  });
  await Promise.resolve();
  expect(late).toMatchObject([{ code: "OPERATION_REFUSED" }]);
  expect(node.inspect().processes).toEqual([]);
});

test("an async body is cancelled by exit signals, kill included (S13)", async () => {
  const { run } = await bench();
  for (const cause of [shutdown, { type: "kill" } as Cause]) {
    const refused = await run(function* (self: Self<unknown>) {
      const pid = yield* Process.spawn(async (child: Self) => {
        const error = await child.perform(Process.sleep("1h")).catch((thrown: unknown) => thrown);
        await child.perform(Process.send(self.pid, "still alive")).catch(() => "refused too");
        return error;
      });
      yield* Process.sleep(0);
      yield* Process.exit(pid, cause);
      return yield* self.receive({ within: "1s", otherwise: "silence" });
    });
    expect(refused).toBe("silence");
  }
});

test.each(["itself", "a Remote that it performs"])(
  "an async body hears of a kill while it waits in %s",
  async (where) => {
    const { run } = await bench();
    const heard: unknown[] = [];
    await run(function* () {
      const waiting = where === "itself" ? Process.sleep("1h") : Remote.attempt(() => Process.sleep("1h"));
      const pid = yield* Process.spawn(async (self: Self) => {
        self.signal.addEventListener("abort", () => heard.push("aborted"));
        await self.perform(waiting as ReturnType<typeof Process.sleep>).catch((error: unknown) => heard.push(error));
        await self.perform(Process.sleep(0)).catch((error: unknown) => heard.push(error));
      });
      yield* Process.sleep(0);
      yield* Process.kill(pid);
      yield* Remote.promise(() => Promise.resolve());
      yield* Process.sleep(0);
    });
    expect(heard).toMatchObject(["aborted", { code: "OPERATION_REFUSED" }, { code: "OPERATION_REFUSED" }]);
  },
);

test("a task is awaited once, by its owner (S48, R-1021)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<unknown>) {
    const slow = yield* Task.async(function* () {
      yield* Process.sleep("1s");
      return "slow";
    });
    const quick = yield* Task.async(function* (_: Self, value: number) {
      return value * 2;
    }, 21);
    yield* Process.sleep(0);
    const stranger = yield* Task.async(function* () {
      return yield* attempt(Task.await(quick));
    });
    return {
      quick: yield* Task.await(quick),
      slow: yield* Task.await(slow),
      again: yield* attempt(Task.await(quick)),
      stranger: yield* Task.await(stranger),
      mailbox: yield* self.receive({ within: 0, otherwise: "empty" }),
    };
  });
  expect(result).toMatchObject({ quick: 42, slow: "slow", mailbox: "empty" });
  expect(result.again).toBeInstanceOf(TypeError);
  expect(result.stranger).toBeInstanceOf(TypeError);
});

test("the crash of a task ends an owner that does not trap exits; without a link it is seen at await (S49, R-1020)", async () => {
  const { run } = await bench();
  const crash = function* (): Generator<any, never, any> {
    yield* Process.sleep("1s");
    throw new RangeError("crash");
  };
  const result = await run(function* (self: Self<Process.Down>) {
    yield* Process.spawnMonitor(function* () {
      yield* Task.async(crash);
      yield* Process.sleep("1h");
    });
    const down = yield* self.receive();
    const task = yield* Task.asyncNoLink(crash);
    return { down: down.cause, awaited: yield* reasonOf(Task.await(task)) };
  });
  const error = { type: "error", error: { name: "RangeError" } };
  expect(result).toMatchObject({ down: error, awaited: error });
});

test("await that takes too long gives the task up; the result goes nowhere (S29, S48, R-1021)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<unknown>) {
    const slow = () =>
      Task.async(function* () {
        yield* Process.sleep("10s");
        return "late";
      });
    const first = yield* slow();
    const second = yield* slow();
    return {
      first: yield* reasonOf(Task.await(first, { within: "1s" })),
      second: yield* Task.await(second, { within: "1s", otherwise: "none" }),
      again: yield* attempt(Task.await(first)),
      message: yield* self.receive({ within: "1m", otherwise: "no message" }),
    };
  });
  expect(result).toMatchObject({ first: { type: "timeout" }, second: "none", message: "no message" });
  expect(result.again).toBeInstanceOf(TypeError);
});

test("yield may ask again; shutdown ends it, or says what came of it (S50, R-1022)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const task = yield* Task.async(function* () {
      yield* Process.sleep("10s");
      return "done";
    });
    const early = yield* Task.yield(task, { within: "1s" });
    const later = yield* Task.yield(task, { within: "1m" });
    const running = yield* Task.async(() => Process.sleep("1h"));
    yield* Process.sleep(0);
    const stopped = yield* Task.shutdown(running);
    const stubborn = yield* Task.async(function* (self: Self<unknown>) {
      yield* Process.trapExit(true);
      for (;;) yield* self.receive();
    });
    yield* Process.sleep(0);
    const killed = yield* Task.shutdown(stubborn, { within: "1s" });
    const finished = yield* Task.async(function* () {
      return "finished";
    });
    const crashed = yield* Task.asyncNoLink(function* () {
      throw new RangeError("crash");
    });
    yield* Process.sleep(0);
    return {
      early,
      later,
      stopped,
      killed,
      finished: yield* Task.shutdown(finished),
      crashed: yield* Task.shutdown(crashed),
    };
  });
  expect(result).toMatchObject({
    early: null,
    later: { type: "success", value: "done" },
    stopped: null,
    killed: { type: "failure", cause: { type: "killed" } },
    finished: { type: "success", value: "finished" },
    crashed: { type: "failure", cause: { type: "error" } },
  });
});

test("a finished parent ends what it left running (S49)", async () => {
  const { run, node } = await bench();
  await run(function* () {
    yield* Task.async(Remote.pure(1));
    yield* Task.async(function* () {
      yield* Process.sleep("1h");
    });
    yield* Process.sleep(0);
  });
  expect(node.inspect().processes).toEqual([]);
});

test("forkAt this very node is a task", async () => {
  const { run, node } = await bench();
  const result = await run(function* () {
    const task = yield* Remote.forkAt(node.ref, Remote.pure("here"));
    return yield* Task.await(task);
  });
  expect(result).toBe("here");
});

test("two nodes may share a host, and know nothing of each other", async () => {
  const { run, host } = await bench();
  const other = await host.wait(Node.start({ host }));
  const pid = await host.wait(other.run(Process.spawn((self: Self<string>) => self.receive())));
  const down = await run(function* (self: Self<Process.Down>) {
    yield* Process.send(pid, "lost");
    yield* self.monitor(pid);
    return yield* self.receive();
  });
  expect(down.cause).toEqual({ type: "noconnection", node: other.ref.id });
  expect(other.inspect().processes).toMatchObject([{ mailbox: 0 }]);
});
