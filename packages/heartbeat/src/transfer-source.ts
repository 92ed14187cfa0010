import { ForwardingMap } from "./forwarding-map.ts";
import { Reaper } from "./reaper.ts";
import type { TransferContext } from "./transfer-context.ts";
import type { TransferHome } from "./transfer-home.ts";
import type {
  AcceptedMessage,
  BarredMessage,
  DeniedMessage,
  NeedMessage,
  OfferMessage,
  Place,
  ProcessKey,
  RefusedMessage,
  ReleasedMessage,
} from "./transfer-message.ts";
import type { SourceControl, SourceEvent } from "./transfer-rules.ts";
import { stepSource } from "./transfer-rules.ts";
import type { Guest } from "./transfer-target.ts";
import type { Tenancies, Tenant } from "./transfer-tenancy.ts";

/** A process on its way out of this node. */
class Leaver implements Tenant {
  control: SourceControl;
  readonly process: ProcessKey;
  readonly home: Place;
  /** What it was here; null for a process that leaves its home. */
  readonly guest: Guest | null;
  /** Null once the target has it. */
  offer: OfferMessage | null;
  /** When the target was last sent definitions, over the link that there is. */
  suppliedAtMs: number = -Infinity;
  readonly #source: TransferSource;

  constructor(source: TransferSource, control: SourceControl, guest: Guest | null, offer: OfferMessage) {
    this.#source = source;
    this.control = control;
    this.process = offer.process;
    this.home = offer.home;
    this.guest = guest;
    this.offer = offer;
  }

  get term(): number {
    return this.guest?.term ?? 0;
  }

  fence(): void {
    this.#source.step(this, { type: "fenced" });
  }

  leased(): void {}
}

/** What a guest goes on with here after its transfer failed. */
export interface Resumption {
  readonly guest: Guest;
  readonly epoch: number;
  readonly baton: string;
  /** The number of the last effect that the home performed. */
  readonly performed: number;
}

/**
 * The source's part: processes on their way out, this node's own and its guests. It owns each until the target has taken it, and remembers
 * where it went until the home knows.
 */
export class TransferSource {
  readonly #context: TransferContext;
  readonly #homes: TransferHome;
  readonly #tenancies: Tenancies;
  readonly #leavers = new Map<ProcessKey, Leaver>();
  readonly forwarding: ForwardingMap = new ForwardingMap();
  /** Forwarding entries that the home has yet to acknowledge. */
  readonly #reaper = new Reaper();

  /** @param homes the part that this node plays for its own processes: it grants their epochs when they leave. */
  constructor(context: TransferContext, homes: TransferHome, tenancies: Tenancies) {
    this.#context = context;
    this.#homes = homes;
    this.#tenancies = tenancies;
  }

  get size(): number {
    return this.#leavers.size;
  }

  find(process: ProcessKey): SourceControl | undefined {
    return this.#leavers.get(process)?.control;
  }

  *places(): IterableIterator<Place> {
    for (const { home, control } of this.#leavers.values()) {
      yield home;
      yield control.to;
    }
  }

  /** Whether nothing of the process is on its way out of here. */
  isFree(process: ProcessKey): boolean {
    const leaver = this.#leavers.get(process);
    return leaver === undefined || leaver.control.at === "left";
  }

