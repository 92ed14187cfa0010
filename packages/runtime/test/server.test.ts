import { Heartbeat, shutdown, type LocalGenerator } from "@espalier/heartbeat";
import { NameTakenError, Process, Server, type CallError, type Pid, type Self } from "@espalier/runtime";
import { expect, test } from "vitest";
import { attempt, bench, reasonOf } from "./helpers.ts";

const Counter = Server.define({
  label: "counter",
  init: (start: number) => ({ count: start }),
  call: {
    add: (state, by: number) => (state.count += by),
    *slow(state) {
      yield* Process.sleep("50ms");
      return state.count;
    },
    fail: (): number => {
      throw new RangeError("too far");
    },
    double: (state) => Server.reply("doubled", { state: { count: state.count * 2 } }),
    never: () => Server.noReply(),
  },
  cast: {
    reset(state) {
      state.count = 0;
    },
  },
});

test("counts, as in the tour", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const counter = yield* Server.start(Counter, 0, { name: "counter" });
    const three = yield* counter.call.add(3);
    const slow = yield* counter.call.slow();
    yield* counter.cast.reset();
    return { three, slow, zero: yield* counter.call.add(0) };
  });
  expect(result).toEqual({ three: 3, slow: 3, zero: 0 });
});

test("a handler may replace the state and still reply", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const counter = yield* Server.start(Counter, 4);
    return [yield* counter.call.double(), yield* Server.getState(counter)];
  });
  expect(result).toEqual(["doubled", { count: 8 }]);
});

test("a call fails with the reason: no such name, dead server, server that ends meanwhile, too long, itself (S29, S38, R-702, R-706)", async () => {
  const { run } = await bench();
  const reasons = await run(function* () {
    const nobody = Server.ref(Counter, "nobody");
    const counter = yield* Server.start(Counter, 1);
    const other = yield* Server.start(Counter, 1);
    const found = {
      noproc: yield* reasonOf(nobody.call.add(1)),
      timeout: yield* reasonOf(counter.call.never()),
      otherwise: yield* counter.call.never().within("1s", { otherwise: "nothing" }),
      died: yield* reasonOf(counter.call.fail()),
      dead: yield* reasonOf(counter.call.add(1)),
    };
    yield* Process.spawn(function* () {
      yield* Process.sleep("1s");
      yield* Process.exit(other.pid, shutdown);
    });
    return { ...found, shutdown: yield* reasonOf(other.call.never()) };
  });
  expect(reasons).toMatchObject({
    noproc: { type: "noproc", what: "nobody" },
    timeout: { type: "timeout" },
    otherwise: "nothing",
    died: { type: "error", error: { name: "RangeError", message: "too far" } },
    dead: { type: "noproc" },
    shutdown: { type: "shutdown" },
  });
});

test("a call's default limit is five seconds (S38, R-701)", async () => {
  const { run, host } = await bench();
  await run(function* () {
    const counter = yield* Server.start(Counter, 1);
    yield* attempt(counter.call.never());
  });
  expect(host.clock.monotonic()).toBe(5000);
});

test("a caller that does not catch a failed call ends with an error, even when the server ended cleanly (S38, R-701)", async () => {
  const { run } = await bench();
  const down = await run(function* (self: Self<Process.Down>) {
    const counter = yield* Server.start(Counter, 1);
    yield* Server.shutdown(counter);
    yield* Process.spawnMonitor(function* () {
      yield* counter.call.add(1);
    });
    return yield* self.receive();
  });
  expect(down.cause).toMatchObject({ type: "error", error: { code: "CALL_FAILED", cause: { type: "noproc" } } });
});

test("a server that calls itself fails at once (S38, R-702)", async () => {
  const { run, host } = await bench();
  const reason = await run(function* () {
    const own: Server.RefOf<typeof Selfish>[] = [];
    const Selfish = Server.define({
      init: () => ({}),
      call: {
        *ask(): LocalGenerator<unknown> {
          return yield* reasonOf((own[0] as (typeof own)[0]).call.ask());
        },
      },
    });
    const selfish = yield* Server.start(Selfish, undefined);
    own.push(selfish);
    return yield* selfish.call.ask();
  });
  expect(reason).toEqual({ type: "exit", reason: "calling_self" });
  expect(host.clock.monotonic()).toBe(0);
});

