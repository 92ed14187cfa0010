import assert from "node:assert/strict";
import { Group, Nodes, Process, Server, type GroupEvent, type LocalGenerator, type NodeRef, type Pid } from "espalier";
import { Attributed } from "@espalier/runtime";
import { section, type Section, type Stage, type Start } from "../rule.ts";

function* idle(self: { receive(): any }): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

/** What a node does for the programs that run on another: its processes join and leave. */
const Puppet = Server.define({
  init: () => null,
  call: {
    *open(_state: null, scope: string) {
      yield* Group.start(scope);
    },
    *join(_state: null, scope: string, group: string, times: number) {
      const pid = yield* Process.spawn(idle);
      yield* Group.join(group, Array<Pid>(times).fill(pid), scope);
      return pid;
    },
    leave: (_state: null, scope: string, group: string, pid: Pid) => Group.leave(group, pid, scope),
    end: (_state: null, pid: Pid) => Process.kill(pid),
    members: (_state: null, scope: string, group: string) => Group.members(group, scope),
    connect: (_state: null, node: NodeRef) => Nodes.connect(node),
  },
  cast: {
    /** What it does while nobody can reach it. */
    *later(_state: null, scope: string, join: string, leave: string, pid: Pid) {
      yield* Process.sleep("40ms");
      yield* Group.leave(leave, pid, scope);
      yield* Group.join(join, pid, scope);
    },
  },
});

function* boot(): LocalGenerator<void> {
  yield* Server.start(Puppet, undefined, { name: "puppet" });
}

/** A scope of the program's own, because others may run beside it: on its node and, once asked for, on another. */
class Scope {
  readonly #scope: string;

  constructor(scope: string) {
    this.#scope = scope;
  }

  static *open(scope: string): LocalGenerator<Scope> {
    yield* Group.start(scope);
    return new Scope(scope);
  }

  get process(): string {
    return `group:${this.#scope}`;
  }

