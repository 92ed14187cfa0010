import assert from "node:assert/strict";
import {
  Global,
  NameTakenError,
  Nodes,
  Process,
  Server,
  type GlobalNameConflict,
  type LocalGenerator,
  type LockId,
  type NodeRef,
  type Pid,
  type Self,
  type ViaName,
} from "espalier";
import { section, type Section, type Stage, type Start } from "../rule.ts";

function* idle(self: Self<any>, heard: unknown[] = []): LocalGenerator<void> {
  for (;;) heard.push(yield* self.receive());
}

function* holding(self: Self<any>, id: LockId, held: Pid<any>): LocalGenerator<void> {
  yield* Global.setLock(id);
  yield* Process.send(held, "held");
  yield* self.receive();
}

/** How often a resolver of our own has run, by the name. */
const resolved = new Map<string, number>();

function* keepsFirst(name: string, one: Pid<any>, other: Pid<any>): LocalGenerator<Pid<any>> {
  resolved.set(name, (resolved.get(name) ?? 0) + 1);
  return one.serial < other.serial ? one : other;
}

const resolvers = { ...Global, keepsFirst };
type Resolver = "randomExit" | "randomNotify" | "notifyAll" | "keepsFirst";

/** What a node does for the programs that run on another. */
const Puppet = Server.define({
  init: () => ({ heard: new Map<string, unknown[]>() }),
  call: {
    *register(state, name: string, resolver: Resolver) {
      const heard: unknown[] = [];
      const pid = yield* Process.spawn(idle, heard);
      state.heard.set(name, heard);
      return { pid, given: yield* Global.register(name, pid, resolvers[resolver]) };
    },
    spawn: () => Process.spawn(idle, []),
    heard: (state, name: string) => state.heard.get(name) ?? [],
    unregister: (_state, name: string) => Global.unregister(name),
    end: (_state, pid: Pid) => Process.kill(pid),
    resolve: (_state, name: ViaName<any>) => Process.whereis(name),
    whereis: (_state, name: string) => Global.whereis<any>(name),
    registered: () => Global.registered(),
    setLock: (_state, id: LockId, retries: number) => Global.setLock(id, undefined, retries),
    delLock: (_state, id: LockId) => Global.delLock(id),
    *hold(_state, id: LockId) {
      const self = yield* Process.whereis<any>("puppet");
      return yield* Process.spawn(holding, id, self as Pid<any>);
    },
    connect: (_state, node: NodeRef) => Nodes.connect(node),
  },
  info: () => {},
  cast: {
    *registerLater(state, name: string, resolver: Resolver) {
      yield* Process.sleep("40ms");
      const heard: unknown[] = [];
      const pid = yield* Process.spawn(idle, heard);
      state.heard.set(name, heard);
      yield* Global.register(name, pid, resolvers[resolver]);
    },
  },
});

function* boot(): LocalGenerator<void> {
  yield* Global.start();
  yield* Server.start(Puppet, undefined, { name: "puppet" });
}

/** On c somebody has the name of Global, and is silent; on b nobody has. */
function* bootSilent(_self: Self<any>, { name }: Start): LocalGenerator<void> {
  if (name === "c") yield* Process.register("global", yield* Process.spawn(idle, []));
}

function* until(what: string, holds: () => LocalGenerator<boolean>): LocalGenerator<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (yield* holds()) return;
    yield* Process.sleep("5ms");
  }
  assert.fail(`it never came to: ${what}`);
}

/** Global runs here, whoever of the programs is the first; and knows that it runs there. */
function* meet(stage: Stage, ...names: readonly string[]): LocalGenerator<void> {
  try {
    yield* Global.start();
  } catch (error) {
    assert(error instanceof NameTakenError);
  }
  for (const name of names) {
    const node = stage.ref(name);
    yield* until("a connection", function* () {
      return yield* Nodes.connect(node);
    });
    yield* known(stage, name);
  }
  // They all know each other.
  if (names.length < 2) return;
  yield* there(stage, "b").connect(stage.ref("c"));
  const { pid } = yield* there(stage, "c").register(`probe of both ${yield* unique()}`, "randomExit");
  yield* until("the names of each other", function* () {
    return (yield* there(stage, "b").registered()).some((name) => name.startsWith("probe of both"));
  });
  yield* there(stage, "c").end(pid);
}

