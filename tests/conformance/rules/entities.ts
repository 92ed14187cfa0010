import assert from "node:assert/strict";
import {
  Entities,
  OperationRefusedError,
  Process,
  Server,
  Statechart,
  Supervisor,
  type Cause,
  type EntityOptions,
  type LocalGenerator,
} from "espalier";
import { setup } from "xstate";
import { endOf, reasonOf } from "../recorder.ts";
import { section, type Section } from "../rule.ts";

const idle: Cause = { type: "shutdown", detail: "idle" };
const passivated: Cause = { type: "shutdown", detail: "passivated" };
const stopped: Cause = { type: "shutdown" };

type Steps = (key: string) => LocalGenerator<any>;

interface State {
  readonly key: string;
  readonly seen: unknown[];
}

function* nothing(): LocalGenerator<undefined> {}

/** A kind of entity that keeps what it has seen, and the log of what became of all of them. */
function kind(
  name: string,
  options: EntityOptions = {},
  { init = nothing, end = nothing }: Record<string, Steps> = {},
) {
  const log: unknown[] = [];
  const kept = new Map<string, unknown[]>();
  const server = Server.define({
    label: name,
    *init(key: string): LocalGenerator<State> {
      const other = yield* init(key);
      if (other !== undefined) return other;
      log.push(`init ${key}`);
      return { key, seen: [...(kept.get(key) ?? [])] };
    },
    call: {
      add: ({ seen }, what: unknown) => seen.push(what),
      seen: ({ seen }) => [...seen],
      crash: (): number => {
        throw new RangeError("broken");
      },
      *slowly(_, ms: number) {
        yield* Process.sleep(ms);
      },
      *leave({ seen }) {
        yield* Entities.passivate();
        yield* Process.sleep(5);
        return [...seen];
      },
      run: (_, what: () => LocalGenerator<unknown>) => what(),
    },
    cast: { put: ({ seen }, what: unknown) => void seen.push(what) },
    info: ({ seen }, message) => void seen.push(message),
    *terminate({ key, seen }, cause) {
      log.push(`ends ${key}`, cause);
      yield* end(key);
      kept.set(key, seen);
      log.push(`ended ${key}`);
    },
  });
  const entities = Entities.define(name, server, options);
  return { entities, log, kept, at: (key: string) => Entities.ref(entities, key) };
}

