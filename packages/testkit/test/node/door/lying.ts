import { faults, property, scenario, type Scenario } from "../../../src/index.ts";

/** Fails as soon as one node has been raised three times. */
export const lying: Scenario<{ count: number }> = scenario<{ count: number }>("lying", {
  nodes: { a: {}, b: {} },
  boot: () => ({ count: 0 }),
  workload: (w) => w.op("raise", { count: 20 }, ({ node }) => void (node.app.count += 1)),
  faults: faults.pause(),
  eventually: [
    property("low", ({ nodes }) => (nodes.some(({ seen }) => (seen?.count ?? 0) > 2) ? "a count is above 2" : null)),
  ],
  budget: { virtualMs: 1_000, settleMs: 10 },
});
