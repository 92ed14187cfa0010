import { Channel } from "@espalier/channels";
import { Heartbeat, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, Remote, type Host, type Loop, type Self } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { expect, test } from "vitest";
import { attempt, bench, reasonOf } from "./helpers.ts";

test("a heartbeat expires at its time, not before, and those who supervise it are told once (S52, S55, P3, P5, P10)", async () => {
  const { run, host } = await bench();
  const result = await run(function* () {
    const forTen = yield* Heartbeat.create("10s");
    const ended = yield* Heartbeat.supervise(forTen);
    yield* Process.sleep("9s");
    const live = yield* Heartbeat.status(forTen);
    const cause = yield* ended;
    return { live: live.state, cause, at: host.clock.monotonic(), again: yield* ended };
  });
  expect(result).toEqual({ live: "live", cause: { type: "expired" }, at: 10_000, again: { type: "expired" } });
});

test("reset means at least that long from now, and never less (S54, P4)", async () => {
  const { run, host } = await bench();
  await run(function* () {
    const heartbeat = yield* Heartbeat.create("10s");
    const ended = yield* Heartbeat.supervise(heartbeat);
    yield* Process.sleep("5s");
    yield* Heartbeat.reset(heartbeat, "1s");
    yield* Heartbeat.reset(heartbeat, "7s");
    yield* ended;
  });
  expect(host.clock.monotonic()).toBe(12_000);
});

test("a reset that was on its way when the time ran out is read first (S53, H19)", async () => {
  const manual = new ManualHost();
  let input = (): void => {};
  const loop: Loop = {
    soon: manual.loop.soon,
    afterInput(task) {
      // What waits in the socket is read, and then comes the task's turn.
      input();
      manual.loop.soon(() => manual.loop.soon(task));
    },
  };
  const { clock, random, network, disk, crypto } = manual;
  const host: Host = { clock, random, loop, network, disk, crypto };
  const node = await manual.wait(Node.start({ host }));
  const heartbeat = await manual.wait(node.run(Heartbeat.create("10s")));
  input = () => void node.run(Heartbeat.reset(heartbeat, "5s"));
  manual.advance(10_000);
  input = () => {};
  expect(await manual.wait(node.run(Heartbeat.status(heartbeat)))).toMatchObject({ state: "live" });
  manual.advance(5_000);
  expect(await manual.wait(node.run(Heartbeat.status(heartbeat)))).toMatchObject({ state: "expired" });
});

test("a reset that was read when the time ran out is performed first (S53, H19)", async () => {
  const manual = new ManualHost();
  let input = (): void => {};
  const loop: Loop = {
    soon: manual.loop.soon,
    afterInput(task) {
      manual.loop.soon(() => {
        // As in Node: the second immediate is set, and then comes the poll phase, whose input is performed after it.
        manual.loop.soon(task);
        input();
      });
    },
  };
  const { clock, random, network, disk, crypto } = manual;
  const node = await manual.wait(Node.start({ host: { clock, random, loop, network, disk, crypto } }));
  const heartbeat = await manual.wait(node.run(Heartbeat.create("10s")));
  input = () => {
    input = () => {};
    void node.run(Heartbeat.reset(heartbeat, "5s"));
  };
  manual.advance(10_000);
  expect(await manual.wait(node.run(Heartbeat.status(heartbeat)))).toMatchObject({ state: "live" });
  manual.advance(5_000);
  expect(await manual.wait(node.run(Heartbeat.status(heartbeat)))).toMatchObject({ state: "expired" });
});

test("stop and fail end it once; then it refuses (S51, P1, P9)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const heartbeat = yield* Heartbeat.create("1s");
    const ended = yield* Heartbeat.supervise(heartbeat);
    const first = yield* Heartbeat.fail(heartbeat, { type: "exit", reason: "enough" });
    const second = yield* Heartbeat.stop(heartbeat);
    return [first, second, yield* Heartbeat.reset(heartbeat, "1h"), yield* ended];
  });
  expect(result).toEqual(["accepted", "refused", "refused", { type: "exit", reason: "enough" }]);
});

test("link gives the result of what runs in it, and the heartbeat lives on (S62)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const heartbeat = yield* Heartbeat.create("1m");
    const value = yield* Heartbeat.link(heartbeat, function* () {
      yield* Process.sleep("1s");
      return "done";
    });
    return [value, (yield* Heartbeat.status(heartbeat)).state];
  });
  expect(result).toEqual(["done", "live"]);
});

