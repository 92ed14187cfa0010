import assert from "node:assert/strict";
import { Group, Process, Registry, Server, Supervisor, type Cause, type LocalGenerator } from "espalier";
import { endOf, nothingComes, reasonOf } from "../recorder.ts";
import { section, type Section } from "../rule.ts";

const own: Cause = { type: "exit", reason: "own" };
type Log = unknown[];

function* idle(self: { receive(): any }): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

/** A server that can fail, and says in `log` what it handles. */
const Worker = Server.define({
  label: "worker",
  init: (log: Log) => {
    log.push("init");
    return { log, count: 0 };
  },
  call: {
    add: (state, by: number) => (state.count += by),
    crash: (): number => {
      throw new RangeError("broken");
    },
    /** Decides itself that this is no failure. */
    recover: (state) => {
      try {
        throw new RangeError("broken");
      } catch {
        return state.count;
      }
    },
    *remind(_, ms: number) {
      const me = yield* Process.whereis("worker");
      assert(me !== undefined);
      yield* Process.sendAfter(ms, me, "to the process");
      yield* Process.sendAfter(ms, "worker", "to the name");
    },
  },
  cast: {
    note: ({ log }, what: unknown) => void log.push(what),
    crash: () => {
      throw new RangeError("broken");
    },
  },
  info: ({ log }, message) => void log.push(message),
  terminate: ({ log }, cause) => void log.push(`terminate ${cause.type}`),
});

const worker = Server.ref(Worker, "worker");

/** The worker under a supervisor that allows so many restarts in 5 seconds. */
function* supervised(log: Log, restarts: number, backoff = {}) {
  const child = Supervisor.worker("worker", Worker, [log], { name: "worker", ...backoff });
  return yield* Supervisor.start(Supervisor.define({ intensity: { restarts, within: "5s" }, children: [child] }));
}

