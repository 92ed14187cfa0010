import { killed, normal, shutdown, type LocalGenerator } from "@espalier/heartbeat";
import { CallError, Process, Server, StartError, type Pid, type Self } from "@espalier/runtime";
import { Supervisor, type ChildOptions, type ChildSpec, type FlagOptions } from "@espalier/supervisor";
import { describe, expect, it } from "vitest";
import { Bench, boom, crash, endOf, settle, type ChildBody } from "./bench.ts";

const patient = { restarts: 10, within: "5s" } as const;

/** Children of the bench by name, in that order. */
function children(bench: Bench, names: string, options: ChildOptions = {}): ChildSpec[] {
  return names.split(" ").map((name) => Supervisor.worker(name, bench.child(name), [], { ready: true, ...options }));
}

function tree(bench: Bench, names: string, flags: FlagOptions = {}, options: ChildOptions = {}) {
  return Supervisor.define({ ...flags, children: children(bench, names, options) });
}

function pidOf(name: string): LocalGenerator<Pid | undefined> {
  return (function* () {
    return yield* Process.whereis<never>(name);
  })();
}

describe("starting", () => {
  it("starts children in order, each after the one before is ready, and stops them in reverse (S75, R-910, R-960)", async () => {
    const bench = await Bench.start();
    const slow: ChildBody = function* (self) {
      bench.trace.push("preparing");
      yield* Process.sleep("1s");
      yield* bench.child("slow")(self);
    };
    const definition = Supervisor.define({
      children: [
        ...children(bench, "a"),
        Supervisor.worker("slow", slow, [], { ready: true }),
        ...children(bench, "c"),
      ],
    });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      expect(bench.news()).toBe("+a preparing +slow +c");
      yield* Supervisor.stop(supervisor);
      expect(bench.news()).toBe("-c -slow -a");
    });
  });

  it("a child that does not start: those before it are stopped, none is retried, and the starter is told (S76, R-913)", async () => {
    const bench = await Bench.start();
    bench.failures["c"] = 1;
    const error = await bench.run(function* (self) {
      yield* self.trapExit();
      try {
        yield* Supervisor.startLink(tree(bench, "a b c d"), undefined, { name: "shop" });
      } catch (error) {
        // No EXIT, and the name is free again.
        expect(yield* self.receive({ within: 0, otherwise: "nothing" })).toBe("nothing");
        expect(yield* Process.whereis("shop")).toBeUndefined();
        return error;
      }
      return null;
    });
    expect(bench.news()).toBe("+a +b !c -b -a");
    expect(error).toBeInstanceOf(StartError);
    expect((error as StartError).reason).toMatchObject({
      type: "shutdown",
      detail: {
        type: "failed-to-start-child",
        id: "c",
        cause: { type: "error", error: { message: "c does not start" } },
      },
    });
    expect(bench.node.inspect().processes).toEqual([]);
  });

  it("a child that chooses not to run keeps its place (R-912)", async () => {
    const bench = await Bench.start();
    const nothingToDo: ChildBody = function* (self) {
      yield* self.ignore();
    };
    const definition = Supervisor.define({
      children: [
        Supervisor.worker("idle", nothingToDo, [], { ready: true }),
        Supervisor.worker("never", nothingToDo, [], { ready: true, restart: "temporary" }),
        ...children(bench, "a"),
      ],
    });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      expect(yield* Supervisor.countChildren(supervisor)).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 });
      expect(yield* Supervisor.restartChild(supervisor, "idle")).toEqual({ type: "ignored" });
    });
  });

  it("a definition that declines to supervise is no error of a parent (R-914)", async () => {
    const bench = await Bench.start();
    const maybe = Supervisor.define((wanted: boolean) => (wanted ? { children: children(bench, "a") } : "ignore"));
    const top = Supervisor.define({ children: [Supervisor.supervisor("maybe", maybe, [false])] });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(top);
      expect(yield* Supervisor.whichChildren(supervisor)).toEqual([{ id: "maybe", child: null, type: "supervisor" }]);
      const wanted = yield* Supervisor.start(maybe, true);
      expect((yield* Supervisor.countChildren(wanted)).active).toBe(1);
    });
    await expect(bench.run(() => Supervisor.start(maybe, false))).rejects.toThrow(StartError);
  });

  it("options that depend on arguments are checked at the start, and fail it (R-902)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define((restarts: number) => ({ intensity: { restarts }, children: [] }));
    const error = await bench.run(function* (self) {
      yield* self.trapExit();
      return yield* attempt(() => Supervisor.startLink(definition, -1));
    });
    expect((error as StartError).reason).toMatchObject({
      type: "error",
      error: { message: "intensity.restarts: expected an integer ≥ 0, got -1" },
    });
  });

  it("names are registered before the child runs, and a taken name fails the start (S37, R-605)", async () => {
    const bench = await Bench.start();
    const seen: (Pid | undefined)[] = [];
    const looking: ChildBody = function* (self) {
      seen.push(yield* Process.whereis("clerk"));
      yield* self.receive();
    };
    for (const ready of [true, false]) {
      const body: ChildBody = ready
        ? function* (self) {
            yield* self.ready();
            yield* looking(self);
          }
        : looking;
      const definition = Supervisor.define({ children: [Supervisor.worker("w", body, [], { name: "clerk", ready })] });
      await bench.run(function* (self) {
        yield* self.trapExit();
        const supervisor = yield* Supervisor.start(definition);
        yield* settle();
        const [child] = yield* Supervisor.whichChildren(supervisor);
        expect(seen.splice(0)).toEqual([child?.child]);
        const error = yield* attempt(() => Supervisor.start(definition));
        const { cause } = ((error as StartError).reason as any).detail;
        expect([cause.type, cause.reason.type]).toEqual(["exit", "already-started"]);
        expect(cause.reason.pid).toBe(child?.child);
        yield* Supervisor.stop(supervisor);
      });
    }
  });

  it("takes servers as children: start waits for init, terminate runs at the end (R-962)", async () => {
    const bench = await Bench.start();
    const Counter = Server.define({
      *init(start: number) {
        yield* Process.trapExit(true);
        bench.trace.push("+counter");
        return { count: start };
      },
      call: { add: (state, by: number) => (state.count += by) },
      terminate: (_state, cause) => void bench.trace.push(`-counter ${cause.type}`),
    });
    const definition = Supervisor.define({
      children: [Supervisor.worker("counter", Counter, [40], { name: "counter" }), ...children(bench, "b")],
    });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      expect(yield* Server.ref(Counter, "counter").call.add(2)).toBe(42);
      yield* Supervisor.stop(supervisor);
    });
    expect(bench.news()).toBe("+counter +b -b -counter shutdown");
  });
});

