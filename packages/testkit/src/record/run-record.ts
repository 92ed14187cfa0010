import type { FaultOutcome } from "../scenario/result.ts";
import type { Json } from "../scenario/json.ts";
import type { WorldKind } from "../scenario/place.ts";
import type { Plan } from "../scenario/plan.ts";
import type { HistoryEntry } from "../history/history.ts";

/** Raised whenever a reader of older records could misread one. */
export const recordVersion = 1;

/**
 * Everything that there is to see of one run, as plain data: what the report is made of, and what dev tools open. Times are those of the
 * world, in milliseconds. `serial` orders everything that happened, also within one moment.
 */
export interface RunRecord {
  readonly format: "espalier-run";
  readonly version: typeof recordVersion;
  readonly scenario: string;
  readonly world: WorldKind;
  readonly plan: Plan;
  readonly traceHash: string;
  /** How much happened, recorded or not. */
  readonly events: number;
  /** When the nodes were booted: the times of the plan count from here. Null when it did not come to that. */
  readonly bootedMs: number | null;
  /** When everything was put right. */
  readonly healedMs: number | null;
  readonly endMs: number;
  readonly nodes: readonly RecordedNode[];
  readonly messages: readonly RecordedMessage[];
  readonly sessions: readonly RecordedSession[];
  readonly faults: readonly RecordedFault[];
  readonly happened: readonly RecordedEvent[];
  /** All processes that were seen to be spawned, in that order. */
  readonly processes: readonly RecordedLife[];
  /** The processes that were on their way or away at some time. */
  readonly travellers: readonly RecordedTraveller[];
  readonly heartbeats: readonly RecordedHeartbeat[];
  readonly leases: readonly RecordedLease[];
  /** How long a lease lasts from when it counts; null when no node was left to say so. */
  readonly leaseMs: number | null;
  readonly marks: readonly RecordedMark[];
  readonly history: readonly HistoryEntry[];
  /** How it was at the end, which of a failure is the moment after which it was seen. */
  readonly state: readonly NodeSnapshot[];
  readonly failure: RecordedFailure | null;
  /** What was left out because there was too much of it: the oldest. */
  readonly left: { readonly messages: number; readonly events: number; readonly processes: number };
}

export interface RecordedFailure {
  readonly property: string;
  readonly what: string;
  readonly atMs: number;
}

/** A time in which something was so: to the end of the run when `toMs` is null. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number | null;
}

export interface RecordedNode {
  readonly name: string;
  /** Its key. */
  readonly id: string;
  /** What it was, one after the other: `booting`, `running`, `paused`, `crashed`. */
  readonly states: readonly (Span & { readonly state: string; readonly life: number })[];
  /** How its monotonic clock ran, whenever that changed: how far ahead of the world's, and how fast. */
  readonly clocks: readonly { readonly atMs: number; readonly aheadMs: number; readonly rate: number }[];
}

/**
 * `held`: delivered, after a fault had stood in its way. `duplicated`: delivered more than once. `tampered`: it arrived as something else.
 * `under way`: it had not arrived when the run ended.
 */
export type Fate = "delivered" | "held" | "duplicated" | "lost" | "tampered" | "under way";

/** Something that one node said to another, as the nodes saw it: above sessions, below what they do with it. */
export interface RecordedMessage {
  readonly serial: number;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  /** About how long it is: what it carries, without the names of its fields. */
  readonly bytes: number;
  readonly sentMs: number;
  /** Null: not at all. */
  readonly arrivedMs: number | null;
  /** The place of its arrival in the order of all. */
  readonly arrivedSerial: number | null;
  readonly fate: Fate;
  /** When it arrived again. */
  readonly againMs: readonly number[];
  /** The fault in whose time and on whose way it was held or lost: its index. */
  readonly fault: number | null;
  /** The process that it is about. */
  readonly pid: string | null;
}

/** A link of two nodes, as one of them sees it. */
export interface RecordedSession extends Span {
  readonly node: string;
  readonly peer: string;
  readonly reason: string | null;
}