test("a late reply is dropped: neither a message nor the reply of the next call (S39, R-703, R-704)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<unknown>) {
    const Slow = Server.define({
      init: () => ({ handled: 0 }),
      call: {
        *answer(state, value: string, after: "10s" | "0s") {
          yield* Process.sleep(after);
          state.handled += 1;
          return value;
        },
      },
    });
    const slow = yield* Server.start(Slow, undefined);
    const first = yield* reasonOf(slow.call.answer("first", "10s"));
    const second = yield* slow.call.answer("second", "0s").within("1m");
    const message = yield* self.receive({ within: "1h", otherwise: "no message" });
    return { first, second, message, state: yield* Server.getState(slow) };
  });
  expect(result).toEqual({
    first: { type: "timeout" },
    second: "second",
    message: "no message",
    state: { handled: 2 },
  });
});

test("a reply may come later, from another process; the second one is dropped (S39, R-705)", async () => {
  const { run } = await bench();
  const result = await run(function* (self: Self<unknown>) {
    const Room = Server.define({
      init: () => ({ waiting: [] as Server.From<string>[] }),
      call: { wait: (state) => Server.defer<string>((from) => void state.waiting.push(from)) },
      cast: {
        *release(state) {
          for (const from of state.waiting) {
            yield* Process.spawn(function* () {
              yield* from.reply("one");
              yield* from.reply("two");
            });
          }
        },
      },
    });
    const room = yield* Server.start(Room, undefined);
    yield* Process.spawn(function* () {
      yield* Process.sleep("1s");
      yield* room.cast.release();
    });
    return [yield* room.call.wait(), yield* self.receive({ within: "1s", otherwise: "no message" })];
  });
  expect(result).toEqual(["one", "no message"]);
});

test("a cast never fails: dead, unknown or alive (S40, R-710)", async () => {
  const { run, node } = await bench();
  await run(function* () {
    const counter = yield* Server.start(Counter, 1);
    yield* Server.shutdown(counter);
    yield* counter.cast.reset();
    yield* Server.ref(Counter, "nobody").cast.reset();
  });
  expect(node.inspect().deadLetters).toBe(2);
});

test("other messages go to info; without it they are reported and ignored (S40, R-712)", async () => {
  const { run, reports } = await bench();
  const seen = await run(function* () {
    const Nosy = Server.define({
      init: () => ({ seen: [] as unknown[] }),
      info: (state, message) => void state.seen.push(message),
    });
    const nosy = yield* Server.start(Nosy, undefined);
    const counter = yield* Server.start(Counter, 0);
    yield* Process.send(nosy.pid, "hello");
    yield* Process.send(counter.pid, "hello");
    yield* counter.call.add(1);
    return (yield* Server.getState<{ seen: unknown[] }>(nosy)).seen;
  });
  expect(seen).toEqual(["hello"]);
  expect(reports).toMatchObject([{ type: "unexpected-message", label: "counter", message: "hello" }]);
});

test("a timeout comes through info when no message at all came, once, and any message cancels it (S41, R-721)", async () => {
  const { run } = await bench();
  const seen = await run(function* () {
    const Patient = Server.define({
      init: () => Server.initialised({ seen: [] as unknown[] }, { timeout: "1s" }),
      call: { poke: () => "poked" },
      info(state, message) {
        state.seen.push(message);
        return message === "again" ? Server.noReply({ timeout: "1s" }) : undefined;
      },
    });
    const patient = yield* Server.start(Patient, undefined);
    yield* Process.sleep("500ms");
    yield* patient.call.poke();
    yield* Process.sleep("10s");
    yield* Process.send(patient.pid, "again");
    yield* Process.sleep("10s");
    return (yield* Server.getState<{ seen: unknown[] }>(patient)).seen;
  });
  expect(seen).toEqual(["again", Server.timeout]);
});

