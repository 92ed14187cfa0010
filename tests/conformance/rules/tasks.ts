import assert from "node:assert/strict";
import {
  CauseError,
  Process,
  Remote,
  remote,
  StartError,
  Task,
  TaskError,
  TaskSupervisor,
  type Cause,
  type Down,
  type Pid,
  type Self,
} from "espalier";
import { section, type Section } from "../rule.ts";

const boom: Cause = { type: "exit", reason: "boom" };

function* crash(): Generator<any, never, any> {
  yield* Process.sleep("5ms");
  throw new CauseError(boom);
}

function* after(_self: Self, ms: number, value: unknown) {
  yield* Process.sleep(ms);
  return value;
}

function* stay(_self: Self, ms: number) {
  yield* Process.sleep(ms);
  return ms;
}

function* forever(self: Self<unknown>): Generator<any, never, any> {
  for (;;) yield* self.receive();
}

function* stubborn(self: Self<unknown>, tell: Pid<unknown>): Generator<any, never, any> {
  yield* Process.trapExit(true);
  yield* Process.send(tell, "trapping");
  for (;;) yield* self.receive();
}

/** What `operation` fails with. */
function* failureOf(operation: Iterable<any>): Generator<any, any, any> {
  try {
    yield* operation as Generator<any, unknown, any>;
  } catch (error) {
    return error;
  }
  return assert.fail("expected an error");
}

function* reasonOf(operation: Iterable<any>): Generator<any, Cause, any> {
  const error = yield* failureOf(operation);
  assert(error instanceof TaskError, String(error));
  return error.reason;
}

function* nothingIn(self: Self<any>) {
  assert.equal(yield* self.receive({ within: "1s", otherwise: "nothing" }), "nothing");
}

const sleeper = remote({}, function* (ms: number) {
  yield* Process.sleep(ms);
  return "slept";
});

