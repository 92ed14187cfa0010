import assert from "node:assert/strict";
import type { Operation } from "@espalier/heartbeat";
import {
  type Down,
  fn,
  type LocalGenerator,
  type NodeRef,
  type Pid,
  Process,
  type Ref,
  Remote,
  remote,
  type Self,
} from "espalier";
import { ask, bootPuppets, puppeteer, puppetOn, tell } from "../puppet.ts";
import { section, type Section, type Stage, type Start } from "../rule.ts";

/** Beside the puppets somebody who says how many monitor a process of the node, and takes names away. */
function* bootMonitored(self: Self<any>, start: Start): LocalGenerator<void> {
  yield* bootPuppets(self, start);
  const counter = yield* Process.spawn(function* counter(own: Self<any>): LocalGenerator<void> {
    for (;;) {
      const { pid, freed, from } = yield* own.receive();
      if (freed !== undefined) yield* Process.unregister(freed);
      yield* Process.send(from, { type: "count", count: pid === undefined ? 0 : monitoredBy(start, pid) });
    }
  });
  yield* Process.register("counter", counter);
}

const b = { nodes: ["b"], boot: bootMonitored } as const;

function monitoredBy({ node }: Stage, pid: Pid): number {
  return node.inspect().processes.find((view) => view.pid.equals(pid))?.monitoredBy ?? 0;
}

/** How many monitor `pid`, which is on `where`, by the knowledge of its node. */
function* countOf(self: Self<any>, stage: Stage, where: string, pid: Pid): LocalGenerator<number> {
  if (where === "a") return monitoredBy(stage, pid);
  yield* Process.send({ name: "counter", node: stage.ref(where) }, { pid, from: self.pid });
  return (yield* self.receive({ match: (message: any) => message?.type === "count" })).count;
}

function isDown(ref: Ref): (message: any) => boolean {
  return (message) => message?.ref?.equals(ref) ?? false;
}

/** The DOWN of `ref`, however long it takes. */
function* downOf(self: Self<any>, ref: Ref): LocalGenerator<Down> {
  return yield* self.receive({ match: isDown(ref) });
}

/** Whether a DOWN of `ref` is in the mailbox now. */
function* hasDown(self: Self<any>, ref: Ref): LocalGenerator<boolean> {
  return (yield* self.receive({ match: isDown(ref), within: 0, otherwise: null })) !== null;
}

function* brief(): LocalGenerator<void> {}

/** N monitors of one process, on `where`, all of which fire, with what is the process's own. */
function* several(self: Self<any>, stage: Stage, where: string): LocalGenerator<void> {
  const pid = yield* puppetOn(self, stage, where);
  const refs = [];
  for (let count = 0; count < 4; count += 1) refs.push(yield* Process.monitor(pid));
  assert.equal(new Set(refs.map(({ key }) => key)).size, 4);
  yield* Process.demonitor(refs[1] as Ref);
  yield* Process.exit(pid, { type: "exit", reason: "four" });
  for (const index of [0, 2, 3]) {
    const down: Down = yield* downOf(self, refs[index] as Ref);
    assert.deepEqual([down.type, down.process, down.cause], ["DOWN", pid, { type: "exit", reason: "four" }]);
    // Once, and it is gone.
    assert.equal(yield* Process.demonitor(refs[index] as Ref), false);
  }
  yield* Process.sleep(30);
  assert.equal(yield* self.receive({ within: 0, otherwise: "nothing" }), "nothing");
}

/** Monitors that are taken away while what they watch is killed: what `demonitor` answers is so. */
function* race(self: Self<any>, stage: Stage, where: string, count: number): LocalGenerator<void> {
  const pids: Pid[] = [];
  for (let index = 0; index < count; index += 1) pids.push(yield* puppetOn(self, stage, where));
  const killer = yield* puppetOn(self, stage, where);
  const refs: Ref[] = [];
  for (const pid of pids) refs.push(yield* Process.monitor(pid));
  yield* tell(
    killer,
    "all",
    pids.map((pid) => ["exit", pid, { type: "kill" }] as const),
  );
  const removed: Ref[] = [];
  for (const [index, ref] of refs.entries()) {
    if (index % 4 === 0) yield* Process.sleep(index % 8 === 0 ? 0 : 1);
    // Half of them with a flush: false exactly when there was something to flush.
    const flush = index % 2 === 0;
    const waits = flush && (yield* peek(self, ref));
    const found = yield* Process.demonitor(ref, { flush });
    // What comes from elsewhere may come between the two.
    if (flush) assert(where === "b" ? !(found && waits) : found === !waits);
    if (found || flush) removed.push(ref);
    else assert(yield* hasDown(self, ref), "false: the DOWN is in the mailbox");
  }
  yield* Process.sleep(100);
  for (const ref of removed) assert(!(yield* hasDown(self, ref)), "true: no DOWN was or will be delivered");
}

