import { CauseError, type Cause } from "@espalier/heartbeat";
import { textOf, type Destination } from "./addresses/destination.ts";

/** The error of an operation that failed because of `cause`. */
export function failure(cause: Cause): CauseError {
  return new CauseError(cause);
}

/** There is no such process, or nobody has that name. */
export function noprocOf(to: Destination): Cause {
  return { type: "noproc", what: textOf(to) };
}
