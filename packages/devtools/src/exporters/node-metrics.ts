import { Doing, type Node } from "@espalier/runtime";
import { loopBlocksOf } from "../observing/loop-blocked.ts";
import type { Overview } from "../protocol/sheets.ts";

/** A number that a node can tell of itself at any time, with what it is of. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One thing that is measured. */
export interface NodeMetric {
  /** In words with dots between them, without a prefix. */
  readonly name: string;
  /** A `counter` never goes down while the node lives. */
  readonly kind: "gauge" | "counter";
  /** As OpenTelemetry has it (UCUM). */
  readonly unit: "{process}" | "{message}" | "{event}" | "{link}" | "By" | "ms" | "1";
  readonly help: string;
  /** What there is to say of it now: nothing, where it is not known. */
  read(look: NodeLook): readonly Sample[];
}

export interface MetricsOptions {
  /** How many labels of processes are told apart, those with most processes first; the others are told together. 20 unless given. */
  readonly labels?: number;
  /** How the program does, as `Observer.overview` says it: with it there are the event loop, the memory and restarts, too. */
  readonly overview?: Overview;
}

const labelsMax = 200;
const peersMax = 50;
/** Mailboxes longer than these. */
const depths = [0, 10, 100, 1_000, 10_000, 100_000] as const;

/** The processes with one label, and the messages that wait for them. `label` null: those whose labels are not told apart. */
export interface LabelGroup {
  readonly label: string | null;
  processes: number;
  waiting: number;
}

/** A node, looked at once: the columns of its processes are gone through a single time. */
export class NodeLook {
  readonly node: Node;
  readonly overview: Overview | null;
  /** By what they do. */
  readonly doing: readonly number[];
  readonly started: number;
  readonly waiting: number;
  readonly longest: number;
  /** How many mailboxes are longer than each of {@link depths}. */
  readonly deeper: readonly number[];
  /** The most frequent first. */
  readonly labels: readonly LabelGroup[];

  /** @throws RangeError when more labels are asked for than there may be. */
  constructor(node: Node, { labels = 20, overview }: MetricsOptions = {}) {
    if (!Number.isSafeInteger(labels) || labels < 0 || labels > labelsMax) {
      throw new RangeError(`labels: expected a whole number from 0 to ${labelsMax}, got ${String(labels)}`);
    }
    const { columns } = node.kernel;
    const doing: number[] = Array.from({ length: Doing.elsewhere + 1 }, () => 0);
    const deeper: number[] = depths.map(() => 0);
    const byLabel = new Map<string, LabelGroup>();
    let [waiting, longest] = [0, 0];
    columns.refresh();
    for (let slot = 0; slot < columns.length; slot += 1) {
      const cell = columns.cells[slot];
      if (cell === null || cell === undefined) continue;
      const mailbox = columns.mailbox[slot] as number;
      doing[columns.doing[slot] as number]! += 1;
      waiting += mailbox;
      if (mailbox > longest) longest = mailbox;
      for (let depth = 0; depth < depths.length && mailbox > (depths[depth] as number); depth += 1) deeper[depth]! += 1;
      const known = byLabel.get(cell.label);
      if (known === undefined) byLabel.set(cell.label, { label: cell.label, processes: 1, waiting: mailbox });
      else {
        known.processes += 1;
        known.waiting += mailbox;
      }
    }
    this.node = node;
    this.overview = overview ?? null;
    this.doing = doing;
    this.deeper = deeper;
    this.started = node.kernel.came;
    this.waiting = waiting;
    this.longest = longest;
    this.labels = mostFrequent(byLabel, labels);
  }
}

/** Longer labels are cut: they are anybody's words. */
const labelMax = 120;

