import { shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { NodeAddress, Pid, Process, Ref, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench } from "./helpers.ts";

const bored: Cause = { type: "exit", reason: "bored" };

function* idle(self: Self<unknown>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

test("each monitor delivers one DOWN with its own ref (S19, R-301, R-302, R-306)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(idle);
    yield* Process.register("watched", pid);
    const refs = [yield* self.monitor(pid), yield* self.monitor("watched")];
    yield* Process.exit(pid, bored);
    const downs = [yield* self.receive(), yield* self.receive()];
    const byRef = refs.map((ref) => downs.find((down) => down.ref === ref));
    return {
      processes: byRef.map((down) => (down?.process === pid ? "the pid" : down?.process)),
      causes: downs.map((down) => down.cause),
      more: yield* self.receive({ within: "1s", otherwise: "no more" }),
    };
  });
  expect(result).toEqual({ processes: ["the pid", "watched"], causes: [bored, bored], more: "no more" });
});

test("a name is resolved when the monitor is made (S20, R-303)", async () => {
  const { run } = await bench();
  const seen = await run(function* (self: Self<Process.Down>) {
    const first = yield* Process.spawn(idle);
    const second = yield* Process.spawn(idle);
    yield* Process.register("name", first);
    yield* self.monitor("name");
    yield* Process.unregister("name");
    yield* Process.register("name", second);
    yield* Process.exit(second, bored);
    const nothing = yield* self.receive({ within: 0, otherwise: null });
    yield* Process.exit(first, shutdown);
    return [nothing, (yield* self.receive()).cause.type];
  });
  expect(seen).toEqual([null, "shutdown"]);
});

test("monitoring the dead, the unknown and an earlier life gives noproc, the unreachable noconnection (S21, R-304, R-305)", async () => {
  const { run, node } = await bench();
  const causes = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(idle);
    yield* Process.kill(pid);
    const targets = [
      pid,
      "nobody",
      new Pid(new NodeAddress(node.ref.id, "an earlier life"), 1),
      new Pid(new NodeAddress("E".repeat(43), "1"), 1),
    ];
    const causes: string[] = [];
    for (const target of targets) {
      yield* self.monitor(target);
      causes.push((yield* self.receive({ within: 0 })).cause.type);
    }
    return causes;
  });
  expect(causes).toEqual(["noproc", "noproc", "noproc", "noconnection"]);
});

test("after demonitor no DOWN comes; one that was there stays, unless it is flushed (S22, R-307, R-308)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(idle);
    const removed = yield* self.monitor(pid);
    const stays = yield* self.monitor(pid);
    const flushed = yield* self.monitor(pid);
    const first = yield* Process.demonitor(removed);
    yield* Process.exit(pid, bored);
    const rest = [yield* Process.demonitor(stays), yield* Process.demonitor(flushed, { flush: true })];
    const down = yield* self.receive({ within: 0 });
    const more = yield* self.receive({ within: "1s", otherwise: "no more" });
    return { found: [first, ...rest], stayed: down.ref === stays, more };
  });
  // true means that none has come or will come.
  expect(result).toEqual({ found: [true, false, false], stayed: true, more: "no more" });
});

test("a flush finds what a map has made of the DOWN (S22, R-308)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<{ gone: number }>) {
    const pid = yield* Process.spawn(idle);
    const one = yield* self.monitor(pid, () => ({ gone: 1 }));
    yield* self.monitor(pid, () => ({ gone: 2 }));
    yield* Process.exit(pid, bored);
    yield* Process.demonitor(one, { flush: true });
    return [yield* self.receive({ within: 0 }), yield* self.receive({ within: 0, otherwise: "no more" })];
  });
  expect(result).toEqual([{ gone: 2 }, "no more"]);
});

test("demonitor of a ref of another process is an error, of one's own unknown ref it is nothing, ever again (S22, R-310)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(idle);
    const ref = yield* self.monitor(pid);
    yield* Process.demonitor(ref);
    return {
      repeated: yield* Process.demonitor(ref),
      unknown: yield* Process.demonitor(new Ref(self.pid, 999)),
      foreign: yield* attempt(Process.demonitor(new Ref(pid, 1))),
      nonsense: yield* attempt(Process.demonitor("ref" as never)),
    };
  });
  expect(result).toMatchObject({ repeated: false, unknown: false });
  expect(result.foreign).toBeInstanceOf(TypeError);
  expect(result.nonsense).toBeInstanceOf(TypeError);
});

test("monitoring oneself never fires (S23, R-311)", async () => {
  const { run, node } = await bench();
  const ref = await run(function* (self: Self<Process.Down>) {
    const ref = yield* self.monitor(self.pid);
    yield* Process.demonitor(ref);
    yield* self.monitor(self.pid);
    return ref;
  });
  expect(ref).toBeInstanceOf(Ref);
  expect(node.inspect().deadLetters).toBe(0);
});

test("when the watcher ends or demonitors, the watched process keeps nothing of it (S23, R-312)", async () => {
  const { run, node } = await bench();
  const counts = await run(function* (self: Self<Process.Down>) {
    const pid = yield* Process.spawn(idle);
    const monitoredBy = () => node.inspect().processes.find((process) => process.pid === pid)?.monitoredBy;
    const watchers: Pid[] = [];
    for (let count = 0; count < 5; count += 1) {
      watchers.push(
        yield* Process.spawn(function* (watcher: Self<unknown>) {
          yield* Process.monitor(pid);
          yield* watcher.receive();
        }),
      );
    }
    const own = yield* self.monitor(pid);
    yield* Process.sleep(0);
    const all = monitoredBy();
    for (const index of [2, 0, 4]) yield* Process.kill(watchers[index] as Pid);
    const some = monitoredBy();
    yield* Process.demonitor(own);
    return [all, some, monitoredBy()];
  });
  expect(counts).toEqual([6, 3, 2]);
});

test("all that a process sent before it died is in the mailbox before its DOWN (S24, S26, R-313)", async () => {
  const { run } = await bench();
  const order = await run(function* (self: Self<number | Process.Down>) {
    yield* self.monitor(
      yield* Process.spawn(function* (_: Self, to: Pid<number>) {
        for (let count = 0; count < 3; count += 1) yield* Process.send(to, count);
      }, self.pid as Pid<number>),
    );
    const order: unknown[] = [];
    for (let count = 0; count < 4; count += 1) {
      const message = yield* self.receive();
      order.push(typeof message === "number" ? message : message.type);
    }
    return order;
  });
  expect(order).toEqual([0, 1, 2, "DOWN"]);
});

test("spawnMonitor is atomic: the DOWN of a child that dies at once is the true one (S18, R-140)", async () => {
  const { run } = await bench();
  const cause = await run(function* (self: Self<Process.Down>) {
    yield* Process.spawnMonitor(() => Process.exit(bored));
    return (yield* self.receive()).cause;
  });
  expect(cause).toEqual(bored);
});

test("a watcher that waits in a call is told of the server's end, and its other monitors go on", async () => {
  const { run } = await bench();
  const downs = await run(function* (self: Self<Process.Down>) {
    const pids: Pid[] = [];
    for (let count = 0; count < 100; count += 1) {
      const pid = yield* Process.spawn(idle);
      pids.push(pid);
      yield* self.monitor(pid);
    }
    for (const pid of pids.toReversed()) yield* Process.exit(pid, bored);
    const seen = new Set<unknown>();
    for (let count = 0; count < 100; count += 1) seen.add((yield* self.receive({ within: 0 })).process);
    return pids.every((pid) => seen.has(pid));
  });
  expect(downs).toBe(true);
});
