/** What one number of a stream carries: a whole message, or one of its parts. */
export interface Piece<P> {
  readonly parcel: P;
  /** Which part of it, from 0. */
  readonly part: number;
  readonly isLast: boolean;
}

/** What a consumer says of a stream. */
export interface Demand {
  /** Everything up to this has come. */
  readonly received: number;
  /** Everything up to this has been processed. */
  readonly confirmed: number;
  /** This may be sent, and nothing after it. */
  readonly upTo: number;
  /** Whether what comes after `received` is to be sent again. */
  readonly again: boolean;
}

/**
 * One stream as the producer sees it: what has its number and is not confirmed, in order. Numbers begin at 1 and have no gaps, so a message that is
 * missing, or there already, is known by its number alone.
 *
 * Demands may get lost, come twice and out of order: what one of them says is never taken back by an older one.
 */
export class Outgoing<P extends { readonly parts: number }> {
  readonly #unconfirmed: Piece<P>[] = [];
  #confirmed = 0;
  #sent = 0;
  #upTo = 0;

  /** Whether one more message is asked for. */
  get hasDemand(): boolean {
    return this.#last < this.#upTo;
  }

  /** How many numbers are not confirmed. */
  get size(): number {
    return this.#unconfirmed.length;
  }

  /** What was not confirmed, whole: a message of which only some parts have arrived is one of them. */
  get unconfirmed(): readonly P[] {
    return [...new Set(this.#unconfirmed.map(({ parcel }) => parcel))];
  }

  get #last(): number {
    return this.#confirmed + this.#unconfirmed.length;
  }

  /** Gives a message the next numbers: one for each of its parts. */
  add(parcel: P): void {
    for (let part = 0; part < parcel.parts; part += 1) {
      this.#unconfirmed.push({ parcel, part, isLast: part === parcel.parts - 1 });
    }
  }

  /** @returns what is confirmed by it and was not before. What makes no sense is passed over. */
  demand({ received, confirmed, upTo, again }: Demand): readonly P[] {
    if (received > this.#last || confirmed > received) return [];
    const done = this.#unconfirmed.splice(0, Math.max(0, confirmed - this.#confirmed));
    this.#confirmed += done.length;
    this.#upTo = Math.max(this.#upTo, upTo);
    if (again) this.#sent = received;
    this.#sent = Math.max(this.#sent, this.#confirmed);
    return done.filter(({ isLast }) => isLast).map(({ parcel }) => parcel);
  }

  /** What is to be sent now, with its number. */
  *due(): Generator<readonly [sequence: number, piece: Piece<P>], void> {
    while (this.#sent < Math.min(this.#last, this.#upTo)) {
      this.#sent += 1;
      yield [this.#sent, this.#unconfirmed[this.#sent - this.#confirmed - 1] as Piece<P>];
    }
  }
}
