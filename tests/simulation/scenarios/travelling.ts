import {
  faults,
  properties,
  property,
  scenario,
  startNode,
  type Observation,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import { type Cause, type Down, type Node, type NodeRef, type Pid, Process, Remote, remote, type Self } from "espalier";
import { everything, short, timing } from "./conditions.ts";
import { nobodyIsGivenUp } from "./nobody-is-given-up.ts";

/** What a computation tells its home after each of its steps: which one it was, or which message it got. */
type Report = { readonly job: number; readonly step: number } | { readonly job: number; readonly heard: number };

/** A computation that travels, and what came of it. */
interface Job {
  /** How many it takes if it ends well. */
  readonly stepsMax: number;
  readonly steps: number[];
  readonly heard: number[];
  /** When its home last heard of it. */
  lastMs: number;
  outcome: { readonly atMs: number; readonly cause: Cause } | null;
}

interface App {
  readonly node: Node;
  readonly ledger: Pid<Report>;
  readonly jobs: Job[];
}

/** Goes from node to node, takes some steps of at most 100 ms at each, and reports each step and each message. */
const travel = remote(
  {},
  function* (self: Self<number>, ledger: Pid<Report>, job: number, path: readonly NodeRef[], stays: number) {
    let step = 0;
    for (const node of path) {
      yield* Remote.transfer(node);
      for (let stay = 0; stay < stays; stay = stay + 1) {
        yield* Process.send(ledger, { job, step });
        step = step + 1;
        const heard = yield* self.receive({ within: 100, otherwise: null });
        if (heard !== null) yield* Process.send(ledger, { job, heard });
      }
    }
  },
);

const jobsOf = ({ nodes }: Observation<App>): readonly Job[] => nodes.flatMap(({ seen }) => seen?.jobs ?? []);

const onceAndInOrder: Property<App> = property(
  "every step is taken once, and every message arrives once, in order (P16, R-401)",
  (cluster) => {
    const isWrong = (numbers: readonly number[]): boolean => numbers.some((number, index) => number !== index);
    const wrong = jobsOf(cluster).find(({ steps, heard }) => isWrong(steps) || isWrong(heard));
    return wrong === undefined ? null : `steps ${wrong.steps.join()}; messages ${wrong.heard.join()}`;
  },
);

const nothingAfterTheEnd: Property<App> = property(
  "nothing of a computation happens after its end, whoever declared it (P13)",
  (cluster) => {
    const late = jobsOf(cluster).find(({ lastMs, outcome }) => outcome !== null && lastMs > outcome.atMs);
    return late === undefined ? null : `a step at ${late.lastMs} ms, an end at ${late.outcome?.atMs} ms`;
  },
);

/** How much each guest had done when somebody last looked, by the cluster. */
const reductionsSeen = new WeakMap<Observation<App>, Map<string, number>>();

const silentAfterTheEnd: Property<App> = property(
  "no node steps a computation that its home holds to be over (P13, P22)",
  (cluster) => {
    const seen = reductionsSeen.get(cluster) ?? new Map<string, number>();
    reductionsSeen.set(cluster, seen);
    const views = cluster.nodes.flatMap(({ view }) => (view === null ? [] : [view]));
    const homes = new Map(views.map((view) => [view.incarnation, view]));
    for (const { id, processes } of views) {
      for (const { pid, place, reductions, label } of processes) {
        if (place !== "guest") continue;
        const key = `${id} ${pid.address.incarnation} ${pid.serial}`;
        const before = seen.get(key) ?? 0;
        seen.set(key, reductions);
        const home = homes.get(pid.address.incarnation);
        // A home that is gone says nothing: the guest goes on until its lease is over.
        if (home === undefined || reductions === before) continue;
        if (!home.processes.some((process) => process.pid.equals(pid))) {
          return `${label} was stepped on ${cluster.nodes.find(({ ref }) => ref.id === id)?.name}`;
        }
      }
    }
    return null;
  },
);

const noLimbo: Property<App> = property(
  "every computation whose home lives has an end, and one that ended well took every step (P17)",
  (cluster) => {
    for (const { outcome, stepsMax, steps } of jobsOf(cluster)) {
      if (outcome === null) return "a computation has no end";
      if (outcome.cause.type === "normal" && steps.length !== stepsMax) {
        return `it ended well after ${steps.length} of ${stepsMax} steps`;
      }
    }
    return null;
  },
);

const nothingLeft: Property<App> = property(
  "nothing is left of any computation, wherever it was (P19, P25)",
  ({ nodes }) => {
    const left = nodes.flatMap(({ name, view }) =>
      (view?.processes ?? [])
        .filter(({ name }) => name !== "ledger")
        .map(({ label, place }) => `${label} on ${name} (${place})`),
    );
    return left.length === 0 ? null : left.join(", ");
  },
);

/** How computations travel: how many nodes they visit at most, and how many steps they take at each. */
interface Journey {
  readonly hopsMax: number;
  readonly stays: number;
}

/** Three nodes; computations go from node to node, and report each step to their home. */
const travellingBy = ({ hopsMax, stays }: Journey): Scenario<App> =>
  scenario<App>("computations that travel", {
    nodes: { a: {}, b: {}, c: {} },
    boot: async (place) => {
      const node = await startNode(place, timing);
      const jobs: Job[] = [];
      const ledger = await new Promise<App["ledger"]>((resolve, reject) => {
        const keep = function* (self: Self<Report>) {
          yield* Process.register("ledger");
          resolve(self.pid);
          for (;;) {
            const report = yield* self.receive();
            const job = jobs[report.job] as Job;
            if ("step" in report) job.steps.push(report.step);
            else job.heard.push(report.heard);
            job.lastMs = place.nowMs;
          }
        };
        node.run(keep).catch(reject);
      });
      return { node, ledger, jobs };
    },
    workload: (w) => {
      w.op("travel", { count: 12 }, async ({ node, rng }) => {
        const { jobs, ledger, node: home } = node.app;
        const path = Array.from({ length: 1 + rng.below(hopsMax) }, () => rng.pick(node.peers).ref);
        const job: Job = { stepsMax: path.length * stays, steps: [], heard: [], lastMs: 0, outcome: null };
        const id = jobs.push(job) - 1;
        // Sends the computation messages while it travels, and waits for its end.
        const cause = await home.run(function* follow(self: Self<Down>) {
          const { pid } = yield* Process.spawnMonitor(travel, ledger, id, path, stays);
          for (let message = 0; ; message += 1) {
            yield* Process.send(pid, message);
            const down = yield* self.receive({ within: 70, otherwise: null });
            if (down !== null) return down.cause;
          }
        });
        job.outcome = { atMs: node.nowMs, cause };
      });
    },
    faults: everything,
    always: [
      onceAndInOrder,
      nothingAfterTheEnd,
      silentAfterTheEnd,
      properties.oneOwner,
      properties.noActAfterVerdict,
      properties.oneVerdict,
      properties.absorbing,
      properties.noUnhandledRejection,
      properties.noDeadlock(),
    ],
    eventually: [
      noLimbo,
      nothingLeft,
      properties.mapsBounded(),
      properties.noOrphans,
      properties.everySupervisorTold,
      properties.linkedBothWays,
    ],
    sometimes: ["transfer.lost", "transfer.dropped", "transfer.forwarded", "node.verdict", "node.trusted"],
    module: import.meta.url,
    budget: { virtualMs: 10_000, settleMs: 60_000 },
  });

export const travelling: Scenario<App> = travellingBy({ hopsMax: 4, stays: 5 });

/** They are back where they were before everybody knows that they had left. */
const hasty: Scenario<App> = travellingBy({ hopsMax: 12, stays: 1 });

const endsWell: Property<App> = property("every computation ends well (P11, P17)", (cluster) => {
  const failed = jobsOf(cluster).find(({ outcome }) => outcome !== null && outcome.cause.type !== "normal");
  return failed === undefined ? null : JSON.stringify(failed.outcome);
});

/** Without faults. */
export const undisturbed: Scenario<App> = {
  ...travelling,
  name: `${travelling.name}, undisturbed`,
  faults: [],
  always: [...travelling.always, endsWell],
  sometimes: [],
};

/** P11. */
export const underShortFaults: Scenario<App> = {
  ...travelling,
  name: `${travelling.name}, under short faults`,
  faults: short,
  always: [...travelling.always, nobodyIsGivenUp],
  sometimes: [],
};

/** Messages of transfers and leases that get lost, come twice or come late: no silence. */
export const underLostMessages: Scenario<App> = {
  ...hasty,
  name: `${travelling.name}, while messages go astray`,
  faults: faults.messages({ kinds: ["transfer.*", "lease.*"], countMax: 16, runMax: 2, holdMaxMs: 900 }),
  always: [...travelling.always, nobodyIsGivenUp],
  sometimes: [],
};

const moves: readonly string[] = [
  "transfer.offer",
  "transfer.accepted",
  "transfer.claim",
  "transfer.grant",
  "transfer.handed",
  "transfer.released",
];

/** Offers and what answers them, late or twice, when the process has long gone on, and is back. */
export const underLateTransfers: Scenario<App> = {
  ...hasty,
  name: `${travelling.name}, while transfers are late`,
  faults: faults.messages({ kinds: moves, countMax: 24, drop: 0.5, holdMaxMs: 800 }),
  always: [...travelling.always, nobodyIsGivenUp],
  sometimes: [],
};