describe("restarting", () => {
  it("one-for-one: the child alone, with its original arguments (S77, R-940, R-923)", async () => {
    const bench = await Bench.start();
    const greeter = function* (self: Self<any>, greeting: string, state: { count: number }): LocalGenerator<void> {
      state.count += 1;
      bench.trace.push(`${greeting} ${state.count}`);
      yield* bench.child("greeter")(self);
    };
    const definition = Supervisor.define({
      children: [
        ...children(bench, "a"),
        Supervisor.worker("greeter", greeter, ["hello", { count: 0 }], { ready: true }),
      ],
    });
    await bench.run(function* () {
      yield* Supervisor.start(definition);
      bench.news();
      yield* crash("greeter");
    });
    expect(bench.news()).toBe("hello 2 +greeter");
  });

  it("one-for-all and rest-for-one: the others are stopped first, in reverse (S78, R-941, R-942)", async () => {
    for (const [strategy, story] of [
      ["one-for-all", "-d -c -a +a +b +c +d"],
      ["rest-for-one", "-d -c +b +c +d"],
    ] as const) {
      const bench = await Bench.start();
      await bench.run(function* () {
        yield* Supervisor.start(tree(bench, "a b c d", { strategy }));
        bench.news();
        yield* crash("b");
      });
      expect(bench.news()).toBe(story);
    }
  });

  it("permanent always, transient after a crash, temporary never (S77, R-920)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({
      intensity: patient,
      children: [
        ...children(bench, "permanent"),
        ...children(bench, "transient", { restart: "transient" }),
        ...children(bench, "temporary", { restart: "temporary" }),
      ],
    });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      bench.news();
      yield* crash("permanent", normal);
      yield* crash("transient", boom);
      yield* crash("transient", { type: "shutdown", detail: 1 });
      yield* crash("temporary", boom);
      expect(bench.news()).toBe("+permanent +transient");
      expect((yield* Supervisor.whichChildren(supervisor)).map(({ id, child }) => [id, child === null])).toEqual([
        ["transient", true],
        ["permanent", false],
      ]);
      // A clean end keeps the specification.
      expect(yield* Supervisor.startChild(supervisor, children(bench, "transient")[0]!)).toEqual({
        type: "already-present",
      });
      expect(yield* Supervisor.restartChild(supervisor, "transient")).toMatchObject({ type: "started" });
    });
  });

  it("too many: the rest is stopped in reverse and the supervisor ends with shutdown (S81, R-931, R-933)", async () => {
    const bench = await Bench.start();
    const cause = await bench.run(function* (self) {
      const { pid } = yield* Supervisor.start(tree(bench, "a b c"));
      yield* crash("b");
      bench.news();
      yield* Process.send("a", { end: boom });
      return yield* endOf(self, pid);
    });
    expect(cause).toEqual(shutdown);
    expect(bench.news()).toBe("-c -b");
    expect(bench.reported("gave-up")).toHaveLength(1);
  });

  it("counts in whole seconds of the host's clock (S80, R-930)", async () => {
    const bench = await Bench.start();
    await bench.run(function* (self) {
      const { pid } = yield* Supervisor.start(tree(bench, "a"));
      yield* Process.sleep("999ms");
      yield* Process.send("a", { end: boom });
      yield* Process.sleep("5001ms");
      // 0.999 s and 6.0 s: seconds 0 and 6.
      yield* Process.send("a", { end: boom });
      yield* Process.sleep("5999ms");
      expect(yield* Process.alive(pid)).toBe(true);
      // 6.0 s and 11.999 s: seconds 6 and 11.
      yield* Process.send("a", { end: boom });
      expect(yield* endOf(self, pid)).toEqual(shutdown);
    });
  });

  it("a permanent supervisor that gave up is restarted by its parent, a transient one is not (S81, R-933)", async () => {
    for (const [restart, story] of [
      ["permanent", "+a"],
      ["transient", ""],
    ] as const) {
      const bench = await Bench.start();
      const inner = tree(bench, "a", { intensity: { restarts: 0 } });
      const top = Supervisor.define({ children: [Supervisor.supervisor("inner", inner, [], { restart })] });
      await bench.run(function* () {
        yield* Supervisor.start(top);
        bench.news();
        yield* crash("a");
      });
      expect(bench.news()).toBe(story);
    }
  });

  it("children that were added are lost with their supervisor; those of its definition come back (S85, R-967)", async () => {
    const bench = await Bench.start();
    const inner = tree(bench, "a", { intensity: { restarts: 0 } });
    const top = Supervisor.define({ children: [Supervisor.supervisor("inner", inner, [], { name: "inner" })] });
    await bench.run(function* () {
      yield* Supervisor.start(top);
      yield* Supervisor.startChild("inner", children(bench, "b")[0]!);
      bench.news();
      yield* crash("a");
    });
    expect(bench.news()).toBe("-b +a");
  });
});

