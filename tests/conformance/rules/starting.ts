import assert from "node:assert/strict";
import {
  type CallError,
  type Cause,
  type LocalGenerator,
  NameTakenError,
  type NodeRef,
  type Pid,
  Process,
  remote,
  type Self,
  Server,
} from "espalier";
import { section, type Section, type Start } from "../rule.ts";

const bored: Cause = { type: "exit", reason: "bored" };

/** Gets ready after `delayMs`, unless it ends in another way first. */
function* child(self: Self<any>, how: "ready" | "returns" | "dies" | "ignores" | "fails", delayMs: number) {
  yield* Process.sleep(delayMs);
  if (how === "dies") yield* Process.exit(bored);
  if (how === "ignores") yield* self.ignore();
  if (how === "fails") yield* self.fail(bored);
  if (how === "returns") return;
  yield* self.ready("up");
  yield* self.receive();
}

/** The same, to begin on another node. */
const far = remote({}, function* far(self: Self<any>, how: "ready" | "dies" | "hangs", delayMs: number) {
  yield* Process.sleep(delayMs);
  if (how === "dies") yield* Process.exit({ type: "exit", reason: "bored" });
  if (how === "hangs") yield* Process.sleep("1h");
  yield* self.ready("up");
  yield* self.receive();
});

/** Nothing is in the mailbox, and nothing comes. */
function* silence(self: Self<any>): LocalGenerator<void> {
  assert.equal(yield* self.receive({ within: 20, otherwise: "silence" }), "silence");
}

/** How a process ends that runs `body`. */
function* endOf(self: Self<any>, body: (own: Self<any>) => LocalGenerator<void>): LocalGenerator<Cause> {
  const { ref } = yield* Process.spawnMonitor(body);
  return (yield* self.receive({ match: (message: any) => message.ref?.equals(ref) })).cause;
}

/** A server that ends as it is told, or otherwise. */
const Stubborn = Server.define({
  label: "stubborn",
  init: (how: "as told" | "otherwise" | "slowly" | "never") => ({ how }),
  call: { here: () => "here" },
  *terminate({ how }): LocalGenerator<void> {
    if (how === "otherwise") yield* Process.exit({ type: "exit", reason: "otherwise" });
    if (how === "slowly") yield* Process.sleep(50);
    if (how === "never") yield* Process.sleep("1h");
  },
});

function* reasonOf(operation: LocalGenerator<unknown>): LocalGenerator<Cause | "ok"> {
  try {
    yield* operation;
    return "ok";
  } catch (error) {
    return (error as CallError).reason;
  }
}

function* stop(
  pid: Parameters<typeof Server.shutdown>[0],
  options: Parameters<typeof Server.shutdown>[1],
): LocalGenerator<unknown> {
  return yield* Server.shutdown(pid, options);
}

function* bootStubborn(_self: Self<any>, { name }: Start): LocalGenerator<void> {
  yield* Server.start(Stubborn, "never", { name: `stubborn ${name}` });
  yield* Server.start(Stubborn, "as told", { name: `willing ${name}` });
}

function* stubbornOn(node: NodeRef, name: string): LocalGenerator<Pid<any>> {
  const pid = yield* Process.whereisAt(node, name);
  assert(pid !== undefined);
  return pid as Pid<any>;
}

const b = { nodes: ["b"], boot: bootStubborn } as const;

