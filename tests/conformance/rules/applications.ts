import assert from "node:assert/strict";
import {
  Application,
  CauseError,
  Process,
  StartError,
  Supervisor,
  type ApplicationSpec,
  type Pid,
  type Self,
} from "espalier";
import { section, type Section } from "../rule.ts";

/** What happened, in order. */
type News = string[];

/** A child that says when it starts and when it is told to end. */
function* part(self: Self<any>, news: News, name: string, cleanup: "quick" | "never" = "quick") {
  yield* self.trapExit();
  news.push(`+${name}`);
  yield* self.ready();
  for (;;) {
    const message = yield* self.receive();
    if (message?.type === "EXIT" && cleanup === "never") continue;
    news.push(`-${name}`);
    if (message === "crash") throw new CauseError({ type: "exit", reason: "crash" });
    return;
  }
}

function tree(news: News, names: readonly string[], cleanup: "quick" | "never" = "quick") {
  return Supervisor.define({
    intensity: { restarts: 0 },
    children: names.map((name) =>
      Supervisor.worker(name, part, [news, name, cleanup], { ready: true, name, shutdown: "infinity" }),
    ),
  });
}

/** An application of one child of the same name. */
function app<S = undefined>(news: News, name: string, spec: Partial<ApplicationSpec<S>> = {}) {
  return Application.define<S>({ name, tree: tree(news, [name]), ...spec });
}

/** An application whose tree does not start. */
function broken(name: string, spec: Partial<ApplicationSpec> = {}) {
  const failing = function* (self: Self<never>): Generator<any, void, any> {
    yield* self.fail({ type: "exit", reason: "broken" });
  };
  const children = [Supervisor.worker("failing", failing, [], { ready: true })];
  return Application.define({ name, tree: Supervisor.define({ children }), ...spec });
}

/** Why `operation` failed. */
function* reasonOf(operation: Iterable<any>): Generator<any, any, any> {
  try {
    yield* operation as Generator<any, unknown, any>;
  } catch (error) {
    if (error instanceof StartError || error instanceof CauseError) return error.reason;
    throw error;
  }
  return assert.fail("expected an error");
}

const exit = (reason: unknown) => ({ type: "exit", reason });

function* running() {
  return (yield* Application.which()).map(({ name }) => name);
}

/** Whether the node is being stopped, seen by a process that is asked to end with it. */
function* probe(self: Self<any>) {
  const stopping = { seen: false };
  yield* Process.spawn(function* (own: Self<any>) {
    yield* own.trapExit();
    yield* own.receive();
    stopping.seen = true;
    yield* Process.send(self.pid, "the node stops");
  });
  yield* Process.sleep(0);
  return stopping;
}