describe("a restart that fails", () => {
  /** A child that starts once, then not until `open` says so. */
  function gate(bench: Bench): ChildSpec {
    return children(bench, "gate")[0]!;
  }

  it("is tried again, and each attempt counts, so the supervisor gives up by itself (S82, R-932, R-950)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({
      intensity: { restarts: 3 },
      children: [...children(bench, "a"), gate(bench)],
    });
    const cause = await bench.run(function* (self) {
      const { pid } = yield* Supervisor.start(definition);
      bench.failures["gate"] = 100;
      bench.news();
      yield* Process.send("gate", { end: boom });
      return yield* endOf(self, pid);
    });
    expect(cause).toEqual(shutdown);
    expect(bench.news()).toBe("!gate !gate !gate -a");
  });

  it("lets management and the order to stop in between the attempts (S82, R-950, R-951)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({
      intensity: { restarts: 1_000 },
      children: [...children(bench, "a"), gate(bench)],
    });
    await bench.run(function* (self) {
      const supervisor = yield* Supervisor.start(definition);
      const restarting = function* (): LocalGenerator<void> {
        bench.failures["gate"] = 1_000;
        yield* Process.send("gate", { end: boom });
        while ((yield* Supervisor.whichChildren(supervisor))[0]?.child !== "restarting");
      };
      yield* restarting();
      expect(yield* Supervisor.whichChildren(supervisor)).toMatchObject([
        { id: "gate", child: "restarting" },
        { id: "a" },
      ]);
      expect(yield* Supervisor.countChildren(supervisor)).toMatchObject({ specs: 2, active: 1, workers: 2 });
      expect(yield* Supervisor.startChild(supervisor, gate(bench))).toEqual({ type: "already-present" });
      expect(yield* Supervisor.restartChild(supervisor, "gate")).toEqual({ type: "restarting" });
      expect(yield* Supervisor.deleteChild(supervisor, "gate")).toEqual({ type: "restarting" });
      expect(yield* Supervisor.terminateChild(supervisor, "gate")).toEqual({ type: "ok" });
      yield* settle();
      expect(yield* Supervisor.whichChildren(supervisor)).toMatchObject([{ id: "gate", child: null }, { id: "a" }]);
      const left = bench.failures["gate"]!;
      expect(left).toBeGreaterThan(900);
      yield* settle();
      expect(bench.failures["gate"]).toBe(left);

      bench.failures["gate"] = 0;
      yield* Supervisor.restartChild(supervisor, "gate");
      yield* restarting();
      yield* Supervisor.stop(supervisor);
      expect(yield* endOf(self, supervisor.pid)).toMatchObject({ type: "noproc" });
    });
    expect(bench.trace.at(-1)).toBe("-a");
  });
});

