import assert from "node:assert/strict";
import type { Operation } from "@espalier/heartbeat";
import {
  type Cause,
  CauseError,
  type LocalGenerator,
  NameTakenError,
  type Pid,
  Process,
  Remote,
  type Self,
  Server,
  Supervisor,
  Task,
  ViaName,
} from "espalier";
import { ask, bootPuppets, puppetOn } from "../puppet.ts";
import { section, type Section } from "../rule.ts";

const b = { nodes: ["b"], boot: bootPuppets } as const;

function* sleeper(self: Self<any>): LocalGenerator<void> {
  for (;;) yield* self.receive();
}

function* failureOf(operation: Operation<unknown>): LocalGenerator<unknown> {
  try {
    yield* operation;
    return null;
  } catch (error) {
    return error;
  }
}

function* causeOf(operation: Operation<unknown>): LocalGenerator<Cause | null> {
  const error = yield* failureOf(operation);
  if (error instanceof CauseError) return error.reason;
  return (error as { readonly reason?: Cause } | null)?.reason ?? null;
}

/** A name in a registry of the simplest kind. */
class Held extends ViaName<any> {
  /** Who takes the name between the question for it and the attempt to have it. */
  rival: Pid<any> | null = null;
  readonly #holders: Map<string, Pid<any>>;
  readonly #key: string;

  constructor(holders: Map<string, Pid<any>>, key: string) {
    super();
    this.#holders = holders;
    this.#key = key;
  }

  override whereis(): Pid<any> | undefined {
    return this.#holders.get(this.#key);
  }

  override *register(): LocalGenerator<Pid<any> | null> {
    // Whoever is spawned by a process knows it as its parent.
    const pid: Pid<any> = (yield* Task.await(yield* Task.async(() => Process.parent()))) as Pid<any>;
    if (this.rival !== null) this.#holders.set(this.#key, this.rival);
    const holder = this.whereis();
    if (holder !== undefined) return holder;
    this.#holders.set(this.#key, pid);
    return null;
  }

  override *unregister(): LocalGenerator<void> {
    this.#holders.delete(this.#key);
    yield* Process.sleep(0);
  }

  override toString(): string {
    return `held:${this.#key}`;
  }
}

const Counter = Server.define({
  init: (start: number) => ({ count: start }),
  call: { add: (state, by: number) => (state.count += by) },
  cast: {
    set: (state, to: number) => {
      state.count = to;
    },
  },
});

