import assert from "node:assert/strict";
import {
  CallError,
  Process,
  Server,
  Sys,
  type Cause,
  type LocalGenerator,
  type NodeRef,
  type Pid,
  type Self,
} from "espalier";
import { section, type Section, type Start } from "../rule.ts";

type Log = unknown[];

const shutdown: Cause = { type: "shutdown" };

/** Writes down what it handles, and shows the handlers' results. */
const Recorder = Server.define({
  label: "recorder",
  init: (log: Log) => ({ log, count: 0 }),
  call: {
    add: (state, by: number) => (state.count += by),
    *slowly(state, value: string, ms: number) {
      state.log.push(`began ${value}`);
      yield* Process.sleep(ms);
      state.log.push(`ended ${value}`);
      return value;
    },
    never: () => Server.noReply(),
    crash: (): number => {
      throw new RangeError("broken");
    },
    stop: (_, cause: Cause) => Server.stop(cause),
    stopWith: (_, cause: Cause, reply: string) => Server.stop(cause, reply),
    replace: ({ log }, count: number) => Server.reply("replaced", { state: { log, count } }),
    // What means nothing in this handler.
    initialised: () => Server.initialised(1, {}) as unknown,
    ignore: () => Server.ignore() as unknown,
    badTimeout: ({ log }) => Server.reply("x", { state: { log, count: 99 }, timeout: "soon" as never }),
    throwAfterReplacing: ({ log }) => {
      void { log, count: 99 };
      throw new RangeError("after");
    },
  },
  cast: {
    put: (state, count: number) => void (state.count = count),
    note: (state, what: unknown) => void state.log.push(what),
    replace: ({ log }, count: number) => Server.noReply({ state: { log, count } }),
    stop: (_, cause: Cause) => Server.stop(cause),
    reply: () => Server.reply("to whom?"),
    defer: () => Server.defer(() => undefined),
    stopWith: () => Server.stop(shutdown, "to whom?"),
    wait: (_, timeout: number) => Server.noReply({ timeout }),
    continue: (_, argument: unknown) => Server.continue(argument),
  },
  info(state, message) {
    state.log.push(message);
    if (message === "broken") throw new TypeError("undefined is not a function");
    return message === "wait" ? Server.noReply({ timeout: 20 }) : undefined;
  },
  continue(state, argument: unknown) {
    state.log.push(["continue", argument]);
    return argument === "one" ? Server.continue("two") : undefined;
  },
  terminate: (state, cause) => void state.log.push(["terminate", cause.type, state.count]),
});

type RecorderRef = Server.RefOf<typeof Recorder>;

/** Those whose results mean nothing. */
const calls = {
  initialised: ({ call }: RecorderRef) => call.initialised(),
  ignore: ({ call }: RecorderRef) => call.ignore(),
  badTimeout: ({ call }: RecorderRef) => call.badTimeout(),
};
const casts = {
  reply: ({ cast }: RecorderRef) => cast.reply(),
  defer: ({ cast }: RecorderRef) => cast.defer(),
  stopWith: ({ cast }: RecorderRef) => cast.stopWith(),
};

/** Traps exits. */
const Trapping = Server.define({
  label: "trapping",
  *init(log: Log): LocalGenerator<Log> {
    yield* Process.trapExit(true);
    return log;
  },
  info: (log, message) => void log.push(isExit(message) ? ["info", message.cause] : message),
  terminate: (log, cause) => void log.push(["terminate", cause]),
});

function isExit(message: unknown): message is Process.Exit {
  return (message as Partial<Process.Exit> | null)?.type === "EXIT";
}

/** Why a call failed. */
function* reasonOf(call: Iterable<any>): Generator<any, Cause, any> {
  try {
    yield* call as Generator<any, unknown, any>;
  } catch (error) {
    assert(error instanceof CallError, String(error));
    return error.reason;
  }
  return assert.fail("expected the call to fail");
}

