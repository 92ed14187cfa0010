import assert from "node:assert/strict";
import { Group, Nodes, Process, Server, type GroupEvent, type LocalGenerator, type NodeRef, type Pid } from "espalier";
import { Attributed } from "@espalier/runtime";
import { section, type Section, type Start } from "../rule.ts";

function* idle(self: { receive(): any }): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

/** What a node does for the program that runs on another: its processes join and leave. */
const Puppet = Server.define({
  init: () => null,
  call: {
    *join(_state: null, group: string, times: number, scope?: string) {
      const pid = yield* Process.spawn(idle);
      yield* Group.join(group, Array<Pid>(times).fill(pid), scope);
      return pid;
    },
    *leave(_state: null, group: string, pid: Pid) {
      return yield* Group.leave(group, pid);
    },
    *end(_state: null, pid: Pid) {
      yield* Process.kill(pid);
    },
    *members(_state: null, group: string, scope?: string) {
      return yield* Group.members(group, scope);
    },
    *groups() {
      return yield* Group.groups();
    },
    connect: (_state: null, node: NodeRef) => Nodes.connect(node),
  },
  cast: {
    /** What it does while nobody can reach it. */
    *later(_state: null, join: string, leave: string, pid: Pid) {
      yield* Process.sleep("40ms");
      yield* Group.leave(leave, pid);
      yield* Group.join(join, pid);
    },
  },
});

const puppet = (node: NodeRef) => Server.ref(Puppet, { name: "puppet", node });

function* boot(): LocalGenerator<void> {
  yield* Group.start();
  yield* Server.start(Puppet, undefined, { name: "puppet" });
}

/** Also on the node where the program runs, whoever of the programs is the first. */
function* scopes(...names: readonly (string | undefined)[]): LocalGenerator<void> {
  for (const name of names) {
    if ((yield* Process.whereis(`group:${name ?? Group.defaultScope}`)) === undefined) yield* Group.start(name);
  }
}

/** Waits until something is so: there is no order between what two nodes do (R-1112). */
function* until(what: string, holds: () => LocalGenerator<boolean>): LocalGenerator<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (yield* holds()) return;
    yield* Process.sleep("5ms");
  }
  assert.fail(`it never came to: ${what}`);
}

function* count(group: string, expected: number, scope?: string): LocalGenerator<void> {
  yield* until(`${expected} in ${group}`, function* () {
    return (yield* Group.members(group, scope)).length === expected;
  });
}

function* countAt(node: NodeRef, group: string, expected: number): LocalGenerator<void> {
  yield* until(`${expected} in ${group} over there`, function* () {
    return (yield* puppet(node).call.members(group)).length === expected;
  });
}

function* connects(node: NodeRef): LocalGenerator<boolean> {
  return yield* Nodes.connect(node);
}

function* ends(pid: Pid): LocalGenerator<void> {
  yield* Process.kill(pid);
}

function* reasonOf(doing: LocalGenerator<unknown>): LocalGenerator<unknown> {
  try {
    yield* doing;
  } catch (error) {
    return (error as { reason: unknown }).reason;
  }
  return assert.fail("it did not fail");
}

const nolocal = { type: "exit", reason: "nolocal" };
const b = { nodes: ["b"], boot };

