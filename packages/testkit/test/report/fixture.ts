import { Process, Remote, remote, type Pid, type Self } from "espalier";
import { property, scenario, simulate, startNode, type RunResult, type Scenario } from "../../src/index.ts";

interface App {
  readonly steps: number[];
  readonly ledger: Pid<number>;
}

const travel = remote(
  {},
  function* (_self: Self, ledger: Pid<number>, path: readonly Parameters<typeof Remote.transfer>[0][]) {
    let step = 0;
    for (const node of path) {
      yield* Remote.transfer(node);
      for (let stay = 0; stay < 4; stay = stay + 1) {
        yield* Process.send(ledger, step);
        step = step + 1;
        yield* Process.sleep(100);
      }
    }
  },
);

/** A process that travels and is begun again when its host is lost, although it may have acted there already: the planted mistake. */
export const twice: Scenario<App> = scenario<App>("a parcel is delivered once", {
  nodes: { alice: {}, bob: {} },
  boot: async (place) => {
    const node = await startNode(place, { lease: { beat: "200ms", lease: "1s", delay: "100ms" } });
    const steps: number[] = [];
    const ledger = await new Promise<Pid<number>>((resolve, reject) => {
      const keep = function* (self: Self<number>) {
        yield* Process.register("ledger");
        resolve(self.pid);
        for (;;) steps.push(yield* self.receive());
      };
      node.run(keep).catch(reject);
    });
    const deliver = function* (self: Self<object>) {
      for (;;) {
        yield* Process.spawnMonitor(travel, ledger, [place.peer("bob").ref]);
        const down = (yield* self.receive()) as { readonly cause: { readonly type: string } };
        if (down.cause.type === "normal") return;
      }
    };
    return { steps, ledger, deliver: () => node.run(deliver) };
  },
  workload: (w) =>
    w.op("deliver", { count: 1, on: "alice" }, ({ node }) =>
      (node.app as App & { deliver(): Promise<void> }).deliver(),
    ),
  faults: [
    { atMs: 200, after: { mark: "transfer.granted" }, type: "partition", links: [["bob", "alice"]], lastsMs: 3_000 },
  ],
  always: [
    property("every step is taken once", ({ nodes }) => {
      const steps = nodes[0]?.seen?.steps ?? [];
      return steps.every((step, index) => step === index) ? null : `alice took the steps ${steps.join(", ")}`;
    }),
  ],
  budget: { virtualMs: 15_000, settleMs: 10_000 },
});

export function run(seed: number, isRecorded: boolean): Promise<RunResult> {
  const ops = [{ op: "deliver", n: 1, atMs: 100, node: "alice", args: null }];
  return simulate(twice, { seed, ops, record: isRecorded });
}
