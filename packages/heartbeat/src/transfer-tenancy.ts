import { LeaseHolder } from "./lease.ts";
import type { TransferContext } from "./transfer-context.ts";
import { GrantGate } from "./transfer-grant.ts";
import type { BeatAcknowledgedMessage, Place, ProcessKey, Receipt } from "./transfer-message.ts";

/** Something that is here under the lease of its home. */
export interface Tenant {
  readonly home: Place;
  /** The term that it was granted in; 0 while it is not. */
  readonly term: number;
  /** It may not act any more. */
  fence(): void;
  /** There is a lease now. */
  leased(): void;
}

/** What is here of one home, and its lease. */
export class Tenancy {
  readonly home: Place;
  readonly lease: LeaseHolder;
  readonly gate: GrantGate = new GrantGate();
  readonly #context: TransferContext;
  readonly #tenants = new Set<Tenant>();
  /** Signals that arrived and were not acknowledged yet. */
  readonly #receipts = new Map<ProcessKey, Receipt>();
  #lapsedAtMs = -Infinity;

  /** @param beats the number of the last beat that may have been sent before. */
  constructor(context: TransferContext, home: Place, beats: number) {
    this.#context = context;
    this.home = home;
    this.lease = new LeaseHolder(context.parameters, beats);
  }

  /** Whether beats are due: something is here, or the home has yet to hear that nothing is. */
  get isActive(): boolean {
    const { at, parameters } = this.#context;
    const isTelling = this.lease.lapsed && at.now - this.#lapsedAtMs < parameters.verdictMs;
    return this.#isUsed || isTelling;
  }

  /** Whether nothing was ever granted here, nor is to be: it may be a home that somebody made up. */
  get isVoid(): boolean {
    return this.lease.term === null && !this.isActive;
  }

  get #isUsed(): boolean {
    return this.#tenants.size > 0 || this.gate.size > 0;
  }

  /** Whether what was granted in `term` may act now. If the lease has ended, everything under it is dropped instead. */
  permits(term: number): boolean {
    if (this.lease.holds(term, this.#context.at)) return true;
    this.fence();
    return false;
  }

  enter(tenant: Tenant): void {
    const isIdle = this.#tenants.size === 0;
    if (isIdle) this.lease.need(this.#context.at);
    this.#tenants.add(tenant);
    // An idle lease was not renewed for a while, and the process cannot start without one: no need to wait for the next tick.
    if (isIdle) this.beat();
  }

  leave(tenant: Tenant): void {
    this.#tenants.delete(tenant);
  }

  /** Something of the same process goes on in another shape: nothing begins and nothing ends. */
  replace(tenant: Tenant, by: Tenant): void {
    this.#tenants.delete(tenant);
    this.#tenants.add(by);
  }

  received(process: ProcessKey, epoch: number, number: number): void {
    this.#receipts.set(process, [process, epoch, number]);
    // Acknowledge early when much is owed, so that the home's memory stays small.
    if (number % acknowledgeEvery === 0) this.beat();
  }

  /** Says that this node is here, and what has arrived. */
  beat(): void {
    const number = this.lease.beat(this.#context.at);
    const receipts = [...this.#receipts.values()];
    this.#receipts.clear();
    const { term, lapsed } = this.lease;
    this.#context.send(this.home, { type: "lease.beat", number, term, lapsed, receipts });
  }

  acknowledged({ number, term, floor }: BeatAcknowledgedMessage): void {
    if (this.lease.acknowledge(number, term) === "replaced") this.#endTermsBefore(term);
    this.gate.settle(term, floor);
    for (const tenant of this.#tenants) tenant.leased();
  }

  /** The home speaks of `term`: what it granted in an earlier one is over. */
  observe(term: number): void {
    if (!this.lease.observe(term)) return;
    this.lease.need(this.#context.at);
    this.#endTermsBefore(term);
  }

  tick(): void {
    if (this.#isUsed && this.lease.isOver(this.#context.at)) this.fence();
    if (this.isActive) this.beat();
  }

  /** The lease has ended: everything under it is dropped, and the home will be told. */
  fence(): void {
    this.clear();
    this.lease.lapse();
    this.gate.void();
    this.#lapsedAtMs = this.#context.at.now;
  }

  /** Drops everything. */
  clear(): void {
    for (const tenant of [...this.#tenants]) tenant.fence();
  }

  #endTermsBefore(term: number): void {
    for (const tenant of [...this.#tenants]) if (tenant.term > 0 && tenant.term < term) tenant.fence();
  }
}

/** The homes that this node holds leases of, or did. One small record for each life of a peer that ever granted something. */
export class Tenancies {
  readonly #context: TransferContext;
  readonly #byHome = new Map<Place, Tenancy>();
  /** The greatest number of a beat to a home that was forgotten: none is used twice. */
  #beats = 0;

  constructor(context: TransferContext) {
    this.#context = context;
  }

  of(home: Place): Tenancy {
    let tenancy = this.#byHome.get(home);
    if (tenancy === undefined) {
      tenancy = new Tenancy(this.#context, home, this.#beats);
      this.#byHome.set(home, tenancy);
    }
    return tenancy;
  }

  find(home: Place): Tenancy | undefined {
    return this.#byHome.get(home);
  }

  get places(): IterableIterator<Place> {
    return this.#byHome.keys();
  }

  get isActive(): boolean {
    for (const tenancy of this.#byHome.values()) if (tenancy.isActive) return true;
    return false;
  }

  /** Answers to riding grants that are remembered. */
  get answerCount(): number {
    let count = 0;
    for (const { gate } of this.#byHome.values()) count += gate.size;
    return count;
  }

  tick(): void {
    for (const tenancy of this.#byHome.values()) {
      tenancy.tick();
      this.#forgetIfVoid(tenancy);
    }
  }

  /** Something is not here any more under the lease of its home. */
  leave(tenant: Tenant): void {
    const tenancy = this.#byHome.get(tenant.home);
    tenancy?.leave(tenant);
    if (tenancy !== undefined) this.#forgetIfVoid(tenancy);
  }

  #forgetIfVoid(tenancy: Tenancy): void {
    if (!tenancy.isVoid) return;
    this.#beats = Math.max(this.#beats, tenancy.lease.beats);
    this.#byHome.delete(tenancy.home);
  }

  linked(place: Place): void {
    const tenancy = this.#byHome.get(place);
    if (tenancy?.isActive === true) tenancy.beat();
  }

  /** The home is gone for good: nobody is left to tell. */
  dead(place: Place): void {
    this.#byHome.get(place)?.clear();
    this.#byHome.delete(place);
  }

  /** This node gives up what is here, and says so at once. */
  abandon(): void {
    for (const tenancy of this.#byHome.values()) {
      if (!tenancy.isActive) continue;
      tenancy.fence();
      tenancy.beat();
    }
  }
}

/** Items after which an acknowledgement does not wait for the next beat. */
export const acknowledgeEvery = 64;
