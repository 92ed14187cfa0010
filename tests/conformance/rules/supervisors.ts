import assert from "node:assert/strict";
import { Process, Server, StartError, Supervisor, type LocalGenerator, type Self } from "espalier";
import { boom, Children, crash, endOf, normal, patient, pidOf, settle, shape, thrown } from "../children.ts";
import { section, type Section } from "../rule.ts";

export const supervisors: Section = section(import.meta.url, (rule) => {
  rule("R-901", "a child has OTP's defaults", function* defaults(_, stage) {
    const children = new Children(stage);
    const Inner = Supervisor.define({ children: [] });
    const specs = [Supervisor.worker("a", children.body("a"), []), Supervisor.supervisor("b", Inner, [])];
    const { pid } = yield* Supervisor.start(Supervisor.define({ children: specs }));
    const a = yield* Supervisor.getChildspec(pid, "a");
    const { id, type, restart, shutdown, significant } = a!;
    assert.deepEqual([id, type, restart, shutdown, significant], ["a", "worker", "permanent", 5_000, false]);
    const b = yield* Supervisor.getChildspec(pid, "b");
    assert.deepEqual([b!.type, b!.shutdown], ["supervisor", "infinity"]);
  });

  rule("R-901", "a supervisor is one-for-one and allows one restart in 5 seconds", function* flags(self, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({ children: children.workers("a b") });
    const { pid } = yield* Supervisor.start(definition);
    children.news();
    yield* crash("a");
    assert.equal(children.news(), "+a");
    yield* Process.sleep("6100ms");
    yield* crash("a");
    assert.equal(children.news(), "+a");
    yield* Process.sleep("3s");
    yield* Process.send("a", { type: "end", cause: boom });
    assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
  });

  rule("R-905", "a supervisor survives messages and EXITs that it does not know", function* unknown(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.startLink(Supervisor.define({ children: children.workers("a") }));
    const pid = supervisor.pid as any;
    yield* Process.send(pid, "what");
    yield* Process.send(pid, null);
    yield* Process.spawn(function* stranger() {
      yield* Process.exit(pid, boom);
      yield* Process.exit(pid, normal);
      yield* Process.link(pid);
      yield* Process.exit(boom);
    });
    yield* settle();
    assert.ok(yield* Process.alive(pid));
    assert.equal(children.news(), "+a");
  });

  rule("R-910", "children start in order, each after the one before has started", function* order(_, stage) {
    const children = new Children(stage);
    function* slow(self: Self<any>): LocalGenerator<void> {
      children.trace.push("slow begins");
      yield* Process.sleep(100);
      yield* children.body("slow")(self);
    }
    const specs = [children.worker("a"), Supervisor.worker("slow", slow, [], { ready: true }), children.worker("c")];
    yield* Supervisor.start(Supervisor.define({ children: specs }));
    assert.equal(children.news(), "+a slow begins +slow +c");
  });

  rule("R-911", "a start yields a pid, a pid with information, nothing, or an error", function* results(_, stage) {
    const children = new Children(stage);
    children.outcomes["ignored"] = ["ignore"];
    children.outcomes["failed"] = ["fail"];
    const supervisor = yield* Supervisor.start(Supervisor.define({ children: [] }));
    const plain = yield* Supervisor.startChild(supervisor, children.worker("plain"));
    assert.deepEqual(plain, { type: "started", pid: yield* pidOf("plain") });
    function* informing(self: Self<any>): LocalGenerator<void> {
      yield* self.ready({ port: 80 });
      yield* self.receive();
    }
    const informed = yield* Supervisor.startChild(
      supervisor,
      Supervisor.worker("informed", informing, [], { ready: true }),
    );
    assert.equal(informed.type, "started");
    assert.deepEqual(informed.type === "started" && informed.info, { port: 80 });
    assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("ignored")), { type: "ignored" });
    const failed = yield* Supervisor.startChild(supervisor, children.worker("failed"));
    assert.equal(failed.type, "failed");
    assert.equal(failed.type === "failed" && failed.cause.type, "error");
    assert.equal(failed.type === "failed" && failed.spec.id, "failed");
    const Failing = Server.define({ init: () => Server.fail(boom) });
    const stopped = yield* Supervisor.startChild(supervisor, Supervisor.worker("server", Failing, []));
    assert.deepEqual(stopped.type === "failed" && stopped.cause, boom);
  });

  rule(
    "R-912",
    "who declines to start keeps its place without a process, unless temporary",
    function* ignore(_, stage) {
      const children = new Children(stage);
      for (const name of ["b", "c", "d"]) children.outcomes[name] = ["ignore"];
      const specs = [
        children.worker("a"),
        children.worker("b"),
        children.worker("c", { restart: "transient" }),
        children.worker("d", { restart: "temporary" }),
      ];
      const supervisor = yield* Supervisor.start(Supervisor.define({ children: specs }));
      assert.equal(yield* shape(supervisor), "a:pid b:undefined c:undefined");
      assert.deepEqual(yield* Supervisor.countChildren(supervisor), {
        specs: 3,
        active: 1,
        supervisors: 0,
        workers: 3,
      });
      children.outcomes["e"] = ["ignore"];
      children.outcomes["f"] = ["ignore"];
      assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("e")), { type: "ignored" });
      const f = children.worker("f", { restart: "temporary" });
      assert.deepEqual(yield* Supervisor.startChild(supervisor, f), { type: "ignored" });
      assert.equal(yield* shape(supervisor), "a:pid b:undefined c:undefined e:undefined");
      assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("b")), { type: "already-present" });
      assert.equal((yield* Supervisor.restartChild(supervisor, "b")).type, "started");
    },
  );

  rule(
    "R-913",
    "a child that does not start takes those before it down in reverse order, and the starter is told",
    function* rollBack(self, stage) {
      const children = new Children(stage);
      children.outcomes["c"] = ["fail"];
      yield* Process.trapExit(true);
      const definition = Supervisor.define({ intensity: patient, children: children.workers("a b c d") });
      const error = yield* thrown(Supervisor.startLink(definition, undefined, { name: "shop" }));
      assert.ok(error instanceof StartError);
      const { type, detail } = error.reason as any;
      assert.deepEqual(
        [type, detail.type, detail.id, detail.cause.type],
        ["shutdown", "failed-to-start-child", "c", "error"],
      );
      assert.equal(children.news(), "+a +b !c -b -a");
      assert.deepEqual(children.reported("restarting"), []);
      for (const name of ["shop", "a", "b"]) assert.equal(yield* Process.whereis(name), undefined);
      assert.equal(yield* self.receive({ within: 10, otherwise: "nothing" }), "nothing");
    },
  );

  rule(
    "R-914",
    "a supervisor with nothing to supervise is not started, and no failure",
    function* nothing(self, stage) {
      const children = new Children(stage);
      yield* Process.trapExit(true);
      const Empty = Supervisor.define((work: boolean) => (work ? { children: [] } : "ignore"));
      const error = yield* thrown(Supervisor.startLink(Empty, false));
      assert.deepEqual(error.reason, { type: "exit", reason: "ignore" });
      assert.equal(yield* self.receive({ within: 10, otherwise: "nothing" }), "nothing");
      const specs = [Supervisor.supervisor("inner", Empty, [false]), children.worker("a")];
      const outer = yield* Supervisor.start(Supervisor.define({ children: specs }));
      assert.equal(yield* shape(outer), "inner:undefined a:pid");
    },
  );

  for (const [restart, how, outcome] of [
    ["permanent", "normal", "restarted"],
    ["permanent", "shutdown", "restarted"],
    ["permanent", "detailed shutdown", "restarted"],
    ["permanent", "crash", "restarted"],
    ["transient", "normal", "kept"],
    ["transient", "shutdown", "kept"],
    ["transient", "detailed shutdown", "kept"],
    ["transient", "crash", "restarted"],
    ["temporary", "normal", "removed"],
    ["temporary", "crash", "removed"],
  ] as const) {
    const cause = {
      normal,
      shutdown: { type: "shutdown" } as const,
      "detailed shutdown": { type: "shutdown", detail: "enough" } as const,
      crash: boom,
    }[how];
    rule("R-920", `a ${restart} child that ends (${how}) is ${outcome}`, function* restarts(_, stage) {
      const children = new Children(stage);
      const supervisor = yield* Supervisor.start(
        Supervisor.define({ intensity: patient, children: [children.worker("a", { restart }), children.worker("b")] }),
      );
      children.news();
      yield* crash("a", cause);
      assert.equal(children.news(), outcome === "restarted" ? "+a" : "");
      const shapes = { restarted: "a:pid b:pid", kept: "a:undefined b:pid", removed: "b:pid" };
      assert.equal(yield* shape(supervisor), shapes[outcome]);
    });
  }

  rule("R-921", "a transient child that ended cleanly can be started by hand", function* kept(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* Supervisor.start(
      Supervisor.define({ children: children.workers("a", { restart: "transient" }) }),
    );
    yield* crash("a", normal);
    assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("a")), { type: "already-present" });
    const restarted = yield* Supervisor.restartChild(supervisor, "a");
    assert.deepEqual(restarted, { type: "started", pid: yield* pidOf("a") });
  });

  rule(
    "R-922",
    "a child that was terminated by hand is not restarted",
    { everyOrder: true },
    function* terminated(_, stage) {
      const children = new Children(stage);
      const supervisor = yield* Supervisor.start(Supervisor.define({ children: children.workers("a") }));
      assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "a"), { type: "ok" });
      yield* settle();
      assert.equal(children.news(), "+a -a");
      assert.equal(yield* shape(supervisor), "a:undefined");
    },
  );

  rule("R-923", "a restarted child is started with the original arguments", function* original(_, stage) {
    const children = new Children(stage);
    const body = children.body("a");
    const spec = Supervisor.worker("a", (self: Self<any>, first: number, second: string) => body(self, first, second), [
      1,
      "two",
    ]);
    yield* Supervisor.start(Supervisor.define({ children: [spec] }));
    yield* settle();
    yield* crash("a");
    assert.deepEqual(children.calls, [
      [1, "two"],
      [1, "two"],
    ]);
  });

  rule("R-930", "the window is in whole seconds, and includes its first", function* inclusive(self, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({ intensity: { restarts: 1, within: "2s" }, children: children.workers("a") });
    const { pid } = yield* Supervisor.start(definition);
    // From the end of a second to the beginning of the third one after it: 2.02 seconds, and outside.
    yield* untilInSecond(985);
    yield* crash("a");
    yield* Process.sleep(2_020);
    yield* crash("a");
    assert.ok(yield* Process.alive(pid));
    // From the beginning of a second to the end of the second one after it: 2.9 seconds, and inside.
    yield* Process.sleep(2_900);
    yield* Process.send("a", { type: "end", cause: boom });
    assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
  });

  rule("R-930", "a restart outside the window is forgotten", function* outside(_, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({ intensity: { restarts: 1, within: "2s" }, children: children.workers("a") });
    const { pid } = yield* Supervisor.start(definition);
    yield* untilInSecond(5);
    yield* crash("a");
    for (let count = 0; count < 3; count += 1) {
      yield* Process.sleep(3_000);
      yield* crash("a");
    }
    assert.ok(yield* Process.alive(pid));
  });

  rule("R-931", "as many restarts as allowed, and the next one ends the supervisor", function* limit(self, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({ intensity: { restarts: 2, within: "5s" }, children: children.workers("a") });
    const { pid } = yield* Supervisor.start(definition);
    yield* crash("a");
    yield* crash("a");
    assert.equal(children.news(), "+a +a +a");
    yield* Process.send("a", { type: "end", cause: boom });
    assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
    assert.equal(children.news(), "");
  });

  rule("R-931", "with intensity 0 the first crash is fatal", { everyOrder: true }, function* zero(self, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({ intensity: { restarts: 0 }, children: children.workers("a b") });
    const { pid } = yield* Supervisor.start(definition);
    yield* Process.send("a", { type: "end", cause: boom });
    assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
    assert.equal(children.news(), "+a +b -b");
  });

  rule("R-932", "all children share one window", function* shared(self, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({
      intensity: { restarts: 2, within: "5s" },
      children: children.workers("a b c"),
    });
    const { pid } = yield* Supervisor.start(definition);
    yield* crash("a");
    yield* crash("b");
    assert.ok(yield* Process.alive(pid));
    yield* Process.send("c", { type: "end", cause: boom });
    assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
  });

  rule(
    "R-932, R-950",
    "attempts that fail count, so a child that never starts escalates",
    function* failing(self, stage) {
      const children = new Children(stage);
      const definition = Supervisor.define({
        intensity: { restarts: 3, within: "5s" },
        children: children.workers("a b"),
      });
      const { pid } = yield* Supervisor.start(definition);
      children.outcomes["a"] = ["fail", "fail", "fail", "fail", "fail"];
      yield* Process.send("a", { type: "end", cause: boom });
      assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
      assert.equal(children.news(), "+a +b !a !a !a -b");
    },
  );

  rule("R-932", "the restart of a group counts once", function* once(_, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({
      strategy: "one-for-all",
      intensity: { restarts: 1, within: "5s" },
      children: children.workers("a b c d"),
    });
    const { pid } = yield* Supervisor.start(definition);
    yield* crash("b");
    assert.ok(yield* Process.alive(pid));
    assert.equal(children.reported("restarting")[0]?.attempts, 1);
  });

  rule(
    "R-933",
    "who gives up stops the others in reverse order, and ends with shutdown: a permanent one is restarted, a transient one not",
    function* givesUp(_, stage) {
      const children = new Children(stage);
      const inner = (name: string) =>
        Supervisor.define({ intensity: { restarts: 0 }, children: children.workers(`${name}1 ${name}2 ${name}3`) });
      const outer = Supervisor.define({
        intensity: patient,
        children: [
          Supervisor.supervisor("p", inner("p"), []),
          Supervisor.supervisor("t", inner("t"), [], { restart: "transient" }),
        ],
      });
      const { pid } = yield* Supervisor.start(outer);
      children.news();
      yield* crash("p2");
      assert.equal(children.news(), "-p3 -p1 +p1 +p2 +p3");
      assert.equal(children.reported("gave-up").length, 1);
      yield* crash("t2");
      assert.equal(children.news(), "-t3 -t1");
      assert.equal(yield* shape(pid), "p:pid t:undefined");
    },
  );

  rule("R-934", "clean ends of transient and temporary children do not count", function* clean(_, stage) {
    const children = new Children(stage);
    const specs = [
      children.worker("a", { restart: "transient" }),
      children.worker("b", { restart: "temporary" }),
      children.worker("c", { restart: "temporary" }),
    ];
    const { pid } = yield* Supervisor.start(Supervisor.define({ intensity: { restarts: 0 }, children: specs }));
    yield* crash("a", normal);
    yield* crash("b", normal);
    yield* crash("c");
    assert.ok(yield* Process.alive(pid));
    assert.equal(yield* shape(pid), "a:undefined");
  });
});

/** Sleeps until so many milliseconds of a second of the monotonic clock have passed. */
function* untilInSecond(ms: number): LocalGenerator<void> {
  const nowMs = yield* Process.now();
  yield* Process.sleep((((ms - nowMs) % 1_000) + 1_000) % 1_000);
}

export const { scenarios }: Section = supervisors;
