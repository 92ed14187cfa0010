import type { ShownValue } from "./value.ts";

// What dev tools are told of a node: plain data, bounded. A process is named by its key (`Pid.key`) wherever somebody is to ask for it.
// Points in time (`atMs`, `firstMs`, `lastMs`) are in milliseconds since 1970, also where the runtime has them by its monotonic clock; only a
// recording has times of its own.

/** A process in a list. Times are in milliseconds. */
export interface ProcessRow {
  /** Its `Pid.key`. */
  readonly pid: string;
  /** For people: the serial of the pid, with the home's id before it when that is another node. */
  readonly shortPid: string;
  readonly name: string | null;
  readonly label: string;
  /** The id under which its supervisor has it; null: none has. */
  readonly child: string | null;
  /** The `Pid.key` of who spawned it, if that is here. */
  readonly parent: string | null;
  readonly kind: ProcessKind;
  readonly doing: Doing;
  /** For how long it has been doing that. */
  readonly doingMs: number;
  /** What it waits for, in words; null when it does not. */
  readonly waitingFor: string | null;
  /** The kind of the message that it is handling; null: none. */
  readonly handling: string | null;
  readonly mailbox: number;
  readonly received: number;
  readonly reductions: number;
  /** Over the last sample; null in the first. */
  readonly receivedPerSecond: number | null;
  readonly reductionsPerSecond: number | null;
  readonly mailboxPerSecond: number | null;
  /** How often its supervisor has started it again, under its child id; of a supervisor: how often it has started children again. */
  readonly restarts: number;
  readonly suspended: boolean;
}

export type ProcessKind = "process" | "server" | "supervisor" | "statechart";

/**
 * `idle`: it waits for any message. `waiting`: for something else. `runnable`: in the run queue, or running. `elsewhere`: it is away, or on its
 * way. `ended`: it is no more.
 */
export type Doing = "idle" | "waiting" | "runnable" | "elsewhere" | "ended";

export type Column = "pid" | "label" | "mailbox" | "received" | "reductions" | "doingMs" | "restarts";

/** Which processes: all that is given must hold. */
export interface ProcessFilter {
  /** Part of the name, the label or the pid, upper and lower case alike. */
  readonly text?: string;
  readonly mailboxAtLeast?: number;
  readonly doing?: Doing;
  readonly kind?: ProcessKind;
  /** Below this process, itself included. */
  readonly under?: string;
  /** The runtime's own ones, too. */
  readonly system?: boolean;
}

export interface TableQuery {
  readonly sort: { readonly by: Column; readonly descending: boolean; readonly mode: "total" | "rate" };
  readonly filter?: ProcessFilter;
  /** How many rows to leave out before the first one, and how many to give: 500 at most. */
  readonly first: number;
  readonly count: number;
}

export interface TablePage {
  readonly rows: readonly ProcessRow[];
  /** How many processes the filter lets through. */
  readonly matching: number;
  readonly all: number;
}

export interface TreeQuery {
  /** Which branches are open, by the row's key. Roots are always shown. */
  readonly open: readonly string[];
  readonly filter?: ProcessFilter;
  /** Only those with trouble in or below them. */
  readonly troubled?: boolean;
  readonly first: number;
  readonly count: number;
}

/** A row of the tree. It keeps its key and its place when its process is restarted. */
export interface TreeRow {
  /** Of a supervised child with an id: its supervisor's key and the id; else the pid's. */
  readonly key: string;
  readonly depth: number;
  /** Among the rows with the same parent, from one on, and how many there are; null: not all of them are shown, but those that are looked for. */
  readonly place: { readonly position: number; readonly siblings: number } | null;
  /** Null: the child is there, its process is not: it waits for a restart, or was stopped. */
  readonly process: ProcessRow | null;
  /** What to call it, when there is no process to ask. */
  readonly label: string;
  /** How its supervisor has it, if it has an id there: `running`, `restarting`, `absent` and so on; null: it has none. */
  readonly state: string | null;
  readonly open: boolean;
  /** Of its branch, itself included: how many processes, how many messages wait, and the worst that is wrong there. */
  readonly branch: { readonly processes: number; readonly mailbox: number; readonly trouble: Severity | null };
  /** How many children it has; 0: it is a leaf. */
  readonly children: number;
  readonly supervisor: SupervisorSummary | null;
}

