import assert from "node:assert/strict";
import {
  type Cause,
  type DeadLetter,
  type LocalGenerator,
  MailboxFullError,
  type MailboxOptions,
  type NodeRef,
  type Pid,
  Process,
  remote,
  Remote,
  type Self,
} from "espalier";
import { ask, bootPuppets, next, puppetOn, tell, type Act } from "../puppet.ts";
import { section, type Section, type Stage, type Start } from "../rule.ts";

const own: Cause = { type: "exit", reason: "own" };
const b = { nodes: ["b"], boot: bootPuppets } as const;

/** Tells `to` whatever it gets, in order: messages, trapped exits and DOWNs. */
const recorder = remote({}, function* recorder(self: Self<any>, to: Pid<any>) {
  yield* Process.trapExit(true);
  for (;;) {
    const got = yield* self.receive();
    if (got === "end") return;
    yield* Process.send(to, got);
  }
});

/** Does many things of all kinds to `to`, moving from node to node on the way. */
const mover = remote({}, function* mover(self: Self<any>, to: Pid<any>, count: number, nodes: readonly NodeRef[]) {
  for (let number = 0; number < count; number += 1) {
    const kind = number % 4;
    if (kind === 0) yield* Process.send(to, { type: "message", number });
    else if (kind === 1) yield* Process.exit(to, { type: "exit", reason: number });
    else if (kind === 2) {
      yield* Process.link(to);
      yield* Process.unlink(to);
      yield* Process.send(to, { type: "message", number });
    } else {
      yield* Process.demonitor(yield* Process.monitor(to));
      yield* Process.exit(to, { type: "exit", reason: number });
    }
    const node = nodes[number % 7];
    if (node !== undefined) yield* Remote.transfer(node);
  }
  yield* self.receive({ within: 0, otherwise: null });
});

/** The numbers of what came, in the order in which it came. */
function numberOf(got: any): number {
  return got.type === "EXIT" ? got.cause.reason : got.number;
}