/** What other runtimes do about a failure, and what a failure means here. */
export const failing: Section = section(import.meta.url, (rule) => {
  rule("R-1401", "what is not caught ends its process, and what a handler catches does not", function* stops(self) {
    const log: Log = [];
    const alone = yield* Server.start(Worker, log);
    assert.equal(yield* alone.call.add(1), 1);
    assert.equal(yield* alone.call.recover(), 1);
    assert.equal((yield* reasonOf(alone.call.crash())).type, "error");
    yield* Process.sleep("1s");
    assert.equal((yield* reasonOf(alone.call.add(1))).type, "noproc");
    assert.deepEqual(log, ["init", "terminate error"]);
    yield* nothingComes(self, 1);
  });

  rule("R-1401", "a supervisor restarts by how a child ended, each child by its own rule", function* chosen(self) {
    for (const [restart, cause, restarted] of [
      ["permanent", { type: "shutdown" }, true],
      ["transient", { type: "shutdown" }, false],
      ["transient", own, true],
      ["temporary", own, false],
    ] as const) {
      const children = [
        Supervisor.worker("child", idle, [], { name: "child", restart }),
        Supervisor.worker("other", idle, [], { name: "other" }),
      ];
      const supervisor = yield* Supervisor.start(Supervisor.define({ children }));
      const [child, other] = [yield* Process.whereis("child"), yield* Process.whereis("other")];
      assert(child !== undefined && other !== undefined);
      yield* endOf(self, child, Process.exit(child, cause));
      yield* Process.sleep(1);
      assert.equal((yield* Process.whereis("child")) !== undefined, restarted, `${restart} ${cause.type}`);
      assert((yield* Process.whereis("other"))?.equals(other));
      yield* Supervisor.stop(supervisor);
    }
  });

  rule(
    "R-1402, R-1440",
    "a restart begins with a fresh state under the old name, the message that failed is not tried again, and what waited is lost",
    function* restart() {
      const log: Log = [];
      yield* supervised(log, 1);
      yield* worker.call.add(5);
      yield* worker.cast.crash();
      for (const n of [1, 2]) yield* worker.cast.note(n);
      yield* Process.sleep(1);
      yield* worker.cast.note(3);
      assert.equal(yield* worker.call.add(1), 1);
      assert.deepEqual(log, ["init", "terminate error", "init", 3]);
    },
  );

  rule(
    "R-1402, R-1440",
    "so many restarts in a window and no more; one later begins a new window; none means the first failure is the last",
    { lastsMs: 20_000 },
    function* limit() {
      for (const restarts of [0, 2]) {
        const { pid } = yield* supervised([], restarts);
        for (let n = 0; n < restarts; n += 1) yield* crash();
        yield* Process.sleep("6s");
        for (let n = 0; n < restarts; n += 1) yield* crash();
        assert.equal(yield* Process.alive(pid), true);
        yield* crash();
        assert.equal(yield* Process.alive(pid), false);
        assert.equal(yield* Process.whereis("worker"), undefined);
      }
    },
  );

  rule(
    "R-1403",
    "a back-off doubles up to its maximum, nothing runs meanwhile, and a child that ran for long begins anew",
    { lastsMs: 5_000 },
    function* backoff() {
      const log: Log = [];
      yield* supervised(log, 10, { backoff: { min: 100, max: 300, factor: 2, jitter: 0, resetAfter: 1_000 } });
      for (const waitMs of [100, 200, 300, 300]) yield* after(waitMs);
      yield* Process.sleep(1_001);
      for (const waitMs of [100, 200]) yield* after(waitMs);
    },
  );

  rule(
    "R-1404",
    "before a restart the one that failed terminates and its timers are gone; those to its name are the next one's",
    function* timers() {
      const log: Log = [];
      yield* supervised(log, 1);
      yield* worker.call.remind(50);
      yield* crash();
      yield* Process.sleep(100);
      assert.deepEqual(log, ["init", "terminate error", "init", "to the name"]);
    },
  );

  rule("R-1404", "children of the one that failed are stopped before it is started again", function* children() {
    const log: Log = [];
    const leaf = Supervisor.worker("leaf", Leaf, [log]);
    const inner = Supervisor.define({
      intensity: { restarts: 0 },
      children: [leaf, Supervisor.worker("worker", Worker, [log], { name: "worker" })],
    });
    yield* Supervisor.start(Supervisor.define({ children: [Supervisor.supervisor("inner", inner, [])] }));
    yield* crash();
    assert.deepEqual(log, ["leaf begins", "init", "terminate error", "leaf ends", "leaf begins", "init"]);
  });

  rule("R-1440", "one-for-one restarts the child alone, one-for-all all of them", function* strategies(self) {
    for (const strategy of ["one-for-one", "one-for-all"] as const) {
      const children = ["x", "y"].map((name) => Supervisor.worker(name, idle, [], { name }));
      const supervisor = yield* Supervisor.start(Supervisor.define({ strategy, children }));
      const [x, y] = [yield* Process.whereis("x"), yield* Process.whereis("y")];
      assert(x !== undefined && y !== undefined);
      yield* endOf(self, x, Process.exit(x, own));
      yield* Process.sleep(1);
      assert.equal((yield* Process.whereis("y"))?.equals(y), strategy === "one-for-one");
      assert.equal((yield* Process.whereis("x"))?.equals(x), false);
      yield* Supervisor.stop(supervisor);
    }
  });

  rule(
    "R-1461",
    "whoever started a process and traps exits hears that it started, that it ended and why, and decides itself",
    function* events(self) {
      yield* Process.trapExit(true);
      const log: Log = [];
      const server = yield* Server.startLink(Worker, log);
      assert.deepEqual(log, ["init"]);
      yield* server.cast.crash();
      const failed = yield* self.receive();
      assert.deepEqual([failed.type, failed.cause.type, failed.cause.error.message], ["EXIT", "error", "broken"]);
      assert(failed.from.equals(server.pid));
      const second = yield* Server.startLink(Worker, log);
      yield* Server.shutdown(second);
      assert.deepEqual((yield* self.receive()).cause, { type: "normal" });
      yield* nothingComes(self, 5);
      assert.deepEqual(log, ["init", "terminate error", "init", "terminate normal"]);
    },
  );

  rule(
    "R-1461",
    "a supervisor that is killed takes its children along, and one that is stopped runs terminate of those that trap exits alone",
    function* killed(self) {
      for (const how of ["kill", "stop"] as const) {
        const log: Log = [];
        const children = [
          Supervisor.worker("worker", Worker, [log], { name: "worker" }),
          Supervisor.worker("leaf", Leaf, [log], { name: "leaf" }),
        ];
        const supervisor = yield* Supervisor.start(Supervisor.define({ children }));
        const ends = [yield* Process.monitor("worker"), yield* Process.monitor("leaf")];
        if (how === "kill") yield* Process.kill(supervisor.pid);
        else yield* Supervisor.stop(supervisor);
        for (const _ of ends) {
          const { cause } = yield* self.receive();
          assert.equal(cause.type, how === "kill" ? "killed" : "shutdown");
        }
        assert.deepEqual(log, ["init", "leaf begins", "leaf ends"]);
      }
    },
  );

  rule("R-1462", "a pid can be used before its process has started: what comes is handled then", function* early() {
    const log: Log = [];
    const pid = yield* Process.spawn(SlowStart.body, log);
    const server = Server.ref(SlowStart, pid);
    for (const n of [1, 2]) yield* server.cast.note(n);
    assert.deepEqual(log, []);
    assert.equal(yield* server.call.count(), 3);
    assert.deepEqual(log, ["init", 1, 2]);
  });

  rule("R-1462", "who does not start leaves no name, no registration and no member behind", function* unborn(self) {
    const rooms = Registry.define<string, undefined, "unique">("rooms", { keys: "unique" });
    yield* Registry.start(rooms);
    yield* Group.start("unborn");
    const body = function* (): LocalGenerator<void> {
      yield* Registry.register(rooms, "room");
      yield* Group.join("group", yield* present("unborn name"), "unborn");
      throw new RangeError("broken");
    };
    const result = yield* Process.start(body, [], { name: "unborn name" });
    assert(result.type === "failed" && result.cause.type === "error");
    assert.equal(yield* Process.whereis("unborn name"), undefined);
    assert.deepEqual(yield* Registry.lookup(rooms, "room"), []);
    yield* Process.sleep(1);
    assert.deepEqual(yield* Group.members("group", "unborn"), []);
    yield* Process.register("unborn name");
    yield* Registry.register(rooms, "room");
    assert.equal((yield* Registry.lookup(rooms, "room"))[0]?.pid.equals(self.pid), true);
  });
});

