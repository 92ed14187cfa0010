/**
 * A length of time as people write it: milliseconds as a number, `"50ms"`, `"10s"`, `"5m"`, `"1h"`, or `"infinity"`.
 * Fractions are fine: `"1.5s"`.
 */
export type Duration = number | `${number}${DurationUnit}` | "infinity";

export type DurationUnit = "ms" | "s" | "m" | "h";

const unitMs: Readonly<Record<DurationUnit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const expected = 'expected milliseconds ≥ 0, or a duration such as "50ms", "10s", "5m", "1h" or "infinity"';

/**
 * The milliseconds of `duration`; `Infinity` for `"infinity"`.
 *
 * ```ts
 * import { durationMs } from "@espalier/heartbeat";
 *
 * durationMs("1.5s"); // => 1500
 * ```
 *
 * @param name what the value is called where the user wrote it, such as `"within"`: errors begin with it.
 * @throws TypeError when it is no duration at all; RangeError when it is negative or not a number.
 */
export function durationMs(duration: Duration, name = "duration"): number {
  if (typeof duration === "number") {
    if (duration >= 0) return duration;
    throw new RangeError(`${name}: ${expected}, got ${duration}`);
  }
  const seen = parsed.get(duration);
  if (seen !== undefined) return seen;
  const ms = parse(duration, name);
  if (parsed.size < parsedMax) parsed.set(duration, ms);
  return ms;
}

/**
 * Durations are mostly the same few literals, and timeouts are on hot paths: looking one up takes 20 ns, parsing it 200.
 * Bounded, because a text may also come from a peer.
 */
const parsed = new Map<string, number>([["infinity", Infinity]]);
const parsedMax = 256;

function parse(duration: string, name: string): number {
  const match = typeof duration === "string" ? /^(-?\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration) : null;
  if (match === null) throw new TypeError(`${name}: ${expected}, got ${show(duration)}`);
  const amount = Number(match[1]);
  if (amount < 0) throw new RangeError(`${name}: ${expected}, got ${show(duration)}`);
  return amount * unitMs[match[2] as DurationUnit];
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : value === null ? "null" : typeof value;
}
