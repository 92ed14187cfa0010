import type { Fault } from "../fault/fault.ts";

/** Simpler ones in place of a number, the simplest first: with fewer digits that matter. */
export function rounded(value: number): readonly number[] {
  if (!Number.isFinite(value) || value === 0) return [];
  const candidates = [1, 2, 3].map((digits) => Number(value.toPrecision(digits)));
  return [...new Set(candidates)].filter((candidate) => digitsOf(candidate) < digitsOf(value));
}

/** Shorter ones in place of a duration, the shortest first. Below a millisecond it is short enough. */
export function shortened(durationMs: number): readonly number[] {
  const powers = [1, 10, 100, 1_000, 10_000, 100_000].filter((power) => power < durationMs);
  const half = Number((durationMs / 2).toPrecision(1));
  const shorter = rounded(durationMs).filter((candidate) => candidate < durationMs);
  return [...new Set([...powers, ...(half >= 1 && half < durationMs ? [half] : []), ...shorter])];
}

/** Of some times the one nearest to this; none when it is one of them. */
export function snapped(atMs: number, times: readonly number[]): readonly number[] {
  if (times.length === 0 || times.includes(atMs)) return [];
  const distance = (time: number): number => Math.abs(time - atMs);
  return [times.reduce((nearest, time) => (distance(time) < distance(nearest) ? time : nearest))];
}

/** Faults that say the same in simpler words, or do less of it: numbers rounded, durations shortened, parts left out. Some may make no sense. */
export function simplerFaults(fault: Fault, times: readonly number[]): readonly (readonly Fault[])[] {
  return Object.entries(fault).map(([field, value]: [string, unknown]): readonly Fault[] => {
    const candidates = simplerValues(field, value, times);
    const replaced = candidates.map((candidate) => ({ ...fault, [field]: candidate }));
    if (value !== true) return replaced;
    // What is absent counts as false.
    return [Object.fromEntries(Object.entries(fault).filter(([other]) => other !== field)) as unknown as Fault];
  });
}

function simplerValues(field: string, value: unknown, times: readonly number[]): readonly unknown[] {
  if (typeof value === "number") {
    if (field === "atMs") return [...rounded(value), ...snapped(value, times)];
    return field === "lastsMs" ? shortened(value) : rounded(value);
  }
  // A list of links, say; a link itself is a list of names, and needs both.
  if (Array.isArray(value) && value.length > 1 && typeof value[0] === "object") {
    return value.map((_, index) => value.toSpliced(index, 1));
  }
  return [];
}

/** How many digits of a number matter: 1 of 1200000, 3 of 0.125. */
function digitsOf(value: number): number {
  const [mantissa = ""] = Math.abs(value).toExponential().split("e");
  return mantissa.replace(".", "").length;
}
