import type { Cause } from "@espalier/heartbeat";

/**
 * What came of a `deliver`. It always comes to one of these (P27), and whoever did not get rid of a value gets it back.
 *
 * | outcome | the value is handed over |
 * | --- | --- |
 * | `delivered` | exactly once: a listener has it |
 * | `buffered` | at most once: it waits in a buffered channel, whose policy or end may still drop it |
 * | `refused` | never |
 * | `unknown` | at most once: the connection was lost before the answer came |
 */
export type Delivery<T> =
  | { readonly type: "delivered" }
  | { readonly type: "buffered" }
  | { readonly type: "refused"; readonly reason: Refusal; readonly value: T }
  | { readonly type: "unknown"; readonly cause: Cause; readonly value: T };

/** Why a channel did not take a value: nobody listens (rendezvous), it is full, or it is closed (buffered). */
export type Refusal = "no-listener" | "full" | "closed";

/** What a channel says to one value, without a word about the value itself: constant strings, which cost nothing and travel. */
export type OfferOutcome = "delivered" | "buffered" | Refusal;

const delivered = Object.freeze({ type: "delivered" } as const);
const buffered = Object.freeze({ type: "buffered" } as const);

/** The outcome as the sender of `value` sees it. */
export function delivery<T>(outcome: OfferOutcome, value: T): Delivery<T> {
  switch (outcome) {
    case "delivered":
      return delivered;
    case "buffered":
      return buffered;
    case "no-listener":
    case "full":
    case "closed":
      return { type: "refused", reason: outcome, value };
  }
}