export const tasks: Section = section(import.meta.url, (rule) => {
  rule(
    "R-1020",
    "the crash of a task ends an owner that does not trap exits, and one without a link is seen at await",
    function* owners(self) {
      const { pid } = yield* Process.spawnMonitor(function* owner() {
        yield* Task.async(crash);
        yield* Process.sleep("1h");
      });
      const down: Down = yield* self.receive();
      assert(down.process instanceof Object && pid.equals(down.process as Pid));
      assert.deepEqual(down.cause, boom);
      const task = yield* Task.asyncNoLink(crash);
      assert.deepEqual(yield* reasonOf(Task.await(task)), boom);
    },
  );

  rule(
    "R-1020",
    "a task that is started and forgotten harms nobody, and nobody starts it again",
    function* forgotten(self) {
      const started = yield* Task.start(crash);
      const ref = yield* Process.monitor(started);
      const down: Down = yield* self.receive();
      assert(down.ref.equals(ref));
      assert.deepEqual(down.cause, boom);
      yield* Process.trapExit(true);
      const linked = yield* Task.startLink(crash);
      const exit = yield* self.receive();
      assert(exit.from.equals(linked));
      yield* nothingIn(self);
    },
  );

  rule("R-1021", "only its owner awaits a task, and once", { everyOrder: true }, function* once(self) {
    const task = yield* Task.async(after, 1, "value");
    const stranger = yield* Task.async(function* () {
      return (yield* failureOf(Task.await(task))).message as string;
    });
    const message = yield* Task.await(stranger);
    assert(message.includes(self.pid.toString()) && message.includes(stranger.pid.toString()), message);
    assert.equal(yield* Task.await(task), "value");
    assert((yield* failureOf(Task.await(task))) instanceof TypeError);
  });

  rule("R-1021", "when await takes too long the task is given up, and its result goes nowhere", function* late(self) {
    const task = yield* Task.async(after, 100, "late");
    assert.deepEqual(yield* reasonOf(Task.await(task, { within: "10ms" })), { type: "timeout" });
    assert((yield* failureOf(Task.await(task))) instanceof TypeError);
    yield* nothingIn(self);
    // Uncaught it is the caller's end.
    yield* Process.spawnMonitor(function* () {
      yield* Task.await(yield* Task.asyncNoLink(forever), { within: 0 });
    });
    const down: Down = yield* self.receive();
    assert.equal(down.cause.type, "error");
  });

  rule("R-1021", "no failure of a task is a clean end of its owner", function* unclean(self) {
    yield* Process.spawnMonitor(function* () {
      yield* Task.await(yield* Task.asyncNoLink(() => Process.exit({ type: "normal" })));
    });
    const down: Down = yield* self.receive();
    assert.equal(down.cause.type, "error");
  });

  rule("R-1022", "yield says what came of a task, and may ask again while it runs", function* asked() {
    const task = yield* Task.async(after, 100, "done");
    assert.equal(yield* Task.yield(task, { within: "10ms" }), null);
    assert.equal(yield* Task.yield(task, { within: 0 }), null);
    assert.deepEqual(yield* Task.yield(task), { type: "success", value: "done" });
    const failed = yield* Task.asyncNoLink(crash);
    assert.deepEqual(yield* Task.yield(failed), { type: "failure", cause: boom });
  });

  rule("R-1022", "shutdown stops what runs, and says what came of what had ended", function* stopped(self) {
    const running = yield* Task.async(forever);
    yield* Process.monitor(running.pid);
    assert.equal(yield* Task.shutdown(running), null);
    assert.equal((yield* self.receive()).cause.type, "shutdown");

    const trapping = yield* Task.async(stubborn, self.pid);
    assert.equal(yield* self.receive(), "trapping");
    yield* Process.monitor(trapping.pid);
    // Elixir: that it did not end when it was asked to is news.
    assert.deepEqual(yield* Task.shutdown(trapping, { within: "10ms" }), {
      type: "failure",
      cause: { type: "killed" },
    });
    assert.equal((yield* self.receive()).cause.type, "killed");

    const brutally = yield* Task.async(stubborn, self.pid);
    assert.equal(yield* self.receive(), "trapping");
    assert.equal(yield* Task.shutdown(brutally, "brutal-kill"), null);

    const done = yield* Task.async(after, 0, "done");
    const crashed = yield* Task.asyncNoLink(crash);
    const killed = yield* Task.asyncNoLink(forever);
    yield* Process.kill(killed.pid);
    yield* Process.sleep("50ms");
    assert.deepEqual(yield* Task.shutdown(done), { type: "success", value: "done" });
    assert.deepEqual(yield* Task.shutdown(crashed), { type: "failure", cause: boom });
    assert.deepEqual(yield* Task.shutdown(killed), { type: "failure", cause: { type: "killed" } });

    for (const [cause, how] of [
      [{ type: "shutdown" }, {}],
      [{ type: "killed" }, "brutal-kill"],
    ] as const) {
      for (const asked of [{}, "brutal-kill"] as const) {
        const task = yield* Task.asyncNoLink(forever);
        yield* Process.exit(task.pid, cause.type === "killed" ? { type: "kill" } : cause);
        yield* Process.sleep("1ms");
        const asAsked = typeof asked === typeof how;
        assert.deepEqual(yield* Task.shutdown(task, asked), asAsked ? null : { type: "failure", cause });
      }
    }
    yield* nothingIn(self);
  });

  rule(
    "R-1021, R-1022",
    "a task that was completed from the start is asked like any other, once",
    function* completed() {
      assert.equal(yield* Task.await(yield* Task.completed("done")), "done");
      const tasks = [yield* Task.async(after, 5, 1), yield* Task.completed(2)];
      assert.deepEqual(yield* Task.awaitMany(tasks), [1, 2]);
      const outcome = { type: "success", value: 3 } as const;
      for (const ask of [Task.yield, Task.shutdown, Task.ignore]) {
        const task = yield* Task.completed(3);
        assert.deepEqual(yield* ask(task), outcome);
        assert((yield* failureOf(ask(task))) instanceof TypeError);
      }
    },
  );

  rule("R-1022", "a reply that comes while a task is being shut down is what came of it", function* replies(self) {
    const task = yield* Task.async(function* (own: Self<unknown>) {
      yield* Process.trapExit(true);
      yield* Process.send(self.pid, "trapping");
      yield* own.receive();
      return "finished";
    });
    assert.equal(yield* self.receive(), "trapping");
    assert.deepEqual(yield* Task.shutdown(task), { type: "success", value: "finished" });
  });

  rule("R-1022", "a task that is ignored runs on, and is nobody's business", function* ignored(self) {
    const task = yield* Task.async(function* (): Generator<any, never, any> {
      yield* Process.sleep("10ms");
      yield* Process.send(self.pid, "still here");
      throw new CauseError(boom);
    });
    assert.equal(yield* Task.ignore(task), null);
    assert((yield* failureOf(Task.await(task))) instanceof TypeError);
    assert.equal(yield* self.receive(), "still here");
    yield* nothingIn(self);
    const done = yield* Task.async(after, 0, "done");
    yield* Process.sleep("10ms");
    assert.deepEqual(yield* Task.ignore(done), { type: "success", value: "done" });
  });

  rule("R-1023", "awaitMany gives results in the order of the tasks", function* inOrder() {
    const first = yield* Task.async(after, 30, 1);
    const second = yield* Task.async(after, 10, 2);
    const third = yield* Task.async(after, 20, 3);
    assert.deepEqual(yield* Task.awaitMany([first, second, third]), [1, 2, 3]);
    assert.deepEqual(yield* Task.awaitMany([]), []);
    assert((yield* failureOf(Task.awaitMany([first]))) instanceof TypeError);
  });

  rule(
    "R-1023",
    "awaitMany fails as soon as any task has failed, or the time is over, and gives all up",
    function* failsSoon(self) {
      const slow = yield* Task.asyncNoLink(after, 500, "slow");
      const failing = yield* Task.asyncNoLink(crash);
      const begin = yield* Process.now();
      assert.deepEqual(yield* reasonOf(Task.awaitMany([slow, failing])), boom);
      assert((yield* Process.now()) - begin < 100);
      assert((yield* failureOf(Task.await(slow))) instanceof TypeError);
      const tasks = [yield* Task.async(after, 1, "in time"), yield* Task.async(after, 500, "late")];
      assert.deepEqual(yield* reasonOf(Task.awaitMany(tasks, { within: "10ms" })), { type: "timeout" });
      yield* nothingIn(self);
    },
  );

  rule(
    "R-1023",
    "yieldMany says what came of each, up to a limit, and may kill what takes too long",
    function* each(self) {
      const done = yield* Task.async(after, 1, "done");
      const failed = yield* Task.asyncNoLink(crash);
      const slow = yield* Task.async(after, 100, "slow");
      const outcomes = yield* Task.yieldMany([slow, done, failed], { within: "50ms" });
      assert.deepEqual(outcomes, [null, { type: "success", value: "done" }, { type: "failure", cause: boom }]);
      assert.deepEqual(yield* Task.yieldMany([slow]), [{ type: "success", value: "slow" }]);

      const race = [yield* Task.async(after, 30, "b"), yield* Task.async(after, 10, "a"), yield* Task.async(forever)];
      const limited = yield* Task.yieldMany(race, { limit: 2, onTimeout: "kill-task" });
      assert.deepEqual(limited, [{ type: "success", value: "b" }, { type: "success", value: "a" }, null]);
      const [, , left] = race as [Task<unknown>, Task<unknown>, Task<unknown>];
      yield* Process.monitor(left.pid);
      assert.deepEqual(yield* Task.yieldMany([left], { within: "10ms", onTimeout: "kill-task" }), [null]);
      assert.equal((yield* self.receive()).cause.type, "killed");
      assert((yield* failureOf(Task.await(left))) instanceof TypeError);
      const dropped = yield* Task.async(crash);
      assert.deepEqual(yield* Task.yieldMany([dropped], { within: 0, onTimeout: "ignore" }), [null]);
      yield* nothingIn(self);
    },
  );

  rule(
    "R-1024",
    "a stream has so many tasks at once and no more, and gives outcomes in the order of the items",
    function* bounded() {
      let running = 0;
      let most = 0;
      let taken = 0;
      function* items() {
        for (const ms of [40, 10, 30, 10, 20, 10]) {
          taken += 1;
          yield ms;
        }
      }
      function* work(_self: Self, ms: number) {
        running += 1;
        most = Math.max(most, running);
        yield* Process.sleep(ms);
        running -= 1;
        return ms;
      }
      for (const ordered of [true, false]) {
        taken = 0;
        const got: unknown[] = [];
        using stream = yield* Task.stream(items(), work, { maxConcurrency: 2, ordered });
        for (;;) {
          const next = yield* stream.next();
          if (next === null) break;
          assert(next.type === "success" && next.value === next.item);
          if (got.length === 0) assert(taken < 6);
          got.push(next.item);
        }
        assert.deepEqual(
          ordered ? got : got.toSorted((a, b) => Number(a) - Number(b)),
          ordered ? [40, 10, 30, 10, 20, 10] : [10, 10, 10, 20, 30, 40],
        );
        if (!ordered) assert.equal(got[0], 10);
        assert.equal(most, 2);
      }
    },
  );

  rule(
    "R-1024",
    "leaving a stream early stops what runs, whatever it thinks of that, and no message is left",
    function* halted(self) {
      const pids: Pid[] = [];
      let closed = false;
      function* items() {
        try {
          for (let n = 0; ; n += 1) yield n;
        } finally {
          closed = true;
        }
      }
      const consume = function* () {
        using stream = yield* Task.stream(
          items(),
          function* (own: Self<unknown>, n: number) {
            if (n === 0) return "first";
            if (n === 1) yield* Process.trapExit(true);
            pids.push(own.pid);
            for (;;) yield* own.receive();
          },
          { maxConcurrency: 4 },
        );
        return yield* stream.next();
      };
      const first = yield* consume();
      assert.equal(first?.type === "success" && first.value, "first");
      for (const pid of pids) assert.equal(yield* Process.alive(pid), false);
      assert.equal(closed, true);

      // The same when the consumer is ended.
      pids.length = 0;
      const consumer = yield* Process.spawn(consume);
      yield* Process.sleep("10ms");
      yield* Process.kill(consumer);
      yield* Process.sleep("10ms");
      for (const pid of pids.slice(1)) assert.equal(yield* Process.alive(pid), false);
      yield* nothingIn(self);
    },
  );

  rule("R-1024", "a task of a stream that takes too long ends the stream, or only itself", function* timeouts(self) {
    const work = function* (own: Self<unknown>, n: number): Generator<any, number, any> {
      if (n === 2) yield* own.receive();
      return n;
    };
    const strict = yield* Task.stream([1, 2, 3], work, { within: "10ms", maxConcurrency: 1 });
    assert.equal((yield* strict.next())?.type, "success");
    assert.deepEqual(yield* reasonOf(strict.next()), { type: "timeout" });
    assert.equal(yield* strict.next(), null);

    const lenient = yield* Task.stream([1, 2, 3], work, { within: "10ms", onTimeout: "kill-task" });
    const outcomes = [yield* lenient.next(), yield* lenient.next(), yield* lenient.next(), yield* lenient.next()];
    assert.deepEqual(
      outcomes.map((outcome) => (outcome?.type === "failure" ? outcome.cause.type : outcome && outcome.value)),
      [1, "timeout", 3, null],
    );
    yield* nothingIn(self);
  });

  rule(
    "R-1024",
    "a crash in a stream ends a consumer that does not trap exits, and is an outcome to one that does",
    function* crashes(self) {
      const consume = function* (_own: Self, link: boolean) {
        using stream = yield* Task.stream([1], crash, { link });
        const next = yield* stream.next();
        yield* Process.send(self.pid, next?.type);
        yield* Process.sleep("1s");
      };
      yield* Process.spawn(consume, false);
      assert.equal(yield* self.receive(), "failure");
      yield* Process.spawnMonitor(consume, true);
      assert.deepEqual(((yield* self.receive()) as Down).cause, boom);
      yield* Process.trapExit(true);
      using stream = yield* Task.stream([1], crash);
      const next = yield* stream.next();
      assert.deepEqual(next?.type === "failure" && next.cause, boom);
      yield* nothingIn(self);
    },
  );

  rule("R-1024", "map collects results in order, and stops the others when one fails", function* collected(self) {
    assert.deepEqual(yield* Task.map([30, 10, 20], (own, ms) => after(own, ms, ms)), [30, 10, 20]);
    const pids: Pid[] = [];
    const work = function* (own: Self<unknown>, n: number): Generator<any, never, any> {
      pids.push(own.pid);
      if (n === 3) return yield* crash();
      for (;;) yield* own.receive();
    };
    assert.deepEqual(yield* reasonOf(Task.map([1, 2, 3], work)), boom);
    for (const pid of pids) assert.equal(yield* Process.alive(pid), false);
    yield* nothingIn(self);
  });

  rule(
    "R-1020, R-1025",
    "tasks of a supervisor have owners, too, and no more of them run than it may have",
    function* supervised(self) {
      const supervisor = yield* TaskSupervisor.start(TaskSupervisor.define({ maxChildren: 2 }));
      const linked = yield* TaskSupervisor.async(supervisor, after, 10, "linked");
      const unlinked = yield* TaskSupervisor.asyncNoLink(supervisor, crash);
      const messages = yield* Process.spawnMonitor(forever);
      for (const start of [TaskSupervisor.async, TaskSupervisor.asyncNoLink]) {
        const error = yield* failureOf(start(supervisor, after, 1, "one too many"));
        assert(error instanceof StartError);
        assert.deepEqual(error.reason, { type: "exit", reason: "max_children" });
      }
      assert((yield* failureOf(TaskSupervisor.startChild(supervisor, forever, []))) instanceof StartError);
      assert.equal((yield* TaskSupervisor.children(supervisor)).length, 2);
      assert.equal(yield* Task.await(linked), "linked");
      assert.deepEqual(yield* reasonOf(Task.await(unlinked)), boom);
      assert.deepEqual(yield* TaskSupervisor.children(supervisor), []);
      // Nothing but what was asked for is in the mailbox.
      yield* Process.kill(messages.pid);
      assert.equal(((yield* self.receive()) as Down).cause.type, "killed");
      yield* nothingIn(self);

      const temporary = yield* TaskSupervisor.startChild(supervisor, crash, []);
      yield* Process.monitor(temporary);
      assert.deepEqual(((yield* self.receive()) as Down).cause, boom);
      assert.deepEqual(yield* TaskSupervisor.children(supervisor), []);
      const stopped = yield* TaskSupervisor.asyncNoLink(supervisor, forever);
      assert.equal(yield* TaskSupervisor.terminateChild(supervisor, stopped.pid), true);
      assert.deepEqual(yield* reasonOf(Task.await(stopped)), { type: "shutdown" });
    },
  );

  rule(
    "R-1024, R-1025",
    "a stream under a supervisor has its tasks there, and leaves none behind, however it ends",
    function* streamed(self) {
      const supervisor = yield* TaskSupervisor.start(TaskSupervisor.define({ maxChildren: 3 }));
      function* children() {
        yield* Process.sleep("1ms");
        return (yield* TaskSupervisor.children(supervisor)).length;
      }
      const within = "infinity" as const;
      for (const link of [true, false]) {
        {
          using stream = yield* TaskSupervisor.stream(supervisor, [10, 5, 3_600_000, 1], stay, {
            link,
            within,
            maxConcurrency: 3,
          });
          for (const ms of [10, 5]) {
            const next = yield* stream.next();
            assert(next?.type === "success" && next.value === ms && next.item === ms);
          }
          assert.equal(yield* children(), 1);
        }
        assert.equal(yield* children(), 0);

        const many = yield* TaskSupervisor.stream(supervisor, Array(4).fill(3_600_000), stay, { link, within });
        assert((yield* failureOf(many.next())) instanceof StartError);
        assert.equal(yield* children(), 0);

        const owner = yield* Process.spawn(function* () {
          const stream = yield* TaskSupervisor.stream(supervisor, [3_600_000], stay, { link, within });
          yield* stream.next();
        });
        assert.equal(yield* children(), 1);
        yield* Process.exit(owner, boom);
        assert.equal(yield* children(), 0);
        yield* nothingIn(self);
      }
      yield* Process.spawnMonitor(function* () {
        const stream = yield* TaskSupervisor.stream(supervisor, [1], crash);
        yield* stream.next();
      });
      assert.deepEqual(((yield* self.receive()) as Down).cause, boom);
      const outcomes = yield* TaskSupervisor.stream(supervisor, [1], crash, { link: false });
      const outcome = yield* outcomes.next();
      assert(outcome?.type === "failure");
      assert.deepEqual(outcome.cause, boom);
      assert.throws(() => TaskSupervisor.stream(supervisor, [], stay, { shutdown: "never" as never }), /shutdown/);
    },
  );

  rule(
    "R-1020",
    "the crash of a supervised task ends its owner, and not its supervisor; an owner that ends takes it along",
    function* linkedToBoth(self) {
      const supervisor = yield* TaskSupervisor.start(TaskSupervisor.define());
      yield* Process.spawnMonitor(function* () {
        yield* TaskSupervisor.async(supervisor, crash);
        yield* Process.sleep("1h");
      });
      assert.deepEqual(((yield* self.receive()) as Down).cause, boom);
      const owner = yield* Process.spawn(function* () {
        yield* TaskSupervisor.async(supervisor, forever);
        yield* Process.sleep("1h");
      });
      yield* Process.sleep("1ms");
      assert.equal((yield* TaskSupervisor.children(supervisor)).length, 1);
      yield* Process.kill(owner);
      yield* Process.sleep("1ms");
      assert.deepEqual(yield* TaskSupervisor.children(supervisor), []);
    },
  );

  const crashOfB = (mark: string) =>
    [{ type: "crash", node: "b", atMs: 0, after: { mark }, lastsMs: 300, wipe: false }] as const;
  const simulatedOnly = "between processes a lost node is known after the lease";

  rule(
    "R-1020, R-1021, R-1022",
    "a task is linked and awaited across nodes, and one whose node is lost ends when that is proven",
    { nodes: ["b"], faults: crashOfB("there"), lastsMs: 5_000, simulatedOnly },
    function* lost(self, stage) {
      const quick = yield* Remote.forkAt(stage.ref("b"), sleeper(1));
      assert.equal(yield* Task.await(quick), "slept");
      yield* Process.trapExit(true);
      const task = yield* Remote.forkAt(stage.ref("b"), sleeper(60_000));
      assert.equal(yield* Task.yield(task, { within: "200ms" }), null);
      stage.mark("there");
      const reason = yield* reasonOf(Task.await(task));
      assert.equal(reason.type, "unresponsive");
      const exit = yield* self.receive();
      assert.deepEqual(exit.cause, reason);
    },
  );

  rule(
    "R-1021, R-1022",
    "a task for a node that cannot be reached fails with noconnection, where it is asked for",
    { nodes: ["b"], faults: crashOfB("down"), lastsMs: 5_000, simulatedOnly },
    function* unreachable(_self, stage) {
      yield* Process.trapExit(true);
      stage.mark("down");
      yield* Process.sleep("10ms");
      const awaited = yield* Remote.forkAt(stage.ref("b"), sleeper(1));
      assert.equal((yield* reasonOf(Task.await(awaited))).type, "noconnection");
    },
  );
});

export const { scenarios }: Section = tasks;
