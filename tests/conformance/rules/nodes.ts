import assert from "node:assert/strict";
import {
  NodeRef,
  Nodes,
  Process,
  type Down,
  type Exit,
  type LocalGenerator,
  type NodeDown,
  type NodeDownReason,
  type NodeUp,
  type Pid,
  type Self,
} from "espalier";
import { section, type Section, type Showing, type Stage, type Start } from "../rule.ts";

/** What the process `servant` of b is asked for. */
type Errand =
  /** Sends so many numbers to `to`, closes the connection with `from`, if that is to be, and answers "done" when asked again. */
  | { readonly type: "count"; readonly to: Pid<any>; readonly upTo: number; readonly thenLeave: NodeRef | null }
  | { readonly type: "say"; readonly to: Pid<any>; readonly what: unknown }
  | { readonly type: "link" | "monitor"; readonly to: Pid<any> }
  /** Sends what it got since the last time that is no errand. */
  | { readonly type: "report"; readonly to: Pid<any> };

/** Does errands, and traps what comes otherwise. */
function* servant(self: Self<any>): LocalGenerator<void> {
  yield* Process.trapExit(true);
  yield* Nodes.monitor();
  let got: unknown[] = [];
  for (;;) {
    const errand = (yield* self.receive()) as Errand;
    switch (errand.type) {
      case "count":
        for (let n = 1; n <= errand.upTo; n += 1) yield* Process.send(errand.to, n);
        if (errand.thenLeave !== null) yield* Nodes.disconnect(errand.thenLeave);
        break;
      case "say":
        yield* Process.send(errand.to, errand.what);
        break;
      case "link":
        yield* Process.link(errand.to);
        break;
      case "monitor":
        yield* Process.monitor(errand.to);
        break;
      case "report": {
        const reported = got.map(seen);
        got = [];
        yield* Process.send(errand.to, { type: "report", reported });
        break;
      }
      default:
        got.push(errand);
    }
  }
}

/** Of what a servant got, what can be compared. */
function seen(message: unknown): string {
  const { type, cause, reason } = message as { type: string; cause?: { type: string }; reason?: string };
  return [type, cause?.type ?? reason].filter((part) => part !== undefined).join(" ");
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((left, right) => (left < right ? -1 : 1));
}

function* bootServant(): LocalGenerator<void> {
  yield* Process.register("servant", yield* Process.spawn(servant));
}

/** Another one, so that the rules which need it are not shown together with those above. */
function* bootToStop(_self: Self<any>, { node }: Start): LocalGenerator<void> {
  const stopper = yield* Process.spawn(function* stopper(self: Self<"stop">) {
    yield* self.receive();
    node.stop().catch(() => {});
  });
  yield* Process.register("stopper", stopper);
}

function* bootToCross(_self: Self<any>, start: Start): LocalGenerator<void> {
  const crossing = yield* Process.spawn(function* crossing(self: Self<any>) {
    yield* Nodes.monitor();
    let ups = 0;
    for (;;) {
      const message = yield* self.receive();
      if (message.type === "nodeup") ups += 1;
      if (message.type === "ask") {
        yield* Process.send(message.to, ups);
        ups = 0;
      }
      if (message.type !== "cross") continue;
      yield* self.receive({ match: ({ type }) => type === "nodedown" });
      yield* Process.sleep(message.inMs);
      yield* Nodes.connect(start.ref("a"));
    }
  });
  yield* Process.register("crossing", crossing);
}

/** Lets no other program of this file run on a, and begins without any connection. */
function alone(show: Showing): Showing {
  return function* aloneOnNode(self, stage) {
    for (;;) {
      try {
        yield* Process.register("whose turn it is");
        break;
      } catch {
        yield* Process.sleep(10);
      }
    }
    for (const node of yield* Nodes.list()) yield* Nodes.disconnect(node);
    yield* show(self, stage);
  };
}

function* find(stage: Stage, name: string): LocalGenerator<Pid<any>> {
  for (;;) {
    const pid = yield* Process.whereisAt(stage.ref("b"), name);
    if (pid !== undefined) return pid;
    yield* Process.sleep(10);
  }
}

/** The same while the connection may break, or the node be down. */
function* findAgain(stage: Stage, name: string): LocalGenerator<Pid<any>> {
  for (;;) {
    try {
      return yield* find(stage, name);
    } catch {
      yield* Process.sleep(20);
    }
  }
}

function* nextDown(self: Self<any>): LocalGenerator<NodeDown> {
  return yield* self.receive({ match: (message): message is NodeDown => message.type === "nodedown", within: "60s" });
}

