import type { Cause } from "./cause.ts";
import { parseCause } from "./cause-data.ts";
import type { Duration } from "./duration.ts";
import { durationMs } from "./duration.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { CompositeHeartbeat, heartbeatArgument } from "./heartbeat.ts";
import type { Linkable } from "./operations.ts";
import {
  AskHeartbeatStatus,
  CreateHeartbeat,
  FailHeartbeat,
  LinkHeartbeat,
  ResetHeartbeat,
  StopHeartbeat,
  SuperviseHeartbeat,
} from "./operations.ts";

/**
 * Creates a heartbeat whose home is this node. It expires once `duration` has passed without a {@link reset}.
 *
 * - Time: the home's monotonic clock alone, never earlier than `duration` (P3). Timers do not judge: after one fired,
 *   input that already waits is read first (H19).
 * - Cancellation: finishes at once.
 * - Errors: TypeError or RangeError for a malformed duration.
 */
export function create(duration: Duration): CreateHeartbeat {
  return new CreateHeartbeat(durationMs(duration));
}

/**
 * Ends `heartbeat` with the cause `stopped`: everything linked to it ends, everybody supervising it is told.
 *
 * - Result: `"refused"` when it had ended before. Of concurrent stops, fails and expiry exactly one wins, the same
 *   everywhere (P9).
 * - On a composite: ends the composite alone, never its parts (H16).
 * - Errors: fails with the home's `noconnection` or `unresponsive` when the home does not answer.
 */
export function stop(heartbeat: Heartbeat): StopHeartbeat {
  return new StopHeartbeat(heartbeatArgument(heartbeat, "Heartbeat.stop"));
}

/** Ends `heartbeat` with `cause`. In every other respect like {@link stop} (H14). */
export function fail(heartbeat: Heartbeat, cause: Cause): FailHeartbeat {
  return new FailHeartbeat(heartbeatArgument(heartbeat, "Heartbeat.fail"), parseCause(cause));
}

/**
 * Makes sure that `heartbeat` has at least `duration` left; it never shortens anything.
 *
 * - Order: none is needed. Repeating, reordering or delaying resets gives the same deadline as their maximum (P4).
 * - Result: `"refused"` when it had ended before: an end is final.
 * - On a composite: extends all leaves that still live (H16); accepted when there was one.
 * - Errors: fails with the home's `noconnection` or `unresponsive` when the home does not answer.
 */
export function reset(heartbeat: Heartbeat, duration: Duration): ResetHeartbeat {
  return new ResetHeartbeat(heartbeatArgument(heartbeat, "Heartbeat.reset"), durationMs(duration));
}

/**
 * Asks the home whether `heartbeat` lives, and if not why it ended.
 *
 * - Result: also `forgotten`, when it ended and nobody knows why any more (P14), and `unknown`, when the home does not
 *   answer, or of a composite not enough leaves are known to say (P6).
 * - Cancellation: an answer that comes later is dropped.
 */
export function status(heartbeat: Heartbeat): AskHeartbeatStatus {
  return new AskHeartbeatStatus(heartbeatArgument(heartbeat, "Heartbeat.status"));
}

/**
 * The heartbeat that lives while `a` and `b` both do. A pure function, no operation: `both(a, b)` is `both(b, a)`, on
 * any node.
 *
 * @throws RangeError when the expression becomes too large.
 */
export function both(a: Heartbeat, b: Heartbeat): Heartbeat {
  return new CompositeHeartbeat("both", heartbeatArgument(a, "Heartbeat.both"), heartbeatArgument(b, "Heartbeat.both"));
}

/**
 * The heartbeat that lives while `a` or `b` does. A pure function, no operation: `either(a, b)` is `either(b, a)`, on
 * any node.
 *
 * @throws RangeError when the expression becomes too large.
 */
export function either(a: Heartbeat, b: Heartbeat): Heartbeat {
  return new CompositeHeartbeat(
    "either",
    heartbeatArgument(a, "Heartbeat.either"),
    heartbeatArgument(b, "Heartbeat.either"),
  );
}

/**
 * Registers for the end of `heartbeat`. The registration stands when this returns; what it returns is a value, and
 * performing that waits for the cause.
 *
 * - Promise: at most one cause, and the true one (P10). Registering after the end gives the recorded cause, or waiting
 *   for it fails with `HeartbeatForgottenError` (P14).
 * - It travels: await it after a `Remote.transfer`, wherever that led (H2).
 * - Cancellation: the registration ends with the process that made it.
 *
 * ```ts
 * import { Heartbeat, type LocalGenerator } from "espalier";
 *
 * function* watch(lifetime: Heartbeat): LocalGenerator<string> {
 *   const ended = yield* Heartbeat.supervise(lifetime);
 *   const cause = yield* ended;
 *   return cause.type;
 * }
 * ```
 */
export function supervise(heartbeat: Heartbeat): SuperviseHeartbeat {
  return new SuperviseHeartbeat(heartbeatArgument(heartbeat, "Heartbeat.supervise"));
}

/**
 * Runs `what` in a scope that ends when `heartbeat` does.
 *
 * - Scopes nest, and forks inside inherit them (H20).
 * - Result: that of `what`. The heartbeat lives on after it returned.
 * - When the heartbeat ends first, `what` is cancelled and this fails with a `CauseError` of the heartbeat's cause; or
 *   with `HeartbeatForgottenError` when that is not known any more (P14).
 * - When `what` fails, so does the heartbeat, with the cause of the error that left the scope.
 * - Type: moves the computation only if `what` may.
 */
export function link<A, Effect>(heartbeat: Heartbeat, what: Linkable<A, Effect>): LinkHeartbeat<A, Effect> {
  return new LinkHeartbeat(heartbeatArgument(heartbeat, "Heartbeat.link"), linkable(what));
}

function linkable<A, Effect>(what: Linkable<A, Effect>): Linkable<A, Effect> {
  if (typeof what === "function" || typeof what?.[Symbol.iterator] === "function") return what;
  throw new TypeError(
    `Heartbeat.link: expected an operation, a generator or a function that makes one, got ${typeof what}`,
  );
}