describe("stopping a child", () => {
  it("tells it, and kills it when its time is over (S83, R-961)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({
      children: [Supervisor.worker("s", bench.stubborn("s"), [], { ready: true, shutdown: "2s" })],
    });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      const beganMs = yield* Process.now();
      yield* Supervisor.stop(supervisor);
      expect((yield* Process.now()) - beganMs).toBe(2_000);
    });
    expect(bench.reported("shutdown-error")).toMatchObject([{ id: "s", cause: killed }]);
  });

  it("zero milliseconds are a time, and brutal-kill takes none (S83, R-961)", async () => {
    for (const shutdown of [0, "brutal-kill"] as const) {
      const bench = await Bench.start();
      const definition = Supervisor.define({
        children: [Supervisor.worker("s", bench.stubborn("s"), [], { ready: true, shutdown })],
      });
      await bench.run(function* () {
        const supervisor = yield* Supervisor.start(definition);
        yield* Supervisor.stop(supervisor);
        expect(yield* Process.now()).toBe(0);
      });
      expect(bench.reported("shutdown-error")).toHaveLength(shutdown === 0 ? 1 : 0);
    }
  });

  it("waits for ever when it is told to (S83, R-961)", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({
      children: [Supervisor.worker("a", bench.child("a", 3_600_000), [], { ready: true, shutdown: "infinity" })],
    });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      yield* Supervisor.stop(supervisor);
      expect(yield* Process.now()).toBe(3_600_000);
    });
    expect(bench.news()).toBe("+a -a");
    expect(bench.reported("shutdown-error")).toEqual([]);
  });

  it("stops the next one only after the one before is dead (S75, R-960)", async () => {
    const bench = await Bench.start();
    const slow = (name: string, ms: number) => Supervisor.worker(name, bench.child(name, ms), [], { ready: true });
    const definition = Supervisor.define({ children: [slow("a", 10), slow("b", 1_000), slow("c", 100)] });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      yield* Supervisor.stop(supervisor);
      expect(yield* Process.now()).toBe(1_110);
    });
    expect(bench.news()).toBe("+a +b +c -c -b -a");
  });

  it("is not hung by a child that unlinked itself, and sees its true cause (S83, R-963)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a b"));
      yield* Process.send("b", { unlink: true });
      yield* settle();
      yield* Process.send("b", { end: boom });
      yield* settle();
      yield* Supervisor.stop(supervisor);
      // Dead and unlinked: nobody told the supervisor before, so it only knows that there is no process.
      expect(bench.reported("shutdown-error")).toMatchObject([{ id: "b", cause: { type: "noproc" } }]);
    });
    expect(bench.news()).toBe("+a +b -a");
  });

  it("goes on when a child dies badly meanwhile, and says so (R-964)", async () => {
    const bench = await Bench.start();
    const sore: ChildBody = function* (self) {
      yield* self.trapExit();
      yield* self.ready();
      yield* self.receive();
      throw new Error("sore");
    };
    const definition = Supervisor.define({
      children: [...children(bench, "a"), Supervisor.worker("sore", sore, [], { ready: true })],
    });
    await bench.run(function* () {
      yield* Supervisor.stop(yield* Supervisor.start(definition));
    });
    expect(bench.news()).toBe("+a -a");
    expect(bench.reported("shutdown-error")).toMatchObject([{ id: "sore", cause: { error: { message: "sore" } } }]);
  });

  it("ends at once a child that does not trap exits (R-962)", async () => {
    const bench = await Bench.start();
    const simple = function* (self: Self<any>): LocalGenerator<void> {
      try {
        yield* self.receive();
      } finally {
        bench.trace.push("finally");
      }
    };
    const definition = Supervisor.define({ children: [Supervisor.worker("simple", simple, [])] });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      yield* settle();
      yield* Supervisor.stop(supervisor);
    });
    expect(bench.news()).toBe("finally");
    expect(bench.reported("shutdown-error")).toEqual([]);
  });
});