export interface TreePage {
  readonly rows: readonly TreeRow[];
  readonly first: number;
  /** How many rows there would be in all. */
  readonly total: number;
}

export interface SupervisorSummary {
  readonly strategy: string | null;
  readonly phase: string;
  /** Restarts in its window, how many are allowed, and how long the window is. */
  readonly restarts: number;
  readonly allowed: number;
  readonly withinSeconds: number;
}

export type Severity = "notice" | "warning" | "critical";

/** Something that somebody should look at. */
export interface Finding {
  /** The same as long as it is the same finding. */
  readonly id: string;
  /** The rule that found it, such as `mailbox-growing`; docs/dev-tools.md has them. */
  readonly rule: string;
  readonly severity: Severity;
  /** One sentence: what, where, how much. */
  readonly text: string;
  /** What to do next. */
  readonly hint: string;
  readonly pid: string | null;
  readonly crash: number | null;
  readonly sinceMs: number;
}

export interface NodeSheet {
  readonly id: string;
  readonly incarnation: string;
  readonly url: string | null;
  /** Of the operating system's process. */
  readonly program: { readonly pid: number; readonly title: string; readonly runtime: string };
}

/** The landing page: a few rows each, the worst first. */
export interface Overview {
  readonly node: NodeSheet;
  readonly upMs: number;
  readonly processes: number;
  readonly runnable: number;
  readonly timers: number;
  readonly deadLetters: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly reductionsPerSecond: number | null;
  readonly messagesPerSecond: number | null;
  /** How late the event loop was at the last sample, and at worst in the last minute; null where it is not measured. */
  readonly loop: { readonly lastMs: number; readonly worstMs: number; readonly utilization: number } | null;
  readonly memory: {
    readonly rssBytes: number;
    readonly heapUsedBytes: number;
    readonly heapLimitBytes: number;
  } | null;
  readonly findings: readonly Finding[];
  readonly growing: readonly ProcessRow[];
  readonly stuck: readonly ProcessRow[];
  readonly busiest: readonly ProcessRow[];
  readonly restarting: readonly { readonly supervisor: ProcessRow; readonly summary: SupervisorSummary }[];
  readonly deaths: readonly CrashSummary[];
  /** A value a sample, the newest last: a minute of them. */
  readonly history: {
    readonly everyMs: number;
    readonly processes: readonly number[];
    readonly messagesPerSecond: readonly number[];
    readonly mailbox: readonly number[];
    readonly loopMs: readonly number[];
  };
  /** What looking costs: of the event loop's time, in milliseconds a second. */
  readonly costMsPerSecond: number;
}

/** One process, in full. */
export interface ProcessSheet {
  readonly row: ProcessRow;
  readonly ancestors: readonly { readonly pid: string; readonly label: string; readonly name: string | null }[];
  readonly trapping: boolean;
  readonly stashed: number;
  /** The kinds of the messages that wait, ten at most, and with the plane `values` what is in them. */
  readonly messages: readonly { readonly kind: string; readonly value: ShownValue }[];
  readonly timers: readonly { readonly what: string; readonly remainingMs: number }[];
  /** Fifty at most of each, and how many there are. */
  readonly links: readonly ProcessMention[];
  readonly linkCount: number;
  readonly monitors: readonly ProcessMention[];
  readonly monitoredBy: readonly ProcessMention[];
  /** What ends if this ends: over links, as far as they are known here, trapping ones not included. A hundred at most. */
  readonly blast: { readonly processes: readonly ProcessMention[]; readonly more: boolean };
  /** What it says about itself. */
  readonly details: ShownValue;
  readonly supervisor: SupervisorSummary | null;
  readonly place: "home" | "away" | "guest" | "leaving";
  readonly host: string | null;
  readonly waitingOn: ProcessMention | null;
  /** Restarts under the same child id, the newest first. */
  readonly restarts: readonly {
    readonly atMs: number;
    readonly cause: string;
    readonly crash: number | null;
    readonly pid: string;
  }[];
  /** What the flight recorder has of it, the newest last. */
  readonly events: readonly RecordedLine[];
}