/** Whether a DOWN of `ref` waits, which it does on. */
function* peek(self: Self<any>, ref: Ref): LocalGenerator<boolean> {
  let found = false;
  const match = (message: any): boolean => {
    found ||= isDown(ref)(message);
    return false;
  };
  yield* self.receive({ match, within: 0, otherwise: null });
  return found;
}

const mapped = fn((down: Down) => ({ type: "mapped", of: down.cause.type }));

/** Moves with the DOWN messages in its mailbox, as their maps and tags made them, and flushes two of them there. */
const flushedElsewhere = remote(
  { mapped },
  function* flushedElsewhere(self: Self<any>, dead: Pid, node: NodeRef, report: Pid<any>) {
    const first = yield* self.monitor(dead, mapped);
    yield* self.monitor(dead, mapped);
    const tagged = yield* Process.monitor(dead, { tag: "gone" });
    const plain = yield* Process.monitor(dead);
    yield* Remote.transfer(node);
    const answers: boolean[] = [];
    answers.push(yield* Process.demonitor(first, { flush: true }));
    answers.push(yield* Process.demonitor(tagged, { flush: true }));
    answers.push(yield* Process.demonitor(plain, { flush: true }));
    const left: unknown[] = [];
    for (;;) {
      const message: unknown = yield* self.receive({ within: 0, otherwise: null });
      if (message === null) break;
      left.push(message);
    }
    yield* Process.send(report, { answers, left });
  },
);

