import { describe, durationMs, type Duration } from "@espalier/heartbeat";
import type { Intensity } from "./intensity.ts";
import type { Strategy } from "./strategy.ts";

/** When a supervisor ends because its significant children did. */
export type AutoShutdown = "never" | "any-significant" | "all-significant";

/** What a supervisor was told about all its children, with the defaults filled in. */
export interface SupervisorFlags {
  readonly strategy: Strategy;
  readonly intensity: Intensity;
  readonly autoShutdown: AutoShutdown;
}

/** The same as a user writes it. */
export interface FlagOptions {
  /** Whom a crash restarts; by default the child alone, `"one-for-one"`. */
  readonly strategy?: Strategy;
  /**
   * How many restarts are allowed in which time, 1 in 5 seconds by default. The time is counted in whole seconds, as OTP counts
   * it.
   */
  readonly intensity?: IntensityOptions;
  /** By default `"never"`. */
  readonly autoShutdown?: AutoShutdown;
}

export interface IntensityOptions {
  readonly restarts?: number;
  readonly within?: Duration;
}

const strategies: readonly unknown[] = ["one-for-one", "one-for-all", "rest-for-one"] satisfies Strategy[];
const autoShutdowns: readonly unknown[] = ["never", "any-significant", "all-significant"] satisfies AutoShutdown[];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TypeError or RangeError naming the option, what was expected, and what came.
 */
export function parseFlags(options: FlagOptions): SupervisorFlags {
  const { strategy = "one-for-one", intensity = {}, autoShutdown = "never" } = options;
  if (!strategies.includes(strategy)) throw notOneOf("strategy", strategies, strategy);
  if (!autoShutdowns.includes(autoShutdown)) throw notOneOf("autoShutdown", autoShutdowns, autoShutdown);
  return { strategy, intensity: parseIntensity(intensity, { restarts: 1, within: "5s" }), autoShutdown };
}

export function parseIntensity(options: IntensityOptions, defaults: Required<IntensityOptions>): Intensity {
  const { restarts = defaults.restarts, within = defaults.within } = options;
  if (!Number.isInteger(restarts) || restarts < 0) {
    throw new RangeError(`intensity.restarts: expected an integer ≥ 0, got ${describe(restarts)}`);
  }
  const withinSeconds = durationMs(within, "intensity.within") / 1000;
  if (!Number.isInteger(withinSeconds) || withinSeconds < 1) {
    throw new RangeError(`intensity.within: expected whole seconds, at least one, got ${describe(within)}`);
  }
  return { restarts, withinSeconds };
}

/** The error for an option that is none of the `expected` words. */
export function notOneOf(option: string, expected: readonly unknown[], got: unknown): TypeError {
  return new TypeError(`${option}: expected one of ${expected.map(describe).join(", ")}, got ${describe(got)}`);
}
