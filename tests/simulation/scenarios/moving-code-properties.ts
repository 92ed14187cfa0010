import { property, type Observation, type Observed, type Property } from "@espalier/testkit";
import type { Cause, Node, Pid } from "espalier";

/** What a worker does, as the node on which it does it says: it is noted there, and lost with no link. */
type Act = { readonly type: "work"; readonly job: string; readonly pid: Pid } & (
  | {
      readonly act: "step";
      /** Counts what was done in this order, from 1. */
      readonly step: number;
      /** The computation and the epoch of its latest checkpoint; empty before the first. */
      readonly run: string;
      /** The step at which that run's checkpoint was taken. */
      readonly since: number;
      /** Whether its live locals are what they have to be. */
      readonly intact: boolean;
    }
  | { readonly act: "heard"; readonly from: string; readonly n: number; readonly right: boolean }
  | { readonly act: "answered"; readonly right: boolean; readonly failed: boolean }
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

export interface Message {
  readonly from: string;
  readonly n: number;
  /** A function, which a node may lack, and what it multiplies by; some messages have none. */
  readonly by: { readonly multiply: (n: number) => number; readonly factor: number } | null;
}

export interface Numbered {
  readonly from: Pid;
  readonly n: number;
}

/** A worker of this node, as whoever started it sees it. */
export interface Job {
  pid: Pid<Message> | null;
  outcome: Cause | null;
}

/** A process that is linked to a worker and monitors it, and what it was told. */
export interface Buddy {
  readonly of: string;
  exits: number;
  downs: number;
}

export interface App {
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

export const everyStepOnce: Property<App> = whatWorkersDo(
  "each step is taken once in an epoch, and after a restart those behind the checkpoint once more, in a later epoch (P16)",
  () => {
    interface Progress {
      readonly step: number;
      readonly run: string;
      readonly pid: string;
      readonly where: string;
    }
    const latest = new Map<string, Progress>();
    const over = new Map<string, Set<string>>();
    return (act, { node, life }) => {
      if (act.act !== "step") return null;
      const { job, step, run, since } = act;
      const pid = act.pid.key;
      const where = `${node}/${life}`;
      const what = `${job} takes step ${step} in ${run || "no epoch"} as ${pid} on ${where}`;
      const before = latest.get(job);
      latest.set(job, { step, run, pid, where });
      if (before === undefined) return step === 1 ? null : `${what}, and none before`;
      const former = over.get(job) ?? new Set<string>();
      over.set(job, former);
      if (run !== before.run) former.add(before.run);
      if (former.has(run)) return `${what}, which was over`;
      const place = `step ${before.step} on ${before.where}`;
      if (pid === before.pid) return step === before.step + 1 ? null : `${what}, after ${place}`;
      if (run === before.run) return `${what}, which is that of ${before.pid}`;
      // Who goes on under another pid was resumed.
      return step === since + 1 && step <= before.step + 1 ? null : `${what}, resumed at ${since}, after ${place}`;
    };
  },
);

export const epochsGrow: Property<App> = whatWorkersDo("epochs of a computation grow (P15)", () => {
  const epochs = new Map<string, number>();
  return (act) => {
    if (act.act !== "step" || act.run === "") return null;
    const [computation, epoch] = act.run.split(" ") as [string, string];
    const before = epochs.get(computation) ?? 0;
    epochs.set(computation, Number(epoch));
    return Number(epoch) >= before ? null : `${act.job}: epoch ${epoch} of ${computation} after ${before}`;
  };
});

export const localsAreIntact: Property<App> = actsOf(
  "live locals are what they were, wherever a computation goes on",
  (act) => {
    if (act.act === "step" && !act.intact) return `${act.job}: not after step ${act.step}`;
    if (act.act === "heard" && !act.right) return `${act.job}: got a function that is another one`;
    return act.act === "answered" && !act.right ? `${act.job}: got a wrong answer of a private function` : null;
  },
);

export const heardOnceInOrder: Property<App> = whatWorkersDo(
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

export const collectedOnceInOrder: Property<App> = {
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

export const codeIsLetIn: Property<App> = {
  name: "code of nodes that trust each other is let in, whoever passes it on",
  begin: () => {
    let wrong: string | null = null;
    return {
      event: ({ node, event }) => {
        if (
          (event.type === "transfer.refused" || event.type === "undecodable") &&
          event.reason.includes("runs nowhere")
        )
          wrong ??= `${node}: ${event.reason}`;
      },
      check: () => wrong,
    };
  },
};

export const toldOnce: Property<App> = property("nobody hears twice of an end", (cluster) => {
  const twice = seenIn(cluster)
    .flatMap(({ buddies }) => buddies)
    .find(({ exits, downs }) => exits > 1 || downs > 1);
  return twice === undefined ? null : JSON.stringify(twice);
});

export const told: Property<App> = property(
  "whoever is linked to a worker and monitors it hears of its end",
  (cluster) => {
    const not = seenIn(cluster)
      .flatMap(({ buddies }) => buddies)
      .find(({ exits, downs }) => exits !== 1 || downs !== 1);
    return not === undefined ? null : JSON.stringify(not);
  },
);

export const everyAskerIsAnswered: Property<App> = property(
  "every migration, and every call of a private function, has an answer or a cause (P17)",
  (cluster) => {
    const open = seenIn(cluster)
      .flatMap(({ asked }) => asked)
      .find(({ answer }) => answer === undefined);
    return open === undefined ? null : `none: ${open.what}`;
  },
);

export const noLimbo: Property<App> = property("every worker has an end, as its first node hears (P17)", (cluster) =>
  seenIn(cluster).some(({ jobs }) => jobs.some(({ outcome }) => outcome === null)) ? "one has none" : null,
);

export const nothingLeft: Property<App> = property(
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

export const endsWell: Property<App> = property("every worker ends well, unless somebody ends it", (cluster) => {
  const failed = seenIn(cluster)
    .flatMap(({ jobs }) => jobs)
    .find(({ outcome }) => outcome !== null && !["normal", "killed", "stopped"].includes(outcome.type));
  return failed === undefined ? null : JSON.stringify(failed.outcome);
});

export const callsSucceed: Property<App> = actsOf("every call of a private function succeeds", (act) =>
  act.act === "answered" && act.failed ? `${act.job}: one failed` : null,
);

export const nothingIsMissing: Property<App> = {
  name: "whoever ended well got every message, with the code that it needs (R-401, R-403)",
  begin: (cluster) => {
    const heard = new Map<string, number>();
    return {
      event: ({ event }) => {
        if (event.type !== "work" || event.act !== "heard") return;
        const pair = `${event.from} ${event.pid.key}`;
        heard.set(pair, (heard.get(pair) ?? 0) + 1);
      },
      check: () => {
        const apps = seenIn(cluster);
        const ended = apps.flatMap(({ jobs }) => jobs.filter(({ outcome }) => outcome?.type === "normal"));
        const well = new Set(ended.map(({ pid }) => pid?.key));
        for (const { sent } of apps) {
          for (const [from, { to, count }] of sent) {
            const got = heard.get(`${from} ${to}`) ?? 0;
            if (well.has(to) && got !== count) return `${to} got ${got} of ${count} messages of ${from}`;
          }
        }
        return null;
      },
    };
  },
};
