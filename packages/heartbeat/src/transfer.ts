import type { ForwardingEntry } from "./forwarding-map.ts";
import type { Instant, LeaseParameters } from "./lease.ts";
import type { TransferAction, TransferBounds, TransferContext } from "./transfer-context.ts";
import { TransferHome } from "./transfer-home.ts";
import type { BarredMessage, Place, ProcessKey, TransferMessage } from "./transfer-message.ts";
import { TransferSource } from "./transfer-source.ts";
import { TransferTarget } from "./transfer-target.ts";
import { Tenancies } from "./transfer-tenancy.ts";

/** How many records of each kind a node keeps: what must be empty when nothing moves any more (P19). */
export interface TransferCounts {
  readonly homes: number;
  readonly guests: number;
  readonly leavers: number;
  readonly forwarding: number;
  readonly answers: number;
}

/**
 * All decisions of one node about processes that move between nodes, as one value: events and the time go in, actions come out, nothing else
 * happens. The runtime performs the actions; a test can run a whole cluster of these in a loop.
 *
 * The **home** of a process decides who may act for it, and speaks for it: signals go through the home to the host, numbered, and effects from
 * the host to the home, so order and exactly-once hold across moves. What it promises:
 *
 * - At any time at most one node may act for a process; epochs grow (P15). The continuation of a hop runs at most once (P16).
 * - A transfer ends with the process acting at the target, going on at the source, or lost with a verdict (P17).
 * - After the verdict no effect of it is performed (P13). Until then signals and effects arrive once each, in order.
 * - Records go by acknowledgement or with the verdict on a node, never by age (P18, P19).
 *
 * Every method takes the time; call {@link Transfers.take} after each, and perform what it returns in order.
 */
export class Transfers {
  readonly self: Place;
  readonly #context: Context;
  readonly #home: TransferHome;
  readonly #tenancies: Tenancies;
  readonly #source: TransferSource;
  readonly #target: TransferTarget;

  /**
   * @param self this node, in this life.
   * @param baton gives a fresh secret each time: 16 random bytes as text are enough.
   */
  constructor(self: Place, parameters: LeaseParameters, baton: () => string, bounds: TransferBounds = unbounded) {
    this.self = self;
    this.#context = new Context(self, parameters, baton, bounds);
    this.#home = new TransferHome(this.#context);
    this.#tenancies = new Tenancies(this.#context);
    this.#source = new TransferSource(this.#context, this.#home, this.#tenancies);
    this.#target = new TransferTarget(this.#context, this.#home, this.#tenancies, this.#source);
  }

  /** What to do now, in this order; the list is the caller's. */
  take(): TransferAction[] {
    return this.#context.take();
  }

  /** `process`, which is here, goes to `to`. False when it cannot leave now: it is not here, or on its way already. */
  depart(
    process: ProcessKey,
    to: Place,
    cargo: unknown,
    hashes: readonly string[],
    at: Instant,
    epochMin = 0,
  ): boolean {
    this.#context.at = at;
    const departs = this.#depart(process, to, cargo, hashes, epochMin);
    this.#settle();
    return departs;
  }

  /** Answers the action `supply`. */
  supply(process: ProcessKey, epoch: number, definitions: readonly unknown[], at: Instant): void {
    this.#context.at = at;
    this.#source.supply(process, epoch, definitions);
    this.#settle();
  }

  /** Answers the action `arrive`: definitions are missing here. */
  need(process: ProcessKey, epoch: number, hashes: readonly string[], at: Instant): void {
    this.#context.at = at;
    this.#target.need(process, epoch, hashes);
    this.#settle();
  }

  /** Answers the actions `arrive` and `code`: the process is restored and can start. */
  admit(process: ProcessKey, epoch: number, at: Instant): void {
    this.#context.at = at;
    this.#target.admit(process, epoch);
    this.#settle();
  }

  /** Answers the actions `arrive` and `code`: it cannot go on here. */
  refuse(process: ProcessKey, epoch: number, reason: unknown, at: Instant): void {
    this.#context.at = at;
    this.#target.refuse(process, epoch, reason);
    this.#settle();
  }

