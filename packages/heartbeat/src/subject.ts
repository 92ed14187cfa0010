import type { Cause } from "./cause.ts";
import { notQueued } from "./deadline-queue.ts";
import type { Timed } from "./deadline-queue.ts";
import { combine, hasEnded } from "./expression.ts";
import { heartbeatTable } from "./heartbeat.machine.ts";
import type { CompositeHeartbeat, Heartbeat, LeafHeartbeat } from "./heartbeat.ts";
import type { StatusMap } from "./status-map.ts";
import type { EndState, HeartbeatStatus } from "./status.ts";
import { forgotten } from "./status.ts";

// What a node's registry holds about one heartbeat. Four kinds: a leaf decided here, a composite decided here, one that
// is decided elsewhere and watched, and one that is over for good and only still has somebody to tell.

/** Somebody who wants to know of a heartbeat's end. */
export interface Registration {
  readonly node: string;
  readonly id: string;
  subject: Subject;
}

export type Subject = LeafSubject | CompositeSubject | ForeignSubject | GoneSubject;

/** What all kinds have. Both sets appear on first use: most heartbeats have neither. */
abstract class Observed {
  registrations: Set<Registration> | null = null;
  /** Composites that it is a part of. */
  parents: Set<CompositeSubject> | null = null;

  get isObserved(): boolean {
    return (
      (this.registrations !== null && this.registrations.size > 0) || (this.parents !== null && this.parents.size > 0)
    );
  }
}

const { state: states } = heartbeatTable;

export class LeafSubject extends Observed implements Timed {
  readonly kind = "leaf";
  readonly heartbeat: LeafHeartbeat;
  state: number = heartbeatTable.initial;
  version = 1;
  cause: Cause | null = null;
  deadlineMs: number;
  queueIndex: number = notQueued;

  constructor(heartbeat: LeafHeartbeat, deadlineMs: number) {
    super();
    this.heartbeat = heartbeat;
    this.deadlineMs = deadlineMs;
  }

  get hasEnded(): boolean {
    return this.state !== states.live && this.state !== states.due && this.state !== states.doubtful;
  }

  status(now: number): HeartbeatStatus {
    if (this.hasEnded) return endOf(this);
    return { state: "live", remainingMs: Math.max(0, this.deadlineMs - now), epoch: 0, version: this.version };
  }
}

export class CompositeSubject extends Observed {
  readonly kind = "composite";
  readonly heartbeat: CompositeHeartbeat;
  readonly key: string;
  state: number = heartbeatTable.initial;
  version = 1;
  cause: Cause | null = null;
  /** Null once the composite and its expression have both ended: then it needs them no more. */
  parts: { left: Subject; right: Subject } | null;
  /** Which part ended first, once one has. */
  endedFirst: Subject | null = null;

  constructor(heartbeat: CompositeHeartbeat, key: string, left: Subject, right: Subject) {
    super();
    this.heartbeat = heartbeat;
    this.key = key;
    this.parts = { left, right };
  }

  get hasEnded(): boolean {
    return this.state !== states.live;
  }

  status(now: number): HeartbeatStatus {
    if (this.hasEnded) return endOf(this);
    const status = this.partsStatus(now);
    if (status.state !== "live" || this.parts === null) return status;
    // Versions of parts only grow, so their sum orders the composite's own answers.
    const version = versionOf(this.parts.left.status(now)) + versionOf(this.parts.right.status(now));
    return { state: "live", remainingMs: status.remainingMs, epoch: 0, version };
  }

  /** What the parts alone say. */
  partsStatus(now: number): HeartbeatStatus {
    if (this.parts === null) return endOf(this);
    const { left, right } = this.parts;
    const [first, second] = this.endedFirst === right ? [right, left] : [left, right];
    return combine(this.heartbeat.combine, first.status(now), second.status(now));
  }
}

export class ForeignSubject extends Observed {
  readonly kind = "foreign";
  readonly heartbeat: Heartbeat;
  readonly key: string;
  readonly #elsewhere: StatusMap;

  constructor(heartbeat: Heartbeat, key: string, elsewhere: StatusMap) {
    super();
    this.heartbeat = heartbeat;
    this.key = key;
    this.#elsewhere = elsewhere;
  }

  get hasEnded(): boolean {
    return hasEnded(this.status(0));
  }

  status(now: number): HeartbeatStatus {
    return this.#elsewhere.status(this.heartbeat, now);
  }
}

export class GoneSubject extends Observed {
  readonly kind = "gone";
  readonly heartbeat: Heartbeat;
  readonly hasEnded = true;
  readonly #status: HeartbeatStatus;

  constructor(heartbeat: Heartbeat, status: HeartbeatStatus) {
    super();
    this.heartbeat = heartbeat;
    this.#status = status;
  }

  status(): HeartbeatStatus {
    return this.#status;
  }
}

function endOf({ state, cause, version }: LeafSubject | CompositeSubject): HeartbeatStatus {
  if (state === states.forgotten || cause === null) return forgotten;
  return { state: heartbeatTable.states[state] as EndState, cause, epoch: 0, version };
}

function versionOf(status: HeartbeatStatus): number {
  return "version" in status ? status.version : 0;
}
