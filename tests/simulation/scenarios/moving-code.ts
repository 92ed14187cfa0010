import {
  faults,
  properties,
  property,
  scenario,
  startNode,
  type FaultFamily,
  type Observation,
  type Observed,
  type Peer,
  type Property,
  type RandomStream,
  type Scenario,
} from "@espalier/testkit";
import {
  type Cause,
  CauseError,
  type Down,
  type Exit,
  fn,
  Heartbeat,
  type Node,
  type LocalGenerator,
  type NodeRef,
  type Pid,
  Process,
  Remote,
  remote,
  type Self,
} from "espalier";
import { allButCrashes, short, timing } from "./conditions.ts";

/** What a worker does, as the node on which it does it says: it is noted there, and lost with no link. */
type Act = { readonly type: "work"; readonly job: string; readonly pid: Pid } & (
  | {
      readonly act: "step";
      /** Counts what was done in this order, from 1. */
      readonly step: number;
      /** The computation and the epoch of its latest checkpoint; empty before the first. */
      readonly run: string;
      /** Whether that run began with a restart. */
      readonly resumed: boolean;
      /** The step at which that run's checkpoint was taken. */
      readonly since: number;
      /** Whether its live locals are what they have to be. */
      readonly intact: boolean;
    }
  | { readonly act: "heard"; readonly from: string; readonly n: number }
  | { readonly act: "answered"; readonly right: boolean }
);

/** What a collector got from a worker. */
interface Collected {
  readonly type: "collected";
  readonly from: Pid;
  readonly n: number;
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly work: Act;
    readonly collected: Collected;
  }
}

interface Message {
  readonly from: string;
  readonly n: number;
}

interface Numbered {
  readonly from: Pid;
  readonly n: number;
}

/** A worker of this node, as whoever started it sees it. */
interface Job {
  pid: Pid<Message> | null;
  outcome: Cause | null;
}

/** A process that is linked to a worker and monitors it, and what it was told. */
interface Buddy {
  readonly of: string;
  exits: number;
  downs: number;
}

interface App {
  readonly node: Node;
  readonly jobs: Job[];
  readonly buddies: Buddy[];
  readonly collector: Pid<Numbered>;
  /** What was asked, and what came of it: null is that it went well. */
  readonly asked: { readonly what: string; answer: string | Cause | null | undefined }[];
  /** By producer: to whom it wrote, and how often while that one was alive. */
  readonly sent: Map<string, { readonly to: string; count: number }>;
  /** The files of checkpoints. */
  files: readonly string[];
  producers: number;
}

const makeQuote = (name: string) =>
  remote.private(name, function* (step: number) {
    yield* Process.sleep(5);
    return step * 3;
  });
type Quote = ReturnType<typeof makeQuote>;

const quotes = new Map<string, Quote>();

/** That of a node, which a program has for good: the same in all runs in which there is such a node. */
function quoteOf({ id }: NodeRef): Quote {
  const quote = quotes.get(id) ?? makeQuote(`quote.${id.slice(0, 32)}`);
  quotes.set(id, quote);
  return quote;
}

class Tally {
  readonly steps: number[] = [];
  total = 0;
  add(step: number, by: number): void {
    this.steps.push(step);
    this.total += by;
  }
}
fn(Tally);

/** What a program knows, and another one need not: each is a definition, and so is each worker that uses it. */
const factors: readonly number[] = [1, 2, 3, 5, 7, 11];

