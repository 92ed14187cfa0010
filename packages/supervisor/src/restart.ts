import { isClean, type Cause } from "@espalier/heartbeat";

/**
 * When a child that ended by itself is started again: always, only after a crash, or never.
 */
export type Restart = "permanent" | "transient" | "temporary";

/**
 * What becomes of a child that ended by itself:
 *
 * - `restart`: it is started again;
 * - `keep`: its specification stays without a process, so that it can be restarted by hand;
 * - `remove`: its specification goes too.
 */
export type Decision = "restart" | "keep" | "remove";

/**
 * The table of R-920:
 *
 * | restart | clean end | crash |
 * | --- | --- | --- |
 * | `permanent` | restart | restart |
 * | `transient` | keep | restart |
 * | `temporary` | remove | remove |
 */
export function decideRestart(restart: Restart, cause: Cause): Decision {
  switch (restart) {
    case "permanent":
      return "restart";
    case "transient":
      return isClean(cause) ? "keep" : "restart";
    case "temporary":
      return "remove";
  }
}
