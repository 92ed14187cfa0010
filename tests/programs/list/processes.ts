import { Process, remote, Remote, Task, type Down, type Exit, type NodeRef, type Pid, type Self } from "espalier";
import type { Places, Program } from "../program.ts";

/** Goes to `node`, tells `to`, and ends as it is told. */
const child = remote({}, function* (self: Self<string>, node: NodeRef, to: Pid<any>, log: Pid<string>) {
  yield* Remote.transfer(node);
  yield* Process.send(log, "child: there");
  yield* Process.send(to, "ready");
  const how = yield* self.receive();
  yield* Process.send(log, `child: ${how}`);
  if (how === "crash") throw new RangeError("as told");
});

const square = remote({}, function* (_self: Self, node: NodeRef, n: number) {
  yield* Remote.transfer(node);
  if (n < 0) throw new RangeError(`${n} is negative`);
  return n * n;
});

const echo = remote({}, function* (self: Self<any>, to: Pid<any>, times: number) {
  for (let n = 0; n < times; n += 1) yield* Process.send(to, [yield* self.receive()]);
});

/** Doubles what it is sent, slowly. */
const worker = remote({}, function* (self: Self<any>, to: Pid<any>, log: Pid<string>) {
  for (;;) {
    const n = yield* self.receive();
    if (n === "stop") break;
    yield* Process.sleep(7);
    yield* Process.send(log, `worker: ${n}`);
    yield* Process.send(to, n * 2);
  }
  yield* Process.send(to, "stopped");
});