const works = factors.map((factor) => {
  const sumTo = fn({ factor }, (n: number) => (factor * n * (n + 1)) / 2);
  return remote(
    { Tally, sumTo, factor },
    function* (
      self: Self<Message>,
      job: string,
      path: readonly (NodeRef | null)[],
      ask: Quote,
      collectors: readonly Pid<Numbered>[],
      keeps: boolean,
    ) {
      const tally = new Tally();
      const shelf = new Map([["tally", tally]]);
      let step = 0;
      let said = 0;
      let run = "";
      let since = 0;
      let resumed = false;
      const isIntact = (): boolean =>
        tally.total === sumTo(step) && tally.steps.length === step && shelf.get("tally") === tally;
      for (const place of path) {
        if (keeps) {
          const taken = yield* Remote.attempt(Remote.checkpoint());
          if (taken.type === "success") {
            resumed = taken.value.resumed;
            run = `${taken.value.computation} ${taken.value.epoch}`;
            since = step;
          }
        }
        step = step + 1;
        tally.add(step, step * factor);
        yield* Process.emit({
          type: "work",
          act: "step",
          job,
          pid: self.pid,
          step,
          run,
          resumed,
          since,
          intact: isIntact(),
        });
        for (const to of collectors) {
          said = said + 1;
          yield* Process.send(to, { from: self.pid, n: said });
        }
        const got = yield* self.receive({ within: 30, otherwise: null });
        if (got !== null) yield* Process.emit({ type: "work", act: "heard", job, pid: self.pid, ...got });
        if (place !== null) yield* Remote.attempt(Remote.transfer(place));
        step = step + 1;
        tally.add(step, step * factor);
        yield* Process.emit({
          type: "work",
          act: "step",
          job,
          pid: self.pid,
          step,
          run,
          resumed,
          since,
          intact: isIntact(),
        });
        const rate = yield* Remote.attempt(ask(step));
        yield* Process.emit({
          type: "work",
          act: "answered",
          job,
          pid: self.pid,
          right: rate.type === "failure" || rate.value === step * 3,
        });
        yield* Process.sleep(20);
      }
      for (;;) {
        const got = yield* self.receive({ within: 3_000, otherwise: null });
        if (got === null) return;
        yield* Process.emit({ type: "work", act: "heard", job, pid: self.pid, ...got });
      }
    },
  );
});

/** The same within the scope of a heartbeat, which somebody may end. */
const scopes = works.map((work) =>
  remote(
    { work },
    function* (
      self: Self<Message>,
      life: Heartbeat,
      job: string,
      path: readonly (NodeRef | null)[],
      ask: Quote,
      collectors: readonly Pid<Numbered>[],
    ) {
      yield* Heartbeat.link(life, work(self, job, path, ask, collectors, false));
    },
  ),
);

const actsOf = (name: string, look: (act: Act, observed: Observed) => string | null): Property<App> => ({
  name,
  begin: () => {
    let wrong: string | null = null;
    return {
      event: (observed) => {
        if (observed.event.type === "work") wrong ??= look(observed.event, observed);
      },
      check: () => wrong,
    };
  },
});

/** A property of what workers do, with a memory of its own in each run. */
const whatWorkersDo = (name: string, begin: () => (act: Act, observed: Observed) => string | null): Property<App> => ({
  name,
  begin: (cluster) => actsOf(name, begin()).begin(cluster),
});

const everyStepOnce: Property<App> = whatWorkersDo(
  "each step is taken once in an epoch, and after a restart those behind the checkpoint once more, in a later epoch (P16)",
  () => {
    interface Progress {
      readonly step: number;
      readonly run: string;
      readonly where: string;
    }
    const latest = new Map<string, Progress>();
    const over = new Map<string, Set<string>>();
    return (act, { node, life }) => {
      if (act.act !== "step") return null;
      const { job, step, run, resumed, since, pid } = act;
      const where = `${node}/${life}`;
      const what = `${job} takes step ${step} in ${run || "no epoch"} as ${pid.key} on ${where}`;
      const before = latest.get(job);
      const gone = over.get(job) ?? new Set<string>();
      over.set(job, gone);
      const key = `${run} ${resumed ? pid.key : ""}`;
      const keyBefore = before === undefined ? null : before.run;
      latest.set(job, { step, run: key, where });
      if (before === undefined) return step === 1 ? null : `${what}, and none before`;
      if (gone.has(key)) return `${what}, which was over`;
      if (key === keyBefore || !resumed) {
        if (key !== keyBefore) gone.add(keyBefore as string);
        return step === before.step + 1 ? null : `${what}, after step ${before.step} on ${before.where}`;
      }
      gone.add(keyBefore as string);
      return step === since + 1 && step <= before.step + 1
        ? null
        : `${what}, resumed at step ${since}, after step ${before.step} on ${before.where}`;
    };
  },
);