describe("the end of a supervisor", () => {
  it("follows its parent's, children first, with the same cause (S84, R-966)", async () => {
    const bench = await Bench.start();
    const cause = await bench.run(function* (self) {
      const { pid: parent, ref } = yield* Process.spawnMonitor(function* (self: Self<any>, to: Pid<any>) {
        const supervisor = yield* Supervisor.startLink(tree(bench, "a b"));
        yield* Process.send(to, supervisor.pid);
        yield* self.receive();
        throw new Error("the parent fails");
      }, self.pid);
      const pid: Pid = yield* self.receive();
      bench.news();
      yield* Process.send(parent, "go");
      const cause = yield* endOf(self, pid);
      yield* Process.demonitor(ref);
      return cause;
    });
    expect(cause).toMatchObject({ type: "error", error: { message: "the parent fails" } });
    expect(bench.news()).toBe("-b -a");
  });

  it("by a kill leaves the children to their links, which they can trap (S84, R-966)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const { pid } = yield* Supervisor.start(tree(bench, "a b"));
      bench.news();
      yield* Process.kill(pid);
      yield* settle();
      expect(yield* pidOf("a")).toBeUndefined();
    });
    expect(bench.trace.sort().join(" ")).toBe("-a -b");
    expect(bench.node.inspect().processes).toEqual([]);
  });

  it("comes with its node's, in order (S133)", async () => {
    const bench = await Bench.start();
    const inner = tree(bench, "b c");
    const top = Supervisor.define({ children: [...children(bench, "a"), Supervisor.supervisor("inner", inner, [])] });
    await bench.run(() => Supervisor.start(top));
    bench.news();
    await bench.host.wait(bench.node.stop());
    expect(bench.news()).toBe("-c -b -a");
    expect(bench.host.timers).toBe(0);
  });

  it("logs nothing when all is in order (R-735)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      yield* Supervisor.stop(yield* Supervisor.start(tree(bench, "a b")));
    });
    expect(bench.logged).toEqual([]);
  });

  it("strangers' exits and messages do not bring it about (R-905)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const { pid } = yield* Supervisor.start(tree(bench, "a"));
      yield* Process.spawn(function* stranger(_: Self) {
        yield* Process.exit(pid, boom);
        yield* Process.send(pid, "hello?");
      });
      yield* settle();
      expect(yield* Process.alive(pid)).toBe(true);
    });
    expect(bench.logged).toMatchObject([{ type: "unexpected-message", label: "supervisor", message: "hello?" }]);
  });
});

