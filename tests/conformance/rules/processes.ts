import assert from "node:assert/strict";
import {
  type Cause,
  type Down,
  type LocalGenerator,
  type Node,
  OperationRefusedError,
  type Pid,
  Process,
  remote,
  type Self,
} from "espalier";
import { ask, bootPuppets, next, puppeteer, puppetOn, tell } from "../puppet.ts";
import { section, type Section, type Stage } from "../rule.ts";

const own: Cause = { type: "exit", reason: { own: ["reason", 1] } };
const kill: Cause = { type: "kill" };

/** How the signal comes about. */
type Way = "link" | "exit" | "self";

/** What the table of says becomes of the receiver: what it got, or the cause of its end, or nothing. */
function expected(way: Way, trapping: boolean, cause: Cause): "nothing" | "message" | Cause {
  if (way !== "link" && cause.type === "kill") return { type: "killed" };
  if (trapping) return "message";
  if (cause.type === "normal" && way !== "self") return "nothing";
  return cause;
}

/** All ways, causes and receivers, with the receiver on `where`. */
function* table(self: Self<any>, stage: Stage, where: string): LocalGenerator<void> {
  const causes: Cause[] = [
    { type: "normal" },
    { type: "shutdown" },
    { type: "shutdown", detail: ["why"] },
    kill,
    { type: "killed" },
    { type: "noproc" },
    { type: "timeout" },
    own,
  ];
  for (const way of ["link", "exit", "self"] as const) {
    for (const trapping of [false, true]) {
      for (const cause of causes) {
        const receiver = yield* puppetOn(self, stage, where);
        const sender: Pid<any> = way === "self" ? receiver : yield* puppetOn(self, stage, "a");
        yield* ask(self, receiver, "trap", trapping);
        const ref = yield* Process.monitor(receiver);
        if (way === "link") {
          yield* ask(self, sender, "link", receiver);
          yield* tell(sender, "end", cause);
          const gone = yield* Process.monitor(sender);
          yield* self.receive({ match: (message: any) => message.ref?.equals(gone) });
        } else {
          yield* tell(sender, "exit", receiver, cause);
          if (way === "exit") yield* ask(self, sender, "nothing");
        }
        const what = expected(way, trapping, cause);
        const about = `${way} ${trapping ? "trapping" : "not trapping"} ${cause.type} on ${where}`;
        if (typeof what === "object") {
          const down: Down = yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
          // A process may be found dead before the monitor came to it, where nobody waited in between.
          assert.deepEqual(down.cause, what, about);
          continue;
        }
        if (way === "link" || where !== "a") yield* Process.sleep(50);
        const got: any[] = yield* ask(self, receiver, "got");
        if (what === "nothing") assert.deepEqual(got, [], about);
        else {
          assert.equal(got.length, 1, about);
          assert(got[0].from.equals(sender), about);
          assert.deepEqual([got[0].type, got[0].cause], ["EXIT", cause], about);
        }
        yield* Process.demonitor(ref, { flush: true });
        yield* Process.kill(receiver);
      }
    }
  }
}

/** So many processes, each linked with the one before, the first ending itself with `kill`. */
function* chain(self: Self<any>, stage: Stage, length: number, nodes: readonly string[]): LocalGenerator<void> {
  const pids: Pid<any>[] = [];
  for (let index = 0; index < length; index += 1) {
    const pid = yield* puppetOn(self, stage, nodes[index % nodes.length] as string);
    if (index > 0) yield* ask(self, pid, "link", pids[index - 1] as Pid);
    pids.push(pid);
  }
  const refs = [];
  for (const pid of pids) refs.push(yield* Process.monitor(pid));
  const last = yield* puppetOn(self, stage, "a");
  yield* ask(self, last, "trap", true);
  yield* ask(self, last, "link", pids.at(-1) as Pid<any>);
  yield* tell(pids[0] as Pid<any>, "end", kill);
  for (const ref of refs) {
    const down = yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
    assert.deepEqual(down.cause, kill);
  }
  yield* Process.sleep(50);
  const got: any[] = yield* ask(self, last, "got");
  assert.deepEqual(
    got.map(({ type, cause }) => [type, cause]),
    [["EXIT", kill]],
  );
  yield* Process.kill(last);
}