const epochsGrow: Property<App> = whatWorkersDo("epochs of a computation grow (P15)", () => {
  const epochs = new Map<string, number>();
  return (act) => {
    if (act.act !== "step" || act.run === "") return null;
    const [computation, epoch] = act.run.split(" ") as [string, string];
    const before = epochs.get(computation) ?? 0;
    epochs.set(computation, Number(epoch));
    return Number(epoch) >= before ? null : `${act.job}: epoch ${epoch} of ${computation} after ${before}`;
  };
});

const localsAreIntact: Property<App> = actsOf(
  "live locals are what they were, wherever a computation goes on",
  (act) => {
    if (act.act === "step" && !act.intact) return `${act.job}: not after step ${act.step}`;
    return act.act === "answered" && !act.right ? `${act.job}: got a wrong answer of a private function` : null;
  },
);

const heardOnceInOrder: Property<App> = whatWorkersDo(
  "no message comes twice or before an earlier one of the same sender (R-401)",
  () => {
    const latest = new Map<string, number>();
    return (act) => {
      if (act.act !== "heard") return null;
      // Who was resumed is another process, and takes what came after its checkpoint to be new.
      const pair = `${act.from} to ${act.pid.key}`;
      const before = latest.get(pair) ?? -1;
      latest.set(pair, act.n);
      return act.n > before ? null : `from ${pair}: ${act.n} after ${before}`;
    };
  },
);

const collectedOnceInOrder: Property<App> = {
  name: "what workers send comes once and in order, wherever they are (R-401)",
  begin: () => {
    const latest = new Map<string, number>();
    let wrong: string | null = null;
    return {
      event: ({ node, life, event }) => {
        if (event.type !== "collected") return;
        const pair = `${event.from.key} to ${node}/${life}`;
        const before = latest.get(pair) ?? 0;
        latest.set(pair, event.n);
        if (event.n <= before) wrong ??= `from ${pair}: ${event.n} after ${before}`;
      },
      check: () => wrong,
    };
  },
};

const seenIn = ({ nodes }: Observation<App>): readonly App[] =>
  nodes.flatMap(({ seen }) => (seen === null ? [] : [seen]));

const toldOnce: Property<App> = property("nobody hears twice of an end", (cluster) => {
  const twice = seenIn(cluster)
    .flatMap(({ buddies }) => buddies)
    .find(({ exits, downs }) => exits > 1 || downs > 1);
  return twice === undefined ? null : JSON.stringify(twice);
});

const told: Property<App> = property("whoever is linked to a worker and monitors it hears of its end", (cluster) => {
  const not = seenIn(cluster)
    .flatMap(({ buddies }) => buddies)
    .find(({ exits, downs }) => exits !== 1 || downs !== 1);
  return not === undefined ? null : JSON.stringify(not);
});

const everyAskerIsAnswered: Property<App> = property(
  "every migration, and every call of a private function, has an answer or a cause (P17)",
  (cluster) => {
    const open = seenIn(cluster)
      .flatMap(({ asked }) => asked)
      .find(({ answer }) => answer === undefined);
    return open === undefined ? null : `none: ${open.what}`;
  },
);

const noLimbo: Property<App> = property("every worker has an end, as its first node hears (P17)", (cluster) =>
  seenIn(cluster).some(({ jobs }) => jobs.some(({ outcome }) => outcome === null)) ? "one has none" : null,
);

const nothingLeft: Property<App> = property(
  "nothing is left of any worker, on any node and any disk (P19, P25)",
  ({ nodes }) => {
    const left = nodes.flatMap(({ name, view, seen }) => [
      ...(view?.processes ?? [])
        .filter(({ label }) => label !== "collect")
        .map(({ label, place }) => `${label} on ${name} (${place})`),
      ...(seen?.files ?? []).map((file) => `${file} on the disk of ${name}`),
    ]);
    return left.length === 0 ? null : left.join(", ");
  },
);

