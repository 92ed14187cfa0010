import assert from "node:assert/strict";
import {
  Process,
  Server,
  Supervisor,
  type Cause,
  type LocalGenerator,
  type Pid,
  type Self,
  type SupervisorRef,
} from "espalier";
import { endOf, nothingComes, reasonOf, Recorder, Trapping } from "../recorder.ts";
import { section, type Section } from "../rule.ts";

const kill: Cause = { type: "kill" };
const shutdown: Cause = { type: "shutdown" };
const own: Cause = { type: "exit", reason: "own" };

function* idle(self: Self<any>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

/** Traps exits, and ends only when it is killed. */
function* stubborn(self: Self<any>): LocalGenerator<void> {
  yield* Process.trapExit(true);
  yield* self.ready();
  yield* idle(self);
}

function* started(body: (self: Self<any>) => LocalGenerator<void>): LocalGenerator<Pid<any>> {
  const result = yield* Process.start(body, []);
  assert.equal(result.type, "started");
  return (result as { readonly pid: Pid<any> }).pid;
}

export const stopping: Section = section(import.meta.url, (rule) => {
  rule(
    "R-1441, R-1460",
    "an exit signal overtakes what waits, a shutdown of a server comes after it, and both can be awaited",
    { everyOrder: true },
    function* poison(self) {
      for (const how of ["stop", "poison"] as const) {
        const log: unknown[] = [];
        const recorder = yield* Server.start(Recorder, log);
        for (const n of [1, 2, 3]) yield* recorder.cast.note(n);
        if (how === "stop") yield* Process.stop(recorder.pid);
        else yield* Server.shutdown(recorder, { cause: shutdown });
        assert.equal(yield* Process.alive(recorder.pid), false);
        assert.deepEqual(log, how === "stop" ? [] : [1, 2, 3, ["terminate", "shutdown", 0]]);
      }
      yield* nothingComes(self, 1);
    },
  );

  rule(
    "R-1460",
    "a stop lets the handler of a server that traps exits finish when its parent says so, a kill ends it in the middle",
    function* handlers(self) {
      for (const how of [shutdown, kill]) {
        const log: unknown[] = [];
        const parent = yield* Process.spawn(function* parent(): LocalGenerator<void> {
          const server = yield* Server.startLink(Slow, log, { name: `slow ${how.type}` });
          yield* server.cast.work();
          yield* Process.sleep("1h");
        });
        yield* Process.sleep(5);
        const server = yield* Process.whereis(`slow ${how.type}`);
        assert(server !== undefined);
        const cause: Cause = yield* endOf(self, server, Process.exit(how === kill ? server : parent, how));
        assert.deepEqual(cause, how === kill ? { type: "killed" } : shutdown);
        assert.deepEqual(log, how === kill ? ["began"] : ["began", "finished", "terminate"]);
        yield* Process.kill(parent);
      }
    },
  );

  rule("R-1460", "of kill, exit signal and messages the first two never wait for the third", function* first(self) {
    const handled: unknown[] = [];
    for (const cause of [kill, own]) {
      const pid = yield* Process.spawn(function* busy(own: Self<any>): LocalGenerator<void> {
        for (;;) handled.push(yield* own.receive());
      });
      for (let n = 0; n < 100; n += 1) yield* Process.send(pid, n);
      assert.deepEqual(yield* endOf(self, pid, Process.exit(pid, cause)), cause === kill ? { type: "killed" } : own);
    }
    assert.deepEqual(handled, []);
  });

  rule(
    "R-1463, R-608",
    "a process is stopped and its end awaited, and what comes of it else is said",
    function* stop(self) {
      const pid = yield* started(ready);
      yield* Process.register("R-1463", pid);
      yield* Process.stop(pid);
      assert.equal(yield* Process.whereis("R-1463"), undefined);
      assert.deepEqual((yield* reasonOf(Process.stop(pid))).type, "noproc");
      yield* Process.stop(yield* started(ready), { cause: own });
      yield* Process.stop(yield* started(ready), { cause: kill });
      assert.deepEqual(yield* reasonOf(Process.stop(self.pid)), { type: "exit", reason: "calling_self" });
      assert.throws(() => Process.stop(pid, { cause: { type: "normal" } }).next(), TypeError);
      // It ends with something else.
      const willed = yield* started(function* (own): LocalGenerator<void> {
        yield* Process.trapExit(true);
        yield* own.ready();
        yield* own.receive();
        yield* Process.exit({ type: "exit", reason: "as I like" });
      });
      assert.deepEqual(yield* reasonOf(Process.stop(willed)), { type: "exit", reason: "as I like" });
      yield* nothingComes(self, 5);
    },
  );

  rule("R-1463, R-608", "a limit fails with timeout, or kills, and then the end is awaited", function* limit(self) {
    const pid = yield* started(stubborn);
    const began = yield* Process.now();
    assert.deepEqual(yield* reasonOf(Process.stop(pid, { within: 50 })), { type: "timeout" });
    assert.equal((yield* Process.now()) - began, 50);
    assert.equal(yield* Process.alive(pid), true);
    const monitor = yield* Process.monitor(pid);
    yield* Process.stop(pid, { within: 50, kill: true });
    const tookMs = (yield* Process.now()) - began;
    assert(tookMs >= 100 && tookMs < 110, String(tookMs));
    const down = yield* self.receive({ within: 0 });
    assert(down.ref.equals(monitor));
    assert.deepEqual(down.cause, { type: "killed" });
  });

  rule(
    "R-1463",
    "a process of another node is stopped and awaited",
    {
      nodes: ["b"],
      *boot() {
        const pid = yield* started(ready);
        yield* Process.register("R-1463 far", pid);
      },
      simulatedOnly: "exit signals and monitors show it between processes of the operating system",
    },
    function* far(self, { ref }) {
      const pid = yield* Process.whereisAt(ref("b"), "R-1463 far");
      assert(pid !== undefined);
      yield* Process.stop(pid);
      assert.equal(yield* Process.whereisAt(ref("b"), "R-1463 far"), undefined);
      assert.equal((yield* reasonOf(Process.stop(pid))).type, "noproc");
      yield* nothingComes(self, 5);
    },
  );

  rule("R-1441, R-1463", "children are stopped before their supervisor is, all the way down", function* children() {
    const log: unknown[] = [];
    const child = (name: string) => Supervisor.worker(name, Ends, [{ name, log }]);
    const inner = Supervisor.define({ children: [child("a"), child("b")] });
    const outer = Supervisor.define({ children: [Supervisor.supervisor("inner", inner, []), child("c")] });
    const supervisor: SupervisorRef = yield* Supervisor.start(outer);
    const { pid } = supervisor;
    yield* Supervisor.stop(supervisor, { within: "1s" });
    assert.deepEqual(log, ["c ended", "b ended", "a ended"]);
    assert.equal(yield* Process.alive(pid), false);
  });

  rule("R-1463", "a child that is started while its supervisor stops does not stay", function* refused() {
    const log: unknown[] = [];
    const supervisor = yield* Supervisor.start(
      Supervisor.define({ children: [Supervisor.worker("slow", Ends, [{ name: "slow", log, ms: 20 }])] }),
    );
    yield* Process.spawn(function* (): LocalGenerator<void> {
      yield* Process.sleep(5);
      log.push((yield* reasonOf(Supervisor.startChild(supervisor, Supervisor.worker("late", idle, [])))).type);
    });
    yield* Supervisor.stop(supervisor);
    yield* Process.sleep(1);
    assert.deepEqual(log, ["slow ended", "shutdown"]);
  });

  rule("R-1441", "a server says when it starts, when it is restarted and when it stops", function* lifecycle() {
    const log: unknown[] = [];
    const supervisor = yield* Supervisor.start(
      Supervisor.define({ children: [Supervisor.worker("life", Life, [log], { name: "life" })] }),
    );
    yield* reasonOf(Server.ref(Life, "life").call.crash());
    yield* Process.sleep(1);
    yield* Supervisor.stop(supervisor);
    assert.deepEqual(log, ["started", "stopping: error", "started", "stopping: shutdown"]);
  });

  rule("R-1460", "who traps exits is asked in the order of its mailbox, and decides itself", function* asked(self) {
    const log: unknown[] = [];
    const server = yield* Server.start(Trapping, log);
    yield* Process.send(server.pid, 1);
    yield* Process.spawn(function* (): LocalGenerator<void> {
      yield* Process.exit(server.pid, own);
    });
    yield* Process.sleep(1);
    yield* Process.send(server.pid, 2);
    yield* Process.sleep(1);
    assert.deepEqual(log, [1, ["info", own], 2]);
    yield* Server.shutdown(server);
    assert.equal(yield* Process.alive(server.pid), false);
    yield* nothingComes(self, 1);
  });
});

function* ready(self: Self<any>): LocalGenerator<void> {
  yield* self.ready();
  yield* idle(self);
}

const Slow = Server.define({
  *init(log: unknown[]): LocalGenerator<unknown[]> {
    yield* Process.trapExit(true);
    return log;
  },
  cast: {
    *work(log) {
      log.push("began");
      yield* Process.sleep(20);
      log.push("finished");
    },
  },
  terminate: (log) => void log.push("terminate"),
});

const Ends = Server.define({
  *init(state: { readonly name: string; readonly log: unknown[]; readonly ms?: number }) {
    yield* Process.trapExit(true);
    return state;
  },
  *terminate({ name, log, ms = 0 }) {
    yield* Process.sleep(ms);
    log.push(`${name} ended`);
  },
});

const Life = Server.define({
  *init(log: unknown[]): LocalGenerator<unknown[]> {
    yield* Process.trapExit(true);
    log.push("started");
    return log;
  },
  call: {
    crash: (): number => {
      throw new RangeError("broken");
    },
  },
  terminate: (log, cause) => void log.push(`stopping: ${cause.type}`),
});

export const { scenarios }: Section = stopping;
