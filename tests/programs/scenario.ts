import {
  faults,
  planOf,
  property,
  scenario,
  startNode,
  type Fault,
  type PlannedOp,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import type { Node } from "espalier";
import { programs } from "./list.ts";
import { expectedOf, prepare, run } from "./run.ts";

interface App {
  readonly node: Node;
  prepared: Promise<void> | null;
}

/** Every program once, begun on the first of three nodes; the two others are alice and bob. */
export const begun: readonly PlannedOp[] = programs.map(({ name }, index) => ({
  op: "run",
  n: index + 1,
  atMs: index * 10,
  node: "home",
  args: name,
}));

const asExpected: Property<unknown> = property("every program gives and does the same", ({ history }) => {
  for (const { input, outcome } of history.entries) {
    const program = programs.find(({ name }) => name === input);
    if (program === undefined || outcome.type !== "ok") continue;
    const expected = expectedOf(program, true);
    if (canonical(outcome.output) === canonical(expected)) continue;
    return `${program.name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(outcome.output)}`;
  }
  return null;
});

const allOver: Property<unknown> = property("every program is over", ({ history }) => {
  const open = history.entries.filter(({ outcome }) => outcome.type !== "ok");
  const over = history.entries.length - open.length;
  return over === programs.length
    ? null
    : `${over} of ${programs.length}; not ${open.map(({ input }) => input as string).join(", ")}`;
});

/** Nobody is given up because the machine has much else to do. */
const lease = { beat: "1s", lease: "1m", delay: "10s" } as const;

/** Nothing goes wrong. */
export const undisturbed: Scenario<App, null> = scenario<App, null>("programs", {
  nodes: { home: {}, alice: {}, bob: {} },
  boot: async (place) => ({ node: await startNode(place, { lease }), prepared: null }),
  observe: () => null,
  workload: (w) =>
    w.op("run", { count: programs.length, on: "home" }, async ({ node, args }) => {
      const program = programs.find(({ name }) => name === args);
      if (program === undefined) throw new RangeError(`program: there is none called ${String(args)}`);
      const { app } = node;
      const [alice, bob] = [node.peer("alice").ref, node.peer("bob").ref];
      app.prepared ??= prepare(app.node, alice);
      await app.prepared;
      return run(app.node, program, { alice, bob });
    }),
  always: [asExpected],
  eventually: [allOver],
  budget: { virtualMs: 2_000, settleMs: 60_000 },
  module: import.meta.url,
});

/** Links that are slow or thin for a while, and connections that break, once there are any, and are made again. */
const light = faults.swarm([faults.links({ lastsMaxMs: 1_000 }), faults.cut({ countMax: 3 })]);

/** What goes wrong with this seed. Its nodes are those of every other: a private function of this program is of one node for good. */
export function faultsOf(seed: number): readonly Fault[] {
  return planOf({ ...undisturbed, faults: light }, seed).faults.filter(
    ({ type, atMs }) => type !== "cut" || atMs > 100,
  );
}

/** Plain data as text, whatever the order of its keys. */
function canonical(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
