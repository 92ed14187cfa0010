import assert from "node:assert/strict";
import {
  type Alias,
  type Cause,
  type Down,
  type Exit,
  fn,
  type LocalGenerator,
  type NodeRef,
  type Pid,
  Process,
  type Ref,
  Remote,
  remote,
  type Self,
  Server,
  type SpawnReply,
} from "espalier";
import { ask, bootPuppets, puppetOn, tell } from "../puppet.ts";
import { section, type Section, type Stage } from "../rule.ts";

const b = { nodes: ["b"], boot: bootPuppets } as const;

/** What is in the mailbox now. */
function* waiting(self: Self<any>): LocalGenerator<unknown[]> {
  const all: unknown[] = [];
  for (;;) {
    const message: unknown = yield* self.receive({ within: 0, otherwise: nothing });
    if (message === nothing) return all;
    all.push(message);
  }
}

const nothing: unique symbol = Symbol("nothing");

/** Has a process on `where` send these, and waits until they have come. */
function* sent(
  self: Self<any>,
  stage: Stage,
  where: string,
  to: Pid<any>,
  ...messages: unknown[]
): LocalGenerator<void> {
  const sender = yield* puppetOn(self, stage, where);
  yield* ask(
    self,
    sender,
    "all",
    messages.map((message) => ["send", to, message] as const),
  );
}

/** A process goes elsewhere with an active alias, one that is not any more, and one that it takes away there. */
const travels = remote({}, function* travels(self: Self<any>, report: Pid<any>, node: NodeRef, home: NodeRef) {
  const kept: Alias<any> = yield* Process.alias();
  const once: Alias<any> = yield* Process.alias({ mode: "reply" });
  const taken: Alias<any> = yield* Process.alias();
  const over: Alias<any> = yield* Process.alias();
  yield* Process.unalias(over);
  yield* Process.send(report, [kept, once, taken, over]);
  yield* Remote.transfer(node);
  const there: unknown[] = [];
  yield* Process.unalias(taken);
  const made: Alias<any> = yield* Process.alias();
  yield* Process.send(report, made);
  for (;;) {
    const message: any = yield* self.receive();
    if (message === "home") break;
    there.push(message);
  }
  yield* Remote.transfer(home);
  yield* Process.send(report, there);
  for (;;) {
    const message: any = yield* self.receive();
    if (message === "end") break;
    there.push(message);
  }
  yield* Process.send(report, there);
});

/** Takes nothing before `go`, and goes elsewhere with what waits then. */
const isGo = fn((message: unknown) => message === "go");
const isEnd = fn((message: unknown) => message === "end");

const urged = remote({ isGo, isEnd }, function* urged(self: Self<any>, report: Pid<any>, node: NodeRef) {
  yield* Process.send(report, yield* Process.alias({ priority: true }));
  yield* self.receive({ match: isGo });
  yield* Remote.transfer(node);
  yield* Process.send(report, "there");
  yield* self.receive({ match: isEnd });
  const got: any[] = [];
  for (;;) {
    const message: any = yield* self.receive({ within: 0, otherwise: null });
    if (message === null) break;
    got.push(message);
  }
  yield* Process.send(report, got);
});

/** They run until they are told. */
const wanted = remote({}, function* wanted(self: Self<any>) {
  yield* self.receive();
});
const unlinked = remote({}, function* unlinked(self: Self<any>) {
  yield* self.receive();
});
/** They say what they hear of whoever asked for them. Each program has its own: several may run at the same time. */
const orphanHere = remote({ Process }, function* orphanHere(self: Self<any>, report: Pid<any>) {
  yield* Process.trapExit(true);
  yield* Process.send(report, yield* self.receive());
});
const orphanThere = remote({ Process }, function* orphanThere(self: Self<any>, report: Pid<any>) {
  yield* Process.trapExit(true);
  yield* Process.send(report, yield* self.receive());
});
const survivor = remote({}, function* survivor(self: Self<any>) {
  yield* self.receive();
});