  /** At home: a signal to `process`. False when it is here: deliver it directly. */
  signal(process: ProcessKey, signal: unknown, at: Instant): boolean {
    this.#context.at = at;
    const isAway = this.#home.signal(process, signal);
    this.#settle();
    return isAway;
  }

  /** At home: `process` has ended and needs no record any more. */
  closed(process: ProcessKey, at: Instant): void {
    this.#context.at = at;
    this.#home.closed(process);
    this.#settle();
  }

  /** At the host: an effect of a guest. False when it may not act any more. */
  emit(process: ProcessKey, effect: unknown, at: Instant): boolean {
    this.#context.at = at;
    const isPermitted = this.#target.emit(process, effect);
    this.#settle();
    return isPermitted;
  }

  /** At the host: a guest's body has ended, and `effect` says how. False when it may not act any more. */
  finish(process: ProcessKey, effect: unknown, at: Instant): boolean {
    this.#context.at = at;
    const isPermitted = this.#target.finish(process, effect);
    this.#settle();
    return isPermitted;
  }

  /** Whether a guest may run its next step. When its lease has ended it may not, and is dropped. */
  mayAct(process: ProcessKey, at: Instant): boolean {
    this.#context.at = at;
    const isPermitted = this.#target.mayAct(process);
    this.#settle();
    return isPermitted;
  }

  /** A message, from the node that the session it came in belongs to. */
  receive(from: Place, message: TransferMessage, at: Instant): void {
    this.#context.at = at;
    this.#dispatch(from, message);
    this.#settle();
  }

  /** Once every beat interval, by a timer that lets waiting input be read first (H19). */
  tick(at: Instant): void {
    this.#context.at = at;
    this.#home.tick();
    this.#tenancies.tick();
    this.#target.tick();
    this.#source.tick();
    this.#settle();
  }

  /** A link to `place` is up. */
  linked(place: Place, at: Instant): void {
    this.#context.at = at;
    this.#tenancies.linked(place);
    this.#home.linked(place);
    this.#target.linked(place);
    this.#source.linked(place);
    this.#settle();
  }

  /** A link to `place` could not be made. No verdict: only transfers that are on their way there are given up. */
  unreachable(place: Place, reason: unknown, at: Instant): void {
    this.#context.at = at;
    this.#source.unreachable(place, reason);
    this.#settle();
  }

  /** Proof that `place` is gone for good: a newer incarnation of its node is there. */
  dead(place: Place, at: Instant): void {
    this.#context.at = at;
    this.#home.dead(place);
    this.#source.dead(place);
    this.#tenancies.dead(place);
    this.#target.dead(place);
    this.#settle();
  }

  /** Somebody who must know says that `place` is gone for good: its OS process was seen to end. */
  declaredDead(place: Place, at: Instant): void {
    this.#context.at = at;
    this.#home.declaredDead(place);
    this.#source.unreachable(place, null);
    this.#tenancies.find(place)?.fence();
    this.#target.dead(place);
    this.#settle();
  }

  /**
   * Nothing that `place` says counts any more: what it has here, or is sending here, is dropped, and what was to go there goes on. It will hear so
   * if it is listened to again. What of this node is there is not judged by that, but as ever by its lease.
   */
  revoked(place: Place, reason: unknown, at: Instant): void {
    this.#context.at = at;
    this.#source.unreachable(place, reason);
    this.#tenancies.find(place)?.fence();
    this.#target.dead(place);
    this.#settle();
  }

  /** This node stops: what it runs for others is dropped, and their homes are told at once. */
  abandon(at: Instant): void {
    this.#context.at = at;
    this.#tenancies.abandon();
    this.#settle();
  }

  /** The lives of the node `id` that anything here is about. */
  placesOf(id: string): readonly Place[] {
    const places = new Set([
      ...this.#home.places,
      ...this.#tenancies.places,
      ...this.#source.places(),
      ...this.#target.places(),
    ]);
    return [...places].filter((place) => place.startsWith(`${id}/`));
  }

  /** The hosts of processes of this home that have not been heard of for a while. */
  suspected(): IterableIterator<Place> {
    return this.#home.suspected();
  }

  /** Whether there is nothing to say and nobody to judge: no ticks are needed. */
  get isIdle(): boolean {
    return this.#source.size === 0 && this.#target.size === 0 && !this.#home.isActive && !this.#tenancies.isActive;
  }