test("a timeout of 0 fires only when no message waits (S41, R-721)", async () => {
  const { run } = await bench();
  const seen = await run(function* () {
    const Hasty = Server.define({
      init: () => ({ seen: [] as unknown[] }),
      info(state, message) {
        state.seen.push(message);
        return message === "a" || message === "b" ? Server.noReply({ timeout: 0 }) : undefined;
      },
    });
    const hasty = yield* Server.start(Hasty, undefined);
    yield* Process.send(hasty.pid, "a");
    yield* Process.send(hasty.pid, "b");
    yield* Process.sleep("1s");
    return (yield* Server.getState<{ seen: unknown[] }>(hasty)).seen;
  });
  expect(seen).toEqual(["a", "b", Server.timeout]);
});

test("continue runs before any message that waits, chains, and after init before the first call (S42, R-722)", async () => {
  const { run } = await bench();
  const log = await run(function* () {
    const Chain = Server.define({
      init: () => Server.initialised({ log: [] as unknown[] }, { continue: "init" }),
      continue(state, argument: unknown) {
        state.log.push(argument);
        return argument === "one" ? Server.continue("two") : undefined;
      },
      call: {
        go(state) {
          state.log.push("go");
          return Server.reply("went", { continue: "one" });
        },
      },
      info: (state, message) => void state.log.push(message),
    });
    const chain = yield* Server.start(Chain, undefined);
    yield* Server.suspend(chain);
    yield* Process.spawn(function* () {
      yield* chain.call.go();
    });
    yield* Process.sleep(0);
    yield* Process.send(chain.pid, "queued");
    yield* Server.resume(chain);
    yield* Process.sleep(0);
    return (yield* Server.getState<{ log: unknown[] }>(chain)).log;
  });
  expect(log).toEqual(["init", "go", "one", "two", "queued"]);
});

test("stop with a reply: terminate first, then the reply, then the end, even when terminate fails (S43, R-724, R-733)", async () => {
  const { run } = await bench();
  const log = await run(function* (self: Self<Process.Down>) {
    const log: unknown[] = [];
    const Last = Server.define({
      init: (_: boolean) => ({ fails: _ }),
      call: { quit: () => Server.stop(shutdown, "bye") },
      terminate(state, cause) {
        log.push(["terminate", cause.type]);
        if (state.fails) throw new RangeError("worse");
      },
    });
    for (const fails of [false, true]) {
      const last = yield* Server.start(Last, fails);
      yield* self.monitor(last.pid);
      log.push(["reply", yield* last.call.quit()]);
      log.push(["down", (yield* self.receive()).cause.type]);
    }
    return log;
  });
  expect(log).toEqual([
    ["terminate", "shutdown"],
    ["reply", "bye"],
    ["down", "shutdown"],
    ["terminate", "shutdown"],
    ["reply", "bye"],
    ["down", "error"],
  ]);
});

test("terminate is called after a handler threw, and not after a plain exit signal or a kill (S44, R-730, R-732)", async () => {
  const { run } = await bench();
  const log = await run(function* () {
    const log: string[] = [];
    const Fragile = Server.define({
      init: (name: string) => ({ name }),
      cast: {
        crash: () => {
          throw new Error("broken");
        },
      },
      terminate: (state, cause) => void log.push(`${state.name}: ${cause.type}`),
    });
    const a = yield* Server.start(Fragile, "thrown");
    const b = yield* Server.start(Fragile, "signalled");
    const c = yield* Server.start(Fragile, "killed");
    yield* a.cast.crash();
    yield* Process.exit(b.pid, shutdown);
    yield* Process.kill(c.pid);
    yield* Process.sleep(0);
    return log;
  });
  expect(log).toEqual(["thrown: error"]);
});

