import type { LocalGenerator } from "@espalier/heartbeat";
import {
  CallError,
  MailboxFullError,
  Process,
  Node,
  Server,
  type DeadLetter,
  type MailboxOptions,
  type Pid,
  type Report,
  type Self,
} from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { describe, expect, test } from "vitest";
import { attempt, bench, record } from "./helpers.ts";

/** Takes messages once it has been let, by `go`. */
function* reader(self: Self<any>, got: unknown[]): LocalGenerator<void> {
  yield* self.receive({ match: (message) => message === "go" || message.type === "EXIT" });
  for (;;) got.push(yield* self.receive());
}

function start(mailbox: MailboxOptions, got: unknown[]) {
  return Process.spawnOpt({ mailbox, label: "reader" }, reader, got);
}

describe("options", () => {
  test.each([
    [{ capacity: 0 }, /mailbox.capacity: expected a whole number of at least 1, got 0/],
    [{ capacity: Infinity }, /mailbox.capacity/],
    [{ capacity: 1, whenFull: "refuse" }, /mailbox.whenFull: expected one of wait, fail, drop-newest, drop-oldest/],
  ])("%o are refused", (mailbox, message) => {
    expect(() => start(mailbox as MailboxOptions, [])).toThrow(message);
  });

  test("a label is what people call the process", async () => {
    const { run, node } = await bench();
    await run(() => start({ capacity: 1 }, []));
    expect(node.inspect().processes.map(({ label }) => label)).toEqual(["reader"]);
  });

  test("link and monitor are there from the first moment", async () => {
    const { run } = await bench();
    const types = await run(function* (self: Self<any>) {
      yield* Process.trapExit(true);
      const { pid, ref } = yield* Process.spawnOpt({ link: true, monitor: true }, function* brief() {});
      const got = [yield* self.receive(), yield* self.receive()];
      return got.map((message) => [message.type, (message.ref ?? ref).equals(ref), pid.equals(message.from ?? pid)]);
    });
    expect(types).toEqual([
      ["DOWN", true, true],
      ["EXIT", true, true],
    ]);
  });
});

test("what is no message always gets in: EXIT, DOWN, what a stash gives back, priority, and what the system asks (S230)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const got: any[] = [];
    const pid = yield* Process.spawnOpt(
      { mailbox: { capacity: 1, whenFull: "drop-newest" } },
      function* (self: Self<any>) {
        yield* Process.trapExit(true);
        const first = yield* self.receive();
        yield* self.stash(first);
        yield* Process.sleep("1s");
        yield* self.unstash();
        for (;;) got.push(yield* self.receive());
      },
    );
    yield* Process.send(pid, 1);
    yield* Process.sleep("1ms");
    yield* Process.send(pid, 2);
    for (let count = 0; count < 3; count += 1) yield* Process.exit(pid, { type: "shutdown" });
    yield* Process.send(pid, "dropped");
    yield* Process.sleep("2s");
    return got.map((message) => message.type ?? message);
  });
  expect(result).toEqual([1, 2, "EXIT", "EXIT", "EXIT"]);
});

test("drop-oldest never drops an EXIT", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const got: any[] = [];
    const pid = yield* Process.spawnOpt(
      { mailbox: { capacity: 2, whenFull: "drop-oldest" } },
      function* (self: Self<any>) {
        yield* Process.trapExit(true);
        yield* Process.sleep("1s");
        for (;;) got.push(yield* self.receive());
      },
    );
    yield* Process.sleep("1ms");
    yield* Process.exit(pid, { type: "shutdown" });
    for (const message of [1, 2, 3, 4]) yield* Process.send(pid, message);
    yield* Process.sleep("2s");
    return got.map((message) => message.type ?? message);
  });
  expect(result).toEqual(["EXIT", 3, 4]);
});

test("a process whose mailbox is full fails when it sends to itself, since nobody could make room", async () => {
  const { run } = await bench();
  const error = await run(function* (self: Self<any>) {
    yield* Process.spawnOpt({ mailbox: { capacity: 1 } }, function* (own: Self<number>) {
      yield* Process.send(own.pid, 1);
      const thrown = yield* attempt(Process.send(own.pid, 2));
      yield* Process.send(self.pid, thrown);
    });
    return yield* self.receive();
  });
  expect(error).toBeInstanceOf(MailboxFullError);
  expect(error).toMatchObject({ code: "MAILBOX_FULL", value: 2 });
});

test("no more wait for room than the limits allow: whoever comes then is refused by name, and what nobody waits with is a dead letter (S272)", async () => {
  const host = new ManualHost();
  const node = await host.wait(Node.start({ host, limits: { waitingPerMailbox: 2 } }));
  const result = await host.wait(
    node.run(function* (self: Self<any>) {
      yield* Process.monitorDeadLetters(({ message, reason }) => [message, reason]);
      const got: unknown[] = [];
      const pid = yield* start({ capacity: 1 }, got);
      yield* Process.send(pid, 1);
      for (const message of [2, 3, 4]) {
        yield* Process.spawn(function* () {
          yield* Process.send(self.pid, (yield* attempt(Process.send(pid, message))) ?? `sent ${message}`);
        });
      }
      yield* Process.sendAfter("1ms", pid, 5);
      const refused = [yield* self.receive(), yield* self.receive()];
      yield* Process.kill(pid);
      return refused;
    }),
  );
  expect(result).toEqual([expect.objectContaining({ code: "MAILBOX_FULL", value: 4 }), [5, "mailbox full"]]);
});

