import {
  faults,
  properties,
  property,
  scenario,
  startNode,
  type FaultFamily,
  type Observation,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import { type Cause, type Down, type Node, type NodeRef, type Pid, Process, Remote, remote, type Self } from "espalier";
import { leaseMs, timing, verdictMs } from "./timing.ts";

/** Which of its steps a computation has taken, or which of its messages it got. */
type Report = { readonly job: number; readonly step: number } | { readonly job: number; readonly heard: number };

interface Job {
  readonly hops: number;
  readonly steps: number[];
  readonly heard: number[];
  cause: Cause | null;
}

interface App {
  readonly node: Node;
  readonly ledger: Pid<Report>;
  readonly jobs: Job[];
}

const stays = 4;

/** Goes along a path, and reports each step and each message to its home. */
const move = remote({}, function* (self: Self<number>, ledger: Pid<Report>, job: number, path: readonly NodeRef[]) {
  let step = 0;
  for (const node of path) {
    yield* Remote.transfer(node);
    for (let stay = 0; stay < 4; stay = stay + 1) {
      yield* Process.send(ledger, { job, step });
      step = step + 1;
      const heard = yield* self.receive({ within: 60, otherwise: null });
      if (heard !== null) yield* Process.send(ledger, { job, heard });
    }
  }
});

const jobsOf = ({ nodes }: Observation<App>): readonly Job[] => nodes.flatMap(({ seen }) => seen?.jobs ?? []);

const onceAndInOrder: Property<App> = property(
  "every step is taken once, and every message arrives once, in order (P16)",
  (cluster) => {
    const isWrong = (numbers: readonly number[]): boolean => numbers.some((number, index) => number !== index);
    const wrong = jobsOf(cluster).find(({ steps, heard }) => isWrong(steps) || isWrong(heard));
    return wrong === undefined ? null : `steps ${wrong.steps.join()}; messages ${wrong.heard.join()}`;
  },
);

const noLimbo: Property<App> = property(
  "every computation has an end, and one that ended well took every step (P17)",
  (cluster) => {
    for (const { cause, hops, steps } of jobsOf(cluster)) {
      if (cause === null) return "a computation has no end";
      if (cause.type === "normal" && steps.length !== hops * stays) {
        return `it ended well after ${steps.length} of ${hops * stays} steps`;
      }
    }
    return null;
  },
);

const nobodyIsGivenUp: Property<App> = {
  name: "nobody is given up without a silence beyond the bound (P11)",
  begin: () => {
    let wrong: string | null = null;
    return {
      event: ({ node, event }) => {
        if (event.type === "transfer.lost" || event.type === "node.verdict") wrong ??= `${node} gave up ${event.node}`;
      },
      check: () => wrong,
    };
  },
};

function moving(name: string, disturbances: FaultFamily, always: readonly Property<App>[] = []): Scenario<App> {
  return scenario<App>(`moving ${name}`, {
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
          }
        };
        node.run(keep).catch(reject);
      });
      return { node, ledger, jobs };
    },
    workload: (w) => {
      w.op("move", { count: 6 }, async ({ node, rng }) => {
        const { jobs, ledger, node: home } = node.app;
        const path = Array.from({ length: 1 + rng.below(4) }, () => rng.pick(node.peers).ref);
        const job: Job = { hops: path.length, steps: [], heard: [], cause: null };
        const id = jobs.push(job) - 1;
        job.cause = await home.run(function* follow(self: Self<Down>) {
          const { pid } = yield* Process.spawnMonitor(move, ledger, id, path);
          for (let message = 0; ; message += 1) {
            yield* Process.send(pid, message);
            const down = yield* self.receive({ within: 50, otherwise: null });
            if (down !== null) return down.cause;
          }
        });
      });
    },
    faults: disturbances,
    always: [onceAndInOrder, properties.oneOwner, properties.noActAfterVerdict, properties.oneVerdict, ...always],
    eventually: [noLimbo, properties.mapsBounded(), properties.noOrphans, properties.everySupervisorTold],
    budget: { virtualMs: 4_000, settleMs: 30_000, events: 200_000 },
    module: import.meta.url,
  });
}

const near: readonly number[] = [leaseMs, verdictMs];
const lastsMaxMs = 2_500;