test("a server that traps exits and whose parent ends: terminate with that cause, then it ends so too (R-731); others go to info (S40, S44, R-713)", async () => {
  const { run } = await bench();
  const log = await run(function* (self: Self<Process.Down>) {
    const log: unknown[] = [];
    const Trapping = Server.define({
      *init(): LocalGenerator<Record<string, never>> {
        yield* Process.trapExit(true);
        return {};
      },
      info(_, message) {
        log.push((message as Process.Exit).cause.type);
      },
      terminate: (_, cause) => void log.push(`terminate: ${cause.type}`),
    });
    const parent = yield* Process.spawn(function* (parentSelf: Self<string>, to: Pid<Pid>) {
      const server = yield* Server.startLink(Trapping, undefined);
      yield* Process.send(to, server.pid);
      yield* parentSelf.receive();
      yield* Process.exit({ type: "exit", reason: "bored" });
    }, self.pid as Pid<any>);
    const server = (yield* self.receive()) as unknown as Pid;
    yield* self.monitor(server);
    yield* Process.spawn(function* () {
      yield* Process.link(server);
      yield* Process.exit({ type: "exit", reason: "a stranger" });
    });
    yield* Process.sleep(0);
    yield* Process.send(parent, "end");
    log.push((yield* self.receive()).cause);
    return log;
  });
  expect(log).toEqual(["exit", "terminate: exit", { type: "exit", reason: "bored" }]);
});

test("shutdown waits for the end, and says when that was another one (S45, R-608)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const Stubborn = Server.define({
      init: () => ({}),
      *terminate(): LocalGenerator<void> {
        yield* Process.sleep("10s");
        throw new RangeError("worse");
      },
    });
    const counter = yield* Server.start(Counter, 1);
    const stubborn = yield* Server.start(Stubborn, undefined);
    const patient = yield* Server.start(Stubborn, undefined);
    return {
      ended: yield* Server.shutdown(counter, { cause: shutdown }),
      dead: yield* reasonOf(Server.shutdown(counter)),
      slow: yield* reasonOf(Server.shutdown(stubborn, { within: "1s" })),
      other: yield* reasonOf(Server.shutdown(patient)),
    };
  });
  expect(result).toMatchObject({
    ended: undefined,
    dead: { type: "noproc" },
    slow: { type: "timeout" },
    other: { type: "error", error: { name: "RangeError" } },
  });
});

test("system messages keep their place in the order; suspended, a server handles nothing else (S46, R-743)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const counter = yield* Server.start(Counter, 0);
    yield* Server.suspend(counter);
    const held = yield* reasonOf(counter.call.add(5).within("1s"));
    const before = (yield* Server.getState<{ count: number }>(counter)).count;
    yield* Server.resume(counter);
    const after = yield* Server.getState(counter);
    const replaced = yield* Server.replaceState<{ count: number }>(counter, ({ count }) => ({ count: count + 100 }));
    const failed = yield* reasonOf(
      Server.replaceState(counter, () => {
        throw new Error("no");
      }),
    );
    return { held, before, after, replaced, failed, last: yield* counter.call.add(0) };
  });
  expect(result).toMatchObject({
    held: { type: "timeout" },
    before: 0,
    after: { count: 5 },
    replaced: { count: 105 },
    failed: { type: "error" },
    last: 105,
  });
});

test("start waits for init, with its name taken before, and says what went wrong (S37, R-602, R-605, R-606)", async () => {
  const { run, reports } = await bench();
  const result = await run(function* () {
    let inits = 0;
    const Careful = Server.define({
      label: "careful",
      *init(how: "ok" | "throw" | "stop" | "fail" | "ignore") {
        inits += 1;
        yield* Process.sleep("1s");
        if (how === "throw") throw new RangeError("in init");
        if (how === "stop") return Server.stop({ type: "exit", reason: "cannot" });
        if (how === "fail") return Server.fail({ type: "exit", reason: "will not" });
        return how === "ignore" ? Server.ignore() : { how };
      },
    });
    const failures: unknown[] = [];
    for (const how of ["throw", "stop", "fail", "ignore"] as const) {
      failures.push(yield* reasonOf(Server.start(Careful, how, { name: "careful" })));
      failures.push(yield* Process.whereis("careful"));
    }
    const first = yield* Server.start(Careful, "ok", { name: "careful" });
    const taken = yield* attempt(Server.start(Careful, "ok", { name: "careful" }));
    return { failures, taken, same: (taken as NameTakenError).pid === first.pid, inits };
  });
  expect(result.failures).toMatchObject([
    { type: "error", error: { name: "RangeError" } },
    undefined,
    { type: "exit", reason: "cannot" },
    undefined,
    { type: "exit", reason: "will not" },
    undefined,
    { type: "exit", reason: "ignore" },
    undefined,
  ]);
  expect(result.taken).toBeInstanceOf(NameTakenError);
  expect(result).toMatchObject({ same: true, inits: 5 });
  expect(reports.map((report) => report.type === "crash" && report.cause.type)).toEqual(["error", "exit"]);
});

