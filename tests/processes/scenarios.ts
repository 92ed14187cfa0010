import { CallError, causeOf, Heartbeat, Process, Server, type NodeRef } from "espalier";
import { property, scenario, startNode, type Place, type Property } from "@espalier/testkit";

/** What others may see of a node. */
export interface Counting {
  readonly life: number;
  /** How often it was started, as its disk says. */
  readonly starts: number;
  /** What its monotonic clock has gained on the world's. */
  readonly gainedMs: number;
  readonly wallMs: number;
  /** What its wall clock has gained on the world's. */
  readonly wallGainedMs: number;
}

export interface Counter {
  see(): Counting;
  add(at: NodeRef): Promise<number>;
  beat(): Promise<void>;
}

const definition = Server.define({
  init: () => ({ count: 0 }),
  call: { add: (state: { count: number }) => (state.count += 1) },
});

async function bootCounter(place: Place): Promise<Counter> {
  const { clock, disk } = place.host;
  const starts = ((await disk.read("/starts"))?.[0] ?? 0) + 1;
  await disk.write("/starts", Uint8Array.of(starts));
  const node = await startNode(place);
  await node.run(() => Server.start(definition, undefined, { name: "counter" }));
  const aheadMs = clock.monotonic() - place.nowMs;
  const wallAheadMs = clock.wall() - place.nowMs;
  return {
    see: () => ({
      life: place.life,
      starts,
      gainedMs: clock.monotonic() - place.nowMs - aheadMs,
      wallMs: clock.wall(),
      wallGainedMs: clock.wall() - place.nowMs - wallAheadMs,
    }),
    beat: async () => void (await node.run(Heartbeat.create("1h"))),
    // Asked again when the connection is lost: then a number may be given to nobody.
    add: (at) =>
      node.run(function* () {
        for (;;) {
          try {
            const pid = yield* Process.whereisAt(at, "counter");
            if (pid !== undefined) return yield* Server.ref(definition, pid).call.add();
          } catch (error) {
            // A call says why it failed by its cause.
            const { type } = error instanceof CallError ? error.cause : causeOf(error);
            if (type !== "noconnection") throw error;
          }
          yield* Process.sleep("20ms");
        }
      }),
  };
}

const onceEach: Property<Counting> = property("every answer is another number", ({ history }) => {
  const numbers = history.entries.flatMap(({ outcome }) => (outcome.type === "ok" ? [outcome.output] : []));
  return new Set(numbers).size === numbers.length ? null : `answers ${JSON.stringify(numbers)}`;
});

const seesAll: Property<Counting> = property("every node shows its processes", ({ nodes }) => {
  const hidden = nodes.filter(({ view }) => view?.processes.some(({ name }) => name === "counter") !== true);
  return hidden.length === 0 ? null : hidden.map(({ name, state }) => `${name} is ${state}`).join();
});

const allAnswered: Property<Counting> = property("everything is answered", ({ history }) => {
  const open = history.entries.filter(({ outcome }) => outcome.type === "unknown");
  return open.length === 0 ? null : open.map(({ client }) => client).join();
});

const common = {
  nodes: { a: {}, b: {} },
  boot: bootCounter,
  observe: (counter: Counter): Counting => counter.see(),
  always: [onceEach],
  eventually: [seesAll, allAnswered],
  budget: { virtualMs: 400, settleMs: 20_000 },
  module: import.meta.url,
};

/** Node a asks node b for the next number. */
export const asking = scenario<Counter, Counting>("asking", {
  ...common,
  workload: (w) =>
    w.op("add", { on: "a", count: 5, args: (rng) => rng.below(100) }, async ({ node, rng, args }) => {
      node.mark("asked");
      node.tell(`random ${rng.below(1_000_000)} with ${args}`);
      return node.app.add(node.peer("b").ref);
    }),
});

const three = { ...common, nodes: { a: {}, b: {}, c: {} } };

/** Node a asks b again and again, each time a little after the last answer; tells how long each took. */
export const waiting = scenario<Counter, Counting>("waiting", {
  ...common,
  // Where much else runs the answers take their time, and each fault comes after one.
  budget: { ...common.budget, virtualMs: 2_500 },
  workload: (w) =>
    w.op("wait", { on: "a", count: 1 }, async ({ node }) => {
      const { clock } = node.host;
      const { ref } = node.peer("b");
      const took: number[] = [];
      await node.app.add(ref);
      for (let n = 0; n < 4; n += 1) {
        node.mark("answered");
        await new Promise<void>((resolve) => void clock.after(150, resolve));
        const sinceMs = node.nowMs;
        await node.app.add(ref);
        took.push(node.nowMs - sinceMs);
      }
      return took;
    }),
});

/** Node a asks b for so many numbers, one after the other, however often it must ask. */
export const insisting = scenario<Counter, Counting>("insisting", {
  ...common,
  budget: { ...common.budget, virtualMs: 1_500 },
  workload: (w) =>
    w.op("add", { on: "a", count: 1 }, async ({ node }) => {
      for (let n = 0; n < 50; n += 1) {
        await node.app.add(node.peer("b").ref);
        await new Promise<void>((resolve) => void node.host.clock.after(20, resolve));
      }
    }),
});

/** Three nodes that wait for what becomes of them. */
export const idle = scenario<Counter, Counting>("idle", { ...three, eventually: [] });

const alone = { ...common, nodes: { a: {} } };

export const failing = scenario<Counter, Counting>("failing", {
  ...alone,
  workload: (w) =>
    w.op("fail", { on: "a", count: 1 }, () => {
      throw Object.assign(new TypeError("oops"), { code: "OOPS" });
    }),
});

export const throwing = scenario<Counter, Counting>("throwing", {
  ...alone,
  workload: (w) =>
    w.op("throw", { on: "a", count: 1 }, ({ node }) => {
      node.host.loop.soon(() => {
        throw new Error("nobody catches this");
      });
    }),
});

export const unbootable = scenario<Counter, Counting>("unbootable", {
  ...alone,
  boot: ({ name }) => Promise.reject(new Error(`${name} cannot boot`)),
});

export const unsettled = scenario<Counter, Counting>("unsettled", {
  ...alone,
  eventually: [property("never", () => "this never holds")],
  budget: { virtualMs: 10, settleMs: 100 },
});

export const forbidding = scenario<Counter, Counting>("forbidding", {
  ...alone,
  workload: (w) => w.op("beat", { on: "a", count: 1 }, ({ node }) => node.app.beat()),
  always: [
    {
      name: "nobody makes heartbeats",
      begin: () => {
        let maker: string | null = null;
        return {
          event: ({ event, node }) => {
            if (event.type === "heartbeat.created") maker = node;
          },
          check: () => (maker === null ? null : `${maker} did`),
        };
      },
    },
  ],
});