  /** Offers a process of this very node to `to`. False when it is not here. */
  departHome(process: ProcessKey, to: Place, cargo: unknown, hashes: readonly string[], epochMin: number): boolean {
    const grant = this.#homes.promise(process, to, epochMin);
    if (grant === null) return false;
    const { term, serial, baton, epoch } = grant;
    this.#add(to, epoch - 1, null, {
      type: "transfer.offer",
      process,
      epoch,
      home: this.#context.self,
      cargo,
      hashes,
      ...this.#homes.counters(process),
      effects: [],
      baton: null,
      grant: { term, serial, baton },
    });
    return true;
  }

  /** Offers a guest to `to`. It is a guest no more, unless this fails. */
  departGuest(guest: Guest, to: Place, cargo: unknown, hashes: readonly string[]): void {
    const { process, home, signals, effects } = guest;
    const { epoch, baton } = guest.control;
    const leaver = this.#add(to, epoch, guest, {
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
    });
    this.#tenancies.of(home).replace(guest, leaver);
  }

  /** Sends the definitions that the target asked for. */
  supply(process: ProcessKey, epoch: number, definitions: readonly unknown[]): void {
    const leaver = this.#leavers.get(process);
    if (leaver === undefined || leaver.control.at !== "offering" || leaver.control.epoch + 1 !== epoch) return;
    this.#context.send(leaver.control.to, { type: "transfer.code", process, epoch, definitions });
  }

  /** The process is here for sure, in `epoch`: where it went from here before is history. */
  arrived(process: ProcessKey, epoch: number): void {
    const leaver = this.#leavers.get(process);
    if (leaver !== undefined && leaver.control.epoch < epoch) this.step(leaver, { type: "released" });
    this.forwarding.arrived(process, epoch);
  }

  /** A signal came for something that is not here in that epoch: its home learns where it went. */
  passOn(home: Place, process: ProcessKey, epoch: number): void {
    const entry = this.forwarding.find(process, epoch + 1);
    if (entry === undefined || this.#leavers.get(process)?.home !== home) return;
    this.#context.send(home, { type: "transfer.handed", process, epoch: entry.epoch, to: entry.place });
    this.#context.act({ type: "forwarded", process, to: entry.place });
  }

  asked(from: Place, message: NeedMessage): void {
    const { process, epoch, hashes } = message;
    const leaver = this.#offered(from, process, epoch);
    if (leaver?.control.at !== "offering") return;
    // Whoever is in order does not ask more often; an answer may be large.
    const { at, parameters } = this.#context;
    if (at.now - leaver.suppliedAtMs < parameters.beatMs / 2) return;
    leaver.suppliedAtMs = at.now;
    this.#context.act({ type: "supply", process, epoch, hashes });
  }

  accepted(from: Place, message: AcceptedMessage): void {
    const leaver = this.#offered(from, message.process, message.epoch);
    if (leaver !== undefined) this.step(leaver, { type: "accepted" });
  }

  refused(from: Place, message: RefusedMessage): void {
    const leaver = this.#offered(from, message.process, message.epoch);
    if (leaver !== undefined) this.step(leaver, { type: "refused", reason: message.reason });
  }

  denied(from: Place, message: DeniedMessage): void {
    const leaver = this.#leavers.get(message.process);
    if (leaver?.home === from && leaver.control.epoch <= message.epoch) this.step(leaver, { type: "denied" });
  }

  released(from: Place, message: ReleasedMessage): void {
    const leaver = this.#leavers.get(message.process);
    if (leaver?.home === from && leaver.control.epoch < message.epoch) this.step(leaver, { type: "released" });
  }

  /** The home will never grant what was offered. The guest that goes on, or null when it is none. */
  barred(from: Place, message: BarredMessage): Resumption | null {
    const leaver = this.#leavers.get(message.process);
    if (leaver?.home !== from || leaver.control.epoch + 1 !== message.epoch) return null;
    if (leaver.control.at !== "barring") return null;
    leaver.control = stepSource(leaver.control, { type: "barred" });
    const { process, guest, offer } = leaver;
    const { epoch, to, reason } = leaver.control;
    this.#remove(leaver);
    this.#context.act({ type: "resume", process, epoch, to, reason });
    if (guest !== null) return { guest, epoch: epoch + 2, baton: message.baton, performed: message.performed };
    this.#homes.resumed(process, offer?.received ?? 0);
    return null;
  }

  /** The home has performed effects of what is on its way. */
  performed(process: ProcessKey, epoch: number, number: number): void {
    const leaver = this.#leavers.get(process);
    if (leaver?.guest != null && leaver.control.epoch === epoch) {
      leaver.guest.effects.acknowledge(number, this.#context.at.now);
    }
  }

  tick(): void {
    const { at, parameters } = this.#context;
    for (const leaver of this.#leavers.values()) {
      const { control, guest } = leaver;
      if (control.at === "offering" && guest !== null && at.now - control.sinceMs >= parameters.leaseMs) {
        this.step(leaver, { type: "unreachable", reason: null });
      } else if (at.now - control.sentAtMs >= parameters.beatMs / 2) this.#speak(leaver);
    }
  }

  linked(place: Place): void {
    for (const leaver of this.#leavers.values()) {
      if (leaver.control.to === place) leaver.suppliedAtMs = -Infinity;
      if (leaver.home === place || leaver.control.to === place) this.#speak(leaver);
    }
  }

  unreachable(place: Place, reason: unknown): void {
    for (const leaver of this.#leavers.values()) {
      // What the home has granted along with its own offer only a refusal or a verdict takes back: it may have begun.
      if (leaver.control.to === place && leaver.guest !== null) this.step(leaver, { type: "unreachable", reason });
    }
  }

  dead(place: Place): void {
    this.unreachable(place, null);
    for (const process of this.#reaper.verdict(place)) {
      const leaver = this.#leavers.get(process);
      if (leaver !== undefined) this.step(leaver, { type: "released" });
    }
  }

  /** @internal For {@link Leaver}. */
  step(leaver: Leaver, event: SourceEvent): void {
    const before = leaver.control;
    leaver.control = stepSource(before, event);
    if (leaver.control === before) return;
    const { process, home } = leaver;
    const { at, epoch, to } = leaver.control;
    const grant = leaver.offer?.grant ?? null;
    if (grant !== null) this.#homes.settled(to, grant);
    if (at === "barring") return this.#speak(leaver);
    if (at === "dropped") this.#context.act({ type: "drop", process, epoch });
    else if (before.at !== "left") this.#context.act({ type: "departed", process, epoch, to });
    leaver.offer = null;
    if (at !== "left" || home === this.#context.self) {
      this.#remove(leaver);
      if (at === "left") this.#homes.confirmed(process);
      return;
    }
    this.#tenancies.leave(leaver);
    this.forwarding.left(process, epoch + 1, to);
    this.#reaper.keep(process, epoch + 1, home);
    this.#speak(leaver);
  }

  #add(to: Place, epoch: number, guest: Guest | null, offer: OfferMessage): Leaver {
    const { now } = this.#context.at;
    const control: SourceControl = { at: "offering", epoch, to, sinceMs: now, sentAtMs: now, reason: null };
    const leaver = new Leaver(this, control, guest, offer);
    this.#leavers.set(leaver.process, leaver);
    this.#speak(leaver);
    return leaver;
  }

  #remove(leaver: Leaver): void {
    const { process, home, control } = leaver;
    if (this.#leavers.get(process) === leaver) this.#leavers.delete(process);
    this.#tenancies.leave(leaver);
    this.#reaper.acknowledge(process, control.epoch + 1, home);
    this.forwarding.retire(process, control.epoch + 1);
  }

  #offered(from: Place, process: ProcessKey, epoch: number): Leaver | undefined {
    const leaver = this.#leavers.get(process);
    return leaver?.control.to === from && leaver.control.epoch + 1 === epoch ? leaver : undefined;
  }

  /** Says what the other side must hear next. */
  #speak(leaver: Leaver): void {
    const { process, home, offer } = leaver;
    const { at, epoch, to } = leaver.control;
    leaver.control = { ...leaver.control, sentAtMs: this.#context.at.now };
    if (at === "offering" && offer !== null) this.#context.send(to, offer);
    else if (at === "barring") this.#context.send(home, { type: "transfer.bar", process, epoch: epoch + 1 });
    else if (at === "left") this.#context.send(home, { type: "transfer.handed", process, epoch: epoch + 1, to });
  }
}
