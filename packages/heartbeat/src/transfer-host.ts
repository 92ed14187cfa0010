import { ForwardingMap } from "./forwarding-map.ts";
import { LeaseHolder } from "./lease.ts";
import { Reaper } from "./reaper.ts";
import type { TransferContext } from "./transfer-context.ts";
import type { RidingGrant } from "./transfer-grant.ts";
import { GrantGate } from "./transfer-grant.ts";
import type { TransferHome } from "./transfer-home.ts";
import { acknowledgeEvery } from "./transfer-home.ts";
import type {
  AcceptedMessage,
  BarredMessage,
  BeatAcknowledgedMessage,
  CodeMessage,
  DeniedMessage,
  GrantMessage,
  InMessage,
  NeedMessage,
  OfferMessage,
  Place,
  ProcessKey,
  Receipt,
  RefusedMessage,
  ReleasedMessage,
} from "./transfer-message.ts";
import type { SourceControl, SourceEvent, TargetControl, TargetEvent } from "./transfer-rules.ts";
import { stepSource, stepTarget } from "./transfer-rules.ts";
import { Incoming, Outgoing } from "./transfer-stream.ts";

/** A process of another node that is arriving, or is here. */
interface Guest {
  control: TargetControl;
  readonly process: ProcessKey;
  readonly home: Place;
  readonly from: Place;
  readonly grant: RidingGrant | null;
  readonly arrival: number;
  readonly signals: Incoming;
  readonly effects: Outgoing<unknown>;
  /** The definitions asked for, while it waits for them. */
  needed: readonly string[] | null;
  sentAtMs: number;
}

/** A process on its way out. */
interface Leaver {
  control: SourceControl;
  readonly process: ProcessKey;
  readonly home: Place;
  /** Null for a process that leaves its home. */
  readonly guest: Guest | null;
  /** Null once the target has it. */
  offer: OfferMessage | null;
}

/** One home's lease, and what is here under it. */
interface Tenancy {
  readonly lease: LeaseHolder;
  readonly gate: GrantGate;
  readonly records: Set<Guest | Leaver>;
  /** Signals that arrived and were not acknowledged yet. */
  readonly receipts: Map<ProcessKey, Receipt>;
  lapsedAtMs: number;
}

/** The host's part: processes of other nodes that are here, arrive or leave, and this node's own on their way out. */
export class TransferHost {
  readonly #context: TransferContext;
  readonly #homes: TransferHome;
  readonly #guests = new Map<ProcessKey, Guest>();
  readonly #leavers = new Map<ProcessKey, Leaver>();
  readonly #tenancies = new Map<Place, Tenancy>();
  readonly forwarding: ForwardingMap = new ForwardingMap();
  #arrivals = 0;
  /** Forwarding entries that the home has yet to acknowledge. */
  readonly #reaper = new Reaper();

  /** @param homes the part that this node plays for its own processes: it grants their epochs when they leave. */
  constructor(context: TransferContext, homes: TransferHome) {
    this.#context = context;
    this.#homes = homes;
  }

  get guestCount(): number {
    return this.#guests.size;
  }

  get leaverCount(): number {
    return this.#leavers.size;
  }

