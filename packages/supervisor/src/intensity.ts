/**
 * How many restarts a supervisor allows in which time: one window for all its children.
 *
 * Time is counted as OTP counts it, in whole monotonic seconds: a restart counts while it happened in a second that is not
 * more than `withinSeconds` before the present one (inclusive, R-930).
 */
export interface Intensity {
  /** So many are allowed in the window; the next one ends the supervisor. Zero: the first crash does. */
  readonly restarts: number;
  /** A whole number of seconds, at least 1. */
  readonly withinSeconds: number;
}

/** The outcome of asking for one more restart. */
export interface Attempt {
  readonly allowed: boolean;
  /** The seconds in which the restarts inside the window were attempted, this one included, newest first. */
  readonly attempts: readonly number[];
}

/**
 * Counts one more attempt to restart. To be asked before every attempt, those that follow a failed attempt included; a group
 * that is restarted together is one attempt.
 *
 * @param earlier the `attempts` of the outcome before, empty at first.
 * @param nowMs the monotonic clock, in milliseconds.
 */
export function addAttempt(intensity: Intensity, earlier: readonly number[], nowMs: number): Attempt {
  const now = Math.floor(nowMs / 1000);
  const attempts = [now];
  for (const second of earlier) {
    if (second >= now - intensity.withinSeconds) attempts.push(second);
  }
  return { allowed: attempts.length <= intensity.restarts, attempts };
}
