import { CallError, Process } from "@espalier/runtime";
import { Statechart } from "@espalier/statechart";
import { describe, expect, it } from "vitest";
import { assign, createMachine, emit, fromCallback, fromPromise, raise, sendParent, sendTo, setup } from "xstate";
import { Bench } from "./bench.ts";

describe("machines of xstate's documentation, unchanged", () => {
  it("a traffic light goes on by itself", async () => {
    const bench = await Bench.start();
    const lightMachine = createMachine({
      id: "light",
      initial: "green",
      states: {
        green: { after: { 1000: "yellow" } },
        yellow: { after: { 500: "red" } },
        red: { after: { 2000: "green" } },
      },
    });
    const Light = Statechart.define(lightMachine);
    const seen = await bench.run(function* () {
      const light = yield* Statechart.start(Light);
      const values: unknown[] = [];
      for (const ms of [0, 999, 2, 498, 2, 1998, 2]) {
        yield* Process.sleep(ms);
        values.push((yield* Statechart.snapshot(light) as any).value);
      }
      return values;
    });
    expect(seen).toEqual(["green", "green", "yellow", "yellow", "red", "red", "green"]);
  });

  it("a fetch invokes a promise, fails, and is tried again", async () => {
    const bench = await Bench.start();
    let attempts = 0;
    const fetchMachine = setup({
      types: { context: {} as { user: string | null; failures: number }, events: {} as { type: "FETCH" | "RETRY" } },
      actors: {
        fetchUser: fromPromise(async ({ input }: { input: { userId: string } }) => {
          attempts += 1;
          if (attempts === 1) throw new Error("no network");
          return `user ${input.userId}`;
        }),
      },
    }).createMachine({
      id: "fetch",
      initial: "idle",
      context: { user: null, failures: 0 },
      states: {
        idle: { on: { FETCH: "loading" } },
        loading: {
          invoke: {
            id: "getUser",
            src: "fetchUser",
            input: { userId: "42" },
            onDone: { target: "success", actions: assign({ user: ({ event }) => event.output }) },
            onError: { target: "failure", actions: assign({ failures: ({ context }) => context.failures + 1 }) },
          },
        },
        success: { type: "final" },
        failure: { on: { RETRY: "loading" } },
      },
      output: ({ context }) => context,
    });
    const Fetch = Statechart.define(fetchMachine);
    const output = await bench.run(function* (self) {
      const { pid } = yield* Process.spawnMonitor(Fetch.body);
      const fetch = Statechart.ref(Fetch, pid);
      yield* fetch.send({ type: "FETCH" });
      yield* Process.sleep(10);
      yield* fetch.send({ type: "RETRY" });
      return (yield* self.receive()).cause;
    });
    expect(output).toEqual({ type: "normal" });
    expect(attempts).toBe(2);
    expect(bench.logged).toEqual([]);
  });

  it("parallel states, history, guards and always", async () => {
    const bench = await Bench.start();
    const machine = setup({
      types: { context: {} as { n: number }, events: {} as { type: "INC" | "OFF" | "ON" | "BOLD" } },
      guards: { many: ({ context }) => context.n >= 2 },
    }).createMachine({
      context: { n: 0 },
      initial: "on",
      states: {
        off: { on: { ON: "on.hist" } },
        on: {
          type: "parallel",
          on: { OFF: "off", INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
          states: {
            hist: { type: "history", history: "deep" },
            bold: { initial: "no", states: { no: { on: { BOLD: "yes" } }, yes: {} } },
            count: { initial: "few", states: { few: { always: { guard: "many", target: "lots" } }, lots: {} } },
          },
        },
      },
    });
    const Chart = Statechart.define(machine);
    const values = await bench.run(function* () {
      const chart = yield* Statechart.start(Chart);
      const values: unknown[] = [];
      for (const type of ["BOLD", "INC", "INC", "OFF", "ON"] as const) {
        yield* chart.send({ type });
        values.push((yield* Statechart.snapshot(chart) as any).value);
      }
      return values;
    });
    expect(values).toEqual([
      { on: { bold: "yes", count: "few" } },
      { on: { bold: "yes", count: "few" } },
      { on: { bold: "yes", count: "lots" } },
      "off",
      { on: { bold: "yes", count: "lots" } },
    ]);
  });

  it("callbacks, child machines, emitted events, spawned and stopped actors", async () => {
    const bench = await Bench.start();
    const lines: string[] = [];
    const ping = setup({ types: { events: {} as { type: "ping" } } }).createMachine({
      on: { ping: { actions: [sendParent({ type: "pong" }), () => lines.push("ping")] } },
    });
    const ticker = fromCallback<{ type: "more" }, { every: number }>(({ sendBack, receive, input }) => {
      lines.push(`ticking ${input.every}`);
      receive(() => sendBack({ type: "tick" }));
      return () => lines.push("ticker stopped");
    });
    const machine = setup({
      types: { events: {} as { type: "pong" | "tick" | "go" | "stop" }, emitted: {} as { type: "told" } },
      actors: { ping, ticker },
    }).createMachine({
      initial: "one",
      invoke: { id: "pinger", src: "ping" },
      states: {
        one: {
          on: {
            go: { actions: sendTo("pinger", { type: "ping" }) },
            pong: { target: "two", actions: () => lines.push("pong") },
          },
        },
        two: {
          invoke: { id: "ticker", src: "ticker", input: { every: 3 } },
          entry: sendTo("ticker", { type: "more" }),
          on: { tick: { actions: [() => lines.push("tick"), emit({ type: "told" })] }, stop: "three" },
        },
        three: { entry: raise({ type: "go" }), on: { go: { actions: () => lines.push("raised") } } },
      },
    });
    const Chart = Statechart.define(machine, { emitted: ({ type }) => void lines.push(type) });
    const processes = await bench.run(function* () {
      const chart = yield* Statechart.start(Chart);
      yield* chart.send({ type: "go" });
      yield* Process.sleep(1);
      yield* chart.send({ type: "stop" });
      yield* Process.sleep(1);
      return bench.node.inspect().processes.map(({ label }) => label);
    });
    expect(lines).toEqual(["ping", "pong", "ticking 3", "tick", "told", "raised", "ticker stopped"]);
    expect(processes).toEqual(["process", "(machine)", "ping"]);
    expect(bench.logged).toEqual([]);
  });

  it("a call is replied to, or refused in a state that does not handle it", async () => {
    const bench = await Bench.start();
    const counter = setup({
      types: {
        context: {} as { count: number },
        input: {} as { start: number },
        events: {} as { type: "add"; by: number; from?: Statechart.From<number> } | { type: "close" },
      },
    }).createMachine({
      context: ({ input }) => ({ count: input.start }),
      initial: "open",
      states: {
        open: {
          on: {
            add: {
              actions: [
                assign({ count: ({ context, event }) => context.count + event.by }),
                Statechart.reply(({ context }) => context.count),
              ],
            },
            close: "closed",
          },
        },
        closed: {},
      },
    });
    const Counter = Statechart.define(counter);
    const [three, refused] = await bench.run(function* () {
      const ref = yield* Statechart.start(Counter, { start: 1 }, { name: "counter" });
      const three: number = yield* ref.call({ type: "add", by: 2 });
      yield* ref.send({ type: "close" });
      try {
        yield* ref.call({ type: "add", by: 2 }, { within: "1s" });
      } catch (error) {
        return [three, error];
      }
      return [three, null];
    });
    expect(three).toBe(3);
    expect(refused).toBeInstanceOf(CallError);
    expect((refused as CallError).reason).toMatchObject({ type: "error", error: { code: "INVALID_MESSAGE" } });
  });
});
