import { putLatest, Tally } from "@espalier/heartbeat";
import { beyond, TokenBucket, type Limits } from "@espalier/runtime";
import { machineAddress } from "./machine-address.ts";

/** A pipe that was accepted. */
interface Accepted {
  /** The other end as the network sees it. */
  readonly remote: string;
  end(reason: string): void;
}

/**
 * The accepted pipes whose handshake is not over, and how often each address begins one. A pipe counts from the moment that it is accepted, whether or not
 * anything comes over it.
 *
 * No address keeps others out: it has its own limits first, and when there are too many of all addresses it is the oldest pipe that goes. A
 * handshake that is meant takes milliseconds; what waits for long is an attack or dead.
 */
export class HalfOpen<T extends Accepted> implements Iterable<T> {
  readonly #limits: Limits;
  readonly #nowMs: () => number;
  /** In the order of their coming, with their addresses. */
  readonly #pipes = new Map<T, string>();
  readonly #perAddress = new Tally();
  /** By address, what came last at the end. */
  readonly #rates = new Map<string, TokenBucket>();

  /** @param nowMs of a clock that never goes back. */
  constructor(limits: Limits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#pipes.size;
  }

  /** A pipe was accepted: it stays, or it ends with a reason. */
  add(pipe: T): void {
    const limits = this.#limits;
    const address = machineAddress(pipe.remote);
    if (!this.#rateOf(address).take(this.#nowMs())) {
      return pipe.end(`${beyond(limits, "handshakesPerSecond", "handshakes in a second")} from ${address}`);
    }
    if (this.#perAddress.of(address) >= limits.halfOpenPerAddress) {
      return pipe.end(`${beyond(limits, "halfOpenPerAddress", "handshakes under way")} from ${address}`);
    }
    this.#pipes.set(pipe, address);
    this.#perAddress.add(address);
    if (this.#pipes.size <= limits.halfOpen) return;
    for (const oldest of this.#pipes.keys()) {
      this.delete(oldest);
      return oldest.end(`${beyond(limits, "halfOpen", "handshakes under way")}: the oldest makes room`);
    }
  }

  /** Its handshake is over, or the pipe is closed. */
  delete(pipe: T): void {
    const address = this.#pipes.get(pipe);
    if (address === undefined) return;
    this.#pipes.delete(pipe);
    this.#perAddress.remove(address);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#pipes.keys();
  }

  #rateOf(address: string): TokenBucket {
    const { handshakesPerSecond, rateBurstMs, addressesCounted } = this.#limits;
    const rate = this.#rates.get(address) ?? new TokenBucket(handshakesPerSecond, rateBurstMs, this.#nowMs());
    putLatest(this.#rates, address, rate, addressesCounted);
    return rate;
  }
}
