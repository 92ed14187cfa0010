import assert from "node:assert/strict";
import { Process, remote, Remote, Server, type Cause, type NodeRef, type Pid, type Self } from "espalier";
import { section, type Section, type Start } from "../rule.ts";

/** Answers, sooner or later. */
const Answering = Server.define({
  label: "answering",
  init: (_: null) => ({ handled: 0, held: null as Server.From<string> | null }),
  call: {
    *echo(state, value: string, ms: number) {
      if (ms > 0) yield* Process.sleep(ms);
      state.handled += 1;
      return value;
    },
    never: (): string => Server.noReply() as never,
    stop: (_, cause: Cause) => Server.stop(cause) as unknown as string,
    handled: (state) => state.handled,
    /** Is answered when it is released. */
    held: (state) => Server.defer<string>((from) => void (state.held = from)),
  },
  cast: {
    *release(state, value: string) {
      state.handled += 1;
      if (state.held !== null) yield* state.held.reply(value);
    },
  },
});

type Answerer = Server.RefOf<typeof Answering>;

function* nothingComes(self: Self<any>, ms: number) {
  assert.equal(yield* self.receive({ within: ms, otherwise: "nothing" }), "nothing");
}

/** On other nodes: a server `answering`, one of a name of its own, and on `c` none that lives long. */
function* bootAnswering(_self: Self<any>, { name }: Start) {
  yield* Server.start(Answering, null, { name: "answering" });
  yield* Server.start(Answering, null, { name: `answering ${name}` });
}

function at(node: NodeRef, name: string): Answerer {
  return Server.ref(Answering, { name, node });
}

/** Sends requests here, and asks for the responses over there: one came before, one comes on the way, one later. */
const asking = remote({}, function* (_self: Self<never>, node: NodeRef, { call }: Answerer, to: Pid<any>) {
  const first = yield* Server.sendRequest(call.echo("first", 0));
  const second = yield* Server.sendRequest(call.echo("second", 10));
  const third = yield* Server.sendRequest(call.held());
  yield* Process.sleep(5);
  yield* Remote.transfer(node);
  yield* Process.send(to, yield* Server.waitResponse(third, { within: 5 }));
  for (const request of [second, first, third]) yield* Process.send(to, yield* Server.receiveResponse(request));
});

/** Has both responses before it moves, and asks for them afterwards. */
const inOrder = remote({}, function* (_self: Self<never>, node: NodeRef, { call }: Answerer, to: Pid<any>) {
  const first = yield* Server.sendRequest(call.echo("first", 0));
  const second = yield* Server.sendRequest(call.echo("second", 0));
  yield* Process.sleep(40);
  yield* Remote.transfer(node);
  const both = Server.requests<string, string>().add(second, "second").add(first, "first");
  yield* Process.send(to, (yield* both.receive()).type);
  yield* Process.send(to, both.labels());
});

const three = { nodes: ["b", "c"], boot: bootAnswering } as const;

