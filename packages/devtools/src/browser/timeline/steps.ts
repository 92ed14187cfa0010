/** The index of the first of moments in order that is later than one, or `orAt` as late; their number if none is. */
export function firstAfter(timesMs: readonly number[], atMs: number, orAt = false): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const time = timesMs[middle] ?? Infinity;
    if (time < atMs || (time === atMs && !orAt)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The next moment; null: there is none. */
export function nextOf(timesMs: readonly number[], atMs: number): number | null {
  return timesMs[firstAfter(timesMs, atMs)] ?? null;
}

/** The moment before. */
export function previousOf(timesMs: readonly number[], atMs: number): number | null {
  return timesMs[firstAfter(timesMs, atMs, true) - 1] ?? null;
}

/** When the nearest of events happened, if that is no farther than `mostMs`; else the moment itself. */
export function nearestOf(events: readonly { readonly atMs: number }[], atMs: number, mostMs: number): number {
  let found = atMs;
  let leastMs = mostMs;
  for (const event of events) {
    const distanceMs = Math.abs(event.atMs - atMs);
    if (distanceMs > leastMs) continue;
    leastMs = distanceMs;
    found = event.atMs;
  }
  return found;
}
