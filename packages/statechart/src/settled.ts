import type { LocalGenerator } from "@espalier/heartbeat";
import { needsPerforming, perform } from "@espalier/runtime";

/** The value itself, or what it gives. */
export function* settled(value: unknown): LocalGenerator<unknown> {
  return needsPerforming(value) ? yield* perform(value) : value;
}
