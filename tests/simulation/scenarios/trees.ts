import { properties, scenario, startNode, type Place, type Scenario } from "@espalier/testkit";
import { Process, Supervisor, type Node, type Pid, type Self } from "espalier";
import { timing } from "./conditions.ts";

interface Wood {
  readonly node: Node;
  readonly supervisors: Pid[];
}

/** Waits for ever; some of it is ended. */
function* leaf(self: Self<never>) {
  yield* self.receive();
}

async function boot(place: Place): Promise<Wood> {
  return { node: await startNode(place, timing), supervisors: [] };
}

const strategies = ["one-for-one", "one-for-all", "rest-for-one"] as const;

/** Children that are killed, one now and then or many at once, and supervisors that are stopped. */
export const trees: Scenario<Wood> = scenario<Wood>("supervision trees", {
  nodes: { a: {} },
  boot,
  workload: (w) => {
    w.op("plant", { count: 3 }, async ({ node, rng }) => {
      const { app } = node;
      const definition = Supervisor.define({
        strategy: rng.pick(strategies),
        intensity: { restarts: 1 + rng.below(3), within: "6s" },
        children: [
          Supervisor.worker("first", leaf, []),
          Supervisor.worker("second", leaf, [], { restart: "transient" }),
          Supervisor.worker("third", leaf, []),
          Supervisor.worker("fourth", leaf, [], { restart: "temporary" }),
        ],
      });
      const grow = function* () {
        const { pid } = yield* Supervisor.start(definition);
        app.supervisors.push(pid);
        // Its parent lives for as long as the node does.
        yield* Process.sleep("24h");
      };
      // A supervisor that gives up may take whoever started it along.
      app.node.run(grow).catch(() => {});
    });
    w.op("kill", { count: 80 }, ({ node, rng }) => {
      const leaves = node.app.node.inspect().processes.filter(({ label }) => label === "leaf");
      if (leaves.length === 0) return;
      const { pid } = rng.pick(leaves);
      node.app.node.run(Process.exit(pid, { type: rng.chance(0.7) ? "kill" : "shutdown" })).catch(() => {});
    });
    w.op("stop", { count: 2 }, ({ node, rng }) => {
      if (node.app.supervisors.length === 0) return;
      node.mark("tree:stopped");
      node.app.node.run(Supervisor.stop(rng.pick(node.app.supervisors))).catch(() => {});
    });
  },
  always: [properties.restartIntensity, properties.stopOrder, properties.absorbing, properties.noUnhandledRejection],
  eventually: [properties.childrenRunning, properties.noOrphans, properties.linkedBothWays, properties.mapsBounded()],
  sometimes: ["supervisor", "tree:stopped"],
  schedule: { type: "random" },
  budget: { virtualMs: 12_000, settleMs: 30_000 },
  module: import.meta.url,
});
