import { birthplaceOf, type HomeContext } from "./home-context.ts";
import type { HereMessage, LeavingMessage, MovedMessage, StaysMessage } from "./home-message.ts";
import type { Place, ProcessKey } from "./transfer-message.ts";

interface Route {
  readonly epoch: number;
  readonly place: Place;
  /** Whether the home was told on the present link that it is known here. */
  isKnown: boolean;
  /** Whether the links and monitors of this node with the process were handed over unbroken. */
  unbroken: boolean;
}

interface Holding {
  readonly epoch: number;
  /** The home that is being given up, and the one that comes. */
  readonly from: Place;
  readonly to: Place;
  readonly held: unknown[];
  /** Whether it was gone when this node was told. */
  readonly isGone: boolean;
  /** Whether the link to the home that comes was lost meanwhile: it may have been the home already. */
  isBroken: boolean;
}

/** How much may be known, or wait for the word of others, on the say-so of those who are not believed. */
const keptMax = 100_000;

/**
 * Where the homes of other processes are, as far as this node knows, and what waits for one that is being handed over. A route leads to a
 * later epoch only (P18). It leaves when its place says that the process is not there any more, or is dead (P19).
 */
export class HomeSender {
  readonly #context: HomeContext;
  readonly #routes = new Map<ProcessKey, Route>();
  readonly #holding = new Map<ProcessKey, Holding>();
  /** What a home that is not known here yet has asked for: it is heeded as soon as this node follows it. */
  readonly #foreseen = new Map<ProcessKey, Holding>();
  /** Places that say that they are the home, while the home that is known has not said so. */
  readonly #claims = new Map<ProcessKey, { readonly epoch: number; readonly place: Place }>();

  constructor(context: HomeContext) {
    this.#context = context;
  }

  get routes(): number {
    return this.#routes.size;
  }

  get waiting(): number {
    return this.#holding.size + this.#foreseen.size + this.#claims.size;
  }

