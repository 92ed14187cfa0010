import assert from "node:assert/strict";
import { CallError, Process, Server, Supervisor, Sys, type ChildSpec, type LocalGenerator, type Self } from "espalier";
import { boom, Children, crash, endOf, normal, patient, pidOf, settle, shape, thrown } from "../children.ts";
import { section, type Section } from "../rule.ts";

/** On another node: a supervisor whose child starts once. */
function* bootFar(): LocalGenerator<void> {
  let starts = 0;
  const Once = Server.define({ init: () => (starts++ === 0 ? null : Server.fail(boom)) });
  yield* Supervisor.start(Supervisor.define({ children: [Supervisor.worker("once", Once, [])] }), undefined, {
    name: "far",
  });
}

export const supervisorManagement: Section = section(import.meta.url, (rule) => {
  // Stopping

  rule(
    "R-960",
    "children stop in reverse order, each after the one before is dead",
    { everyOrder: true },
    function* reverse(_, stage) {
      const children = new Children(stage);
      const specs = [children.worker("a"), children.worker("b", {}, { cleanupMs: 100 }), children.worker("c")];
      const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
      children.news();
      yield* Supervisor.stop(supervisor);
      assert.equal(children.news(), "-c -b -a");
    },
  );

  rule("R-961", "brutal-kill, a time, no time at all and infinity", function* shutdowns(_, stage) {
    const children = new Children(stage);
    const specs = [
      children.worker("forever", { shutdown: "infinity" }, { cleanupMs: 60_000 }),
      children.worker("patience", { shutdown: 500 }, { cleanupMs: 400 }),
      children.worker("late", { shutdown: 300 }, { cleanupMs: 400 }),
      children.worker("never", { shutdown: 200 }, { deaf: true }),
      children.worker("atOnce", { shutdown: 0 }, { deaf: true }),
      children.worker("killed", { shutdown: "brutal-kill" }),
    ];
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
    const ends: string[] = [];
    const startMs = yield* Process.now();
    yield* Process.spawn(function* watcher(self: Self<any>) {
      for (const { id } of specs) yield* Process.monitor(yield* pidOf(id));
      while (ends.length < specs.length) {
        const { cause } = yield* self.receive();
        ends.push(`${cause.type} ${Math.round((yield* Process.now()) - startMs)}`);
      }
    });
    yield* Process.sleep(100);
    yield* Supervisor.stop(supervisor);
    yield* settle();
    const expected = ["killed 100", "killed 100", "killed 300", "killed 600", "shutdown 1000", "shutdown 61000"];
    assert.deepEqual(ends, expected);
  });

  rule(
    "R-962",
    "a child that does not trap exits dies at once; a server that does runs terminate(shutdown)",
    function* trapping(_, stage) {
      const children = new Children(stage);
      const server = (trapping: boolean) =>
        Server.define({
          *init() {
            yield* Process.trapExit(trapping);
            return {};
          },
          terminate(_state: unknown, cause) {
            children.trace.push(`terminate ${cause.type}`);
          },
        });
      const specs = [
        Supervisor.worker("trapping", server(true), []),
        Supervisor.worker("plain", server(false), []),
        children.worker("body", {}, { plain: true }),
      ];
      const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
      children.news();
      const startMs = yield* Process.now();
      yield* Supervisor.stop(supervisor);
      assert.equal(children.news(), "terminate shutdown");
      assert.equal(yield* Process.now(), startMs);
    },
  );

  rule("R-963", "a child that has unlinked itself does not hang its supervisor", function* unlinked(_, stage) {
    const children = new Children(stage);
    const specs = [
      children.worker("a", { shutdown: 100 }),
      children.worker("gone", { shutdown: "infinity" }),
      children.worker("killed", { shutdown: "brutal-kill" }),
    ];
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
    for (const { id } of specs) yield* Process.send(id, { type: "unlink" });
    yield* settle();
    yield* crash("gone");
    yield* Supervisor.stop(supervisor);
    const errors = children.reported("shutdown-error").map(({ id, cause }) => [id, cause.type]);
    assert.deepEqual(errors, [["gone", "noproc"]]);
    assert.equal(children.news(), "+a +gone +killed -a");
  });

  rule("R-964", "another cause is reported, and stopping goes on", function* errors(_, stage) {
    const children = new Children(stage);
    const late = { type: "shutdown", detail: "late" } as const;
    const specs = [
      children.worker("a"),
      children.worker("odd", {}, { lastWords: boom }),
      children.worker("normal", {}, { lastWords: normal }),
      children.worker("detail", {}, { lastWords: late }),
      children.worker("transient", { restart: "transient" }, { lastWords: normal }),
      children.worker("temporary", { restart: "temporary" }, { lastWords: late }),
      children.worker("deaf", { shutdown: 10 }, { deaf: true }),
    ];
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
    children.news();
    yield* Supervisor.stop(supervisor);
    assert.equal(children.news(), "-temporary -transient -detail -normal -odd -a");
    const reported = children.reported("shutdown-error").map(({ id }) => id);
    assert.deepEqual(reported, ["deaf", "detail", "normal", "odd"]);
  });

  rule("R-966", "a supervisor ends with its parent, children first, for the same cause", function* parent(self, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({ children: children.workers("a b") });
    yield* Process.spawn(function* owner() {
      yield* Supervisor.startLink(definition, undefined, { name: "shop" });
      yield* Process.sleep(10);
      yield* Process.exit(boom);
    });
    yield* Process.sleep(5);
    assert.deepEqual(yield* endOf(self, yield* pidOf("shop")), boom);
    assert.equal(children.news(), "+a +b -b -a");
  });

  rule("R-966", "of a supervisor that is killed the children die by their links", function* killed(self, stage) {
    const children = new Children(stage);
    const specs = [children.worker("a", {}, { plain: true }), children.worker("b", {}, { plain: true })];
    const { pid } = yield* Supervisor.start(Supervisor.define({ children: specs }));
    const a = yield* pidOf("a");
    yield* Process.kill(pid);
    assert.equal((yield* endOf(self, pid)).type, "noproc");
    yield* settle();
    assert.ok(!(yield* Process.alive(a)));
    assert.deepEqual(children.reported("shutdown-error"), []);
  });

  rule("R-967", "children that were added are lost when their supervisor restarts", function* added(_, stage) {
    const children = new Children(stage);
    const inner = Supervisor.define({ intensity: { restarts: 0 }, children: children.workers("a") });
    const outer = Supervisor.define({ children: [Supervisor.supervisor("inner", inner, [], { name: "inner" })] });
    yield* Supervisor.start(outer);
    yield* Supervisor.startChild("inner", children.worker("b"));
    children.news();
    yield* crash("a");
    assert.equal(children.news(), "-b +a");
    assert.equal(yield* shape("inner"), "a:pid");
  });

  // Managing

  rule("R-970", "start: started, with information, already there, already present, invalid", function* start(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: [] }));
    const started = yield* Supervisor.startChild(supervisor, children.worker("a"));
    const pid = yield* pidOf("a");
    assert.deepEqual(started, { type: "started", pid });
    assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("a")), { type: "already-started", pid });
    yield* Supervisor.terminateChild(supervisor, "a");
    assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("a")), { type: "already-present" });
    const invalid: readonly unknown[] = [
      null,
      {},
      { ...children.worker("b"), restart: "often" },
      { ...children.worker("b"), shutdown: -1 },
      { ...children.worker("b"), type: "manager" },
      { ...children.worker("b"), id: "" },
      { ...children.worker("b"), what: 1 },
      { ...children.worker("b"), args: 1 },
      children.worker("b", { restart: "transient", significant: true }),
    ];
    for (const spec of invalid) {
      assert.equal((yield* Supervisor.startChild(supervisor, spec as ChildSpec)).type, "invalid");
    }
    assert.equal(yield* shape(supervisor), "a:undefined");
  });

  rule("R-970", "terminate: ok, again ok, not found, and a temporary one is forgotten", function* terminate(_, stage) {
    const children = new Children(stage);
    const specs = [children.worker("a"), children.worker("b", { restart: "temporary" })];
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
    const a = yield* pidOf("a");
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, a), { type: "not-found" });
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "c"), { type: "not-found" });
    for (let count = 0; count < 2; count += 1) {
      assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "a"), { type: "ok" });
    }
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "b"), { type: "ok" });
    assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "b"), { type: "not-found" });
    assert.equal(yield* shape(supervisor), "a:undefined");
  });

  rule("R-970", "restart and delete: what runs, what does not, and what is not there", function* again(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: children.workers("a") }));
    assert.deepEqual(yield* Supervisor.restartChild(supervisor, "a"), { type: "running" });
    assert.deepEqual(yield* Supervisor.deleteChild(supervisor, "a"), { type: "running" });
    assert.deepEqual(yield* Supervisor.restartChild(supervisor, "b"), { type: "not-found" });
    assert.deepEqual(yield* Supervisor.deleteChild(supervisor, "b"), { type: "not-found" });
    yield* Supervisor.terminateChild(supervisor, "a");
    const restarted = yield* Supervisor.restartChild(supervisor, "a");
    assert.deepEqual(restarted, { type: "started", pid: yield* pidOf("a") });
    yield* Supervisor.terminateChild(supervisor, "a");
    children.outcomes["a"] = ["ignore"];
    assert.deepEqual(yield* Supervisor.restartChild(supervisor, "a"), { type: "ignored" });
    assert.deepEqual(yield* Supervisor.deleteChild(supervisor, "a"), { type: "ok" });
    assert.equal(yield* shape(supervisor), "");
  });

  rule("R-970, R-994", "the children are listed, counted, found and described", function* inventory(_, stage) {
    const children = new Children(stage);
    const Inner = Supervisor.define({ children: [] });
    const specs = [
      children.worker("a"),
      Supervisor.supervisor("s", Inner, []),
      children.worker("b", { shutdown: "brutal-kill", restart: "transient" }),
    ];
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
    yield* Supervisor.startChild(supervisor, children.worker("c"));
    yield* Supervisor.terminateChild(supervisor, "a");
    const b = yield* pidOf("b");
    const listed = yield* Supervisor.whichChildren(supervisor);
    assert.deepEqual(
      listed.map(({ id, type }) => [id, type]),
      [
        ["c", "worker"],
        ["b", "worker"],
        ["s", "supervisor"],
        ["a", "worker"],
      ],
    );
    assert.deepEqual(listed[1]?.child, b);
    assert.equal(listed[3]?.child, null);
    assert.deepEqual(yield* Supervisor.countChildren(supervisor), { specs: 4, active: 3, supervisors: 1, workers: 3 });
    assert.deepEqual(yield* Supervisor.whichChild(supervisor, "b"), { id: "b", child: b, type: "worker" });
    assert.deepEqual(yield* Supervisor.whichChild(supervisor, "a"), { id: "a", child: null, type: "worker" });
    assert.equal(yield* Supervisor.whichChild(supervisor, "d"), null);
    const spec = yield* Supervisor.getChildspec(supervisor, b);
    assert.deepEqual([spec?.id, spec?.restart, spec?.shutdown], ["b", "transient", "brutal-kill"]);
    assert.equal((yield* Supervisor.getChildspec(supervisor, "a"))?.id, "a");
    assert.equal(yield* Supervisor.getChildspec(supervisor, "d"), null);
  });

  rule("R-971", "managing a dead supervisor fails with noproc", function* dead(_, stage) {
    const children = new Children(stage);
    const { pid } = yield* Supervisor.start(Supervisor.define({ children: [] }), undefined, { name: "shop" });
    yield* Supervisor.stop(pid);
    const asks = [
      () => Supervisor.startChild(pid, children.worker("a")),
      () => Supervisor.terminateChild(pid, "a"),
      () => Supervisor.restartChild(pid, "a"),
      () => Supervisor.deleteChild("shop", "a"),
      () => Supervisor.whichChildren("shop"),
      () => Supervisor.countChildren(pid),
      () => Supervisor.stop(pid),
    ];
    for (const ask of asks) {
      const error = yield* thrown(ask() as any);
      assert.ok(error instanceof CallError);
      assert.equal(error.reason.type, "noproc");
    }
  });

  rule("R-972", "a start that fails is forgotten, a restart by hand that fails is not", function* failing(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(
      Supervisor.define({ intensity: { restarts: 0 }, children: children.workers("a") }),
    );
    children.outcomes["b"] = ["fail"];
    assert.equal((yield* Supervisor.startChild(supervisor, children.worker("b"))).type, "failed");
    yield* Supervisor.terminateChild(supervisor, "a");
    children.outcomes["a"] = ["fail"];
    const failed = yield* Supervisor.restartChild(supervisor, "a");
    assert.equal(failed.type === "failed" && failed.cause.type, "error");
    assert.equal(yield* shape(supervisor), "a:undefined");
    assert.equal((yield* Supervisor.restartChild(supervisor, "a")).type, "started");
  });

  // Significant children

  rule("R-990", "only a significant child that ends by itself counts", function* bystanders(_, stage) {
    const children = new Children(stage);
    const significant = { restart: "transient", significant: true } as const;
    const specs = [children.worker("a"), children.worker("b", significant), children.worker("c", significant)];
    const definition = Supervisor.define({
      autoShutdown: "any-significant",
      strategy: "one-for-all",
      intensity: patient,
      children: specs,
    });
    const { pid } = yield* Supervisor.start(definition);
    yield* Supervisor.terminateChild(pid, "b");
    yield* settle();
    assert.ok(yield* Process.alive(pid));
    yield* Supervisor.restartChild(pid, "b");
    yield* crash("a");
    assert.equal(yield* shape(pid), "a:pid b:pid c:pid");
    const temporary = children.worker("t", { restart: "temporary", significant: true });
    yield* Supervisor.startChild(pid, temporary);
    yield* crash("a");
    assert.equal(yield* shape(pid), "a:pid b:pid c:pid");
  });

  for (const [restart, cause, ends] of [
    ["transient", normal, true],
    ["transient", boom, false],
    ["temporary", normal, true],
    ["temporary", boom, true],
  ] as const) {
    rule(
      "R-991",
      `the end (${cause.type}) of a significant ${restart} child ${ends ? "ends its supervisor" : "restarts it"}`,
      function* counted(_, stage) {
        const children = new Children(stage);
        const definition = Supervisor.define({
          autoShutdown: "any-significant",
          children: [children.worker("a"), children.worker("b", { restart, significant: true })],
        });
        const { pid } = yield* Supervisor.start(definition);
        children.news();
        yield* crash("b", cause);
        assert.equal(yield* Process.alive(pid), !ends);
        assert.equal(children.news(), ends ? "-a" : "+b");
      },
    );
  }

  rule(
    "R-992",
    "all-significant: the last significant child that runs ends the supervisor",
    function* all(self, stage) {
      const children = new Children(stage);
      const specs = [
        children.worker("a"),
        children.worker("b", { restart: "transient", significant: true }),
        children.worker("c"),
        children.worker("d", { restart: "temporary", significant: true }),
      ];
      const { pid } = yield* Supervisor.start(Supervisor.define({ autoShutdown: "all-significant", children: specs }));
      yield* crash("d");
      assert.ok(yield* Process.alive(pid));
      children.news();
      yield* Process.send("b", { type: "end", cause: normal });
      assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
      assert.equal(children.news(), "-c -a");
    },
  );

  rule("R-993", "a significant supervisor that ends for its children ends its own supervisor", function* up(_, stage) {
    const children = new Children(stage);
    const inner = Supervisor.define({
      autoShutdown: "any-significant",
      children: [children.worker("i"), children.worker("s", { restart: "transient", significant: true })],
    });
    const outer = Supervisor.define({
      autoShutdown: "any-significant",
      children: [
        children.worker("a"),
        Supervisor.supervisor("inner", inner, [], { restart: "transient", significant: true }),
        children.worker("b"),
      ],
    });
    const { pid } = yield* Supervisor.start(outer);
    children.news();
    yield* crash("s", normal);
    assert.ok(!(yield* Process.alive(pid)));
    assert.equal(children.news(), "-i -b -a");
  });

  rule("R-994", "a supervisor is stopped with a cause, and in time", function* stop(self, stage) {
    const children = new Children(stage);
    const { pid } = yield* Supervisor.start(Supervisor.define({ children: children.workers("a") }));
    const ref = yield* Process.monitor(pid);
    yield* Supervisor.stop(pid, { cause: normal });
    const down = yield* self.receive();
    assert.deepEqual([down.ref, down.cause], [ref, normal]);
    const slow = Supervisor.define({ children: [children.worker("slow", {}, { cleanupMs: 1_000 })] });
    const late = yield* Supervisor.start(slow);
    const error = yield* thrown(Supervisor.stop(late, { within: 100 }) as any);
    assert.equal(error.reason.type, "timeout");
  });

  rule(
    "R-970, R-972",
    "a supervisor on another node is managed from here, also when its children cannot travel",
    { nodes: ["b"], boot: bootFar },
    function* far(_self, stage) {
      const supervisor = { name: "far", node: stage.ref("b") };
      assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "once"), { type: "ok" });
      assert.deepEqual(yield* Supervisor.restartChild(supervisor, "once"), { type: "failed", cause: boom });
      const [child] = yield* Supervisor.whichChildren(supervisor);
      assert.deepEqual(child, { id: "once", child: null, type: "worker" });
      const { state } = yield* Sys.getStatus(supervisor);
      assert.equal((state as { phase: string }).phase, "running");
    },
  );
});

export const { scenarios }: Section = supervisorManagement;