function mostFrequent(all: Iterable<[label: string, group: LabelGroup]>, count: number): NodeLook["labels"] {
  const rest: LabelGroup = { label: null, processes: 0, waiting: 0 };
  const groups = new Map<string, LabelGroup>();
  for (const [raw, group] of all) {
    // Half a surrogate pair is no UTF-8.
    const label = (raw.length <= labelMax ? raw : `${raw.slice(0, labelMax - 1)}…`).toWellFormed();
    // What is the same to whoever reads it is one: a label may be told only once.
    const known = label === "" ? rest : groups.get(label);
    if (known === undefined) groups.set(label, { ...group, label });
    else merge(known, group);
  }
  const best: LabelGroup[] = [];
  for (const group of groups.values()) {
    const last = best.at(-1);
    if (best.length === count && (last === undefined || isBefore(last, group))) {
      merge(rest, group);
      continue;
    }
    const place = best.findIndex((other) => isBefore(group, other));
    if (place >= 0) best.splice(place, 0, group);
    else best.push(group);
    if (best.length > count) merge(rest, best.pop() as LabelGroup);
  }
  return rest.processes === 0 ? best : [...best, rest];
}

function isBefore(a: LabelGroup, b: LabelGroup): boolean {
  return a.processes === b.processes ? (a.label as string) < (b.label as string) : a.processes > b.processes;
}

function merge(group: LabelGroup, other: LabelGroup): void {
  group.processes += other.processes;
  group.waiting += other.waiting;
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];
const maybe = (value: number | null | undefined): readonly Sample[] => (value == null ? [] : one(value));

const doings = {
  idle: Doing.idle,
  waiting: Doing.waiting,
  runnable: Doing.runnable,
  elsewhere: Doing.elsewhere,
} as const;

/**
 * What a node can tell truthfully of itself without keeping count for it: what stands in its columns, and the counters that it has anyway.
 * Messages and reductions of processes that have ended are in none of them, so there is no counter of all that were ever received or used.
 */
