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
import {
  type Cause,
  CauseError,
  type Down,
  type Node,
  type NodeRef,
  type Pid,
  Process,
  remote,
  type Self,
} from "espalier";
import { everything, short, timing } from "./conditions.ts";
import { nobodyIsGivenUp } from "./nobody-is-given-up.ts";

/** What a worker is sent: a numbered message of a producer, or its own timer. */
type Work = { readonly from: string; readonly n: number } | { readonly tick: number };

/** What a worker tells its home: what it got, and which timers it has set. */
type Report = { readonly job: number } & (Work | { readonly set: number });

/** A worker that others move, and what it has told. */
interface Job {
  pid: Pid<Work> | null;
  /** By producer, in the order in which they came. */
  readonly heard: Map<string, number[]>;
  /** How many messages of producers of its home it was sent. */
  readonly sent: Map<string, number>;
  readonly set: Map<number, number>;
  readonly ticks: { readonly tick: number; readonly atMs: number }[];
  outcome: Cause | null;
}

interface App {
  readonly node: Node;
  readonly ledger: Pid<Report>;
  readonly jobs: Job[];
  /** What was asked, and what came of it: null is that it arrived. */
  readonly migrations: { answer: Cause | string | null | undefined }[];
  producers: number;
}

const tickMs = 60;

/** Five operations a round; in all but one it waits. */
const work = remote({ tickMs }, function* (self: Self<Work>, ledger: Pid<Report>, job: number, rounds: number) {
  for (let round = 0; round < rounds; round = round + 1) {
    yield* Process.send(ledger, { job, set: round });
    yield* Process.sendAfter(tickMs, self.pid, { tick: round });
    for (let takes = 0; takes < 2; takes = takes + 1) {
      const got = yield* self.receive({ within: 40, otherwise: null });
      if (got !== null) yield* Process.send(ledger, { job, ...got });
    }
    yield* Process.sleep(15);
  }
  for (;;) {
    const got = yield* self.receive({ within: 4_000, otherwise: null });
    if (got === null) return;
    yield* Process.send(ledger, { job, ...got });
  }
});

const jobsOf = ({ nodes }: Observation<App>): readonly Job[] => nodes.flatMap(({ seen }) => seen?.jobs ?? []);

const onceAndInOrder: Property<App> = property(
  "no message of a producer comes twice or before an earlier one, wherever the worker is (R-401)",
  (cluster) => {
    for (const { heard } of jobsOf(cluster)) {
      for (const [producer, numbers] of heard) {
        const wrong = numbers.some((n, index) => index > 0 && n <= (numbers[index - 1] as number));
        if (wrong) return `of ${producer}: ${numbers.join()}`;
      }
    }
    return null;
  },
);

const timersRingOnce: Property<App> = property(
  "no timer rings twice or early, wherever the worker is (R-506)",
  (cluster) => {
    for (const { ticks, set } of jobsOf(cluster)) {
      const seen = new Set<number>();
      for (const { tick, atMs } of ticks) {
        const setAtMs = set.get(tick);
        if (seen.has(tick)) return `timer ${tick} rang twice`;
        if (setAtMs === undefined) return `timer ${tick} rang, and was not set`;
        seen.add(tick);
        if (atMs < setAtMs) return `timer ${tick} rang before it was set`;
      }
    }
    return null;
  },
);

const everyAskerIsAnswered: Property<App> = property(
  "every migration is answered, or has a cause (P17)",
  ({ nodes }) => {
    const open = nodes.flatMap(({ seen }) => seen?.migrations ?? []).filter(({ answer }) => answer === undefined);
    return open.length === 0 ? null : `${open.length} have no answer`;
  },
);

const noLimbo: Property<App> = property("every worker whose home lives has an end (P17)", (cluster) =>
  jobsOf(cluster).some(({ outcome }) => outcome === null) ? "a worker has no end" : null,
);

const nothingIsMissing: Property<App> = property(
  "whoever ended well has got every message of its home, and every timer",
  (cluster) => {
    for (const { outcome, heard, sent, ticks, set } of jobsOf(cluster)) {
      if (outcome?.type !== "normal") continue;
      if (ticks.length !== set.size) {
        const missing = [...set].filter(([tick]) => !ticks.some((rung) => rung.tick === tick));
        return `${ticks.length} of ${set.size} timers rang; not ${missing.map(([tick, atMs]) => `${tick} of ${Math.round(atMs)} ms`).join()}`;
      }
      for (const [producer, count] of sent) {
        const got = heard.get(producer)?.length ?? 0;
        if (got !== count) return `${got} of ${count} messages of ${producer}: ${heard.get(producer)?.join()}`;
      }
    }
    return null;
  },
);

const nothingLeft: Property<App> = property(
  "nothing is left of any worker, wherever it was (P19, P25)",
  ({ nodes }) => {
    const left = nodes.flatMap(({ name, view }) =>
      (view?.processes ?? [])
        .filter(({ label }) => label !== "keep")
        .map(({ label, place }) => `${label} on ${name} (${place})`),
    );
    return left.length === 0 ? null : left.join(", ");
  },
);

