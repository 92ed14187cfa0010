import assert from "node:assert/strict";
import {
  CauseError,
  NameTakenError,
  Process,
  Registry,
  Remote,
  remote,
  Server,
  StartError,
  Supervisor,
  type Pid,
  type Self,
} from "espalier";
import { section, type Section } from "../rule.ts";

type Key = string | number | bigint | readonly (string | number)[];

const Users = Registry.define<Key, unknown>("users", { keys: "unique", listeners: ["listener"] });
const Topics = Registry.define<Key, unknown>("topics", { keys: "duplicate" });

/** Says where it is to whoever asks. */
const wanderer = remote({}, function* (self: Self<Pid<string>>) {
  yield* self.ready();
  for (;;) {
    const asking = yield* self.receive();
    const here = yield* Remote.here();
    yield* Process.send(asking, here.id);
  }
});

/** Registers what it is told to, says so, and waits. */
function* owner(self: Self<unknown>, registry: typeof Users | typeof Topics, keys: readonly Key[]) {
  for (const key of keys) yield* Registry.register(registry, key, `value of ${String(key)}`);
  yield* self.ready();
  for (;;) yield* self.receive();
}

function* own(registry: typeof Users | typeof Topics, ...keys: readonly Key[]) {
  const result = yield* Process.start(owner, [registry, keys]);
  assert.equal(result.type, "started");
  return (result as { readonly pid: Pid<unknown> }).pid;
}

function* pidsOf(registry: typeof Users | typeof Topics, key: Key) {
  return (yield* Registry.lookup(registry as typeof Users, key)).map(({ pid }) => pid);
}

/** What `operation` fails with. */
function* failureOf(operation: Iterable<any>): Generator<any, unknown, any> {
  try {
    yield* operation as Generator<any, unknown, any>;
  } catch (error) {
    return error;
  }
  return assert.fail("expected an error");
}

