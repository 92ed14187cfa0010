/**
 * A grant that rides on a transfer out of the home itself: the host may begin at once, without asking. Numbered within the term of the
 * lease, because nobody is asked who could notice that it was presented twice (P16).
 */
export interface RidingGrant {
  readonly term: number;
  /** From 1, in the order granted to this host in this term. */
  readonly serial: number;
  /** What the host passes on with the process: who presents it may claim the next epoch. */
  readonly baton: string;
}

/** The home's numbers for one host: which riding grants are still open. */
export class GrantBook {
  #term = 0;
  #next = 1;
  readonly #open = new Set<number>();

  /** The next serial of `term`. */
  issue(term: number): number {
    if (term !== this.#term) {
      this.#term = term;
      this.#next = 1;
      this.#open.clear();
    }
    const serial = this.#next;
    this.#next += 1;
    this.#open.add(serial);
    return serial;
  }

  /** The outcome of `serial` is known: no transfer that carries it will be sent again. */
  settle(term: number, serial: number): void {
    if (term === this.#term) this.#open.delete(serial);
  }

  /** Every serial of `term` below this one is settled. */
  floor(term: number): number {
    if (term !== this.#term) return 1;
    let floor = this.#next;
    for (const serial of this.#open) if (serial < floor) floor = serial;
    return floor;
  }
}

/** What a host answered to a riding grant. */
export type GrantAnswer = { readonly type: "accepted" } | { readonly type: "refused"; readonly reason: unknown };

/**
 * The host's side: admits each riding grant of one home once, however often and late its transfer arrives. It remembers only what the home
 * has not settled yet, and one number.
 */
export class GrantGate {
  #term = 0;
  #floor = 1;
  readonly #seen = new Map<number, GrantAnswer | null>();

  /** How many answers are remembered. */
  get size(): number {
    return this.#seen.size;
  }

  /** `fresh`: never seen. `seen`: it was, answer as before. `void`: of an earlier term, or settled; nothing may come of it. */
  admit(term: number, serial: number): "fresh" | "seen" | "void" {
    this.#enter(term);
    if (term < this.#term || serial < this.#floor) return "void";
    if (this.#seen.has(serial)) return "seen";
    this.#seen.set(serial, null);
    return "fresh";
  }

  /** What was answered; null while nothing was. */
  answer(term: number, serial: number): GrantAnswer | null {
    return term === this.#term ? (this.#seen.get(serial) ?? null) : null;
  }

  record(term: number, serial: number, answer: GrantAnswer): void {
    if (term === this.#term && this.#seen.has(serial)) this.#seen.set(serial, answer);
  }

  /** The home will not send the transfers of serials below `floor` again, and those that are on their way are void. */
  settle(term: number, floor: number): void {
    this.#enter(term);
    if (term < this.#term || floor <= this.#floor) return;
    this.#floor = floor;
    for (const serial of this.#seen.keys()) if (serial < floor) this.#seen.delete(serial);
  }

  /** The lease of the current term has ended: nothing that was granted in it may begin any more. */
  void(): void {
    this.#floor = Infinity;
    this.#seen.clear();
  }

  #enter(term: number): void {
    if (term <= this.#term) return;
    this.#term = term;
    this.#floor = 1;
    this.#seen.clear();
  }
}
