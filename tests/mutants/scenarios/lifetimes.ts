import {
  faults,
  OpUnknownError,
  properties,
  property,
  scenario,
  startNode,
  type FaultFamily,
  type Place,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import { Heartbeat, Process, type Cause, type Node, type Pid, type Self } from "espalier";
import { compositesAreTrue, deadlinesAreKept, keyOf } from "../../simulation/scenarios/heartbeat-properties.ts";
import { leaseMs, timing, verdictMs } from "./timing.ts";

interface Watching {
  readonly of: string;
  outcome: Cause | "forgotten" | null;
}

interface Board {
  readonly node: Node;
  readonly known: Heartbeat[];
  readonly watching: Watching[];
  /** Heartbeats of this node that live although what was linked to them here has failed. */
  readonly survivors: string[];
}

type Running = Place & { readonly app: Board };

function publish({ app, peers }: Running, heartbeat: Heartbeat): void {
  for (const { ref } of peers) {
    const tell = function* () {
      const board = yield* Process.whereisAt(ref, "board");
      if (board !== undefined) yield* Process.send(board, heartbeat as never);
    };
    // A board that cannot be reached does not hear of it.
    app.node.run(tell).catch(() => {});
  }
}

async function orUnknown<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw new OpUnknownError(String(error));
  }
}

const everyWatchEnds: Property<Board> = property("every supervisor is told (P12, P14)", ({ nodes }) => {
  for (const { name, seen } of nodes) {
    const waiting = seen?.watching.find(({ outcome }) => outcome === null);
    if (waiting !== undefined) return `${name} waits for the end of ${waiting.of}`;
  }
  return null;
});

const everythingExpires: Property<Board> = property("no heartbeat outlives its time (P5)", ({ nodes }) => {
  for (const { name, view } of nodes) {
    const live = view?.heartbeats.find(({ heartbeat, status }) => "serial" in heartbeat && status.state === "live");
    if (live !== undefined) return `${live.heartbeat.toString()} lives on ${name}`;
  }
  return null;
});

const failuresEnd: Property<Board> = property("what fails takes its heartbeat along (P9)", ({ nodes }) => {
  const survivor = nodes.flatMap(({ seen }) => seen?.survivors ?? [])[0];
  return survivor === undefined ? null : `${survivor} lives, and what was linked to it has failed`;
});

const nobodyIsGivenUp: Property<Board> = {
  name: "nobody is given up without a silence beyond the bound (P11)",
  begin: () => {
    let wrong: string | null = null;
    return {
      event: ({ node, event }) => {
        if (event.type !== "heartbeat.told" || event.cause?.type !== "unresponsive") return;
        wrong ??= `${node} was told that ${event.heartbeat.toString()} is unresponsive`;
      },
      check: () => wrong,
    };
  },
};

const short: readonly number[] = [150, 400, 1_000, 2_000];

interface Kind {
  readonly always?: readonly Property<Board>[];
  /** How long heartbeats last. Default: all are over in the end. */
  readonly durations?: readonly number[];
}

function lifetimes(name: string, disturbances: FaultFamily, kind: Kind = {}): Scenario<Board> {
  const { always = [], durations = short } = kind;
  const ends = durations === short ? [everyWatchEnds, everythingExpires] : [];
  return scenario<Board>(`lifetimes ${name}`, {
    nodes: { a: {}, b: {}, c: {} },
    boot: async (place) => {
      const node = await startNode(place, timing);
      const board: Board = { node, known: [], watching: [], survivors: [] };
      await new Promise<void>((resolve, reject) => {
        const keep = function* (self: Self<Heartbeat>) {
          yield* Process.register("board");
          resolve();
          for (;;) board.known.push(yield* self.receive());
        };
        node.run(keep).catch(reject);
      });
      return board;
    },
    workload: (w) => {
      w.op("create", { count: 8, args: (rng) => rng.pick(durations) }, async ({ node, args }) => {
        publish(node, await orUnknown(node.app.node.run(Heartbeat.create(args as number))));
      });
      w.op("combine", { count: 3 }, ({ node, rng }) => {
        const { known } = node.app;
        if (known.length < 2) return;
        const [left, right] = [rng.pick(known), rng.pick(known)];
        publish(node, rng.chance(0.5) ? Heartbeat.both(left, right) : Heartbeat.either(left, right));
      });
      w.op("reset", { count: 10, args: (rng) => rng.pick(durations) }, async ({ node, args, rng }) => {
        if (node.app.known.length === 0) return;
        await orUnknown(node.app.node.run(Heartbeat.reset(rng.pick(node.app.known), args as number)));
      });
      w.op("fail", { count: 3, args: (rng) => rng.below(1_000_000) }, async ({ node, rng, args }) => {
        if (node.app.known.length === 0) return;
        const heartbeat = rng.pick(node.app.known);
        const asked = node.invoke("ask", { key: keyOf(heartbeat), cause: `exit ${args as number}` });
        const cause: Cause = { type: "exit", reason: args as number };
        asked.ok(await orUnknown(node.app.node.run(Heartbeat.fail(heartbeat, cause))));
      });
      w.op("supervise", { count: 14 }, ({ node, rng }) => {
        const { known, watching, node: here } = node.app;
        if (known.length === 0) return;
        const heartbeat = rng.pick(known);
        const watch: Watching = { of: heartbeat.toString(), outcome: null };
        watching.push(watch);
        const wait = function* () {
          watch.outcome = yield* yield* Heartbeat.supervise(heartbeat);
        };
        here.run(wait).catch((error: unknown) => {
          if (!/forgotten/i.test(String(error))) throw error;
          watch.outcome = "forgotten";
        });
      });
      // Wants to know for a moment.
      w.op("glance", { count: 8, args: (rng) => rng.below(400) }, ({ node, rng, args }) => {
        const { known, node: here } = node.app;
        if (known.length === 0) return;
        // It may end meanwhile.
        here.run(Heartbeat.link(rng.pick(known), Process.sleep(args as number))).catch(() => {});
      });
      w.op("work", { count: 8 }, ({ node, rng }) => {
        const { known, survivors, node: here } = node.app;
        if (known.length === 0) return;
        const heartbeat = rng.pick(known);
        // A composite has no home that says so (P8).
        const turns = "serial" in heartbeat && rng.chance(0.5) ? 10 : Infinity;
        const work = function* () {
          yield* Heartbeat.link(heartbeat, function* () {
            for (let turn = 0; turn < turns; turn += 1) yield* Process.sleep(20);
            throw new Error("the work fails");
          });
        };
        here.run(work).catch(() => {
          if (!("serial" in heartbeat) || heartbeat.home !== node.ref.id) return;
          const status = here.kernel.lifetimes.status(heartbeat);
          if (status.state === "live") survivors.push(heartbeat.toString());
        });
      });
    },
    faults: disturbances,
    always: [
      properties.absorbing,
      properties.oneVerdict,
      properties.noActAfterVerdict,
      deadlinesAreKept,
      failuresEnd,
      ...always,
    ],
    eventually: [...ends, properties.everySupervisorTold, properties.mapsBounded(), properties.noOrphans],
    budget: { virtualMs: 4_000, settleMs: 30_000, events: 200_000 },
    module: import.meta.url,
  });
}