test("when the heartbeat ends, what runs in its scope is cancelled, finally included, and the cause is thrown below (S63)", async () => {
  const { run, host } = await bench();
  const log: unknown[] = [];
  const reason = await run(function* () {
    const heartbeat = yield* Heartbeat.create("10s");
    return yield* reasonOf(
      Heartbeat.link(heartbeat, function* () {
        try {
          yield* Remote.promise((signal) => {
            signal.addEventListener("abort", () => log.push("aborted"));
            return new Promise(() => {});
          });
        } finally {
          log.push("cleaned up", yield* attempt(Process.sleep("1h")));
        }
      }),
    );
  });
  expect(reason).toEqual({ type: "expired" });
  expect(log).toMatchObject(["aborted", "cleaned up", { code: "OPERATION_REFUSED", operation: "process.sleep" }]);
  expect(host.clock.monotonic()).toBe(10_000);
});

test("of nested scopes the outer one ends both, and the inner one itself alone (S64)", async () => {
  const { run } = await bench();
  const nested = function* (ends: "outer" | "inner"): LocalGenerator<string> {
    const outer = yield* Heartbeat.create("1m");
    const inner = yield* Heartbeat.create("1m");
    const cause: Cause = { type: "exit", reason: ends };
    yield* Process.spawn(function* () {
      yield* Process.sleep("1s");
      yield* Heartbeat.fail(ends === "outer" ? outer : inner, cause);
    });
    let reached = "";
    try {
      yield* Heartbeat.link(outer, function* () {
        try {
          yield* Heartbeat.link(inner, Process.sleep("1h"));
        } catch {
          reached += "in the outer scope ";
          yield* Process.sleep(0);
        }
      });
      return `${reached}and out`;
    } catch (error) {
      return `${reached}below: ${(error as { reason: Cause }).reason.type}`;
    }
  };
  expect(await run(nested("inner"))).toBe("in the outer scope and out");
  expect(await run(nested("outer"))).toBe("below: exit");
});

test.each(["outer first", "inner first"])(
  "when both end in one moment, it is the outer scope that ends (%s)",
  async (order) => {
    const { run } = await bench();
    const log = await run(function* () {
      const log: unknown[] = [];
      const outer = yield* Heartbeat.create("1m");
      const inner = yield* Heartbeat.create("1m");
      yield* Process.spawn(function* () {
        yield* Process.sleep("1s");
        for (const ending of order === "outer first" ? [outer, inner] : [inner, outer]) {
          yield* Heartbeat.fail(ending, { type: "exit", reason: ending === outer ? "outer" : "inner" });
        }
      });
      const reason = yield* reasonOf(
        Heartbeat.link(outer, function* () {
          yield* attempt(Heartbeat.link(inner, Process.sleep("1h")));
          log.push("went on in the outer scope");
        }),
      );
      return [...log, reason];
    });
    expect(log).toEqual([{ type: "exit", reason: "outer" }]);
  },
);

test("a process that ends its own scope leaves it at once (S63)", async () => {
  const { run } = await bench();
  const steps = await run(function* () {
    const steps: unknown[] = [];
    const heartbeat = yield* Heartbeat.create("1m");
    const reason = yield* reasonOf(
      Heartbeat.link(heartbeat, function* () {
        steps.push("in");
        yield* Heartbeat.stop(heartbeat);
        steps.push("never");
      }),
    );
    return [...steps, reason];
  });
  expect(steps).toEqual(["in", { type: "stopped" }]);
});

test("linking to a heartbeat that has ended runs nothing (S64)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    let ran = false;
    const heartbeat = yield* Heartbeat.create("1m");
    yield* Heartbeat.stop(heartbeat);
    const reason = yield* reasonOf(
      Heartbeat.link(heartbeat, function* () {
        ran = true;
      }),
    );
    return { ran, reason };
  });
  expect(result).toEqual({ ran: false, reason: { type: "stopped" } });
});

test("what fails in a scope fails the heartbeat; so does a process that ends abnormally in one (S62)", async () => {
  const { run } = await bench();
  const causes = await run(function* () {
    const thrown = yield* Heartbeat.create("1m");
    yield* attempt(
      Heartbeat.link(thrown, function* () {
        throw new RangeError("inside");
      }),
    );
    const killed = yield* Heartbeat.create("1m");
    const victim = yield* Process.spawn(function* () {
      yield* Heartbeat.link(killed, Process.sleep("1h"));
    });
    yield* Process.sleep(0);
    yield* Process.kill(victim);
    const stopped = yield* Heartbeat.create("1m");
    const other = yield* Process.spawn(function* () {
      yield* Heartbeat.link(stopped, Process.sleep("1h"));
    });
    yield* Process.sleep(0);
    yield* Process.exit(other, shutdown);
    return [
      yield* yield* Heartbeat.supervise(thrown),
      yield* yield* Heartbeat.supervise(killed),
      (yield* Heartbeat.status(stopped)).state,
    ];
  });
  expect(causes).toMatchObject([
    { type: "error", error: { name: "RangeError", message: "inside" } },
    { type: "killed" },
    "live",
  ]);
});