export const processes: readonly Program[] = [
  {
    name: "takes its mailbox along, and takes out of it what matches",
    body: remote({}, function* (self: Self<number>, { alice, bob, log }: Places) {
      for (const n of [1, 2, 3, 4, 5, 6]) yield* Process.send(self.pid, n);
      const seen: number[] = [];
      yield* Remote.transfer(alice);
      seen.push(yield* self.receive({ match: (n) => n > 3 }));
      yield* Process.send(log, `first ${seen[0]}`);
      yield* Remote.transfer(bob);
      seen.push(yield* self.receive({ match: (n) => n % 3 === 0 }), yield* self.receive());
      yield* Process.send(self.pid, 7);
      for (let n = 0; n < 4; n += 1) seen.push(yield* self.receive());
      return seen;
    }),
    expected: [4, 3, 1, 2, 5, 6, 7],
    effects: ["first 4"],
    transfers: 2,
  },
  {
    name: "waits with a limit, in vain and not in vain",
    body: remote({}, function* (self: Self<string>, { alice, log }: Places) {
      const nothing = yield* self.receive({ within: 5, otherwise: "nothing" });
      yield* Process.send(log, nothing);
      yield* Remote.transfer(alice);
      let timedOut = "";
      try {
        yield* self.receive({ match: (text) => text === "never", within: 5 });
      } catch (error: any) {
        timedOut = error.reason.type;
      }
      yield* Process.sendAfter(5, self.pid, "late");
      return [nothing, timedOut, yield* self.receive({ within: "1m", otherwise: "lost" })];
    }),
    expected: ["nothing", "timeout", "late"],
    effects: ["nothing"],
    transfers: 1,
  },
  {
    name: "stashes here and unstashes there",
    body: remote({}, function* (self: Self<string>, { alice, bob, log }: Places) {
      for (const text of ["a", "b", "c"]) yield* Process.send(self.pid, text);
      yield* self.stash(yield* self.receive());
      yield* Remote.transfer(alice);
      yield* self.stash(yield* self.receive());
      yield* Remote.transfer(bob);
      yield* self.unstash();
      const seen = [yield* self.receive(), yield* self.receive(), yield* self.receive()];
      yield* Process.send(log, seen.join(""));
      return seen;
    }),
    expected: ["a", "b", "c"],
    effects: ["abc"],
    transfers: 2,
  },
  {
    name: "timers that ring elsewhere, and one that is cancelled elsewhere",
    body: remote({}, function* (self: Self<string>, { alice, bob, log }: Places) {
      yield* Process.sendAfter(30, self.pid, "second");
      const never = yield* Process.sendAfter("1h", self.pid, "never");
      yield* Remote.transfer(alice);
      yield* Process.sendAfter(10, self.pid, "first");
      const first = yield* self.receive({ match: (text) => text === "first" });
      yield* Process.send(log, first);
      yield* Remote.transfer(bob);
      const left = yield* Process.cancelTimer(never);
      const again = yield* Process.cancelTimer(never);
      const second = yield* self.receive();
      yield* Process.send(log, second);
      return [typeof left === "number" && left > 3_000_000 && left <= 3_600_000, again];
    }),
    expected: [true, false],
    effects: ["first", "second"],
    transfers: 2,
  },
  {
    name: "monitors one that has moved, before it moves and after",
    body: remote({ child }, function* (self: Self<any>, { alice, bob, log }: Places) {
      const { pid, ref } = yield* Process.spawnMonitor(child, alice, self.pid, log);
      yield* self.receive();
      yield* Remote.transfer(bob);
      const second = yield* self.monitor(pid);
      yield* Process.send(pid, "crash");
      const seen: string[] = [];
      for (let n = 0; n < 2; n += 1) {
        const down: Down = yield* self.receive({ match: (message: any) => message.type === "DOWN" });
        const which = down.ref.equals(ref) ? "first" : down.ref.equals(second) ? "second" : "another";
        seen.push(`${which} ${down.cause.type === "error" ? down.cause.error.message : down.cause.type}`);
      }
      yield* Process.send(log, "told twice");
      return seen.toSorted();
    }),
    expected: ["first as told", "second as told"],
    effects: ["child: there", "child: crash", "told twice"],
    transfers: 2,
  },
  {
    name: "a monitor that is taken back elsewhere tells nothing",
    body: remote({ child }, function* (self: Self<any>, { alice, bob, log }: Places) {
      const pid = yield* Process.spawn(child, bob, self.pid, log);
      yield* self.receive();
      const kept = yield* self.monitor(pid);
      const dropped = yield* self.monitor(pid);
      yield* Remote.transfer(alice);
      const was = yield* Process.demonitor(dropped);
      yield* Process.send(pid, "end");
      const down: Down = yield* self.receive();
      const more = yield* self.receive({ within: 20, otherwise: "nothing" });
      return [was, down.ref.equals(kept), down.cause.type, more];
    }),
    expected: [true, true, "normal", "nothing"],
    effects: ["child: there", "child: end"],
    transfers: 2,
  },
  {
    name: "traps the exit of one it is linked with, wherever both are",
    body: remote({ child }, function* (self: Self<any>, { alice, bob, log }: Places) {
      yield* self.trapExit();
      const pid = yield* Process.spawnLink(child, alice, self.pid, log);
      yield* self.receive();
      yield* Remote.transfer(bob);
      yield* Process.send(pid, "crash");
      const exit: Exit = yield* self.receive();
      yield* Process.send(log, exit.type);
      return [exit.from.equals(pid), exit.cause.type === "error" ? exit.cause.error.name : exit.cause.type];
    }),
    expected: [true, "RangeError"],
    effects: ["child: there", "child: crash", "EXIT"],
    transfers: 2,
  },
  {
    name: "links and unlinks on the way, and ends another from afar",
    body: remote({ child }, function* (self: Self<any>, { alice, bob, log }: Places) {
      const pid = yield* Process.spawn(child, alice, self.pid, log);
      yield* self.receive();
      yield* Process.link(pid);
      yield* Remote.transfer(bob);
      yield* Process.unlink(pid);
      yield* self.monitor(pid);
      yield* Process.exit(pid, { type: "exit", reason: "over" });
      const down: Down = yield* self.receive();
      yield* Process.send(log, "alive");
      return down.cause;
    }),
    expected: { type: "exit", reason: "over" },
    effects: ["child: there", "alive"],
    transfers: 2,
  },
  {
    name: "awaits tasks that it started before it moved, and one that fails",
    body: remote({ square }, function* (_self: Self, { alice, bob, log }: Places) {
      const there = yield* Task.async(square, alice, 3);
      const fails = yield* Task.asyncNoLink(square, alice, -1);
      yield* Remote.transfer(bob);
      const nine = yield* Task.await(there);
      yield* Process.send(log, `nine ${nine}`);
      try {
        yield* Task.await(fails);
      } catch (error: any) {
        yield* Process.send(log, error.name);
        return [nine, error.reason.error.message];
      }
      return [nine];
    }),
    expected: [9, "-1 is negative"],
    effects: ["nine 9", "TaskError"],
    transfers: 3,
  },
  {
    name: "a task that is asked, and shut down elsewhere",
    body: remote({}, function* (_self: Self, { alice, log }: Places) {
      const started = yield* Task.async(function* () {
        yield* Process.sleep("infinity");
      });
      const soon = yield* Task.yield(started, { within: 5 });
      yield* Remote.transfer(alice);
      const ended = yield* Task.shutdown(started);
      yield* Process.send(log, "shut down");
      return [soon, ended];
    }),
    expected: [null, null],
    effects: ["shut down"],
    transfers: 1,
  },
  {
    name: "calls a server from everywhere, and in the middle of a call",
    body: remote({}, function* (self: Self<number>, { alice, bob, counter, log }: Places) {
      const seen = [yield* counter.call.add(1)];
      yield* Remote.transfer(alice);
      seen.push(yield* counter.call.slowly(10));
      yield* Process.send(log, `count ${seen[1]}`);
      yield* counter.cast.tell(self.pid);
      yield* Remote.transfer(bob);
      seen.push(yield* self.receive());
      try {
        yield* counter.call.fail("not that");
      } catch (error: any) {
        seen.push(error.name);
      }
      return seen;
    }),
    expected: [1, 11, 11, "CallError"],
    effects: ["count 11"],
    transfers: 2,
  },
  {
    name: "a moved process that spawns, forks and names",
    body: remote({ echo }, function* (self: Self<any>, { alice, bob, log }: Places) {
      yield* Remote.transfer(alice);
      const pid = yield* Process.spawn(echo, self.pid, 2);
      yield* Process.send(pid, 1);
      const [one] = yield* self.receive();
      yield* Process.send(log, `got ${one}`);
      yield* Remote.transfer(bob);
      yield* Process.send(pid, 2);
      const [two] = yield* self.receive();
      const me = self.pid;
      yield* Remote.fork(function* () {
        yield* Process.send(log, "forked: here");
        yield* Process.send(me, "fork");
      });
      return [one, two, yield* self.receive()];
    }),
    expected: [1, 2, "fork"],
    effects: ["got 1", "forked: here"],
    transfers: 2,
  },
  {
    name: "spawns there, and forks there for a result",
    body: remote({ square, child }, function* (self: Self<any>, { alice, bob, log }: Places) {
      const pid = yield* Process.spawnAt(alice, child, bob, self.pid, log);
      yield* self.receive();
      const task = yield* Remote.forkAt(bob, function* () {
        yield* Process.send(log, "fork: there");
        return 5;
      });
      const five = yield* Task.await(task);
      yield* self.monitor(pid);
      yield* Process.send(pid, "end");
      const down: Down = yield* self.receive();
      return [five, down.cause.type];
    }),
    expected: [5, "normal"],
    effects: ["child: there", "child: end", "fork: there"],
    transfers: 3,
  },
  {
    name: "moves another while that waits, sleeps and gets messages",
    body: remote({ worker }, function* (self: Self<any>, { alice, bob, home, log }: Places) {
      const pid = yield* Process.spawn(worker, self.pid, log);
      const nodes = [alice, bob, home];
      const seen: unknown[] = [];
      for (let n = 0; n < 6; n += 1) {
        yield* Process.send(pid, n);
        yield* Process.migrate(pid, nodes[n % 3] as NodeRef);
        seen.push(yield* self.receive());
      }
      yield* Process.send(pid, "stop");
      return [seen, yield* self.receive()];
    }),
    expected: [[0, 2, 4, 6, 8, 10], "stopped"],
    effects: ["worker: 0", "worker: 1", "worker: 2", "worker: 3", "worker: 4", "worker: 5"],
    transfers: 6,
  },
  {
    name: "moves with both of them on the way",
    body: remote({ child }, function* (self: Self<any>, { alice, bob, home, log }: Places) {
      const pid = yield* Process.spawn(child, alice, self.pid, log);
      yield* Remote.transfer(bob);
      yield* self.receive();
      yield* Process.migrate(pid, home);
      yield* self.monitor(pid);
      yield* Remote.transfer(alice);
      yield* Process.send(pid, "end");
      const down: Down = yield* self.receive();
      return down.cause.type;
    }),
    expected: "normal",
    effects: ["child: there", "child: end"],
    transfers: 4,
  },
];
