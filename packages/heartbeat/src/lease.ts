import type { Duration } from "./duration.ts";
import { durationMs } from "./duration.ts";

/** How leases between nodes are timed. One set for a whole cluster: holder and judge must mean the same numbers. */
export interface LeaseParameters {
  /** How often a host says to a home that it is there. */
  readonly beatMs: number;
  /** How long a host may act after it sent the last beat that was acknowledged. */
  readonly leaseMs: number;
  /** The most by which the monotonic clocks of two machines may differ in rate, as a fraction: 0.01 is one per cent. */
  readonly driftMax: number;
  /** What a beat may take from its sender to its judge, beyond what the lease allows for. */
  readonly delayMs: number;
  /** The silence after which a home declares a host lost: `leaseMs × (1 + driftMax) + delayMs`. */
  readonly verdictMs: number;
}

export interface LeaseOptions {
  readonly beat?: Duration;
  readonly lease?: Duration;
  readonly driftMax?: number;
  readonly delay?: Duration;
}

/**
 * The timing that `options` ask for. By default a beat each second, a lease of 5 s, 1 % of drift and 500 ms of delay.
 *
 * @throws RangeError naming the option: a lease must outlast at least two beats, or one lost beat would end it.
 */
export function leaseParameters(options: LeaseOptions = {}): LeaseParameters {
  const beatMs = durationMs(options.beat ?? 1_000, "beat");
  const leaseMs = durationMs(options.lease ?? 5_000, "lease");
  const delayMs = durationMs(options.delay ?? 500, "delay");
  const driftMax = options.driftMax ?? 0.01;
  if (!(beatMs > 0 && beatMs < Infinity)) throw new RangeError(`beat: expected more than 0 ms, got ${beatMs}`);
  if (!(leaseMs >= 2 * beatMs && leaseMs < Infinity)) {
    throw new RangeError(`lease: expected at least two beats (${2 * beatMs} ms), got ${leaseMs}`);
  }
  if (!(delayMs < Infinity)) throw new RangeError(`delay: expected a finite duration, got ${delayMs}`);
  if (!(driftMax >= 0 && driftMax < 1)) throw new RangeError(`driftMax: expected 0 ≤ driftMax < 1, got ${driftMax}`);
  return { beatMs, leaseMs, driftMax, delayMs, verdictMs: leaseMs * (1 + driftMax) + delayMs };
}

/** One moment on a node's own two clocks, in milliseconds. */
export interface Instant {
  /** The monotonic clock: the one that decides. */
  readonly now: number;
  /** The wall clock: it goes on while a suspended machine's monotonic clock stands still, and is only ever used to end a lease sooner. */
  readonly wall: number;
}

/** What became of an acknowledgement. `replaced`: the home has begun a new term, and everything of earlier terms is over. */
export type Renewal = "renewed" | "replaced" | "ignored";

/**
 * The lease that one home (a node in one of its lives) grants to this node: while it lasts, processes of that home may act here.
 *
 * It counts from when the acknowledged beat was *sent* (H11). Time in which the machine was suspended counts as time passed: the wall clock
 * shows it where the monotonic clock does not (H12).
 *
 * A lease belongs to a **term**. When it ends while something acted under it, or when the home gives its verdict, the term is over for good:
 * nothing granted in it acts again, and what comes later is granted in the next term.
 */
export class LeaseHolder {
  readonly #leaseMs: number;
  #term: number | null = null;
  #held = false;
  #lapsed = false;
  /** The last beat before the lapse: what the home says about it and earlier ones was said without knowing. */
  #beatsAtLapse = 0;
  /** From when the lease counts; while there is none, since when one is waited for. */
  #from: Instant | null = null;
  #beats: number;
  /** Beats that may still be acknowledged, by number. */
  readonly #sent = new Map<number, Instant>();

  /** @param beats the number of the last beat that may have been sent before. */
  constructor(parameters: LeaseParameters, beats = 0) {
    this.#leaseMs = parameters.leaseMs;
    this.#beats = beats;
  }

  /** The number of the last beat. */
  get beats(): number {
    return this.#beats;
  }

  /** The term that the home last spoke of; null before the first acknowledgement. */
  get term(): number | null {
    return this.#term;
  }

  /** Whether this node let a term end while something was granted in it, and the home has not answered with the next term yet. */
  get lapsed(): boolean {
    return this.#lapsed;
  }

  /** The number of the beat that is sent now. */
  beat(at: Instant): number {
    this.#beats += 1;
    this.#sent.set(this.#beats, at);
    for (const [number, sent] of this.#sent) {
      if (at.now - sent.now < this.#leaseMs) break;
      this.#sent.delete(number);
    }
    return this.#beats;
  }

  /** The home acknowledged the beat `number`, in its `term`. Idempotent, and in any order. */
  acknowledge(number: number, term: number): Renewal {
    if (this.#lapsed && number > this.#beatsAtLapse && term !== this.#term) this.#lapsed = false;
    const replaced = this.observe(term);
    const sent = this.#sent.get(number);
    if (sent === undefined || term !== this.#term || this.#lapsed) return replaced ? "replaced" : "ignored";
    for (const earlier of this.#sent.keys()) if (earlier <= number) this.#sent.delete(earlier);
    if (!this.#held || this.#from === null || sent.now > this.#from.now) this.#from = sent;
    this.#held = true;
    return replaced ? "replaced" : "renewed";
  }

  /** The home speaks of `term`. True when that ends an earlier one. After a lapse only the answer to a later beat counts. */
  observe(term: number): boolean {
    if (this.#lapsed || (this.#term !== null && term <= this.#term)) return false;
    const replaced = this.#term !== null;
    this.#term = term;
    this.#held = false;
    return replaced;
  }

  /**
   * Something is here that needs the lease, after a time when nothing did: from now on its absence has an end, see
   * {@link LeaseHolder.isOver}. What is left of an idle lease counts only if the next beat can renew it in time.
   */
  need(at: Instant): void {
    if (this.#held && this.#from !== null && at.now - this.#from.now < this.#leaseMs / 2 && !this.isOver(at)) return;
    this.#held = false;
    this.#from = at;
  }

  /** Whether what was granted in `term` may act at this moment. */
  holds(term: number, at: Instant): boolean {
    return this.#held && term === this.#term && !this.#lapsed && !this.isOver(at);
  }

  /** Everything that was here under the lease is gone, and the home must be told: its beats alone would say that all is well. */
  lapse(): void {
    this.#lapsed = true;
    this.#held = false;
    this.#beatsAtLapse = this.#beats;
  }

  /** Whether the lease has ended, or did not come for as long as one lasts. */
  isOver(at: Instant): boolean {
    const from = this.#from;
    return from === null || at.now - from.now >= this.#leaseMs || at.wall - from.wall >= this.#leaseMs;
  }
}
