import { firstAfter } from "./steps.ts";
import type { View } from "./view.ts";

/** How many of the moments, which are in order, are in each of so many columns of a view. */
export function densityOf(timesMs: readonly number[], view: View, columns: number): readonly number[] {
  const counts = Array.from({ length: columns }, () => 0);
  const spanMs = view.toMs - view.fromMs;
  for (let index = firstAfter(timesMs, view.fromMs, true); index < timesMs.length; index += 1) {
    const atMs = timesMs[index] ?? Infinity;
    if (atMs > view.toMs) break;
    const column = Math.min(columns - 1, Math.floor(((atMs - view.fromMs) / spanMs) * columns));
    counts[column] = (counts[column] ?? 0) + 1;
  }
  return counts;
}

/**
 * Bars of these counts as the path of an SVG, in a box as wide as there are counts. One is as high as can be seen, and from there on they grow
 * slowly: a few events among thousands stay seen.
 */
export function barsPath(counts: readonly number[], height: number): string {
  const most = Math.log1p(Math.max(1, ...counts));
  let path = "";
  for (const [column, count] of counts.entries()) {
    if (count === 0) continue;
    const bar = Math.max(height * 0.25, (Math.log1p(count) / most) * height);
    path += `M${column} ${height}V${(height - bar).toFixed(2)}H${column + 1}V${height}Z`;
  }
  return path;
}