/** Messages that get lost, come twice, or come so late that others overtake them. */
export const underLostMessages: Scenario<App> = moving(
  "while messages go astray",
  faults.messages({ kinds: ["transfer.*", "lease.*"], countMax: 12, holdMaxMs: 2_000 }),
);

/** Single messages that go astray are no silence. */
export const underFewLostMessages: Scenario<App> = moving(
  "while a message goes astray now and then",
  faults.messages({ kinds: ["transfer.*", "lease.*"], countMax: 4, runMax: 1, holdMaxMs: 300 }),
  [nobodyIsGivenUp],
);

/** Transfers and their answers that come twice, or late, when the process has long gone on. */
export const underLateTransfers: Scenario<App> = moving(
  "while transfers are late",
  faults.messages({
    kinds: [
      "transfer.offer",
      "transfer.accepted",
      "transfer.claim",
      "transfer.grant",
      "transfer.handed",
      "transfer.released",
    ],
    countMax: 24,
    drop: 0.5,
    holdMaxMs: 900,
  }),
);

/** The home's word that it knows where a process went is lost, many times over. */
export const underLostReleases: Scenario<App> = moving(
  "while releases are lost",
  faults.messages({ kinds: ["transfer.released"], countMax: 16, runMax: 8, hold: 0, duplicate: 0 }),
  [nobodyIsGivenUp],
);

/** Silences of up to half a lease. */
export const underShortSilence: Scenario<App> = moving(
  "through short silences",
  faults.partition({ countMax: 4, lastsMaxMs: 500 }),
  [nobodyIsGivenUp],
);

/** Silences about as long as a lease, and longer, beside messages that go astray. */
export const underSilence: Scenario<App> = moving(
  "through silences",
  faults.swarm([
    faults.partition({ near, lastsMaxMs }),
    faults.stall({ near, lastsMaxMs }),
    faults.pause({ near, lastsMaxMs }),
    faults.suspend({ near, lastsMaxMs }),
    faults.cut({ countMax: 4 }),
    faults.messages({ kinds: ["transfer.*", "lease.*"], countMax: 6, holdMaxMs: 2_000 }),
  ]),
);

/** Nodes that crash and come back, many at once, beside connections that break. */
export const underCrashes: Scenario<App> = moving(
  "through crashes",
  faults.swarm([
    faults.crash({ lastsMaxMs, atOnce: 0.5 }),
    faults.cut({ countMax: 4 }),
    faults.partition({ near, lastsMaxMs }),
    faults.messages({ kinds: ["transfer.*", "lease.*"], countMax: 6, holdMaxMs: 2_000 }),
  ]),
);

/** Nobody is silent but who crashes. */
const onlyTheCrashedAreGivenUp: Property<App> = {
  name: "nobody is given up who has not crashed (P11)",
  begin: (cluster) => {
    let wrong: string | null = null;
    return {
      event: ({ event }) => {
        if (event.type !== "transfer.lost") return;
        const given = cluster.nodes.find(({ ref }) => ref.id === event.node);
        if (given?.state === "running" && given.life === 1) wrong ??= `${given.name} was given up, and had not crashed`;
      },
      check: () => wrong,
    };
  },
};

/** A node that crashes as soon as it has taken a process over, and its claim is lost. */
export const underCrashesAtArrival: Scenario<App> = moving(
  "through crashes at arrival",
  ({ nodes, random }) => {
    const rng = random.stream("faults:arrival");
    const node = rng.pick(nodes);
    const others = nodes.filter((other) => other !== node);
    const after = { mark: "transfer.arrived", node, nth: 1 + rng.below(4) };
    return [
      ...others.map(
        (other) => ({ type: "drop", atMs: 0, link: [node, other], kind: "transfer.claim", count: 4 }) as const,
      ),
      { type: "crash", atMs: 5 + rng.below(60), after, node, lastsMs: 2_500 },
    ];
  },
  [onlyTheCrashedAreGivenUp],
);

/** What a computation did comes so late that it has gone on meanwhile. */
export const underLateEffects: Scenario<App> = moving(
  "while effects are late",
  faults.messages({ kinds: ["transfer.out"], countMax: 20, drop: 0, holdMaxMs: 900 }),
);