/** Ends at once, in its own way. */
const throwsAtOnce = remote({}, function* throwsAtOnce() {
  throw new RangeError("at once");
});

function* seen(self: Self<any>, body: (own: Self<any>) => LocalGenerator<unknown>): LocalGenerator<Cause> {
  const { ref } = yield* Process.spawnMonitor(body);
  return (yield* self.receive({ match: (message: any) => message.ref?.equals(ref) })).cause;
}

function isAlive({ node }: { readonly node: Node }, pid: Pid): boolean {
  return node.inspect().processes.some((view) => view.pid.equals(pid));
}

const b = { nodes: ["b"], boot: bootPuppets } as const;
const crashB = { type: "crash", node: "b", atMs: 0, after: { mark: "crash" } } as const;

export const processes: Section = section(import.meta.url, (rule) => {
  rule(
    "R-102, R-103, R-105, R-106, R-107",
    "an exit signal does what the table says, by any way, for any cause and receiver",
    (self, stage) => table(self, stage, "a"),
  );

  rule("R-102, R-103, R-105, R-106", "the same between nodes", { ...b, lastsMs: 5_000 }, (self, stage) =>
    table(self, stage, "b"),
  );

  rule(
    "R-101",
    "a signal of a link that the receiver has no more is dropped, also when it crosses with the unlink",
    b,
    function* dropped(self, stage) {
      for (const trapping of [true, false]) {
        const far = yield* puppetOn(self, stage, "b");
        const near = yield* puppetOn(self, stage, "a");
        yield* ask(self, near, "trap", trapping);
        yield* ask(self, near, "link", far);
        const ref = yield* Process.monitor(far);
        // The far one ends before it hears of the unlink: what it is told comes first.
        yield* ask(self, near, "all", [
          ["send", far, { type: "told", what: ["end", own], reply: null }],
          ["unlink", far],
        ]);
        const down = yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
        assert.deepEqual(down.cause, own);
        yield* Process.sleep(50);
        assert.deepEqual(yield* ask(self, near, "got"), []);
        yield* Process.kill(near);
      }
    },
  );

  rule(
    "R-103",
    "an explicit kill cannot be trapped, and links and monitors see killed",
    { everyOrder: true },
    function* killed(self) {
      yield* Process.trapExit(true);
      const pid = yield* Process.spawnLink(function* stubborn(own) {
        yield* Process.trapExit(true);
        for (;;) yield* own.receive();
      });
      yield* Process.monitor(pid);
      yield* Process.exit(pid, kill);
      const types = [];
      for (let count = 0; count < 2; count += 1) types.push((yield* self.receive()).cause);
      assert.deepEqual(types, [{ type: "killed" }, { type: "killed" }]);
    },
  );

  rule("R-104", "a kill through links stays kill, down chains of any length", function* chains(self, stage) {
    for (const length of [1, 2, 9, 10]) yield* chain(self, stage, length, ["a"]);
  });

  rule(
    "R-104",
    "the same down chains across nodes",
    { nodes: ["b", "c"], boot: bootPuppets, lastsMs: 3_000 },
    function* chains(self, stage) {
      for (const length of [1, 2, 9, 10]) yield* chain(self, stage, length, ["b", "a", "c"]);
    },
  );

  rule(
    "R-108",
    "an exit signal to oneself cannot be caught, whatever the cause",
    { everyOrder: true },
    function* uncaught(self) {
      for (const cause of [{ type: "normal" }, own] as const) {
        let after = 0;
        const end = yield* seen(self, function* tries(me): LocalGenerator<void> {
          try {
            yield* Process.exit(me.pid, cause);
            after += 1;
          } catch {
            after += 1;
          }
          after += 1;
        });
        assert.deepEqual([end, after], [cause, 0]);
      }
    },
  );

  rule(
    "R-109, R-121",
    "an exit of oneself is an exception that can be caught, and uncaught the bare cause",
    function* caught(self) {
      const end = yield* seen(self, function* tries(): LocalGenerator<void> {
        try {
          yield* Process.exit(own);
        } catch (error) {
          assert.deepEqual((error as { reason: Cause }).reason, own);
          yield* Process.exit({ type: "shutdown", detail: 2 });
        }
      });
      assert.deepEqual(end, { type: "shutdown", detail: 2 });
    },
  );

  rule("R-110", "the first fatal exit is what everybody sees", { everyOrder: true }, function* first(self) {
    yield* Process.trapExit(true);
    const pid = yield* Process.spawnLink(function* waits(own) {
      try {
        yield* own.receive();
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- It must change nothing.
        throw new Error("while cleaning up");
      }
    });
    yield* Process.monitor(pid);
    // It is at its receive.
    yield* Process.sleep(1);
    yield* Process.exit(pid, own);
    yield* Process.exit(pid, { type: "shutdown" });
    yield* Process.exit(pid, kill);
    for (let count = 0; count < 2; count += 1) assert.deepEqual((yield* self.receive()).cause, own);
  });

  rule("R-110", "the same from another node, and for one that ends itself meanwhile", b, function* first(self, stage) {
    const far = yield* puppetOn(self, stage, "b");
    const ref = yield* Process.monitor(far);
    yield* Process.exit(far, own);
    yield* Process.exit(far, kill);
    const down = yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
    assert.deepEqual(down.cause, own);
    const near = yield* Process.spawnMonitor(function* ends(me): LocalGenerator<void> {
      yield* Process.exit(me.pid, own);
      throw new Error("never");
    });
    yield* Process.exit(near.pid, { type: "shutdown" });
    const { cause } = yield* self.receive({ match: (message: any) => message.ref?.equals(near.ref) });
    // Whichever came first: the one that was sent before it ran.
    assert.deepEqual(cause, { type: "shutdown" });
  });

  rule(
    "R-111",
    "after a fatal signal nothing of the process runs but finally blocks, which can do nothing to others, and its mailbox is discarded",
    function* nothing(self) {
      const ran: unknown[] = [];
      const body = function* busy(own: Self<any>): LocalGenerator<void> {
        try {
          for (;;) {
            ran.push(yield* own.receive());
            yield* own.receive({ match: (message) => message === "go on" });
          }
        } catch {
          ran.push("catch");
        } finally {
          ran.push("finally");
          try {
            yield* Process.send(self.pid, "from the dead");
          } catch (error) {
            ran.push(error instanceof OperationRefusedError);
          }
        }
      };
      for (const cause of [own, kill]) {
        const { pid, ref } = yield* Process.spawnMonitor(body);
        yield* Process.send(pid, 1);
        yield* Process.send(pid, 2);
        yield* Process.sleep(1);
        yield* Process.send(pid, "go on");
        yield* Process.exit(pid, cause);
        yield* Process.send(pid, 3);
        const down = yield* self.receive();
        assert(down.ref.equals(ref), "nothing but the DOWN came");
        yield* Process.sleep(1);
        assert.deepEqual(ran.splice(0), cause === own ? [1, "finally", true] : [1]);
      }
      assert.equal(yield* self.receive({ within: 0, otherwise: "empty" }), "empty");
    },
  );

  rule(
    "R-112",
    "an exit signal is sent at once, whoever it is for: the dead, the unreachable and those that take their time",
    { ...b, faults: [{ ...crashB, lastsMs: null }], simulatedOnly: "it reads virtual time" },
    function* atOnce(self, stage) {
      const far = yield* puppetOn(self, stage, "b");
      const dead = yield* Process.spawnMonitor(function* brief(): LocalGenerator<void> {});
      yield* self.receive();
      const alive = yield* Process.spawn(puppeteer(stage.node));
      stage.mark("crash");
      yield* Process.sleep(10);
      const before = yield* Process.now();
      for (const pid of [dead.pid, alive, far]) {
        assert.equal(yield* Process.exit(pid, own), undefined);
        assert.equal(yield* Process.exit(pid, kill), undefined);
      }
      assert.equal(yield* Process.now(), before);
    },
  );

  rule(
    "R-120, R-121",
    "a body that returns ends with normal, one that throws with the error or the value",
    function* ends(self) {
      assert.deepEqual(
        yield* seen(self, function* returns() {
          return 1;
        }),
        { type: "normal" },
      );
      const error = yield* seen(self, function* throws(): LocalGenerator<void> {
        throw Object.assign(new RangeError("broken"), { code: "BROKEN" });
      });
      assert(error.type === "error");
      const { name, message, code, stack } = error.error;
      assert.deepEqual([name, message, code], ["RangeError", "broken", "BROKEN"]);
      assert.match(String(stack), /^RangeError: broken/);
      const thrown = yield* seen(self, function* throwsValue(): LocalGenerator<void> {
        throw { any: ["value"] };
      });
      assert(thrown.type === "error");
      assert.deepEqual([thrown.error.name, thrown.error.cause], ["nocatch", { any: ["value"] }]);
    },
  );

  rule(
    "R-123",
    "what does not exist is noproc, an unreachable node noconnection, and that says nothing of the process",
    {
      ...b,
      faults: [{ type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } }],
      simulatedOnly: "R-205 shows there what a lost connection does",
    },
    function* differs(self, stage) {
      yield* Process.trapExit(true);
      const dead = yield* Process.spawnMonitor(function* brief(): LocalGenerator<void> {});
      yield* self.receive();
      yield* Process.link(dead.pid);
      assert.equal((yield* self.receive()).cause.type, "noproc");
      yield* Process.monitor(dead.pid);
      assert.equal((yield* self.receive()).cause.type, "noproc");
      yield* Process.monitor("nobody has this name");
      assert.equal((yield* self.receive()).cause.type, "noproc");
      const far = yield* puppetOn(self, stage, "b");
      yield* Process.link(far);
      yield* Process.monitor(far);
      // Both have reached it.
      yield* ask(self, far, "nothing");
      stage.mark("cut");
      const types = new Set();
      for (let count = 0; count < 2; count += 1) {
        const { type, cause } = yield* next(self);
        types.add(type);
        assert.equal(cause.type, "noconnection");
      }
      assert.deepEqual(types, new Set(["DOWN", "EXIT"]));
      // Its own link was an exit signal, too, that it did not trap: it is another process of the node that answers.
      const again = yield* puppetOn(self, stage, "b");
      assert.equal(yield* ask(self, again, "nothing"), null);
    },
  );

  rule(
    "R-124",
    "a reason arrives as it was, however large, through links and monitors, also from another node",
    { ...b, lastsMs: 3_000 },
    function* large(self, stage) {
      const reason = { list: Array.from({ length: 20_000 }, (_, index) => index), text: "x".repeat(100_000) };
      const cause: Cause = { type: "exit", reason };
      for (const where of ["a", "b"]) {
        const pid = yield* puppetOn(self, stage, where);
        const near = yield* puppetOn(self, stage, "a");
        yield* ask(self, near, "trap", true);
        yield* ask(self, near, "link", pid);
        const ref = yield* Process.monitor(pid);
        yield* tell(pid, "end", cause);
        const down = yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
        assert.deepEqual(down.cause, cause);
        yield* Process.sleep(100);
        assert.deepEqual((yield* ask(self, near, "got"))[0].cause, cause);
      }
    },
  );

  rule(
    "R-130",
    "a name is free again when a DOWN, an EXIT or the answer that its process is not alive is there",
    { everyOrder: true },
    function* free(self) {
      yield* Process.trapExit(true);
      for (const by of ["DOWN", "EXIT", "alive"]) {
        const pid = yield* Process.spawn(function* named(own: Self<any>): LocalGenerator<void> {
          yield* Process.register("R-130");
          yield* own.receive();
        });
        yield* Process.sleep(1);
        if (by === "EXIT") yield* Process.link(pid);
        if (by === "DOWN") yield* Process.monitor(pid);
        yield* by === "alive" ? Process.exit(pid, own) : Process.send(pid, "end");
        if (by === "alive") assert.equal(yield* Process.alive(pid), false);
        else assert.equal((yield* self.receive()).type, by);
        yield* Process.register("R-130");
        yield* Process.sleep(1);
        assert((yield* Process.whereis("R-130"))?.equals(self.pid));
        yield* Process.unregister("R-130");
      }
    },
  );

  rule("R-130", "the same where a process of another node is told", b, function* free(self, stage) {
    const far = yield* puppetOn(self, stage, "b");
    const other = yield* puppetOn(self, stage, "b");
    yield* ask(self, far, "register", "R-130 far");
    const ref = yield* Process.monitor(far);
    yield* tell(far, "end", own);
    yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
    yield* ask(self, other, "register", "R-130 far");
    const found = yield* Process.whereisAt(stage.ref("b"), "R-130 far");
    assert(found !== undefined && other.equals(found));
  });

  rule(
    "R-131, R-132",
    "after one's own kill or exit signal the process is not alive and has no name",
    { everyOrder: true },
    function* dead() {
      for (const cause of [kill, own]) {
        const pid = yield* Process.spawn(function* named(own: Self<any>): LocalGenerator<void> {
          yield* own.receive();
        });
        yield* Process.register("R-131", pid);
        assert.equal(yield* Process.alive(pid), true);
        yield* Process.exit(pid, cause);
        assert.equal(yield* Process.alive(pid), false);
        assert.equal(yield* Process.whereis("R-131"), undefined);
      }
    },
  );

  rule(
    "R-132",
    "a process that cleans up is not alive, and nobody finds it by its name",
    function* cleaning(self, { node }) {
      const found: unknown[] = [];
      const pid = yield* Process.spawn(function* named(own): LocalGenerator<void> {
        try {
          yield* own.receive();
        } finally {
          found.push(node.kernel.whereis("R-132"), node.kernel.find(own.pid)?.alive);
        }
      });
      yield* Process.register("R-132", pid);
      yield* Process.monitor(pid);
      yield* Process.sleep(1);
      yield* Process.exit(pid, own);
      yield* self.receive();
      assert.deepEqual(found, [undefined, false]);
    },
  );

  rule(
    "R-140",
    "a child that dies at once is heard of, through a link and through a monitor, of its true cause",
    { everyOrder: true },
    function* atOnce(self) {
      yield* Process.trapExit(true);
      const linked = yield* Process.spawnLink(function* dies(): LocalGenerator<void> {
        yield* Process.exit(own);
      });
      const exit = yield* self.receive();
      assert.deepEqual([exit.type, exit.cause], ["EXIT", own]);
      assert(exit.from.equals(linked));
      const { ref } = yield* Process.spawnMonitor(function* dies(): LocalGenerator<void> {
        yield* Process.exit(own);
      });
      const down = yield* self.receive();
      assert.deepEqual([down.type, down.cause], ["DOWN", own]);
      assert(down.ref.equals(ref));
      // One that is killed before its first step.
      const unborn = yield* Process.spawnOpt({ link: true, monitor: true }, function* never() {});
      yield* Process.kill(unborn.pid);
      const types = [(yield* self.receive()).cause.type, (yield* self.receive()).cause.type];
      assert.deepEqual(types, ["killed", "killed"]);
    },
  );

  rule("R-140", "the same of a child that begins on another node", b, function* elsewhere(self, stage) {
    yield* Process.trapExit(true);
    yield* Process.spawnLinkAt(stage.ref("b"), throwsAtOnce);
    const { type, cause } = yield* self.receive();
    assert.deepEqual([type, cause.type, cause.error.message], ["EXIT", "error", "at once"]);
    yield* Process.spawnOpt({ monitor: true, on: stage.ref("b") }, throwsAtOnce);
    const down = yield* self.receive();
    assert.deepEqual([down.type, down.cause.error.message], ["DOWN", "at once"]);
  });

  rule(
    "R-141",
    "what is spawned on an unreachable node has a pid, and its links and monitors say noconnection",
    { ...b, faults: [{ ...crashB, lastsMs: null }], lastsMs: 200 },
    function* unreachable(self, stage) {
      yield* Process.trapExit(true);
      stage.mark("crash");
      yield* Process.sleep(10);
      const pid = yield* Process.spawnLinkAt(stage.ref("b"), throwsAtOnce);
      const exit = yield* self.receive();
      assert.deepEqual([exit.type, exit.cause.type], ["EXIT", "noconnection"]);
      assert(exit.from.equals(pid));
      assert.equal(isAlive(stage, pid), false);
      yield* Process.spawnOpt({ monitor: true, on: stage.ref("b") }, throwsAtOnce);
      const down = yield* self.receive();
      assert.deepEqual([down.type, down.cause.type], ["DOWN", "noconnection"]);
    },
  );
});

export const { scenarios }: Section = processes;