function* present(name: string) {
  const pid = yield* Process.whereis(name);
  assert(pid !== undefined);
  return pid;
}

/** Lets the worker fail, and waits until that is dealt with. */
function* crash(): LocalGenerator<void> {
  yield* worker.cast.crash();
  yield* Process.sleep(1);
}

/** Lets the worker fail, and expects the next one after so long. */
function* after(waitMs: number): LocalGenerator<void> {
  yield* worker.cast.crash();
  yield* Process.sleep(waitMs - 1);
  assert.equal(yield* Process.whereis("worker"), undefined, `before ${waitMs} ms`);
  assert.equal((yield* reasonOf(worker.call.add(1))).type, "noproc");
  yield* Process.sleep(2);
  assert.equal(yield* worker.call.add(1), 1);
}

const Leaf = Server.define({
  *init(log: Log): LocalGenerator<Log> {
    yield* Process.trapExit(true);
    log.push("leaf begins");
    return log;
  },
  terminate: (log) => void log.push("leaf ends"),
});

const SlowStart = Server.define({
  *init(log: Log): LocalGenerator<Log> {
    yield* Process.sleep(10);
    log.push("init");
    return log;
  },
  call: { count: (log) => log.length },
  cast: { note: (log, what: unknown) => void log.push(what) },
});

export const { scenarios }: Section = failing;