test("with nosuspend nobody waits for room: false, and nothing was sent (R-409)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const got: unknown[] = [];
    const pid = yield* start({ capacity: 1 }, got);
    const answers = [
      yield* Process.send(pid, 1, { nosuspend: true }),
      yield* Process.send(pid, 2, { nosuspend: true }),
    ];
    yield* Process.kill(pid);
    return answers;
  });
  expect(result).toEqual([true, false]);
});

test("a timer does not wait: its message gets in when there is room, in its place", async () => {
  const { run } = await bench();
  const got = await run(function* () {
    const taken: unknown[] = [];
    const pid = yield* Process.spawnOpt({ mailbox: { capacity: 1 } }, function* (self: Self<number>) {
      yield* Process.sleep("20ms");
      for (;;) taken.push(yield* self.receive());
    });
    yield* Process.send(pid, 1);
    yield* Process.sendAfter("1ms", pid, 2);
    yield* Process.sleep("10ms");
    yield* Process.spawn(function* () {
      yield* Process.send(pid, 3);
    });
    yield* Process.sleep("30ms");
    return taken;
  });
  expect(got).toEqual([1, 2, 3]);
});

test("dead letters are reported when that was asked for, no more often than was said", async () => {
  const host = new ManualHost();
  const reports: Report[] = [];
  const logger = { report: (report: Report): void => void reports.push(report) };
  const node = await host.wait(Node.start({ host, logger, reportDeadLetters: "1s" }));
  await host.wait(
    node.run(function* () {
      const pid = yield* start({ capacity: 1 }, []);
      yield* Process.kill(pid);
      for (let count = 0; count < 30; count += 1) {
        yield* Process.send(pid, count);
        yield* Process.sleep("100ms");
      }
    }),
  );
  expect(reports.flatMap((report) => (report.type === "dead-letters" ? [report.count] : []))).toEqual([1, 10, 10]);
});

describe("a server", () => {
  const Slow = Server.define({
    label: "slow",
    init: () => ({ casts: 0 }),
    call: {
      *work(_state, ms: number): LocalGenerator<number> {
        yield* Process.sleep(ms);
        return ms;
      },
    },
    cast: {
      note(state) {
        state.casts += 1;
      },
    },
  });

  test("that makes senders wait serves all calls, and holds back casts", async () => {
    const { run, host } = await bench();
    const result = await run(function* (self: Self<any>) {
      const server = yield* Server.start(Slow, undefined, { mailbox: { capacity: 1 } });
      for (let count = 0; count < 4; count += 1) {
        yield* Process.spawn(function* () {
          yield* Process.send(self.pid, yield* server.call.work(100));
        });
      }
      yield* Process.sleep(10);
      yield* server.cast.note();
      const atMs = yield* Process.now();
      const answers = [];
      for (let count = 0; count < 4; count += 1) answers.push(yield* self.receive());
      return { answers, atMs };
    });
    expect(result.answers).toEqual([100, 100, 100, 100]);
    expect(result.atMs).toBeGreaterThanOrEqual(300);
    expect(host.clock.monotonic()).toBe(400);
  });

  test.each(["fail", "drop-newest"] as const)(
    "that is full and says %s fails the call, not the cast",
    async (whenFull) => {
      const { run, node } = await bench();
      const result = await run(function* () {
        const server = yield* Server.start(Slow, undefined, { mailbox: { capacity: 1, whenFull } });
        for (let count = 0; count < 2; count += 1) {
          yield* Process.spawn(function* () {
            yield* server.call.work(100);
          });
          yield* Process.sleep(1);
        }
        yield* server.cast.note();
        const error = yield* attempt(server.call.work(1));
        yield* Server.shutdown(server);
        return error;
      });
      expect(result).toBeInstanceOf(CallError);
      expect(result).toMatchObject({ reason: { type: "exit", reason: "mailbox_full" } });
      expect(node.inspect().deadLetters).toBe(1);
    },
  );
});