const near: readonly number[] = [leaseMs, verdictMs];
const lastsMaxMs = 2_500;
const lost: FaultFamily = faults.messages({ kinds: ["heartbeat.*", "pulse.*"], countMax: 10, holdMaxMs: 1_500 });

/** Messages that get lost, come twice, or come late: no silence, so nobody is given up. */
export const underLostMessages: Scenario<Board> = lifetimes("while messages go astray", lost, {
  always: [nobodyIsGivenUp, compositesAreTrue],
});

/** Registrations that come twice, or late, when they were taken back already. */
export const underLateWatches: Scenario<Board> = lifetimes(
  "while registrations are late",
  faults.messages({
    kinds: ["heartbeat.watch", "heartbeat.watched"],
    countMax: 16,
    runMax: 2,
    drop: 0,
    holdMaxMs: 1_500,
  }),
  { always: [nobodyIsGivenUp, compositesAreTrue], durations: [400, 3_600_000] },
);

/** Silences of up to half a lease. */
export const underShortSilence: Scenario<Board> = lifetimes(
  "through short silences",
  faults.partition({ countMax: 4, lastsMaxMs: 500 }),
  { always: [nobodyIsGivenUp, compositesAreTrue] },
);

export const underCrashes: Scenario<Board> = lifetimes(
  "through crashes",
  faults.swarm([
    faults.crash({ lastsMaxMs, atOnce: 0.5 }),
    faults.partition({ near, lastsMaxMs }),
    faults.cut({ countMax: 4 }),
    lost,
  ]),
  { always: [compositesAreTrue] },
);

/** Clocks that are set or drift; nobody is silent. */
export const underClocks: Scenario<Board> = lifetimes("with clocks that go wrong", faults.clock({ countMax: 6 }), {
  always: [nobodyIsGivenUp, compositesAreTrue],
});

interface Held {
  readonly node: Node;
  /** Why it ended. */
  cause: Cause | null;
}

const stays: Property<Held> = property(
  "a heartbeat that is reset in time lives, however long its home stood still (P3, H19)",
  ({ nodes }) => {
    const seen = nodes[0]?.seen;
    return seen?.cause == null ? null : `it ended: ${seen.cause.type}`;
  },
);

/** One node resets a heartbeat of another four times in its time; only the home's event loop stands still. */
export const resetInTime: Scenario<Held> = scenario<Held>("a heartbeat is reset in time, and its home stands still", {
  nodes: { home: {}, other: {} },
  boot: async (place) => {
    const node = await startNode(place, timing);
    const held: Held = { node, cause: null };
    const home = place.peer("home").ref;
    if (place.name === "home") {
      const keep = function* (self: Self<Pid<Heartbeat>>) {
        yield* Process.register("keeper");
        const other = yield* self.receive();
        // Until the first resets come.
        const heartbeat = yield* Heartbeat.create(2_000);
        yield* Process.send(other, heartbeat);
        held.cause = yield* yield* Heartbeat.supervise(heartbeat);
      };
      node.run(keep).catch((error: unknown) => place.tell(String(error)));
    } else {
      const reset = function* (self: Self<Heartbeat>) {
        let keeper: Pid<any> | undefined;
        while (keeper === undefined) {
          yield* Process.sleep(5);
          keeper = yield* Process.whereisAt<any>(home, "keeper");
        }
        yield* Process.send(keeper, self.pid);
        const heartbeat = yield* self.receive();
        for (;;) {
          // Nobody waits for the answer, which comes late where the home stands still.
          yield* Process.spawn(function* () {
            yield* Heartbeat.reset(heartbeat, 400);
          });
          yield* Process.sleep(100);
        }
      };
      node.run(reset).catch((error: unknown) => place.tell(String(error)));
    }
    return held;
  },
  faults: faults.block({ nodes: ["home"], countMax: 6, near: [400, 450], lastsMaxMs: 1_000 }),
  always: [stays],
  budget: { virtualMs: 6_000, settleMs: 1_000, events: 200_000 },
  module: import.meta.url,
});
