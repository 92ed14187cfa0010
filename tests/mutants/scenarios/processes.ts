import { property, scenario, startNode, type Property, type Scenario } from "@espalier/testkit";
import { Process, type Down, type Node, type Pid, type Self } from "espalier";

interface Victim {
  readonly pid: Pid<any>;
  isKilled: boolean;
}

interface App {
  readonly node: Node;
  readonly victims: Victim[];
  /** What happened and must not, in words. */
  readonly wrong: string[];
}

const nothingWrong: Property<App> = property(
  "who was killed does nothing more, and who demonitored hears nothing more (P22, R-308)",
  ({ nodes }) => nodes[0]?.seen?.wrong[0] ?? null,
);

/** Processes of one node that are killed and monitored while they work. */
export const killedAndMonitored: Scenario<App> = scenario<App>("processes that are killed and monitored", {
  nodes: { a: {} },
  boot: async (place) => ({ node: await startNode(place), victims: [], wrong: [] }),
  workload: (w) => {
    w.op("spawn", { count: 10 }, ({ node }) => {
      const { victims, wrong, node: here } = node.app;
      const work = function* () {
        try {
          for (;;) {
            if (victim.isKilled) wrong.push("a process was killed, and acts");
            yield* Process.sleep(5);
          }
        } finally {
          if (victim.isKilled) wrong.push("a process was killed, and cleaned up");
        }
      };
      const victim: Victim = { pid: here.kernel.spawn(here.kernel.root, work, []).pid, isKilled: false };
      victims.push(victim);
    });
    w.op("kill", { count: 8 }, ({ node, rng }) => {
      const { victims, node: here } = node.app;
      if (victims.length === 0) return;
      const victim = rng.pick(victims);
      here
        .run(function* () {
          victim.isKilled = true;
          yield* Process.kill(victim.pid);
        })
        .catch((error: unknown) => node.app.wrong.push(String(error)));
    });
    w.op("monitor", { count: 16, args: (rng) => rng.below(200) }, ({ node, rng, args }) => {
      const { victims, wrong, node: here } = node.app;
      if (victims.length === 0) return;
      const { pid } = rng.pick(victims);
      here
        .run(function* (self: Self<Down>) {
          const ref = yield* self.monitor(pid);
          yield* Process.sleep(args as number);
          yield* Process.demonitor(ref, { flush: true });
          const down = yield* self.receive({ within: 50, otherwise: null });
          if (down !== null) wrong.push("a monitor was flushed, and its notice came");
        })
        .catch((error: unknown) => wrong.push(String(error)));
    });
  },
  always: [nothingWrong],
  budget: { virtualMs: 1_000, settleMs: 1_000 },
  module: import.meta.url,
});