/** Everything that can go wrong; more crashes than elsewhere, and messages of moves and of code that go astray. */
const chaos: FaultFamily = (context) => [
  ...faults.swarm([
    faults.crash({ countMax: 5, lastsMaxMs: 1_500, wipe: 0.2 }),
    faults.messages({ kinds: ["transfer.*", "code.*", "lease.*"], countMax: 16, holdMaxMs: 900 }),
    faults.disk({ lastsMaxMs: 1_500 }),
  ])(context),
  ...allButCrashes(context),
];

/** How often the disk is looked at. */
const lookMs = 500;
const workersMax = 2;

/** The names of all workers: each has that of the node where it was born, and may have its home elsewhere by now. */
const nameOf = (born: string, n: number): string => `worker ${born} ${n}`;

/** Some worker that somebody knows: asked is the node where it was born, or any. */
function* somebody({
  peers,
  rng,
}: {
  readonly peers: readonly Peer[];
  readonly rng: RandomStream;
}): LocalGenerator<Pid<Message> | undefined> {
  for (let tries = 0; tries < 6; tries += 1) {
    const born = rng.pick(peers);
    const asked = rng.chance(0.75) ? born : rng.pick(peers);
    const pid = yield* Process.whereisAt<Message>(asked.ref, nameOf(born.name, rng.below(workersMax)));
    if (pid !== undefined) return pid;
  }
  return undefined;
}

const answerOf = (error: unknown): string | Cause => (error instanceof CauseError ? error.reason : String(error));

/**
 * Four nodes with disks; workers that go from one to the other, are sent there by others, with their home and without, keep checkpoints, call
 * private functions, and are written to by everybody.
 */
