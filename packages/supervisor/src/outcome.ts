import type { Cause } from "@espalier/heartbeat";

/** Where orders to stop come from: the signals of the operating system, or a test. */
export interface StopOrders {
  /** Calls `stop` with a name for each order, such as `"SIGTERM"`, until what it returns is called. */
  subscribe(stop: (order: string) => void): () => void;
}

/**
 * How an application ended.
 *
 * | why | code | |
 * | --- | --- | --- |
 * | `stopped` | 0 | it was asked to, and every process has ended |
 * | `done` | 0 | its significant children ended, and with them the tree (R-992) |
 * | `not-started` | 1 | a child did not start; nothing was left running (R-913) |
 * | `failed` | 1 | the tree ended by itself: too many restarts, or a crash (R-1204) |
 * | `overdue` | 1 | it did not stop in time, or was asked a second time: it was killed |
 */
export interface Outcome {
  readonly why: "stopped" | "done" | "not-started" | "failed" | "overdue";
  /** For the operating system: it tells the truth. */
  readonly code: 0 | 1;
  /** Why the tree ended, or did not start. */
  readonly cause: Cause;
}

export function succeeded(why: "stopped" | "done"): Pick<Outcome, "why" | "code"> {
  return { why, code: 0 };
}

export function failed(why: "not-started" | "failed" | "overdue"): Pick<Outcome, "why" | "code"> {
  return { why, code: 1 };
}
