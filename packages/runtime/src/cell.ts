import { Queue } from "@espalier/channels";
import type { Cause } from "@espalier/heartbeat";
import type { Alarm } from "./timers/alarms.ts";
import type { Frame } from "./frame.ts";
import type { CellPlace } from "./moving/handover.ts";
import type { Hops } from "./moving/hops.ts";
import type { Kernel } from "./kernel.ts";
import type { RecentMessages } from "./introspection/recent-messages.ts";
import type { Links } from "./exits/links.ts";
import type { Pid } from "./addresses/pid.ts";
import type { Ref } from "./addresses/ref.ts";
import type { Exit } from "./exits/signal.ts";
import type { Marker, toMove } from "./stack.ts";
import type { Waiting } from "./waiting.ts";
import type { Watch, Watcher } from "./exits/watch.ts";

/**
 * How a process stands.
 *
 * | status | |
 * | --- | --- |
 * | `runnable` | in the run queue |
 * | `running` | the scheduler is stepping it |
 * | `waiting` | suspended until something comes: see {@link Cell.waiting} |
 * | `away` | its home is here, what it computes is on another node: see {@link Cell.place} |
 * | `parked` | taken out of the schedule by the distribution layer: captured, or not admitted yet |
 * | `exiting` | its fate is sealed: no signal changes it any more, and it is not alive (R-131, R-132) |
 * | `ended` | gone |
 */
export type Status = "runnable" | "running" | "waiting" | "away" | "parked" | "exiting" | "ended";

/**
 * How the next step resumes the process: with a message that it has taken, which is in {@link Cell.handling}, or with its input. A `failure` is an
 * error that the runtime made, and gets the stack of the process.
 */
export type Resumption = "value" | "message" | "error" | "failure" | "retry";

/**
 * One process as its node knows it. A cell holds data; what happens to it is the business of the scheduler, of `delivery.ts` and of
 * `exit.ts`.
 *
 * There may be a million, so what few processes use is null until they do.
 */
export class Cell {
  readonly kernel: Kernel;
  readonly pid: Pid<any>;
  /** Who spawned it; the node itself for the first ones. Remembered for. */
  readonly parent: Pid;
  /** What people call it: the name of its body, unless it says otherwise. */
  label: string;

  /** Where its node's columns have it, while there are any; otherwise -1. See `ProcessColumns`. */
  slot = -1;
  /** Messages that were delivered to it here. */
  received = 0;
  /** When its last turn ended, in ticks: see `ProcessColumns.tick`. */
  since: number;
  /** When it began here or came here, in ticks. */
  readonly started: number;
  /** The message that it took last, until it waits for the next one. */
  handling: unknown = undefined;

  /** The kinds of the messages that it took last; null where nobody writes them down. */
  recent: RecentMessages | null = null;

  status: Status = "runnable";
  /** Null for a process that lives and runs here. */
  place: CellPlace | null = null;

  /** The generator that is executing. */
  frame: Frame | null;
  /** Those that wait for it, and the markers between them, the oldest first. */
  stack: (Frame | Marker)[] | null = null;
  resumption: Resumption = "value";
  input: unknown = undefined;
  waiting: Waiting | null = null;
  /** A scope that must be left before the next step, because its heartbeat has ended; or that the process is to move first. */
  interrupt: Marker | typeof toMove | null = null;

  /** Another one takes its place once it has to keep priority messages apart: see `priority.ts`. */
  mailbox: Queue<unknown> = new Queue<unknown>();
  stash: Queue<unknown> | null = null;

  trapping = false;
  /** What becomes of a trapped exit signal; null: it is the message itself. */
  exitMap: ((exit: Exit) => unknown) | null = null;
  links: Links | null = null;
  /** What it waits to hear about. */
  watches: Watch | null = null;
  /** Who waits to hear about its end. */
  watchers: Watcher | null = null;
  refSerial = 0;
  /** Timers that end with it. */
  alarms: Set<Alarm> | null = null;
  /** What ends with it: registrations and the like. */
  belongings: Set<Belonging> | null = null;
  name: string | null = null;
  /** What it and all that it starts are part of: an application. */
  group: ProcessGroup | null = null;

  /** Operations that it has performed, as of the end of its last turn. */
  reductions = 0;
  /** Where it was before; null of a process that has never moved. */
  hops: Hops | null = null;
  /** Who waits for it to be ready; null when nobody does any more. */
  starter: Ref | null = null;
  /** Why it ended, once it is exiting. */
  cause: Cause | null = null;
  /** What its body returned; if it threw, that, as {@link Thrown}. */
  outcome: unknown = undefined;
  /** Told the outcome: for `node.run`. */
  ended: Ended | null = null;

  constructor(kernel: Kernel, pid: Pid<any>, parent: Pid, label: string, frame: Frame | null) {
    this.kernel = kernel;
    this.pid = pid;
    this.parent = parent;
    this.label = label;
    this.frame = frame;
    const { tick } = kernel.columns;
    this.since = tick;
    this.started = tick;
  }

  /** Neither ended nor about to. */
  get alive(): boolean {
    return this.status !== "exiting" && this.status !== "ended";
  }
}

/** Processes that began with one of them, such as those of an application: OTP's group leader tells them apart. */
export interface ProcessGroup {
  /** For people. */
  readonly name: string;
}

/** Something that a process holds outside of itself. */
export interface Belonging {
  /** Whether it is held where the process has its home, and stays there while it computes elsewhere, as its name does. */
  readonly atHome?: boolean;
  /** Why its process cannot move while it has this; absent where it can. */
  readonly stays?: string;
  /** The process has ended, or is not here any more. */
  release(): void;
}

/** Whoever outside wants to know what became of a process: its cause, and if the body came to its end by itself, its outcome. */
export interface Ended {
  (cause: Cause, outcome: unknown): void;
}

/** What a body threw. */
export class Thrown {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