/** A fault of the plan, and what became of it. */
export interface RecordedFault extends FaultOutcome {
  readonly text: string;
  /** Null when it was never applied. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** The place of its beginning and of its end in the order of all. */
  readonly fromSerial: number | null;
  readonly toSerial: number | null;
  /** Whom it struck. */
  readonly nodes: readonly string[];
  /** Between whom: from whom to whom. */
  readonly links: readonly (readonly [from: string, to: string])[];
}

/** Something that a node, or the run itself, said. */
export interface RecordedEvent {
  readonly serial: number;
  readonly atMs: number;
  /** A node; or `fault`, `network`, `scenario`. */
  readonly place: string;
  /** The type of a node's event; `told` when it is a line of the story. */
  readonly type: string;
  /** In words. */
  readonly text: string;
  /** The processes that it is about. */
  readonly pids: readonly string[];
  /** Other nodes that it is about. */
  readonly nodes: readonly string[];
}

/** A process, from when it was spawned to its end as its home saw it. */
export interface RecordedLife {
  readonly pid: string;
  readonly label: string;
  /** Under which it was registered last, if it was. */
  readonly name: string | null;
  /** The node where its home is, or was last. */
  readonly home: string;
  /** Who spawned it; null: the node itself. */
  readonly parent: string | null;
  readonly fromMs: number;
  readonly toMs: number | null;
  /** Why it ended, in words; of one whose node died, that. */
  readonly cause: string | null;
  readonly crashed: boolean;
}

/** Where a process that moves was, and who might act for it. */
export interface RecordedTraveller {
  readonly pid: string;
  readonly label: string;
  readonly home: string;
  readonly stays: readonly (Span & {
    readonly node: string;
    readonly epoch: number;
    /** How the stay ended, in words; null while it goes on. */
    readonly end: string | null;
  })[];
  /** When it was on its way. */
  readonly moves: readonly { readonly atMs: number; readonly from: string; readonly to: string }[];
  /** When it acted, and as which epoch, away from home. */
  readonly acts: readonly { readonly atMs: number; readonly node: string; readonly epoch: number }[];
  /** What its home decided, if it gave up on it. */
  readonly verdict: { readonly atMs: number; readonly epoch: number; readonly text: string } | null;
}

export interface RecordedHeartbeat {
  readonly id: string;
  readonly home: string;
  readonly createdMs: number;
  readonly durationMs: number | null;
  readonly resets: readonly { readonly atMs: number; readonly outcome: string; readonly durationMs: number }[];
  readonly ended: { readonly atMs: number; readonly cause: string } | null;
  /** Who came to know of its end elsewhere. */
  readonly told: readonly { readonly atMs: number; readonly node: string; readonly cause: string }[];
}

/** Renewals of what a host may do for a home: each counts from when the beat was sent. */
export interface RecordedLease {
  readonly host: string;
  readonly home: string;
  readonly renewals: readonly { readonly sentMs: number; readonly heardMs: number }[];
}

export interface RecordedMark {
  readonly atMs: number;
  readonly node: string;
  readonly name: string;
}

/** A node, at one moment. */
export interface NodeSnapshot {
  readonly name: string;
  readonly state: string;
  readonly life: number;
  /** Those that nobody who lives there spawned; each with those that it spawned. */
  readonly tree: readonly ProcessSnapshot[];
  /** Null when there was no node. */
  readonly peers: readonly string[] | null;
  readonly heartbeats: readonly { readonly id: string; readonly decidedHere: boolean; readonly status: string }[];
  /** Everything else that it keeps count of, by name. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface ProcessSnapshot {
  readonly pid: string;
  readonly name: string | null;
  readonly label: string;
  readonly status: string;
  /** `home`, `away` or `guest`. */
  readonly place: string;
  /** Where it runs when it is away. */
  readonly host: string | null;
  readonly waitingFor: string | null;
  readonly mailbox: number;
  readonly links: readonly string[];
  readonly monitors: readonly string[];
  readonly scopes: readonly string[];
  /** What it says about itself. */
  readonly details: Json;
  readonly children: readonly ProcessSnapshot[];
}