export const applications: Section = section(import.meta.url, (rule) => {
  rule("R-1201", "an application starts when all that it depends on runs, and once", function* dependencies() {
    const news: News = [];
    const database = app(news, "database");
    const shop = app(news, "shop", { dependencies: [database] });
    assert.deepEqual(yield* reasonOf(Application.start(shop)), exit({ type: "not-started", application: "database" }));
    yield* Application.start(database);
    yield* Application.start(shop);
    assert.deepEqual(yield* reasonOf(Application.start(shop)), exit({ type: "already-started", application: "shop" }));
    yield* Application.ensureStarted(shop);
    assert.deepEqual(news, ["+database", "+shop"]);
    assert.deepEqual(yield* running(), ["database", "shop"]);
    yield* Application.stop(shop);
    assert.deepEqual(yield* reasonOf(Application.stop(shop)), exit({ type: "not-started", application: "shop" }));
    yield* Application.start(shop);
    assert.deepEqual(yield* running(), ["database", "shop"]);
  });

  rule("R-1202", "ensureAllStarted starts what is needed, in order, and says what it has started", function* closure() {
    const news: News = [];
    const a = app(news, "a");
    const b = app(news, "b", { dependencies: [a] });
    const c = app(news, "c", { dependencies: [a] });
    const d = app(news, "d", { dependencies: [c, b] });
    yield* Application.start(a);
    assert.deepEqual(yield* Application.ensureAllStarted(d), ["c", "b", "d"]);
    assert.deepEqual(news, ["+a", "+c", "+b", "+d"]);
    assert.deepEqual(yield* Application.ensureAllStarted(d), []);
  });

  rule(
    "R-1202",
    "when one does not start, those that were started for it are stopped, and no others",
    function* rollback() {
      const news: News = [];
      const a = app(news, "a");
      const b = app(news, "b", { dependencies: [a] });
      const c = broken("c", { dependencies: [b] });
      const d = app(news, "d", { dependencies: [a, c] });
      yield* Application.start(a);
      const error = yield* reasonOf(Application.ensureAllStarted(d));
      assert.equal(error.detail.id, "failing");
      assert.deepEqual(news, ["+a", "+b", "-b"]);
      assert.deepEqual(yield* running(), ["a"]);
    },
  );

  rule(
    "R-1203",
    "optional applications are started first where they are there, and ignored where they are not",
    function* optional() {
      const news: News = [];
      const shop = app(news, "shop", { optional: ["metrics"] });
      assert.deepEqual(yield* Application.ensureAllStarted(shop), ["shop"]);
      yield* Application.stop(shop);
      const metrics = app(news, "metrics");
      yield* Application.load(metrics);
      assert.deepEqual(yield* Application.loaded(), ["shop", "metrics"]);
      assert.deepEqual(yield* reasonOf(Application.start(shop)), exit({ type: "not-started", application: "metrics" }));
      assert.deepEqual(yield* Application.ensureAllStarted(shop), ["metrics", "shop"]);
      const circle = app(news, "circle", { optional: ["other"] });
      yield* Application.load(app(news, "other", { dependencies: [circle] }));
      const error = yield* reasonOf(Application.ensureAllStarted(circle));
      assert.deepEqual(error, exit({ type: "circle", names: ["circle", "other", "circle"] }));
    },
  );

  for (const [type, how, stops] of [
    ["permanent", "normal", true],
    ["permanent", "crash", true],
    ["transient", "normal", false],
    ["transient", "crash", true],
    ["temporary", "normal", false],
    ["temporary", "crash", false],
  ] as const) {
    rule(
      "R-1204",
      `a ${type} application that ends with ${how} ${stops ? "stops" : "does not stop"} the node`,
      function* ends(self) {
        const news: News = [];
        const other = app(news, "other");
        const top = function* (own: Self<any>) {
          yield* Process.register("top");
          yield* own.receive();
          if (how === "crash") yield* Process.exit(exit("crash") as never);
        };
        const ending = Application.define({
          name: "ending",
          *start() {
            return yield* Process.spawnLink(top);
          },
        });
        yield* Application.start(other);
        yield* Application.start(ending, { type });
        const stopping = yield* probe(self);
        yield* self.trapExit();
        yield* Process.send("top", "end");
        if (stops) yield* self.receive();
        else yield* Process.sleep("10ms");
        assert.equal(stopping.seen || stops, stops);
        assert.deepEqual(news, stops ? ["+other", "-other"] : ["+other"]);
        if (!stops) assert.deepEqual(yield* running(), ["other"]);
      },
    );
  }

  rule("R-1204", "an application that is stopped on purpose stops no node", function* purpose(self) {
    const news: News = [];
    const shop = app(news, "shop", { type: "permanent" });
    yield* Application.start(shop);
    const stopping = yield* probe(self);
    yield* Application.stop(shop);
    yield* Process.sleep("10ms");
    assert.equal(stopping.seen, false);
    assert.deepEqual(yield* running(), []);
  });

  rule(
    "R-1205",
    "stopping is prepStop, the tree in reverse order, stop, and the end of what was left behind",
    function* stops() {
      const news: News = [];
      let stray: Pid<any> | null = null;
      const shop = Application.define<string>({
        name: "shop",
        *start() {
          // Nobody is linked with it, and whoever started it is gone.
          yield* Process.spawn(function* () {
            stray = yield* Process.spawn(part, [], "stray", "never");
          });
          yield* Process.sleep(1);
          return { tree: yield* Supervisor.startLink(tree(news, ["a", "b"])), state: "state" };
        },
        *prepStop(state) {
          news.push(`prepStop ${state}`);
          return "prepared";
        },
        *stop(state) {
          assert(stray !== null && (yield* Process.alive(stray)));
          news.push(`stop ${state}`);
        },
      });
      yield* Application.start(shop);
      yield* Application.stop(shop);
      assert.deepEqual(news, ["+a", "+b", "prepStop state", "-b", "-a", "stop prepared"]);
      assert(stray !== null && !(yield* Process.alive(stray)));
    },
  );

  rule(
    "R-1205",
    "when the tree has ended by itself only stop is called, and a callback that fails stops nothing",
    function* endedItself() {
      const news: News = [];
      const shop = app<undefined>(news, "shop", {
        *prepStop() {
          news.push("prepStop");
          throw new Error("in prepStop");
        },
        *stop() {
          news.push("stop");
          throw new Error("in stop");
        },
      });
      yield* Application.start(shop);
      yield* Process.send("shop", "crash");
      yield* Process.sleep("10ms");
      assert.deepEqual(news, ["+shop", "-shop", "stop"]);
      assert.deepEqual(yield* running(), []);
      yield* Application.start(shop);
      yield* Application.stop(shop);
      assert.deepEqual(news.slice(3), ["+shop", "prepStop", "-shop", "stop"]);
    },
  );

  rule(
    "R-1206",
    "a node that stops, stops its applications in reverse, each within its time",
    function* shutdown(self, { node }) {
      const news: News = [];
      const a = app(news, "a");
      const stuck = Application.define({
        name: "stuck",
        dependencies: [a],
        tree: tree(news, ["stuck"], "never"),
        stopWithin: "1s",
      });
      const c = app(news, "c", { dependencies: [stuck] });
      yield* Application.ensureAllStarted(c);
      yield* self.trapExit();
      void node.stop();
      // It is asked to end as well; what comes now is what it looks at.
      yield* self.receive();
      yield* Process.sleep("900ms");
      assert.deepEqual(news.slice(3), ["-c"]);
      yield* Process.sleep("200ms");
      assert.deepEqual(news.slice(3), ["-c", "-a"]);
    },
  );

  rule(
    "R-1207",
    "what is no tree is a bad return, and a tree that fails says which child and why",
    function* failures() {
      const bad = Application.define({
        name: "bad",
        *start() {
          return 42 as never;
        },
      });
      assert.deepEqual(yield* reasonOf(Application.start(bad)), exit({ type: "bad-return", value: 42 }));
      const reason = yield* reasonOf(Application.start(broken("broken")));
      assert.equal(reason.type, "shutdown");
      assert.deepEqual(reason.detail, { type: "failed-to-start-child", id: "failing", cause: exit("broken") });
      const throwing = Application.define({
        name: "throwing",
        *start() {
          throw new CauseError(exit("no disk") as never);
        },
      });
      assert.deepEqual(yield* reasonOf(Application.start(throwing)), exit("no disk"));
      assert.deepEqual(yield* running(), []);
    },
  );

  rule(
    "R-1208",
    "phases run from the top once the tree is up, and parts have theirs from whoever includes them",
    function* phases() {
      const news: News = [];
      const phase = (name: string) =>
        function* () {
          news.push(name);
        };
      const inner = app(news, "inner", { phases: { go: phase("inner go"), other: phase("inner other") } });
      const outer = Application.define({
        name: "outer",
        tree: tree(news, ["outer", "inner"]),
        includes: [inner],
        phases: { init: phase("outer init"), go: phase("outer go") },
      });
      yield* Application.start(outer);
      assert.deepEqual(news, ["+outer", "+inner", "outer init", "outer go", "inner go"]);
      assert.deepEqual(yield* running(), ["outer"]);
      const failing = app(news, "failing", {
        phases: {
          *first() {
            throw new CauseError(exit("in a phase") as never);
          },
          second: phase("never"),
        },
      });
      assert.deepEqual(yield* reasonOf(Application.start(failing)), exit("in a phase"));
      assert.deepEqual(news.slice(5), ["+failing", "-failing"]);
    },
  );
});

export const { scenarios }: Section = applications;