/** A text that no other program has: two of them may be here at the same time. */
function* unique(): LocalGenerator<string> {
  return (yield* Process.alias()).key;
}

/** Waits until the two nodes know each other's names. */
function* known(stage: Stage, name: string): LocalGenerator<void> {
  const probe = `probe of ${name} ${yield* unique()}`;
  const call = there(stage, name);
  const { pid } = yield* call.register(probe, "randomExit");
  yield* until("the names of the other node", function* () {
    return (yield* Global.whereis(probe)) !== undefined;
  });
  yield* call.end(pid);
}

function there(stage: Stage, name: string) {
  return Server.ref(Puppet, { name: "puppet", node: stage.ref(name) }).call;
}

function* reasonOf(doing: LocalGenerator<unknown>): LocalGenerator<any> {
  try {
    yield* doing;
  } catch (error) {
    return (error as { reason: unknown }).reason;
  }
  return assert.fail("it did not fail");
}

const b = { nodes: ["b"], boot };
const bc = { nodes: ["b", "c"], boot };
const cuts = "it breaks the connections that the others use";

export const globals: Section = section(import.meta.url, (rule) => {
  rule("R-1320", "a name is given once, and when it is given all nodes know", bc, function* given(_self, stage) {
    yield* meet(stage, "b", "c");
    const ours = yield* Process.spawn(idle, []);
    assert.equal(yield* Global.register("once", ours), true);
    for (const name of ["b", "c"]) assert((yield* there(stage, name).whereis("once"))?.equals(ours));
    assert.equal(yield* Global.register("once", ours), false);
    assert.equal((yield* there(stage, "b").register("once", "randomExit")).given, false);
    assert((yield* Global.registered()).includes("once"));
    assert((yield* there(stage, "c").registered()).includes("once"));
  });

  rule(
    "R-1320",
    "after a sync the names of all that it is connected with are known",
    bc,
    function* synced(_self, stage) {
      // They are connected before this node asks anybody for names.
      const { pid: ofB } = yield* there(stage, "b").register("synced b", "randomExit");
      const { pid: ofC } = yield* there(stage, "c").register("synced c", "randomExit");
      try {
        yield* Global.start();
      } catch (error) {
        assert(error instanceof NameTakenError);
      }
      yield* Global.sync();
      assert((yield* Global.whereis("synced b"))?.equals(ofB));
      assert((yield* Global.whereis("synced c"))?.equals(ofC));
    },
  );

  rule(
    "R-1320",
    "a node that has nothing to say does not hold up a sync",
    {
      nodes: ["b", "c"],
      boot: bootSilent,
      faults: [{ type: "crash", node: "c", atMs: 5, after: { mark: "syncing" }, forGood: true }],
      simulatedOnly: "another node of no use to other rules",
    },
    function* silent(_self, stage) {
      assert.equal((yield* reasonOf(Global.sync())).type, "noproc");
      yield* Global.start();
      yield* Global.sync();
      yield* Nodes.connect(stage.ref("b"));
      yield* Global.sync();
      // It has the name, says nothing, and is lost.
      yield* Nodes.connect(stage.ref("c"));
      stage.mark("syncing");
      yield* Global.sync();
      assert.deepEqual(
        (yield* Nodes.list()).map(({ id }) => id),
        [stage.ref("b").id],
      );
    },
  );

  rule("R-1320", "a global name is a value that travels", b, function* travels(_self, stage) {
    yield* meet(stage, "b");
    const ours = yield* Process.spawn(idle, []);
    yield* Global.register("sent on", ours);
    assert((yield* there(stage, "b").resolve(Global.name("sent on")))?.equals(ours));
  });

  rule("R-1320", "of those who want a name at the same time one gets it", bc, function* raced(_self, stage) {
    yield* meet(stage, "b", "c");
    const outcomes: boolean[] = [];
    for (let contender = 0; contender < 3; contender += 1) {
      yield* Process.spawn(function* () {
        const name = ["a", "b", "c"][contender] as string;
        const given =
          name === "a"
            ? yield* Global.register("raced", yield* Process.spawn(idle, []))
            : (yield* there(stage, name).register("raced", "randomExit")).given;
        outcomes.push(given);
      });
    }
    yield* until("three outcomes", function* () {
      return outcomes.length === 3;
    });
    assert.equal(outcomes.filter(Boolean).length, 1);
    const ours = yield* Global.whereis<any>("raced");
    assert(ours !== undefined && (yield* there(stage, "b").whereis("raced"))?.equals(ours));
    assert((yield* there(stage, "c").whereis("raced"))?.equals(ours));
  });

  rule(
    "R-1320",
    "reregister replaces, and unregister takes the name away everywhere",
    bc,
    function* taken(_self, stage) {
      yield* meet(stage, "b", "c");
      const { pid: theirs } = yield* there(stage, "b").register("passed on", "randomExit");
      yield* until("the name", function* () {
        return (yield* Global.whereis<any>("passed on"))?.equals(theirs) === true;
      });
      const ours = yield* Process.spawn(idle, []);
      yield* Global.reregister("passed on", ours);
      for (const name of ["b", "c"]) assert((yield* there(stage, name).whereis("passed on"))?.equals(ours));
      assert((yield* Global.whereis<any>("passed on"))?.equals(ours));
      yield* there(stage, "c").unregister("passed on");
      for (const name of ["b", "c"]) assert.equal(yield* there(stage, name).whereis("passed on"), undefined);
      assert.equal(yield* Global.whereis("passed on"), undefined);
      assert(!(yield* Global.registered()).includes("passed on"));
      // Whose process it is does not matter.
      const third = yield* there(stage, "c").spawn();
      assert.equal(yield* Global.register("passed on", third), true);
      assert((yield* there(stage, "b").whereis("passed on"))?.equals(third));
      yield* Global.unregister("passed on");
      yield* Global.unregister("passed on");
      assert.equal(yield* there(stage, "c").whereis("passed on"), undefined);
    },
  );

  rule("R-1320", "the name of a process that ends is free everywhere", bc, function* ended(_self, stage) {
    yield* meet(stage, "b", "c");
    const { pid } = yield* there(stage, "b").register("mortal", "randomExit");
    yield* there(stage, "b").end(pid);
    for (const name of ["b", "c"]) {
      yield* until("no name", function* () {
        return (yield* there(stage, name).whereis("mortal")) === undefined;
      });
    }
    yield* until("a free name", function* () {
      return (yield* Global.whereis("mortal")) === undefined;
    });
    const ours = yield* Process.spawn(idle, []);
    assert.equal(yield* Global.register("mortal", ours), true);
    yield* Process.kill(ours);
    assert.equal(yield* Global.whereis("mortal"), undefined, "one's own is gone at once");
    assert.equal(yield* Global.register("mortal", yield* Process.spawn(idle, [])), true);
  });

  rule(
    "R-1320",
    "the names of a node that crashes are gone",
    {
      ...b,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "registered" }, lastsMs: 200, wipe: false }],
      lastsMs: 2_000,
    },
    function* crashed(_self, stage) {
      yield* meet(stage, "b");
      yield* there(stage, "b").register("crashed", "randomExit");
      assert((yield* Global.whereis("crashed")) !== undefined);
      stage.mark("registered");
      yield* until("no name", function* () {
        return (yield* Global.whereis("crashed")) === undefined;
      });
      assert.equal(yield* Global.register("crashed", yield* Process.spawn(idle, [])), true);
      yield* meet(stage, "b");
      yield* until("the name in the next life", function* () {
        return (yield* there(stage, "b").whereis("crashed")) !== undefined;
      });
    },
  );

  rule("R-1320", "a name of the cluster stands where a name does", b, function* via(self: Self<any>, stage) {
    yield* meet(stage, "b");
    const name = Global.name<any>("the post");
    yield* Global.register("the post", self.pid);
    yield* Process.send(name, "a letter");
    assert.equal(yield* self.receive(), "a letter");
    const Echo = Server.define({ init: () => null, call: { echo: (_state: null, what: string) => what } });
    const echo = yield* Server.start(Echo, undefined, { name: Global.name("echo") });
    assert.equal(yield* Server.ref(Echo, Global.name("echo")).call.echo("hallo"), "hallo");
    assert((yield* there(stage, "b").whereis("echo"))?.equals(echo.pid));
    const again = yield* Process.start(idle, [], { name: Global.name("echo") });
    assert.equal(again.type, "already-started");
    yield* Server.shutdown(echo);
    yield* Global.unregister("the post");
  });

  for (const resolver of ["randomExit", "randomNotify", "notifyAll", "keepsFirst"] as const) {
    rule(
      "R-1321",
      `two processes of one name are resolved by ${resolver} when their nodes meet`,
      { ...b, simulatedOnly: cuts },
      function* merged(_self, stage) {
        yield* meet(stage, "b");
        const node = stage.ref("b");
        const remote = Server.ref(Puppet, { name: "puppet", node });
        const name = `both ${resolver}`;
        yield* remote.cast.registerLater(name, resolver);
        yield* Nodes.disconnect(node);
        const heard: unknown[] = [];
        resolved.clear();
        const ours = yield* Process.spawn(idle, heard);
        assert.equal(yield* Global.register(name, ours, resolvers[resolver]), true);
        yield* Process.sleep("100ms");
        yield* until("one opinion", function* () {
          const here = yield* Global.whereis<any>(name);
          const over = yield* remote.call.whereis(name);
          if (resolver === "notifyAll") return here === undefined && over === undefined;
          return here !== undefined && over !== undefined && here.equals(over);
        });
        yield* Process.sleep("50ms");
        const isOursFirst = stage.node.ref.id < node.id;
        const winner = yield* Global.whereis<any>(name);
        switch (resolver) {
          case "randomExit":
            assert.equal(winner?.address.id === ours.address.id, isOursFirst);
            assert.equal(yield* Process.alive(ours), isOursFirst);
            return;
          case "randomNotify": {
            assert.equal(winner?.equals(ours), isOursFirst);
            const told: GlobalNameConflict[] = [{ type: "global_name_conflict", name }];
            assert.deepEqual(heard, isOursFirst ? [] : told);
            assert.deepEqual(yield* remote.call.heard(name), isOursFirst ? told : []);
            return;
          }
          case "notifyAll":
            for (const conflicts of [heard, yield* remote.call.heard(name)]) {
              assert.equal(conflicts.length, 1);
              assert.equal((conflicts[0] as GlobalNameConflict).type, "global_name_conflict");
            }
            return;
          case "keepsFirst":
            // Both nodes are in this thread.
            assert.equal(resolved.get(name), 1);
        }
      },
    );
  }

  rule("R-1322", "nobody is found under a name that nobody has, and sending to it fails", function* nobody(self) {
    yield* Global.start();
    assert.equal(yield* Global.whereis("nobody"), undefined);
    assert.deepEqual(yield* reasonOf(Global.send("nobody", 1)), { type: "noproc", what: "nobody" });
    yield* Global.register("somebody", self.pid);
    assert((yield* Global.send<any>("somebody", 1)).equals(self.pid));
    assert.equal(yield* self.receive(), 1);
  });

  rule("R-1323", "a lock has one requester, which may set it again", bc, function* locked(_self, stage) {
    yield* meet(stage, "b", "c");
    const lock = { resource: "door", requester: "a" };
    const other = { resource: "door", requester: "b" };
    assert.equal(yield* Global.setLock(lock), true);
    assert.equal(yield* Global.setLock(lock), true);
    assert.equal(yield* there(stage, "b").setLock(other, 0), false);
    assert.equal(yield* there(stage, "c").setLock(lock, 0), true, "in the name of the same requester");
    yield* Global.delLock(lock);
    assert.equal(yield* there(stage, "b").setLock(other, 0), false, "until everybody has let go");
    yield* there(stage, "c").delLock(lock);
    assert.equal(yield* there(stage, "b").setLock(other, 0), true);
    assert.equal(yield* Global.setLock(lock, undefined, 0), false);
    assert.equal(yield* Global.setLock(lock, [stage.node.ref], 0), false);
    yield* there(stage, "b").delLock(other);
    assert.equal(yield* Global.setLock(lock, [stage.ref("b")], 0), true);
    assert.equal(yield* Global.setLock(other, [stage.ref("c")], 0), true, "other nodes, another lock");
    yield* Global.delLock(lock);
    yield* Global.delLock(other);
  });

  rule("R-1323", "a lock is set once whoever held it lets go or ends", bc, function* waited(_self, stage) {
    yield* meet(stage, "b", "c");
    const lock = { resource: "gate", requester: "them" };
    const ours = { resource: "gate", requester: "us" };
    const holder = yield* there(stage, "b").hold(lock);
    yield* until("a lock that is held", function* () {
      if (!(yield* Global.setLock(ours, undefined, 0))) return true;
      yield* Global.delLock(ours);
      return false;
    });
    const began = yield* Process.now();
    yield* Process.spawn(function* () {
      yield* Process.sleep("30ms");
      yield* there(stage, "b").end(holder);
    });
    assert.equal(yield* Global.setLock(ours), true);
    assert((yield* Process.now()) - began >= 25);
    yield* Global.delLock(ours);
  });

  rule("R-1323", "a transaction lets go whatever comes of it", bc, function* trans(_self, stage) {
    // Of c, too, which the programs beside this one bring in: a lock that is tried once is not given while nodes come.
    yield* meet(stage, "b", "c");
    const lock = { resource: "room", requester: "us" };
    const theirs = { resource: "room", requester: "them" };
    const isFree = function* (): LocalGenerator<boolean> {
      const free = yield* there(stage, "b").setLock(theirs, 0);
      yield* there(stage, "b").delLock(theirs);
      return free;
    };
    const result = yield* Global.trans(lock, function* () {
      assert.equal(yield* isFree(), false);
      assert.equal(yield* Global.trans(theirs, function* () {}, undefined, 0), "aborted");
      return 5;
    });
    assert.equal(result, 5);
    assert.equal(yield* isFree(), true);
    const failing = Global.trans(lock, function* () {
      throw new TypeError("in the room");
    });
    yield* assertThrows(failing, "in the room");
    assert.equal(yield* isFree(), true);
  });

  rule(
    "R-1323",
    "the locks of a node that crashes are free",
    {
      ...b,
      simulatedOnly: "that a node is lost is shown with names, and each such cluster takes seconds",
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "locked" }, lastsMs: 200, wipe: false }],
      lastsMs: 2_000,
    },
    function* crashed(_self, stage) {
      yield* meet(stage, "b");
      const lock = { resource: "cellar", requester: "them" };
      assert.equal(yield* there(stage, "b").setLock(lock, 0), true);
      const ours = { resource: "cellar", requester: "us" };
      assert.equal(yield* Global.setLock(ours, undefined, 0), false);
      stage.mark("locked");
      assert.equal(yield* Global.setLock(ours), true);
    },
  );
});

function* assertThrows(doing: LocalGenerator<unknown>, message: string): LocalGenerator<void> {
  try {
    yield* doing;
  } catch (error) {
    assert.equal((error as Error).message, message);
    return;
  }
  assert.fail("it did not throw");
}

export const { scenarios }: Section = globals;