  *places(): IterableIterator<Place> {
    for (const { place } of this.#routes.values()) yield place;
    for (const { from, to } of this.#holding.values()) yield* [from, to];
    for (const { place } of this.#claims.values()) yield place;
  }

  find(process: ProcessKey): { readonly epoch: number; readonly place: Place } | undefined {
    return this.#routes.get(process);
  }

  /** The home of `process`, as far as it is known here. */
  homeOf(process: ProcessKey): Place {
    return this.#routes.get(process)?.place ?? birthplaceOf(process);
  }

  /** Whether `signal` has to wait; then it is kept. */
  holds(process: ProcessKey, signal: unknown): boolean {
    const holding = this.#holding.get(process);
    holding?.held.push(signal);
    return holding !== undefined;
  }

  /** Whether all that this node has for `process` waits for the outcome of this handover. */
  waitsFor(process: ProcessKey, epoch: number, from: Place): boolean {
    const holding = this.#holding.get(process);
    return holding?.epoch === epoch && holding.from === from && !holding.isGone;
  }

  leaving(from: Place, { process, epoch, to, gone }: LeavingMessage): void {
    const known = this.#routes.get(process)?.epoch ?? 0;
    if (epoch > known && this.#hasRoom(from)) {
      const isHome = from === this.homeOf(process);
      const held = isHome ? (this.#holding.get(process)?.held ?? []) : [];
      (isHome ? this.#holding : this.#foreseen).set(process, { epoch, from, to, held, isGone: gone, isBroken: false });
    }
    this.#context.send(from, { type: "home.held", process, epoch });
  }

  stays(from: Place, { process, epoch }: StaysMessage): void {
    this.#forget(process, from);
    const claim = this.#claims.get(process);
    if (claim?.epoch === epoch && from === this.homeOf(process)) {
      this.#claims.delete(process);
      this.#ignore(process, claim.epoch, claim.place);
    }
    if (this.#holding.get(process)?.from === from) this.#release(process, from);
  }

  moved(from: Place, { process, epoch, to }: MovedMessage): void {
    this.#forget(process, from);
    const holding = this.#holding.get(process);
    if (holding?.from === from && holding.epoch === epoch) this.follow(process, epoch, to, !holding.isBroken);
    this.#context.send(from, { type: "home.followed", process, epoch });
  }

  /**
   * `from` says that it is the home of a process: that counts when the home that is known says so, or cannot be asked and `from` is believed
   * without.
   */
  here(from: Place, { process, epoch, told }: HereMessage): void {
    const route = this.#routes.get(process);
    if (route?.place === from && route.epoch === epoch) return this.#know(process, route);
    if (epoch <= (route?.epoch ?? 0)) return;
    const holding = this.#holding.get(process);
    const isExpected = holding?.to === from && holding.epoch === epoch;
    if (isExpected && told && !holding.isGone) return this.follow(process, epoch, from, !holding.isBroken);
    const known = this.homeOf(process);
    if (known === from) {
      // Where it was born: a route there says no more than the pid, and is not worth more than there is room.
      return this.#hasRoom(from) ? this.follow(process, epoch, from, false) : this.#ignore(process, epoch, from);
    }
    const { linked, expected } = this.#context;
    if (!linked.has(known) && !expected.has(known)) this.#believe(process, epoch, from);
    else if (this.#hasRoom(from)) {
      this.#claims.set(process, { epoch, place: from });
      if (!isExpected && linked.has(known)) this.#context.send(known, { type: "home.ask", process, epoch });
    }
  }

  /** The home of `process` is at `place` from now on. */
  follow(process: ProcessKey, epoch: number, place: Place, unbroken: boolean): void {
    if (epoch <= (this.#routes.get(process)?.epoch ?? 0)) return;
    if ((this.#claims.get(process)?.epoch ?? 0) <= epoch) this.#claims.delete(process);
    const route: Route = { epoch, place, isKnown: false, unbroken };
    this.#routes.set(process, route);
    if (!unbroken) this.#context.act({ type: "disconnected", process, place });
    if (this.#context.linked.has(place)) this.#know(process, route);
    else this.#context.act({ type: "connect", to: place });
    const foreseen = this.#foreseen.get(process);
    this.#foreseen.delete(process);
    if (foreseen?.from !== place || foreseen.epoch <= epoch) return this.#release(process, place);
    this.#holding.set(process, { ...foreseen, held: this.#holding.get(process)?.held ?? [] });
  }

  /** This node itself is to be the home: what waits here is returned. */
  adopted(process: ProcessKey): readonly unknown[] {
    const held = this.#holding.get(process)?.held ?? [];
    this.#holding.delete(process);
    this.#foreseen.delete(process);
    this.#routes.delete(process);
    this.#claims.delete(process);
    return held;
  }

  /** `place` says that the process is not there. */
  ended(place: Place, process: ProcessKey, epoch: number): void {
    const route = this.#routes.get(process);
    if (route?.place !== place || route.epoch > epoch) return;
    this.#routes.delete(process);
    this.#context.act({ type: "gone", process, place });
    if (this.#holding.get(process)?.from === place) this.#release(process, this.homeOf(process));
  }

  /** The home says that its links and monitors with this node were lost. */
  broke(from: Place, process: ProcessKey, epoch: number): void {
    const route = this.#routes.get(process);
    if (route?.place !== from || route.epoch !== epoch) return;
    route.unbroken = false;
    route.isKnown = false;
    this.#context.act({ type: "disconnected", process, place: from });
    this.#know(process, route);
  }

  linked(place: Place): void {
    for (const [process, route] of this.#routes) if (route.place === place) this.#know(process, route);
    for (const [process, { epoch }] of this.#claims) {
      if (this.homeOf(process) === place) this.#context.send(place, { type: "home.ask", process, epoch });
    }
  }

  /** `home`, which was about to give the process up, cannot be heard: what waits goes there as soon as it can be. */
  broken(process: ProcessKey, home: Place, epoch: number): void {
    const holding = this.#holding.get(process);
    if (holding?.from === home && holding.epoch === epoch) this.#release(process, home);
  }

  /** The link to `place` is lost, or could not be made. `expects` says for which processes this node itself may be the home soon. */
  unreachable(place: Place, expects: (process: ProcessKey) => boolean): void {
    for (const route of this.#routes.values()) {
      if (route.place !== place) continue;
      route.isKnown = false;
      route.unbroken = false;
    }
    for (const [process, { from }] of this.#foreseen) if (from === place) this.#foreseen.delete(process);
    for (const [process, holding] of this.#holding) {
      if (holding.to === place) holding.isBroken = true;
      if (holding.from !== place) continue;
      // What was on the link is lost, as with any; a claim that waits for its word is believed below.
      if (!this.#claims.has(process) && !expects(process)) this.#release(process, place);
    }
    for (const [process, claim] of this.#claims) {
      if (claim.place === place) this.#claims.delete(process);
      else if (this.homeOf(process) === place) {
        this.#claims.delete(process);
        this.#believe(process, claim.epoch, claim.place);
        if (this.#holding.get(process)?.from === place && !expects(process)) this.#release(process, place);
      }
    }
  }

  /** `place` is gone for good. */
  dead(place: Place): void {
    this.unreachable(place, () => false);
    for (const [process, route] of this.#routes) if (route.place === place) this.ended(place, process, route.epoch);
  }

  /** Nobody can say whether `place` is the home. */
  #believe(process: ProcessKey, epoch: number, place: Place): void {
    if (this.#context.believes(place)) this.follow(process, epoch, place, false);
    else this.#ignore(process, epoch, place);
  }

  /** `place`, which says that it is the home, is nobody to this node, and need not wait for it. */
  #ignore(process: ProcessKey, epoch: number, place: Place): void {
    this.#context.send(place, { type: "home.know", process, epoch, unbroken: false });
  }

  #hasRoom(from: Place): boolean {
    return this.waiting + this.#routes.size < keptMax || this.#context.believes(from);
  }

  #forget(process: ProcessKey, from: Place): void {
    if (this.#foreseen.get(process)?.from === from) this.#foreseen.delete(process);
  }

  #know(process: ProcessKey, route: Route): void {
    if (route.isKnown) return;
    route.isKnown = true;
    const { epoch, place, unbroken } = route;
    this.#context.send(place, { type: "home.know", process, epoch, unbroken });
  }

  #release(process: ProcessKey, to: Place): void {
    const held = this.#holding.get(process)?.held ?? [];
    this.#holding.delete(process);
    for (const signal of held) this.#context.act({ type: "signal", process, to, from: false, signal });
  }
}