/** Three nodes, each with workers that others move about while producers on all three send them numbered messages. */
export const migrating: Scenario<App> = scenario<App>("processes that others move", {
  nodes: { a: {}, b: {}, c: {} },
  boot: async (place) => {
    const node = await startNode(place, timing);
    const jobs: Job[] = [];
    const ledger = await new Promise<App["ledger"]>((resolve, reject) => {
      const keep = function* (self: Self<Report>) {
        resolve(self.pid);
        for (;;) {
          const report = yield* self.receive();
          const { heard, set, ticks } = jobs[report.job] as Job;
          if ("set" in report) set.set(report.set, place.nowMs);
          else if ("tick" in report) ticks.push({ tick: report.tick, atMs: place.nowMs });
          else heard.set(report.from, [...(heard.get(report.from) ?? []), report.n]);
        }
      };
      node.run(keep).catch(reject);
    });
    return { node, ledger, jobs, migrations: [], producers: 0 };
  },
  workload: (w) => {
    w.op("work", { count: 4 }, async ({ node, rng }) => {
      const { jobs, ledger, node: home } = node.app;
      const rounds = 10 + rng.below(20);
      const job: Job = { pid: null, heard: new Map(), sent: new Map(), set: new Map(), ticks: [], outcome: null };
      const id = jobs.push(job) - 1;
      job.outcome = await home.run(function* follow(self: Self<Down>) {
        const { pid } = yield* Process.spawnMonitor(work, ledger, id, rounds);
        job.pid = pid;
        if ((yield* Process.whereis("worker")) === undefined) yield* Process.register("worker", pid);
        return (yield* self.receive()).cause;
      });
    });
    w.op("produce", { count: 16 }, async ({ node, rng }) => {
      const { app } = node;
      const home = rng.pick(node.peers).ref;
      app.producers += 1;
      const from = `${node.name} ${app.node.kernel.address.incarnation} ${app.producers}`;
      const count = 5 + rng.below(30);
      const everyMs = rng.below(30);
      const isHome = home.id === app.node.ref.id;
      await app.node
        .run(function* produce() {
          const pid = yield* Process.whereisAt<Work>(home, "worker");
          if (pid === undefined) return;
          const job = isHome ? app.jobs.find((other) => other.pid?.equals(pid) === true) : undefined;
          for (let n = 0; n < count; n += 1) {
            if (job !== undefined && (yield* Process.alive(pid))) job.sent.set(from, n + 1);
            yield* Process.send(pid, { from, n });
            yield* Process.sleep(everyMs);
          }
        })
        .catch(() => {});
    });
    w.op("migrate", { count: 30 }, async ({ node, rng }) => {
      const { app } = node;
      const refs: readonly NodeRef[] = [...node.peers.map(({ ref }) => ref), app.node.ref];
      const home = rng.pick(refs);
      const target = rng.pick(refs);
      const migration: App["migrations"][number] = { answer: undefined };
      app.migrations.push(migration);
      try {
        await app.node.run(function* migrate() {
          const pid = yield* Process.whereisAt(home, "worker");
          if (pid !== undefined) yield* Process.migrate(pid, target, { within: 1_000 });
        });
        migration.answer = null;
      } catch (error) {
        migration.answer = error instanceof CauseError ? error.reason : String(error);
      }
    });
  },
  faults: everything,
  always: [
    onceAndInOrder,
    timersRingOnce,
    properties.oneOwner,
    properties.noActAfterVerdict,
    properties.oneVerdict,
    properties.absorbing,
    properties.noUnhandledRejection,
    properties.noDeadlock(),
  ],
  eventually: [
    everyAskerIsAnswered,
    noLimbo,
    nothingLeft,
    properties.mapsBounded(),
    properties.noOrphans,
    properties.everySupervisorTold,
    properties.linkedBothWays,
  ],
  sometimes: ["transfer.granted", "transfer.lost", "node.verdict"],
  module: import.meta.url,
  budget: { virtualMs: 4_000, settleMs: 60_000 },
});

const everyMigrationArrives: Property<App> = property(
  "every migration arrives, or finds its process gone",
  ({ nodes }) => {
    for (const { answer } of nodes.flatMap(({ seen }) => seen?.migrations ?? [])) {
      if (answer === null || answer === undefined) continue;
      if (typeof answer === "string" || answer.type !== "noproc") return JSON.stringify(answer);
    }
    return null;
  },
);

const endsWell: Property<App> = property("every worker ends well", (cluster) => {
  const failed = jobsOf(cluster).find(({ outcome }) => outcome !== null && outcome.type !== "normal");
  return failed === undefined ? null : JSON.stringify(failed.outcome);
});

/** Without faults. */
export const undisturbed: Scenario<App> = {
  ...migrating,
  name: `${migrating.name}, undisturbed`,
  faults: [],
  always: [...migrating.always, everyMigrationArrives, endsWell, nobodyIsGivenUp],
  eventually: [...migrating.eventually, nothingIsMissing],
  sometimes: [],
};

/** Nothing that a home sends its own is lost by silences that are shorter than a lease, nor by links that break. */
export const underShortFaults: Scenario<App> = {
  ...migrating,
  name: `${migrating.name}, under short faults`,
  faults: short,
  always: [...migrating.always, endsWell, nobodyIsGivenUp],
  eventually: [...migrating.eventually, nothingIsMissing],
  sometimes: ["transfer.forwarded"],
};

/** What every move is made of: the rest is said when something goes wrong, and would seldom be there to be struck. */
const usual: readonly string[] = [
  "transfer.offer",
  "transfer.accepted",
  "transfer.claim",
  "transfer.grant",
  "transfer.in",
  "transfer.out",
  "lease.*",
];

/** Messages of transfers and leases that get lost, come twice or come late. */
export const underLateTransfers: Scenario<App> = {
  ...migrating,
  name: `${migrating.name}, while transfers are late`,
  faults: faults.messages({ kinds: usual, countMax: 24, drop: 0.5, runMax: 2, holdMaxMs: 900 }),
  always: [...migrating.always, endsWell, nobodyIsGivenUp],
  eventually: [...migrating.eventually, nothingIsMissing],
  sometimes: [],
};
