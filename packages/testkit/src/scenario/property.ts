import type { Observation, Observed } from "./observation.ts";

/** Something that must hold, whatever the run. What it keeps in mind it keeps in its {@link Checker}, which is made anew for each run. */
export interface Property<Seen = unknown> {
  readonly name: string;
  begin(cluster: Observation<Seen>): Checker;
}

/** A property in one run. */
export interface Checker {
  /** Called with each event of a node as it happens, in the middle of things: it takes note, and looks at nothing else. */
  event?(observed: Observed): void;
  /** What is wrong, or null. */
  check(): string | null;
}

/** A property that only looks at how things are. `check` says what is wrong, or null. */
export function property<Seen = unknown>(
  name: string,
  check: (cluster: Observation<Seen>) => string | null,
): Property<Seen> {
  return { name, begin: (cluster) => ({ check: () => check(cluster) }) };
}