/** The cause with which a process ends, when this does something to it. */
function* endOf(self: Self<any>, pid: Pid, what?: Iterable<any>): Generator<any, Cause, any> {
  const ref = yield* Process.monitor(pid);
  if (what !== undefined) yield* what as Generator<any, unknown, any>;
  const down = yield* self.receive({ match: (message) => (message as Process.Down).ref === ref });
  return (down as Process.Down).cause;
}

function* nothingComes(self: Self<any>, ms: number) {
  assert.equal(yield* self.receive({ within: ms, otherwise: "nothing" }), "nothing");
}

/** On other nodes: a server `recorder`. */
function* bootRecorder(_self: Self<any>, { name }: Start) {
  yield* Server.start(Recorder, [], { name: `recorder ${name}` });
}

const far = { nodes: ["b"], boot: bootRecorder } as const;
const cut = { type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } } as const;

function at(node: NodeRef, name: string): RecorderRef {
  return Server.ref(Recorder, { name, node });
}

export const servers: Section = section(import.meta.url, (rule) => {
  // Calls

  rule(
    "R-701",
    "a call that fails after 5 s ends a caller that does not catch it with an error",
    { lastsMs: 8_000 },
    function* limit(self) {
      const recorder = yield* Server.start(Recorder, []);
      const caller = yield* Process.spawn(function* calls() {
        yield* recorder.call.never();
      });
      const ref = yield* Process.monitor(caller);
      yield* nothingComes(self, 4_999);
      const down = yield* self.receive({ within: 1_000 });
      assert.equal(down.ref, ref);
      assert.equal(down.cause.type, "error");
      assert.equal(down.cause.error.code, "CALL_FAILED");
      assert.deepEqual(down.cause.error.cause, { type: "timeout" });
    },
  );

  rule("R-702", "a call fails with noproc, the server's own cause, however clean, or timeout", function* reasons() {
    assert.equal((yield* reasonOf(Server.ref(Recorder, "nobody").call.add(1))).type, "noproc");
    const dead = yield* Server.start(Recorder, []);
    yield* Server.shutdown(dead);
    assert.equal((yield* reasonOf(dead.call.add(1))).type, "noproc");
    const causes: readonly Cause[] = [
      { type: "normal" },
      shutdown,
      { type: "shutdown", detail: 1 },
      { type: "exit", reason: "r" },
    ];
    for (const cause of causes) {
      const recorder = yield* Server.start(Recorder, []);
      assert.deepEqual(yield* reasonOf(recorder.call.stop(cause)), cause);
    }
    const recorder = yield* Server.start(Recorder, []);
    assert.deepEqual(yield* reasonOf(recorder.call.never().within(10)), { type: "timeout" });
    const crashed = yield* reasonOf(recorder.call.crash());
    assert(crashed.type === "error" && crashed.error.name === "RangeError");
  });

  rule("R-702", "who calls itself fails at once, by pid, name, and name and node", function* itself(self, stage) {
    yield* Process.register("R-702 self");
    const before = yield* Process.now();
    for (const target of [self.pid, "R-702 self", { name: "R-702 self", node: stage.node.ref }]) {
      const reason = yield* reasonOf(Server.ref(Recorder, target).call.add(1));
      assert.deepEqual(reason, { type: "exit", reason: "calling_self" });
      assert.deepEqual(yield* reasonOf(Sys.getState(target)), { type: "exit", reason: "calling_self" });
    }
    assert((yield* Process.now()) - before < 5_000);
    yield* nothingComes(self, 10);
  });

  rule(
    "R-702",
    "a server on another node: an unknown name is noproc, and its end has its own cause",
    far,
    function* there(_self, stage) {
      const node = stage.ref("b");
      assert.equal((yield* reasonOf(at(node, "nobody").call.add(1))).type, "noproc");
      const recorder = at(node, "recorder b");
      const by = 1 + (yield* recorder.call.add(0));
      assert.equal(yield* recorder.call.add(1), by);
      assert.deepEqual(yield* reasonOf(recorder.call.stop({ type: "exit", reason: "r" })), {
        type: "exit",
        reason: "r",
      });
      assert.equal((yield* reasonOf(recorder.call.add(1))).type, "noproc");
    },
  );

  rule(
    "R-702, R-703",
    "a lost connection is noconnection; the request is executed, and its late reply goes nowhere",
    { ...far, faults: [cut], lastsMs: 2_000 },
    function* lost(self, stage) {
      const recorder = at(stage.ref("b"), "recorder b");
      // There is a connection to be lost.
      yield* recorder.call.add(1);
      const slow = yield* Process.spawn(function* marks() {
        yield* Process.sleep(20);
        stage.mark("cut");
      });
      const reason = yield* reasonOf(recorder.call.slowly("one", 100).within("5s"));
      assert.equal(reason.type, "noconnection", slow.toString());
      yield* Process.sleep(100);
      const { log } = yield* Sys.getState<{ log: Log }>(recorder);
      assert.deepEqual(log, ["began one", "ended one"]);
      yield* nothingComes(self, 200);
    },
  );

  rule(
    "R-703, R-704",
    "after a timeout the request is executed, its reply is no message, and not that of the next call",
    { everyOrder: true },
    function* late(self) {
      const log: Log = [];
      const recorder = yield* Server.start(Recorder, log);
      assert.deepEqual(yield* reasonOf(recorder.call.slowly("one", 20).within(10)), { type: "timeout" });
      assert.equal(yield* recorder.call.slowly("two", 20), "two");
      assert.deepEqual(log, ["began one", "ended one", "began two", "ended two"]);
      yield* nothingComes(self, 50);
    },
  );

  rule("R-703, R-704", "so it is across nodes", far, function* late(self, stage) {
    const recorder = at(stage.ref("b"), "recorder b");
    assert.deepEqual(yield* reasonOf(recorder.call.slowly("three", 60).within(20)), { type: "timeout" });
    assert.equal(yield* recorder.call.slowly("four", 20), "four");
    yield* nothingComes(self, 50);
  });

  rule("R-705", "a reply may come later, from any process; the second one is dropped", function* defers(self) {
    const Room = Server.define({
      init: () => [] as Server.From<string>[],
      call: { wait: (waiting) => Server.defer<string>((from) => void waiting.push(from)) },
      cast: {
        *release(waiting) {
          for (const from of waiting) {
            yield* Process.spawn(function* replies() {
              yield* from.reply("one");
              yield* from.reply("two");
            });
          }
        },
        *answer(waiting) {
          for (const from of waiting.splice(0)) yield* from.reply("late");
        },
      },
    });
    const room = yield* Server.start(Room, undefined);
    yield* Process.sendAfter(
      10,
      (yield* Process.spawn(function* releases(own: Self<unknown>) {
        yield* own.receive();
        yield* room.cast.release();
      })) as Pid<any>,
      "go",
    );
    assert.equal(yield* room.call.wait(), "one");
    assert.deepEqual(yield* reasonOf(room.call.wait().within(10)), { type: "timeout" });
    yield* room.cast.answer();
    yield* nothingComes(self, 20);
  });

  rule("R-706", "a server that has not replied and ends: the call fails with its cause", function* noReply() {
    const recorder = yield* Server.start(Recorder, []);
    yield* Process.spawn(function* ends() {
      yield* Process.sleep(10);
      yield* recorder.cast.stop({ type: "shutdown", detail: "later" });
    });
    assert.deepEqual(yield* reasonOf(recorder.call.never()), { type: "shutdown", detail: "later" });
  });

  // Casts and other messages

  rule("R-710", "a cast never fails, whoever it is for", function* casts(_self, stage) {
    const dead = yield* Server.start(Recorder, []);
    yield* Server.shutdown(dead);
    yield* dead.cast.put(1);
    yield* Server.ref(Recorder, "nobody").cast.put(1);
    yield* at(stage.node.ref, "nobody").cast.put(1);
  });

  rule(
    "R-710",
    "nor to another node, which may be gone: it waits for no connection",
    {
      ...far,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "crash" }, lastsMs: null, wipe: false }],
      simulatedOnly: "R-742 loses a node between processes",
    },
    function* casts(self, stage) {
      const node = stage.ref("b");
      const pid = (yield* Server.locate(at(node, "recorder b"))).pid;
      yield* at(node, "nobody").cast.put(1);
      yield* at(node, "recorder b").cast.put(5);
      assert.equal(yield* at(node, "recorder b").call.add(1), 6);
      const ref = yield* Process.monitor(pid);
      stage.mark("crash");
      const down = yield* self.receive();
      assert.equal(down.ref, ref);
      const before = yield* Process.now();
      for (const recorder of [at(node, "recorder b"), Server.ref(Recorder, pid)]) yield* recorder.cast.put(1);
      assert((yield* Process.now()) - before < 1_000);
    },
  );

  rule(
    "R-711",
    "abcast reaches the servers of one name, and passes over nodes and names that are not there",
    { nodes: ["b", "c"], boot: bootRecorder },
    function* casts(self, stage) {
      const own = yield* Server.start(Recorder, [], { name: "recorder b" });
      const nodes = [stage.node.ref, stage.ref("c"), stage.ref("b")];
      yield* Server.abcast(nodes, Server.ref(Recorder, "recorder b").cast.put(70));
      for (const recorder of [own, at(stage.ref("b"), "recorder b")]) assert.equal(yield* recorder.call.add(1), 71);
      yield* Server.shutdown(own);
      yield* nothingComes(self, 10);
    },
  );

  rule(
    "R-712",
    "any other message goes to info, whose error ends the server; without info it is ignored",
    function* other(self) {
      const log: Log = [];
      const recorder = yield* Server.start(Recorder, log);
      yield* Process.send(recorder.pid as Pid<any>, "hello");
      yield* recorder.call.add(1);
      assert.deepEqual(log, ["hello"]);
      const cause = yield* endOf(self, recorder.pid, Process.send(recorder.pid as Pid<any>, "broken"));
      assert(cause.type === "error" && cause.error.name === "TypeError");

      const Deaf = Server.define({
        init: () => 1,
        call: { hears: () => true },
        cast: { go: () => Server.continue(1) },
      });
      const deaf = yield* Server.start(Deaf, undefined);
      yield* Process.send(deaf.pid as Pid<any>, "hello");
      assert.equal(yield* deaf.call.hears(), true);
      // What is called for and not there is the caller's mistake.
      const mistaken = Server.ref(Recorder, deaf.pid);
      assert.equal((yield* reasonOf(mistaken.call.add(1))).type, "error");
      yield* mistaken.cast.put(1);
      assert.equal(yield* deaf.call.hears(), true);
      const undefinedContinue = yield* endOf(self, deaf.pid, deaf.cast.go());
      assert.equal(undefinedContinue.type, "error");
    },
  );

  rule("R-713", "a server that traps exits gets that of anybody but its parent in info", function* strangers() {
    const log: Log = [];
    const trapping = yield* Server.start(Trapping, log);
    const stranger = yield* Process.spawn(function* links() {
      yield* Process.link(trapping.pid);
      yield* Process.exit({ type: "exit", reason: "a stranger" });
    });
    yield* Process.sleep(10);
    assert.deepEqual(log, [["info", { type: "exit", reason: "a stranger" }]], stranger.toString());
    assert.equal(yield* Process.alive(trapping.pid), true);
  });

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
      const BadInit = Server.define({ init: () => Server.reply(1) as unknown });
      const failed = yield* Process.start(BadInit.body as never, [undefined] as never);
      assert(failed.type === "failed" && failed.cause.type === "error");
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

export const { scenarios }: Section = servers;
