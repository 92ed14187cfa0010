import type { Demand } from "./outgoing.ts";

/** How many parts a message may have: what one producer can make its consumer keep. */
export const partsMax = 65_536;

/** What a number of a stream brings: a part of a message, the last of which completes it. */
export interface Arriving<C> {
  readonly content: C;
  readonly isLast: boolean;
}

/** A message of which every part has come, and which is not confirmed. */
export interface Arrived<C> {
  readonly parts: readonly C[];
  /** The number of its last part. */
  readonly sequence: number;
}

/**
 * One stream as the consumer sees it. It takes the numbers in their order and asks again for one that is missing; it asks for more when half of its
 * window is used up. The window counts messages that are not confirmed: the parts of one that is not complete do not fill it.
 */
export class Incoming<C> {
  readonly #window: number;
  readonly #arrived: Arrived<C>[] = [];
  #parts: C[] = [];
  #received = 0;
  #confirmed = 0;
  #upTo: number;
  /** Whether the missing number was asked for, and has not come yet. */
  #isGapKnown = false;

  /** @param window how many messages may be here that are not confirmed. */
  constructor(window: number) {
    this.#window = window;
    this.#upTo = window;
  }

  /** The oldest message that is not confirmed. */
  get first(): Arrived<C> | null {
    return this.#arrived[0] ?? null;
  }

  /** How many messages are here and not confirmed. */
  get size(): number {
    return this.#arrived.length;
  }

  /** What there is to say of the stream now; `again` asks for everything that was sent and has not come. */
  demand(again: boolean): Demand {
    return { received: this.#received, confirmed: this.#confirmed, upTo: this.#upTo, again };
  }

  /** @returns what is to be said because of it, if anything. @throws RangeError for a message of too many parts. */
  take(sequence: number, { content, isLast }: Arriving<C>): Demand | null {
    if (sequence <= this.#received || sequence > this.#upTo) return null;
    if (sequence > this.#received + 1) {
      // Whatever was sent behind the gap finds it, too: one request is enough, and if that gets lost the next comes with time.
      if (this.#isGapKnown) return null;
      this.#isGapKnown = true;
      return this.demand(true);
    }
    this.#isGapKnown = false;
    this.#received = sequence;
    this.#parts.push(content);
    if (this.#parts.length > partsMax) throw new RangeError(`parts: expected at most ${partsMax} of one message`);
    if (isLast) {
      this.#arrived.push({ parts: this.#parts, sequence });
      this.#parts = [];
    }
    return this.#asksForMore() ? this.demand(false) : null;
  }

  /** The oldest message was processed. @returns what is to be said because of it. */
  confirm(): Demand {
    const first = this.#arrived.shift();
    if (first !== undefined) this.#confirmed = first.sequence;
    this.#asksForMore();
    // Said each time, so that a consumer that takes this one's place does not get it again.
    return this.demand(false);
  }

  /** Whether half of the window is free that was not asked for: then it is. */
  #asksForMore(): boolean {
    const limit = this.#received + this.#window - this.#arrived.length;
    if (limit - this.#upTo < this.#window / 2) return false;
    this.#upTo = limit;
    return true;
  }
}
