import assert from "node:assert/strict";
import { Process, Supervisor, type ChildSpec, type DynamicOptions, type Pid, type Self } from "espalier";
import { boom, Children, crash, endOf, normal, pidOf, settle } from "../children.ts";
import { section, type Section } from "../rule.ts";

/** Children that are called as their first argument says. */
function named(children: Children, options: DynamicOptions = {}) {
  return Supervisor.defineDynamic(
    "session",
    function* session(self: Self<any>, name: string, ...args: readonly unknown[]) {
      yield* children.body(name)(self, name, ...args);
    },
    { ready: true, ...options },
  );
}

export const dynamicSupervisors: Section = section(import.meta.url, (rule) => {
  rule("R-980, R-1004", "children start with arguments of their own, and have no ids", function* template(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(named(children));
    assert.deepEqual(yield* Supervisor.whichChildren(supervisor), []);
    yield* Supervisor.startChild(supervisor, ["a", 1]);
    yield* Supervisor.startChild(supervisor, ["b", 2]);
    const listed = yield* Supervisor.whichChildren(supervisor);
    assert.deepEqual(listed, [
      { id: null, child: yield* pidOf("a"), type: "worker" },
      { id: null, child: yield* pidOf("b"), type: "worker" },
    ]);
    yield* crash("a");
    assert.deepEqual(children.calls, [
      ["a", 1],
      ["b", 2],
      ["a", 1],
    ]);
  });

  rule("R-981, R-1005", "a child is terminated by its pid, once", function* terminate(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(named(children));
    yield* Supervisor.startChild(supervisor, ["a"]);
    const a = yield* pidOf("a");
    const stranger = yield* Process.spawn(children.body("stranger"));
    yield* settle();
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, stranger), { type: "not-found" });
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, a), { type: "ok" });
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, a), { type: "not-found" });
    yield* settle();
    assert.equal(children.news(), "+a +stranger -a");
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "session"), { type: "dynamic" });
    assert.deepEqual(yield* Supervisor.restartChild(supervisor, "session"), { type: "dynamic" });
    assert.deepEqual(yield* Supervisor.deleteChild(supervisor, "session"), { type: "dynamic" });
  });

  rule(
    "R-981, R-983, R-1004, R-1005",
    "a child that does not restart is counted, and terminated by its old pid",
    function* hanging(_, stage) {
      const children = new Children(stage);
      const intensity = { restarts: 1_000_000, within: "1s" } as const;
      const supervisor = yield* Supervisor.start(named(children, { intensity, maxChildren: 2 }));
      yield* Supervisor.startChild(supervisor, ["a"]);
      yield* Supervisor.startChild(supervisor, ["b"]);
      const a = yield* pidOf("a");
      children.outcomes["a"] = Array.from({ length: 1_000 }, () => "late" as const);
      yield* Process.send("a", { type: "end", cause: boom });
      while ((yield* Supervisor.whichChildren(supervisor))[0]?.child !== "restarting") yield* Process.alive(a);
      const counts = yield* Supervisor.countChildren(supervisor);
      assert.deepEqual(counts, { specs: 2, active: 1, supervisors: 0, workers: 2 });
      assert.deepEqual(yield* Supervisor.startChild(supervisor, ["c"]), { type: "max-children" });
      assert.deepEqual(yield* Supervisor.terminateChild(supervisor, a), { type: "ok" });
      assert.deepEqual(yield* Supervisor.terminateChild(supervisor, a), { type: "not-found" });
      const left = children.outcomes["a"].length;
      yield* Process.sleep(100);
      assert.equal(children.outcomes["a"].length, left);
      assert.equal((yield* Supervisor.countChildren(supervisor)).specs, 1);
    },
  );

  rule("R-982", "why a child does not start is said, and nothing of it is kept", function* failing(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(named(children));
    children.outcomes["a"] = ["fail"];
    const failed = yield* Supervisor.startChild(supervisor, ["a"]);
    assert.deepEqual(failed.type === "failed" && [failed.cause.type, Object.keys(failed)], [
      "error",
      ["type", "cause"],
    ]);
    assert.deepEqual(yield* Supervisor.whichChildren(supervisor), []);
    assert.deepEqual(yield* Supervisor.countChildren(supervisor), { specs: 0, active: 0, supervisors: 0, workers: 0 });
  });

  rule("R-982", "of a temporary child the arguments are not kept", function* temporary(_, stage) {
    const children = new Children(stage);
    for (const restart of ["temporary", "permanent"] as const) {
      const supervisor = yield* Supervisor.start(named(children, { restart }));
      yield* Supervisor.startChild(supervisor, [restart, "large"]);
      const spec = yield* Supervisor.getChildspec(supervisor, yield* pidOf(restart));
      assert.deepEqual(spec?.args, restart === "temporary" ? [] : [restart, "large"]);
    }
  });

  rule(
    "R-1001",
    "three restarts are allowed in 5 seconds, and each child is on its own",
    function* defaults(self, stage) {
      const children = new Children(stage);
      const { pid } = yield* Supervisor.start(named(children));
      for (const name of ["a", "b"]) yield* Supervisor.startChild(pid, [name]);
      children.news();
      for (let count = 0; count < 3; count += 1) yield* crash("a");
      assert.equal(children.news(), "+a +a +a");
      yield* Process.send("a", { type: "end", cause: boom });
      assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
      assert.equal(children.news(), "-b");
    },
  );

  rule("R-1001", "extra arguments come before every child's own, at each start", function* extra(_, stage) {
    const children = new Children(stage);
    const definition = Supervisor.defineDynamic({ extraArguments: ["first", 2] });
    const supervisor = yield* Supervisor.start(definition);
    const body = children.body("a");
    const spec = Supervisor.worker("a", (self: Self<any>, ...args: unknown[]) => body(self, ...args), [3], {
      ready: true,
    });
    yield* Supervisor.startChild(supervisor, spec);
    yield* crash("a");
    assert.deepEqual(children.calls, [
      ["first", 2, 3],
      ["first", 2, 3],
    ]);
  });

  rule("R-1002", "each child can have a whole specification of its own", function* specifications(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(Supervisor.defineDynamic());
    const Inner = Supervisor.define({ children: [] });
    assert.equal((yield* Supervisor.startChild(supervisor, children.worker("a"))).type, "started");
    const b = children.worker("b", { restart: "temporary" });
    assert.equal((yield* Supervisor.startChild(supervisor, b)).type, "started");
    // Ids are no names: two can have the same.
    assert.equal((yield* Supervisor.startChild(supervisor, { ...children.worker("c"), id: "a" })).type, "started");
    assert.equal((yield* Supervisor.startChild(supervisor, Supervisor.supervisor("s", Inner, []))).type, "started");
    assert.deepEqual(yield* Supervisor.countChildren(supervisor), { specs: 4, active: 4, supervisors: 1, workers: 3 });
    children.news();
    yield* crash("a");
    yield* crash("b");
    assert.equal(children.news(), "+a");
    assert.equal((yield* Supervisor.countChildren(supervisor)).specs, 3);
  });

  rule("R-1002", "specifications are checked, and significant ones refused", function* invalid(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(Supervisor.defineDynamic());
    const specs: readonly unknown[] = [
      null,
      "a",
      ["a"],
      {},
      { ...children.worker("a"), restart: "often" },
      children.worker("a", { restart: "transient", significant: true }),
    ];
    for (const spec of specs) {
      const reply = yield* Supervisor.startChild(supervisor, spec as ChildSpec);
      assert.equal(reply.type, "invalid");
    }
    assert.equal(children.news(), "");
    assert.ok(yield* Process.alive(supervisor.pid));
  });

  rule("R-1002", "declined, thrown and ended starts are told apart, and nothing is kept", function* starts(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(Supervisor.defineDynamic());
    children.outcomes["a"] = ["ignore"];
    assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("a")), { type: "ignored" });
    function* ending() {
      yield* Process.exit(boom);
    }
    function* throwing(): Generator<never, void, any> {
      throw new RangeError("no room");
    }
    const ended = yield* Supervisor.startChild(supervisor, Supervisor.worker("e", ending, [], { ready: true }));
    assert.deepEqual(ended, { type: "failed", cause: boom });
    const threw = yield* Supervisor.startChild(supervisor, Supervisor.worker("t", throwing, [], { ready: true }));
    const cause: any = threw.type === "failed" && threw.cause;
    assert.deepEqual([cause.type, cause.error.name, cause.error.message], ["error", "RangeError", "no room"]);
    assert.deepEqual(yield* Supervisor.whichChildren(supervisor), []);
  });

  rule("R-1003", "no more children than allowed, until one is gone", function* most(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(named(children, { maxChildren: 1, restart: "temporary" }));
    yield* Supervisor.startChild(supervisor, ["a"]);
    assert.deepEqual(yield* Supervisor.startChild(supervisor, ["b"]), { type: "max-children" });
    yield* crash("a", normal);
    assert.equal((yield* Supervisor.startChild(supervisor, ["b"])).type, "started");
  });

  rule("R-1004, R-946", "a child that declines to be restarted is removed", function* declines(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(named(children));
    yield* Supervisor.startChild(supervisor, ["a"]);
    children.outcomes["a"] = ["ignore"];
    yield* crash("a");
    assert.equal(children.news(), "+a ~a");
    assert.deepEqual(yield* Supervisor.whichChildren(supervisor), []);
  });

  rule("R-965, R-1006", "all children are told at once, and each has its own time", function* together(self, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(Supervisor.defineDynamic());
    const specs = [
      children.worker("killed", { shutdown: "brutal-kill" }, { cleanupMs: 9_999 }),
      children.worker("plain", {}, { plain: true }),
      children.worker("short", { shutdown: 100 }, { deaf: true }),
      children.worker("long", { shutdown: 300 }, { deaf: true }),
      children.worker("in time", { shutdown: 300 }, { cleanupMs: 200 }),
      children.worker("forever", { shutdown: "infinity" }, { cleanupMs: 1_000 }),
    ];
    const names = new Map<Pid, string>();
    for (const spec of specs) {
      yield* Supervisor.startChild(supervisor, spec);
      const pid = yield* pidOf(spec.id);
      names.set(pid, spec.id);
    }
    const startMs = yield* Process.now();
    const ends: string[] = [];
    const watcher = yield* Process.spawn(function* watch(own: Self<any>) {
      for (const pid of names.keys()) yield* Process.monitor(pid);
      while (ends.length < names.size) {
        const { process, cause } = yield* own.receive();
        const atMs = Math.round((yield* Process.now()) - startMs);
        ends.push(`${names.get(process)} ${cause.type} ${atMs}`);
      }
    });
    yield* Process.sleep(1);
    yield* Supervisor.stop(supervisor);
    yield* endOf(self, watcher);
    assert.deepEqual(ends.toSorted(), [
      "forever shutdown 1001",
      "in time shutdown 201",
      "killed killed 1",
      "long killed 301",
      "plain shutdown 1",
      "short killed 101",
    ]);
    const errors = children.reported("shutdown-error").map(({ id }) => id);
    assert.deepEqual(errors.toSorted(), ["long", "short"]);
  });
});

export const { scenarios }: Section = dynamicSupervisors;
