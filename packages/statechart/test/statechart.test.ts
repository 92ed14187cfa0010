import type { Cause } from "@espalier/heartbeat";
import { Process, Sys, type Self } from "@espalier/runtime";
import { Statechart, type PersistedStatechart } from "@espalier/statechart";
import { describe, expect, it } from "vitest";
import {
  assign,
  createMachine,
  fromPromise,
  fromTransition,
  log,
  raise,
  sendTo,
  setup,
  type AnyStateMachine,
} from "xstate";
import { Bench } from "./bench.ts";

const door = setup({
  types: {
    context: {} as { opened: number },
    events: {} as { type: "open"; from?: Statechart.From<number> } | { type: "close" | "lock" },
  },
}).createMachine({
  id: "door",
  context: { opened: 0 },
  initial: "closed",
  states: {
    closed: {
      on: {
        open: {
          target: "open",
          actions: [
            assign({ opened: ({ context }) => context.opened + 1 }),
            Statechart.reply(({ context }) => context.opened),
          ],
        },
        lock: "locked",
      },
    },
    open: { after: { 1000: "closed" }, on: { close: "closed", lock: { actions: Statechart.postpone() } } },
    locked: {},
  },
});
const Door = Statechart.define(door);

describe("a definition", () => {
  it("is refused when the machine names what nobody has implemented", () => {
    const machine = createMachine({
      id: "half",
      entry: ["done", { type: "missing" }],
      initial: "a",
      states: { a: { on: { e: { guard: "never", target: "a" } }, after: { soon: "a" }, invoke: { src: "nobody" } } },
    }).provide({ actions: { done: () => undefined } });
    expect(() => Statechart.define(machine)).toThrow(
      /^machine half: expected an implementation of everything .* actions.missing \(in #half\), delays.soon \(in #half.a\), actors.nobody \(in #half.a\), guards.never \(in #half.a\)/,
    );
    expect(() => Statechart.define({ initial: "a" } as never)).toThrow(/expected a machine of xstate 5/);
  });
});

describe("a snapshot", () => {
  it("goes on where it was, with what is left of its delays and what was postponed, through JSON (S237)", async () => {
    const bench = await Bench.start();
    const values = await bench.run(function* () {
      const first = yield* Statechart.start(Door);
      expect(yield* first.call({ type: "open" })).toBe(1);
      yield* first.send({ type: "lock" });
      yield* Process.sleep(400);
      const text = JSON.stringify(yield* Statechart.snapshot(first));
      yield* Process.exit(first.pid, { type: "kill" });
      const second = yield* Statechart.start(Door, undefined, { snapshot: JSON.parse(text) as PersistedStatechart });
      const values: unknown[] = [];
      for (const ms of [0, 590, 20]) {
        yield* Process.sleep(ms);
        values.push(yield* Sys.getState(second));
      }
      return values;
    });
    const context = { opened: 1 };
    expect(values).toEqual([
      { value: "open", context },
      { value: "open", context },
      { value: "locked", context },
    ]);
  });

  it("has its children's in it, and starts them again", async () => {
    const bench = await Bench.start();
    const parent = setup({ actors: { door } }).createMachine({
      invoke: { id: "front", src: "door" },
      on: { "*": { actions: sendTo("front", ({ event }) => event as never) } },
    });
    const Parent = Statechart.define(parent);
    const snapshots = await bench.run(function* () {
      const first = yield* Statechart.start(Parent);
      yield* first.send({ type: "open" });
      yield* Process.sleep(400);
      const snapshot = JSON.parse(JSON.stringify(yield* Statechart.snapshot(first))) as PersistedStatechart;
      const second = yield* Statechart.start(Parent, undefined, { snapshot });
      yield* Process.sleep(590);
      const then = yield* Statechart.snapshot(second);
      yield* Process.sleep(20);
      return [snapshot, then, yield* Statechart.snapshot(second)] as any[];
    });
    expect(snapshots.map(({ children }) => children.front.snapshot.value)).toEqual(["open", "open", "closed"]);
    expect(snapshots[0].children.front.snapshot.timeouts).toMatchObject([{ kind: "named", remainingMs: 600 }]);
  });

  it("keeps what a context has of actors and of any class, and nobody who waits", async () => {
    const bench = await Bench.start();
    const Keeping = Statechart.define(
      setup({
        types: {
          context: {} as { child: any; pid: unknown; from: unknown },
          events: {} as { type: "keep" | "tell"; from?: any },
        },
        actors: { door },
      }).createMachine({
        context: ({ spawn }) => ({ child: spawn("door", { id: "back" }), pid: null, from: null }),
        on: {
          keep: {
            actions: assign({ from: ({ event }) => event.from as unknown, pid: ({ self }) => (self as any).sessionId }),
          },
          tell: { actions: sendTo(({ context }) => context.child, { type: "open" }) },
        },
      }),
    );
    const contexts = await bench.run(function* (self) {
      const first = yield* Statechart.start(Keeping);
      yield* Process.spawn(function* () {
        yield* first.call({ type: "keep" });
      });
      yield* Process.sleep(1);
      yield* Sys.replaceState(first, (state: any) => ({ ...state, context: { ...state.context, pid: self.pid } }));
      const snapshot = yield* Statechart.snapshot(first);
      const second = yield* Statechart.start(Keeping, undefined, { snapshot });
      yield* second.send({ type: "tell" });
      yield* Process.sleep(1);
      return [snapshot, yield* Statechart.snapshot(second)] as any[];
    });
    expect(contexts[0].context).toMatchObject({ child: { xstate$$type: 1, id: "back" }, from: null });
    expect(contexts[1].context.pid).toBe(contexts[0].context.pid);
    expect(contexts.map(({ children }) => children.back.snapshot.value)).toEqual(["closed", "open"]);
  });
});

describe("a process", () => {
  it("is supervised, named, inspected, and ends with its parent", async () => {
    const bench = await Bench.start();
    const causes: Cause[] = [];
    const Ending = Statechart.define(door, {
      label: "front door",
      terminate: (_snapshot, cause) => void causes.push(cause),
    });
    const view = await bench.run(function* () {
      const parent = yield* Process.spawn(function* () {
        yield* Statechart.startLink(Ending, undefined, { name: "door" });
        yield* Process.sleep("infinity");
      });
      yield* Process.sleep(1);
      yield* Statechart.ref(Ending, "door").send({ type: "open" });
      yield* Process.sleep(1);
      const view = bench.node.inspect().processes.find(({ name }) => name === "door");
      yield* Process.exit(parent, { type: "shutdown" });
      yield* Process.sleep(1);
      expect(yield* Process.whereis("door")).toBeUndefined();
      return view;
    });
    expect(view).toMatchObject({
      label: "front door",
      details: {
        type: "statechart",
        value: "open",
        contextSize: 1,
        nextEvents: ["close", "lock"],
        postponed: 0,
        timeouts: 1,
      },
    });
    expect(causes).toEqual([{ type: "shutdown" }]);
    expect(bench.logged).toEqual([]);
  });

  it("says what its machine's log says, and what it was sent that nothing handles", async () => {
    const bench = await Bench.start();
    const Logging = Statechart.define(createMachine({ id: "l", on: { say: { actions: log("something", "label") } } }));
    await bench.run(function* () {
      const chart = yield* Statechart.start(Logging);
      yield* chart.send({ type: "say" });
      yield* Process.send(chart.pid as never, "what?" as never);
      yield* Process.send(chart.pid as never, { type: "nobody" } as never);
      yield* Process.sleep(1);
    });
    expect(bench.logged).toMatchObject([
      { type: "statechart.log", label: "l", parameters: ["label", "something"] },
      { type: "unexpected-message", label: "l", message: "what?" },
      { type: "unexpected-message", label: "l", message: { type: "nobody" } },
    ]);
  });

  it("makes events of plain messages, DOWN and EXIT, and ends with a link that it does not handle", async () => {
    const bench = await Bench.start();
    const lines: string[] = [];
    const note = { actions: ({ event }: { event: { type: string } }) => void lines.push(event.type) };
    const Watching = Statechart.define(
      createMachine({
        entry: ({ self: _ }) => Process.monitor("nobody"),
        on: { DOWN: note, EXIT: note, mapped: note, look: { actions: () => Process.spawnLink(crashing) } },
      }),
    );
    const Mapping = Statechart.define(
      createMachine({ on: { mapped: note, look: { actions: () => Process.spawnLink(crashing) } } }) as AnyStateMachine,
      { info: (message) => (message === "map" ? { type: "mapped" } : undefined) },
    );
    const down = await bench.run(function* (self) {
      const watching = yield* Statechart.start(Watching);
      yield* watching.send({ type: "look" });
      const mapping = yield* Statechart.start(Mapping);
      yield* Process.send(mapping.pid as never, "map" as never);
      yield* Process.monitor(mapping.pid);
      yield* mapping.send({ type: "look" });
      return (yield* self.receive()).cause;
    });
    expect(lines.toSorted()).toEqual(["DOWN", "EXIT", "mapped"]);
    expect(down).toEqual({ type: "exit", reason: "crash" });
  });

  it("sends itself what its actions send, also from plain JavaScript outside its steps", async () => {
    const bench = await Bench.start();
    const lines: string[] = [];
    const Sending = Statechart.define(
      createMachine({
        entry: ({ self }) => {
          self.send({ type: "at once" });
          void Promise.resolve().then(() => self.send({ type: "outside" }));
        },
        on: { "*": { actions: ({ event }) => void lines.push(event.type) } },
      }),
    );
    await bench.run(function* () {
      yield* Statechart.start(Sending);
      yield* Process.sleep(1);
    });
    expect(lines.toSorted()).toEqual(["at once", "outside"]);
  });

  it("is traced", async () => {
    const bench = await Bench.start();
    const log = await bench.run(function* () {
      const chart = yield* Statechart.start(Door);
      yield* Sys.log(chart, { max: 10 });
      yield* chart.call({ type: "open" });
      return yield* Sys.log(chart, "get");
    });
    expect(log).toMatchObject([
      { type: "in", message: { call: "open" } },
      { type: "out", message: 1 },
      { type: "transition", from: "closed", to: "open" },
    ]);
  });
});

describe("children", () => {
  function* crashing(): Generator<any, never, any> {
    yield* Process.sleep(5);
    return yield* Process.exit({ type: "exit", reason: "crash" });
  }

  const machineOf = (what: unknown) =>
    setup({ actors: { child: what as never } }).createMachine({
      initial: "working",
      context: { result: null as unknown },
      states: {
        working: {
          invoke: {
            id: "child",
            src: "child",
            input: 20,
            onDone: { target: "done", actions: assign({ result: ({ event }) => event.output as unknown }) },
            onError: { target: "failed", actions: assign({ result: ({ event }) => event.error }) },
          },
          on: { leave: "left" },
        },
        done: {},
        failed: {},
        left: {},
      },
    } as never) as unknown as AnyStateMachine;

  it("may be ordinary processes: their result is an output, their crash an error", async () => {
    const bench = await Bench.start();
    const Doubling = Statechart.define(
      machineOf(
        Statechart.process(function* double(_self: Self<never>, input: number) {
          yield* Process.sleep(5);
          return input * 2;
        }),
      ),
    );
    const Crashing = Statechart.define(machineOf(Statechart.process(crashing)));
    const states = await bench.run(function* () {
      const charts = [yield* Statechart.start(Doubling), yield* Statechart.start(Crashing)];
      yield* Process.sleep(10);
      return [yield* Sys.getState(charts[0]!), yield* Sys.getState(charts[1]!)] as any[];
    });
    expect(states[0]).toEqual({ value: "done", context: { result: 40 } });
    expect(states[1]).toMatchObject({ value: "failed", context: { result: { reason: { reason: "crash" } } } });
  });

  it("end the machine that does not handle their error, and are ended with the state that invoked them", async () => {
    const bench = await Bench.start();
    const aborted: string[] = [];
    const Waiting = Statechart.define(
      machineOf(
        fromPromise(
          ({ signal }) =>
            new Promise(() => {
              signal.addEventListener("abort", () => aborted.push("promise"));
            }),
        ),
      ),
    );
    const Unhandled = Statechart.define(
      setup({ actors: { child: fromPromise(() => Promise.reject(new Error("of the promise"))) } }).createMachine({
        invoke: { src: "child" },
      }),
    );
    const cause = await bench.run(function* (self) {
      const waiting = yield* Statechart.start(Waiting);
      yield* Process.sleep(5);
      yield* waiting.send({ type: "leave" });
      yield* Process.sleep(5);
      yield* Process.spawnMonitor(Unhandled.body);
      return (yield* self.receive()).cause as Cause;
    });
    expect(aborted).toEqual(["promise"]);
    expect(cause).toMatchObject({ type: "error", error: { message: "of the promise" } });
  });

  it("may be reducers that tell their snapshots, and spawned in an assignment", async () => {
    const bench = await Bench.start();
    const seen: unknown[] = [];
    const adding = fromTransition(
      (state: { n: number }, event: { type: "add" }) => ({ n: state.n + event.type.length }),
      {
        n: 0,
      },
    );
    const Spawning = Statechart.define(
      setup({ types: { context: {} as { ref: unknown } }, actors: { adding } }).createMachine({
        context: ({ spawn }) => ({ ref: spawn("adding", { id: "sum", syncSnapshot: true }) }),
        entry: sendTo("sum", { type: "add" }),
        on: { "xstate.snapshot.sum": { actions: ({ event }) => void seen.push((event as any).snapshot.context.n) } },
      }),
    );
    await bench.run(function* () {
      yield* Statechart.start(Spawning);
      yield* Process.sleep(5);
    });
    expect(seen).toEqual([3]);
  });

  it("that are statecharts raise, send to their parent, and take part in its end", async () => {
    const bench = await Bench.start();
    const ended: string[] = [];
    const child = setup({
      types: { input: {} as number, context: {} as { n: number }, output: {} as number },
    }).createMachine({
      context: ({ input }) => ({ n: input }),
      initial: "a",
      states: { a: { entry: raise({ type: "on" }), on: { on: "b" } }, b: { after: { 5: "c" } }, c: { type: "final" } },
      output: ({ context }) => context.n,
    });
    const Parent = Statechart.define(machineOf(child), { terminate: () => void ended.push("parent") });
    const state = await bench.run(function* () {
      const parent = yield* Statechart.start(Parent);
      yield* Process.sleep(10);
      const state = yield* Sys.getState(parent);
      yield* Process.exit(parent.pid, { type: "kill" });
      yield* Process.sleep(1);
      return state;
    });
    expect(state).toEqual({ value: "done", context: { result: 20 } });
    expect(ended).toEqual([]);
    expect(bench.node.inspect().processes).toEqual([]);
  });
});

function* crashing(): Generator<any, never, any> {
  return yield* Process.exit({ type: "exit", reason: "crash" });
}
