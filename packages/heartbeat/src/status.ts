import type { Cause } from "./cause.ts";

/**
 * What the home of a heartbeat says about it. Answers are ordered by epoch, then version: of two answers the higher one is true, and an end
 * is final (P1, H4).
 */
export type HeartbeatStatus = LiveStatus | EndedStatus | ForgottenStatus;

export interface LiveStatus extends Stamp {
  readonly state: "live";
  /** What was left on the home's clock when it answered; `Infinity` without a limit. */
  readonly remainingMs: number;
}

export interface EndedStatus extends Stamp {
  readonly state: EndState;
  readonly cause: Cause;
}

/** It ended, everybody who had registered knows why, and the record was let go (P14). Never a guess about why. */
export interface ForgottenStatus {
  readonly state: "forgotten";
}

/** How a heartbeat ended. The cause says why; `stopped`, `expired` and `unresponsive` have just one each. */
export type EndState = "stopped" | "failed" | "expired" | "unresponsive";

/** The place of an answer in the order of all answers about one heartbeat. */
export interface Stamp {
  /** Counts the hosts that the heartbeat's computation has had: 0 is the home itself. */
  readonly epoch: number;
  /** Counts the changes of the record, within and across epochs. */
  readonly version: number;
}