export const nodeMetrics: readonly NodeMetric[] = [
  {
    ...({ name: "processes", kind: "gauge", unit: "{process}" } as const),
    help: "Processes that are here, by what they do: idle (wait for any message), waiting (for something else), runnable, elsewhere.",
    read: ({ doing }) =>
      Object.entries(doings).map(([name, index]) => ({ labels: { doing: name }, value: doing[index] as number })),
  },
  {
    ...({ name: "processes.by_label", kind: "gauge", unit: "{process}" } as const),
    help: "Processes that are here, by their label; an empty one stands for all labels that are not told apart.",
    read: ({ labels }) => labels.map(({ label, processes }) => ({ labels: { label: label ?? "" }, value: processes })),
  },
  {
    ...({ name: "processes.started", kind: "counter", unit: "{process}" } as const),
    help: "Processes that were spawned here or came here.",
    read: ({ started }) => one(started),
  },
  {
    ...({ name: "mailbox.messages", kind: "gauge", unit: "{message}" } as const),
    help: "Messages that wait in mailboxes.",
    read: ({ waiting }) => one(waiting),
  },
  {
    ...({ name: "mailbox.messages_by_label", kind: "gauge", unit: "{message}" } as const),
    help: "Messages that wait in mailboxes, by the label of the process.",
    read: ({ labels }) => labels.map(({ label, waiting }) => ({ labels: { label: label ?? "" }, value: waiting })),
  },
  {
    ...({ name: "mailbox.longest", kind: "gauge", unit: "{message}" } as const),
    help: "Messages in the longest mailbox.",
    read: ({ longest }) => one(longest),
  },
  {
    ...({ name: "mailbox.deeper_than", kind: "gauge", unit: "{process}" } as const),
    help: "Processes with more messages in their mailbox than that.",
    read: ({ deeper }) => deeper.map((value, index) => ({ labels: { messages: `${depths[index]}` }, value })),
  },
  {
    ...({ name: "run_queue", kind: "gauge", unit: "{process}" } as const),
    help: "Processes in the run queue.",
    read: ({ node }) => one(node.kernel.scheduler.length),
  },
  {
    ...({ name: "timers", kind: "gauge", unit: "1" } as const),
    help: "Timers that are set.",
    read: ({ node }) => one(node.kernel.alarms.length),
  },
  {
    ...({ name: "names", kind: "gauge", unit: "1" } as const),
    help: "Names that processes are registered under.",
    read: ({ node }) => one(node.kernel.names.size),
  },
  {
    ...({ name: "guests", kind: "gauge", unit: "{process}" } as const),
    help: "Processes that compute here and have their home on another node.",
    read: ({ node }) => one(node.kernel.guests.size),
  },
  {
    ...({ name: "crashes", kind: "counter", unit: "{event}" } as const),
    help: "Processes that crashed.",
    read: ({ node }) => one(node.kernel.crashes.count),
  },
  {
    ...({ name: "dead_letters", kind: "counter", unit: "{message}" } as const),
    help: "Messages that nobody will see.",
    read: ({ node }) => one(node.kernel.deadLetters.count),
  },
  {
    ...({ name: "recorded_events", kind: "counter", unit: "{event}" } as const),
    help: "What the flight recorder has taken in.",
    read: ({ node }) => one(node.kernel.recorder.count),
  },
  {
    ...({ name: "restarts", kind: "counter", unit: "{event}" } as const),
    help: "Children that supervisors have started again since somebody watches.",
    read: ({ overview }) => maybe(overview?.restarts),
  },
  {
    ...({ name: "event_loop.delay", kind: "gauge", unit: "ms" } as const),
    help: "How late the event loop was: at the last look, and at worst in the last minute.",
    read: ({ overview }) =>
      overview?.loop == null
        ? []
        : [
            { labels: { of: "last" }, value: overview.loop.lastMs },
            { labels: { of: "worst" }, value: overview.loop.worstMs },
          ],
  },
  {
    ...({ name: "event_loop.utilization", kind: "gauge", unit: "1" } as const),
    help: "The part of the time in which the event loop did something, from 0 to 1.",
    read: ({ overview }) => maybe(overview?.loop?.utilization),
  },
  {
    ...({ name: "event_loop.blocks", kind: "counter", unit: "{event}" } as const),
    help: "How often the event loop was blocked, where a watchdog watches it.",
    read: ({ node }) => maybe(loopBlocksOf(node)?.count),
  },
  {
    ...({ name: "event_loop.blocked", kind: "counter", unit: "ms" } as const),
    help: "For how long the event loop was blocked in all, where a watchdog watches it.",
    read: ({ node }) => maybe(loopBlocksOf(node)?.totalMs),
  },
  {
    ...({ name: "memory", kind: "gauge", unit: "By" } as const),
    help: "Memory of the program: resident, and of the JavaScript heap what is used and what it may have.",
    read: ({ overview }) =>
      overview?.memory == null
        ? []
        : [
            { labels: { of: "resident" }, value: overview.memory.rssBytes },
            { labels: { of: "heap_used" }, value: overview.memory.heapUsedBytes },
            { labels: { of: "heap_limit" }, value: overview.memory.heapLimitBytes },
          ],
  },
  {
    ...({ name: "links", kind: "gauge", unit: "{link}" } as const),
    help: "Links to other nodes that are up.",
    read: ({ node }) => (node.kernel.distribution === null ? [] : one(node.kernel.distribution.peers.length)),
  },
  {
    ...({ name: "link.queued", kind: "gauge", unit: "By" } as const),
    help: `What waits for the network to take it, by peer; of ${peersMax} peers at most.`,
    read: ({ node }) =>
      (node.kernel.distribution?.links() ?? [])
        .slice(0, peersMax)
        .map(({ peer, queuedBytes }) => ({ labels: { peer }, value: queuedBytes })),
  },
  {
    ...({ name: "handshakes", kind: "counter", unit: "{event}" } as const),
    help: "Handshakes with other nodes that are over, by what came of them.",
    read: ({ node }) => {
      const handshakes = node.kernel.distribution?.network().handshakes;
      if (handshakes === undefined) return [];
      const outcomes = { done: handshakes.done, ...handshakes.failed };
      return Object.entries(outcomes).map(([outcome, value]) => ({ labels: { outcome }, value }));
    },
  },
];