export const registries: Section = section(import.meta.url, (rule) => {
  rule("R-1030", "a unique key has one owner, a duplicate key any number, and one of them twice", function* keys(self) {
    yield* Registry.start(Users);
    yield* Registry.start(Topics);
    const ada = yield* own(Users, "ada");
    const error = yield* failureOf(Registry.register(Users, "ada", 1));
    assert(error instanceof NameTakenError);
    assert(error.pid.equals(ada));
    assert.deepEqual(yield* pidsOf(Users, "ada"), [ada]);

    const first = yield* own(Topics, "news", "news");
    yield* Registry.register(Topics, "news", "mine");
    assert.deepEqual(yield* pidsOf(Topics, "news"), [first, first, self.pid]);
    assert.deepEqual(yield* Registry.keys(Topics, first), ["news", "news"]);
  });

  rule(
    "R-1031",
    "a process has many keys with a value each, and only its own are changed or taken back",
    function* values(self) {
      yield* Registry.start(Users);
      yield* Registry.start(Topics);
      const ada = yield* own(Users, "ada", "countess");
      assert.deepEqual(yield* Registry.keys(Users, ada), ["ada", "countess"]);
      assert.deepEqual(yield* Registry.lookup(Users, "countess"), [{ pid: ada, value: "value of countess" }]);

      yield* Registry.register(Users, "me", 1);
      assert.deepEqual(yield* Registry.updateValue(Users, "me", (value) => (value as number) + 1), {
        value: 2,
        old: 1,
      });
      assert.deepEqual(yield* Registry.values(Users, "me", self.pid), [2]);
      assert.equal(yield* Registry.updateValue(Users, "ada", () => "taken over"), null);
      assert.throws(() => Registry.updateValue(Topics as never, "news", () => 0), TypeError);

      // Only what the caller has, and nothing is as good.
      yield* Registry.unregister(Users, "ada");
      yield* Registry.unregister(Users, "nobody");
      assert.deepEqual(yield* pidsOf(Users, "ada"), [ada]);
      yield* Registry.unregister(Users, "me");
      assert.deepEqual(yield* pidsOf(Users, "me"), []);

      yield* Registry.register(Topics, "news", 1);
      yield* Registry.register(Topics, "news", 2);
      yield* Registry.unregisterMatch(Topics, "news", (value) => value === 1);
      assert.deepEqual(yield* Registry.lookup(Topics, "news"), [{ pid: self.pid, value: 2 }]);
      assert.equal(yield* Registry.count(Topics), 1);
      assert.deepEqual(yield* Registry.select(Topics), [{ key: "news", pid: self.pid, value: 2 }]);
    },
  );

  rule(
    "R-1032",
    "no look-up gives a dead owner, and its key is free at once",
    { everyOrder: true },
    function* deadOwners(self) {
      const registry = yield* Registry.start(Users);
      // Its own process may be as slow as it likes.
      yield* Server.suspend(registry);
      const ada = yield* own(Users, "ada");
      yield* Process.monitor(ada);
      yield* Process.kill(ada);
      assert.deepEqual(yield* pidsOf(Users, "ada"), []);
      assert.equal(yield* Registry.whereis(Users, "ada"), undefined);
      yield* Registry.register(Users, "ada", "again");
      yield* self.receive();
      assert.deepEqual(yield* pidsOf(Users, "ada"), [self.pid]);
      assert.equal(yield* Registry.count(Users), 1);
    },
  );

  rule("R-1032", "entries are gone before anybody hears of the end, from all keys", function* gone(self) {
    yield* Registry.start(Topics);
    const pid = yield* own(Topics, "a", "b", "b");
    yield* Process.monitor(pid);
    yield* Process.exit(pid, { type: "exit", reason: "enough" });
    yield* self.receive();
    assert.equal(yield* Registry.count(Topics), 0);
    assert.deepEqual(yield* Registry.keys(Topics, pid), []);
  });

  rule(
    "R-1032",
    "a process that moves keeps its registrations at its home, until it ends (S241)",
    { nodes: ["b"] },
    function* moved(self, { ref }) {
      const registry = yield* Registry.start(Users);
      const result = yield* Process.start(wanderer, [], { name: Registry.via(Users, "wanderer") });
      assert(result.type === "started");
      const { pid } = result;
      yield* Process.migrate(pid, ref("b"));
      assert.deepEqual(yield* pidsOf(Users, "wanderer"), [pid]);
      yield* Process.send(Registry.via(Users, "wanderer"), self.pid);
      assert.equal(yield* self.receive(), ref("b").id);
      yield* Process.monitor(pid);
      yield* Process.kill(pid);
      yield* self.receive();
      assert.deepEqual(yield* pidsOf(Users, "wanderer"), []);
      yield* Process.kill(registry);
    },
  );

  rule("R-1033", "a unique key is a name, and nobody is started under one that is taken", function* via() {
    yield* Registry.start(Users);
    const Greeter = Server.define({ init: () => null, call: { greet: (_state, whom: string) => `hello ${whom}` } });
    const name = Registry.via(Users, "greeter", "a value");
    const server = yield* Server.start(Greeter, undefined, { name });
    assert.equal(yield* Server.ref(Greeter, name).call.greet("ada"), "hello ada");
    assert.deepEqual(yield* Registry.lookup(Users, "greeter"), [{ pid: server.pid, value: "a value" }]);
    const again = yield* failureOf(Server.start(Greeter, undefined, { name }));
    assert(again instanceof NameTakenError);
    assert(again.pid.equals(server.pid));
    assert.throws(() => Registry.via(Topics as never, "news"), TypeError);
    yield* Server.shutdown(server);
    assert.deepEqual(yield* pidsOf(Users, "greeter"), []);
    yield* Server.start(Greeter, undefined, { name });
  });

  rule("R-1034", "keys are compared strictly, and dispatch calls nobody for nobody", function* strict(self) {
    yield* Registry.start(Users);
    yield* Registry.start(Topics);
    const keys: Key[] = [1, "1", 1n, ["1"], [1], [1, 2], ["1,2"]];
    for (const [index, key] of keys.entries()) yield* Registry.register(Users, key, index);
    for (const [index, key] of keys.entries()) assert.deepEqual(yield* Registry.values(Users, key, self.pid), [index]);
    assert((yield* failureOf(Registry.register(Users, [1, 2], "another tuple"))) instanceof NameTakenError);

    let calls = 0;
    const deliver = function* (registered: readonly { readonly pid: Pid<any> }[]) {
      calls += 1;
      for (const { pid } of registered) yield* Process.send(pid, "extra");
    };
    yield* Registry.dispatch(Topics, "news", deliver);
    assert.equal(calls, 0);
    yield* Registry.register(Topics, "news", 0);
    yield* Registry.dispatch(Topics, "news", deliver);
    assert.equal(calls, 1);
    assert.equal(yield* self.receive(), "extra");
  });

  rule("R-1034", "listeners hear of registrations that are made and taken back", function* listeners(self) {
    yield* Registry.start(Users);
    yield* Process.register("listener");
    yield* Registry.register(Users, "me", 1);
    yield* Registry.unregister(Users, "me");
    assert.deepEqual(yield* self.receive(), {
      type: "register",
      registry: "users",
      key: "me",
      pid: self.pid,
      value: 1,
    });
    assert.deepEqual(yield* self.receive(), { type: "unregister", registry: "users", key: "me", pid: self.pid });
  });

  rule(
    "R-1034",
    "a lock is held by one at a time, and released when its holder returns, throws or dies",
    function* locks(self) {
      yield* Registry.start(Users);
      const working = function* (own: Self<unknown>, tell: Pid<string>, how: "return" | "throw" | "wait") {
        try {
          yield* Registry.lock(Users, "door", function* () {
            yield* Process.send(tell, `${how} in`);
            if (how === "throw") throw new Error("in the critical section");
            if (how === "wait") yield* own.receive();
            yield* Process.sleep("10ms");
            yield* Process.send(tell, `${how} out`);
          });
        } catch (error) {
          yield* Process.send(tell, `${how} ${(error as Error).message}`);
        }
      };
      yield* Process.spawn(working, self.pid, "return");
      assert.equal(yield* self.receive(), "return in");
      const stuck = yield* Process.spawn(working, self.pid, "wait");
      yield* Process.sleep("1ms");
      const waiting = yield* Process.spawn(working, self.pid, "wait");
      yield* Process.sleep("1ms");
      yield* Process.spawn(working, self.pid, "throw");
      assert.equal(yield* self.receive(), "return out");
      assert.equal(yield* self.receive(), "wait in");
      // Another key has another lock.
      yield* Registry.lock(Users, "window", function* () {});
      // One that waits leaves the line, and one that holds the lock leaves it to the next.
      yield* Process.kill(waiting);
      yield* Process.kill(stuck);
      assert.equal(yield* self.receive(), "throw in");
      assert.equal(yield* self.receive(), "throw in the critical section");
      yield* Registry.lock(Users, "door", function* () {});
    },
  );

  rule(
    "R-1035",
    "a registry takes those down that are registered, until they are not any more",
    function* linked(self) {
      const registry = yield* Registry.start(Users);
      const registered = yield* own(Users, "ada", "countess");
      const free = yield* Process.spawn(function* (own) {
        yield* Registry.register(Users, "a", 1);
        yield* Registry.register(Users, "b", 1);
        yield* Registry.unregister(Users, "a");
        yield* Registry.unregister(Users, "b");
        for (;;) yield* own.receive();
      });
      yield* Process.sleep("1ms");
      yield* Process.monitor(registered);
      yield* Process.kill(registry);
      const down = yield* self.receive();
      assert.equal(down.cause.type, "killed");
      assert.equal(yield* Process.alive(free), true);
      const error = yield* failureOf(Registry.lookup(Users, "ada"));
      assert(error instanceof CauseError && error.reason.type === "noproc");
      // The next one begins with nothing.
      yield* Registry.start(Users);
      assert.equal(yield* Registry.count(Users), 0);
      yield* Registry.register(Users, "ada", 2);
    },
  );

  rule("R-1035", "an owner that dies does no harm to its registry, which a supervisor owns", function* owned() {
    const tree = yield* Supervisor.start(Supervisor.define({ children: [Supervisor.worker("users", Users, [])] }));
    const ada = yield* own(Users, "ada");
    yield* Process.exit(ada, { type: "exit", reason: "crash" });
    const [child] = yield* Supervisor.whichChildren(tree);
    assert((yield* Process.whereis("users"))?.equals(child?.child as Pid));
    assert.equal(yield* Registry.count(Users), 0);
    const error = yield* failureOf(Registry.start(Users));
    assert(error instanceof StartError);
    yield* Supervisor.stop(tree);
    assert.equal(yield* Process.whereis("users"), undefined);
  });
});

export const { scenarios }: Section = registries;