describe("management (R-970)", () => {
  it("startChild, by reference, by pid, by name", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a"), undefined, { name: "shop" });
      const [b, c] = children(bench, "b c");
      const started = yield* Supervisor.startChild(supervisor, b!);
      expect(started).toEqual({ type: "started", pid: yield* pidOf("b") });
      expect(yield* Supervisor.startChild(supervisor.pid, b!)).toEqual({
        type: "already-started",
        pid: yield* pidOf("b"),
      });
      expect(yield* Supervisor.startChild("shop", c!)).toMatchObject({ type: "started" });
      expect((yield* Supervisor.whichChildren("shop")).map(({ id }) => id)).toEqual(["c", "b", "a"]);
    });
  });

  it("startChild gives what ready() said, as info (R-911)", async () => {
    const bench = await Bench.start();
    const body = function* (self: Self<any>): LocalGenerator<void> {
      yield* self.ready({ port: 8080 });
      yield* self.receive();
    };
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a"));
      const spec = Supervisor.worker("w", body, [], { ready: true });
      expect(yield* Supervisor.startChild(supervisor, spec)).toMatchObject({ type: "started", info: { port: 8080 } });
    });
  });

  it("a start that fails says why, and leaves no trace (R-972)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a"));
      const [b] = children(bench, "b");
      bench.failures["b"] = 1;
      expect(yield* Supervisor.startChild(supervisor, b!)).toMatchObject({
        type: "failed",
        cause: { type: "error", error: { message: "b does not start" } },
      });
      expect(yield* Supervisor.getChildspec(supervisor, "b")).toBeNull();
      expect(yield* Supervisor.startChild(supervisor, b!)).toMatchObject({ type: "started" });
    });
  });

  it("specifications from elsewhere are checked (R-903)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a"));
      const [b] = children(bench, "b");
      const forged = { ...b!, restart: "always" } as unknown as ChildSpec;
      expect(yield* Supervisor.startChild(supervisor, forged)).toEqual({
        type: "invalid",
        problem: 'restart of child "b": expected one of "permanent", "transient", "temporary", got "always"',
      });
      const typeless = { ...b!, type: "server" } as unknown as ChildSpec;
      expect(yield* Supervisor.startChild(supervisor, typeless)).toEqual({
        type: "invalid",
        problem: 'type: expected one of "worker", "supervisor", got "server"',
      });
      expect(yield* Supervisor.startChild(supervisor.pid, [1, 2])).toMatchObject({ type: "invalid" });
      expect((yield* Supervisor.countChildren(supervisor)).specs).toBe(1);
    });
  });

  it("terminateChild, restartChild, deleteChild, childSpec", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a b"));
      bench.news();
      expect(yield* Supervisor.getChildspec(supervisor, "a")).toMatchObject({
        id: "a",
        restart: "permanent",
        shutdown: 5_000,
      });
      expect((yield* Supervisor.getChildspec(supervisor, (yield* pidOf("b"))!))?.id).toBe("b");
      expect(yield* Supervisor.restartChild(supervisor, "a")).toEqual({ type: "running" });
      expect(yield* Supervisor.deleteChild(supervisor, "a")).toEqual({ type: "running" });
      expect(yield* Supervisor.terminateChild(supervisor, "a")).toEqual({ type: "ok" });
      expect(yield* Supervisor.terminateChild(supervisor, "a")).toEqual({ type: "ok" });
      yield* settle();
      expect(bench.news()).toBe("-a");
      expect(yield* Supervisor.restartChild(supervisor, "a")).toMatchObject({ type: "started" });
      yield* Supervisor.terminateChild(supervisor, "a");
      expect(yield* Supervisor.deleteChild(supervisor, "a")).toEqual({ type: "ok" });
      for (const ask of [Supervisor.terminateChild, Supervisor.restartChild, Supervisor.deleteChild]) {
        expect(yield* ask(supervisor, "a")).toEqual({ type: "not-found" });
      }
      // A pid is no id.
      expect(yield* Supervisor.terminateChild(supervisor, (yield* pidOf("b"))!)).toEqual({ type: "not-found" });
    });
  });

  it("of a supervisor that is gone fails with noproc (R-971)", async () => {
    const bench = await Bench.start();
    const error = await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a"));
      yield* Supervisor.stop(supervisor);
      return yield* attempt(() => Supervisor.whichChildren(supervisor));
    });
    expect(error).toBeInstanceOf(CallError);
    expect((error as CallError).reason.type).toBe("noproc");
  });

  it("waits while the supervisor stops a child, however long that takes", async () => {
    const bench = await Bench.start();
    const definition = Supervisor.define({
      children: [Supervisor.worker("a", bench.child("a", 60_000), [], { ready: true, shutdown: "infinity" })],
    });
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(definition);
      expect(yield* Supervisor.terminateChild(supervisor, "a")).toEqual({ type: "ok" });
      expect(yield* Process.now()).toBe(60_000);
    });
  });
});