describe("dead letters", () => {
  test("say from whom they are, for whom, and why (S231)", async () => {
    const { run, node } = await bench();
    const events = record(node);
    const letters = await run(function* (self: Self<any>) {
      yield* Process.monitorDeadLetters();
      const pid: Pid<any> = yield* start({ capacity: 1, whenFull: "drop-newest" }, []);
      yield* Process.send(pid, "in");
      yield* Process.send(pid, "too much");
      yield* Process.kill(pid);
      yield* Process.send(pid, "too late");
      const got: DeadLetter[] = [];
      for (let count = 0; count < 3; count += 1) got.push(yield* self.receive());
      return got.map(({ from, to, message, reason }) => ({
        fromMe: from?.equals(self.pid) ?? false,
        toIt: to === pid,
        message,
        reason,
      }));
    });
    expect(letters).toEqual([
      { fromMe: false, toIt: true, message: "too much", reason: "mailbox full" },
      { fromMe: false, toIt: true, message: "in", reason: "ended" },
      { fromMe: true, toIt: true, message: "too late", reason: "noproc" },
    ]);
    expect(events.filter(({ type }) => type === "dead-letter")).toHaveLength(3);
  });

  test("of those that wait for room are told too, with their sender", async () => {
    const { run } = await bench();
    const letters = await run(function* (self: Self<any>) {
      yield* Process.monitorDeadLetters((letter) => [letter.message, letter.reason, letter.from !== null]);
      const pid = yield* start({ capacity: 1 }, []);
      yield* Process.send(pid, 1);
      for (const message of [2, 3]) yield* Process.spawn(() => Process.send(pid, message));
      yield* Process.sleep(1);
      yield* Process.kill(pid);
      return [yield* self.receive(), yield* self.receive(), yield* self.receive()];
    });
    expect(letters).toEqual([
      [2, "ended", true],
      [3, "ended", true],
      [1, "ended", false],
    ]);
  });

  test("are what was put aside, too, before what came later", async () => {
    const { run, node } = await bench();
    const letters = await run(function* (self: Self<any>) {
      const before = node.inspect().deadLetters;
      const aside = function* (own: Self<any>) {
        for (let count = 0; count < 2; count += 1) yield* own.stash(yield* own.receive());
        yield* own.receive({ match: () => false });
      };
      const unseen = yield* Process.spawn(aside);
      for (const message of [1, 2, 3]) yield* Process.send(unseen, message);
      yield* Process.sleep(1);
      yield* Process.kill(unseen);
      yield* Process.sleep(1);
      const counted = node.inspect().deadLetters - before;
      yield* Process.monitorDeadLetters((letter) => [letter.message, letter.reason]);
      const seen = yield* Process.spawn(aside);
      for (const message of [1, 2, 3]) yield* Process.send(seen, message);
      yield* Process.sleep(1);
      yield* Process.kill(seen);
      return [counted, yield* self.receive(), yield* self.receive(), yield* self.receive()];
    });
    expect(letters).toEqual([3, [1, "ended"], [2, "ended"], [3, "ended"]]);
  });

  test("are not told to who ended or asked for no more, and what a reader leaves is told to nobody", async () => {
    const { run, node } = await bench();
    const rest = await run(function* (self: Self<any>) {
      const other = yield* Process.spawn(function* (own: Self<any>) {
        yield* Process.monitorDeadLetters();
        yield* own.receive({ match: (message) => message === "end" });
      });
      yield* Process.sleep(1);
      yield* Process.monitorDeadLetters();
      const gone = yield* Process.spawn(function* (own: Self<any>) {
        yield* own.receive();
      });
      yield* Process.kill(gone);
      yield* Process.send(gone, 1);
      yield* Process.send(other, "end");
      yield* Process.sleep(1);
      const first = yield* self.receive({ within: 0 });
      yield* Process.demonitorDeadLetters();
      yield* Process.send(gone, 2);
      return [first.message, yield* self.receive({ within: 0, otherwise: "nothing" })];
    });
    expect(rest).toEqual([1, "nothing"]);
    expect(node.inspect().deadLetters).toBe(3);
  });
});

test("the message for which a process waits is found when an older one is dropped for it", async () => {
  const { run } = await bench();
  const found = await run(function* () {
    const got: unknown[] = [];
    const pid = yield* Process.spawnOpt(
      { mailbox: { capacity: 2, whenFull: "drop-oldest" } },
      function* (self: Self<string>) {
        got.push(yield* self.receive({ match: (message) => message === "wanted" }), yield* self.receive());
      },
    );
    for (const message of ["first", "second"]) yield* Process.send(pid, message);
    yield* Process.sleep("1ms"); // it has looked at both
    yield* Process.send(pid, "wanted");
    yield* Process.sleep("1ms");
    return got;
  });
  expect(found).toEqual(["wanted", "second"]);
});

test("what takes no room is counted apart from an equal message that does", async () => {
  const { run } = await bench();
  const got: unknown[] = [];
  await run(function* () {
    const pid = yield* Process.spawnOpt(
      { mailbox: { capacity: 1, whenFull: "drop-oldest" } },
      function* (self: Self<any>) {
        yield* self.trapExit(() => "same");
        yield* Process.sleep("1s");
        got.push(yield* self.receive({ match: (message) => message === "same" }));
        yield* Process.sleep("1s");
        for (;;) got.push(yield* self.receive());
      },
    );
    yield* Process.sleep("1ms");
    for (let count = 0; count < 3; count += 1) yield* Process.exit(pid, { type: "shutdown" });
    for (const message of ["same", "second"]) yield* Process.send(pid, message);
    yield* Process.sleep("1500ms");
    yield* Process.send(pid, "third");
    yield* Process.sleep("1s");
  });
  expect(got).toEqual(["same", "same", "same", "third"]);
});