  /** Answers to riding grants that are remembered. */
  get answerCount(): number {
    let count = 0;
    for (const { gate } of this.#tenancies.values()) count += gate.size;
    return count;
  }

  guest(process: ProcessKey): TargetControl | undefined {
    return this.#guests.get(process)?.control;
  }

  leaver(process: ProcessKey): SourceControl | undefined {
    return this.#leavers.get(process)?.control;
  }

  /** Whether the guest `process` may act at this moment. One whose lease has ended is dropped instead. */
  mayAct(process: ProcessKey): boolean {
    const guest = this.#guests.get(process);
    if (guest === undefined || (guest.control.at !== "acting" && guest.control.at !== "finishing")) return false;
    const tenancy = this.#tenancy(guest.home);
    if (tenancy.lease.holds(guest.control.term, this.#context.at)) return true;
    this.#fence(tenancy);
    return false;
  }

  /** Offers `process` to the node `to`. False when it is not one that could leave from here now. */
  depart(process: ProcessKey, to: Place, cargo: unknown, hashes: readonly string[]): boolean {
    const leaving = this.#leavers.get(process);
    if (leaving !== undefined && leaving.control.at !== "left") return false;
    const guest = this.#guests.get(process);
    return guest === undefined
      ? this.#departHome(process, to, cargo, hashes)
      : this.#departGuest(guest, to, cargo, hashes);
  }

  /** Sends the definitions that the target of a transfer asked for. */
  supply(process: ProcessKey, epoch: number, definitions: readonly unknown[]): void {
    const leaver = this.#leavers.get(process);
    if (leaver === undefined || leaver.control.at !== "offering" || leaver.control.epoch + 1 !== epoch) return;
    this.#context.send(leaver.control.to, { type: "transfer.code", process, epoch, definitions });
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
      this.#tenancy(guest.home).gate.record(grant.term, grant.serial, { type: "accepted" });
    }
    this.#context.send(guest.from, { type: "transfer.accepted", process, epoch });
    if (grant === null) this.#claim(guest);
    else {
      this.#here(guest);
      this.#startIfLeased(guest);
    }
  }

  /** An arriving process is not wanted, or cannot be restored; `reason` goes back to where it came from. */
  refuse(process: ProcessKey, epoch: number, reason: unknown): void {
    const guest = this.#arriving(process, epoch);
    if (guest === undefined) return;
    const { grant } = guest;
    if (grant !== null) {
      this.#tenancy(guest.home).gate.record(grant.term, grant.serial, { type: "refused", reason });
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
    const leaver = this.#leavers.get(process);
    if (leaver !== undefined && leaver.control.epoch >= epoch) {
      // It was here in that epoch and is on its way out: the offer is a late copy, and must not begin a second time (P16).
      return this.#context.send(from, { type: "transfer.accepted", process, epoch });
    }
    const known = this.#guests.get(process);
    if (known !== undefined && !this.#isReplaced(known, from, message)) return;
    this.#arrivals += 1;
    const guest: Guest = {
      arrival: this.#arrivals,
      control: { at: "arriving", epoch, term: grant?.term ?? 0, baton: message.baton, sinceMs: this.#context.at.now },
      process,
      home,
      from,
      grant,
      signals: new Incoming(message.received),
      effects: new Outgoing(message.performed, message.effects),
      needed: null,
      sentAtMs: this.#context.at.now,
    };
    this.#guests.set(process, guest);
    if (home !== self) this.#move(this.#tenancy(home), guest);
    this.#context.act({ type: "arrive", process, epoch, from, home, cargo: message.cargo, hashes: message.hashes });
  }

  asked(from: Place, message: NeedMessage): void {
    const { process, epoch, hashes } = message;
    const leaver = this.#offered(from, process, epoch);
    if (leaver?.control.at === "offering") this.#context.act({ type: "supply", process, epoch, hashes });
  }

  code(from: Place, message: CodeMessage): void {
    const { process, epoch, definitions } = message;
    const guest = this.#arriving(process, epoch);
    if (guest === undefined || guest.from !== from || guest.needed === null) return;
    guest.needed = null;
    this.#context.act({ type: "code", process, epoch, definitions });
  }

  accepted(from: Place, message: AcceptedMessage): void {
    const leaver = this.#offered(from, message.process, message.epoch);
    if (leaver !== undefined) this.#stepLeaver(leaver, { type: "accepted" });
  }

  refused(from: Place, message: RefusedMessage): void {
    const leaver = this.#offered(from, message.process, message.epoch);
    if (leaver !== undefined) this.#stepLeaver(leaver, { type: "refused", reason: message.reason });
  }

  granted(from: Place, message: GrantMessage): void {
    const { process, epoch, arrival, term, baton, performed } = message;
    const guest = this.#guests.get(process);
    if (guest === undefined || guest.home !== from || guest.control.epoch !== epoch) return;
    if (guest.arrival !== arrival) return;
    guest.effects.acknowledge(performed, this.#context.at.now);
    if (guest.control.at !== "claiming") return;
    if (from === this.#context.self) {
      this.#step(guest, { type: "returned" });
      this.#here(guest);
      this.#remove(guest);
      this.#homes.welcome(process, guest.signals.last, guest.effects.acknowledged, guest.effects.retained);
      return;
    }
    this.#step(guest, { type: "granted", term, baton });
    this.#here(guest);
    this.#observe(this.#tenancy(from), term);
    this.#startIfLeased(guest);
  }

  denied(from: Place, message: DeniedMessage): void {
    const { process, epoch } = message;
    const guest = this.#guests.get(process);
    if (guest !== undefined && guest.home === from && guest.control.epoch <= epoch) this.#leave(guest, "denied");
    const leaver = this.#leavers.get(process);
    if (leaver !== undefined && leaver.home === from && leaver.control.epoch <= epoch) {
      this.#stepLeaver(leaver, { type: "denied" });
    }
  }

  barred(from: Place, message: BarredMessage): void {
    const leaver = this.#leavers.get(message.process);
    if (leaver === undefined || leaver.home !== from || leaver.control.epoch + 1 !== message.epoch) return;
    if (leaver.control.at !== "barring") return;
    leaver.control = stepSource(leaver.control, { type: "barred" });
    this.#removeLeaver(leaver);
    const { process, guest } = leaver;
    const { epoch, reason } = leaver.control;
    this.#context.act({ type: "resume", process, epoch, reason });
    if (guest === null) return this.#homes.resumed(process, leaver.offer?.received ?? 0);
    guest.control = { ...guest.control, at: "acting", epoch: epoch + 2, baton: message.baton };
    guest.effects.acknowledge(message.performed, this.#context.at.now);
    this.#guests.set(process, guest);
    this.#tenancy(from).records.add(guest);
    this.#sendEffects(guest);
  }

  released(from: Place, message: ReleasedMessage): void {
    const leaver = this.#leavers.get(message.process);
    if (leaver === undefined || leaver.home !== from || leaver.control.epoch >= message.epoch) return;
    this.#stepLeaver(leaver, { type: "released" });
  }

  signal(from: Place, message: InMessage): void {
    const { process, epoch, number, signal } = message;
    const guest = this.#guests.get(process);
    if (guest === undefined || guest.home !== from || guest.control.epoch !== epoch) {
      return this.#passOn(from, process, epoch);
    }
    const { at } = guest.control;
    if (at !== "granted" && at !== "acting" && at !== "finishing") return;
    // Whatever reaches a guest after its end is dropped, as at any process that is gone.
    if (guest.signals.accept(number) && at !== "finishing") this.#context.act({ type: "deliver", process, signal });
    const tenancy = this.#tenancy(from);
    tenancy.receipts.set(process, [process, epoch, guest.signals.last]);
    if (guest.signals.last % acknowledgeEvery === 0) this.#beat(from, tenancy);
  }

  acknowledged(from: Place, message: BeatAcknowledgedMessage): void {
    const tenancy = this.#tenancies.get(from);
    if (tenancy === undefined) return;
    const { now } = this.#context.at;
    for (const [process, epoch, performed] of message.receipts) {
      const guest = this.#guests.get(process);
      if (guest !== undefined && guest.home === from && guest.control.epoch === epoch) {
        guest.effects.acknowledge(performed, now);
        if (guest.effects.retained.length === 0) this.#leave(guest, "acknowledged");
      }
      const leaver = this.#leavers.get(process);
      if (leaver?.guest != null && leaver.control.epoch === epoch) leaver.guest.effects.acknowledge(performed, now);
    }
    if (tenancy.lease.acknowledge(message.number, message.term) === "replaced") this.#dropOlder(tenancy, message.term);
    tenancy.gate.settle(message.term, message.floor);
    for (const record of tenancy.records) if (!isLeaver(record)) this.#startIfLeased(record);
  }

  /** Once every beat interval: leases, beats, and whatever has to be said again. */
  tick(): void {
    const { at, parameters } = this.#context;
    for (const [home, tenancy] of this.#tenancies) {
      const isUsed = tenancy.records.size > 0 || tenancy.gate.size > 0;
      if (isUsed && tenancy.lease.isOver(at)) this.#fence(tenancy);
      else if (isUsed || (tenancy.lease.lapsed && at.now - tenancy.lapsedAtMs < parameters.verdictMs)) {
        this.#beat(home, tenancy);
      }
    }
    for (const guest of this.#guests.values()) this.#repeatGuest(guest);
    for (const leaver of this.#leavers.values()) this.#repeatLeaver(leaver);
  }

  /** A link to `place` is up: what may have been lost with an earlier one is said again at once. */
  linked(place: Place): void {
    const tenancy = this.#tenancies.get(place);
    if (tenancy !== undefined && tenancy.records.size > 0) this.#beat(place, tenancy);
    for (const guest of this.#guests.values()) {
      if (guest.home === place && guest.control.at === "claiming") this.#claim(guest);
      else if (guest.home === place) this.#sendEffects(guest);
      else if (guest.from === place && guest.needed !== null) this.#askForCode(guest);
    }
    for (const leaver of this.#leavers.values()) {
      if (leaver.home === place || leaver.control.to === place) this.#speak(leaver);
    }
  }

  /** No link to `place` can be made now. What was on its way there goes on here, if the home agrees. */
  unreachable(place: Place, reason: unknown): void {
    for (const leaver of this.#leavers.values()) {
      // What the home has granted along with its own offer only a refusal or a verdict takes back: it may have begun.
      if (leaver.control.to === place && leaver.guest !== null)
        this.#stepLeaver(leaver, { type: "unreachable", reason });
    }
  }

  /** `place` is gone for good. */
  dead(place: Place): void {
    this.unreachable(place, null);
    const tenancy = this.#tenancies.get(place);
    if (tenancy !== undefined) {
      for (const record of [...tenancy.records]) this.#dropRecord(record);
      this.#tenancies.delete(place);
    }
    for (const process of this.#reaper.verdict(place)) {
      const leaver = this.#leavers.get(process);
      if (leaver !== undefined) this.#stepLeaver(leaver, { type: "released" });
    }
    for (const guest of this.#guests.values()) {
      if (guest.from === place && guest.control.at === "arriving") this.#leave(guest, "denied");
    }
  }

  #departHome(process: ProcessKey, to: Place, cargo: unknown, hashes: readonly string[]): boolean {
    const grant = this.#homes.promise(process, to);
    if (grant === null) return false;
    const { self, at } = this.#context;
    const { term, serial, baton, epoch } = grant;
    const offer: OfferMessage = {
      type: "transfer.offer",
      process,
      epoch,
      home: self,
      cargo,
      hashes,
      ...this.#homes.counters(process),
      effects: [],
      baton: null,
      grant: { term, serial, baton },
    };
    this.#addLeaver({
      control: { at: "offering", epoch: epoch - 1, to, sinceMs: at.now, sentAtMs: at.now, reason: null },
      process,
      home: self,
      guest: null,
      offer,
    });
    return true;
  }

  #departGuest(guest: Guest, to: Place, cargo: unknown, hashes: readonly string[]): boolean {
    if (guest.control.at !== "acting" || !this.mayAct(guest.process)) return false;
    const { process, home, signals, effects } = guest;
    const { epoch, baton } = guest.control;
    this.#step(guest, { type: "offered" });
    this.#guests.delete(process);
    const { now } = this.#context.at;
    const leaver: Leaver = {
      control: { at: "offering", epoch, to, sinceMs: now, sentAtMs: now, reason: null },
      process,
      home,
      guest,
      offer: {
        type: "transfer.offer",
        process,
        epoch: epoch + 1,
        home,
        cargo,
        hashes,
        received: signals.last,
        performed: effects.acknowledged,
        effects: effects.retained,
        baton,
        grant: null,
      },
    };
    const tenancy = this.#tenancy(home);
    tenancy.records.delete(guest);
    tenancy.records.add(leaver);
    this.#addLeaver(leaver);
    return true;
  }

  #addLeaver(leaver: Leaver): void {
    this.#leavers.set(leaver.process, leaver);
    this.#speak(leaver);
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
    const tenancy = this.#tenancy(from);
    const { lease, gate } = tenancy;
    this.#observe(tenancy, grant.term);
    if (lease.lapsed || (lease.term !== null && grant.term < lease.term)) return false;
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
    this.#leave(known, "denied");
    return true;
  }

  #askForCode(guest: Guest): void {
    if (guest.needed === null) return;
    guest.sentAtMs = this.#context.at.now;
    const { process, needed, control, from } = guest;
    this.#context.send(from, { type: "transfer.need", process, epoch: control.epoch, hashes: needed });
  }

  #claim(guest: Guest): void {
    guest.sentAtMs = this.#context.at.now;
    const { process, home, control, signals } = guest;
    const lease = home === this.#context.self ? null : this.#tenancy(home).lease;
    // A grant in a term that is over here would be lost: the beats bring the next term first.
    if (lease?.lapsed === true) return;
    const term = lease?.term ?? null;
    const { epoch, baton } = control;
    this.#context.send(home, {
      type: "transfer.claim",
      process,
      epoch,
      arrival: guest.arrival,
      baton: baton ?? "",
      term,
      received: signals.last,
    });
  }

