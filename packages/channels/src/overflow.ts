import { describe } from "@espalier/heartbeat";

/**
 * What a buffered channel does with a value when `capacity` values already wait:
 *
 * | `whenFull` | `deliver` | `send` | `sendUnconfirmed` |
 * | --- | --- | --- | --- |
 * | `"refuse"` (the default) | refused, the value handed back | waits until there is room: back-pressure | dropped and counted |
 * | `"drop-newest"` | refused, the value handed back | dropped and counted | dropped and counted |
 * | `"drop-oldest"` | accepted; the value that waited longest is dropped and counted | the same | the same |
 *
 * Waiting is no policy of its own: it is a refusal that the sender chose to wait on.
 */
export type WhenFull = "refuse" | "drop-newest" | "drop-oldest";

/** How a value is sent: see `Channel.deliver`, `Channel.send`, `Channel.sendUnconfirmed`. */
export type Sending = "deliver" | "send" | "sendUnconfirmed";

/** One cell of the table of {@link WhenFull}. */
export type Overflow = "refuse" | "wait" | "drop" | "replace-oldest";

/** What becomes of a value for which there is no room. */
export function overflow(whenFull: WhenFull, sending: Sending): Overflow {
  switch (whenFull) {
    case "drop-oldest":
      return "replace-oldest";
    case "drop-newest":
      return sending === "deliver" ? "refuse" : "drop";
    case "refuse":
      switch (sending) {
        case "deliver":
          return "refuse";
        case "send":
          return "wait";
        case "sendUnconfirmed":
          return "drop";
      }
  }
}

/** The limits of a buffered channel, complete and checked. */
export interface BufferLimits {
  /** How many values may wait: in the channel while nobody listens, and in each subscription. `Infinity` is unbounded. */
  readonly capacity: number;
  readonly whenFull: WhenFull;
}

/** What a user says about a buffer. */
export interface BufferOptions {
  /** See {@link BufferLimits.capacity}: a whole number of at least 1, or `Infinity`. */
  readonly capacity: number;
  /** `"refuse"` unless said otherwise. */
  readonly whenFull?: WhenFull;
}

const policies: readonly unknown[] = ["refuse", "drop-newest", "drop-oldest"] satisfies WhenFull[];

/**
 * Completes and checks `options`, which may come from a peer.
 *
 * @throws RangeError or TypeError naming the option, what was expected and what came.
 */
export function bufferLimits(options: BufferOptions): BufferLimits {
  const { capacity, whenFull = "refuse" } = options;
  if (capacity !== Infinity && !(Number.isSafeInteger(capacity) && capacity >= 1)) {
    throw new RangeError(`capacity: expected a whole number of at least 1, or Infinity, got ${describe(capacity)}`);
  }
  if (!policies.includes(whenFull)) {
    throw new TypeError(`whenFull: expected one of ${policies.join(", ")}, got ${describe(whenFull)}`);
  }
  return { capacity, whenFull };
}
