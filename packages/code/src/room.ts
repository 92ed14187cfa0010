import type { CodeLimits } from "@espalier/runtime";
import { CodeRefusedError } from "./errors.ts";

/** Something that takes room among a node's definitions. */
export interface Tenant {
  /** Who sent it, as far as that is known. */
  readonly from: string | null;
  readonly trusted: boolean;
  /** Characters of its text. */
  readonly size: number;
}

/** How much a node keeps, and how much of it came from peers that are not trusted. */
export class Room {
  readonly #limits: CodeLimits;
  readonly #all = new Sum();
  readonly #ofPeers = new Map<string | null, Sum>();

  constructor(limits: CodeLimits) {
    this.#limits = limits;
  }

  /** @throws CodeRefusedError when there is no room for all of them. */
  check(tenants: readonly Tenant[]): void {
    const { kept, keptText, keptOfPeer, keptTextOfPeer } = this.#limits;
    const all = new Sum();
    const ofPeers = new Map<string | null, Sum>();
    for (const { from, trusted, size } of tenants) {
      all.add(1, size);
      if (!trusted) entry(ofPeers, from).add(1, size);
    }
    if (this.#all.exceeds(all, kept, keptText)) {
      throw new CodeRefusedError(
        `this node keeps ${this.#all.count} definitions of ${this.#all.size} characters already: at most ${kept} of ${keptText} are kept`,
      );
    }
    for (const [from, sum] of ofPeers) {
      const known = this.#ofPeers.get(from) ?? new Sum();
      if (!known.exceeds(sum, keptOfPeer, keptTextOfPeer)) continue;
      throw new CodeRefusedError(
        `this node keeps ${known.count} definitions of ${known.size} characters from ${from ?? "this peer"} already: at most ${keptOfPeer} of ${keptTextOfPeer} are kept of a peer that is not trusted`,
      );
    }
  }

  take(tenant: Tenant): void {
    this.#change(tenant, 1);
  }

  release(tenant: Tenant): void {
    this.#change(tenant, -1);
  }

  #change({ from, trusted, size }: Tenant, sign: 1 | -1): void {
    this.#all.add(sign, sign * size);
    if (trusted) return;
    const sum = entry(this.#ofPeers, from);
    sum.add(sign, sign * size);
    if (sum.count === 0) this.#ofPeers.delete(from);
  }
}

class Sum {
  count = 0;
  size = 0;

  add(count: number, size: number): void {
    this.count += count;
    this.size += size;
  }

  exceeds(more: Sum, countMax: number, sizeMax: number): boolean {
    return this.count + more.count > countMax || this.size + more.size > sizeMax;
  }
}

function entry(sums: Map<string | null, Sum>, from: string | null): Sum {
  const known = sums.get(from) ?? new Sum();
  sums.set(from, known);
  return known;
}