/** Answers whoever it is told, twice as often as it was told, and ends. */
const answers = remote({ Process }, function* answers(self: Self<any>, count: number) {
  const to = yield* self.receive();
  for (let n = 1; n <= 2 * count; n += 1) yield* Process.send(to, `answer ${n}`);
});

/** Its end is one of its own. */
const brief = remote({}, function* brief(_self: Self<any>) {
  yield* Process.exit({ type: "exit", reason: "brief" });
});

/** The processes of the node that are called so. */
function named({ node }: Stage, label: string): readonly Pid[] {
  return node.inspect().processes.flatMap((view) => (view.label === label ? [view.pid] : []));
}

const Slow = Server.define({
  init: (_: void) => ({}),
  call: {
    *slow(_state, ms: number) {
      yield* Process.sleep(ms);
      return "late";
    },
  },
});

export const aliases: Section = section(import.meta.url, (rule) => {
  for (const where of ["a", "b"]) {
    const options = where === "a" ? {} : b;

    rule(
      "R-320, R-408",
      `an alias is an address until it is taken away, for senders on ${where}`,
      options,
      function* alias(self, stage) {
        const one = yield* Process.alias();
        const other = yield* Process.alias();
        assert(!one.equals(other));
        yield* sent(self, stage, where, one as any, 1, 2);
        yield* sent(self, stage, where, other as any, 3);
        assert.equal(yield* Process.unalias(one), true);
        assert.equal(yield* Process.unalias(one), false);
        const before = stage.node.inspect().deadLetters;
        yield* sent(self, stage, where, one as any, 4);
        yield* sent(self, stage, where, other as any, 5);
        yield* sent(self, stage, where, self.pid, 6);
        // Of a group that others run in as well, the node counts more.
        if (where === "a") assert.equal(stage.node.inspect().deadLetters, before + 1);
        // What had come by it stays.
        assert.deepEqual(yield* waiting(self), [1, 2, 3, 5, 6]);
      },
    );

    rule(
      "R-321",
      `of what comes to a reply alias from ${where} the first is taken`,
      options,
      function* reply(self, stage) {
        const alias = yield* Process.alias({ mode: "reply" });
        yield* sent(self, stage, where, alias as any, 1, 2, 3);
        assert.deepEqual(yield* waiting(self), [1]);
        assert.equal(yield* Process.unalias(alias), false);
      },
    );

    rule(
      "R-322",
      `the alias of a monitor lives as long as it says, for a process on ${where}`,
      options,
      function* modes(self, stage) {
        const watch = function* (alias: "explicit-unalias" | "demonitor" | "reply-demonitor") {
          const pid = yield* puppetOn(self, stage, where);
          const ref: Alias<any> = yield* Process.monitor(pid, { alias });
          yield* sent(self, stage, where, ref as any, "first");
          assert.deepEqual(yield* waiting(self), ["first"], alias);
          return { pid, ref };
        };
        const ends = function* (pid: Pid, ref: Ref) {
          yield* Process.kill(pid);
          const down: Down = yield* self.receive();
          assert(down.type === "DOWN" && down.ref.equals(ref));
        };
        const silent = function* (to: Alias<any>) {
          yield* sent(self, stage, where, to as any, "dropped");
          assert.deepEqual(yield* waiting(self), []);
        };

        const one = yield* watch("explicit-unalias");
        assert.equal(yield* Process.demonitor(one.ref), true);
        yield* sent(self, stage, where, one.ref as any, "second");
        assert.deepEqual(yield* waiting(self), ["second"]);
        assert.equal(yield* Process.unalias(one.ref), true);
        yield* silent(one.ref);

        const two = yield* watch("explicit-unalias");
        yield* ends(two.pid, two.ref);
        yield* sent(self, stage, where, two.ref as any, "third");
        assert.deepEqual(yield* waiting(self), ["third"]);
        assert.equal(yield* Process.unalias(two.ref), true);
        yield* silent(two.ref);

        const three = yield* watch("demonitor");
        assert.equal(yield* Process.demonitor(three.ref), true);
        yield* silent(three.ref);
        assert.equal(yield* Process.unalias(three.ref), false);

        const four = yield* watch("demonitor");
        yield* ends(four.pid, four.ref);
        yield* silent(four.ref);

        // The first message by it was the reply: the monitor is over.
        const five = yield* watch("reply-demonitor");
        yield* silent(five.ref);
        assert.equal(yield* Process.demonitor(five.ref), false);
        yield* Process.kill(five.pid);
        yield* Process.sleep(20);
        assert.deepEqual(yield* waiting(self), []);

        // Without the alias the monitor is one as before.
        const six = yield* puppetOn(self, stage, where);
        const plain: Alias<any> = yield* Process.monitor(six, { alias: "reply-demonitor" });
        assert.equal(yield* Process.unalias(plain), true);
        yield* silent(plain);
        yield* ends(six, plain);

        const seven = yield* puppetOn(self, stage, where);
        const never: Alias<any> = yield* Process.monitor(seven, { alias: "reply-demonitor" });
        yield* ends(seven, never);
        yield* silent(never);
      },
    );

    rule(
      "R-411",
      `priority messages from ${where} overtake ordinary ones, and not each other`,
      options,
      function* priority(self, stage) {
        const urgent = yield* Process.alias({ priority: true });
        const plain = yield* Process.alias();
        const sender = yield* puppetOn(self, stage, where);
        const acts = [
          ["send", self.pid, 1],
          ["urge", urgent, "first"],
          ["send", urgent as any, 2],
          ["urge", plain, 3],
          ["urge", self.pid as any, 4],
          ["urge", urgent, "second"],
          ["send", self.pid, 5],
          ["urge", urgent, "third"],
        ] as const;
        for (const [how, to, message] of acts) {
          if (how === "send") yield* ask(self, sender, "send", to, message);
          else yield* ask(self, sender, "urge", to, message);
        }
        assert.deepEqual(yield* waiting(self), ["first", "second", "third", 1, 2, 3, 4, 5]);
        yield* Process.unalias(urgent);
        yield* Process.send(urgent, "dropped", { priority: true });
        assert.deepEqual(yield* waiting(self), []);
      },
    );
  }

  rule("R-411", "a DOWN is a priority message where the monitor says so", function* urgentDown(self) {
    const pid = yield* Process.spawn(function* watched(own: Self<any>): LocalGenerator<void> {
      yield* own.receive();
    });
    const urgent = yield* Process.monitor(pid, { priority: true, alias: "explicit-unalias" });
    const plain = yield* Process.monitor(pid);
    for (const message of [1, 2]) yield* Process.send(self.pid, message);
    yield* Process.send(urgent, "urgent", { priority: true });
    yield* Process.kill(pid);
    yield* Process.send(urgent, "more", { priority: true });
    const said = (yield* waiting(self)).map((message: any) => message.ref ?? message);
    assert.deepEqual(said, ["urgent", urgent, "more", 1, 2, plain]);
  });

  rule("R-411", "an EXIT is a priority message where both sides want it", b, function* urgentExit(self, stage) {
    yield* Process.trapExit(true);
    const urgent = yield* Process.alias({ priority: true });
    const plain = yield* Process.alias();
    const over = yield* Process.alias({ priority: true });
    yield* Process.unalias(over);
    const far = yield* puppetOn(self, stage, "b");
    const own: Cause = { type: "exit", reason: "own" };
    yield* Process.send(self.pid, "message");
    for (const to of [over, plain, urgent]) yield* Process.exit(to, own, { priority: true });
    yield* Process.exit(urgent, own);
    yield* ask(self, far, "exitBy", urgent, own);
    const got: any[] = yield* waiting(self);
    assert.deepEqual(
      got.map(({ type, from }: any) => (type === undefined ? "message" : from.equals(far) ? "far" : "own")),
      ["own", "far", "message", "own", "own"],
    );
    // Whoever does not trap exits ends.
    const { ref } = yield* Process.spawnMonitor(function* mortal(mine: Self<any>): LocalGenerator<void> {
      yield* Process.send(self.pid, yield* Process.alias());
      yield* mine.receive();
    });
    const mortal: Alias<any> = yield* self.receive();
    yield* Process.exit(mortal, { type: "kill" });
    const down: Down = yield* self.receive();
    assert(down.ref.equals(ref) && down.cause.type === "killed");
  });

  rule(
    "R-411",
    "a selective receive sees a priority message that came while it waited",
    { everyOrder: true },
    function* selective(self) {
      const alias = yield* Process.alias({ priority: true });
      for (const message of [1, 2, 3]) yield* Process.send(self.pid, message);
      yield* Process.spawn(function* urges(): LocalGenerator<void> {
        yield* Process.send(alias, "not this", { priority: true });
        yield* Process.send(alias, "this", { priority: true });
      });
      assert.equal(yield* self.receive({ match: (message: any) => message === "this" }), "this");
      assert.deepEqual(yield* waiting(self), ["not this", 1, 2, 3]);
    },
  );

  rule(
    "R-411",
    "priority messages come out of the mailbox first wherever it is, and before what was stashed",
    b,
    function* moves(self, stage) {
      const pid = yield* Process.spawn(urged, self.pid, stage.ref("b"));
      const alias: Alias<any> = yield* self.receive();
      for (const message of [1, 2]) yield* Process.send(pid, message);
      for (const message of ["first", "second"]) yield* Process.send(alias, message, { priority: true });
      yield* Process.send(pid, "go");
      assert.equal(yield* self.receive(), "there");
      yield* Process.send(pid, 3);
      yield* Process.send(alias, "third", { priority: true });
      yield* Process.send(pid, "end");
      assert.deepEqual(yield* self.receive(), ["first", "second", "third", 1, 2, 3]);
    },
  );

  rule("R-320, R-321", "aliases go along when their process moves, and back (S232)", b, function* moving(self, stage) {
    const here = yield* Remote.here();
    const pid = yield* Process.spawn(travels, self.pid, stage.ref("b"), here);
    const [kept, once, taken, over]: Alias<any>[] = yield* self.receive();
    const made: Alias<any> = yield* self.receive();
    for (const [index, alias] of [kept, once, taken, over, made, once, kept].entries()) {
      yield* Process.send(alias as Alias<any>, index);
    }
    yield* Process.send(pid, "home");
    assert.deepEqual(yield* self.receive(), [0, 1, 4, 6]);
    for (const [index, alias] of [kept, once, taken, over, made].entries()) {
      yield* Process.send(alias as Alias<any>, 10 + index);
    }
    yield* Process.send(pid, "end");
    assert.deepEqual(yield* self.receive(), [0, 1, 4, 6, 10, 14]);
  });

  rule(
    "R-320",
    "an alias ends with its process, and only that takes it away",
    { everyOrder: true },
    function* ends(self, stage) {
      const { pid, ref } = yield* Process.spawnMonitor(function* makes(own: Self<any>): LocalGenerator<void> {
        yield* Process.send(self.pid, yield* Process.alias());
        yield* own.receive();
      });
      const alias: Alias<any> = yield* self.receive();
      assert.equal(yield* Process.unalias(alias), false);
      const before = stage.node.inspect().deadLetters;
      yield* Process.send(alias, "end");
      assert((yield* self.receive()).ref.equals(ref));
      yield* Process.send(alias, "too late");
      yield* Process.send(pid, "too late");
      assert.equal(stage.node.inspect().deadLetters, before + 2);
    },
  );

  rule("R-323", "a call that was given up leaves nothing in the mailbox", function* givenUp(self) {
    const server = yield* Server.start(Slow, undefined);
    assert.equal(yield* server.call.slow(20).within(5, { otherwise: "given up" }), "given up");
    yield* Process.sleep(60);
    assert.deepEqual(yield* waiting(self), []);
  });

  rule("R-323", "the same across nodes, and by hand", b, function* byHand(self, stage) {
    const pid = yield* puppetOn(self, stage, "b");
    const ref: Alias<any> = yield* Process.monitor(pid, { alias: "reply-demonitor" });
    yield* tell(pid, "send", ref as any, "answer");
    yield* Process.demonitor(ref, { flush: true });
    yield* tell(pid, "end", { type: "exit", reason: "crash" });
    yield* Process.sleep(50);
    assert.deepEqual(yield* waiting(self), []);
  });

  for (const where of ["a", "b"]) {
    rule(
      "R-142",
      `a spawn request to ${where} is answered before anything of the process`,
      b,
      function* requested(self, stage) {
        yield* Process.trapExit(true);
        const on = where === "a" ? yield* Remote.here() : stage.ref(where);
        const ref = yield* Process.spawnRequest(brief, [], { on, link: true, monitor: true });
        const reply: SpawnReply = yield* self.receive();
        assert(reply.type === "SPAWN_REPLY" && reply.ref.equals(ref) && reply.result.type === "started");
        const { pid } = reply.result;
        const others: any[] = [yield* self.receive(), yield* self.receive()];
        const down = others.find(({ type }) => type === "DOWN");
        const exit = others.find(({ type }) => type === "EXIT");
        assert(down.ref.equals(ref) && down.process.equals(pid) && exit.from.equals(pid));
        assert.deepEqual(
          [down.cause, exit.cause].map(({ reason }) => reason),
          ["brief", "brief"],
        );
        assert.equal(yield* Process.abandonSpawn(ref), false);
      },
    );

    rule(
      "R-142",
      `neither link nor monitor of a request to ${where} unless asked for`,
      b,
      function* plain(self, stage) {
        yield* Process.trapExit(true);
        const on = where === "a" ? yield* Remote.here() : stage.ref(where);
        yield* Process.spawnRequest(brief, [], { on });
        const reply: SpawnReply = yield* self.receive();
        assert.equal(reply.result.type, "started");
        assert.equal(yield* self.receive({ within: 50, otherwise: "nothing" }), "nothing");
      },
    );
  }

  rule(
    "R-142",
    "an abandoned request gives no reply, and ends a process that was to be linked",
    b,
    function* abandoned(self, stage) {
      yield* Process.trapExit(true);
      const on = stage.ref("b");
      const ref = yield* Process.spawnRequest(wanted, [], { on, link: true, monitor: true });
      assert.equal(yield* Process.abandonSpawn(ref), true);
      assert.equal(yield* Process.abandonSpawn(ref), false);
      assert.equal(yield* self.receive({ within: 50, otherwise: "nothing" }), "nothing");
      assert.equal(named(stage, "wanted").length, 0);
      // Who is not linked is not ended.
      const other = yield* Process.spawnRequest(unlinked, [], { on, monitor: true });
      assert.equal(yield* Process.abandonSpawn(other), true);
      assert.equal(yield* self.receive({ within: 50, otherwise: "nothing" }), "nothing");
      const [left] = named(stage, "unlinked");
      assert(left !== undefined);
      yield* Process.kill(left);
    },
  );

  for (const where of ["a", "b"]) {
    const asking = where === "a" ? "here" : "on another node";

    rule(
      "R-142",
      `a process that was to be linked ${asking} hears of the end of whoever asked for it before the reply as through the link`,
      b,
      function* orphaned(self, stage) {
        const on = where === "a" ? yield* Remote.here() : stage.ref(where);
        const orphan = where === "a" ? orphanHere : orphanThere;
        // On its way, there and unheard of, or linked already.
        for (let waitMs = 0; waitMs < 10; waitMs += 1) {
          const cause: Cause = waitMs % 2 === 0 ? { type: "exit", reason: "kaboom" } : { type: "kill" };
          const { pid, ref } = yield* Process.spawnMonitor(function* asks(): LocalGenerator<void> {
            yield* Process.spawnRequest(orphan, [self.pid], { on, link: true });
            yield* Process.sleep(waitMs);
            yield* Process.exit(cause);
          });
          yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
          for (let tries = 0; tries < 500 && named(stage, orphan.name).length > 0; tries += 1) yield* Process.sleep(10);
          assert.deepEqual(named(stage, orphan.name), []);
          // If it trapped exits by then it was told; if not, it ended of the same cause.
          for (const told of yield* waiting(self)) {
            const exit = told as Exit;
            assert(exit.from.equals(pid));
            assert.deepEqual(exit.cause, cause);
          }
        }
      },
    );
  }

  rule(
    "R-142",
    "the normal end of whoever asked for a linked process does it no harm, as through any link",
    b,
    function* outlives(self, stage) {
      const { ref } = yield* Process.spawnMonitor(function* asks(): LocalGenerator<void> {
        yield* Process.spawnRequest(survivor, [], { on: stage.ref("b"), link: true });
      });
      yield* self.receive({ match: (message: any) => message.ref?.equals(ref) });
      yield* Process.sleep(50);
      const [left] = named(stage, "survivor");
      assert(left !== undefined);
      yield* Process.kill(left);
    },
  );

  for (const where of ["a", "b"]) {
    rule(
      "R-142",
      `which replies come of requests to ${where} is for whoever asks to say`,
      b,
      function* replies(self, stage) {
        const on = where === "a" ? yield* Remote.here() : stage.ref(where);
        for (const reply of ["yes", "success-only", "no", "error-only"] as const) {
          const ref = yield* Process.spawnRequest(brief, [], { on, monitor: true, reply, replyTag: "tagged" });
          const first = yield* self.receive();
          assert(first.ref.equals(ref));
          const replied = reply === "yes" || reply === "success-only";
          assert.equal(first.type, replied ? "tagged" : "DOWN");
          // The monitor begins with or without one.
          if (replied) assert.equal((yield* self.receive()).type, "DOWN");
        }
      },
    );

    rule(
      "R-140, R-314, R-322",
      `a process that is started on ${where} is monitored under an alias and a tag at once, where that is asked for`,
      b,
      function* monitored(self, stage) {
        const on = where === "a" ? yield* Remote.here() : stage.ref(where);
        const monitor = { alias: "reply-demonitor", tag: "gone" } as const;
        for (const start of ["spawnOpt", "spawnRequest"] as const) {
          let alias: Alias<any>;
          let pid: Pid<any>;
          if (start === "spawnOpt") {
            ({ pid, ref: alias } = yield* Process.spawnOpt({ on, monitor }, answers, 1));
          } else {
            alias = yield* Process.spawnRequest(answers, [1], { on, monitor });
            pid = (yield* self.receive()).result.pid;
          }
          // With the first answer both are over.
          yield* Process.send(pid, alias);
          assert.equal(yield* self.receive(), "answer 1");
          assert.equal(yield* self.receive({ within: 50, otherwise: "nothing" }), "nothing");
        }
        const { pid, ref } = yield* Process.spawnOpt({ on, monitor: { tag: "gone" } }, answers, 0);
        yield* Process.send(pid, ref as any);
        const down = yield* self.receive();
        assert(down.type === "gone" && down.ref.equals(ref));
      },
    );
  }

  rule(
    "R-142",
    "a request that comes to nothing says why, and nothing else",
    {
      ...b,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "crash" }, lastsMs: null, wipe: false }],
      simulatedOnly: "the other node is gone for good",
    },
    function* fails(self, stage) {
      yield* Process.trapExit(true);
      const on = stage.ref("b");
      const gone = yield* Process.monitor({ name: "puppets", node: on });
      stage.mark("crash");
      yield* self.receive({ match: (message: any) => message.ref?.equals(gone) });
      const ref = yield* Process.spawnRequest(wanted, [], { on, link: true, monitor: true });
      const reply: SpawnReply = yield* self.receive();
      assert(reply.ref.equals(ref) && reply.result.type === "failed");
      assert.equal(reply.result.cause.type, "noconnection");
      assert.equal(yield* self.receive({ within: 50, otherwise: "nothing" }), "nothing");
    },
  );
});

export const { scenarios }: Section = aliases;
