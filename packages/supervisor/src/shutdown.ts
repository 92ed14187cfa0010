import { isClean, kill, shutdown, type Cause } from "@espalier/heartbeat";
import type { Restart } from "./restart.ts";

/**
 * How long a child may take to end when its supervisor stops it: milliseconds, any time, or none at all.
 */
export type Shutdown = "brutal-kill" | "infinity" | number;

/** How a supervisor stops one child. */
export interface ShutdownPlan {
  /** The exit signal that is sent first. `kill` cannot be trapped, and ends the child as `killed`. */
  readonly signal: Cause;
  /** After how many milliseconds the child is killed; null: never, either because it already is or because it has all the time. */
  readonly killAfterMs: number | null;
}

export function planShutdown(how: Shutdown): ShutdownPlan {
  switch (how) {
    case "brutal-kill":
      return { signal: kill, killAfterMs: null };
    case "infinity":
      return { signal: shutdown, killAfterMs: null };
    default:
      return { signal: shutdown, killAfterMs: how };
  }
}

/**
 * Whether a child that was stopped ended in a way that its supervisor must report: any cause but the one that it was
 * stopped with. A child that is not permanent may also have ended by itself, cleanly, at the same time.
 */
export function isShutdownError(how: Shutdown, restart: Restart, cause: Cause): boolean {
  if (how === "brutal-kill" ? cause.type === "killed" : cause.type === "shutdown" && cause.detail === undefined)
    return false;
  return restart === "permanent" || !isClean(cause);
}
