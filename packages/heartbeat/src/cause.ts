/**
 * Why something ended. One union for processes, heartbeats, tasks, the wire and dev tools; always data, never a thrown
 * object, and it carries a user's own data intact.
 *
 * | cause | OTP's term | when |
 * | --- | --- | --- |
 * | `normal` | `normal` | a body returned (R-120) |
 * | `shutdown` | `shutdown`, `{shutdown, Detail}` | asked to stop, in order |
 * | `stopped` | – | a heartbeat was stopped on purpose |
 * | `expired` | – | a heartbeat's time ran out |
 * | `kill` | `kill` through a link | a linked process executed `exit(kill)` on itself (R-104) |
 * | `killed` | `killed` | an explicit, untrappable kill (R-103) |
 * | `timeout` | `timeout` | a wait's limit passed |
 * | `noproc` | `noproc` | the process or name does not exist (R-123) |
 * | `noconnection` | `noconnection` | the connection was lost; the process may still live (R-123) |
 * | `unresponsive` | – | the verdict on a machine that no longer answers: what it ran acts no more |
 * | `error` | `{Error, Stack}` | an uncaught error (R-121) |
 * | `exit` | any other term | a user's own reason |
 */
export type Cause =
  | { readonly type: "normal" }
  | { readonly type: "shutdown"; readonly detail?: unknown }
  | { readonly type: "stopped" }
  | { readonly type: "expired" }
  | { readonly type: "kill" }
  | { readonly type: "killed" }
  | { readonly type: "timeout"; readonly what?: string }
  | { readonly type: "noproc"; readonly what?: string }
  | { readonly type: "noconnection"; readonly node?: string }
  | { readonly type: "unresponsive"; readonly node: string }
  | { readonly type: "error"; readonly error: ErrorData; readonly node?: string }
  | { readonly type: "exit"; readonly reason: unknown };

/** An error as data: what survives leaving its thread or its machine. */
export interface ErrorData {
  /** The error's `name`; `"nocatch"` when what was thrown was no error. */
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  /**
   * What was thrown, when it was no error; else the error's own `cause`, itself as {@link ErrorData} if it was an
   * error.
   */
  readonly cause?: unknown;
}

export type CauseType = Cause["type"];

export const normal: Cause = Object.freeze({ type: "normal" });
export const shutdown: Cause = Object.freeze({ type: "shutdown" });
export const stopped: Cause = Object.freeze({ type: "stopped" });
export const expired: Cause = Object.freeze({ type: "expired" });
export const kill: Cause = Object.freeze({ type: "kill" });
export const killed: Cause = Object.freeze({ type: "killed" });

/** Whether `cause` is a clean end: no crash report, and a transient child is not restarted. */
export function isClean(cause: Cause): boolean {
  return cause.type === "normal" || cause.type === "shutdown";
}
