import type { HomeContext } from "./home-context.ts";
import type { BrokenMessage, KnowMessage } from "./home-message.ts";
import type { Place, ProcessKey } from "./transfer-message.ts";

interface Resident {
  readonly epoch: number;
  /** Who was holding for it when it came. */
  readonly told: ReadonlySet<Place>;
  /** The peers that know that it is here (null), and what is to be sent in its name to those that were told and have not answered. */
  readonly peers: Map<Place, unknown[] | null>;
  /** Who has known at any time that it is here, and sends straight to here since; and whether links and monitors stood then. */
  readonly followers: Map<Place, boolean>;
  /** Who was told where it is to be, and could not be reached since it is: links and monitors with them have fired here. */
  readonly lost: Set<Place>;
  /** It has ended, and what is to be said of that still waits for somebody. */
  isEnding: boolean;
}

/**
 * The processes whose home is here by a handover. Nothing is sent in the name of one before the other node knows where it is: only then do
 * the two agree on links and monitors, and on what was said before.
 */
export class HomeResidents {
  readonly #context: HomeContext;
  readonly #residents = new Map<ProcessKey, Resident>();

  constructor(context: HomeContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#residents.size;
  }

  *places(): IterableIterator<Place> {
    for (const { peers } of this.#residents.values()) yield* peers.keys();
  }

  epochOf(process: ProcessKey): number | undefined {
    return this.#residents.get(process)?.epoch;
  }

  adopt(process: ProcessKey, epoch: number, told: readonly Place[]): void {
    const resident: Resident = {
      epoch,
      told: new Set(told),
      peers: new Map(),
      followers: new Map(),
      lost: new Set(),
      isEnding: false,
    };
    this.#residents.set(process, resident);
    for (const place of told) if (place !== this.#context.self) this.#introduce(process, resident, place);
  }

  /** It has another home. */
  remove(process: ProcessKey): void {
    this.#residents.delete(process);
  }

  /** It has ended. Those who know that it is here are told, as soon as what is said in its name has gone. */
  end(process: ProcessKey): void {
    const resident = this.#residents.get(process);
    if (resident === undefined) return;
    resident.isEnding = true;
    this.#finish(process, resident);
  }

  /** Whether a signal in the name of `process` can go to `to` now; else it is held until it can. */
  permits(process: ProcessKey, to: Place, signal: unknown): boolean {
    const resident = this.#residents.get(process);
    if (resident === undefined || to === this.#context.self) return true;
    const held = resident.peers.get(to);
    if (held === null) return true;
    (held ?? this.#introduce(process, resident, to)).push(signal);
    return false;
  }

  /** Whether everybody who was told that it is here has answered. */
  isSettled(process: ProcessKey): boolean {
    for (const held of this.#residents.get(process)?.peers.values() ?? []) if (held !== null) return false;
    return true;
  }

  /** False when it is not here. */
  know(from: Place, { process, epoch, unbroken }: KnowMessage): boolean {
    const resident = this.#residents.get(process);
    if (resident?.epoch !== epoch) return false;
    const held = resident.peers.get(from);
    if (held === null) return true;
    if (unbroken && resident.lost.delete(from)) {
      this.#askAgain(process, resident, from);
      return true;
    }
    resident.lost.delete(from);
    resident.followers.set(from, unbroken);
    resident.peers.set(from, null);
    if (!unbroken) this.#context.act({ type: "reconcile", process, peer: from, held: held ?? [] });
    for (const signal of held ?? []) this.#context.act({ type: "signal", process, to: from, from: true, signal });
    this.#finish(process, resident);
    return true;
  }

  /**
   * Whether a signal of `origin` that came on the link to `from` still counts. Once somebody sends straight to here, what was on its way
   * through a former home is lost, as its sender knows, and must not come after what was sent later.
   */
  admits(process: ProcessKey, origin: Place, from: Place): boolean {
    return origin === from || this.#residents.get(process)?.followers.has(origin) !== true;
  }

  /** `peer` lost its connection to the process before it knew that it is here. False when it is not here. */
  broken({ process, epoch, peer }: BrokenMessage): boolean {
    const resident = this.#residents.get(process);
    if (resident?.epoch !== epoch) return false;
    // Whoever came here without the former home, and knows that nothing stands, has been dealt with.
    if (peer === this.#context.self || resident.followers.get(peer) === false) return true;
    const held = resident.peers.get(peer);
    if (held === null) this.#askAgain(process, resident, peer);
    else {
      resident.lost.add(peer);
      this.#context.act({ type: "reconcile", process, peer, held: held ?? [] });
    }
    return true;
  }

  /** Something of `place` has to do with the process: it should know where it is. */
  meet(process: ProcessKey, place: Place): void {
    const resident = this.#residents.get(process);
    if (resident === undefined || place === this.#context.self || resident.peers.has(place)) return;
    this.#introduce(process, resident, place);
  }

  /** `place` knows of an earlier time when it was here. */
  greet(process: ProcessKey, place: Place): void {
    const resident = this.#residents.get(process);
    if (resident === undefined) return;
    const { epoch, told, peers } = resident;
    if (!peers.has(place)) peers.set(place, []);
    this.#context.send(place, { type: "home.here", process, epoch, told: told.has(place) });
  }

  linked(place: Place): void {
    for (const [process, { peers }] of this.#residents) if (Array.isArray(peers.get(place))) this.greet(process, place);
  }

  /** There is no link to `place` (any more), and what was to be sent there is not. */
  unreachable(place: Place): void {
    for (const [process, resident] of this.#residents) {
      const held = resident.peers.get(place);
      if (resident.told.has(place)) resident.lost.add(place);
      if (held === undefined) continue;
      resident.peers.delete(place);
      for (const signal of held ?? []) this.#context.act({ type: "undeliverable", process, to: place, signal });
      this.#finish(process, resident);
    }
  }

  /** Links and monitors with `peer` have fired here, and it does not know. */
  #askAgain(process: ProcessKey, { epoch, peers }: Resident, peer: Place): void {
    peers.set(peer, peers.get(peer) ?? []);
    this.#context.send(peer, { type: "home.broken", process, epoch, peer });
  }

  #finish(process: ProcessKey, { epoch, peers, isEnding }: Resident): void {
    if (!isEnding || !this.isSettled(process)) return;
    this.#residents.delete(process);
    for (const place of peers.keys()) this.#context.send(place, { type: "home.ended", process, epoch });
  }

  #introduce(process: ProcessKey, { epoch, told, peers }: Resident, place: Place): unknown[] {
    const held: unknown[] = [];
    peers.set(place, held);
    if (this.#context.linked.has(place)) {
      this.#context.send(place, { type: "home.here", process, epoch, told: told.has(place) });
    } else this.#context.act({ type: "connect", to: place });
    return held;
  }
}
