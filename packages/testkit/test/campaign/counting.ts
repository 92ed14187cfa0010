import {
  faults,
  type Fault,
  property,
  type Property,
  scenario,
  type Scenario,
  type ScenarioOptions,
} from "../../src/index.ts";

/** A counter on disk. */
export interface Counter {
  count: number;
  stored: number;
}

const settled: Property<Counter> = property("settled", ({ nodes }) => {
  const behind = nodes.filter(({ seen }) => seen?.stored !== seen?.count);
  return behind.length === 0 ? null : `${behind.map(({ name }) => name).join(", ")} stored less than counted`;
});

/** Counts on disk. `broken`: what is counted within this time of a start is not stored. */
export function counting(
  options: Partial<ScenarioOptions<Counter, Counter>> & { readonly brokenMs?: number } = {},
): Scenario<Counter> {
  const { brokenMs = 0, ...rest } = options;
  return scenario<Counter>("counting", {
    nodes: { a: {}, b: {} },
    boot: async ({ host, nowMs, life }): Promise<Counter & { readonly bornMs: number }> => {
      const count = (await host.disk.read("count"))?.[0] ?? 0;
      return { count, stored: count, bornMs: life === 1 ? -Infinity : nowMs };
    },
    workload: (w) =>
      w.op("raise", { count: 20 }, async ({ node }) => {
        const { app } = node;
        app.count += 1;
        if (node.nowMs - (app as unknown as { readonly bornMs: number }).bornMs < brokenMs) return;
        await node.host.disk.write("count", Uint8Array.of(app.count));
        app.stored = app.count;
      }),
    faults: faults.swarm([faults.crash({ countMax: 6 })]),
    eventually: [settled],
    budget: { virtualMs: 10_000, settleMs: 1_000 },
    ...rest,
  });
}

/** Changes nothing where nothing is sent. */
export const idle: Fault = { atMs: 100, type: "stall", link: ["a", "b"], lastsMs: 10 };