export const groups: Section = section(import.meta.url, (rule) => {
  rule("R-1101", "a group is there from the first join until it is empty", { everyOrder: true }, function* (self) {
    yield* scopes(undefined);
    assert.deepEqual(yield* Group.groups(), []);
    yield* Group.join("x", self.pid);
    assert.deepEqual(yield* Group.groups(), ["x"]);
    assert.deepEqual(yield* Group.members("x"), [self.pid]);
    assert.equal(yield* Group.leave("x", self.pid), "ok");
    assert.deepEqual(yield* Group.groups(), []);
    assert.deepEqual(yield* Group.members("x"), []);
  });

  rule("R-1101", "a group that another node empties is gone here", b, function* emptied(_self, stage) {
    yield* scopes(undefined);
    const pid = yield* puppet(stage.ref("b")).call.join("emptied", 1);
    yield* count("emptied", 1);
    assert((yield* Group.groups()).includes("emptied"));
    yield* puppet(stage.ref("b")).call.leave("emptied", pid);
    yield* count("emptied", 0);
    assert(!(yield* Group.groups()).includes("emptied"));
  });

  rule("R-1102", "a list with one process of another node joins as little as it leaves", b, function* (self, stage) {
    yield* scopes(undefined);
    const pid = yield* puppet(stage.ref("b")).call.join("mixed", 1);
    yield* count("mixed", 1);
    assert.deepEqual(yield* reasonOf(Group.join("mixed", pid)), nolocal);
    assert.deepEqual(yield* reasonOf(Group.join("mixed", [self.pid, pid])), nolocal);
    assert.deepEqual(yield* Group.localMembers("mixed"), []);
    yield* Group.join("mixed", self.pid);
    assert.deepEqual(yield* reasonOf(Group.leave("mixed", [self.pid, pid])), nolocal);
    assert.deepEqual(yield* Group.localMembers("mixed"), [self.pid]);
    yield* count("mixed", 2);
    yield* Group.leave("mixed", self.pid);
  });

  rule("R-1103", "whoever joined 16 times and left 4 times is in it 12 times", b, function* (self, stage) {
    yield* scopes(undefined);
    yield* Nodes.connect(stage.ref("b"));
    assert.equal(yield* Group.leave("often", self.pid), "not_joined");
    for (let joined = 0; joined < 8; joined += 1) yield* Group.join("often", [self.pid, self.pid]);
    yield* countAt(stage.ref("b"), "often", 16);
    for (let left = 0; left < 4; left += 1) assert.equal(yield* Group.leave("often", self.pid), "ok");
    assert.equal((yield* Group.members("often")).length, 12);
    yield* countAt(stage.ref("b"), "often", 12);
    const other = yield* Process.spawn(idle);
    assert.equal(yield* Group.leave("often", [other, self.pid]), "ok");
    assert.equal(yield* Group.leave("often", other), "not_joined");
    yield* countAt(stage.ref("b"), "often", 11);
  });

  rule(
    "R-1104",
    "a process that ends leaves every group everywhere, as often as it had joined",
    b,
    function* (_, stage) {
      yield* scopes(undefined);
      const there = puppet(stage.ref("b")).call;
      const theirs = yield* there.join("mortals", 3);
      yield* there.join("mortals", 1);
      const ours = yield* Process.spawn(idle);
      yield* Group.join("mortals", [ours, ours]);
      yield* Group.join("others", ours);
      yield* count("mortals", 6);
      yield* countAt(stage.ref("b"), "mortals", 6);
      yield* there.end(theirs);
      yield* ends(ours);
      yield* count("mortals", 1);
      yield* countAt(stage.ref("b"), "mortals", 1);
      yield* countAt(stage.ref("b"), "others", 0);
    },
  );

  rule("R-1104", "leaving while the process ends harms nobody", { everyOrder: true }, function* (self) {
    yield* scopes(undefined);
    yield* Group.join("x", self.pid);
    const pid = yield* Process.spawn(idle);
    yield* Group.join("x", pid);
    yield* ends(pid);
    assert(["ok", "not_joined"].includes(yield* Group.leave("x", pid)));
    assert.equal(yield* Group.leave("x", pid), "not_joined");
    yield* Group.join("x", pid);
    yield* until("only the living are in it", function* () {
      return (yield* Group.members("x")).length === 1;
    });
    assert.equal(yield* Group.leave("x", self.pid), "ok");
  });

  rule("R-1105", "members are those of all nodes, local ones those of this node", b, function* (self, stage) {
    yield* scopes(undefined);
    const theirs = yield* puppet(stage.ref("b")).call.join("both", 1);
    yield* Group.join("both", self.pid);
    yield* count("both", 2);
    yield* countAt(stage.ref("b"), "both", 2);
    const all = yield* Group.members("both");
    assert(all.some((pid) => pid.equals(theirs)) && all.some((pid) => pid.equals(self.pid)));
    assert.deepEqual(yield* Group.localMembers("both"), [self.pid]);
    yield* Group.leave("both", self.pid);
  });

  rule("R-1106", "scopes know nothing of each other, and without one nobody joins", b, function* (self, stage) {
    yield* scopes(undefined, "second");
    yield* Nodes.connect(stage.ref("b"));
    yield* Group.join("scoped", self.pid, "second");
    assert.deepEqual(yield* Group.members("scoped", "second"), [self.pid]);
    assert.deepEqual(yield* Group.members("scoped"), []);
    assert.equal(yield* Group.leave("scoped", self.pid), "not_joined");
    const noproc = (reason: unknown): boolean => (reason as { readonly type: string }).type === "noproc";
    assert(noproc(yield* reasonOf(Group.join("scoped", self.pid, "missing"))));
    assert(noproc(yield* reasonOf(Group.leave("scoped", self.pid, "missing"))));
    assert.deepEqual(yield* Group.members("scoped", "missing"), []);
    assert.deepEqual(yield* Group.groups("missing"), []);
    yield* Group.join("scoped here", self.pid);
    yield* countAt(stage.ref("b"), "scoped here", 1);
    assert.deepEqual(yield* puppet(stage.ref("b")).call.members("scoped"), []);
    yield* Group.leave("scoped here", self.pid);
  });

  rule(
    "R-1107",
    "what changed while two nodes were apart is known to both when they are not",
    b,
    function* (self, stage) {
      yield* scopes(undefined);
      const node = stage.ref("b");
      const there = puppet(node);
      const theirs = yield* there.call.join("stays", 2);
      const restless = yield* there.call.join("left apart", 1);
      yield* Group.join("ours left", self.pid);
      for (const group of ["stays", "left apart"]) yield* count(group, group === "stays" ? 2 : 1);
      yield* countAt(node, "ours left", 1);
      const { ref } = yield* Group.monitorScope();
      yield* there.cast.later("joined apart", "left apart", restless);
      assert(yield* Nodes.disconnect(node));
      yield* until("the first word of the loss", function* () {
        return (yield* Group.members("stays")).length === 0;
      });
      // At once: with the first group all others are gone.
      assert.deepEqual(yield* Group.members("left apart"), []);
      yield* Group.leave("ours left", self.pid);
      yield* Group.join("ours joined", self.pid);
      yield* Process.sleep("120ms");
      assert.deepEqual(yield* Group.members("joined apart"), []);
      yield* Group.demonitor(ref);
      yield* until("a connection", () => connects(node));
      yield* count("joined apart", 1);
      yield* count("stays", 2);
      assert.deepEqual(yield* Group.members("left apart"), []);
      assert((yield* Group.members("stays")).every((pid) => pid.equals(theirs)));
      yield* countAt(node, "ours joined", 1);
      assert.deepEqual(yield* there.call.members("ours left"), []);
      yield* Group.leave("ours joined", self.pid);
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
      yield* scopes(undefined);
      const node = stage.ref("b");
      yield* until("a connection", () => connects(node));
      yield* count("life 1", 1);
      stage.mark("joined");
      yield* count("life 1", 0);
      yield* until("a connection", () => connects(node));
      yield* count("life 2", 1);
      assert.deepEqual(yield* Group.members("life 1"), []);
    },
  );

  rule("R-1108", "what a peer says of its node replaces what it said before", function* replaced(self) {
    yield* scopes(undefined);
    const scope = yield* Process.whereis<unknown>("group:default");
    assert(scope !== undefined);
    const say = (type: string, ...members: readonly (readonly [string, readonly Pid[]])[]) =>
      Process.send(scope, new Attributed(self.pid, { type: `group.${type}`, members }));
    /** What was sent before the answer to a call has taken effect. */
    const settled = () => Group.leave("nobody", self.pid);
    yield* say("join", ["early", [self.pid]]);
    yield* settled();
    assert.deepEqual(yield* Group.groups(), [], "of whom nothing is known nothing is believed");
    for (let repeated = 0; repeated < 2; repeated += 1) {
      yield* say("sync", ["one", [self.pid]], ["two", [self.pid, self.pid]]);
      yield* settled();
      assert.deepEqual(yield* Group.groups(), ["one", "two"]);
      assert.equal((yield* Group.members("two")).length, 2);
    }
    yield* say("join", ["one", [self.pid]]);
    yield* say("sync", ["two", [self.pid]], ["three", [self.pid]]);
    yield* settled();
    assert.deepEqual(new Set(yield* Group.groups()), new Set(["two", "three"]));
    assert.equal((yield* Group.members("two")).length, 1);
    yield* say("leave", ["three", [self.pid]], ["two", [self.pid]], ["two", [self.pid]]);
    yield* settled();
    assert.deepEqual(yield* Group.groups(), []);
  });

  rule("R-1108", "nobody speaks for another node's scope", b, function* forged(self, stage) {
    yield* scopes(undefined);
    const node = stage.ref("b");
    yield* Group.join("honest", self.pid);
    yield* countAt(node, "honest", 1);
    const ours = yield* Process.whereis<unknown>("group:default");
    const theirs = yield* Process.whereisAt<unknown>(node, "group:default");
    assert(ours !== undefined && theirs !== undefined);
    const empty = { type: "group.sync", members: [] };
    yield* Process.send(theirs, new Attributed(ours, empty));
    yield* Process.send({ name: "group:default", node }, new Attributed(ours, empty));
    // A stranger's word of processes that are not of its node is none.
    const stranger = yield* puppet(node).call.join("strangers", 1);
    yield* Process.send(theirs, new Attributed(self.pid, { type: "group.sync", members: [["claimed", [stranger]]] }));
    yield* Process.send(theirs, new Attributed(self.pid, { type: "group.sync", members: [["", [self.pid]], 5] }));
    assert.deepEqual(yield* puppet(node).call.members("honest"), [self.pid]);
    assert.deepEqual(yield* puppet(node).call.members("claimed"), []);
    yield* Group.leave("honest", self.pid);
  });

  rule(
    "R-1109",
    "a node sees the members of those that it is connected with itself",
    { nodes: ["b", "c"], boot },
    function* (self, stage) {
      yield* scopes(undefined);
      const node = stage.ref("b");
      yield* Group.join("chain", self.pid);
      yield* puppet(node).call.join("chain", 1);
      assert(yield* puppet(node).call.connect(stage.ref("c")));
      yield* countAt(node, "chain", 2);
      yield* count("chain", 2);
      const far = yield* puppet(stage.ref("c")).call.join("chain", 1);
      yield* countAt(node, "chain", 3);
      yield* count("chain", 3);
      yield* Nodes.disconnect(stage.ref("c"));
      yield* count("chain", 2);
      yield* countAt(node, "chain", 3);
      assert(!(yield* Group.members("chain")).some((pid) => pid.equals(far)));
    },
  );

  rule(
    "R-1110",
    "a scope that starts again knows the members of others, and its own when they join again",
    b,
    function* (self, stage) {
      yield* scopes("default");
      const node = stage.ref("b");
      yield* puppet(node).call.join("remembered", 2);
      yield* Group.join("forgotten", self.pid);
      yield* count("remembered", 2);
      yield* countAt(node, "forgotten", 1);
      const scope = yield* Process.whereis("group:default");
      yield* ends(scope as Pid);
      assert.deepEqual(yield* Group.members("remembered"), []);
      yield* Group.start();
      yield* count("remembered", 2);
      assert.deepEqual(yield* Group.members("forgotten"), []);
      assert.equal(yield* Group.leave("forgotten", self.pid), "not_joined");
      yield* countAt(node, "forgotten", 0);
      yield* Group.join("forgotten", self.pid);
      yield* countAt(node, "forgotten", 1);
      yield* Group.leave("forgotten", self.pid);
    },
  );

  rule(
    "R-1111",
    "a monitor's members and events together are what there is, nothing lost or doubled",
    b,
    function* (self, stage) {
      yield* scopes(undefined);
      const there = puppet(stage.ref("b")).call;
      const first = yield* there.join("watched", 1);
      yield* count("watched", 1);
      yield* Process.spawn(function* () {
        const pid = yield* Process.spawn(idle);
        for (let joined = 0; joined < 5; joined += 1) yield* Group.join("watched", pid);
        yield* Group.leave("watched", [pid, pid]);
        yield* Group.join("unwatched", pid);
        yield* Process.sleep("10ms");
        yield* ends(pid);
      });
      yield* Process.sleep(0);
      const { ref, members } = yield* Group.monitor("watched");
      const counts = new Map<string, number>();
      for (const { key } of members) counts.set(key, (counts.get(key) ?? 0) + 1);
      yield* there.join("watched", 2);
      yield* there.leave("watched", first);
      yield* count("watched", 2);
      yield* Process.sleep("50ms");
      for (;;) {
        const event = (yield* self.receive({ within: 0, otherwise: null })) as GroupEvent | null;
        if (event === null) break;
        assert(event.ref.equals(ref));
        assert.equal(event.group, "watched");
        for (const { key } of event.pids) counts.set(key, (counts.get(key) ?? 0) + (event.type === "join" ? 1 : -1));
        assert([...counts.values()].every((times) => times >= 0));
      }
      const now = yield* Group.members("watched");
      assert.equal(now.length, 2);
      for (const { key } of now) counts.set(key, (counts.get(key) ?? 0) - 1);
      assert([...counts.values()].every((times) => times === 0));
      yield* Group.join("watched", self.pid);
      assert.equal(yield* Group.demonitor(ref), true);
      assert.equal(yield* Group.demonitor(ref), false);
      assert.equal(yield* self.receive({ within: 0, otherwise: null }), null, "demonitor removes what waits");
      yield* Group.leave("watched", self.pid);
      assert.equal(yield* self.receive({ within: "20ms", otherwise: null }), null);
    },
  );

  rule("R-1111", "who monitors a scope hears of all its groups, also when a node is lost", b, function* (self, stage) {
    yield* scopes(undefined);
    const node = stage.ref("b");
    yield* puppet(node).call.join("lost one", 2);
    yield* puppet(node).call.join("lost two", 1);
    yield* count("lost two", 1);
    const { ref, members } = yield* Group.monitorScope();
    assert.equal(members.get("lost one")?.length, 2);
    const known = [...members].reduce((total, [, pids]) => total + pids.length, 0);
    yield* Nodes.disconnect(node);
    let left = 0;
    while (left < known) {
      const event = (yield* self.receive({ within: "5s" })) as unknown as GroupEvent;
      assert.deepEqual([event.type, event.ref], ["leave", ref]);
      left += event.pids.length;
      assert.deepEqual(yield* Group.members("lost one"), [], "all are gone before anybody hears of one");
      assert.deepEqual(yield* Group.members("lost two"), []);
    }
    yield* Group.demonitor(ref);
  });

  rule("R-1112", "what one node does is seen in its order", b, function* ordered(self, stage) {
    yield* scopes(undefined);
    yield* Nodes.connect(stage.ref("b"));
    const there = puppet(stage.ref("b")).call;
    const { ref } = yield* Group.monitorScope();
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
    yield* Group.demonitor(ref);
  });
});

function* puppetJoins(group: string): LocalGenerator<void> {
  yield* Group.join(group, yield* Process.spawn(idle));
}

export const { scenarios }: Section = groups;
