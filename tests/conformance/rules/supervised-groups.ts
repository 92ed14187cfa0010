import assert from "node:assert/strict";
import { Process, Supervisor, type SupervisorOptions } from "espalier";
import { boom, Children, crash, endOf, normal, patient, pidOf, settle, shape } from "../children.ts";
import { section, type Section } from "../rule.ts";

type Strategy = NonNullable<SupervisorOptions["strategy"]>;

/** How often a child that does not start must be tried before it counts as going on. */
const hanging = Array.from({ length: 1_000 }, () => "late" as const);
/** Restarts without end. */
const endless = { restarts: 1_000_000, within: "1s" } as const;

export const supervisedGroups: Section = section(import.meta.url, (rule) => {
  for (const [id, strategy, news] of [
    ["R-940", "one-for-one", "+b"],
    ["R-941", "one-for-all", "-d -c -a +a +b +c +d"],
    ["R-942", "rest-for-one", "-d -c +b +c +d"],
  ] as const) {
    rule(id, `${strategy}: who is stopped and started, and in which order`, function* group(_, stage) {
      const children = new Children(stage);
      const { pid } = yield* Supervisor.start(Supervisor.define({ strategy, children: children.workers("a b c d") }));
      children.news();
      yield* crash("b");
      assert.equal(children.news(), news);
      assert.equal(yield* shape(pid), "a:pid b:pid c:pid d:pid");
    });
  }

  rule("R-942", "rest-for-one leaves earlier children as they are", { everyOrder: true }, function* earlier(_, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({ strategy: "rest-for-one", children: children.workers("a b") });
    yield* Supervisor.start(definition);
    const a = yield* pidOf("a");
    yield* crash("b");
    assert.equal(yield* pidOf("a"), a);
    assert.equal(children.news(), "+a +b +b");
  });

  rule("R-943", "temporary siblings of a group are stopped, and removed", function* bystander(_, stage) {
    const children = new Children(stage);
    for (const strategy of ["one-for-all", "rest-for-one"] as const) {
      const specs = [
        children.worker("a"),
        children.worker("b", { restart: "temporary" }),
        children.worker("c", { restart: "transient" }),
      ];
      const supervisor = yield* Supervisor.start(Supervisor.define({ strategy, children: specs }));
      children.news();
      yield* crash("a");
      assert.equal(children.news(), "-c -b +a +c");
      assert.equal(yield* shape(supervisor), "a:pid c:pid");
      yield* Supervisor.stop(supervisor);
    }
  });

  rule("R-944", "siblings are stopped as their own shutdown says, and do not count", function* own(_, stage) {
    const children = new Children(stage);
    const specs = [
      children.worker("a"),
      children.worker("deaf", { shutdown: 50 }, { deaf: true }),
      children.worker("killed", { shutdown: "brutal-kill" }),
      children.worker("slow", { shutdown: "infinity" }, { cleanupMs: 1_000 }),
    ];
    const definition = Supervisor.define({ strategy: "one-for-all", intensity: { restarts: 1 }, children: specs });
    const { pid } = yield* Supervisor.start(definition);
    const startMs = yield* Process.now();
    yield* Process.send("a", { type: "end", cause: boom });
    yield* Process.sleep(2_000);
    assert.equal(children.news(), "+a +deaf +killed +slow -slow +a +deaf +killed +slow");
    const shutdownErrors = children.reported("shutdown-error").map(({ id, cause }) => [id, cause.type]);
    assert.deepEqual(shutdownErrors, [["deaf", "killed"]]);
    const restarted = children.reported("restarting")[0]!;
    assert.equal(restarted.nowMs, startMs);
    assert.ok(yield* Process.alive(pid));
  });

  rule(
    "R-945",
    "one-for-all: after a start that fails, everything is stopped and tried again",
    function* all(_, stage) {
      const children = new Children(stage);
      const definition = Supervisor.define({
        strategy: "one-for-all",
        intensity: patient,
        children: children.workers("a b c"),
      });
      yield* Supervisor.start(definition);
      children.news();
      children.outcomes["c"] = ["fail", "fail"];
      yield* crash("b");
      assert.equal(children.news(), "-c -a +a +b !c -b -a +a +b !c -b -a +a +b +c");
      assert.equal(children.reported("restarting").length, 3);
    },
  );

  rule("R-945", "rest-for-one: after a start that fails, it is tried again from there on", function* rest(_, stage) {
    const children = new Children(stage);
    const definition = Supervisor.define({
      strategy: "rest-for-one",
      intensity: patient,
      children: children.workers("a b c d"),
    });
    yield* Supervisor.start(definition);
    children.news();
    children.outcomes["c"] = ["fail", "fail"];
    yield* crash("b");
    assert.equal(children.news(), "-d -c +b !c !c +c +d");
  });

  rule("R-946", "who declines to be restarted stays without a process, and is not tried again", function* ig(_, stage) {
    const children = new Children(stage);
    const { pid } = yield* Supervisor.start(
      Supervisor.define({ intensity: patient, children: children.workers("a b") }),
    );
    children.outcomes["a"] = ["ignore"];
    yield* crash("a");
    yield* Process.sleep(100);
    assert.equal(children.news(), "+a +b ~a");
    assert.equal(yield* shape(pid), "a:undefined b:pid");
  });

  rule(
    "R-947",
    "the restart of a group starts whoever has no process: terminated, ended cleanly, declined",
    function* everybody(_, stage) {
      const children = new Children(stage);
      children.outcomes["declined"] = ["ignore"];
      const specs = [
        children.worker("a"),
        children.worker("terminated"),
        children.worker("done", { restart: "transient" }),
        children.worker("declined"),
      ];
      const definition = Supervisor.define({ strategy: "rest-for-one", intensity: patient, children: specs });
      const { pid } = yield* Supervisor.start(definition);
      yield* Supervisor.terminateChild(pid, "terminated");
      yield* crash("done", normal);
      assert.equal(yield* shape(pid), "a:pid terminated:undefined done:undefined declined:undefined");
      children.news();
      yield* crash("a");
      assert.equal(children.news(), "+a +terminated +done +declined");
      assert.equal(yield* shape(pid), "a:pid terminated:pid done:pid declined:pid");
    },
  );

  for (const [strategy, restarts] of [
    ["one-for-all", 1],
    ["rest-for-one", 1],
    ["one-for-one", 2],
  ] as const) {
    rule(
      "R-948",
      `${strategy}: two siblings that are dead at once are ${restarts} restart${restarts === 1 ? "" : "s"}`,
      { everyOrder: strategy === "one-for-all" },
      function* atOnce(self, stage) {
        const children = new Children(stage);
        const definition = Supervisor.define({
          strategy,
          intensity: { restarts },
          children: children.workers("a b", { shutdown: "brutal-kill" }),
        });
        const { pid } = yield* Supervisor.start(definition);
        const [a, b] = [yield* pidOf("a"), yield* pidOf("b")];
        // Both are dead before the supervisor looks.
        yield* Process.kill(a);
        yield* Process.kill(b);
        yield* settle();
        assert.ok(yield* Process.alive(pid));
        assert.equal(children.news(), "+a +b +a +b");
        assert.equal(children.reported("restarting").length, restarts);
        if (restarts === 2) {
          yield* Process.kill(yield* pidOf("a"));
          assert.deepEqual(yield* endOf(self, pid), { type: "shutdown" });
        }
      },
    );
  }

  for (const strategy of ["one-for-one", "one-for-all", "rest-for-one"] as const) {
    rule(
      "R-950, R-951, R-952",
      `${strategy}: a supervisor answers while a child does not restart`,
      function* answering(_, stage) {
        const children = new Children(stage);
        const supervisor = yield* start(children, strategy);
        const before = yield* pidOf("a");
        children.outcomes["b"] = [...hanging];
        yield* Process.send("b", { type: "end", cause: boom });
        const seen = yield* untilRestarting(supervisor);
        const shapes: Record<Strategy, string> = {
          "one-for-one": "a:pid b:restarting c:pid",
          "one-for-all": "a:pid b:restarting c:undefined",
          "rest-for-one": "a:pid b:restarting c:undefined",
        };
        assert.equal(seen, shapes[strategy]);
        const counts = yield* Supervisor.countChildren(supervisor);
        assert.deepEqual(counts, { specs: 3, active: strategy === "one-for-one" ? 2 : 1, supervisors: 0, workers: 3 });
        assert.deepEqual(yield* Supervisor.startChild(supervisor, children.worker("b")), { type: "already-present" });
        assert.deepEqual(yield* Supervisor.restartChild(supervisor, "b"), { type: "restarting" });
        assert.deepEqual(yield* Supervisor.deleteChild(supervisor, "b"), { type: "restarting" });
        assert.deepEqual(yield* Supervisor.terminateChild(supervisor, "b"), { type: "ok" });
        assert.equal(yield* shape(supervisor), seen.replace("restarting", "undefined"));
        const attempts = children.outcomes["b"].length;
        assert.ok(attempts > 0 && attempts < hanging.length - 1);
        yield* Process.sleep(100);
        assert.equal(children.outcomes["b"].length, attempts);
        if (strategy !== "one-for-all") assert.equal(yield* pidOf("a"), before);
        children.outcomes["b"] = [];
        assert.equal((yield* Supervisor.restartChild(supervisor, "b")).type, "started");
      },
    );

    rule("R-950", `${strategy}: a supervisor can be stopped while a child does not restart`, function* stop(_, stage) {
      const children = new Children(stage);
      const supervisor = yield* start(children, strategy);
      children.outcomes["b"] = [...hanging];
      yield* Process.send("b", { type: "end", cause: boom });
      yield* untilRestarting(supervisor);
      yield* Supervisor.stop(supervisor);
      assert.ok(children.outcomes["b"].length > 0);
      for (const name of ["a", "b", "c"]) assert.equal(yield* Process.whereis(name), undefined);
    });
  }

  rule("R-950", "a sibling's crash is dealt with while a child does not restart", function* sibling(_, stage) {
    const children = new Children(stage);
    const supervisor = yield* start(children, "one-for-one");
    children.outcomes["b"] = [...hanging];
    yield* Process.send("b", { type: "end", cause: boom });
    yield* untilRestarting(supervisor);
    children.news();
    const before = yield* pidOf("a");
    yield* Process.send("a", { type: "end", cause: boom });
    while ((yield* Process.whereis("a")) === undefined || (yield* pidOf("a")) === before) {
      yield* Supervisor.countChildren(supervisor);
    }
    assert.match(yield* shape(supervisor), /^a:pid b:restarting/);
    children.outcomes["b"] = [];
    while ((yield* shape(supervisor)) !== "a:pid b:pid c:pid");
  });

  rule(
    "R-951",
    "a crash that races the order to terminate leaves the child stopped",
    { everyOrder: true },
    function* race(_, stage) {
      const children = new Children(stage);
      const definition = Supervisor.define({ children: children.workers("a") });
      const { pid } = yield* Supervisor.start(definition);
      yield* Process.send("a", { type: "end", cause: boom });
      assert.deepEqual(yield* Supervisor.terminateChild(pid, "a"), { type: "ok" });
      yield* settle();
      assert.equal(yield* shape(pid), "a:undefined");
      assert.equal(yield* Process.whereis("a"), undefined);
      assert.ok(yield* Process.alive(pid));
    },
  );
});

function start(children: Children, strategy: Strategy) {
  const definition = Supervisor.define({ strategy, intensity: endless, children: children.workers("a b c") });
  return Supervisor.start(definition);
}

function* untilRestarting(supervisor: Parameters<typeof shape>[0]) {
  for (;;) {
    const seen = yield* shape(supervisor);
    if (seen.includes("restarting")) return seen;
  }
}

export const { scenarios }: Section = supervisedGroups;
