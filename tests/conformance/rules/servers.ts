import assert from "node:assert/strict";
import { Process, Registry, Server, Sys, type Cause, type NodeRef, type Pid, type Self } from "espalier";
import {
  endOf,
  nothingComes,
  reasonOf,
  Recorder,
  shutdown,
  Trapping,
  type Log,
  type RecorderRef,
} from "../recorder.ts";
import { section, type Section, type Start } from "../rule.ts";

/** On other nodes: a server `recorder`. */
function* bootRecorder(_self: Self<any>, { name }: Start) {
  yield* Server.start(Recorder, [], { name: `recorder ${name}` });
}

const far = { nodes: ["b"], boot: bootRecorder } as const;
const cut = { type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } } as const;

function at(node: NodeRef, name: string): RecorderRef {
  return Server.ref(Recorder, { name, node });
}

const Callers = Registry.define<string, null, "unique">("callers of themselves", { keys: "unique" });

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

  rule(
    "R-702",
    "who calls itself fails at once, by pid, name, name and node, and key of a registry",
    function* itself(self, stage) {
      yield* Process.register("R-702 self");
      yield* Registry.start(Callers);
      yield* Registry.register(Callers, "self", null);
      const key = Registry.via(Callers, "self");
      const before = yield* Process.now();
      for (const target of [self.pid, "R-702 self", { name: "R-702 self", node: stage.node.ref }, key]) {
        const reason = yield* reasonOf(Server.ref(Recorder, target).call.add(1));
        assert.deepEqual(reason, { type: "exit", reason: "calling_self" });
        assert.deepEqual(yield* reasonOf(Sys.getState(target)), { type: "exit", reason: "calling_self" });
      }
      assert((yield* Process.now()) - before < 5_000);
      yield* nothingComes(self, 10);
    },
  );

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
});

export const { scenarios }: Section = servers;