  /** The process is here for sure: where it went from here before is history. */
  #here(guest: Guest): void {
    const { process, control } = guest;
    const leaver = this.#leavers.get(process);
    if (leaver !== undefined && leaver.control.epoch < control.epoch) this.#stepLeaver(leaver, { type: "released" });
    this.forwarding.arrived(process, control.epoch);
  }

  #startIfLeased(guest: Guest): void {
    if (guest.control.at !== "granted") return;
    const { lease } = this.#tenancy(guest.home);
    if (lease.term !== null && guest.control.term < lease.term) return this.#leave(guest, "denied");
    if (!lease.holds(guest.control.term, this.#context.at)) return;
    this.#step(guest, { type: "leased" });
    this.#context.act({ type: "start", process: guest.process, epoch: guest.control.epoch });
    this.#sendEffects(guest);
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

  /** A signal for something that is not here in that epoch: its home learns where it went. */
  #passOn(from: Place, process: ProcessKey, epoch: number): void {
    const entry = this.forwarding.find(process, epoch + 1);
    const leaver = this.#leavers.get(process);
    if (entry === undefined || leaver?.home !== from) return;
    this.#context.send(from, { type: "transfer.handed", process, epoch: entry.epoch, to: entry.place });
    this.#context.act({ type: "forwarded", process, to: entry.place });
  }

  #arriving(process: ProcessKey, epoch: number): Guest | undefined {
    const guest = this.#guests.get(process);
    return guest?.control.at === "arriving" && guest.control.epoch === epoch ? guest : undefined;
  }

  #offered(from: Place, process: ProcessKey, epoch: number): Leaver | undefined {
    const leaver = this.#leavers.get(process);
    return leaver?.control.to === from && leaver.control.epoch + 1 === epoch ? leaver : undefined;
  }

  #step(guest: Guest, event: TargetEvent): void {
    guest.control = stepTarget(guest.control, event, this.#context.at.now);
  }

  /** Ends a guest's stay, unless the event means nothing to it now. */
  #leave(guest: Guest, event: "denied" | "fenced" | "acknowledged"): void {
    this.#step(guest, { type: event });
    const { at, epoch } = guest.control;
    if (at !== "dropped" && at !== "over") return;
    this.#remove(guest);
    if (at === "dropped") this.#context.act({ type: "drop", process: guest.process, epoch });
  }

  #remove(guest: Guest): void {
    if (this.#guests.get(guest.process) === guest) this.#guests.delete(guest.process);
    this.#tenancies.get(guest.home)?.records.delete(guest);
  }

  #stepLeaver(leaver: Leaver, event: SourceEvent): void {
    const before = leaver.control;
    leaver.control = stepSource(before, event);
    if (leaver.control === before) return;
    const { process, home } = leaver;
    const { at, epoch, to } = leaver.control;
    const { self } = this.#context;
    const grant = leaver.offer?.grant ?? null;
    if (grant !== null) this.#homes.settled(to, grant);
    if (at === "barring") return this.#speak(leaver);
    if (at === "dropped") this.#context.act({ type: "drop", process, epoch });
    else if (before.at !== "left") this.#context.act({ type: "departed", process, epoch, to });
    this.#tenancies.get(home)?.records.delete(leaver);
    leaver.offer = null;
    if (at === "left" && home !== self) {
      this.forwarding.left(process, epoch + 1, to);
      this.#reaper.keep(process, epoch + 1, home);
      return this.#speak(leaver);
    }
    this.#removeLeaver(leaver);
    if (at === "left") this.#homes.confirmed(process);
  }

  #removeLeaver(leaver: Leaver): void {
    const { process, home, control } = leaver;
    if (this.#leavers.get(process) === leaver) this.#leavers.delete(process);
    this.#tenancies.get(home)?.records.delete(leaver);
    this.#reaper.acknowledge(process, control.epoch + 1, home);
    this.forwarding.retire(process, control.epoch + 1);
  }

  /** Says what the other side must hear next about a process on its way out. */
  #speak(leaver: Leaver): void {
    const { process, home, offer } = leaver;
    const { at, epoch, to } = leaver.control;
    leaver.control = { ...leaver.control, sentAtMs: this.#context.at.now };
    if (at === "offering" && offer !== null) this.#context.send(to, offer);
    else if (at === "barring") this.#context.send(home, { type: "transfer.bar", process, epoch: epoch + 1 });
    else if (at === "left") this.#context.send(home, { type: "transfer.handed", process, epoch: epoch + 1, to });
  }

  #repeatGuest(guest: Guest): void {
    const { at, parameters } = this.#context;
    const isDue = at.now - guest.sentAtMs >= parameters.beatMs / 2;
    const { beatMs, leaseMs } = parameters;
    switch (guest.control.at) {
      case "arriving":
        // Nothing was promised yet. A source that gave up went on without it.
        if (guest.grant === null && at.now - guest.control.sinceMs > 2 * leaseMs) this.#leave(guest, "denied");
        else if (isDue) this.#askForCode(guest);
        return;
      case "claiming":
        if (isDue) this.#claim(guest);
        return;
      default:
        if (guest.effects.isOverdue(at.now, 2 * beatMs)) this.#sendEffects(guest);
    }
  }

  #repeatLeaver(leaver: Leaver): void {
    const { at, parameters } = this.#context;
    const { control, guest } = leaver;
    if (control.at === "offering" && guest !== null && at.now - control.sinceMs >= parameters.leaseMs) {
      this.#stepLeaver(leaver, { type: "unreachable", reason: null });
    } else if (at.now - control.sentAtMs >= parameters.beatMs / 2) this.#speak(leaver);
  }

  #beat(home: Place, tenancy: Tenancy): void {
    const { lease, receipts } = tenancy;
    const number = lease.beat(this.#context.at);
    const list = [...receipts.values()];
    receipts.clear();
    const { term, lapsed } = lease;
    this.#context.send(home, { type: "lease.beat", number, term, lapsed, receipts: list });
  }

  /** Takes `guest` under its home's lease. */
  #move(tenancy: Tenancy, guest: Guest): void {
    const isIdle = tenancy.records.size === 0;
    if (isIdle) tenancy.lease.need(this.#context.at);
    tenancy.records.add(guest);
    // An idle lease was not renewed for a while, and the process cannot start without one: no need to wait for the next tick.
    if (isIdle) this.#beat(guest.home, tenancy);
  }

  #observe(tenancy: Tenancy, term: number): void {
    if (!tenancy.lease.observe(term)) return;
    tenancy.lease.need(this.#context.at);
    this.#dropOlder(tenancy, term);
  }

  /** The home has begun `term`: what it granted in an earlier one is over. */
  #dropOlder(tenancy: Tenancy, term: number): void {
    for (const record of [...tenancy.records]) {
      const granted = isLeaver(record) ? (record.guest?.control.term ?? 0) : record.control.term;
      if (granted > 0 && granted < term) this.#dropRecord(record);
    }
  }

  /** The lease has ended: everything under it is dropped, and the home told. */
  #fence(tenancy: Tenancy): void {
    for (const record of [...tenancy.records]) this.#dropRecord(record);
    tenancy.lease.lapse();
    tenancy.gate.void();
    tenancy.lapsedAtMs = this.#context.at.now;
  }

  #dropRecord(record: Guest | Leaver): void {
    if (isLeaver(record)) this.#stepLeaver(record, { type: "fenced" });
    else this.#leave(record, "fenced");
  }

  #tenancy(home: Place): Tenancy {
    let tenancy = this.#tenancies.get(home);
    if (tenancy === undefined) {
      const lease = new LeaseHolder(this.#context.parameters);
      tenancy = { lease, gate: new GrantGate(), records: new Set(), receipts: new Map(), lapsedAtMs: 0 };
      this.#tenancies.set(home, tenancy);
    }
    return tenancy;
  }
}

function isLeaver(record: Guest | Leaver): record is Leaver {
  return "offer" in record;
}