test("validators run at the receiver: a bad call fails, a bad cast is reported, and the server goes on (S47)", async () => {
  const { run, reports } = await bench();
  const positive = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) =>
        typeof value === "number" && value > 0
          ? { value: Math.floor(value) }
          : { issues: [{ message: "expected a positive number", path: ["by"] }] },
    },
  };
  const Safe = Server.define({
    init: () => ({ count: 0 }),
    call: { add: (state, by: number) => (state.count += by) },
    cast: { put: (state, to: number) => void (state.count = to) },
    validate: { call: { add: positive }, cast: { put: [positive] } },
  });
  const result = await run(function* () {
    const safe = yield* Server.start(Safe, undefined);
    const refused = yield* reasonOf(safe.call.add(-1));
    yield* safe.cast.put(-5);
    return [refused, yield* safe.call.add(2.5)];
  });
  expect(result).toMatchObject([
    {
      type: "error",
      error: { code: "INVALID_MESSAGE", message: "add: parameter 1: .by: expected a positive number" },
    },
    2,
  ]);
  expect(reports).toHaveLength(1);
});

test("a message that the server does not have is the caller's error, not the server's end (S47)", async () => {
  const { run } = await bench();
  const Other = Server.define({ init: () => ({}), call: { constructor: () => 1, unknown: () => 1 } });
  const result = await run(function* () {
    const counter = yield* Server.start(Counter, 1);
    const mistaken = Server.ref(Other, counter.pid);
    return [
      yield* reasonOf(mistaken.call.unknown()),
      yield* reasonOf(mistaken.call.constructor()),
      yield* counter.call.add(1),
    ];
  });
  expect(result).toMatchObject([{ error: { code: "INVALID_MESSAGE" } }, { error: { code: "INVALID_MESSAGE" } }, 2]);
});

test("a wait that is cancelled abandons what was to be received now or never, and keeps the rest (R-740)", async () => {
  const { run } = await bench();
  const result = await run(function* () {
    const counter = yield* Server.start(Counter, 1);
    const [received, waited] = [
      yield* Server.sendRequest(counter.call.slow()),
      yield* Server.sendRequest(counter.call.slow()),
    ];
    for (const wait of [Server.receiveResponse(received), Server.waitResponse(waited)]) {
      const brief = yield* Heartbeat.create("1ms");
      yield* attempt(Heartbeat.link(brief, () => wait));
    }
    yield* Process.sleep("1s");
    return [yield* Server.waitResponse(received, { within: 0 }), yield* Server.waitResponse(waited, { within: 0 })];
  });
  expect(result).toEqual([{ type: "no-request" }, { type: "reply", value: 1 }]);
});

test("an error of a waiting call names the line that called", async () => {
  const { run } = await bench();
  const error = await run(function* callsInVain(): LocalGenerator<CallError> {
    const counter = yield* Server.start(Counter, 1);
    return (yield* attempt(counter.call.never())) as CallError;
  });
  expect(error.stack).toMatch(/^CallError: call never to Pid\(.*\) failed: timeout\n/);
  expect(error.stack).toContain("callsInVain");
  expect(error.stack).toContain("server.test.ts");
});
