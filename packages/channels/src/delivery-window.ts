import type { OfferOutcome } from "./delivery.ts";

/** What was answered to a message: its outcome, or that its `send` still waits for room. */
export type Answer = OfferOutcome | "waiting";

/**
 * The messages of one sender that were seen lately, so that a repeated message is answered again and not handed over again (P26, P27).
 *
 * A sender numbers its messages 1, 2, 3 …, repeats those that were not answered in the same order, and has at most `size` of them
 * unanswered: then every message is handled exactly once and always gets its answer. From a sender that does otherwise, a message
 * that is older than the window, or was overtaken by a later one, is not handed over at all: order and at-most-once hold regardless.
 */
export class DeliveryWindow {
  readonly #size: number;
  // Invariant: the answer to `sequence` is at `sequence % size` for the last `size` sequences; undefined where one was left out.
  readonly #answers: (Answer | undefined)[] = [];
  #highest = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** `"new"` when it was never seen and may be handed over; `"forgotten"` when it must not be, and what came of it is not known any more. */
  lookup(sequence: number): Answer | "new" | "forgotten" {
    if (sequence > this.#highest) return "new";
    if (sequence <= this.#highest - this.#size) return "forgotten";
    return this.#answers[sequence % this.#size] ?? "forgotten";
  }

  /** Notes the answer to a message, or a better one once a `"waiting"` send is settled. */
  record(sequence: number, answer: Answer): void {
    if (sequence <= this.#highest - this.#size) return;
    const firstLeftOut = Math.max(this.#highest + 1, sequence - this.#size + 1);
    for (let leftOut = firstLeftOut; leftOut < sequence; leftOut += 1) this.#answers[leftOut % this.#size] = undefined;
    this.#answers[sequence % this.#size] = answer;
    this.#highest = Math.max(this.#highest, sequence);
  }
}
