import { firstDifference, type EventLog } from "../world/event-log.ts";

/** Where two runs part that should be the same. */
export interface Divergence {
  readonly seed: number;
  /** The index of the first event that differs, from 0. */
  readonly event: number;
  /** What the first of them did there, with the events around it; empty where it was not kept. */
  readonly first: readonly string[];
  readonly second: readonly string[];
}

/** How many events are shown before and after. */
const context = 4;

/** Where the two runs part; null when they are the same. */
export function divergenceOf(seed: number, first: EventLog, second: EventLog): Divergence | null {
  const event = firstDifference(first.bytes, second.bytes);
  if (event === null) return null;
  return { seed, event, first: first.around(event, context), second: second.around(event, context) };
}

/** For people. */
export function describeDivergence({ seed, event, first, second }: Divergence): string {
  const show = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
  return [
    `seed ${seed} does not run the same way twice: the runs part at event ${event}`,
    ...show("the first run", first),
    ...show("the second run", second),
    "  Something in it takes what is not the world's: a clock, a random number, the order of something outside, or what an earlier run left",
    "  in a variable of a module.",
  ].join("\n");
}
