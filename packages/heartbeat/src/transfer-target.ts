import { Tally } from "./tally.ts";
import type { TransferContext } from "./transfer-context.ts";
import type { RidingGrant } from "./transfer-grant.ts";
import type { TransferHome } from "./transfer-home.ts";
import type {
  BeatAcknowledgedMessage,
  CodeMessage,
  DeniedMessage,
  GrantMessage,
  InMessage,
  OfferMessage,
  Place,
  ProcessKey,
} from "./transfer-message.ts";
import type { TargetControl, TargetEvent } from "./transfer-rules.ts";
import { stepTarget } from "./transfer-rules.ts";
import type { Resumption, TransferSource } from "./transfer-source.ts";
import { Incoming, Outgoing } from "./transfer-stream.ts";
import type { Tenancies, Tenant } from "./transfer-tenancy.ts";

/** A process that arrives, or one of another node that is here. */
export class Guest implements Tenant {
  control: TargetControl;
  readonly process: ProcessKey;
  readonly home: Place;
  readonly from: Place;
  readonly grant: RidingGrant | null;
  readonly arrival: number;
  readonly signals: Incoming;
  readonly effects: Outgoing<unknown>;
  /** What came between the grant and the lease: delivered when it starts. */
  held: unknown[] = [];
  /** The definitions asked for, while it waits for them. */
  needed: readonly string[] | null = null;
  sentAtMs: number;
  readonly #target: TransferTarget;

  constructor(
    target: TransferTarget,
    from: Place,
    offer: OfferMessage,
    grant: RidingGrant | null,
    arrival: number,
    nowMs: number,
  ) {
    const { process, home, epoch, baton, received, performed, effects } = offer;
    this.#target = target;
    this.control = { at: "arriving", epoch, term: grant?.term ?? 0, baton, sinceMs: nowMs };
    this.process = process;
    this.home = home;
    this.from = from;
    this.grant = grant;
    this.arrival = arrival;
    this.signals = new Incoming(received);
    this.effects = new Outgoing(performed, effects);
    this.sentAtMs = nowMs;
  }

  get term(): number {
    return this.control.term;
  }

  fence(): void {
    this.#target.leave(this, "fenced");
  }

  leased(): void {
    this.#target.startIfLeased(this);
  }
}

/** The target's part: processes that arrive, and those of other nodes that are here. */
export class TransferTarget {
  readonly #context: TransferContext;
  readonly #homes: TransferHome;
  readonly #tenancies: Tenancies;
  readonly #source: TransferSource;
  readonly #guests = new Map<ProcessKey, Guest>();
  /** How many each source is sending that are not granted yet, and how many of each home are. */
  readonly #coming = new Tally();
  readonly #here = new Tally();
  #arrivals = 0;

  constructor(context: TransferContext, homes: TransferHome, tenancies: Tenancies, source: TransferSource) {
    this.#context = context;
    this.#homes = homes;
    this.#tenancies = tenancies;
    this.#source = source;
  }

  get size(): number {
    return this.#guests.size;
  }

  *places(): IterableIterator<Place> {
    for (const { home, from } of this.#guests.values()) {
      yield home;
      yield from;
    }
  }

  /** How many processes `from` is sending that this node was not granted yet. */
  comingFrom(from: Place): number {
    return this.#coming.of(from);
  }

  /** How many processes of `home` are here by its grant. */
  hereOf(home: Place): number {
    return this.#here.of(home);
  }

  /** Whether the guest `process` may act at this moment. One whose lease has ended is dropped instead. */
  mayAct(process: ProcessKey): boolean {
    const guest = this.#guests.get(process);
    if (guest === undefined || (guest.control.at !== "acting" && guest.control.at !== "finishing")) return false;
    return this.#tenancies.of(guest.home).permits(guest.control.term);
  }

  /** Takes a guest that may act out, to be offered to another node; undefined when there is none. */
  release(process: ProcessKey): Guest | undefined {
    const guest = this.#guests.get(process);
    if (guest?.control.at !== "acting" || !this.mayAct(process)) return undefined;
    this.#step(guest, { type: "offered" });
    this.#guests.delete(process);
    return guest;
  }

  has(process: ProcessKey): boolean {
    return this.#guests.has(process);
  }

