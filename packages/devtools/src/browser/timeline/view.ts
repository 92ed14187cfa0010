/** The part of a recording that is seen, in milliseconds of its times. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

const leastSpanMs = 1;

/** All of it; a millisecond at least. */
export function wholeOf({ fromMs, toMs }: View): View {
  return { fromMs, toMs: Math.max(toMs, fromMs + leastSpanMs) };
}

/** Nearer (a factor below 1) or farther, with the same moment at the same place, and nothing beyond the whole. */
export function zoomed(view: View, whole: View, factor: number, atMs: number): View {
  const spanMs = Math.min(whole.toMs - whole.fromMs, Math.max(leastSpanMs, (view.toMs - view.fromMs) * factor));
  const part = Math.min(1, Math.max(0, (atMs - view.fromMs) / (view.toMs - view.fromMs)));
  return within({ fromMs: atMs - part * spanMs, toMs: atMs + (1 - part) * spanMs }, whole);
}

/** The same span, moved as far as it takes for a moment to be seen. */
export function showing(view: View, whole: View, atMs: number): View {
  const spanMs = view.toMs - view.fromMs;
  if (atMs >= view.fromMs && atMs <= view.toMs) return within(view, whole);
  return within({ fromMs: atMs - spanMs / 2, toMs: atMs + spanMs / 2 }, whole);
}

/** Where a moment is, from 0 at the left edge to 1 at the right one; beyond these it is not seen. */
export function placeOf(view: View, atMs: number): number {
  return (atMs - view.fromMs) / (view.toMs - view.fromMs);
}

function within({ fromMs, toMs }: View, whole: View): View {
  const spanMs = Math.min(toMs - fromMs, whole.toMs - whole.fromMs);
  const from = Math.min(Math.max(fromMs, whole.fromMs), whole.toMs - spanMs);
  return { fromMs: from, toMs: from + spanMs };
}

/** Round moments to write under a view, at most so many, and how far they are apart. */
export function ticksOf(view: View, most: number): { readonly stepMs: number; readonly atMs: readonly number[] } {
  const least = (view.toMs - view.fromMs) / most;
  const stepMs = steps.find((step) => step >= least) ?? Math.ceil(least / dayMs) * dayMs;
  const atMs: number[] = [];
  for (let tick = Math.ceil(view.fromMs / stepMs) * stepMs; tick <= view.toMs; tick += stepMs) atMs.push(tick);
  return { stepMs, atMs };
}

const dayMs = 86_400_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const steps: readonly number[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minuteMs),
  ...[1, 2, 4, 6, 12, 24].map((count) => count * hourMs),
];