  *at(stage: Stage, name: string): LocalGenerator<There> {
    const node = stage.ref(name);
    yield* connected(node);
    const there = new There(node, this.#scope);
    yield* there.call.open(this.#scope);
    return there;
  }

  join(group: string, pids: Pid | readonly Pid[]): LocalGenerator<void> {
    return Group.join(group, pids, this.#scope);
  }

  leave(group: string, pids: Pid | readonly Pid[]): LocalGenerator<"ok" | "not_joined"> {
    return Group.leave(group, pids, this.#scope);
  }

  members(group: string): ReturnType<typeof Group.members> {
    return Group.members(group, this.#scope);
  }

  localMembers(group: string): ReturnType<typeof Group.members> {
    return Group.localMembers(group, this.#scope);
  }

  groups(): ReturnType<typeof Group.groups> {
    return Group.groups(this.#scope);
  }

  monitor(group: string): ReturnType<typeof Group.monitor> {
    return Group.monitor(group, this.#scope);
  }

  monitorScope(): ReturnType<typeof Group.monitorScope> {
    return Group.monitorScope(this.#scope);
  }

  demonitor(ref: GroupEvent["ref"]): LocalGenerator<boolean> {
    return Group.demonitor(ref, this.#scope);
  }

  *count(group: string, expected: number): LocalGenerator<void> {
    const members = this.members(group);
    yield* until(`${expected} in ${group}`, function* () {
      return (yield* members).length === expected;
    });
  }
}

/** The same scope on another node. */
class There {
  readonly node: NodeRef;
  readonly #scope: string;

  constructor(node: NodeRef, scope: string) {
    this.node = node;
    this.#scope = scope;
  }

  get call() {
    return Server.ref(Puppet, { name: "puppet", node: this.node }).call;
  }

  join(group: string, times: number): LocalGenerator<Pid> {
    return performed(this.call.join(this.#scope, group, times));
  }

  leave(group: string, pid: Pid): LocalGenerator<string> {
    return performed(this.call.leave(this.#scope, group, pid));
  }

  members(group: string): LocalGenerator<readonly Pid[]> {
    return performed(this.call.members(this.#scope, group));
  }

  *later(join: string, leave: string, pid: Pid): LocalGenerator<void> {
    yield* Server.ref(Puppet, { name: "puppet", node: this.node }).cast.later(this.#scope, join, leave, pid);
  }

  *count(group: string, expected: number): LocalGenerator<void> {
    const { call } = this;
    const scope = this.#scope;
    yield* until(`${expected} in ${group} over there`, function* () {
      return (yield* call.members(scope, group)).length === expected;
    });
  }
}

function* performed<T>(what: Iterable<any, T>): LocalGenerator<T> {
  return yield* what as LocalGenerator<T>;
}

/** Waits until something is so: there is no order between what two nodes do (R-1112). */
function* until(what: string, holds: () => LocalGenerator<boolean>): LocalGenerator<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (yield* holds()) return;
    yield* Process.sleep("5ms");
  }
  assert.fail(`it never came to: ${what}`);
}

function* connected(node: NodeRef): LocalGenerator<void> {
  yield* until("a connection", function* () {
    return yield* Nodes.connect(node);
  });
}

function* ends(pid: Pid): LocalGenerator<void> {
  yield* Process.kill(pid);
}

function* reasonOf(doing: LocalGenerator<unknown>): LocalGenerator<any> {
  try {
    yield* doing;
  } catch (error) {
    return (error as { reason: unknown }).reason;
  }
  return assert.fail("it did not fail");
}

const nolocal = { type: "exit", reason: "nolocal" };
const b = { nodes: ["b"], boot };
const cuts = { ...b, simulatedOnly: "it breaks the connection that the others use" };

export const groups: Section = section(import.meta.url, (rule) => {
  rule("R-1101", "a group is there from the first join until it is empty", { everyOrder: true }, function* (self) {
    const here = yield* Scope.open("scope 1");
    assert.deepEqual(yield* here.groups(), []);
    yield* here.join("x", self.pid);
    assert.deepEqual(yield* here.groups(), ["x"]);
    assert.deepEqual(yield* here.members("x"), [self.pid]);
    assert.equal(yield* here.leave("x", self.pid), "ok");
    assert.deepEqual(yield* here.groups(), []);
    assert.deepEqual(yield* here.members("x"), []);
  });

  rule("R-1101", "a group that another node empties is gone here", b, function* emptied(_self, stage) {
    const here = yield* Scope.open("scope 2");
    const there = yield* here.at(stage, "b");
    const pid = yield* there.join("emptied", 1);
    yield* here.count("emptied", 1);
    assert((yield* here.groups()).includes("emptied"));
    yield* there.leave("emptied", pid);
    yield* here.count("emptied", 0);
    assert(!(yield* here.groups()).includes("emptied"));
  });

  rule("R-1102", "a list with one process of another node joins as little as it leaves", b, function* (self, stage) {
    const here = yield* Scope.open("scope 3");
    const there = yield* here.at(stage, "b");
    const pid = yield* there.join("mixed", 1);
    yield* here.count("mixed", 1);
    assert.deepEqual(yield* reasonOf(here.join("mixed", pid)), nolocal);
    assert.deepEqual(yield* reasonOf(here.join("mixed", [self.pid, pid])), nolocal);
    assert.deepEqual(yield* here.localMembers("mixed"), []);
    yield* here.join("mixed", self.pid);
    assert.deepEqual(yield* reasonOf(here.leave("mixed", [self.pid, pid])), nolocal);
    assert.deepEqual(yield* here.localMembers("mixed"), [self.pid]);
    yield* here.count("mixed", 2);
    yield* here.leave("mixed", self.pid);
  });

  rule("R-1103", "whoever joined 16 times and left 4 times is in it 12 times", b, function* (self, stage) {
    const here = yield* Scope.open("scope 4");
    const there = yield* here.at(stage, "b");
    assert.equal(yield* here.leave("often", self.pid), "not_joined");
    for (let joined = 0; joined < 8; joined += 1) yield* here.join("often", [self.pid, self.pid]);
    yield* there.count("often", 16);
    for (let left = 0; left < 4; left += 1) assert.equal(yield* here.leave("often", self.pid), "ok");
    assert.equal((yield* here.members("often")).length, 12);
    yield* there.count("often", 12);
    const other = yield* Process.spawn(idle);
    assert.equal(yield* here.leave("often", [other, self.pid]), "ok");
    assert.equal(yield* here.leave("often", other), "not_joined");
    yield* there.count("often", 11);
  });

  rule(
    "R-1104",
    "a process that ends leaves every group everywhere, as often as it had joined",
    b,
    function* (_, stage) {
      const here = yield* Scope.open("scope 5");
      const there = yield* here.at(stage, "b");
      const theirs = yield* there.join("mortals", 3);
      yield* there.join("mortals", 1);
      const ours = yield* Process.spawn(idle);
      yield* here.join("mortals", [ours, ours]);
      yield* here.join("others", ours);
      yield* here.count("mortals", 6);
      yield* there.count("mortals", 6);
      yield* there.call.end(theirs);
      yield* ends(ours);
      yield* here.count("mortals", 1);
      yield* there.count("mortals", 1);
      yield* there.count("others", 0);
    },
  );

  rule("R-1104", "leaving while the process ends harms nobody", { everyOrder: true }, function* (self) {
    const here = yield* Scope.open("scope 6");
    yield* here.join("x", self.pid);
    const pid = yield* Process.spawn(idle);
    yield* here.join("x", pid);
    yield* ends(pid);
    assert(["ok", "not_joined"].includes(yield* here.leave("x", pid)));
    assert.equal(yield* here.leave("x", pid), "not_joined");
    yield* here.join("x", pid);
    yield* until("only the living are in it", function* () {
      return (yield* here.members("x")).length === 1;
    });
    assert.equal(yield* here.leave("x", self.pid), "ok");
  });

  rule("R-1105", "members are those of all nodes, local ones those of this node", b, function* (self, stage) {
    const here = yield* Scope.open("scope 7");
    const there = yield* here.at(stage, "b");
    const theirs = yield* there.join("both", 1);
    yield* here.join("both", self.pid);
    yield* here.count("both", 2);
    yield* there.count("both", 2);
    const all = yield* here.members("both");
    assert(all.some((pid) => pid.equals(theirs)) && all.some((pid) => pid.equals(self.pid)));
    assert.deepEqual(yield* here.localMembers("both"), [self.pid]);
    yield* here.leave("both", self.pid);
  });

  rule("R-1106", "scopes know nothing of each other, and without one nobody joins", b, function* (self, stage) {
    const here = yield* Scope.open("scope 8");
    const there = yield* here.at(stage, "b");
    const second = yield* Scope.open("another scope");
    yield* second.join("scoped", self.pid);
    assert.deepEqual(yield* second.members("scoped"), [self.pid]);
    assert.deepEqual(yield* here.members("scoped"), []);
    assert.equal(yield* here.leave("scoped", self.pid), "not_joined");
    const noproc = (reason: unknown): boolean => (reason as { readonly type: string }).type === "noproc";
    assert(noproc(yield* reasonOf(Group.join("scoped", self.pid, "missing"))));
    assert(noproc(yield* reasonOf(Group.leave("scoped", self.pid, "missing"))));
    assert.deepEqual(yield* Group.members("scoped", "missing"), []);
    assert.deepEqual(yield* Group.groups("missing"), []);
    yield* here.join("scoped here", self.pid);
    yield* there.count("scoped here", 1);
    assert.deepEqual(yield* there.members("scoped"), []);
    yield* here.leave("scoped here", self.pid);
  });

  rule(
    "R-1107",
    "what changed while two nodes were apart is known to both when they are not",
    cuts,
    function* (self, stage) {
      const here = yield* Scope.open("scope 9");
      const there = yield* here.at(stage, "b");
      const node = stage.ref("b");
      const theirs = yield* there.join("stays", 2);
      const restless = yield* there.join("left apart", 1);
      yield* here.join("ours left", self.pid);
      for (const group of ["stays", "left apart"]) yield* here.count(group, group === "stays" ? 2 : 1);
      yield* there.count("ours left", 1);
      const { ref } = yield* here.monitorScope();
      yield* there.later("joined apart", "left apart", restless);
      assert(yield* Nodes.disconnect(node));
      yield* until("the first word of the loss", function* () {
        return (yield* here.members("stays")).length === 0;
      });
      // At once: with the first group all others are gone.
      assert.deepEqual(yield* here.members("left apart"), []);
      yield* here.leave("ours left", self.pid);
      yield* here.join("ours joined", self.pid);
      yield* Process.sleep("120ms");
      assert.deepEqual(yield* here.members("joined apart"), []);
      yield* here.demonitor(ref);
      yield* connected(node);
      yield* here.count("joined apart", 1);
      yield* here.count("stays", 2);
      assert.deepEqual(yield* here.members("left apart"), []);
      assert((yield* here.members("stays")).every((pid) => pid.equals(theirs)));
      yield* there.count("ours joined", 1);
      assert.deepEqual(yield* there.members("ours left"), []);
      yield* here.leave("ours joined", self.pid);
    },
  );

  rule(
    "R-1107",
    "a node that crashes takes its members along, and its next life brings new ones",
    {
      nodes: ["b"],
      boot: function* again(_self, { life }: Start) {
        yield* boot();
        yield* puppetJoins(`life ${life}`);
      },
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "joined" }, lastsMs: 300, wipe: false }],
      lastsMs: 2_000,
    },
    function* crashed(_self, stage) {
      const here = yield* Scope.open("lives");
      const node = stage.ref("b");
      yield* connected(node);
      yield* here.count("life 1", 1);
      stage.mark("joined");
      yield* here.count("life 1", 0);
      yield* connected(node);
      yield* here.count("life 2", 1);
      assert.deepEqual(yield* here.members("life 1"), []);
    },
  );

  rule("R-1108", "what a peer says of its node replaces what it said before", function* replaced(self) {
    const here = yield* Scope.open("scope 11");
    const scope = yield* Process.whereis<unknown>(here.process);
    assert(scope !== undefined);
    const say = (type: string, ...members: readonly (readonly [string, readonly Pid[]])[]) =>
      Process.send(scope, new Attributed(self.pid, { type: `group.${type}`, members }));
    /** What was sent before the answer to a call has taken effect. */
    const settled = () => here.leave("nobody", self.pid);
    yield* say("join", ["early", [self.pid]]);
    yield* settled();
    assert.deepEqual(yield* here.groups(), [], "of whom nothing is known nothing is believed");
    for (let repeated = 0; repeated < 2; repeated += 1) {
      yield* say("sync", ["one", [self.pid]], ["two", [self.pid, self.pid]]);
      yield* settled();
      assert.deepEqual(yield* here.groups(), ["one", "two"]);
      assert.equal((yield* here.members("two")).length, 2);
    }
    yield* say("join", ["one", [self.pid]]);
    yield* say("sync", ["two", [self.pid]], ["three", [self.pid]]);
    yield* settled();
    assert.deepEqual(new Set(yield* here.groups()), new Set(["two", "three"]));
    assert.equal((yield* here.members("two")).length, 1);
    yield* say("leave", ["three", [self.pid]], ["two", [self.pid]], ["two", [self.pid]]);
    yield* settled();
    assert.deepEqual(yield* here.groups(), []);
  });

  rule("R-1108", "nobody speaks for another node's scope", b, function* forged(self, stage) {
    const here = yield* Scope.open("scope 12");
    const there = yield* here.at(stage, "b");
    const node = stage.ref("b");
    yield* here.join("honest", self.pid);
    yield* there.count("honest", 1);
    const ours = yield* Process.whereis<unknown>(here.process);
    const theirs = yield* Process.whereisAt<unknown>(node, here.process);
    assert(ours !== undefined && theirs !== undefined);
    const empty = { type: "group.sync", members: [] };
    yield* Process.send(theirs, new Attributed(ours, empty));
    yield* Process.send({ name: here.process, node }, new Attributed(ours, empty));
    // A stranger's word of processes that are not of its node is none.
    const stranger = yield* there.join("strangers", 1);
    yield* Process.send(theirs, new Attributed(self.pid, { type: "group.sync", members: [["claimed", [stranger]]] }));
    yield* Process.send(theirs, new Attributed(self.pid, { type: "group.sync", members: [["", [self.pid]], 5] }));
    assert.deepEqual(yield* there.members("honest"), [self.pid]);
    assert.deepEqual(yield* there.members("claimed"), []);
    yield* here.leave("honest", self.pid);
  });

  rule(
    "R-1109",
    "a node sees the members of those that it is connected with itself",
    { ...cuts, nodes: ["b", "c"] },
    function* (self, stage) {
      const here = yield* Scope.open("scope 13");
      const there = yield* here.at(stage, "b");
      yield* here.join("chain", self.pid);
      yield* there.join("chain", 1);
      assert(yield* there.call.connect(stage.ref("c")));
      yield* there.count("chain", 2);
      yield* here.count("chain", 2);
      const far = yield* (yield* here.at(stage, "c")).join("chain", 1);
      yield* there.count("chain", 3);
      yield* here.count("chain", 3);
      yield* Nodes.disconnect(stage.ref("c"));
      yield* here.count("chain", 2);
      yield* there.count("chain", 3);
      assert(!(yield* here.members("chain")).some((pid) => pid.equals(far)));
    },
  );

  rule(
    "R-1110",
    "a scope that starts again knows the members of others, and its own when they join again",
    b,
    function* (self, stage) {
      const here = yield* Scope.open("scope 14");
      const there = yield* here.at(stage, "b");
      yield* there.join("remembered", 2);
      yield* here.join("forgotten", self.pid);
      yield* here.count("remembered", 2);
      yield* there.count("forgotten", 1);
      const scope = yield* Process.whereis(here.process);
      yield* ends(scope as Pid);
      assert.deepEqual(yield* here.members("remembered"), []);
      yield* Scope.open("scope 14");
      yield* here.count("remembered", 2);
      assert.deepEqual(yield* here.members("forgotten"), []);
      assert.equal(yield* here.leave("forgotten", self.pid), "not_joined");
      yield* there.count("forgotten", 0);
      yield* here.join("forgotten", self.pid);
      yield* there.count("forgotten", 1);
      yield* here.leave("forgotten", self.pid);
    },
  );

  rule(
    "R-1111",
    "a monitor's members and events together are what there is, nothing lost or doubled",
    b,
    function* (self, stage) {
      const here = yield* Scope.open("scope 15");
      const there = yield* here.at(stage, "b");
      const first = yield* there.join("watched", 1);
      yield* here.count("watched", 1);
      yield* Process.spawn(function* () {
        const pid = yield* Process.spawn(idle);
        for (let joined = 0; joined < 5; joined += 1) yield* here.join("watched", pid);
        yield* here.leave("watched", [pid, pid]);
        yield* here.join("unwatched", pid);
        yield* Process.sleep("10ms");
        yield* ends(pid);
      });
      yield* Process.sleep(0);
      const { ref, members } = yield* here.monitor("watched");
      const counts = new Map<string, number>();
      for (const { key } of members) counts.set(key, (counts.get(key) ?? 0) + 1);
      yield* there.join("watched", 2);
      yield* there.leave("watched", first);
      yield* here.count("watched", 2);
      yield* Process.sleep("50ms");
      for (;;) {
        const event = (yield* self.receive({ within: 0, otherwise: null })) as GroupEvent | null;
        if (event === null) break;
        assert(event.ref.equals(ref));
        assert.equal(event.group, "watched");
        for (const { key } of event.pids) counts.set(key, (counts.get(key) ?? 0) + (event.type === "join" ? 1 : -1));
        assert([...counts.values()].every((times) => times >= 0));
      }
      const now = yield* here.members("watched");
      assert.equal(now.length, 2);
      for (const { key } of now) counts.set(key, (counts.get(key) ?? 0) - 1);
      assert([...counts.values()].every((times) => times === 0));
      yield* here.join("watched", self.pid);
      assert.equal(yield* here.demonitor(ref), true);
      assert.equal(yield* here.demonitor(ref), false);
      assert.equal(yield* self.receive({ within: 0, otherwise: null }), null, "demonitor removes what waits");
      yield* here.leave("watched", self.pid);
      assert.equal(yield* self.receive({ within: "20ms", otherwise: null }), null);
    },
  );

  rule(
    "R-1111",
    "who monitors a scope hears of all its groups, also when a node is lost",
    cuts,
    function* (self, stage) {
      const here = yield* Scope.open("scope 16");
      const there = yield* here.at(stage, "b");
      const node = stage.ref("b");
      yield* there.join("lost one", 2);
      yield* there.join("lost two", 1);
      yield* here.count("lost two", 1);
      const { ref, members } = yield* here.monitorScope();
      assert.equal(members.get("lost one")?.length, 2);
      const known = [...members].reduce((total, [, pids]) => total + pids.length, 0);
      yield* Nodes.disconnect(node);
      let left = 0;
      while (left < known) {
        const event = (yield* self.receive({ within: "5s" })) as unknown as GroupEvent;
        assert.deepEqual([event.type, event.ref], ["leave", ref]);
        left += event.pids.length;
        assert.deepEqual(yield* here.members("lost one"), [], "all are gone before anybody hears of one");
        assert.deepEqual(yield* here.members("lost two"), []);
      }
      yield* here.demonitor(ref);
    },
  );

  rule("R-1112", "what one node does is seen in its order", b, function* ordered(self, stage) {
    const here = yield* Scope.open("scope 17");
    const there = yield* here.at(stage, "b");
    const { ref } = yield* here.monitorScope();
    const pid = yield* there.join("order 1", 1);
    yield* there.join("order 2", 1);
    yield* there.leave("order 1", pid);
    yield* there.join("order 3", 1);
    const seen: string[] = [];
    while (seen.at(-1) !== "join order 3") {
      const event = (yield* self.receive({ within: "5s" })) as unknown as GroupEvent;
      if (event.group.startsWith("order ")) seen.push(`${event.type} ${event.group}`);
    }
    assert.deepEqual(seen, ["join order 1", "join order 2", "leave order 1", "join order 3"]);
    yield* here.demonitor(ref);
  });
});

function* puppetJoins(group: string): LocalGenerator<void> {
  yield* Group.start("lives");
  yield* Group.join(group, yield* Process.spawn(idle), "lives");
}

export const { scenarios }: Section = groups;
