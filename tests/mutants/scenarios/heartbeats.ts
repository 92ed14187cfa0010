import {
  faults,
  properties,
  property,
  scenario,
  startNode,
  type Property,
  type RandomStream,
  type Scenario,
} from "@espalier/testkit";
import { Heartbeat, Process, type Cause, type Node, type Pid, type Self } from "espalier";
import { timing } from "../../simulation/scenarios/conditions.ts";
import * as heartbeats from "../../simulation/scenarios/heartbeats.ts";

const { underLostMessages } = heartbeats;

/** Registrations that come twice, or late, when they were taken back already, of heartbeats that outlive the run. */
export const underLateWatches: typeof underLostMessages = {
  ...underLostMessages,
  name: "heartbeats while registrations are late",
  ops: [
    ...underLostMessages.ops.map((op) =>
      op.name === "create"
        ? {
            ...op,
            options: { ...op.options, args: (rng: RandomStream) => rng.pick([400, 3_600_000]) },
          }
        : op,
    ),
    {
      name: "glance",
      options: { count: 8, args: (rng) => rng.below(400) },
      // Wants to know for a moment. It may end meanwhile.
      run: ({ node, rng, args }) => {
        const { known, node: here } = node.app;
        if (known.length > 0) here.run(Heartbeat.link(rng.pick(known), Process.sleep(args as number))).catch(() => {});
      },
    },
  ],
  faults: faults.messages({
    kinds: ["heartbeat.watch", "heartbeat.watched"],
    countMax: 16,
    runMax: 2,
    drop: 0,
    holdMaxMs: 1_500,
  }),
  eventually: [properties.everySupervisorTold, properties.mapsBounded(), properties.noOrphans],
  sometimes: [],
  budget: { ...underLostMessages.budget, virtualMs: 4_000, settleMs: 10_000 },
  module: import.meta.url,
};

interface Work {
  readonly node: Node;
  /** Heartbeats that live although what was linked to them has failed. */
  readonly survivors: string[];
}

const failuresEnd: Property<Work> = property("what fails takes its heartbeat along (P9)", ({ nodes }) => {
  const survivor = nodes.flatMap(({ seen }) => seen?.survivors ?? [])[0];
  return survivor === undefined ? null : `${survivor} lives, and what was linked to it has failed`;
});

/** Work under a heartbeat that throws. */
export const failingWork: Scenario<Work> = scenario<Work>("work that fails", {
  nodes: { a: {} },
  boot: async (place) => ({ node: await startNode(place, timing), survivors: [] }),
  workload: (w) => {
    w.op("work", { count: 6, args: (rng) => rng.below(100) }, async ({ node, args }) => {
      const { node: here, survivors } = node.app;
      const heartbeat = await here.run(Heartbeat.create("1h"));
      const work = function* () {
        yield* Heartbeat.link(heartbeat, function* () {
          yield* Process.sleep(args as number);
          throw new Error("the work fails");
        });
      };
      await here.run(work).catch(() => {
        if (here.kernel.lifetimes.status(heartbeat).state === "live") survivors.push(heartbeat.toString());
      });
    });
  },
  always: [failuresEnd],
  budget: { virtualMs: 1_000, settleMs: 1_000 },
  module: import.meta.url,
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
