import type { Clock, RoundTripView } from "@espalier/runtime";
import { CodecError } from "../errors.ts";
import { frameKind } from "./outbox.ts";

const frameBytes = 1 + 4;

/** What one answer counts for in the mean, as in RFC 6298. */
const weight = 1 / 8;

/**
 * How long the peer takes to answer. It is asked in place of a tick, so that asking costs nothing but the answer, and once in each quarter of this
 * node's tick time at most: that is how often the peer says something anyway. There is one question at a time.
 */
export class RoundTrip {
  readonly #clock: Clock;
  readonly #quarterMs: number;
  #quarter = -1;
  #number = 0;
  /** When the question was asked that has no answer yet. */
  #askedAtMs: number | null = null;
  #view: RoundTripView | null = null;

  constructor(clock: Clock, quarterMs: number) {
    this.#clock = clock;
    this.#quarterMs = quarterMs;
  }

  /** Null until there was an answer. */
  get view(): RoundTripView | null {
    return this.#view;
  }

  /** The plaintext of a question, or null when it is not the time for one. */
  ask(): Uint8Array | null {
    const nowMs = this.#clock.monotonic();
    const quarter = Math.floor(nowMs / this.#quarterMs);
    if (this.#askedAtMs !== null || quarter === this.#quarter) return null;
    this.#quarter = quarter;
    this.#askedAtMs = nowMs;
    this.#number = (this.#number + 1) >>> 0;
    const plain = new Uint8Array(frameBytes);
    plain[0] = frameKind.ping;
    new DataView(plain.buffer).setUint32(1, this.#number);
    return plain;
  }

  /**
   * The plaintext of the answer to a question of the peer's.
   *
   * @throws CodecError when it is none.
   */
  answer(ping: Uint8Array): Uint8Array {
    if (ping.length !== frameBytes) throw new CodecError(`a ping of ${ping.length} bytes; expected ${frameBytes}`);
    const plain = ping.slice();
    plain[0] = frameKind.pong;
    return plain;
  }

  /**
   * The plaintext of an answer.
   *
   * @throws CodecError when nothing of the kind was asked.
   */
  answered(pong: Uint8Array): void {
    if (pong.length !== frameBytes) throw new CodecError(`a pong of ${pong.length} bytes; expected ${frameBytes}`);
    const number = new DataView(pong.buffer, pong.byteOffset).getUint32(1);
    if (this.#askedAtMs === null || number !== this.#number) throw new CodecError("a pong that nobody asked for");
    const lastMs = this.#clock.monotonic() - this.#askedAtMs;
    this.#askedAtMs = null;
    const { meanMs, leastMs } = this.#view ?? { meanMs: lastMs, leastMs: lastMs };
    this.#view = { lastMs, leastMs: Math.min(leastMs, lastMs), meanMs: meanMs + weight * (lastMs - meanMs) };
  }
}