function counted(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** What somebody does to one receiver, of all kinds: messages and trapped exits are numbered. */
function mixed(to: Pid<any>, count: number): Act {
  const acts: Act[] = [];
  for (let number = 0; number < count; number += 1) {
    acts.push(number % 2 === 0 ? ["send", to, { number }] : ["exit", to, { type: "exit", reason: number }]);
    if (number % 3 === 0) acts.push(["link", to], ["monitor", to]);
    if (number % 5 === 0) acts.push(["unlink", to], ["demonitor"]);
  }
  return ["all", acts];
}

/** What a puppet got, once that is so much; a little later, so that there is no more. */
function* gotBy(self: Self<any>, puppet: Pid<any>, count: number): LocalGenerator<any[]> {
  const got: any[] = [];
  for (let waited = 0; got.length < count && waited < 200; waited += 1) {
    yield* Process.sleep(10);
    got.push(...(yield* ask(self, puppet, "got")));
  }
  yield* Process.sleep(20);
  got.push(...(yield* ask(self, puppet, "got")));
  return got;
}

/** All kinds from one to another, then the sender's end. */
function* inOrder(self: Self<any>, stage: Stage, from: string, where: string): LocalGenerator<void> {
  const sender = yield* puppetOn(self, stage, from);
  const receiver = yield* puppetOn(self, stage, where);
  yield* ask(self, receiver, "trap", true);
  yield* ask(self, receiver, "monitor", sender);
  const count = 31;
  // Linked at the end: the last link comes after the last unlink.
  yield* tell(sender, ...mixed(receiver, count));
  yield* tell(sender, "link", receiver);
  yield* tell(sender, "end", own);
  const got = yield* gotBy(self, receiver, count + 2);
  assert.deepEqual(got.slice(0, count).map(numberOf), counted(count));
  assert.deepEqual(
    got.slice(count).map(({ type, cause }) => [type, cause]),
    [
      ["DOWN", own],
      ["EXIT", own],
    ],
  );
  // What kills comes after what was sent before, and before what was sent after.
  const victim = yield* puppetOn(self, stage, where);
  const killer = yield* puppetOn(self, stage, from);
  const ref = yield* Process.monitor(victim);
  yield* tell(killer, "all", [
    ["send", victim, { type: "told", what: ["send", self.pid, "before"], reply: null }],
    ["send", victim, { type: "told", what: ["nothing"], reply: { to: killer, number: 1 } }],
  ]);
  assert.equal(yield* next(self), "before");
  yield* tell(killer, "all", [
    ["exit", victim, own],
    ["send", victim, { type: "told", what: ["send", self.pid, "after"], reply: null }],
  ]);
  const down = yield* next(self);
  assert(down.ref.equals(ref));
  assert.deepEqual(down.cause, own);
  // Asked after the kill whether it is alive, by whoever killed it: a monitor finds nobody.
  yield* tell(killer, "monitor", victim);
  const [, found] = yield* gotBy(self, killer, 2);
  assert.equal(found.cause.type, "noproc");
}

/** Something of this node and of others. */
function* bootStore(self: Self<any>, start: Start): LocalGenerator<void> {
  yield* bootPuppets(self, start);
  const store = function* store(me: Self<any>): LocalGenerator<void> {
    const kept: number[] = [];
    for (;;) {
      const message = yield* me.receive();
      if (typeof message === "number") kept.push(message);
      else yield* Process.send(message.to, { type: "kept", kept });
    }
  };
  yield* Process.register("store", yield* Process.spawn(store));
}

/** Stays busy until it is told, then takes what there is, slowly. */
function* bootNarrow(self: Self<any>, start: Start): LocalGenerator<void> {
  yield* bootPuppets(self, start);
  const narrow = function* narrow(me: Self<any>, to: Pid<any> | null): LocalGenerator<void> {
    for (;;) {
      const message = yield* me.receive();
      if (message === "end") return;
      if (message?.type === "spawn") {
        const { mailbox, reply } = message;
        const pid = yield* Process.spawnOpt({ mailbox }, slowReader, reply);
        yield* Process.send(reply, { type: "spawned", pid });
      } else if (to !== null) yield* Process.send(to, message);
    }
  };
  yield* Process.register("narrow", yield* Process.spawn(narrow, null));
}

/** Takes a message every 10 ms, once it has been let: an exit signal that it traps says so. */
function* slowReader(self: Self<any>, to: Pid<any>): LocalGenerator<void> {
  yield* Process.trapExit(true);
  const isExit = (message: any): boolean => message?.type === "EXIT";
  yield* self.receive({ match: isExit });
  for (;;) {
    const message = yield* self.receive();
    if (message === "end" || isExit(message)) return;
    yield* Process.send(to, { type: "read", message });
    yield* Process.sleep(10);
  }
}

/** Waits, for a while, until something has come about. */
function* until(isSo: () => boolean): LocalGenerator<void> {
  for (let waited = 0; !isSo(); waited += 1) {
    assert(waited < 200, "in time");
    yield* Process.sleep(10);
  }
}

/** A reader with a bounded mailbox on `where`. */
function* readerOn(self: Self<any>, stage: Stage, where: string, mailbox: object): LocalGenerator<Pid<any>> {
  if (where === "a") {
    const pid = yield* Process.spawnOpt({ mailbox: mailbox as MailboxOptions }, slowReader, self.pid);
    // It traps exits from its first step on.
    yield* Process.sleep(1);
    return pid;
  }
  const narrow = yield* Process.whereisAt(stage.ref(where), "narrow");
  yield* Process.send(narrow as Pid<any>, { type: "spawn", mailbox, reply: self.pid });
  return (yield* next(self)).pid;
}

/** Two senders that wait for room: nothing is lost, each sender's order is kept, and no more than fits has been sent. */
function* backPressure(self: Self<any>, stage: Stage, where: string): LocalGenerator<void> {
  const reader = yield* readerOn(self, stage, where, { capacity: 3 });
  const sent = [0, 0];
  const senders: Pid[] = [];
  for (const sender of [0, 1]) {
    senders.push(
      yield* Process.spawn(function* sends(): LocalGenerator<void> {
        for (let number = 0; number < 20; number += 1) {
          yield* Process.send(reader, { sender, number });
          sent[sender] = number + 1;
        }
      }),
    );
  }
  const taken = (): number => (sent[0] as number) + (sent[1] as number);
  yield* until(() => taken() >= 3);
  yield* Process.sleep(100);
  assert.equal(taken(), 3, "no more than fits was taken");
  // What is no message is not bounded.
  yield* Process.exit(reader, own);
  const read: any[] = [];
  while (read.length < 40) read.push((yield* next(self, 2_000)).message);
  for (const sender of [0, 1]) {
    const numbers = read.filter((message) => message.sender === sender).map(({ number }) => number);
    assert.deepEqual(numbers, counted(20));
  }
  yield* Process.send(reader, "end");
}

/** Whoever waits and is killed sends nothing; when the reader ends, whoever waits goes on. */
function* released(self: Self<any>, stage: Stage, where: string): LocalGenerator<void> {
  const reader = yield* readerOn(self, stage, where, { capacity: 1 });
  const gone = yield* Process.monitor(reader);
  let went = 0;
  const send = function* sends(_me: Self<any>, message: unknown): LocalGenerator<void> {
    yield* Process.send(reader, message);
    went += 1;
  };
  yield* Process.send(reader, 1);
  const killed = yield* Process.spawn(send, 2);
  yield* Process.sleep(50);
  yield* Process.spawn(send, 3);
  yield* Process.sleep(50);
  assert.equal(went, 0);
  yield* Process.kill(killed);
  yield* Process.sleep(50);
  yield* Process.exit(reader, own);
  assert.deepEqual([(yield* next(self)).message, (yield* next(self)).message], [1, 3]);
  yield* until(() => went === 1);
  for (const message of [4, 5, 6]) yield* Process.spawn(send, message);
  yield* Process.kill(reader);
  while (!((yield* next(self)).ref?.equals(gone) ?? false));
  yield* until(() => went === 4);
  // And whoever comes later does not wait.
  yield* Process.send(reader, 7);
}

const cut = { type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } } as const;