export const monitors: Section = section(import.meta.url, (rule) => {
  rule("R-301, R-306", "each monitor is one of its own, and fires once", { everyOrder: true }, (self, stage) =>
    several(self, stage, "a"),
  );

  rule("R-301, R-306", "each monitor of a process elsewhere is one of its own, and fires once", b, (self, stage) =>
    several(self, stage, "b"),
  );

  rule("R-301", "a monitor goes one way: the monitored process hears nothing", function* oneWay(self) {
    const watched = yield* Process.spawn(function* watched(own: Self<any>): LocalGenerator<void> {
      for (;;) yield* Process.send(self.pid, ["got", yield* own.receive()]);
    });
    const { pid, ref } = yield* Process.spawnMonitor(function* watcher(): LocalGenerator<void> {
      yield* Process.monitor(watched);
      yield* Process.exit({ type: "exit", reason: "crash" });
    });
    yield* downOf(self, ref);
    assert.equal(pid.equals(watched), false);
    assert.equal(yield* Process.alive(watched), true);
    assert.equal(yield* self.receive({ within: 20, otherwise: "nothing" }), "nothing");
  });

  rule("R-302", "a DOWN names the pid or the name that was monitored", function* names(self) {
    const pid = yield* Process.spawn(function* watched(own: Self<any>): LocalGenerator<void> {
      yield* own.receive();
    });
    yield* Process.register("watched here", pid);
    const byPid = yield* Process.monitor(pid);
    const byName = yield* Process.monitor("watched here");
    const byNode = yield* Process.monitor({ name: "watched here", node: yield* Remote.here() });
    yield* Process.exit(pid, { type: "exit", reason: ["large", "x".repeat(10_000)] });
    const downs = [yield* downOf(self, byPid), yield* downOf(self, byName), yield* downOf(self, byNode)];
    assert.deepEqual(
      downs.map(({ process }) => (typeof process === "object" && "name" in process ? process.name : process)),
      [pid, "watched here", "watched here"],
    );
    for (const { type, cause } of downs) {
      assert.deepEqual([type, cause], ["DOWN", { type: "exit", reason: ["large", "x".repeat(10_000)] }]);
    }
  });

  rule("R-302, R-303", "a name on another node is resolved there, once", b, function* remoteName(self, stage) {
    const node = stage.ref("b");
    const name = "first, then another";
    const first = yield* puppetOn(self, stage, "b");
    yield* ask(self, first, "register", name);
    const ref = yield* Process.monitor({ name, node });
    // The connection keeps the order: the name is resolved by now.
    assert((yield* Process.whereisAt(node, name))?.equals(first));
    assert.equal(yield* countOf(self, stage, "b", first), 1);
    yield* Process.send({ name: "counter", node }, { freed: name, from: self.pid });
    yield* self.receive({ match: (message: any) => message?.type === "count" });
    const second = yield* puppetOn(self, stage, "b");
    yield* ask(self, second, "register", name);
    yield* Process.exit(second, { type: "exit", reason: "second" });
    yield* Process.sleep(30);
    assert(!(yield* hasDown(self, ref)));
    yield* Process.exit(first, { type: "exit", reason: "first" });
    const { process, cause } = yield* downOf(self, ref);
    assert.deepEqual(process, { name, node });
    assert.deepEqual(cause, { type: "exit", reason: "first" });
  });

  rule("R-303", "a name is resolved once", { everyOrder: true }, function* once(self, stage) {
    const first = yield* Process.spawn(puppeteer(stage.node));
    yield* Process.register("resolved once", first);
    const ref = yield* Process.monitor("resolved once");
    yield* Process.unregister("resolved once");
    const second = yield* Process.spawn(puppeteer(stage.node));
    yield* Process.register("resolved once", second);
    const other = yield* Process.monitor(second);
    yield* Process.kill(second);
    yield* downOf(self, other);
    assert(!(yield* hasDown(self, ref)));
    yield* Process.kill(first);
    assert.equal((yield* downOf(self, ref)).process, "resolved once");
  });

  rule("R-304", "monitoring what is not there is no error: its DOWN says noproc", function* absent(self) {
    const { pid, ref } = yield* Process.spawnMonitor(brief);
    yield* downOf(self, ref);
    const here = yield* Remote.here();
    for (const process of [pid, "nobody", { name: "nobody", node: here }]) {
      const { cause } = yield* downOf(self, yield* Process.monitor(process));
      assert.equal(cause.type, "noproc");
    }
  });

  rule("R-304", "the same on another node", b, function* absentThere(self, stage) {
    const pid = yield* puppetOn(self, stage, "b");
    const first = yield* Process.monitor(pid);
    yield* Process.kill(pid);
    assert.equal((yield* downOf(self, first)).cause.type, "killed");
    for (const process of [pid, { name: "nobody at all", node: stage.ref("b") }]) {
      const { cause } = yield* downOf(self, yield* Process.monitor(process));
      assert.equal(cause.type, "noproc");
    }
  });

  rule(
    "R-305",
    "a lost connection is noconnection, to a pid and to a name",
    { ...b, faults: [{ type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } }] },
    function* lost(self, stage) {
      const pid = yield* puppetOn(self, stage, "b");
      yield* ask(self, pid, "register", "out of reach");
      const refs = [
        yield* Process.monitor(pid),
        yield* Process.monitor({ name: "out of reach", node: stage.ref("b") }),
      ];
      yield* ask(self, pid, "nothing");
      stage.mark("cut");
      for (const ref of refs) assert.equal((yield* downOf(self, ref)).cause.type, "noconnection");
    },
  );

  rule(
    "R-305",
    "a node that cannot be reached is noconnection",
    {
      ...b,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "crash" }, lastsMs: 3_000, wipe: false }],
      lastsMs: 20_000,
      simulatedOnly: "it waits until an attempt to connect is given up",
    },
    function* unreachable(self, stage) {
      const pid = yield* puppetOn(self, stage, "b");
      const first = yield* Process.monitor(pid);
      stage.mark("crash");
      yield* downOf(self, first);
      const refs = [yield* Process.monitor(pid), yield* Process.monitor({ name: "puppets", node: stage.ref("b") })];
      for (const ref of refs) assert.equal((yield* downOf(self, ref)).cause.type, "noconnection");
    },
  );

  rule(
    "R-305",
    "a pid of an earlier life of a node is noproc at once",
    {
      ...b,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "again" }, lastsMs: 20, wipe: false }],
      lastsMs: 20_000,
      simulatedOnly: "links show it there",
    },
    function* earlier(self, stage) {
      const old = yield* puppetOn(self, stage, "b");
      const first = yield* Process.monitor(old);
      stage.mark("again");
      yield* downOf(self, first);
      for (;;) {
        const ref = yield* Process.monitor({ name: "puppets", node: stage.ref("b") });
        if (yield* Process.demonitor(ref, { flush: true })) {
          const { cause } = yield* downOf(self, yield* Process.monitor(old));
          if (cause.type === "noproc") return;
        }
        yield* Process.sleep(50);
      }
    },
  );

  for (const where of ["a", "b"]) {
    const options = where === "a" ? { everyOrder: true } : b;
    rule(
      `R-307`,
      `after demonitor nothing new comes from ${where}, and what has come stays`,
      options,
      function* demonitored(self, stage) {
        const [early, late] = [yield* puppetOn(self, stage, where), yield* puppetOn(self, stage, where)];
        const came = yield* Process.monitor(early);
        const gone = yield* Process.monitor(late);
        yield* Process.kill(early);
        const told = yield* Process.monitor(early);
        yield* downOf(self, told);
        assert.equal(yield* Process.demonitor(came), false);
        yield* Process.exit(late, { type: "kill" });
        const removed = yield* Process.demonitor(gone);
        // Here the kill has taken effect; a signal from elsewhere is still on its way.
        assert.equal(removed, where === "b");
        yield* Process.sleep(30);
        assert(yield* hasDown(self, came), "a DOWN that waits stays");
        assert.equal(yield* hasDown(self, gone), !removed);
      },
    );

    rule(
      "R-308",
      `a flush takes the one DOWN of its monitor that waits, of a process on ${where}`,
      where === "a" ? {} : b,
      function* flushed(self, stage) {
        const pid = yield* puppetOn(self, stage, where);
        const refs = [];
        for (let count = 0; count < 3; count += 1) refs.push(yield* Process.monitor(pid));
        const [one, two, three] = refs as [Ref, Ref, Ref];
        const text = yield* self.monitor(pid, ({ cause }) => ({ text: cause.type }));
        const tagged = yield* Process.monitor(pid, { tag: ["gone"] });
        const last = yield* Process.monitor(pid);
        yield* Process.kill(pid);
        yield* downOf(self, last);
        assert.equal(yield* Process.demonitor(two, { flush: true }), false);
        assert.equal(yield* Process.demonitor(text, { flush: true }), false);
        assert.equal(yield* Process.demonitor(tagged, { flush: true }), false);
        // A second time there is nothing to take.
        assert.equal(yield* Process.demonitor(two, { flush: true }), false);
        const left: Down[] = [yield* self.receive(), yield* self.receive()];
        assert.deepEqual(new Set(left.map(({ ref }) => ref.key)), new Set([one.key, three.key]));
        assert.equal(yield* self.receive({ within: 0, otherwise: "nothing" }), "nothing");
      },
    );

    rule(
      "R-309",
      `what demonitor answers is so, in a race with 100 kills on ${where}`,
      where === "a" ? {} : b,
      (self, stage) => race(self, stage, where, 100),
    );
  }

  rule("R-309", "what demonitor answers is so, in every order", { everyOrder: true }, (self, stage) =>
    race(self, stage, "a", 2),
  );

  rule("R-308", "a flush finds what a map or a tag made, after a move, too", b, function* moved(self, stage) {
    const { pid: dead, ref } = yield* Process.spawnMonitor(brief);
    yield* downOf(self, ref);
    yield* Process.spawn(flushedElsewhere, dead, stage.ref("b"), self.pid);
    const { answers, left } = yield* self.receive();
    assert.deepEqual(answers, [false, false, false]);
    assert.deepEqual(left, [{ type: "mapped", of: "noproc" }]);
  });

  rule("R-310", "demonitor takes refs of this process and known options only", b, function* foreign(self, stage) {
    const pid = yield* puppetOn(self, stage, "b");
    yield* Process.spawn(function* lends(): LocalGenerator<void> {
      yield* Process.send(self.pid, yield* Process.monitor(pid));
      yield* Process.sleep("infinity");
    });
    const theirs: Ref = yield* self.receive();
    for (const wrong of [theirs, "ref", null, self.pid]) {
      assert.match(yield* failureOf(Process.demonitor(wrong as Ref)), /^TypeError: Process.demonitor: expected a ref/);
    }
    const own = yield* Process.monitor(pid);
    assert.throws(
      () => Process.demonitor(own, { flushed: true } as object),
      /^TypeError: Process.demonitor: expected no/,
    );
    assert.throws(
      () => Process.demonitor(own, { flush: 1 } as object),
      /^TypeError: Process.demonitor: flush: expected/,
    );
    assert.equal(yield* Process.demonitor(own), true);
    // Of a ref that is not awaited any more, or never was a monitor's, it is nothing.
    assert.equal(yield* Process.demonitor(own), false);
    assert.equal(yield* Process.demonitor(yield* Process.alias()), false);
  });

  rule("R-311", "monitoring oneself never fires", { everyOrder: true }, function* oneself(self) {
    const { ref } = yield* Process.spawnMonitor(function* alone(own: Self<any>): LocalGenerator<void> {
      const mine = yield* Process.monitor(own.pid);
      yield* Process.register("myself");
      yield* Process.monitor("myself");
      assert.equal(yield* own.receive({ within: 1, otherwise: "nothing" }), "nothing");
      assert.equal(yield* Process.demonitor(mine), false);
    });
    assert.equal((yield* downOf(self, ref)).cause.type, "normal");
  });

  for (const where of ["a", "b"]) {
    rule(
      "R-312",
      `who is watched on ${where} is watched by nobody who ended or went away`,
      b,
      function* cleaned(self, stage) {
        const pid = yield* puppetOn(self, stage, where);
        const name = `cleaned up on ${where}`;
        yield* ask(self, pid, "register", name);
        const node = where === "a" ? yield* Remote.here() : stage.ref(where);
        const refs = [yield* Process.monitor(pid), yield* Process.monitor({ name, node })];
        const watcher = yield* puppetOn(self, stage, "a");
        yield* ask(self, watcher, "monitor", pid);
        const { ref: gone } = yield* Process.spawnMonitor(function* calls(): LocalGenerator<void> {
          yield* Process.monitor({ name, node });
        });
        yield* downOf(self, gone);
        yield* ask(self, pid, "nothing");
        assert.equal(yield* countOf(self, stage, where, pid), 3);
        for (const ref of refs) yield* Process.demonitor(ref);
        assert.equal(yield* countOf(self, stage, where, pid), 1);
        yield* Process.kill(watcher);
        assert.equal(yield* countOf(self, stage, where, pid), 0);
      },
    );

    rule(
      "R-313",
      `what a process on ${where} sent before it ended comes before its DOWN`,
      where === "a" ? {} : b,
      function* last(self, stage) {
        const pid = yield* puppetOn(self, stage, where);
        const ref = yield* Process.monitor(pid);
        const sends = Array.from({ length: 20 }, (_, index) => ["send", self.pid, index] as const);
        yield* tell(pid, "all", [...sends, ["end", { type: "exit", reason: "said all" }]]);
        for (let index = 0; index < 20; index += 1) assert.equal(yield* self.receive(), index);
        assert(isDown(ref)(yield* self.receive()));
      },
    );

    rule(
      "R-314",
      `a tag stands for DOWN, of a process on ${where}`,
      where === "a" ? {} : b,
      function* tagged(self, stage) {
        const pid = yield* puppetOn(self, stage, where);
        const text = yield* Process.monitor(pid, { tag: "GONE" });
        const data = yield* Process.monitor(pid, { tag: { of: "worker" } });
        const absent = yield* Process.monitor("nobody", { tag: null });
        yield* Process.exit(pid, { type: "shutdown" });
        const said = [yield* downOf(self, text), yield* downOf(self, data), yield* downOf(self, absent)];
        assert.deepEqual(
          said.map(({ type }): unknown => type),
          ["GONE", { of: "worker" }, null],
        );
        assert.deepEqual(
          said.map(({ process, cause }) => [process, cause.type]),
          [
            [pid, "shutdown"],
            [pid, "shutdown"],
            ["nobody", "noproc"],
          ],
        );
      },
    );
  }

  rule(
    "R-312",
    "who watched from a node that is lost watches no more",
    {
      ...b,
      faults: [{ type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } }],
      simulatedOnly: "R-305 shows the other half there",
    },
    function* lostWatcher(self, stage) {
      const pid = yield* puppetOn(self, stage, "a");
      const watcher = yield* puppetOn(self, stage, "b");
      yield* ask(self, watcher, "monitor", pid);
      const ref = yield* Process.monitor(watcher);
      assert.equal(yield* countOf(self, stage, "a", pid), 1);
      stage.mark("cut");
      yield* downOf(self, ref);
      assert.equal(yield* countOf(self, stage, "a", pid), 0);
    },
  );
});

/** What an operation fails with, as text. */
function* failureOf(operation: Operation<unknown>): LocalGenerator<string> {
  try {
    yield* operation;
    return "nothing";
  } catch (error) {
    return String(error);
  }
}

export const { scenarios }: Section = monitors;
