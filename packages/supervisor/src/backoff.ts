import { describe, durationMs, type Cause, type Duration } from "@espalier/heartbeat";
import type { ChildSpec } from "./spec.ts";

/**
 * How long to wait before a child is restarted: `min` after its first failure, `factor` times as long after each that follows, `max` at most
 * (Pekko's `restartWithBackoff`, R-1403).
 */
export interface BackoffOptions {
  readonly min: Duration;
  readonly max: Duration;
  /** At least 1; 2 by default. */
  readonly factor?: number;
  /** The share of each wait that may be added to it at random, so that those who failed together do not come back together: 0 to 1, 0.2 by default. */
  readonly jitter?: number;
  /** A child that ran for so long before it failed waits `min` again: halfway between `min` and `max` by default. */
  readonly resetAfter?: Duration;
}

/** The same, checked and with every default filled in. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  readonly factor: number;
  readonly jitter: number;
  readonly resetAfterMs: number;
}

/** A wait whose random part has not been drawn. */
export interface Wait {
  readonly delayMs: number;
  readonly jitter: number;
}

/** For children on other nodes that cannot be reached, unless they have a back-off of their own. */
export const unreachableBackoff: Backoff = { minMs: 500, maxMs: 30_000, factor: 2, jitter: 0.2, resetAfterMs: 30_000 };

/**
 * Checks the options and fills in the defaults.
 *
 * @param of names an option in errors.
 * @throws TypeError or RangeError naming the option, what was expected, and what came.
 */
export function parseBackoff(options: BackoffOptions, of: (option: string) => string): Backoff {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${of("backoff")}: expected an object with min and max, got ${describe(options)}`);
  }
  const { min, max, factor = 2, jitter = 0.2 } = options;
  const minMs = durationMs(min, of("backoff.min"));
  const maxMs = durationMs(max, of("backoff.max"));
  if (minMs <= 0 || minMs === Infinity) {
    throw new RangeError(`${of("backoff.min")}: expected a time above 0, got ${describe(min)}`);
  }
  if (maxMs < minMs || maxMs === Infinity) {
    throw new RangeError(`${of("backoff.max")}: expected a time not below min, got ${describe(max)}`);
  }
  if (typeof factor !== "number" || !Number.isFinite(factor) || factor < 1) {
    throw new RangeError(`${of("backoff.factor")}: expected a number ≥ 1, got ${describe(factor)}`);
  }
  if (typeof jitter !== "number" || !(jitter >= 0 && jitter <= 1)) {
    throw new RangeError(`${of("backoff.jitter")}: expected a number from 0 to 1, got ${describe(jitter)}`);
  }
  const resetAfterMs = durationMs(options.resetAfter ?? (minMs + maxMs) / 2, of("backoff.resetAfter"));
  return { minMs, maxMs, factor, jitter, resetAfterMs };
}

/** How long to wait after so many failures in a row, this one not counted. */
export function waitAfter({ minMs, maxMs, factor, jitter }: Backoff, failures: number): Wait {
  return { delayMs: Math.min(maxMs, minMs * factor ** failures), jitter };
}

/** @param unit a random number in [0, 1). */
export function drawDelayMs({ delayMs, jitter }: Wait, unit: number): number {
  return delayMs * (1 + jitter * unit);
}

/**
 * Whether a child did not start, or was not there, because its node cannot be reached. A child that ran there ends with another cause, after
 * the verdict on its node: `noconnection` says that nothing of it ever ran.
 */
export function isUnreachable({ on }: ChildSpec, cause: Cause): boolean {
  return on !== null && cause.type === "noconnection";
}

/** How to wait before a child is restarted that ended, or did not start, for this cause; null: not at all. */
export function backoffOf(spec: ChildSpec, cause: Cause): Backoff | null {
  return spec.backoff ?? (isUnreachable(spec, cause) ? unreachableBackoff : null);
}