export const entities: Section = section(import.meta.url, (rule) => {
  rule(
    "R-1420",
    "an entity is there for whoever calls it, sends to it or monitors it, and one process is for one key",
    function* there(self) {
      const { entities: rooms, at, log } = kind("rooms");
      assert.equal((yield* reasonOf(at("a").call.seen())).type, "noproc");
      yield* Entities.start(rooms);
      assert.equal(yield* Entities.whereis(rooms, "a"), undefined);
      assert.deepEqual(log, []);
      assert.equal(yield* at("a").call.add(1), 1);
      yield* at("a").cast.put(2);
      yield* Process.send(Entities.via(rooms, "a"), 3);
      yield* Process.sendAfter(1, Entities.via(rooms, "a"), 4);
      yield* Process.sleep(5);
      assert.deepEqual(yield* at("a").call.seen(), [1, 2, 3, 4]);
      assert.deepEqual(log, ["init a"]);
      yield* at("b").cast.put(1);
      yield* Process.monitor(Entities.via(rooms, "c"));
      assert.deepEqual(yield* at("b").call.seen(), [1]);
      assert.deepEqual([...(yield* Entities.keys(rooms))].toSorted(), ["a", "b", "c"]);
      const [a, b] = [yield* Entities.whereis(rooms, "a"), yield* Entities.whereis(rooms, "b")];
      assert(a !== undefined && b !== undefined && !a.equals(b) && !a.equals(self.pid));
    },
  );

  rule("R-1420", "a statechart is an entity, too, and its input is the key", function* statechart() {
    const machine = setup({
      types: { input: {} as string, context: {} as { key: string }, events: {} as { type: "flip" } },
    }).createMachine({
      context: ({ input }) => ({ key: input }),
      initial: "off",
      states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
    });
    const Lamp = Statechart.define(machine);
    const lamps = Entities.define<string, unknown>("lamps", Lamp, { idle: 20 });
    yield* Entities.start(lamps);
    const lamp = Statechart.ref(Lamp, Entities.via(lamps, "a"));
    yield* lamp.send({ type: "flip" });
    const { value, context }: any = yield* Statechart.snapshot(lamp);
    assert.deepEqual([value, context], ["on", { key: "a" }]);
    yield* Process.sleep(25);
    assert.deepEqual(yield* Entities.keys(lamps), []);
    const later: any = yield* Statechart.snapshot(lamp);
    assert.equal(later.value, "off");
  });

  rule(
    "R-1420",
    "of a key there is one process, however many send to it first",
    { everyOrder: true },
    function* one(self) {
      const { entities: rooms, at, log } = kind("rooms");
      yield* Entities.start(rooms);
      for (let n = 1; n <= 2; n += 1) {
        yield* Process.spawn(function* (): LocalGenerator<void> {
          yield* at("a").call.add(n);
          yield* Process.send(self.pid, n);
        });
      }
      for (let n = 1; n <= 2; n += 1) yield* self.receive();
      assert.deepEqual(new Set(yield* at("a").call.seen()), new Set([1, 2]));
      assert.deepEqual(log, ["init a"]);
    },
  );

  rule("R-1420", "the crash of an entity is its callers', and the next message starts it again", function* crash() {
    const { entities: rooms, at, log } = kind("rooms");
    const keeper = yield* Entities.start(rooms);
    yield* at("a").call.add(1);
    yield* at("b").call.add(1);
    const reason: any = yield* reasonOf(at("a").call.crash());
    assert.deepEqual([reason.type, reason.error.message], ["error", "broken"]);
    assert.deepEqual(yield* Entities.keys(rooms), ["b"]);
    assert.equal(yield* Process.alive(keeper), true);
    assert.equal(yield* at("a").call.add(2), 2);
    assert.equal(yield* at("b").call.add(2), 2);
    assert.deepEqual(
      log.filter((entry) => typeof entry === "string"),
      ["init a", "init b", "ends a", "ended a", "init a"],
    );
  });

  rule("R-1421", "an entity has started before it handles anything, and what comes meanwhile waits", function* init() {
    const slow: Steps = function* () {
      yield* Process.sleep(20);
    };
    const { entities: rooms, at, log } = kind("rooms", {}, { init: slow });
    yield* Entities.start(rooms);
    for (const n of [1, 2, 3]) yield* at("a").cast.put(n);
    assert.deepEqual(log, []);
    assert.equal(yield* at("a").call.add(4), 4);
    assert.deepEqual([log, yield* at("a").call.seen()], [["init a"], [1, 2, 3, 4]]);
  });

  rule(
    "R-1421, R-1422",
    "whoever calls an entity that cannot start hears why, and the next call tries again",
    function* fails() {
      const outcomes: LocalGenerator<any>[] = [
        (function* (): LocalGenerator<never> {
          throw new RangeError("no such room");
        })(),
        (function* () {
          return Server.fail({ type: "exit", reason: "closed" });
        })(),
        (function* () {
          return Server.ignore();
        })(),
        (function* () {
          yield* Process.sleep("1m");
        })(),
        nothing(),
      ];
      const { entities: rooms, at } = kind("rooms", { startWithin: 50 }, { init: () => outcomes.shift() ?? nothing() });
      yield* Entities.start(rooms);
      const reasons: any[] = [];
      for (let n = 1; n <= 4; n += 1) {
        reasons.push(yield* reasonOf(at("a").call.seen()));
        assert.equal(yield* Entities.whereis(rooms, "a"), undefined);
      }
      assert.equal(reasons[0].error.message, "no such room");
      assert.deepEqual(reasons.slice(1), [
        { type: "exit", reason: "closed" },
        { type: "exit", reason: "ignore" },
        { type: "timeout", what: 'start of rooms "a"' },
      ]);
      assert.deepEqual(yield* at("a").call.seen(), []);
      const started = yield* Entities.whereis(rooms, "a");
      yield* Process.sleep(100);
      assert.equal(started !== undefined && (yield* Process.alive(started)), true);
    },
  );

  rule(
    "R-1409, R-1422",
    "an entity that nobody sends anything for so long ends in order, and the next call starts it with what it kept",
    { lastsMs: 2_000 },
    function* passive() {
      const { entities: rooms, at, log } = kind("rooms", { idle: 100 });
      yield* Entities.start(rooms);
      yield* at("a").call.add(1);
      const first = yield* Entities.whereis(rooms, "a");
      for (const n of [2, 3, 4]) {
        yield* Process.sleep(80);
        yield* at("a").cast.put(n);
      }
      yield* Process.sleep(95);
      assert.deepEqual(log, ["init a"]);
      yield* Process.sleep(10);
      assert.deepEqual(log, ["init a", "ends a", idle, "ended a"]);
      assert.deepEqual(yield* Entities.keys(rooms), []);
      assert.deepEqual(yield* at("a").call.seen(), [1, 2, 3, 4]);
      const second = yield* Entities.whereis(rooms, "a");
      assert(first !== undefined && second !== undefined && !first.equals(second));
      // A handler that takes its time is not idle.
      yield* at("a").call.slowly(300);
      assert((yield* Entities.whereis(rooms, "a"))?.equals(second));
    },
  );

  rule(
    "R-1409, R-1422",
    "what comes while an entity ends is for the next one, in order, each once",
    { everyOrder: true },
    function* meanwhile(self) {
      const slow: Steps = function* () {
        yield* Process.sleep(20);
      };
      const { entities: rooms, at, log } = kind("rooms", { idle: 10 }, { end: slow });
      yield* Entities.start(rooms);
      yield* at("a").call.add(0);
      yield* Process.sleep(15);
      assert.deepEqual(log, ["init a", "ends a", idle]);
      yield* at("a").cast.put(1);
      yield* Process.send(Entities.via(rooms, "a"), 2);
      yield* Process.spawn(function* (): LocalGenerator<void> {
        yield* Process.send(self.pid, yield* at("a").call.seen());
      });
      yield* Process.sleep(1);
      yield* at("a").cast.put(3);
      assert.deepEqual(yield* self.receive(), [0, 1, 2]);
      assert.deepEqual(yield* at("a").call.seen(), [0, 1, 2, 3]);
      assert.deepEqual(log, ["init a", "ends a", idle, "ended a", "init a"]);
    },
  );

  rule(
    "R-1422",
    "a message that comes in the moment in which an entity is idle for long enough is handled",
    { everyOrder: true },
    function* moment(self) {
      const { entities: rooms, at } = kind("rooms", { idle: 10 });
      yield* Entities.start(rooms);
      yield* Process.spawn(function* (): LocalGenerator<void> {
        yield* Process.send(self.pid, "now");
        yield* Process.sleep(10);
        yield* at("a").cast.put(1);
      });
      yield* self.receive();
      yield* at("a").call.add(0);
      yield* Process.sleep(11);
      assert.deepEqual(yield* at("a").call.seen(), [0, 1]);
    },
  );

  rule(
    "R-1422",
    "who asks to leave handles what waits for it already, and what comes then is for the next one",
    function* leave(self) {
      const { entities: rooms, at, log, kept } = kind("rooms");
      yield* Entities.start(rooms);
      yield* at("a").cast.put(1);
      yield* Process.spawn(function* (): LocalGenerator<void> {
        yield* Process.send(self.pid, yield* at("a").call.leave());
      });
      yield* Process.sleep(1);
      yield* at("a").cast.put(2);
      assert.deepEqual(yield* self.receive(), [1]);
      assert.deepEqual(yield* at("a").call.seen(), [1, 2]);
      assert.deepEqual(log, ["init a", "ends a", passivated, "ended a", "init a"]);
      assert.deepEqual(kept.get("a"), [1]);
      // What waits already: sent in one go with the request.
      yield* at("b").cast.put(0);
      const asking = yield* Server.sendRequest(at("b").call.leave());
      for (const n of [1, 2]) yield* at("b").cast.put(n);
      assert.deepEqual(yield* Server.waitResponse(asking), { type: "reply", value: [0] });
      yield* Process.sleep(1);
      assert.deepEqual(kept.get("b"), [0, 1, 2]);
      try {
        yield* Entities.passivate();
        assert.fail("expected an error");
      } catch (error) {
        assert(error instanceof OperationRefusedError);
      }
    },
  );

  rule("R-1422", "who takes too long to end is ended, and then the next one begins", function* late() {
    const slow: Steps = function* (key) {
      if (key === "trapping") yield* Process.trapExit(true);
      yield* Process.sleep("1h");
    };
    const { entities: rooms, at } = kind("rooms", { idle: 10, stopWithin: 50 }, { end: slow });
    yield* Entities.start(rooms);
    for (const key of ["plain", "trapping"]) {
      yield* at(key).call.add(1);
      const first = yield* Entities.whereis(rooms, key);
      assert(first !== undefined);
      const began = yield* Process.now();
      yield* Process.sleep(15);
      assert.deepEqual(yield* at(key).call.seen(), []);
      const tookMs = (yield* Process.now()) - began;
      assert(tookMs >= 60 && tookMs < 70, String(tookMs));
      assert.equal(yield* Process.alive(first), false);
    }
  });

  rule("R-1422", "who has put a message aside, or waits for a certain one, is not idle", function* waits(self) {
    const seen: unknown[] = [];
    const rooms = Entities.define(
      "rooms",
      function* room(own, key: string): LocalGenerator<void> {
        seen.push(`begins ${key}`);
        const first = yield* own.receive();
        if (key === "stash") yield* own.stash(first);
        if (key === "match") yield* own.receive({ match: (message) => message === "two" });
        try {
          for (;;) {
            const next = yield* own.receive({ within: 30, otherwise: "nothing" });
            if (next !== "nothing") {
              yield* own.unstash();
              seen.push(next, yield* own.receive({ within: 0, otherwise: "no more" }));
            }
          }
        } catch (error) {
          seen.push(`${key}: ${(error as any).reason?.detail ?? (error as any).cause?.detail}`);
          throw error;
        }
      },
      { idle: 100 },
    );
    yield* Entities.start(rooms);
    for (const key of ["stash", "match"]) {
      yield* Process.send(Entities.via(rooms, key), "one");
      const pid = yield* Entities.whereis(rooms, key);
      assert(pid !== undefined);
      yield* Process.sleep(500);
      assert.equal(yield* Process.alive(pid), true);
      yield* Process.send(Entities.via(rooms, key), "two");
      assert.deepEqual(yield* endOf(self, pid), idle);
    }
    assert.deepEqual(seen, ["begins stash", "two", "one", "stash: idle", "begins match", "match: idle"]);
  });

  rule(
    "R-1423",
    "a timer of an entity ends with it; one to its address starts it again",
    { lastsMs: 2_000 },
    function* timers() {
      const { entities: rooms, at, log } = kind("rooms", { idle: 50 });
      yield* Entities.start(rooms);
      yield* at("a").call.run(function* (): LocalGenerator<void> {
        const own = yield* Entities.whereis(rooms, "a");
        assert(own !== undefined);
        yield* Process.sendAfter(200, own, "to the process");
        yield* Process.sendAfter(300, Entities.via(rooms, "a"), "to the address");
      });
      yield* Process.sleep(250);
      assert.deepEqual(log, ["init a", "ends a", idle, "ended a"]);
      yield* Process.sleep(60);
      assert.deepEqual(yield* at("a").call.seen(), ["to the address"]);
    },
  );

  rule(
    "R-1425",
    "an entity that calls itself fails at once, and two that call each other when the time is over",
    function* reentrant() {
      const { entities: rooms, at } = kind("rooms");
      yield* Entities.start(rooms);
      const ask = (key: string, then: () => LocalGenerator<any>) =>
        function* (): LocalGenerator<any> {
          return yield* reasonOf(at(key).call.run(then).within(50));
        };
      const calling = yield* at("a").call.run(ask("a", nothing));
      assert.deepEqual(calling, { type: "exit", reason: "calling_self" });
      const inTurn = yield* at("a").call.run(ask("b", ask("a", nothing)));
      assert.deepEqual(inTurn, { type: "timeout" });
    },
  );

  rule(
    "R-1409, R-1422",
    "when a kind is stopped its entities handle what waits and end in order, and none starts",
    function* stop() {
      const { entities: rooms, at, log, kept } = kind("rooms");
      const supervisor = yield* Supervisor.start(
        Supervisor.define({ children: [Supervisor.worker("rooms", rooms, [], { shutdown: "infinity" })] }),
      );
      yield* at("a").call.add(1);
      yield* at("idle").call.add(1);
      const slow = yield* Server.sendRequest(at("a").call.slowly(20));
      yield* at("a").cast.put(2);
      yield* Process.spawn(function* (): LocalGenerator<void> {
        yield* Process.sleep(10);
        yield* at("a").cast.put("late");
        yield* at("b").cast.put("late");
      });
      const began = yield* Process.now();
      yield* Supervisor.stop(supervisor);
      assert.equal((yield* Process.now()) - began, 20);
      assert.equal((yield* Server.waitResponse(slow)).type, "reply");
      const ends = ["ends idle", stopped, "ended idle", "ends a", stopped, "ended a"];
      assert.deepEqual(log, ["init a", "init idle", ...ends]);
      assert.deepEqual(
        kept,
        new Map([
          ["idle", [1]],
          ["a", [1, 2]],
        ]),
      );
      assert.equal((yield* reasonOf(at("a").call.seen())).type, "noproc");
    },
  );

  rule(
    "R-1420",
    "also after the process of a kind was killed there is never a second that acts for a key",
    function* killed() {
      const slow: Steps = function* () {
        yield* Process.trapExit(true);
        yield* Process.sleep(20);
      };
      const { entities: rooms, at, log } = kind("rooms", { idle: 10 }, { end: slow });
      yield* Supervisor.start(Supervisor.define({ children: [Supervisor.worker("rooms", rooms, [])] }));
      yield* at("a").call.add(1);
      yield* at("b").call.add(1);
      const b = yield* Entities.whereis(rooms, "b");
      yield* Process.sleep(15);
      const keeper = yield* Process.whereis("rooms");
      assert(keeper !== undefined && b !== undefined);
      yield* Process.kill(keeper);
      yield* Process.sleep(1);
      assert(!(yield* Process.whereis("rooms"))?.equals(keeper));
      assert.deepEqual(yield* at("a").call.seen(), [1]);
      const order = log.filter((entry) => typeof entry === "string" && entry.endsWith(" a"));
      assert.deepEqual(order, ["init a", "ends a", "ended a", "init a"]);
    },
  );
});

export const { scenarios }: Section = entities;