export const starting: Section = section(import.meta.url, (rule) => {
  rule(
    "R-601",
    "start returns when the process is ready or dead, and not before",
    { everyOrder: true },
    function* blocks() {
      for (const start of [Process.start, Process.startLink]) {
        const before = yield* Process.now();
        const result = yield* start(child, ["ready", 5]);
        assert(result.type === "started");
        assert.equal(result.value, "up");
        assert.equal(yield* Process.alive(result.pid), true);
        assert((yield* Process.now()) >= before + 5);
        yield* Process.unlink(result.pid);
        yield* Process.kill(result.pid);
      }
    },
  );

  rule(
    "R-601, R-602",
    "the same of a process that begins on another node",
    { ...b, lastsMs: 3_000 },
    function* elsewhere(_self, stage) {
      const on = stage.ref("b");
      const started = yield* Process.start(far, ["ready", 5], { on });
      assert(started.type === "started");
      assert.equal(started.value, "up");
      for (const options of [{ on }, { on, within: "2s" }] as const) {
        assert.deepEqual(yield* Process.start(far, ["dies", 5], options), { type: "failed", cause: bored });
      }
      yield* Process.kill(started.pid);
    },
  );

  rule(
    "R-602",
    "a process that dies before it is ready: start says why, with a limit or without",
    function* dies(self) {
      yield* Process.trapExit(true);
      for (const options of [{}, { within: "1s" }] as const) {
        for (const start of [Process.start, Process.startLink]) {
          for (const delayMs of [0, 5]) {
            assert.deepEqual(yield* start(child, ["dies", delayMs], options), { type: "failed", cause: bored });
            const returned = yield* start(child, ["returns", delayMs], options);
            assert.deepEqual(returned, { type: "failed", cause: { type: "normal" } });
          }
        }
      }
      yield* silence(self);
    },
  );

  rule(
    "R-603, R-604",
    "one that takes too long is killed and dead when start says timeout, with no EXIT left; a monitor tells of killed",
    function* slow(self) {
      yield* Process.trapExit(true);
      const pids: Pid[] = [];
      const never = function* never(own: Self<any>): LocalGenerator<void> {
        pids.push(own.pid);
        yield* Process.trapExit(true);
        for (;;) yield* own.receive();
      };
      const within = { within: 5, name: "R-603" };
      const failed = { type: "failed", cause: { type: "timeout", what: "start" } };
      assert.deepEqual(yield* Process.start(never, [], within), failed);
      assert.deepEqual(yield* Process.startLink(never, [], within), failed);
      const { result, ref } = yield* Process.startMonitor(never, [], within);
      assert.deepEqual(result, failed);
      for (const pid of pids) assert.equal(yield* Process.alive(pid), false);
      const down = yield* self.receive({ within: 0 });
      assert(down.ref.equals(ref));
      assert.deepEqual([down.type, down.cause], ["DOWN", { type: "killed" }]);
      yield* silence(self);
    },
  );

  rule("R-603, R-604", "the same of a process on another node", { ...b, lastsMs: 3_000 }, function* slow(self, stage) {
    yield* Process.trapExit(true);
    const on = stage.ref("b");
    const result = yield* Process.startLink(far, ["hangs", 0], { on, within: 200, name: "R-603 far" });
    assert.deepEqual(result, { type: "failed", cause: { type: "timeout", what: "start" } });
    assert.equal(yield* Process.whereis("R-603 far"), undefined);
    assert.deepEqual(yield* Process.startLink(far, ["dies", 5], { on }), { type: "failed", cause: bored });
    yield* silence(self);
  });

  rule(
    "R-604, R-606",
    "when startLink says ignored or failed the process is dead, and of its silent end no EXIT comes",
    { everyOrder: true },
    function* silent(self) {
      for (const trapping of [true, false]) {
        yield* Process.trapExit(trapping);
        for (const how of ["ignores", "fails"] as const) {
          let pid: Pid | null = null;
          const body = function* body(own: Self<any>): LocalGenerator<void> {
            ({ pid } = own);
            yield* Process.monitor(own.pid);
            yield* child(own, how, 0);
          };
          const result = yield* Process.startLink(body, []);
          assert.deepEqual(result, how === "ignores" ? { type: "ignored" } : { type: "failed", cause: bored });
          assert.equal(yield* Process.alive(pid as unknown as Pid), false);
          assert.equal(yield* self.receive({ within: 0, otherwise: "silence" }), "silence");
        }
      }
    },
  );

  rule(
    "R-605",
    "a process that is spawned under a name has it before anything of it runs, and a conflict starts nothing",
    function* spawned(self) {
      function* body(own: Self<any>): LocalGenerator<void> {
        yield* Process.send(self.pid, yield* Process.whereis("R-605 spawned"));
        yield* own.receive();
      }
      const options = { name: "R-605 spawned", link: true } as const;
      const pid = yield* Process.spawnOpt(options, body);
      assert(pid.equals(yield* self.receive()));
      let taken: unknown = null;
      try {
        yield* Process.spawnOpt(options, body);
      } catch (error) {
        taken = error;
      }
      assert(taken instanceof NameTakenError && taken.pid.equals(pid));
      assert.equal(yield* self.receive({ within: 0, otherwise: null }), null);
    },
  );

  rule(
    "R-605",
    "a name is taken before init runs, a conflict starts nothing, and the name is free when start says ignored or failed",
    { everyOrder: true },
    function* named() {
      yield* Process.trapExit(true);
      let begun = 0;
      const body = function* body(own: Self<any>, how: "ready" | "ignores" | "fails" | "dies"): LocalGenerator<void> {
        begun += 1;
        assert((yield* Process.whereis("R-605"))?.equals(own.pid));
        yield* child(own, how, 0);
      };
      for (const how of ["ignores", "fails", "dies"] as const) {
        for (const start of [Process.start, Process.startLink]) {
          const result = yield* start(body, [how], { name: "R-605" });
          assert.equal(result.type, how === "ignores" ? "ignored" : "failed");
          assert.equal(yield* Process.whereis("R-605"), undefined);
        }
      }
      const first = yield* Process.start(body, ["ready"], { name: "R-605" });
      assert(first.type === "started");
      const before = begun;
      for (const start of [Process.start, Process.startLink]) {
        const second = yield* start(body, ["ready"], { name: "R-605" });
        assert(second.type === "already-started" && second.pid.equals(first.pid));
      }
      const { result, ref } = yield* Process.startMonitor(body, ["ready"], { name: "R-605" });
      assert.deepEqual([result.type, ref], ["already-started", null]);
      assert.equal(begun, before);
      yield* Process.kill(first.pid);
    },
  );

  rule(
    "R-606",
    "a crash before it is ready ends a linked starter that does not trap exits, an end with normal does not",
    { everyOrder: true },
    function* crash(self) {
      const starts = (how: "dies" | "returns" | "fails" | "ignores"): LocalGenerator<Cause> =>
        endOf(self, function* starter(): LocalGenerator<void> {
          yield* Process.startLink(child, [how, 0]);
          yield* Process.sleep(1);
          yield* Process.exit({ type: "shutdown" });
        });
      assert.deepEqual(yield* starts("dies"), bored);
      for (const how of ["returns", "fails", "ignores"] as const) {
        assert.deepEqual(yield* starts(how), { type: "shutdown" });
      }
    },
  );

  rule("R-606", "every result of a server's init does what OTP's does", function* init(self) {
    yield* Process.trapExit(true);
    const ends: Cause[] = [];
    const define = (result: () => any) =>
      Server.define({
        label: "init",
        init: (_argument: null): { readonly ok: true } => result(),
        call: { here: () => "here" },
      });
    const server = yield* Server.startLink(
      define(() => ({ ok: true })),
      null,
    );
    assert.equal(yield* server.call.here(), "here");
    yield* Server.shutdown(server);
    ends.push((yield* self.receive()).cause);
    for (const result of [() => Server.ignore(), () => Server.fail(bored), () => Server.stop(bored)]) {
      try {
        yield* Server.startLink(define(result), null);
        assert.fail("it started");
      } catch (error) {
        ends.push((error as CallError).reason);
      }
    }
    assert.deepEqual(ends, [{ type: "normal" }, { type: "exit", reason: "ignore" }, bored, bored]);
    yield* silence(self);
  });

  rule(
    "R-607",
    "init runs in the new process, which knows who started it",
    { everyOrder: true },
    function* parent(self) {
      const seen: boolean[] = [];
      const result = yield* Process.startLink(function* body(own: Self<any>): LocalGenerator<void> {
        const starter = yield* Process.parent();
        seen.push(starter.equals(self.pid), own.pid.equals(self.pid));
        yield* own.ready();
        yield* own.receive();
      }, []);
      assert(result.type === "started");
      assert.deepEqual(seen, [true, false]);
      yield* Process.unlink(result.pid);
      yield* Process.kill(result.pid);
    },
  );

  rule(
    "R-608",
    "stop is done when the server has ended as told, and otherwise fails with what came of it",
    function* stops() {
      const start = function* start(how: "as told" | "otherwise" | "slowly" | "never"): LocalGenerator<Pid<any>> {
        return (yield* Server.start(Stubborn, how)).target as Pid<any>;
      };
      for (const cause of [{ type: "normal" }, { type: "shutdown" }, bored] as const) {
        for (const how of ["as told", "slowly"] as const) {
          const pid = yield* start(how);
          assert.equal(yield* reasonOf(stop(pid, { cause })), "ok");
          assert.equal(yield* Process.alive(pid), false);
          assert.equal(((yield* reasonOf(stop(pid, { cause }))) as Cause).type, "noproc");
        }
      }
      const other = yield* start("otherwise");
      assert.deepEqual(yield* reasonOf(stop(other, { cause: bored })), { type: "exit", reason: "otherwise" });
      const slow = yield* start("slowly");
      assert.deepEqual(yield* reasonOf(stop(slow, { within: 10 })), { type: "timeout" });
      assert.equal(yield* Process.alive(slow), true);
      yield* Process.sleep(60);
      assert.equal(yield* Process.alive(slow), false);
      assert.equal(((yield* reasonOf(stop(Server.ref(Stubborn, "nobody"), {}))) as Cause).type, "noproc");
      yield* Server.start(Stubborn, "as told", { name: "by name" });
      assert.equal(yield* reasonOf(stop("by name", {})), "ok");
      assert.equal(yield* Process.whereis("by name"), undefined);
      assert.equal(((yield* reasonOf(stop("by name", {}))) as Cause).type, "noproc");
      assert.throws(() => Server.shutdown(7 as never), /Server.shutdown: expected a pid, a name/);
      for (const name of [7, {}, ""]) {
        assert.throws(
          () => Server.start(Stubborn, "as told", { name: name as never }).next(),
          /name: expected a string that is not empty/,
        );
      }
    },
  );

  rule(
    "R-608",
    "a node that is lost while stop waits is noconnection, and so is one that cannot be reached",
    {
      ...b,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "crash" }, lastsMs: null }],
      lastsMs: 1_000,
    },
    function* lost(_self, stage) {
      const node = stage.ref("b");
      assert.equal(yield* reasonOf(stop(yield* stubbornOn(node, "willing b"), {})), "ok");
      const pid = yield* stubbornOn(node, "stubborn b");
      yield* Process.spawn(function* soon(): LocalGenerator<void> {
        yield* Process.sleep(50);
        stage.mark("crash");
      });
      assert.equal(((yield* reasonOf(stop(pid, {}))) as Cause).type, "noconnection");
      assert.equal(((yield* reasonOf(stop(pid, {}))) as Cause).type, "noconnection");
    },
  );
});

export const { scenarios }: Section = starting;