export interface ProcessMention {
  readonly pid: string;
  readonly shortPid: string;
  /** Its name or label; null when it is not here. */
  readonly label: string | null;
}

/** A line of the flight recorder. */
export interface RecordedLine {
  readonly serial: number;
  readonly atMs: number;
  /** The type of the event. */
  readonly type: string;
  /** In words. */
  readonly text: string;
  /** The processes that it is about. */
  readonly pids: readonly string[];
}

export interface CrashSummary {
  readonly id: number;
  readonly atMs: number;
  readonly label: string;
  readonly name: string | null;
  readonly pid: string;
  /** The cause, in words. */
  readonly cause: string;
  readonly fingerprint: string;
  readonly handling: string | null;
  readonly decision: string | null;
}

/** Crashes of one kind. */
export interface CrashGroup {
  readonly fingerprint: string;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly last: CrashSummary;
}

export interface CrashPage {
  /** The one that crashed last first. */
  readonly groups: readonly CrashGroup[];
  /** The newest first, a hundred at most. */
  readonly crashes: readonly CrashSummary[];
  /** How many there were in all; not all are kept. */
  readonly total: number;
}

/** A crash report, for people. */
export interface CrashSheet extends CrashSummary {
  readonly livedMs: number;
  readonly error: {
    readonly name: string;
    readonly message: string;
    readonly stack: readonly StackLine[];
    readonly causes: readonly string[];
  } | null;
  readonly ancestors: readonly {
    readonly pid: string;
    readonly label: string;
    readonly name: string | null;
    readonly supervisor: SupervisorSummary | null;
  }[];
  readonly recent: readonly string[];
  readonly mailbox: { readonly length: number; readonly stashed: number; readonly first: readonly string[] };
  readonly links: readonly ProcessMention[];
  readonly linkCount: number;
  readonly monitorCount: number;
  readonly hint: string | null;
  /** The whole report as text, as the log has it. */
  readonly text: string;
}

export interface StackLine {
  readonly text: string;
  /** Whether it is a line of the author's. */
  readonly own: boolean;
}

/** Heartbeats, and processes that are not where their home is. */
export interface Lifetimes {
  readonly heartbeats: readonly {
    readonly id: string;
    readonly home: string;
    readonly decidedHere: boolean;
    readonly status: string;
    readonly remainingMs: number | null;
  }[];
  readonly heartbeatCount: number;
  readonly travellers: readonly {
    readonly pid: string;
    readonly shortPid: string;
    readonly label: string;
    readonly place: string;
    readonly home: string;
    readonly host: string | null;
    readonly hops: readonly string[];
  }[];
  /** What the flight recorder has of moves, the newest first. */
  readonly moves: readonly RecordedLine[];
  readonly lease: { readonly leaseMs: number } | null;
}

export interface NetworkSheet {
  readonly url: string | null;
  readonly links: readonly {
    readonly peer: string;
    readonly address: string | null;
    readonly dialled: boolean;
    readonly pattern: string;
    readonly upMs: number;
    readonly sentBytes: number;
    readonly receivedBytes: number;
    readonly sentMessages: number;
    readonly receivedMessages: number;
    readonly queuedBytes: number;
    readonly roundTripMs: number | null;
  }[];
  readonly handshakes: {
    readonly begun: number;
    readonly done: number;
    readonly failed: Readonly<Record<string, number>>;
  } | null;
  /** What the flight recorder has of connections, the newest first. */
  readonly events: readonly RecordedLine[];
}