export const names: Section = section(import.meta.url, (rule) => {
  rule(
    "R-501",
    "a name is refused that is taken, or is none, or for whom cannot have it",
    b,
    function* refused(self, stage) {
      const [one, two] = [yield* Process.spawn(sleeper), yield* Process.spawn(sleeper)];
      yield* Process.register("taken", one);
      const taken = yield* failureOf(Process.register("taken", two));
      assert(taken instanceof NameTakenError && taken.pid.equals(one));
      assert((yield* failureOf(Process.register("taken", one))) instanceof Error);
      const second = yield* failureOf(Process.register("a second name", one));
      assert.match(String(second), /^TypeError: Process.register: expected a process without a name/);
      yield* Process.kill(two);
      assert.equal((yield* causeOf(Process.register("for the dead", two)))?.type, "noproc");
      const far = yield* puppetOn(self, stage, "b");
      assert.equal((yield* causeOf(Process.register("for elsewhere", far)))?.type, "noproc");
      for (const name of [undefined, null, "", 1]) {
        assert.throws(() => Process.register(name as string, one), /^TypeError: name: expected a string/);
      }
      assert.equal((yield* causeOf(Process.unregister("nobody's")))?.type, "noproc");
      const all = yield* Process.registered();
      assert(all.includes("taken"));
      for (const name of ["a second name", "for the dead", "for elsewhere"]) assert(!all.includes(name));
    },
  );

  rule("R-502", "one name a process, which goes with it or is taken away", { everyOrder: true }, function* one(self) {
    const { pid, ref } = yield* Process.spawnMonitor(sleeper);
    yield* Process.register("one", pid);
    assert((yield* Process.whereis("one"))?.equals(pid));
    yield* Process.unregister("one");
    assert.equal(yield* Process.whereis("one"), undefined);
    yield* Process.register("another", pid);
    yield* Process.exit(pid, { type: "shutdown" });
    assert((yield* self.receive()).ref.equals(ref));
    assert.equal(yield* Process.whereis("another"), undefined);
    yield* Process.register("another");
    assert((yield* Process.whereis("another"))?.equals(self.pid));
    yield* Process.unregister("another");
  });

  rule("R-503", "who is ending has no name any more", function* ending(self) {
    const seen: unknown[] = [];
    const pid = yield* Process.spawn(function* ends(own: Self<any>): LocalGenerator<void> {
      yield* Process.register("about to end");
      yield* Process.send(self.pid, "registered");
      yield* own.receive();
    });
    yield* self.receive();
    const ref = yield* Process.monitor(pid);
    yield* Process.kill(pid);
    // In the same step, before the DOWN was received.
    seen.push(yield* Process.whereis("about to end"), yield* Process.alive(pid));
    assert.deepEqual(seen, [undefined, false]);
    assert(!(yield* Process.registered()).includes("about to end"));
    assert((yield* self.receive()).ref.equals(ref));
  });

  rule(
    "R-504",
    "a timer to a pid goes with that process, one to a name looks when its time has come",
    function* timers(self) {
      const before = yield* Process.now();
      const dead = yield* Process.spawn(sleeper);
      const timer = yield* Process.sendAfter(50, dead, "to the dead");
      yield* Process.kill(dead);
      assert.equal(yield* Process.cancelTimer(timer), false);
      const first = yield* Process.spawn(sleeper);
      yield* Process.register("who is it", first);
      yield* Process.sendAfter(30, "who is it", "by name");
      yield* Process.sendAfter(30, { name: "who is it", node: yield* Remote.here() }, "by name and node");
      yield* Process.sendAfter(20, "nobody at all", "dropped");
      yield* Process.unregister("who is it");
      yield* Process.register("who is it");
      const got = [yield* self.receive(), yield* self.receive()];
      assert.deepEqual(got, ["by name", "by name and node"]);
      assert((yield* Process.now()) - before >= 30);
      yield* Process.unregister("who is it");
    },
  );

  rule(
    "R-504",
    "a timer to an alias ends with the alias, and one to a name elsewhere looks there",
    b,
    function* addressed(self, stage) {
      const alias = yield* Process.alias();
      yield* Process.sendAfter(5, alias, "in time");
      assert.equal(yield* self.receive(), "in time");
      yield* Process.sendAfter(10, alias, "late");
      yield* Process.unalias(alias);
      const pid = yield* puppetOn(self, stage, "b");
      yield* Process.sendAfter(1_000, { name: "looked up there", node: stage.ref("b") }, "by name");
      yield* ask(self, pid, "register", "looked up there");
      let got: unknown[] = [];
      while (got.length === 0) {
        yield* Process.sleep(50);
        got = yield* ask(self, pid, "got");
      }
      assert.deepEqual(got, ["by name"]);
      assert.equal(yield* self.receive({ within: 0, otherwise: "nothing" }), "nothing");
    },
  );

  rule("R-505", "a timer tells what is left, or false; false says nothing of the mailbox", function* cancelled(self) {
    const timer = yield* Process.sendAfter(100, self.pid, "cancelled");
    yield* Process.sleep(40);
    const left = yield* Process.readTimer(timer);
    assert(left !== false && left > 0 && left <= 60);
    const cancelled = yield* Process.cancelTimer(timer);
    assert(cancelled !== false && cancelled > 0 && cancelled <= left);
    assert.equal(yield* Process.cancelTimer(timer), false);
    assert.equal(yield* Process.readTimer(timer), false);
    const over = yield* Process.sendAfter(1, self.pid, "came");
    yield* Process.sleep(20);
    assert.equal(yield* Process.cancelTimer(over), false);
    assert.equal(yield* self.receive(), "came");
    assert.equal(yield* self.receive({ within: 100, otherwise: "nothing" }), "nothing");
  });

  rule("R-506", "no timer is early, and none sends before who set it goes on", function* early(self) {
    const begun = yield* Process.now();
    for (const delay of [30, 0, 7, 1, 15]) yield* Process.sendAfter(delay, self.pid, delay);
    assert.equal(yield* self.receive({ within: 0, otherwise: "nothing yet" }), "nothing yet");
    for (const delay of [0, 1, 7, 15, 30]) {
      assert.equal(yield* self.receive(), delay);
      assert((yield* Process.now()) - begun >= delay);
    }
  });

  rule(
    "R-505, R-506",
    "an interval keeps its time, does not make up for what a node that stood still has missed, and can be cancelled",
    { faults: [{ type: "pause", node: "a", atMs: 0, after: { mark: "stand still" }, lastsMs: 35 }] },
    function* interval(self, stage) {
      const begun = yield* Process.now();
      const timer = yield* Process.sendInterval(10, self.pid, "tick");
      const at: number[] = [];
      for (let count = 0; count < 6; count += 1) {
        assert.equal(yield* self.receive(), "tick");
        at.push((yield* Process.now()) - begun);
        if (count === 2) stage.mark("stand still");
      }
      assert.deepEqual(at, [10, 20, 30, 65, 70, 80]);
      assert.equal(yield* Process.cancelTimer(timer), 10);
      assert.equal(yield* self.receive({ within: 50, otherwise: "nothing" }), "nothing");
    },
  );

  rule(
    "R-408",
    "sending to a name on a node never errors, to one here that nobody has it does",
    b,
    function* sends(self, stage) {
      const here = yield* Remote.here();
      assert.equal((yield* causeOf(Process.send("nobody here", 1)))?.type, "noproc");
      yield* Process.send({ name: "nobody here", node: here }, 1);
      yield* Process.send({ name: "nobody there", node: stage.ref("b") }, 1);
      const pid = yield* puppetOn(self, stage, "b");
      yield* ask(self, pid, "register", "somebody there");
      for (const message of [1, 2]) yield* Process.send({ name: "somebody there", node: stage.ref("b") }, message);
      assert.deepEqual(yield* ask(self, pid, "got"), [1, 2]);
      yield* Process.register("somebody here");
      yield* Process.send({ name: "somebody here", node: here }, "mine");
      assert.equal(yield* self.receive(), "mine");
    },
  );

  rule("R-702", "a call to a name on a node fails as one to a pid does", b, function* calls(_self, stage) {
    const node = stage.ref("b");
    const nobody = Server.ref(Counter, { name: "no counter", node });
    assert.equal((yield* causeOf(nobody.call.add(1)))?.type, "noproc");
    yield* nobody.cast.set(1);
    assert.equal((yield* failureOf(Server.shutdown(nobody)) as any).reason.type, "noproc");
    const here = yield* Remote.here();
    const mine = yield* Server.start(Counter, 5, { name: "my counter" });
    const named = Server.ref(Counter, { name: "my counter", node: here });
    assert.equal(yield* named.call.add(1), 6);
    yield* named.cast.set(10);
    assert.equal(yield* mine.call.add(1), 11);
    assert((yield* Server.locate(named)).pid.equals(mine.pid));
    yield* Server.shutdown(named);
    assert.equal((yield* causeOf(named.call.add(1)))?.type, "noproc");
  });

  rule(
    "R-702",
    "a call to a name on a node that is lost fails with noconnection",
    {
      ...b,
      faults: [{ type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } }],
      simulatedOnly: "servers show it there",
    },
    function* lost(self, stage) {
      const pid = yield* puppetOn(self, stage, "b");
      yield* ask(self, pid, "register", "never answers");
      const server = Server.ref(Counter, { name: "never answers", node: stage.ref("b") });
      yield* Process.spawn(function* cuts(): LocalGenerator<void> {
        yield* Process.sleep(20);
        stage.mark("cut");
      });
      assert.equal((yield* causeOf(server.call.add(1).within("1m")))?.type, "noconnection");
    },
  );

  rule("R-605", "a name in a registry is an address, and is taken before the body begins", function* via(self) {
    const holders = new Map<string, Pid<any>>();
    const name = new Held(holders, "first");
    assert.equal(yield* Process.whereis(name), undefined);
    assert.equal((yield* causeOf(Process.send(name, 1)))?.type, "noproc");
    assert.equal((yield* causeOf(Server.ref(Counter, name).call.add(1)))?.type, "noproc");
    const absent = yield* Process.monitor(name);
    assert((yield* self.receive()).ref.equals(absent));

    const server = yield* Server.start(Counter, 1, { name });
    assert((yield* Process.whereis(name))?.equals(server.pid));
    assert.equal(yield* Server.ref(Counter, name).call.add(1), 2);
    yield* Server.ref(Counter, name).cast.set(7);
    assert.equal(yield* server.call.add(0), 7);
    const ref = yield* Process.monitor(name);
    yield* Process.kill(server.pid);
    const down = yield* self.receive();
    assert(down.ref.equals(ref) && down.process.equals(server.pid));

    const begun: unknown[] = [];
    const body = function* (own: Self<any>): LocalGenerator<void> {
      begun.push(name.whereis()?.equals(own.pid));
      yield* own.ready("value");
      yield* own.receive();
    };
    // The process is dead, and this registry does not see that: nothing of the other begins.
    assert.equal((yield* Process.start(body, [], { name })).type, "already-started");
    assert.deepEqual(begun, []);
    yield* name.unregister();
    assert.equal((yield* Process.start(body, [], { name })).type, "started");
    assert.deepEqual(begun, [true]);

    // A supervisor's child has it as well.
    yield* name.unregister();
    const tree = Supervisor.define({ children: [Supervisor.worker("counter", Counter, [3], { name })] });
    const supervisor = yield* Supervisor.start(tree);
    assert.equal(yield* Server.ref(Counter, name).call.add(1), 4);
    assert.throws(() => Supervisor.worker("plain", sleeper, [], { name }), /says when it is ready/);
    yield* Supervisor.stop(supervisor);

    // Taken by somebody else between the question and the attempt: the body never begins, and nothing is left of it.
    yield* name.unregister();
    name.rival = yield* Process.spawn(sleeper);
    const refused = yield* Process.startLink(body, [], { name });
    assert.equal(refused.type, "already-started");
    assert.deepEqual(begun, [true]);
    assert.equal(yield* self.receive({ within: 10, otherwise: "nothing" }), "nothing");
    const here = yield* Remote.here();
    assert.throws(() => Process.start(body, [], { name, on: here }), /^TypeError: Process.start: expected a name in a/);
  });
});

export const { scenarios }: Section = names;
