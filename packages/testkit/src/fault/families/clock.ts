import { nodeSpans, type FaultFamily, type NodeFamilyOptions } from "./family.ts";

export interface ClockFamilyOptions extends NodeFamilyOptions {
  /** By how much the rate of a monotonic clock is wrong at most, as a fraction up to 0.1; 0: none is. Default: 0.005. */
  readonly drift?: number;
  /** How far a wall clock is set forward or back at most, in milliseconds; 0: none is. Default: one minute. */
  readonly step?: number;
}

/** Clocks that run too fast or too slowly, and clocks that somebody sets. */
export function clock(options: ClockFamilyOptions = {}): FaultFamily {
  const { drift = 0.005, step = 60_000 } = options;
  if (!(drift >= 0 && drift <= 0.1)) throw new RangeError(`drift: expected from 0 to 0.1, got ${drift}`);
  if (!(step >= 0 && step < Infinity)) throw new RangeError(`step: expected at least 0, got ${step}`);
  if (drift === 0 && step === 0) throw new RangeError("drift: expected more than 0 where step is 0, got 0");
  return nodeSpans("clock", options, (node, random, { atMs, lastsMs }) => {
    const isDrift = step === 0 || (drift > 0 && random.chance(0.5));
    // The extremes are where bounds are met: half of the clocks go there.
    const share = random.chance(0.5) ? 1 : random.between(0.1, 1);
    const way = random.chance(0.5) ? 1 : -1;
    if (isDrift) return { atMs, type: "drift", node, rate: Number((1 + way * drift * share).toFixed(9)), lastsMs };
    return { atMs, type: "step", node, byMs: way * Math.ceil(step * share) };
  });
}