describe("automatic shutdown", () => {
  it("escalates: a significant supervisor's own shutdown counts for its parent (S87, R-993)", async () => {
    const bench = await Bench.start();
    const significant = { restart: "transient", significant: true } as const;
    const inner = tree(bench, "a", { autoShutdown: "any-significant" }, significant);
    const top = Supervisor.define({
      autoShutdown: "any-significant",
      children: [...children(bench, "b"), Supervisor.supervisor("inner", inner, [], significant)],
    });
    const cause = await bench.run(function* (self) {
      const { pid } = yield* Supervisor.start(top);
      bench.news();
      yield* Process.send("a", { end: normal });
      return yield* endOf(self, pid);
    });
    expect(cause).toEqual(shutdown);
    expect(bench.news()).toBe("-b");
  });
});

describe("introspection", () => {
  it("shows a supervisor's children by id, in start order, with their states, and its window", async () => {
    const bench = await Bench.start();
    const details = () =>
      bench.node.inspect().processes.flatMap(({ details }) => {
        if (details?.type !== "supervisor") return [];
        return [{ ...details, children: details.children.map((child) => ({ ...child, pid: String(child.pid) })) }];
      });
    await bench.run(function* () {
      const children = [
        Supervisor.worker("a", bench.child("a"), [], { ready: true }),
        Supervisor.worker("b", function* () {}, [], { restart: "transient" }),
        Supervisor.dynamic("many", bench.child("one"), { name: "many", restart: "temporary" }),
      ];
      yield* Supervisor.start(Supervisor.define({ strategy: "rest-for-one", intensity: patient, children }));
      const one = yield* Supervisor.startChild("many", []);
      yield* settle();
      const before = yield* pidOf("a");
      yield* Process.exit(before as Pid, boom);
      yield* settle();
      const a = yield* pidOf("a");
      const many = yield* pidOf("many");
      expect(details()).toMatchObject([
        {
          kind: "static",
          strategy: "rest-for-one",
          phase: "running",
          intensity: { restarts: 10, withinSeconds: 5 },
          restarts: 1,
          children: [
            { id: "a", type: "worker", restart: "permanent", state: "running", pid: String(a) },
            { id: "b", restart: "transient", state: "absent", pid: "null" },
            { id: "many", type: "supervisor", state: "running", pid: String(many) },
          ],
        },
        { kind: "dynamic", strategy: null, phase: "running", restarts: 0, children: [] },
      ]);
      expect(one).toMatchObject({ type: "started" });
      const [, dynamic] = details();
      yield* Supervisor.startChild("many", []);
      expect(dynamic?.children).toEqual([]);
      expect(details()[1]?.children).toMatchObject([{ id: null, restart: "temporary", state: "running" }]);
    });
  });

  it("tells which restart it is, who is told to end, and who was started for the first time", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(tree(bench, "a b", { intensity: patient, strategy: "one-for-all" }));
      yield* crash("a");
      yield* settle();
      yield* Supervisor.stop(supervisor);
    });
    const lines = bench.reports.map((report) => {
      const added = "added" in report ? ` ${report.added ? "added" : "again"}` : "";
      const attempts = "attempts" in report ? ` ${report.attempts}` : "";
      return `${report.type} ${report.id}${added}${attempts}`;
    });
    expect(lines).toEqual([
      "child-started a added",
      "child-started b added",
      "child-ended a",
      "restarting a 1",
      "child-stopping b",
      "child-started a again",
      "child-started b again",
      "child-stopping b",
      "child-stopping a",
    ]);
  });

  it("shows each restart with its cause and the supervisor's decision, and the log has a line for it (S89)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      yield* Supervisor.start(tree(bench, "a"));
      yield* crash("a");
      yield* settle();
      yield* Process.send("a", { end: boom });
      yield* settle();
    });
    expect(bench.reports.map((report) => [report.type, "decision" in report ? report.decision : null])).toEqual([
      ["child-started", null],
      ["child-ended", "restart"],
      ["restarting", null],
      ["child-started", null],
      ["child-ended", "give-up"],
      ["gave-up", null],
    ]);
    const lines = bench.logged.flatMap((report) => (report.type === "supervisor" ? [report.line] : []));
    expect(lines).toEqual([
      expect.stringMatching(/^child "a" Pid\(.*\) ended: exit: "boom"; it is restarted$/),
      expect.stringMatching(/^child "a" Pid\(.*\) ended: exit: "boom"; it is not restarted again$/),
      'giving up: 2 restarts needed, 1 allowed in 5 s (child "a")',
    ]);
  });
});

/** The error of something that must fail. */
function* attempt(operation: () => Iterable<any>): LocalGenerator<unknown> {
  try {
    yield* operation();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
