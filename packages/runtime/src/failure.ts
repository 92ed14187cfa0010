import { CauseError, type Cause } from "@espalier/heartbeat";
import type { Pid } from "./pid.ts";

/** The error of an operation that failed because of `cause`. */
export function failure(cause: Cause): CauseError {
  return new CauseError(cause);
}

/** There is no such process, or nobody has that name. */
export function noprocOf(to: Pid | string): Cause {
  return { type: "noproc", what: to.toString() };
}
