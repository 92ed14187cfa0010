import { faults, scenario, simulate, startNode, type Cluster, type Property } from "@espalier/testkit";
import { type Cause, causeOf, type Node, type NodeRef, type Pid, Process, Remote, remote, type Self } from "espalier";
import { expect, test } from "vitest";

/** One step of a computation, as its home came to know of it. */
interface Step {
  readonly job: number;
  readonly hop: number;
  readonly atMs: number;
}

/** A computation that travels, and what came of it. */
interface Job {
  readonly hops: number;
  outcome: { readonly atMs: number; readonly hops: number } | { readonly atMs: number; readonly cause: Cause } | null;
}

interface App {
  readonly node: Node;
  readonly ledger: Pid<Omit<Step, "atMs">>;
  readonly steps: Step[];
  readonly jobs: Job[];
}

const travel = remote({}, function* (ledger: Pid<Omit<Step, "atMs">>, job: number, path: readonly NodeRef[]) {
  let hop = 0;
  for (const node of path) {
    yield* Remote.transfer(node);
    yield* Process.send(ledger, { job, hop });
    hop = hop + 1;
    yield* Process.sleep("300ms");
  }
  return hop;
});

const timing = { lease: { beat: "200ms", lease: "1s", delay: "100ms" } } as const;

const jobs = ({ nodes }: Cluster<App>) => nodes.flatMap(({ app }) => app?.jobs ?? []);

/** The steps of each computation, by the node that is its home. */
function stepsByJob({ nodes }: Cluster<App>): { readonly job: Job; readonly steps: readonly Step[] }[] {
  return nodes.flatMap(({ app }) => {
    const { jobs = [], steps = [] } = app ?? {};
    return jobs.map((job, id) => ({ job, steps: steps.filter((step) => step.job === id) }));
  });
}

const onceAndInOrder: Property<App> = {
  name: "every step is taken once, in order (P16, R-401)",
  check: (cluster) => {
    const wrong = stepsByJob(cluster).find(({ steps }) => steps.some(({ hop }, index) => hop !== index));
    return wrong === undefined ? null : `steps ${wrong.steps.map(({ hop }) => hop).join()}`;
  },
};

const nothingAfterTheEnd: Property<App> = {
  name: "nothing of a computation happens after its end, whoever declared it (P13)",
  check: (cluster) => {
    const late = stepsByJob(cluster).find(({ job, steps }) =>
      steps.some(({ atMs }) => atMs > (job.outcome?.atMs ?? Infinity)),
    );
    return late === undefined
      ? null
      : `a step at ${late.steps.at(-1)?.atMs} ms, an end at ${late.job.outcome?.atMs} ms`;
  },
};

const noLimbo: Property<App> = {
  name: "every computation whose home lives has an end, and one that ended well took every step (P17)",
  check: (cluster) => {
    for (const { job, steps } of stepsByJob(cluster)) {
      if (job.outcome === null) return "a computation has no end";
      if ("hops" in job.outcome && steps.length !== job.hops)
        return `it ended well after ${steps.length} of ${job.hops} steps`;
    }
    return null;
  },
};

const nothingLeft: Property<App> = {
  name: "nothing is left of any computation, wherever it was (P19, P25)",
  check: ({ nodes }) => {
    const left = nodes.flatMap(({ name, app }) =>
      (app?.node.inspect().processes ?? [])
        .filter(({ name }) => name !== "ledger")
        .map(({ label, place }) => `${label} on ${name} (${place})`),
    );
    return left.length === 0 ? null : left.join(", ");
  },
};

/** Three nodes; computations go from node to node, and report each step to their home. */
const travelling = scenario<App>("computations that travel", {
  nodes: { a: {}, b: {}, c: {} },
  boot: async (place, cluster) => {
    const node = await startNode(place, cluster, timing);
    const steps: Step[] = [];
    const ledger = await new Promise<App["ledger"]>((resolve, reject) => {
      const keep = function* (self: Self<Omit<Step, "atMs">>) {
        yield* Process.register("ledger");
        resolve(self.pid);
        for (;;) steps.push({ ...(yield* self.receive()), atMs: cluster.world.nowMs });
      };
      node.run(keep).catch(reject);
    });
    return { node, ledger, steps, jobs: [] };
  },
  workload: (w) => {
    w.op("travel", { count: 12 }, async ({ cluster, node, rng }) => {
      const { app } = node;
      const path = Array.from({ length: 1 + rng.below(4) }, () => rng.pick(cluster.nodes).ref);
      const job: Job = { hops: path.length, outcome: null };
      const id = app.jobs.push(job) - 1;
      try {
        const hops = await app.node.run(travel(app.ledger, id, path));
        job.outcome = { atMs: cluster.world.nowMs, hops };
      } catch (error) {
        job.outcome = { atMs: cluster.world.nowMs, cause: causeOf(error) };
      }
    });
  },
  faults: faults.swarm([
    faults.crash({ lastsMaxMs: 4_000 }),
    faults.pause({ lastsMaxMs: 4_000 }),
    faults.partition(),
    faults.cut({ countMax: 8 }),
    faults.stall(),
  ]),
  always: [onceAndInOrder, nothingAfterTheEnd],
  eventually: [noLimbo, nothingLeft],
  budget: { virtualMs: 10_000, settleMs: 60_000 },
});

test("computations that travel under cuts, crashes, pauses and partitions: 50 seeds", { timeout: 60_000 }, async () => {
  let effective = 0;
  for (let seed = 1; seed <= 50; seed += 1) {
    const result = await simulate(travelling, { seed });
    expect(result.failure?.text).toBeUndefined();
    effective += result.faults.filter((fault) => fault.effective > 0).length;
  }
  // A fault that does not bite shows nothing.
  expect(effective).toBeGreaterThan(100);
});

test("without faults every computation ends well: nobody is declared lost (P11)", async () => {
  const endsWell: Property<App> = {
    name: "ends well",
    check: (cluster) => {
      const failed = jobs(cluster).find(({ outcome }) => outcome !== null && "cause" in outcome);
      return failed === undefined ? null : JSON.stringify(failed.outcome);
    },
  };
  for (let seed = 1; seed <= 5; seed += 1) {
    const result = await simulate({ ...travelling, always: [...travelling.always, endsWell] }, { seed, faults: [] });
    expect(result.failure?.text).toBeUndefined();
  }
});

test("the same seed twice gives the same run, to the byte", async () => {
  for (const seed of [3, 4]) {
    const first = await simulate(travelling, { seed });
    expect(await simulate(travelling, { seed })).toEqual(first);
  }
});