  /** A guest's transfer has failed: it goes on here. */
  resume({ guest, epoch, baton, performed }: Resumption): void {
    guest.control = { ...guest.control, at: "acting", epoch, baton };
    this.#here.add(guest.home);
    guest.effects.acknowledge(performed, this.#context.at.now);
    this.#guests.set(guest.process, guest);
    this.#tenancies.of(guest.home).enter(guest);
    this.#sendEffects(guest);
  }

  /** An arriving process needs definitions that are not here. */
  need(process: ProcessKey, epoch: number, hashes: readonly string[]): void {
    const guest = this.#arriving(process, epoch);
    if (guest === undefined) return;
    guest.needed = hashes;
    this.#askForCode(guest);
  }

  /** An arriving process is restored: it is taken from its source, and starts as soon as it may. */
  admit(process: ProcessKey, epoch: number): void {
    const guest = this.#arriving(process, epoch);
    if (guest === undefined) return;
    guest.needed = null;
    const { grant } = guest;
    if (grant === null) this.#step(guest, { type: "admitted" });
    else {
      this.#step(guest, { type: "admittedWithGrant", term: grant.term, baton: grant.baton });
      this.#tenancies.of(guest.home).gate.record(grant.term, grant.serial, { type: "accepted" });
    }
    this.#context.send(guest.from, { type: "transfer.accepted", process, epoch });
    if (grant === null) return this.#claim(guest);
    this.#source.arrived(process, epoch);
    this.startIfLeased(guest);
  }

  /** An arriving process is not wanted, or cannot be restored; `reason` goes back to where it came from. */
  refuse(process: ProcessKey, epoch: number, reason: unknown): void {
    const guest = this.#arriving(process, epoch);
    if (guest === undefined) return;
    const { grant } = guest;
    if (grant !== null) {
      this.#tenancies.of(guest.home).gate.record(grant.term, grant.serial, { type: "refused", reason });
    }
    this.#step(guest, { type: "refused" });
    this.#remove(guest);
    this.#context.send(guest.from, { type: "transfer.refused", process, epoch, reason });
  }

  /** Something that the guest does beyond this node: its home performs it. False when the guest may not act any more. */
  emit(process: ProcessKey, effect: unknown): boolean {
    const guest = this.#guests.get(process);
    if (guest === undefined || guest.control.at !== "acting" || !this.mayAct(process)) return false;
    const { epoch } = guest.control;
    const number = guest.effects.push(effect, this.#context.at.now);
    this.#context.send(guest.home, { type: "transfer.out", process, epoch, number, effect });
    return true;
  }

  /** The guest has ended; `effect` tells its home why. The record stays until the home has heard (H17). */
  finish(process: ProcessKey, effect: unknown): boolean {
    if (!this.emit(process, effect)) return false;
    this.#step(this.#guests.get(process) as Guest, { type: "finished" });
    return true;
  }

  offer(from: Place, message: OfferMessage): void {
    const { process, epoch, home } = message;
    const { self } = this.#context;
    const grant = from === home && home !== self ? message.grant : null;
    if (grant === null && message.baton === null) return;
    if (home === self && !this.#isExpectedHome(from, message)) return;
    if (grant !== null && !this.#isFresh(from, message, grant)) return;
    const leaving = this.#source.find(process);
    if (leaving !== undefined && leaving.epoch >= epoch) {
      // It was here in that epoch and is on its way out: the offer is a late copy, and must not begin a second time (P16).
      return this.#context.send(from, { type: "transfer.accepted", process, epoch });
    }
    const known = this.#guests.get(process);
    if (known !== undefined && !this.#isReplaced(known, from, message)) return;
    this.#arrivals += 1;
    const guest = new Guest(this, from, message, grant, this.#arrivals, this.#context.at.now);
    this.#guests.set(process, guest);
    this.#coming.add(from);
    if (home !== self) this.#tenancies.of(home).enter(guest);
    this.#context.act({ type: "arrive", process, epoch, from, home, cargo: message.cargo, hashes: message.hashes });
  }

  code(from: Place, message: CodeMessage): void {
    const { process, epoch, definitions } = message;
    const guest = this.#arriving(process, epoch);
    if (guest?.from !== from || guest.needed === null) return;
    guest.needed = null;
    this.#context.act({ type: "code", process, epoch, from, definitions });
  }

  granted(from: Place, message: GrantMessage): void {
    const { process, epoch, arrival, term, baton, performed } = message;
    const guest = this.#guests.get(process);
    if (guest?.home !== from || guest.control.epoch !== epoch || guest.arrival !== arrival) return;
    guest.effects.acknowledge(performed, this.#context.at.now);
    if (guest.control.at !== "claiming") return;
    this.#source.arrived(process, epoch);
    if (from === this.#context.self) {
      this.#step(guest, { type: "returned" });
      this.#remove(guest);
      this.#homes.welcome(process, guest.signals.last, guest.effects.acknowledged, guest.effects.retained);
      return;
    }
    this.#step(guest, { type: "granted", term, baton });
    this.#tenancies.of(from).observe(term);
    this.startIfLeased(guest);
  }

  denied(from: Place, message: DeniedMessage): void {
    const guest = this.#guests.get(message.process);
    if (guest?.home === from && guest.control.epoch <= message.epoch) this.leave(guest, "denied");
  }

  signal(from: Place, message: InMessage): void {
    const { process, epoch, number, signal } = message;
    const guest = this.#guests.get(process);
    if (guest?.home !== from || guest.control.epoch !== epoch) return this.#source.passOn(from, process, epoch);
    const { at } = guest.control;
    if (at !== "granted" && at !== "acting" && at !== "finishing") return;
    if (at === "granted" && guest.held.length >= this.#context.bounds.signalsPerArrival) return;
    if (guest.signals.accept(number)) {
      if (at === "granted") guest.held.push(signal);
      // Whatever reaches a guest after its end is dropped, as at any process that is gone.
      else if (at === "acting") this.#context.act({ type: "deliver", process, signal });
    }
    this.#tenancies.of(from).received(process, epoch, guest.signals.last);
  }

  acknowledged(from: Place, message: BeatAcknowledgedMessage): void {
    const tenancy = this.#tenancies.find(from);
    if (tenancy === undefined) return;
    for (const [process, epoch, performed] of message.receipts) {
      const guest = this.#guests.get(process);
      if (guest?.home === from && guest.control.epoch === epoch) {
        guest.effects.acknowledge(performed, this.#context.at.now);
        if (guest.effects.retained.length === 0) this.leave(guest, "acknowledged");
      }
      this.#source.performed(process, epoch, performed);
    }
    tenancy.acknowledged(message);
  }

  tick(): void {
    for (const guest of this.#guests.values()) this.#repeat(guest);
  }

  linked(place: Place): void {
    for (const guest of this.#guests.values()) {
      if (guest.home === place && guest.control.at === "claiming") this.#claim(guest);
      else if (guest.home === place) this.#sendEffects(guest);
      else if (guest.from === place) this.#askForCode(guest);
    }
  }

  /** `place` is gone for good: what it was sending will not come. */
  dead(place: Place): void {
    for (const guest of this.#guests.values()) {
      if (guest.from === place && guest.control.at === "arriving") this.leave(guest, "denied");
    }
  }

  /** @internal For {@link Guest}. */
  startIfLeased(guest: Guest): void {
    if (guest.control.at !== "granted") return;
    const { lease } = this.#tenancies.of(guest.home);
    const { process } = guest;
    const { term, epoch } = guest.control;
    if (lease.term !== null && term < lease.term) return this.leave(guest, "denied");
    if (!lease.holds(term, this.#context.at)) return;
    this.#step(guest, { type: "leased" });
    this.#context.act({ type: "start", process, epoch });
    for (const signal of guest.held) this.#context.act({ type: "deliver", process, signal });
    guest.held = [];
    this.#sendEffects(guest);
  }

  /** Ends a guest's stay, unless the event means nothing to it now. @internal For {@link Guest}. */
  leave(guest: Guest, event: "denied" | "fenced" | "acknowledged"): void {
    this.#step(guest, { type: event });
    const { at, epoch } = guest.control;
    if (at !== "dropped" && at !== "over") return;
    this.#remove(guest);
    if (at === "dropped") this.#context.act({ type: "drop", process: guest.process, epoch });
  }

  /** A process may come home only from where it is, and in the epoch that is next. */
  #isExpectedHome(from: Place, message: OfferMessage): boolean {
    const { process, epoch } = message;
    const control = this.#homes.find(process);
    if (control?.host === from) return control.epoch + 1 === epoch;
    // The host itself is never denied: see the home's rules.
    this.#context.send(from, { type: "transfer.denied", process, epoch });
    return false;
  }

  /** Whether a riding grant is seen for the first time; otherwise the earlier answer is repeated. */
  #isFresh(from: Place, message: OfferMessage, grant: RidingGrant): boolean {
    const { process, epoch } = message;
    const tenancy = this.#tenancies.of(from);
    const { lease, gate } = tenancy;
    tenancy.observe(grant.term);
    if (lease.lapsed) {
      // The home may have been out of reach for longer than this node told it so. It has to hear it before anything begins again.
      tenancy.beat();
      return false;
    }
    if (lease.term !== null && grant.term < lease.term) return false;
    const admission = gate.admit(grant.term, grant.serial);
    if (admission === "fresh") return true;
    if (admission === "void") return false;
    const answer = gate.answer(grant.term, grant.serial);
    if (answer?.type === "accepted") this.#context.send(from, { type: "transfer.accepted", process, epoch });
    else if (answer?.type === "refused") {
      this.#context.send(from, { type: "transfer.refused", process, epoch, reason: answer.reason });
    } else {
      const guest = this.#arriving(process, epoch);
      if (guest !== undefined) this.#askForCode(guest);
    }
    return false;
  }

  /** Whether an offer takes the place of what is here of the process. One that was repeated is answered again. */
  #isReplaced(known: Guest, from: Place, message: OfferMessage): boolean {
    const { process, epoch } = message;
    const { at } = known.control;
    if (known.control.epoch === epoch && known.from === from) {
      if (at === "arriving") this.#askForCode(known);
      else this.#context.send(from, { type: "transfer.accepted", process, epoch });
      return false;
    }
    // Whatever acts here is the owner until its home says otherwise, whatever a third node claims.
    if (epoch <= known.control.epoch || (at !== "arriving" && at !== "claiming")) return false;
    this.leave(known, "denied");
    return true;
  }

  #arriving(process: ProcessKey, epoch: number): Guest | undefined {
    const guest = this.#guests.get(process);
    return guest?.control.at === "arriving" && guest.control.epoch === epoch ? guest : undefined;
  }

  #askForCode(guest: Guest): void {
    if (guest.needed === null) return;
    guest.sentAtMs = this.#context.at.now;
    const { process, needed, control, from } = guest;
    this.#context.send(from, { type: "transfer.need", process, epoch: control.epoch, hashes: needed });
  }

  #claim(guest: Guest): void {
    guest.sentAtMs = this.#context.at.now;
    const { process, home, arrival, control, signals } = guest;
    const lease = home === this.#context.self ? null : this.#tenancies.of(home).lease;
    // A grant in a term that is over here would be lost: the beats bring the next term first.
    if (lease?.lapsed === true) return;
    const { epoch, baton } = control;
    const term = lease?.term ?? null;
    const received = signals.last;
    this.#context.send(home, { type: "transfer.claim", process, epoch, arrival, baton: baton ?? "", term, received });
  }

  #sendEffects(guest: Guest): void {
    const { process, home, control, effects } = guest;
    if (control.at !== "acting" && control.at !== "finishing") return;
    let number = effects.acknowledged;
    for (const effect of effects.retained) {
      number += 1;
      this.#context.send(home, { type: "transfer.out", process, epoch: control.epoch, number, effect });
    }
  }

  #repeat(guest: Guest): void {
    const { at, parameters } = this.#context;
    const { beatMs, leaseMs } = parameters;
    const isDue = at.now - guest.sentAtMs >= beatMs / 2;
    switch (guest.control.at) {
      case "arriving":
        // Nothing was promised yet. A source that gave up went on without it.
        if (guest.grant === null && at.now - guest.control.sinceMs > 2 * leaseMs) this.leave(guest, "denied");
        else if (isDue) this.#askForCode(guest);
        return;
      case "claiming":
        if (isDue) this.#claim(guest);
        return;
      default:
        if (guest.effects.isOverdue(at.now, 2 * beatMs)) this.#sendEffects(guest);
    }
  }

  #step(guest: Guest, event: TargetEvent): void {
    const before = guest.control.at;
    guest.control = stepTarget(guest.control, event, this.#context.at.now);
    const after = guest.control.at;
    if (isComing(before) && !isComing(after)) this.#coming.remove(guest.from);
    if (isHere(before) !== isHere(after)) this.#here.add(guest.home, isHere(after) ? 1 : -1);
  }

  #remove(guest: Guest): void {
    if (this.#guests.get(guest.process) === guest) this.#guests.delete(guest.process);
    this.#tenancies.leave(guest);
  }
}

function isComing(at: TargetControl["at"]): boolean {
  return at === "arriving" || at === "claiming";
}

function isHere(at: TargetControl["at"]): boolean {
  return at === "granted" || at === "acting" || at === "finishing";
}
