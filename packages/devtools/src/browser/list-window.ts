/** Rows of a list, from `first` on. */
export interface ListWindow {
  readonly first: number;
  readonly count: number;
}

/** How far a list is scrolled, in pixels, and how much of it is seen. */
export interface Scroll {
  readonly topPx: number;
  readonly heightPx: number;
  readonly rowPx: number;
  readonly total: number;
}

const overscan = 8;
/** So that scrolling on shows rows at once: the next answer takes a moment. */
const margin = 24;
const step = 32;

/** Which rows to draw: those that are seen, and a few around them. */
export function drawn(scroll: Scroll): ListWindow {
  const from = Math.max(0, Math.floor(scroll.topPx / scroll.rowPx) - overscan);
  const to = Math.ceil((scroll.topPx + scroll.heightPx) / scroll.rowPx) + overscan;
  const first = Math.min(from, Math.max(0, scroll.total - 1));
  return { first, count: Math.max(0, Math.min(to, scroll.total) - first) };
}

/**
 * Which rows to ask for: more than are drawn, and from a multiple of the step, so that scrolling by a few rows asks for nothing anew. The list
 * may grow, so it asks beyond the end of what is known.
 */
export function asked(scroll: Scroll): ListWindow {
  const { first, count } = drawn({ ...scroll, total: Number.MAX_SAFE_INTEGER });
  const from = Math.floor(Math.max(0, first - margin) / step) * step;
  const to = Math.ceil((first + count + margin) / step) * step;
  return { first: from, count: Math.min(500, to - from) };
}

/** How far to scroll so that a row is seen: no further than it takes. `coverPx`: what stays over the first rows, such as a heading. */
export function scrolledTo(index: number, scroll: Scroll, coverPx: number): number {
  const topPx = index * scroll.rowPx;
  if (topPx < scroll.topPx) return topPx;
  const lowestPx = topPx + scroll.rowPx - (scroll.heightPx - coverPx);
  return Math.max(scroll.topPx, lowestPx);
}