export const signals: Section = section(import.meta.url, (rule) => {
  rule("R-401", "signals of all kinds from one process to another take effect in the order sent", (self, stage) =>
    inOrder(self, stage, "a", "a"),
  );

  rule("R-401", "the same from node to node", { ...b, lastsMs: 2_000 }, function* across(self, stage) {
    yield* inOrder(self, stage, "a", "b");
    yield* inOrder(self, stage, "b", "a");
  });

  rule(
    "R-401",
    "the same when the sender moves from node to node meanwhile",
    { ...b, lastsMs: 20_000 },
    function* moves(self, stage) {
      const nodes = [stage.ref("b"), stage.ref("a")];
      for (const receiver of [yield* Process.spawn(recorder, self.pid), yield* puppetOn(self, stage, "b")]) {
        const isHere = receiver.address.id === self.pid.address.id;
        if (!isHere) yield* ask(self, receiver, "trap", true);
        const { ref } = yield* Process.spawnMonitor(mover, receiver, 28, nodes);
        const got: any[] = [];
        for (;;) {
          const message = yield* next(self);
          if (message.ref?.equals(ref) === true) {
            assert.equal(message.cause.type, "normal");
            break;
          }
          got.push(message);
        }
        yield* Process.sleep(500);
        if (!isHere) got.push(...(yield* ask(self, receiver, "got")));
        else for (let message; (message = yield* next(self, 0)) !== null;) got.push(message);
        assert.deepEqual(got.map(numberOf), counted(28));
      }
    },
  );

  rule(
    "R-401",
    "the same when the receiver is moved meanwhile",
    { nodes: ["b", "c"], boot: bootPuppets, lastsMs: 20_000 },
    function* moved(self, stage) {
      const receiver = yield* Process.spawn(recorder, self.pid);
      const senders = [yield* puppetOn(self, stage, "a"), yield* puppetOn(self, stage, "b")];
      for (const [index, where] of ["b", "c", "a", "c", "a"].entries()) {
        for (const sender of senders) yield* tell(sender, ...mixed(receiver, 12));
        if (index % 2 === 1) yield* Process.sleep(1);
        yield* Process.migrate(receiver, stage.ref(where));
        const got = new Map<string, number[]>(senders.map(({ key }) => [key, []]));
        const all: any[] = [];
        for (let count = 0; count < 24; count += 1) all.push(yield* next(self, 2_000));
        // Exits say whose they are; of the messages there are as many of each number as senders.
        for (const message of all) if (message.type === "EXIT") got.get(message.from.key)?.push(numberOf(message));
        for (const numbers of got.values()) assert.deepEqual(numbers, [1, 3, 5, 7, 9, 11]);
        const rest = all.filter(({ type }) => type !== "EXIT").map(numberOf);
        assert.deepEqual(
          rest.toSorted((x, y) => x - y),
          [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10],
        );
        for (const [at, { from, cause }] of all.entries()) {
          if (from === undefined) continue;
          const before = all.slice(0, at).filter((message) => message.number === cause.reason - 1);
          assert(before.length > 0, "its message came before its exit signal");
        }
      }
      yield* Process.send(receiver, "end");
    },
  );

  rule("R-403", "between processes of a node no signal is ever lost", function* kept(self, stage) {
    const receiver = yield* puppetOn(self, stage, "a");
    yield* ask(self, receiver, "trap", true);
    for (let number = 0; number < 20_000; number += 1) yield* Process.send(receiver, { number });
    yield* Process.exit(receiver, { type: "exit", reason: 20_000 });
    const got: any[] = yield* ask(self, receiver, "got");
    assert.deepEqual(got.map(numberOf), counted(20_001));
  });

  rule(
    "R-403, R-404",
    "what arrives over a connection that breaks is the beginning of what was sent, what comes later is later, and links and monitors tell of the gap",
    { nodes: ["b"], boot: bootStore, faults: [cut], lastsMs: 5_000 },
    function* breaks(self, stage) {
      const store = (yield* Process.whereisAt(stage.ref("b"), "store")) as Pid<any>;
      yield* Process.trapExit(true);
      yield* Process.link(store);
      yield* Process.monitor(store);
      yield* Process.send(store, { to: self.pid });
      assert.equal((yield* next(self)).type, "kept");
      for (let number = 0; number < 300; number += 1) {
        yield* Process.send(store, number);
        if (number === 100) stage.mark("cut");
        if (number % 10 === 0) yield* Process.sleep(1);
      }
      const told = [yield* next(self), yield* next(self)];
      for (const { cause } of told) assert.equal(cause.type, "noconnection");
      assert.deepEqual(new Set(told.map(({ type }) => type)), new Set(["DOWN", "EXIT"]));
      // Its store was linked, and did not trap exits: what is there now is nobody, unless the link had not come to it.
      yield* Process.sleep(100);
      assert.equal(yield* next(self, 0), null);
    },
  );

  rule(
    "R-403, R-404",
    "the same for a receiver that goes on: a beginning, one gap, and the rest in order",
    { nodes: ["b"], boot: bootStore, faults: [cut], lastsMs: 5_000 },
    function* goesOn(self, stage) {
      const store = (yield* Process.whereisAt(stage.ref("b"), "store")) as Pid<any>;
      const ref = yield* Process.monitor(store);
      for (let number = 0; number < 300; number += 1) {
        yield* Process.send(store, number);
        if (number === 100) stage.mark("cut");
        if (number % 10 === 0) yield* Process.sleep(1);
      }
      yield* Process.sleep(100);
      yield* Process.send(store, { to: self.pid });
      const down = yield* self.receive({ match: (message: any) => message.type === "DOWN" });
      assert(down.ref.equals(ref));
      const { kept } = yield* next(self);
      const gaps = kept.slice(1).filter((number: number, index: number) => number !== kept[index] + 1).length;
      assert.deepEqual(
        kept,
        kept.toSorted((x: number, y: number) => x - y),
      );
      assert.equal(new Set(kept).size, kept.length);
      assert.equal(kept[0], 0);
      assert.equal(kept.at(-1), 299);
      assert(gaps <= 1, `${gaps} gaps, and one connection was lost`);
    },
  );

  rule(
    "R-408",
    "a message for a pid that is gone or cannot be reached is a dead letter, for a name that nobody has an error",
    {
      ...b,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "crash" }, lastsMs: null }],
      lastsMs: 100,
      simulatedOnly: "R-141 shows there what a dead node does",
    },
    function* dropped(self: Self<any>, stage) {
      const far = yield* puppetOn(self, stage, "b");
      const { pid } = yield* Process.spawnMonitor(function* brief(): LocalGenerator<void> {});
      yield* self.receive();
      stage.mark("crash");
      yield* Process.sleep(10);
      yield* Process.monitorDeadLetters();
      const { deadLetters } = stage.node.inspect();
      assert.equal(yield* Process.send(pid as Pid<any>, "to the dead"), undefined);
      const first: DeadLetter = yield* self.receive();
      assert(first.from?.equals(self.pid));
      assert.deepEqual([first.to, first.message, first.reason], [pid, "to the dead", "noproc"]);
      assert.equal(yield* Process.send(far, "to the lost"), undefined);
      const second: DeadLetter = yield* self.receive();
      assert.deepEqual([second.message, second.reason], ["to the lost", "noconnection"]);
      assert.equal(stage.node.inspect().deadLetters, deadLetters + 2);
      let reason: Cause | null = null;
      try {
        yield* Process.send("nobody has this name", 1);
      } catch (error) {
        ({ reason } = error as { reason: Cause });
      }
      assert.equal(reason?.type, "noproc");
    },
  );

  rule(
    "R-409",
    "sending takes no time, however congested the connection is and whoever it is to",
    {
      ...b,
      faults: [
        {
          type: "throttle",
          link: ["a", "b"],
          bytesPerSecond: 20_000,
          atMs: 0,
          after: { mark: "congest" },
          lastsMs: 500,
        },
      ],
      lastsMs: 10_000,
      simulatedOnly: "it reads virtual time",
    },
    function* atOnce(self, stage) {
      const far = yield* puppetOn(self, stage, "b");
      stage.mark("congest");
      yield* Process.sleep(1);
      const before = yield* Process.now();
      for (let number = 0; number < 500; number += 1) yield* Process.send(far, { number, text: "x".repeat(100) });
      assert.equal(yield* Process.now(), before);
      assert.equal(yield* ask(self, far, "nothing"), null);
      const got: any[] = yield* ask(self, far, "got");
      assert.deepEqual(got.map(numberOf), counted(500));
    },
  );

  rule(
    "R-409",
    "a process with a bounded mailbox holds back its senders, and nobody and nothing else (S228)",
    (self, stage) => backPressure(self, stage, "a"),
  );

  const narrow = { nodes: ["b"], boot: bootNarrow, lastsMs: 5_000 } as const;

  rule("R-409", "the same from another node", narrow, (self, stage) => backPressure(self, stage, "b"));

  rule(
    "R-409",
    "whoever waits for room and is killed leaves nothing, and a reader that ends lets its senders go (S229)",
    (self, stage) => released(self, stage, "a"),
  );

  rule("R-409", "the same from another node, when somebody is killed or ends", narrow, (self, stage) =>
    released(self, stage, "b"),
  );

  rule(
    "R-409",
    "a full mailbox that fails hands the message back, one that drops does not",
    narrow,
    function* full(self, stage) {
      for (const where of ["a", "b"]) {
        const fails = yield* readerOn(self, stage, where, { capacity: 2, whenFull: "fail" });
        yield* Process.send(fails, 1);
        yield* Process.send(fails, 2);
        let error: unknown = null;
        try {
          yield* Process.send(fails, { too: "much" });
        } catch (thrown) {
          error = thrown;
        }
        assert(error instanceof MailboxFullError);
        assert.deepEqual([error.code, error.value, error.to.key], ["MAILBOX_FULL", { too: "much" }, fails.key]);
        yield* Process.exit(fails, own);
        assert.deepEqual([(yield* next(self)).message, (yield* next(self)).message], [1, 2]);
        for (const [whenFull, left] of [
          ["drop-newest", [1, 2]],
          ["drop-oldest", [3, 4]],
        ] as const) {
          const drops = yield* readerOn(self, stage, where, { capacity: 2, whenFull });
          for (const message of [1, 2, 3, 4]) yield* Process.send(drops, message);
          yield* Process.exit(drops, own);
          assert.deepEqual([(yield* next(self)).message, (yield* next(self)).message], left);
          yield* Process.send(drops, "end");
        }
        yield* Process.send(fails, "end");
      }
    },
  );

  rule(
    "R-409",
    "whoever waits for room across a connection that breaks goes on, and waits no more over there",
    { ...narrow, faults: [cut] },
    function* lost(self, stage) {
      const reader = yield* readerOn(self, stage, "b", { capacity: 1 });
      yield* Process.send(reader, 1);
      let went = false;
      yield* Process.spawn(function* sends(): LocalGenerator<void> {
        yield* Process.send(reader, 2);
        went = true;
      });
      yield* Process.sleep(100);
      assert.equal(went, false);
      stage.mark("cut");
      yield* until(() => went);
      yield* Process.exit(reader, own);
      assert.equal((yield* next(self)).message, 1);
      assert.equal(yield* next(self, 200), null);
      yield* Process.send(reader, "end");
    },
  );

  rule(
    "R-410",
    "receive takes the oldest message that matches, leaves the others in order, and polls with 0",
    { everyOrder: true },
    function* selective(self) {
      for (const number of [1, 12, 3, 14, 5]) yield* Process.send(self.pid, number);
      const match = (number: number): boolean => number > 10;
      assert.equal(yield* self.receive({ match }), 12);
      assert.equal(yield* self.receive(), 1);
      assert.equal(yield* self.receive({ match, within: 0 }), 14);
      assert.equal(yield* self.receive({ match, within: 0, otherwise: null }), null);
      const before = yield* Process.now();
      assert.equal(yield* self.receive({ match, within: 5, otherwise: "late" }), "late");
      assert((yield* Process.now()) >= before + 5);
      yield* Process.sendAfter(1, self.pid, 20);
      assert.equal(yield* self.receive({ match }), 20);
      assert.deepEqual([yield* self.receive({ within: 0 }), yield* self.receive({ within: 0 })], [3, 5]);
      assert.equal(yield* self.receive({ within: 0, otherwise: "empty" }), "empty");
    },
  );
});

export const { scenarios }: Section = signals;
