import { Tally } from "@espalier/heartbeat";

/** Somebody who waits to be let through: from where, and with whom it shares what room there is. */
export interface Waiting {
  readonly address: string;
  /** Those who have said nothing share with their address, those who wait for a node with all who do, those who were refused with each other. */
  readonly share: string;
}

export interface LobbyLimits {
  readonly halfOpen: number;
  readonly halfOpenPerAddress: number;
}

/**
 * Those whom no node has taken yet, so many and no more. A newcomer always gets in; when there are too many, the oldest leaves of those who have the
 * largest share, or of its own address if that has too many. So whoever fills the lobby displaces himself: who floods one node keeps nobody from
 * another, and who opens pipes and says nothing keeps nobody out who does say something within a round trip.
 */
export class Lobby<W extends Waiting> {
  readonly #limits: LobbyLimits;
  /** The oldest first. */
  readonly #waiting = new Set<W>();
  readonly #byAddress = new Tally();

  constructor(limits: LobbyLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns who has to leave for that, or null. It has left already. */
  enter(newcomer: W): W | null {
    const { address } = newcomer;
    this.#waiting.add(newcomer);
    this.#byAddress.add(address);
    if (this.#byAddress.of(address) > this.#limits.halfOpenPerAddress)
      return this.#displace((waiting) => waiting.address === address);
    if (this.#waiting.size <= this.#limits.halfOpen) return null;
    const largest = this.#largestShare();
    return this.#displace((waiting) => waiting.share === largest);
  }

  /** Idempotent. */
  leave(waiting: W): void {
    if (this.#waiting.delete(waiting)) this.#byAddress.remove(waiting.address);
  }

  [Symbol.iterator](): Iterator<W> {
    return this.#waiting.values();
  }

  #displace(isMeant: (waiting: W) => boolean): W | null {
    for (const waiting of this.#waiting) {
      if (!isMeant(waiting)) continue;
      this.leave(waiting);
      return waiting;
    }
    return null;
  }

  #largestShare(): string {
    const counts = new Map<string, number>();
    let largest = "";
    let most = 0;
    for (const { share } of this.#waiting) {
      const count = (counts.get(share) ?? 0) + 1;
      counts.set(share, count);
      if (count <= most) continue;
      most = count;
      largest = share;
    }
    return largest;
  }
}
