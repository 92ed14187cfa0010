import type { ShownValue } from "../protocol/value.ts";

/** How much is shown of a value. */
export interface ShowLimits {
  /** How many levels of objects: 6 unless given. */
  readonly depth?: number;
  /** Entries of each object or array: 50 unless given. */
  readonly entries?: number;
  /** Characters of each string: 1,000 unless given. */
  readonly characters?: number;
  /** Characters of all keys, strings and names together, a node of the result counting as 8: 16,384 unless given. */
  readonly total?: number;
}

export function show(value: unknown, _limits: ShowLimits = {}): ShownValue {
  return { type: "plain", text: typeof value };
}
