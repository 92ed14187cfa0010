import type { Cause } from "./cause.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { Local } from "./operation.ts";
import { Operation } from "./operation.ts";
import type { HeartbeatStatus } from "./status.ts";

/**
 * Whether a home did what it was asked. `refused`: the heartbeat had ended already, and its cause stays what it was
 * (P1, P4, P9).
 */
export type Outcome = "accepted" | "refused";

export class CreateHeartbeat extends Operation<Heartbeat> {
  readonly type = "heartbeat.create";
  readonly durationMs: number;

  constructor(durationMs: number) {
    super();
    this.durationMs = durationMs;
  }
}

export class StopHeartbeat extends Operation<Outcome> {
  readonly type = "heartbeat.stop";
  readonly heartbeat: Heartbeat;

  constructor(heartbeat: Heartbeat) {
    super();
    this.heartbeat = heartbeat;
  }
}

export class FailHeartbeat extends Operation<Outcome> {
  readonly type = "heartbeat.fail";
  readonly heartbeat: Heartbeat;
  readonly cause: Cause;

  constructor(heartbeat: Heartbeat, cause: Cause) {
    super();
    this.heartbeat = heartbeat;
    this.cause = cause;
  }
}

export class ResetHeartbeat extends Operation<Outcome> {
  readonly type = "heartbeat.reset";
  readonly heartbeat: Heartbeat;
  readonly durationMs: number;

  constructor(heartbeat: Heartbeat, durationMs: number) {
    super();
    this.heartbeat = heartbeat;
    this.durationMs = durationMs;
  }
}

export class AskHeartbeatStatus extends Operation<HeartbeatStatus> {
  readonly type = "heartbeat.status";
  readonly heartbeat: Heartbeat;

  constructor(heartbeat: Heartbeat) {
    super();
    this.heartbeat = heartbeat;
  }
}

export class SuperviseHeartbeat extends Operation<HeartbeatEnd> {
  readonly type = "heartbeat.supervise";
  readonly heartbeat: Heartbeat;

  constructor(heartbeat: Heartbeat) {
    super();
    this.heartbeat = heartbeat;
  }
}

/**
 * Waits for the end of a supervised heartbeat: what `yield* Heartbeat.supervise(h)` returns. A value that travels: the
 * registration that it names lives at the heartbeat's home, so it can be awaited wherever the computation has moved to
 * since (H2).
 */
export class HeartbeatEnd extends Operation<Cause> {
  readonly type = "heartbeat.end";
  readonly heartbeat: Heartbeat;
  /** Names the registration; given by the node that asked for it, so that asking twice registers once. */
  readonly registration: string;

  constructor(heartbeat: Heartbeat, registration: string) {
    super();
    this.heartbeat = heartbeat;
    this.registration = registration;
  }
}

/** What can run under a heartbeat: an operation (a Remote is one), a generator, or a function that makes one. */
export type Linkable<A, Effect> = Performable<A, Effect> | (() => Performable<A, Effect>);

/** Whatever `yield*` accepts: its operations are of `Effect`, its result is an `A`. */
export interface Performable<A, Effect> {
  [Symbol.iterator](): Iterator<Effect, A, any>;
}

/** Local when `what` is, moving when it may move. */
export class LinkHeartbeat<A, Effect = Local> extends Operation<A, Effect> {
  readonly type = "heartbeat.link";
  readonly heartbeat: Heartbeat;
  readonly what: Linkable<A, Effect>;

  constructor(heartbeat: Heartbeat, what: Linkable<A, Effect>) {
    super();
    this.heartbeat = heartbeat;
    this.what = what;
  }
}