function* nextUp(self: Self<any>): LocalGenerator<NodeUp> {
  return yield* self.receive({ match: (message): message is NodeUp => message.type === "nodeup", within: "60s" });
}

/** How long nothing comes before a node is taken for gone, where that is looked at. */
const tickMs = 2_000;
/** Far longer than anything takes here, and far shorter than it takes to notice that nothing comes. */
const atOnceMs = 10_000;

export const nodes: Section = section(import.meta.url, (rule) => {
  rule(
    "R-405",
    "nodeup comes before all that comes over the connection, nodedown after it, and the list of nodes agrees",
    { nodes: ["b"], boot: bootServant },
    alone(function* order(self, stage) {
      const b = stage.ref("b");
      yield* Nodes.monitor();
      const to = yield* find(stage, "servant");
      const up = yield* self.receive();
      assert.equal(up.type, "nodeup");
      assert.equal(up.node.id, b.id);
      assert((yield* Nodes.list()).some(({ id }) => id === b.id));
      yield* Process.send(to, { type: "count", to: self.pid, upTo: 20, thenLeave: stage.node.ref } satisfies Errand);
      for (let n = 1; n <= 20; n += 1) assert.equal(yield* self.receive(), n);
      const down = yield* self.receive();
      assert.equal(down.type, "nodedown");
      assert.equal(down.incarnation, up.incarnation);
      assert(!(yield* Nodes.list()).some(({ id }) => id === b.id));
      yield* Process.send(to, { type: "say", to: self.pid, what: "again" } satisfies Errand);
      assert.equal((yield* self.receive()).type, "nodeup");
      assert.equal(yield* self.receive(), "again");
      yield* Nodes.unmonitor();
    }),
  );

  rule(
    "R-406",
    "the nodedown of a connection comes before the nodeup of the next, however the first one ended",
    {
      nodes: ["b"],
      boot: bootServant,
      lastsMs: 20_000,
      faults: [
        { type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "round 1" } },
        { type: "cut", between: ["a", "b"], atMs: 3, after: { mark: "round 2" } },
        { type: "crash", node: "b", atMs: 0, after: { mark: "round 3" }, lastsMs: 100 },
        { type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "round 4" } },
      ],
    },
    function* alternate(self, stage) {
      yield* Nodes.monitor();
      const events: (NodeUp | NodeDown)[] = [];
      for (let round = 1; round <= 4; round += 1) {
        const to = yield* findAgain(stage, "servant");
        yield* Process.send(to, { type: "count", to: self.pid, upTo: 3, thenLeave: null } satisfies Errand);
        yield* self.receive({ match: (message) => message === 3 });
        stage.mark(`round ${round}`);
        for (;;) {
          const message = yield* self.receive({ match: (message) => typeof message === "object", within: "60s" });
          events.push(message);
          if (message.type === "nodedown") break;
        }
      }
      assert.deepEqual(
        events.map(({ type }) => type),
        Array.from({ length: 4 }, () => ["nodeup", "nodedown"]).flat(),
      );
      const lives = events.map(({ incarnation }) => incarnation);
      assert.equal(new Set(lives).size, 2);
      assert.equal(lives[5], lives[0]);
      assert.notEqual(lives[6], lives[0]);
    },
  );

  rule(
    "R-407",
    "who monitors one node hears that it is down, whatever comes of links and monitors meanwhile",
    { nodes: ["b"], boot: bootServant },
    alone(function* unordered(self, stage) {
      const to = yield* find(stage, "servant");
      yield* Nodes.monitorNode(stage.ref("b"));
      yield* Process.monitor(to);
      yield* Nodes.disconnect(stage.ref("b"));
      const messages = [yield* self.receive(), yield* self.receive()];
      assert.deepEqual(new Set(messages.map(({ type }) => type)), new Set(["DOWN", "nodedown"]));
    }),
  );

  rule(
    "R-1301",
    "a connection over which nothing comes any more is closed after between three and five quarters of the tick time",
    {
      nodes: ["b"],
      boot: bootServant,
      netTicktime: tickMs,
      lastsMs: 10_000,
      faults: [{ type: "halfOpen", link: ["a", "b"], atMs: 0, after: { mark: "connected" }, lastsMs: 8_000 }],
    },
    function* silence(self, stage) {
      yield* find(stage, "servant");
      yield* Nodes.monitor();
      const sinceMs = yield* Process.now();
      stage.mark("connected");
      const down = yield* nextDown(self);
      const tookMs = (yield* Process.now()) - sinceMs;
      assert.equal(down.reason, "net_tick_timeout");
      assert(tookMs >= 0.75 * tickMs - 1, `it took ${tookMs} ms`);
      // Processes of the operating system have the machine for each other as well.
      assert(tookMs <= 1.25 * tickMs + 1_000, `it took ${tookMs} ms`);
    },
  );

  rule(
    "R-1301",
    "so is the connection with a node whose process stands still, and who was only slow is connected again",
    {
      nodes: ["b"],
      boot: bootServant,
      netTicktime: tickMs,
      lastsMs: 15_000,
      simulatedOnly: "it stands still for five seconds",
      faults: [{ type: "pause", node: "b", atMs: 0, after: { mark: "connected" }, lastsMs: 5_000 }],
    },
    function* still(self, stage) {
      yield* Nodes.monitor();
      yield* find(stage, "servant");
      const { incarnation } = yield* nextUp(self);
      stage.mark("connected");
      assert.equal((yield* nextDown(self)).reason, "net_tick_timeout");
      yield* findAgain(stage, "servant");
      assert.equal((yield* nextUp(self)).incarnation, incarnation);
    },
  );

  rule(
    "R-1301",
    "a connection over which nobody has anything to say stays",
    {
      nodes: ["b"],
      boot: bootServant,
      netTicktime: tickMs,
      lastsMs: 30_000,
      simulatedOnly: "it waits for ten tick times",
    },
    function* idle(self, stage) {
      yield* find(stage, "servant");
      yield* Nodes.monitor();
      yield* Process.sleep(10 * tickMs);
      assert.equal(yield* self.receive({ within: 0, otherwise: null }), null);
      assert.equal((yield* Nodes.list()).length, 1);
    },
  );

  rule(
    "R-1301",
    "and so does one over which only the other side has something to say",
    {
      nodes: ["b"],
      boot: bootServant,
      netTicktime: tickMs,
      lastsMs: 30_000,
      simulatedOnly: "it waits for ten tick times",
    },
    function* oneSided(self, stage) {
      const to = yield* find(stage, "servant");
      yield* Nodes.monitor();
      for (let n = 0; n < 50; n += 1) {
        yield* Process.send(to, { type: "note", n });
        yield* Process.sleep(tickMs / 5);
      }
      assert.equal(yield* self.receive({ within: 0, otherwise: null }), null);
    },
  );

  rule(
    "R-1304",
    "a nodedown says why: it was closed here, closed there, or there was no way",
    { nodes: ["b"], boot: bootServant },
    alone(function* reasons(self, stage) {
      const b = stage.ref("b");
      const nowhere = new NodeRef("A".repeat(43), null);
      const to = yield* find(stage, "servant");
      yield* Nodes.monitor();
      const reasons: NodeDownReason[] = [];
      yield* Nodes.disconnect(b);
      reasons.push((yield* nextDown(self)).reason);
      yield* Process.send(to, { type: "count", to: self.pid, upTo: 0, thenLeave: stage.node.ref } satisfies Errand);
      reasons.push((yield* nextDown(self)).reason);
      yield* Nodes.monitorNode(nowhere);
      reasons.push((yield* nextDown(self)).reason);
      assert.deepEqual(reasons, ["disconnect", "connection_closed", "connection_setup_failed"]);
      yield* Nodes.unmonitor();
    }),
  );

  rule(
    "R-1304",
    "a node that stops in order says so",
    { nodes: ["b"], boot: bootToStop },
    function* stops(self, stage) {
      const stopper = yield* find(stage, "stopper");
      yield* Nodes.monitor();
      yield* Process.send(stopper, "stop");
      assert.equal((yield* nextDown(self)).reason, "shutdown");
    },
  );

  rule(
    "R-1305",
    "who subscribes n times gets n messages, and one call takes back all with the same options",
    { nodes: ["b"], boot: bootServant },
    alone(function* subscriptions(self, stage) {
      const b = stage.ref("b");
      const map = ({ type }: NodeUp | NodeDown) => ({ type: "mapped", what: type });
      for (let n = 0; n < 3; n += 1) yield* Nodes.monitor();
      for (let n = 0; n < 2; n += 1) yield* Nodes.monitor({ map });
      yield* Nodes.connect(b);
      const first: string[] = [];
      for (let n = 0; n < 5; n += 1) first.push((yield* self.receive()).type);
      assert.deepEqual(first, ["nodeup", "nodeup", "nodeup", "mapped", "mapped"]);
      assert.equal(yield* Nodes.unmonitor(), true);
      assert.equal(yield* Nodes.unmonitor(), false);
      yield* Nodes.disconnect(b);
      assert.deepEqual(
        [yield* self.receive(), yield* self.receive()],
        [
          { type: "mapped", what: "nodedown" },
          { type: "mapped", what: "nodedown" },
        ],
      );
      assert.equal(yield* Nodes.unmonitor({ map }), true);
      yield* Nodes.connect(b);
      assert.equal(yield* self.receive({ within: 50, otherwise: null }), null);
    }),
  );

  rule(
    "R-1305",
    "a subscription ends with its process",
    { nodes: ["b"], boot: bootServant },
    alone(function* ends(_self, stage) {
      const b = stage.ref("b");
      const pid = yield* Process.spawn(function* (self: Self<any>) {
        yield* Nodes.monitor();
        yield* Nodes.monitorNode(b);
        yield* self.receive({ match: (message) => message === "end" });
      });
      yield* Nodes.connect(b);
      yield* Process.send(pid, "end");
      yield* Process.sleep(20);
      const before = stage.node.inspect().deadLetters;
      yield* Nodes.disconnect(b);
      yield* Process.sleep(20);
      assert.equal(stage.node.inspect().deadLetters, before);
    }),
  );

  rule(
    "R-1306",
    "who monitors a node k times gets k nodedowns, once",
    { nodes: ["b"], boot: bootServant },
    alone(function* each(self, stage) {
      const b = stage.ref("b");
      for (let n = 0; n < 3; n += 1) yield* Nodes.monitorNode(b);
      assert.equal(yield* Nodes.demonitorNode(b), true);
      // It is what connects the two.
      assert.equal(yield* Nodes.connect(b), true);
      yield* Nodes.disconnect(b);
      for (let n = 0; n < 2; n += 1) assert.equal((yield* self.receive()).type, "nodedown");
      yield* Nodes.connect(b);
      yield* Nodes.disconnect(b);
      assert.equal(yield* self.receive({ within: 50, otherwise: null }), null);
    }),
  );

  rule(
    "R-1306",
    "a node that cannot be reached is down",
    {
      nodes: ["b"],
      boot: bootServant,
      lastsMs: 10_000,
      simulatedOnly: "it is the crash of R-1302 and a port that nobody listens on",
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "down" }, lastsMs: 5_000 }],
    },
    function* unreachable(self, stage) {
      const b = stage.ref("b");
      yield* Nodes.monitorNode(b);
      yield* Nodes.connect(b);
      stage.mark("down");
      assert.equal((yield* nextDown(self)).reason, "connection_closed");
      for (let n = 0; n < 2; n += 1) yield* Nodes.monitorNode(b);
      for (let n = 0; n < 2; n += 1) {
        const down = yield* nextDown(self);
        assert.deepEqual([down.reason, down.incarnation], ["connection_setup_failed", null]);
      }
      assert.equal(yield* Nodes.connect(b), false);
    },
  );

  rule(
    "R-1307",
    "a connection opens with the first signal, not before, and to that node alone",
    { nodes: ["b", "c"], boot: bootServant },
    alone(function* lazy(_self, stage) {
      const connected = function* () {
        return (yield* Nodes.list()).map(({ id }) => id);
      };
      const [b, c] = [stage.ref("b").id, stage.ref("c").id];
      for (const node of yield* Nodes.list()) yield* Nodes.disconnect(node);
      assert.deepEqual(yield* connected(), []);
      const to = yield* find(stage, "servant");
      assert.deepEqual(yield* connected(), [b]);
      // Here is the difference: that b and c are connected is no reason for a to be connected with c.
      const atC = yield* Process.whereisAt(stage.ref("c"), "servant");
      yield* Nodes.disconnect(stage.ref("c"));
      yield* Process.send(to, { type: "say", to: atC as Pid<any>, what: "hello" } satisfies Errand);
      yield* Process.sleep(50);
      assert(!(yield* connected()).includes(c));
    }),
  );

  rule(
    "R-1302, R-1308",
    "a node whose process dies is noticed at once, and one that was restarted is another one: to what lived in its earlier life links and monitors say noproc, and what is sent is dropped",
    {
      nodes: ["b"],
      boot: bootServant,
      lastsMs: 10_000,
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "known" }, lastsMs: 100 }],
    },
    function* incarnations(self, stage) {
      yield* Process.trapExit(true);
      yield* Nodes.monitorNode(stage.ref("b"));
      const old = yield* find(stage, "servant");
      const sinceMs = yield* Process.now();
      stage.mark("known");
      assert.equal((yield* nextDown(self)).reason, "connection_closed");
      assert((yield* Process.now()) - sinceMs < atOnceMs);
      const young = yield* findAgain(stage, "servant");
      assert(!young.equals(old));
      yield* Process.send(old, { type: "say", to: self.pid, what: "to the old one" } satisfies Errand);
      yield* Process.link(old);
      const exit = (yield* self.receive()) as Exit;
      assert.deepEqual([exit.type, exit.cause.type], ["EXIT", "noproc"]);
      yield* Process.monitor(old);
      const down = (yield* self.receive()) as Down;
      assert.deepEqual([down.type, down.cause.type], ["DOWN", "noproc"]);
      yield* Process.send(young, { type: "say", to: self.pid, what: "to the young one" } satisfies Errand);
      assert.equal(yield* self.receive(), "to the young one");
    },
  );

  rule(
    "R-1310",
    "of two nodes that connect at once each gets one connection",
    { nodes: ["b"], boot: bootToCross },
    function* crossed(self, stage) {
      const b = stage.ref("b");
      const crossing = yield* find(stage, "crossing");
      yield* Nodes.monitor();
      for (const [hereMs, thereMs] of [
        [20, 20],
        [20, 21],
        [21, 20],
        [23, 20],
        [20, 23],
      ] as const) {
        yield* Process.send(crossing, { type: "ask", to: self.pid });
        yield* self.receive({ match: (message) => typeof message === "number" });
        yield* Process.send(crossing, { type: "cross", inMs: thereMs });
        // What was sent arrives before the connection is closed.
        yield* Nodes.disconnect(b);
        yield* nextDown(self);
        yield* Process.sleep(hereMs);
        assert.equal(yield* Nodes.connect(b), true);
        yield* nextUp(self);
        yield* Process.sleep(50);
        yield* Process.send(crossing, { type: "ask", to: self.pid });
        assert.equal(yield* self.receive(), 1);
      }
    },
  );

  rule(
    "R-1311",
    "who disconnects looks to the other side as if it had crashed, and the other side looks so to it",
    { nodes: ["b"], boot: bootServant },
    alone(function* disconnects(self, stage) {
      const b = stage.ref("b");
      const to = yield* find(stage, "servant");
      yield* Process.trapExit(true);
      yield* Process.send(to, { type: "report", to: self.pid } satisfies Errand);
      yield* self.receive();
      yield* Nodes.monitor();
      const other = yield* Process.spawn(function* (self: Self<any>) {
        yield* self.receive();
      });
      yield* Process.link(to);
      yield* Process.monitor(to);
      yield* Process.send(to, { type: "monitor", to: other } satisfies Errand);
      yield* Process.send(to, { type: "report", to: self.pid } satisfies Errand);
      yield* self.receive({ match: (message) => message.type === "report" });
      assert.equal(yield* Nodes.disconnect(b), true);
      assert.equal(yield* Nodes.disconnect(b), false);
      const here = [yield* self.receive(), yield* self.receive(), yield* self.receive()].map(seen);
      assert.deepEqual(sorted(here), ["DOWN noconnection", "EXIT noconnection", "nodedown disconnect"]);
      assert.equal(here[2], "nodedown disconnect");
      yield* Nodes.unmonitor();
      yield* Process.sleep(50);
      yield* Process.send(to, { type: "report", to: self.pid } satisfies Errand);
      const { reported } = yield* self.receive();
      const there = ["DOWN noconnection", "EXIT noconnection", "nodedown connection_closed", "nodeup"];
      assert.deepEqual(sorted(reported), there);
    }),
  );

  rule(
    "R-1312",
    "what one process sends to another stays in order, large or small, beside what others send",
    { nodes: ["b"], boot: bootServant },
    alone(function* fifo(self, stage) {
      const to = yield* find(stage, "servant");
      const large = "x".repeat(100_000);
      const say = (what: unknown): Errand => ({ type: "say", to: self.pid, what });
      const other = yield* Process.spawn(function* (mine: Self<any>) {
        for (let n = 0; n < 6; n += 1) yield* Process.send(to, { type: "say", to: mine.pid, what: n });
        for (let n = 0; n < 6; n += 1) assert.equal(yield* mine.receive(), n);
      });
      const watch = yield* Process.monitor(other);
      for (let n = 0; n < 6; n += 1) {
        yield* Process.send(to, say([n, n % 3 === 0 ? large : "small"]));
        yield* Process.sleep(0);
      }
      for (let n = 0; n < 6; n += 1) {
        const [got, text] = yield* self.receive({ match: Array.isArray });
        assert.deepEqual([got, text.length], [n, n % 3 === 0 ? large.length : 5]);
      }
      const down = yield* self.receive({ match: (message) => message.type === "DOWN" && message.ref.equals(watch) });
      assert.equal(down.cause.type, "normal");
    }),
  );
});

export const { scenarios }: Section = nodes;