test("a fork inherits the scopes it was made in: it ends with them, and its failure is theirs (S8, S65, H20)", async () => {
  const { run, reports } = await bench();
  const result = await run(function* (self: Self<Process.Down>) {
    const heartbeat = yield* Heartbeat.create("10s");
    const ends: Cause[] = [];
    yield* Heartbeat.link(heartbeat, function* () {
      yield* self.monitor(yield* Remote.fork(Process.sleep("1h")));
    });
    ends.push((yield* self.receive()).cause);
    const failing = yield* Heartbeat.create("10s");
    const pid = yield* Heartbeat.link(failing, function* () {
      return yield* Remote.fork(function* () {
        yield* Process.sleep("1s");
        throw new RangeError("in the fork");
      });
    });
    yield* self.monitor(pid);
    ends.push((yield* self.receive()).cause, yield* yield* Heartbeat.supervise(failing));
    return ends;
  });
  const error = { type: "error", error: { name: "RangeError" } };
  expect(result).toMatchObject([{ type: "expired" }, error, error]);
  // That something ends with its lifetime is what was asked for, and no crash.
  expect(reports).toHaveLength(1);
});

test("the lifetimes of section 5 of the tour", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const forTen = yield* Heartbeat.create("10s");
    const inbox = yield* Channel.create<string>();
    const next = yield* Channel.subscribe(forTen, inbox);
    const ended = yield* Heartbeat.supervise(forTen);
    yield* Remote.fork(
      Heartbeat.link(forTen, function* () {
        yield* Channel.send(inbox, "crunched");
        yield* Process.sleep("1h");
      }),
    );
    const first = yield* next;
    const cause = yield* ended;
    return { first, cause, after: yield* reasonOf(next) };
  });
  expect(result).toEqual({ first: "crunched", cause: { type: "expired" }, after: { type: "expired" } });
});

test("nothing is left of scopes, registrations and listeners when all is over", async () => {
  const { run, node, host } = await bench();
  await run(function* () {
    const heartbeat = yield* Heartbeat.create("1s");
    const inbox = yield* Channel.create<string>({ capacity: 2 });
    yield* Channel.subscribe(heartbeat, inbox);
    yield* Heartbeat.supervise(heartbeat);
    yield* Process.spawn(function* () {
      yield* Heartbeat.supervise(heartbeat);
      yield* Heartbeat.link(heartbeat, Process.sleep(0));
    });
    yield* Process.sleep("2s");
  });
  await host.settle();
  expect(node.kernel.lifetimes.heartbeats.size).toBe(0);
  expect(node.kernel.channels.inspect()).toMatchObject({ channels: [], listeners: 0 });
  expect(host.timers).toBe(0);
});

test("a buffered channel makes senders wait for room, lets peek, and closes with its owner (S69)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<string>) {
    const started = yield* Process.start(function* (owner: Self) {
      const jobs = yield* Channel.create<number>({ capacity: 1 });
      yield* owner.ready(jobs);
      yield* Process.sleep("infinity");
    }, []);
    if (started.type !== "started") throw new Error(started.type);
    const jobs = started.value as Channel<number, "buffered">;
    yield* Process.spawn(function* () {
      for (const job of [1, 2, 3]) yield* Channel.send(jobs, job);
      yield* Process.send(self.pid, "all sent");
    });
    const log: unknown[] = [yield* Channel.peek(jobs), yield* self.receive({ within: 0, otherwise: "still waiting" })];
    for (let job = 0; job < 2; job += 1) {
      yield* Process.sleep(0);
      log.push((yield* Channel.receiveNow(jobs))?.value);
    }
    log.push(yield* self.receive(), yield* Channel.deliver(jobs, 4), yield* Channel.peekNow(jobs));
    yield* Process.kill(started.pid);
    return [...log, yield* attempt(Channel.send(jobs, 5)), yield* Channel.deliver(jobs, 6)];
  });
  expect(result).toMatchObject([
    1,
    "still waiting",
    1,
    2,
    "all sent",
    { type: "refused", reason: "full", value: 4 },
    { value: 3 },
    { code: "CHANNEL_CLOSED", value: 5 },
    { type: "refused", reason: "closed", value: 6 },
  ]);
});

test("a process that ends while it waits at a channel gives up its place (S74)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const lifetime = yield* Heartbeat.create("1h");
    const jobs = yield* Channel.create<number>();
    const next = yield* Channel.subscribe(lifetime, jobs);
    const impatient = yield* Process.spawn(function* () {
      yield* next;
    });
    yield* Process.sleep(0);
    yield* Process.kill(impatient);
    yield* Channel.send(jobs, 7);
    return yield* next;
  });
  expect(result).toBe(7);
});
