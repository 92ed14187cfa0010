import assert from "node:assert/strict";
import { Process, Server, Supervisor, Sys, type Cause, type Pid, type Self } from "espalier";
import { calls, casts, endOf, reasonOf, Recorder, shutdown, Trapping, type Log } from "../recorder.ts";
import { section, type Section } from "../rule.ts";

export const serverLoops: Section = section(import.meta.url, (rule) => {
  // Results

  rule(
    "R-720",
    "a result replies, replaces the state, and stops; one that means nothing there ends the server",
    function* results(self) {
      const log: Log = [];
      const recorder = yield* Server.start(Recorder, log);
      assert.equal(yield* recorder.call.replace(7), "replaced");
      assert.equal(yield* recorder.call.add(1), 8);
      yield* recorder.cast.replace(20);
      assert.equal(yield* recorder.call.add(1), 21);
      const normal: Cause = { type: "normal" };
      assert.deepEqual(yield* endOf(self, recorder.pid, recorder.cast.stop(normal)), normal);
      for (const bad of [casts.reply, casts.defer, casts.stopWith]) {
        const victim = yield* Server.start(Recorder, log);
        assert.equal((yield* endOf(self, victim.pid, bad(victim))).type, "error");
        assert.deepEqual(log.at(-1), ["terminate", "error", 0]);
      }
      for (const bad of [calls.initialised, calls.ignore, calls.badTimeout]) {
        const victim = yield* Server.start(Recorder, log);
        assert.equal((yield* reasonOf(bad(victim))).type, "error");
        assert.deepEqual(log.at(-1), ["terminate", "error", 0]);
      }
      for (const bad of [Server.reply(1), Server.noReply(), Server.stop(shutdown, "to whom?")]) {
        const BadInit = Server.define({ init: () => bad as unknown });
        const failed = yield* Process.start(BadInit.body as never, [undefined] as never);
        assert(failed.type === "failed" && failed.cause.type === "error");
        assert.equal(failed.cause.error.name, "TypeError");
      }
    },
  );

  rule("R-721", "a timeout comes once, when no message at all came; any message cancels it", function* waits() {
    const log: Log = [];
    const recorder = yield* Server.start(Recorder, log);
    yield* recorder.cast.wait(20);
    yield* Process.sleep(10);
    yield* recorder.call.add(1);
    yield* Process.sleep(60);
    assert.deepEqual(log, []);
    yield* recorder.cast.wait(20);
    yield* Process.sleep(10);
    yield* Process.send(recorder.pid as Pid<any>, "any");
    yield* Process.sleep(60);
    assert.deepEqual(log.splice(0), ["any"]);
    yield* recorder.cast.wait(20);
    yield* Process.sleep(100);
    assert.deepEqual(log.splice(0), [Server.timeout]);
  });

  rule("R-720, R-721", "a reply that comes later goes with a timeout, or with another state", function* later() {
    const Echo = Server.define({
      init: () => ({ from: null as Server.From<string> | null }),
      call: {
        slowly: (state) => Server.defer<string>((from) => void (state.from = from), { timeout: 10 }),
        next: () => {
          const state = { from: null as Server.From<string> | null };
          return Server.defer<string>((from) => void (state.from = from), { state, continue: "next" });
        },
      },
      *continue({ from }, said: string) {
        if (from !== null) yield* from.reply(said);
      },
      *info({ from }, message) {
        if (message === Server.timeout && from !== null) yield* from.reply("late");
      },
    });
    const echo = yield* Server.start(Echo, undefined);
    assert.equal(yield* echo.call.slowly(), "late");
    assert.equal(yield* echo.call.next(), "next");
  });

  rule("R-721", "a timeout of 0 comes when no message waits", { everyOrder: true }, function* zero() {
    const log: Log = [];
    const recorder = yield* Server.start(Recorder, log);
    yield* recorder.cast.wait(0);
    yield* recorder.cast.note("a");
    yield* recorder.cast.wait(0);
    yield* Process.sleep(10);
    assert.deepEqual(log.at(-1), Server.timeout);
    assert.equal(log.filter((entry) => entry === "a").length, 1);

    // All of it is there before the server is.
    const queued: Log = [];
    const suspended = yield* Server.start(Recorder, queued);
    yield* Sys.suspend(suspended);
    yield* suspended.cast.wait(0);
    yield* suspended.cast.note("a");
    yield* suspended.cast.wait(0);
    yield* Sys.resume(suspended);
    yield* Process.sleep(10);
    assert.deepEqual(queued, ["a", Server.timeout]);
  });

  rule(
    "R-722",
    "continue comes before any message that waits, chains, and after init before the first call",
    { everyOrder: true },
    function* chains() {
      const log: Log = [];
      const recorder = yield* Server.start(Recorder, log);
      yield* Sys.suspend(recorder);
      yield* recorder.cast.continue("one");
      yield* recorder.cast.note("queued");
      yield* Sys.resume(recorder);
      yield* recorder.call.add(0);
      assert.deepEqual(log, [["continue", "one"], ["continue", "two"], "queued"]);

      const First = Server.define({
        init: (order: Log) => Server.initialised(order, { continue: "first" }),
        *continue(order, argument: unknown) {
          yield* Process.sleep(5);
          order.push(argument);
        },
        call: { call: (order) => void order.push("call") },
      });
      const order: Log = [];
      const first = yield* Server.start(First, order);
      yield* first.call.call();
      assert.deepEqual(order, ["first", "call"]);
    },
  );

  rule(
    "R-724, R-733",
    "stop with a reply: terminate, then the reply, even when terminate fails, then the end",
    { everyOrder: true },
    function* order(self) {
      const Last = Server.define({
        init: (given: { readonly log: Log; readonly fails: boolean }) => given,
        call: { quit: () => Server.stop(shutdown, "bye") },
        *terminate({ log, fails }, { type }) {
          yield* Process.sleep(1);
          log.push(type);
          if (fails) throw new RangeError("worse");
        },
      });
      for (const fails of [false, true]) {
        const log: Log = [];
        const last = yield* Server.start(Last, { log, fails });
        const ref = yield* Process.monitor(last.pid);
        assert.equal(yield* last.call.quit(), "bye");
        assert.deepEqual(log, ["shutdown"]);
        const down = yield* self.receive();
        assert.equal(down.ref, ref);
        assert.equal(down.cause.type, fails ? "error" : "shutdown");
      }
    },
  );

  // The end

  rule(
    "R-730",
    "terminate is called for a stop, an error, a shutdown; a handler that replaces the state fails with the old one",
    function* terminates(self) {
      const log: Log = [];
      const start = () => Server.start(Recorder, log);
      const stopped = yield* start();
      yield* endOf(self, stopped.pid, stopped.cast.stop({ type: "exit", reason: 1 }));
      assert.deepEqual(log.splice(0), [["terminate", "exit", 0]]);
      const broken = yield* start();
      yield* broken.call.replace(3);
      assert.equal((yield* reasonOf(broken.call.throwAfterReplacing())).type, "error");
      assert.deepEqual(log.splice(0), [["terminate", "error", 3]]);
      const asked = yield* start();
      yield* Server.shutdown(asked, { cause: shutdown });
      assert.deepEqual(log.splice(0), [["terminate", "shutdown", 0]]);
      const told = yield* start();
      yield* endOf(self, told.pid, Sys.terminate(told, shutdown));
      assert.deepEqual(log, [["terminate", "shutdown", 0]]);
    },
  );

  rule(
    "R-731",
    "the parent of a server that traps exits ends: terminate, and the same end; it is nothing for info",
    { everyOrder: true },
    function* parent(self) {
      for (const [name, suspends] of [
        [undefined, false],
        ["R-731", false],
        [undefined, true],
      ] as const) {
        const log: Log = [];
        const cause: Cause = { type: "exit", reason: "bored" };
        const parent = yield* Process.spawn(function* starts(own: Self<unknown>, to: Pid<any>) {
          if (name !== undefined) yield* Process.register(name);
          const server = yield* Server.startLink(Trapping, log);
          if (suspends) yield* Sys.suspend(server);
          yield* Process.send(to, server.pid);
          yield* own.receive();
          yield* Process.exit(cause);
        }, self.pid);
        const server = (yield* self.receive()) as Pid;
        assert.deepEqual(yield* endOf(self, server, Process.send(parent as Pid<any>, "end")), cause);
        assert.deepEqual(log, [["terminate", cause]]);
      }
    },
  );

  rule("R-731", "the parent's exit signal does the same without a link", function* unlinked(self) {
    const log: Log = [];
    const server = yield* Server.start(Trapping, log);
    assert.deepEqual(yield* endOf(self, server.pid, Process.exit(server.pid, shutdown)), shutdown);
    assert.deepEqual(log, [["terminate", shutdown]]);
  });

  rule(
    "R-732",
    "an exit signal to a server that does not trap exits, and any kill, ends it without terminate",
    function* signals(self) {
      const log: Log = [];
      const plain = yield* Server.start(Recorder, log);
      assert.deepEqual(yield* endOf(self, plain.pid, Process.exit(plain.pid, shutdown)), shutdown);
      const killed = yield* Server.start(Recorder, log);
      assert.equal((yield* endOf(self, killed.pid, Process.kill(killed.pid))).type, "killed");
      const trapping = yield* Server.start(Trapping, log);
      assert.equal((yield* endOf(self, trapping.pid, Process.kill(trapping.pid))).type, "killed");
      assert.deepEqual(log, []);
    },
  );

  rule(
    "R-733, R-734",
    "an error in terminate is the cause instead; without terminate nothing is missing",
    function* fails(self) {
      const Worse = Server.define({
        init: () => 1,
        call: { crash: (): number => assert.fail("bad") },
        cast: { stop: () => Server.stop(shutdown) },
        terminate: () => {
          throw new RangeError("worse");
        },
      });
      for (const how of ["call", "cast"] as const) {
        const worse = yield* Server.start(Worse, undefined);
        const cause =
          how === "call" ? yield* reasonOf(worse.call.crash()) : yield* endOf(self, worse.pid, worse.cast.stop());
        assert(cause.type === "error" && cause.error.message === "worse");
      }
      const Plain = Server.define({ init: () => 1, cast: { stop: () => Server.stop(shutdown) } });
      const plain = yield* Server.start(Plain, undefined);
      assert.deepEqual(yield* endOf(self, plain.pid, plain.cast.stop()), shutdown);
    },
  );

  // System messages

  rule(
    "R-743",
    "suspended, a server handles system messages alone; the others wait in their order",
    { everyOrder: true },
    function* suspends() {
      const log: Log = [];
      const recorder = yield* Server.start(Recorder, log);
      yield* recorder.cast.note(1);
      yield* Sys.suspend(recorder);
      yield* recorder.cast.note(2);
      yield* Process.send(recorder.pid as Pid<any>, 3);
      assert.deepEqual(yield* reasonOf(recorder.call.add(5).within(5)), { type: "timeout" });
      assert.deepEqual(yield* Sys.getState(recorder), { log: [1], count: 0 });
      assert.equal((yield* Sys.getStatus(recorder)).status, "suspended");
      yield* Sys.replaceState<{ log: Log; count: number }>(recorder, (state) => ({ ...state, count: 10 }));
      yield* Sys.resume(recorder);
      assert.equal(yield* recorder.call.add(0), 15);
      assert.deepEqual(log, [1, 2, 3]);
      assert.equal((yield* Sys.getStatus(recorder)).status, "running");
    },
  );

  rule("R-743", "a system message keeps its place in the mailbox's order", { everyOrder: true }, function* order() {
    const recorder = yield* Server.start(Recorder, []);
    yield* recorder.cast.put(4);
    const { count } = yield* Sys.getState<{ count: number }>(recorder);
    assert.equal(count, 4);
  });

  rule(
    "R-743",
    "a supervisor is asked as any server is, and restarts nothing while it is suspended",
    function* supervises() {
      const supervisor = yield* Supervisor.start(
        Supervisor.define({ children: [Supervisor.worker("recorder", Recorder, [[]], { name: "R-743" })] }),
      );
      assert.equal((yield* Sys.getStatus(supervisor)).label, "supervisor");
      const first = yield* Process.whereis("R-743");
      assert(first !== undefined);
      yield* Sys.suspend(supervisor);
      yield* Process.kill(first);
      yield* Process.sleep(10);
      assert.equal(yield* Process.whereis("R-743"), undefined);
      yield* Sys.resume(supervisor);
      assert.equal((yield* Sys.getStatus(supervisor)).status, "running");
      yield* Process.sleep(1);
      const second = yield* Process.whereis("R-743");
      assert(second !== undefined && !second.equals(first));
      yield* Server.shutdown(supervisor, { cause: shutdown });
    },
  );

  rule(
    "R-743",
    "getStatus shows what formatStatus makes of the state, and nothing of it when that fails",
    function* shown() {
      const Vault = Server.define({
        init: (secret: string) => ({ secret, broken: false }),
        cast: { breaks: (state) => void (state.broken = true) },
        formatStatus({ broken }) {
          if (broken) throw new Error("it is broken");
          return "a secret";
        },
      });
      const vault = yield* Server.start(Vault, "swordfish");
      assert.equal((yield* Sys.getStatus(vault)).state, "a secret");
      assert.deepEqual(yield* Sys.getState(vault), { secret: "swordfish", broken: false });
      yield* vault.cast.breaks();
      assert.match(String((yield* Sys.getStatus(vault)).state), /^formatStatus failed: .*it is broken/);
      assert.equal((yield* Sys.getStatus(vault)).status, "running");
    },
  );

  rule("R-743", "replaceState that throws leaves the state, and tells who asked", function* replaces() {
    const recorder = yield* Server.start(Recorder, []);
    yield* recorder.call.add(3);
    const reason = yield* reasonOf(
      Sys.replaceState(recorder, () => {
        throw new RangeError("no");
      }),
    );
    assert(reason.type === "error" && reason.error.name === "RangeError");
    assert.equal(yield* recorder.call.add(0), 3);
  });

  rule("R-743", "statistics, log and installed functions see what a server takes and answers", function* observes() {
    const recorder = yield* Server.start(Recorder, []);
    assert.equal(yield* Sys.statistics(recorder, "get"), null);
    yield* Sys.statistics(recorder, true);
    yield* Sys.log(recorder, { max: 2 });
    yield* Sys.install(
      recorder,
      "sum",
      (seen: number, { type }) => (type === "in" && seen === 1 ? Sys.done : seen + 1),
      0,
    );
    yield* recorder.call.add(2);
    yield* recorder.cast.put(9);
    const statistics = yield* Sys.statistics(recorder, "get");
    assert(statistics !== null && statistics.messagesIn === 2 && statistics.messagesOut === 1);
    const log = yield* Sys.log(recorder, "get");
    assert.deepEqual(
      log.map((event) => (event.type === "transition" ? null : event.message)),
      [2, { cast: "put", parameters: [9] }],
    );
    assert.equal(yield* Sys.remove(recorder, "sum"), true);
    yield* Sys.statistics(recorder, "reset");
    assert.equal((yield* Sys.statistics(recorder, "get"))?.messagesIn, 0);
    yield* Sys.statistics(recorder, false);
    yield* Sys.log(recorder, false);
    assert.equal(yield* Sys.statistics(recorder, "get"), null);
    assert.deepEqual((yield* Sys.getStatus(recorder)).debug, { trace: false, statistics: false, log: [] });
  });
});

export const { scenarios }: Section = serverLoops;
