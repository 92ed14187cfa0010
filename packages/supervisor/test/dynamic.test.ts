import { killed, normal, shutdown, type LocalGenerator } from "@espalier/heartbeat";
import { Process, Server, type Pid, type Self } from "@espalier/runtime";
import { Supervisor, type DynamicOptions } from "@espalier/supervisor";
import { describe, expect, it } from "vitest";
import { Bench, boom, crash, endOf } from "./bench.ts";

/** Children that are called what they are told, and take `cleanupMs` to end. */
function sessions(bench: Bench, options: DynamicOptions = {}) {
  const session = function* (self: Self<any>, name: string, cleanupMs: number): LocalGenerator<void> {
    yield* bench.child(name, cleanupMs)(self);
  };
  return Supervisor.defineDynamic("session", session, { ready: true, ...options });
}

describe("a dynamic supervisor", () => {
  it("starts without children, and starts each with its own arguments, again after a crash (R-980, R-923)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(sessions(bench));
      expect(yield* Supervisor.whichChildren(supervisor)).toEqual([]);
      expect(yield* Supervisor.startChild(supervisor, ["ada", 0])).toMatchObject({ type: "started" });
      yield* Supervisor.startChild(supervisor, ["bob", 0]);
      yield* crash("ada");
      expect(yield* Supervisor.countChildren(supervisor)).toEqual({ specs: 2, active: 2, supervisors: 0, workers: 2 });
    });
    expect(bench.news()).toBe("+ada +bob +ada");
  });

  it("is a child like any other, reached by its name, and takes servers (R-1001)", async () => {
    const bench = await Bench.start();
    const Counter = Server.define({
      init: (start: number) => ({ count: start }),
      call: { add: (state, by: number) => (state.count += by) },
    });
    const Shop = Supervisor.define({ children: [Supervisor.dynamic("counters", Counter, { name: "counters" })] });
    await bench.run(function* () {
      yield* Supervisor.start(Shop);
      const reply = yield* Supervisor.startChild("counters", [40]);
      if (reply.type !== "started") throw new Error(reply.type);
      expect(yield* Server.ref(Counter, reply.pid).call.add(2)).toBe(42);
      expect(yield* Supervisor.whichChildren("counters")).toEqual([{ id: null, child: reply.pid, type: "worker" }]);
    });
  });

  it("refuses more children than it may have (S86, R-1003)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(sessions(bench, { maxChildren: 1 }));
      yield* Supervisor.startChild(supervisor, ["ada", 0]);
      expect(yield* Supervisor.startChild(supervisor, ["bob", 0])).toEqual({ type: "max-children" });
    });
  });

  it("says why a child does not start, and keeps nothing (R-1002)", async () => {
    const bench = await Bench.start();
    bench.failures["ada"] = 1;
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(sessions(bench));
      expect(yield* Supervisor.startChild(supervisor, ["ada", 0])).toMatchObject({
        type: "failed",
        cause: { type: "error", error: { message: "ada does not start" } },
      });
      expect((yield* Supervisor.countChildren(supervisor)).specs).toBe(0);
    });
  });

  it("stops a child by pid, once (R-1005), and nothing else", async () => {
    const bench = await Bench.start();
    await bench.run(function* (self) {
      const supervisor = yield* Supervisor.start(sessions(bench));
      yield* Supervisor.startChild(supervisor, ["ada", 0]);
      const ada = (yield* Process.whereis<never>("ada"))!;
      expect(yield* Supervisor.terminateChild(supervisor, self.pid)).toEqual({ type: "not-found" });
      expect(yield* Supervisor.terminateChild(supervisor, ada)).toEqual({ type: "ok" });
      expect(yield* Supervisor.terminateChild(supervisor, ada)).toEqual({ type: "not-found" });
      expect(yield* Supervisor.terminateChild(supervisor, "ada")).toEqual({ type: "dynamic" });
    });
    expect(bench.news()).toBe("+ada -ada");
  });

  it("says that its children have no ids to restart or delete them by (R-981)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(sessions(bench));
      expect(yield* Supervisor.restartChild(supervisor, "ada")).toEqual({ type: "dynamic" });
      expect(yield* Supervisor.deleteChild(supervisor, "ada")).toEqual({ type: "dynamic" });
    });
  });

  it("tells all children to stop at once, so the whole takes as long as the slowest (S86, R-965, R-1006)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(sessions(bench));
      for (const [name, cleanupMs] of [
        ["a", 3_000],
        ["b", 1_000],
        ["c", 2_000],
      ] as const) {
        yield* Supervisor.startChild(supervisor, [name, cleanupMs]);
      }
      bench.news();
      yield* Supervisor.stop(supervisor);
      expect(yield* Process.now()).toBe(3_000);
    });
    expect(bench.news()).toBe("-b -c -a");
  });

  it("kills those whose time is over, all at the same moment (R-1006)", async () => {
    const bench = await Bench.start();
    const body = function* (self: Self<any>, name: string): LocalGenerator<void> {
      yield* (name.startsWith("stubborn") ? bench.stubborn(name) : bench.child(name))(self);
    };
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(
        Supervisor.defineDynamic("mixed", body, { ready: true, shutdown: "2s" }),
      );
      for (const name of ["stubborn1", "a", "stubborn2"]) yield* Supervisor.startChild(supervisor, [name]);
      bench.news();
      yield* Supervisor.stop(supervisor);
      expect(yield* Process.now()).toBe(2_000);
    });
    expect(bench.news()).toBe("-a");
    expect(bench.reported("shutdown-error").map(({ id, cause }) => [id, cause])).toEqual([
      ["mixed", killed],
      ["mixed", killed],
    ]);
  });

  it("gives up after too many restarts, and stops all children at once (R-1001, R-933)", async () => {
    const bench = await Bench.start();
    const cause = await bench.run(function* (self) {
      const supervisor = yield* Supervisor.start(sessions(bench));
      yield* Supervisor.startChild(supervisor, ["a", 0]);
      yield* Supervisor.startChild(supervisor, ["b", 500]);
      for (let count = 0; count < 3; count += 1) yield* crash("a");
      bench.news();
      yield* Process.send("a", { end: boom });
      return yield* endOf(self, supervisor.pid);
    });
    expect(cause).toEqual(shutdown);
    expect(bench.news()).toBe("-b");
  });

  it("forgets transient children that end cleanly (R-920)", async () => {
    const bench = await Bench.start();
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(sessions(bench, { restart: "transient" }));
      yield* Supervisor.startChild(supervisor, ["a", 0]);
      yield* crash("a", normal);
      expect((yield* Supervisor.countChildren(supervisor)).specs).toBe(0);
    });
  });

  it("knows the true cause of children found dead while it stops them (R-948)", async () => {
    const bench = await Bench.start();
    await bench.run(function* (self) {
      const supervisor = yield* Supervisor.start(sessions(bench));
      for (const name of ["a", "b", "c"]) yield* Supervisor.startChild(supervisor, [name, 0]);
      const b = (yield* Process.whereis<never>("b"))!;
      const { pid } = yield* Process.spawnMonitor(function* (_: Self) {
        yield* Supervisor.stop(supervisor);
      });
      // It runs after the one that asks and before the supervisor: the order to stop is in the mailbox first.
      yield* Process.spawn(function* (_: Self) {
        yield* Process.kill(b);
      });
      yield* endOf(self, pid);
    });
    expect(bench.news()).toBe("+a +b +c -a -c");
    expect(bench.reported("child-ended")).toEqual([]);
    expect(bench.reported("shutdown-error").map(({ cause }) => cause)).toEqual([killed]);
    expect(bench.node.inspect().processes).toEqual([]);
  });

  it("checks its options", () => {
    const body = function* (_: Self): LocalGenerator<void> {};
    expect(() => Supervisor.defineDynamic("x", body, { maxChildren: -1 })).toThrow(
      "maxChildren: expected an integer ≥ 0 or Infinity, got -1",
    );
    expect(() => Supervisor.defineDynamic("x", body, { intensity: { restarts: -1 } })).toThrow("intensity.restarts");
    for (const options of [{ strategy: "one-for-all" }, { autoShutdown: "any-significant" }]) {
      expect(() => Supervisor.defineDynamic(options as object)).toThrow("of a dynamic supervisor: expected");
      expect(() => Supervisor.defineDynamic("x", body, options as object)).toThrow("of a dynamic supervisor: expected");
    }
    expect(() => Supervisor.dynamic("", body)).toThrow("id: expected a non-empty string");
    expect(() => Supervisor.dynamic("x", body, { restart: "never" as "temporary" })).toThrow('restart of child "x"');
  });

  it("starts and stops ten thousand children", async () => {
    const bench = await Bench.start();
    const idle = function* (self: Self<any>, _index: number): LocalGenerator<void> {
      yield* self.receive();
    };
    const pids: Pid[] = [];
    await bench.run(function* () {
      const supervisor = yield* Supervisor.start(Supervisor.defineDynamic("idle", idle));
      for (let index = 0; index < 10_000; index += 1) {
        const reply = yield* Supervisor.startChild(supervisor, [index]);
        if (reply.type === "started") pids.push(reply.pid);
      }
      yield* Supervisor.stop(supervisor);
    });
    expect(new Set(pids).size).toBe(10_000);
    expect(bench.node.inspect().processes).toEqual([]);
  });
});