export const movingCode: Scenario<App> = scenario<App>("code that moves", {
  nodes: { a: {}, b: {}, c: {}, d: {} },
  boot: async (place) => {
    const node = await startNode(place, { ...timing, data: "state" });
    const collector = await new Promise<App["collector"]>((resolve, reject) => {
      const collect = function* (self: Self<Numbered>) {
        yield* Process.register("collector");
        resolve(self.pid);
        for (;;) yield* Process.emit({ type: "collected", ...(yield* self.receive()) });
      };
      node.run(collect).catch(reject);
    });
    const app: App = {
      node,
      jobs: [],
      buddies: [],
      collector,
      asked: [],
      sent: new Map(),
      files: [],
      producers: 0,
    };
    const { disk, clock } = place.host;
    const look = async (): Promise<void> => {
      app.files = await disk.list("state/checkpoints");
      clock.after(lookMs, () => void look());
    };
    void look();
    return app;
  },
  workload: (w) => {
    w.op("work", { count: 10 }, async ({ node, rng }) => {
      const { app, peers } = node;
      const { node: home } = app;
      const index = rng.below(factors.length);
      const manner = rng.pick(["plain", "keeps", "keeps", "scoped"]);
      const moves = manner === "keeps" ? 0.1 : 0.4;
      const path = Array.from({ length: 2 + rng.below(10) }, () => (rng.chance(moves) ? rng.pick(peers).ref : null));
      const life: Job = { pid: null, outcome: null };
      app.jobs.push(life);
      const job = `${node.name}${node.life}.${app.jobs.length}`;
      const endsAfterMs = rng.below(3_000);
      life.outcome = await home.run(function* follow(self: Self<Down>) {
        const collectors: Pid<Numbered>[] = [];
        for (const { ref } of peers) {
          const found = yield* Remote.attempt(Process.whereisAt<Numbered>(ref, "collector"));
          if (found.type === "success" && found.value !== undefined) collectors.push(found.value);
        }
        const scope = manner === "scoped" ? yield* Heartbeat.create("1h") : null;
        const { pid } =
          scope === null
            ? yield* Process.spawnMonitor(
                works[index] as (typeof works)[number],
                job,
                path,
                quoteOf(node.ref),
                collectors,
                manner === "keeps",
              )
            : yield* Process.spawnMonitor(
                scopes[index] as (typeof scopes)[number],
                scope,
                job,
                path,
                quoteOf(node.ref),
                collectors,
              );
        life.pid = pid;
        for (let n = 0; n < workersMax; n += 1) {
          if ((yield* Process.whereis(nameOf(node.name, n))) !== undefined) continue;
          yield* Remote.attempt(Process.register(nameOf(node.name, n), pid));
          break;
        }
        if (scope === null) return (yield* self.receive()).cause;
        const first = yield* self.receive({ within: endsAfterMs, otherwise: null });
        yield* Heartbeat.stop(scope);
        return (first ?? (yield* self.receive())).cause;
      });
    });
    w.op("accompany", { count: 8 }, async ({ node, rng }) => {
      const { app } = node;
      await app.node
        .run(function* accompany(self: Self<Down | Exit>) {
          yield* Process.trapExit(true);
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid === undefined) return;
          const buddy: Buddy = { of: pid.key, exits: 0, downs: 0 };
          app.buddies.push(buddy);
          yield* Process.link(pid);
          yield* Process.monitor(pid);
          for (;;) {
            const message = yield* self.receive({ within: 3_000, otherwise: null });
            if (message === null && buddy.exits > 0 && buddy.downs > 0) return;
            if (message?.type === "EXIT") buddy.exits += 1;
            if (message?.type === "DOWN") buddy.downs += 1;
          }
        })
        .catch(() => {});
    });
    w.op("produce", { count: 16 }, async ({ node, rng }) => {
      const { app } = node;
      app.producers += 1;
      const from = `${node.name}/${node.life} ${app.producers}`;
      const count = 5 + rng.below(30);
      const everyMs = rng.below(30);
      await app.node
        .run(function* produce() {
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid === undefined) return;
          const sent = { to: pid.key, count: 0 };
          app.sent.set(from, sent);
          for (let n = 0; n < count; n += 1) {
            yield* Process.send(pid, { from, n });
            sent.count = n + 1;
            yield* Process.sleep(everyMs);
          }
        })
        .catch(() => {});
    });
    w.op("migrate", { count: 40 }, async ({ node, rng }) => {
      const { app, peers } = node;
      const target = rng.pick(peers);
      const withHome = rng.chance(0.3);
      const asked: App["asked"][number] = { what: `a worker to ${target.name}`, answer: undefined };
      app.asked.push(asked);
      try {
        await app.node.run(function* migrate() {
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid === undefined) return;
          yield* Process.migrate(pid, target.ref, { within: 1_000, home: withHome });
          node.mark(withHome ? "handed over" : "migrated");
        });
        asked.answer = null;
      } catch (error) {
        asked.answer = answerOf(error);
      }
    });
    w.op("kill", { count: 2 }, async ({ node, rng }) => {
      await node.app.node
        .run(function* kill() {
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid !== undefined) yield* Process.kill(pid);
        })
        .catch(() => {});
    });
  },
  faults: chaos,
  always: [
    everyStepOnce,
    epochsGrow,
    localsAreIntact,
    heardOnceInOrder,
    collectedOnceInOrder,
    toldOnce,
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
    told,
    nothingLeft,
    properties.mapsBounded(),
    properties.noOrphans,
    properties.everySupervisorTold,
    properties.linkedBothWays,
  ],
  sometimes: ["checkpoint.resumed", "transfer.granted", "transfer.forwarded", "migrated", "handed over"],
  module: import.meta.url,
  budget: { virtualMs: 4_000, settleMs: 60_000 },
});

const endsWell: Property<App> = property("every worker ends well, unless somebody ends it", (cluster) => {
  const failed = seenIn(cluster)
    .flatMap(({ jobs }) => jobs)
    .find(({ outcome }) => outcome !== null && !["normal", "killed", "stopped"].includes(outcome.type));
  return failed === undefined ? null : JSON.stringify(failed.outcome);
});

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

/** Without faults. */
export const undisturbed: Scenario<App> = {
  ...movingCode,
  name: `${movingCode.name}, undisturbed`,
  faults: [],
  always: [...movingCode.always, endsWell, nobodyIsGivenUp],
  sometimes: ["transfer.granted", "migrated", "handed over"],
};

/** Silences shorter than a lease, and links that break. */
export const underShortFaults: Scenario<App> = {
  ...movingCode,
  name: `${movingCode.name}, under short faults`,
  faults: short,
  always: [...movingCode.always, nobodyIsGivenUp],
  sometimes: [],
};