export const requests: Section = section(import.meta.url, (rule) => {
  rule(
    "R-740",
    "waitResponse keeps a request when the time is over, receiveResponse abandons it",
    { everyOrder: true },
    function* waits(self) {
      const { call } = yield* Server.start(Answering, null);
      const kept = yield* Server.sendRequest(call.echo("kept", 20));
      assert.deepEqual(yield* Server.waitResponse(kept, { within: 5 }), { type: "timeout" });
      assert.deepEqual(yield* Server.waitResponse(kept, { within: 0 }), { type: "timeout" });
      assert.deepEqual(yield* Server.waitResponse(kept), { type: "reply", value: "kept" });
      assert.deepEqual(yield* Server.waitResponse(kept), { type: "no-request" });
      const abandoned = yield* Server.sendRequest(call.echo("abandoned", 20));
      assert.deepEqual(yield* Server.receiveResponse(abandoned, { within: 5 }), { type: "timeout" });
      yield* Process.sleep(40);
      assert.deepEqual(yield* Server.waitResponse(abandoned, { within: 20 }), { type: "no-request" });
      // It was handled all the same.
      assert.equal(yield* call.handled(), 2);
      yield* nothingComes(self, 5);
    },
  );

  rule("R-740", "a request that has failed has a value that says so, and throws nothing", function* failed() {
    const server = yield* Server.start(Answering, null);
    const cause: Cause = { type: "shutdown", detail: "done" };
    const stopped = yield* Server.sendRequest(server.call.stop(cause));
    assert.deepEqual(yield* Server.receiveResponse(stopped), { type: "error", reason: cause, server: server.pid });
    const dead = yield* Server.receiveResponse(yield* Server.sendRequest(server.call.echo("x", 0)));
    assert(dead.type === "error" && dead.reason.type === "noproc");
    const nobody = yield* Server.sendRequest(Server.ref(Answering, "nobody").call.echo("x", 0));
    const response = yield* Server.waitResponse(nobody);
    assert(response.type === "error" && response.reason.type === "noproc" && response.server === "nobody");
  });

  rule(
    "R-740",
    "a response may be delivered as a message, which checkResponse knows without waiting",
    { everyOrder: true },
    function* checks(self) {
      const { call } = yield* Server.start(Answering, null);
      const deliver = (message: unknown) => message;
      const first = yield* Server.sendRequest(call.echo("first", 5), { deliver });
      const second = yield* Server.sendRequest(call.echo("second", 0), { deliver });
      assert.equal(Server.checkResponse("any message", first), null);
      const message: unknown = yield* self.receive();
      assert.equal(Server.checkResponse(message, second), null);
      assert.deepEqual(Server.checkResponse(message, first), { type: "reply", value: "first" });
      assert.deepEqual(Server.checkResponse(yield* self.receive(), second), { type: "reply", value: "second" });
      // Whoever waits for it gets it instead.
      const third = yield* Server.sendRequest(call.echo("third", 5), { deliver });
      assert.deepEqual(yield* Server.waitResponse(third), { type: "reply", value: "third" });
      yield* nothingComes(self, 5);
    },
  );

  rule(
    "R-740",
    "requests go to other nodes, and a lost one answers noconnection",
    {
      ...three,
      faults: [{ type: "cut", between: ["a", "b"], atMs: 0, after: { mark: "cut" } }],
      simulatedOnly: "R-702 cuts a connection between processes",
    },
    function* there(self, stage) {
      const [b, c] = [at(stage.ref("b"), "answering"), at(stage.ref("c"), "answering")];
      assert.equal(yield* b.call.echo("up", 0), "up");
      const lost = yield* Server.sendRequest(b.call.echo("lost", 60));
      const other = yield* Server.sendRequest(c.call.echo("other", 20));
      stage.mark("cut");
      const response = yield* Server.waitResponse(lost);
      assert(response.type === "error" && response.reason.type === "noconnection");
      assert.deepEqual(yield* Server.waitResponse(other), { type: "reply", value: "other" });
      yield* nothingComes(self, 100);
    },
  );

  rule(
    "R-741",
    "of an empty collection there is no request; a response leaves it, unless it is told to stay",
    { everyOrder: true },
    function* collects() {
      const one = yield* Server.start(Answering, null);
      const two = yield* Server.start(Answering, null);
      const all = Server.requests<string, number>();
      assert.deepEqual(yield* all.wait({ within: 5 }), { type: "no-request" });
      assert.deepEqual(yield* all.receive(), { type: "no-request" });
      assert.deepEqual(all.check("any"), { type: "no-request" });
      yield* all.send(one.call.echo("one", 20), 1);
      all.add(yield* Server.sendRequest(two.call.echo("two", 10)), 2);
      assert.deepEqual([all.size, all.labels()], [2, [1, 2]]);
      assert.deepEqual(yield* all.wait({ within: 1 }), { type: "timeout" });
      assert.equal(all.size, 2);
      assert.deepEqual(yield* all.wait({ delete: false }), { type: "reply", value: "two", label: 2 });
      assert.equal(all.size, 2);
      assert.deepEqual(yield* all.receive(), { type: "reply", value: "one", label: 1 });
      assert.deepEqual(all.labels(), [2]);
    },
  );

  rule(
    "R-741",
    "several waits share an absolute deadline, at which receive abandons what is left",
    { everyOrder: true },
    function* deadline(self) {
      const one = yield* Server.start(Answering, null);
      const two = yield* Server.start(Answering, null);
      const all = Server.requests<string, string>();
      yield* all.send(one.call.echo("a", 10), "in time");
      yield* all.send(two.call.echo("b", 60), "late");
      const began = yield* Process.now();
      const until = began + 40;
      assert.deepEqual(yield* all.receive({ until }), { type: "reply", value: "a", label: "in time" });
      assert.deepEqual(yield* all.receive({ until }), { type: "timeout" });
      assert((yield* Process.now()) - began < 60);
      assert.equal(all.size, 0);
      assert.deepEqual(yield* all.receive({ until: began - 1 }), { type: "no-request" });
      yield* nothingComes(self, 100);
    },
  );

  rule("R-742", "each node is in exactly one list, and a late reply goes nowhere", three, function* calls(self, stage) {
    const nodes = [stage.ref("b"), stage.node.ref, stage.ref("c")];
    // None of that name is here.
    const { replies, badNodes } = yield* Server.multiCall(nodes, Server.ref(Answering, "answering").call.echo("x", 0));
    assert.deepEqual(replies, [
      [nodes[0], "x"],
      [nodes[2], "x"],
    ]);
    assert.deepEqual(badNodes, [nodes[1]]);
    const b = yield* Server.multiCall(nodes, Server.ref(Answering, "answering b").call.echo("y", 0));
    assert.deepEqual(b, { replies: [[nodes[0], "y"]], badNodes: [nodes[1], nodes[2]] });
    const own = yield* Server.start(Answering, null, { name: "answering" });
    const late = Server.ref(Answering, "answering").call.echo("z", 60);
    assert.deepEqual(yield* Server.multiCall(nodes, late, { within: 10 }), { replies: [], badNodes: nodes });
    assert.deepEqual(yield* Server.multiCall([], late), { replies: [], badNodes: [] });
    yield* nothingComes(self, 120);
    const dying = yield* Server.multiCall(
      [stage.node.ref],
      Server.ref(Answering, "answering").call.stop({ type: "normal" }),
    );
    assert.deepEqual(dying.badNodes, [stage.node.ref], own.pid.toString());
  });

  rule(
    "R-742",
    "a node that is lost meanwhile is bad, and so is one that cannot be reached",
    {
      ...three,
      faults: [{ type: "crash", node: "c", atMs: 0, after: { mark: "crash" }, lastsMs: null, wipe: false }],
      lastsMs: 3_000,
    },
    function* lost(self, stage) {
      const nodes = [stage.ref("c"), stage.ref("b")];
      yield* Process.spawn(function* marks() {
        yield* Process.sleep(20);
        stage.mark("crash");
      });
      for (const ms of [60, 0]) {
        const { replies, badNodes } = yield* Server.multiCall(
          nodes,
          Server.ref(Answering, "answering").call.echo("x", ms),
        );
        assert.deepEqual(replies, [[nodes[1], "x"]]);
        assert.deepEqual(badNodes, [nodes[0]]);
      }
      yield* nothingComes(self, 60);
    },
  );

  rule(
    "R-740",
    "a request and its response survive a move of who asked (S233)",
    { ...three, lastsMs: 2_000 },
    function* moves(self, stage) {
      const server = yield* Server.start(Answering, null);
      const pid = yield* Process.spawn(asking, stage.ref("b"), server, self.pid);
      assert.deepEqual(yield* self.receive(), { type: "timeout" });
      for (const value of ["second", "first", "third"]) {
        // The last move is in the middle of a wait.
        if (value === "third") {
          yield* Process.migrate(pid, stage.ref("c"));
          yield* server.cast.release("third");
        }
        assert.deepEqual(yield* self.receive({ within: "30s" }), { type: "reply", value });
      }
      assert.equal(yield* server.call.handled(), 3);
    },
  );

  rule(
    "R-741",
    "of responses that came before a move the first is still the first",
    { ...three, lastsMs: 2_000 },
    function* ordered(self, stage) {
      const server = yield* Server.start(Answering, null);
      yield* Process.spawn(inOrder, stage.ref("b"), server, self.pid);
      assert.equal(yield* self.receive({ within: "30s" }), "reply");
      assert.deepEqual(yield* self.receive({ within: "30s" }), ["second"]);
    },
  );

  rule("R-740", "a request belongs to the process that sent it", function* others(self) {
    const server = yield* Server.start(Answering, null);
    const request = yield* Server.sendRequest(server.call.echo("x", 0));
    yield* Process.spawn(function* steals(_own: Self<unknown>, to: Pid<any>) {
      try {
        yield* Server.waitResponse(request);
      } catch (error) {
        yield* Process.send(to, error);
      }
    }, self.pid);
    assert((yield* self.receive()) instanceof TypeError);
    assert.deepEqual(yield* Server.waitResponse(request), { type: "reply", value: "x" });
  });
});

export const { scenarios }: Section = requests;
