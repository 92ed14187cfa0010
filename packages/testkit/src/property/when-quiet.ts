import type { Observed } from "../scenario/observation.ts";
import type { Property } from "../scenario/property.ts";

export interface WhenQuietOptions {
  /** How long no node may have said anything. Default: 10 s, longer than leases and calls last. */
  readonly quietMs?: number;
}

/**
 * A property that holds at rest, made one that always holds: what is wrong counts once no node has said anything (no event at all) for
 * `quietMs` of the world's time. What never comes to rest is never found wrong by it.
 */
export function whenQuiet<Seen>(property: Property<Seen>, { quietMs = 10_000 }: WhenQuietOptions = {}): Property<Seen> {
  return {
    name: `${property.name} when quiet`,
    begin(cluster) {
      const checker = property.begin(cluster);
      let sinceMs = cluster.nowMs;
      /** Asked once in each quiet time: nothing changes in it but clocks. */
      let asked = false;
      return {
        event(observed: Observed): void {
          sinceMs = cluster.nowMs;
          asked = false;
          checker.event?.(observed);
        },
        check(): string | null {
          if (asked || cluster.nowMs - sinceMs < quietMs) return null;
          asked = true;
          return checker.check();
        },
      };
    },
  };
}