  /** Where a process of this node is, as this node knows it; null when it never left. */
  whereabouts(process: ProcessKey): { readonly at: string; readonly epoch: number; readonly host: Place } | null {
    const control = this.#home.find(process);
    return control === undefined ? null : { at: control.at, epoch: control.epoch, host: control.host };
  }

  /**
   * Where a process of another node went from here, while its home does not know yet. Whoever was sent here for some epoch asks for what
   * came after it, so that the way never leads in a circle (P18).
   */
  forwarded(process: ProcessKey, epochMin?: number): ForwardingEntry | null {
    return this.#source.forwarding.find(process, epochMin) ?? null;
  }

  /**
   * What this node has of others: processes that `from` is sending and that were not granted yet, processes of `home` that were, and answers to
   * grants of `from` that it has not settled.
   */
  load(from: Place, home: Place): { readonly coming: number; readonly here: number; readonly answers: number } {
    return {
      coming: this.#target.comingFrom(from),
      here: this.#target.hereOf(home),
      answers: this.#tenancies.find(from)?.gate.size ?? 0,
    };
  }

  counts(): TransferCounts {
    return {
      homes: this.#home.size,
      guests: this.#target.size,
      leavers: this.#source.size,
      forwarding: this.#source.forwarding.size,
      answers: this.#tenancies.answerCount,
    };
  }

  /** Messages to itself: a node is its own home when its process leaves or comes back. */
  #settle(): void {
    for (let message = this.#context.own.shift(); message !== undefined; message = this.#context.own.shift()) {
      this.#dispatch(this.self, message);
    }
  }

  #depart(process: ProcessKey, to: Place, cargo: unknown, hashes: readonly string[], epochMin: number): boolean {
    if (!this.#source.isFree(process)) return false;
    if (!this.#target.has(process)) return this.#source.departHome(process, to, cargo, hashes, epochMin);
    const guest = this.#target.release(process);
    if (guest === undefined) return false;
    this.#source.departGuest(guest, to, cargo, hashes);
    return true;
  }

  #barred(from: Place, message: BarredMessage): void {
    const resumption = this.#source.barred(from, message);
    if (resumption !== null) this.#target.resume(resumption);
  }

  #dispatch(from: Place, message: TransferMessage): void {
    switch (message.type) {
      case "transfer.offer":
        return this.#target.offer(from, message);
      case "transfer.need":
        return this.#source.asked(from, message);
      case "transfer.code":
        return this.#target.code(from, message);
      case "transfer.accepted":
        return this.#source.accepted(from, message);
      case "transfer.refused":
        return this.#source.refused(from, message);
      case "transfer.claim":
        return this.#home.claim(from, message);
      case "transfer.grant":
        return this.#target.granted(from, message);
      case "transfer.denied":
        this.#target.denied(from, message);
        return this.#source.denied(from, message);
      case "transfer.bar":
        return this.#home.bar(from, message);
      case "transfer.barred":
        return this.#barred(from, message);
      case "transfer.handed":
        return this.#home.handed(from, message);
      case "transfer.released":
        return this.#source.released(from, message);
      case "transfer.in":
        return this.#target.signal(from, message);
      case "transfer.out":
        return this.#home.out(from, message);
      case "lease.beat":
        return this.#home.beat(from, message);
      case "lease.acknowledged":
        return this.#target.acknowledged(from, message);
    }
  }
}

const unbounded: TransferBounds = { signalsPerArrival: Infinity, signalsPerAway: Infinity };

class Context implements TransferContext {
  readonly self: Place;
  readonly parameters: LeaseParameters;
  readonly baton: () => string;
  readonly bounds: TransferBounds;
  readonly own: TransferMessage[] = [];
  at: Instant = { now: 0, wall: 0 };
  #actions: TransferAction[] = [];

  constructor(self: Place, parameters: LeaseParameters, baton: () => string, bounds: TransferBounds) {
    this.self = self;
    this.bounds = bounds;
    this.parameters = parameters;
    this.baton = baton;
  }

  send(to: Place, message: TransferMessage): void {
    if (to === this.self) this.own.push(message);
    else this.#actions.push({ type: "send", to, message });
  }

  act(action: TransferAction): void {
    this.#actions.push(action);
  }

  take(): TransferAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
