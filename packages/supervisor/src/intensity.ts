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

/** How many attempts there were in one second of the monotonic clock. A window is a few of them, however many restarts it holds. */
export interface Attempts {
  readonly second: number;
  readonly count: number;
}

/** The outcome of asking for one more restart. */
export interface Attempt {
  readonly allowed: boolean;
  /** The attempts inside the window, this one included. */
  readonly count: number;
  /** The same by the second, newest first: the `earlier` of the next question. */
  readonly attempts: readonly Attempts[];
}

/** The attempts without one that was made in that second: it failed for a reason that is not the child's. */
export function giveBack(attempts: readonly Attempts[], second: number): readonly Attempts[] {
  return attempts.flatMap((some) => {
    if (some.second !== second) return [some];
    return some.count === 1 ? [] : [{ second, count: some.count - 1 }];
  });
}

/**
 * Counts one more attempt to restart. To be asked before every attempt, those that follow a failed attempt included; a group
 * that is restarted together is one attempt.
 *
 * @param earlier the `attempts` of the outcome before, empty at first.
 * @param nowMs the monotonic clock, in milliseconds.
 */
export function addAttempt(intensity: Intensity, earlier: readonly Attempts[], nowMs: number): Attempt {
  const second = secondOf(nowMs);
  let count = 1;
  let countNow = 1;
  const before: Attempts[] = [];
  for (const attempts of earlier) {
    if (attempts.second < second - intensity.withinSeconds) continue;
    count += attempts.count;
    if (attempts.second === second) countNow += attempts.count;
    else before.push(attempts);
  }
  return { allowed: count <= intensity.restarts, count, attempts: [{ second, count: countNow }, ...before] };
}

/** The second of the monotonic clock in which something is counted. */
export function secondOf(nowMs: number): number {
  return Math.floor(nowMs / 1000);
}
