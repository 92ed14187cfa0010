import {
  faults,
  properties,
  received,
  scenario,
  sent,
  startNode,
  type FaultFamily,
  type Place,
  type Scenario,
} from "@espalier/testkit";
import { Channel, Heartbeat, Process, Remote, remote, type Node, type NodeRef, type Self } from "espalier";
import { timing } from "../../simulation/scenarios/conditions.ts";

interface Shop {
  readonly node: Node;
  readonly place: Place;
  /** The channel of the first node. */
  channel: Channel<number> | null;
  serial: number;
}

/** Delivers from wherever it is, and tells its home what came of it. */
const courier = remote(
  {},
  function* (_self: Self<never>, channel: Channel<number>, ids: readonly number[], path: readonly NodeRef[]) {
    const outcomes: string[] = [];
    for (const id of ids) {
      yield* Remote.transfer(path[id % path.length]!);
      const outcome = yield* Channel.deliver(channel, id);
      outcomes.push(outcome.type);
    }
    return outcomes;
  },
);

function shop(name: string, disturbances: FaultFamily | readonly []): Scenario<Shop, null> {
  return scenario<Shop, null>(`channels ${name}`, {
    nodes: { shop: {}, customer: {} },
    observe: () => null,
    boot: async (place) => {
      const node = await startNode(place, timing);
      const app: Shop = { node, place, channel: null, serial: 0 };
      if (place.name === "shop") {
        await new Promise<void>((resolve, reject) => {
          const keep = function* (self: Self<never>) {
            const channel = yield* Channel.create<number>({ capacity: 1, whenFull: "refuse" });
            app.channel = channel;
            yield* Process.register("shop");
            resolve();
            void self;
            yield* Process.sleep("24h");
          };
          node.run(keep).catch(reject);
        });
      }
      return app;
    },
    workload: (w) => {
      w.op("receive", { count: 16, on: "shop", args: (rng) => 50 + rng.below(400) }, async ({ node, args }) => {
        const { channel, node: here, place } = node.app;
        await here
          .run(function* () {
            const life = yield* Heartbeat.create(args as number);
            const id = yield* yield* Channel.receive(life, channel as Channel<number>);
            received(place, "value", id);
          })
          // Its time is over before anything came.
          .catch(() => {});
      });
      w.op("deliver", { count: 24, on: "shop" }, async ({ node }) => {
        const { channel, node: here, place } = node.app;
        const id = (node.app.serial += 1);
        const invocation = sent(place, "value", id);
        const outcome = await here.run(Channel.deliver(channel as Channel<number>, id));
        if (outcome.type === "refused") invocation.failed(outcome.reason);
        else if (outcome.type === "delivered") invocation.ok();
      });
      w.op("travel", { count: 3, on: "shop" }, async ({ node }) => {
        const { channel, node: here, place } = node.app;
        const ids = Array.from({ length: 3 }, () => (node.app.serial += 1));
        const invocations = ids.map((id) => sent(place, "value", id));
        const path = [place.peer("customer").ref, place.peer("shop").ref];
        // One that does not come back leaves open what came of its values.
        const outcomes = await here.run(courier, channel as Channel<number>, ids, path).catch(() => []);
        outcomes.forEach((outcome, index) => {
          if (outcome === "refused") invocations[index]?.failed("refused");
        });
      });
    },
    faults: disturbances,
    always: [properties.noDup("value")],
    eventually: [properties.noLoss("value"), properties.noOrphans, properties.mapsBounded()],
    budget: { virtualMs: 3_000, settleMs: 20_000, events: 200_000 },
    module: import.meta.url,
  });
}

export const undisturbed: Scenario<Shop, null> = shop("undisturbed", []);

export const underLostMessages: Scenario<Shop, null> = shop(
  "while messages go astray",
  faults.messages({ kinds: ["transfer.*", "lease.*"], countMax: 8 }),
);
