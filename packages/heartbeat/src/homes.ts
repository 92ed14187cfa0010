import type { HomeAction, HomeContext } from "./home-context.ts";
import { HomeGuide } from "./home-guide.ts";
import type { HomeMessage } from "./home-message.ts";
import { HomeResidents } from "./home-residents.ts";
import { HomeSender } from "./home-sender.ts";
import { HomeSource } from "./home-source.ts";
import { HomeTarget } from "./home-target.ts";
import type { LeaseParameters } from "./lease.ts";
import type { Place, ProcessKey } from "./transfer-message.ts";

/** How many records of each kind a node keeps about homes that were handed over. */
export interface HomeCounts {
  /** Processes that were born elsewhere, or were away, and have their home here. */
  readonly residents: number;
  /** Homes of others that are not where the pid says. They leave when the process ends. */
  readonly routes: number;
  /** Handovers under way, in whatever part. */
  readonly underway: number;
}

/**
 * All decisions of one node about homes that are handed over, as one value: events and the time go in, actions come out. The links between
 * nodes keep order and lose only their end, and each event of a link is told in its order: `linked`, its messages, `unlinked`.
 *
 * - At any time at most one node is the home of a process, and home epochs grow: the former home gives it up before the next one hears so.
 * - What one process sends to another arrives once at most and in order, whoever is the home meanwhile, and without fail while no link is
 *   lost on the way.
 * - A handover ends with the process at its former home, at the next one, or lost with one of them; whoever asks is told.
 * - Routes lead to later epochs only (P18), and leave when their place says that the process is not there, or is dead (P19).
 *
 * Call {@link Homes.take} after each method, and perform what it returns in order.
 */
export class Homes {
  readonly self: Place;
  readonly #context: Context;
  readonly #residents: HomeResidents;
  readonly #sender: HomeSender;
  readonly #guide: HomeGuide;
  readonly #source: HomeSource;
  readonly #target: HomeTarget;

  /** @param believes whether the word of a place counts about the homes of others, where nobody can be asked. */
  constructor(self: Place, parameters: LeaseParameters, believes: (place: Place) => boolean = () => true) {
    this.self = self;
    this.#context = new Context(self, parameters, believes);
    this.#residents = new HomeResidents(this.#context);
    this.#sender = new HomeSender(this.#context);
    this.#guide = new HomeGuide(this.#context, this.#sender);
    this.#source = new HomeSource(this.#context, this.#residents, this.#sender, this.#guide);
    this.#target = new HomeTarget(this.#context, this.#residents, this.#sender);
  }

  take(): HomeAction[] {
    return this.#context.take();
  }

  // The processes

  /** `process`, which is here and does not act, gets its home at `to`. False when it is on its way already, or there is no link to `to`. */
  leave(process: ProcessKey, to: Place, nowMs: number): boolean {
    this.#context.nowMs = nowMs;
    return this.#source.leave(process, to);
  }

  /** Answers the action `capture`. */
  captured(process: ProcessKey, cargo: unknown, hashes: readonly string[], nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#source.captured(process, cargo, hashes);
  }

  /** The other answer to `capture`; or the handover is given up, if it still can be. */
  failed(process: ProcessKey, reason: unknown, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#source.fail(process, reason);
  }

  /** Answers the action `arrive`. */
  admit(process: ProcessKey, epoch: number, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#target.admit(process, epoch);
  }

  /** The other answer to `arrive`. */
  refuse(process: ProcessKey, epoch: number, reason: unknown, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#target.refuse(process, epoch, reason);
  }

  /** `process`, whose home is here, has ended, and everybody was told what they had to be told. */
  closed(process: ProcessKey, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#source.ended(process);
    this.#residents.end(process);
  }

  // Signals

  /**
   * A signal for `process`, which does not act here: where to send it; null when it waits. `from`: the link that it came on, if it did. Its
   * sender is told the way.
   */
  route(process: ProcessKey, signal: unknown, from: Place | null, nowMs: number): Place | null {
    this.#context.nowMs = nowMs;
    if (this.#source.holds(process, signal, from) || this.#sender.holds(process, signal)) return null;
    if (from !== null) this.#guide.guide(process, from);
    const place = this.#sender.homeOf(process);
    if (this.#mayCome(place)) this.#context.expected.add(place);
    return place;
  }

  /** A signal in the name of `process`, whose home is here: whether it can go to `to` now. Otherwise it waits. */
  permits(process: ProcessKey, to: Place, signal: unknown, nowMs: number): boolean {
    this.#context.nowMs = nowMs;
    return this.#residents.permits(process, to, signal);
  }

  /** Whether a signal of a process of `origin` for `process`, which came on the link to `from`, still counts. */
  admits(process: ProcessKey, origin: Place, from: Place): boolean {
    return this.#residents.admits(process, origin, from);
  }

  /** A link or monitor between `process`, whose home is here, and something at `place` was made. */
  meet(process: ProcessKey, place: Place, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#residents.meet(process, place);
  }

  /** Where the home of `process` is, as far as this node knows. */
  homeOf(process: ProcessKey): Place {
    if (this.#residents.epochOf(process) !== undefined) return this.self;
    const leaving = this.#source.find(process);
    return leaving?.at === "granting" ? leaving.to : this.#sender.homeOf(process);
  }

  /** The home epoch of a process whose home is here; null when it was never handed over. */
  epochOf(process: ProcessKey): number | null {
    return this.#residents.epochOf(process) ?? null;
  }

  // Links

  /** A link to `place` is up. Called before any message of it is received, and before anything else is sent on it. */
  linked(place: Place, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#context.linked.add(place);
    this.#context.expected.delete(place);
    this.#source.linked(place);
    this.#sender.linked(place);
    this.#residents.linked(place);
  }

  /** The link to `place` is lost; all messages of it were received. */
  unlinked(place: Place, nowMs: number): void {
    this.#context.linked.delete(place);
    this.#unreachable(place, null, nowMs);
    this.#target.down(place);
  }

  /** No link to `place` could be made. */
  unreachable(place: Place, reason: unknown, nowMs: number): void {
    this.#unreachable(place, reason, nowMs);
  }

  /** Proof that `place` is gone for good. `reason` is given to what was on its way there. */
  dead(place: Place, reason: unknown, nowMs: number): void {
    this.#context.linked.delete(place);
    this.#context.expected.delete(place);
    this.#context.nowMs = nowMs;
    this.#source.dead(place, reason);
    this.#sender.dead(place);
    this.#residents.unreachable(place);
    this.#guide.unreachable(place);
    this.#target.dead(place);
  }

  /** Nothing that `place` says counts any more: what it was handing over to this node does not begin here. */
  revoked(place: Place, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#target.dead(place);
  }

  /** Once every beat interval. */
  tick(nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#source.tick();
    this.#target.tick();
    this.#guide.tick();
  }

  receive(from: Place, message: HomeMessage, nowMs: number): void {
    this.#context.nowMs = nowMs;
    const { process, epoch } = message;
    switch (message.type) {
      case "home.leaving":
        return this.#sender.leaving(from, message);
      case "home.held":
        this.#source.held(from, process, epoch);
        return this.#guide.held(from, process, epoch);
      case "home.stays":
        this.#target.withdrawn(from, process, epoch);
        return this.#sender.stays(from, message);
      case "home.offer":
        return this.#target.offer(from, message);
      case "home.accepted":
        return this.#source.accepted(from, process, epoch);
      case "home.refused":
        return this.#source.refused(from, process, epoch, message.reason);
      case "home.granted":
        return this.#target.granted(from, process, epoch);
      case "home.adopted":
        return this.#source.adopted(from, process, epoch);
      case "home.moved":
        return this.#sender.moved(from, message);
      case "home.followed":
        return this.#source.followed(from, process, epoch);
      case "home.here":
        this.#source.adopted(from, process, epoch);
        return this.#sender.here(from, message);
      case "home.know":
        return this.#know(from, message);
      case "home.ask":
        return this.#ask(from, process, epoch);
      case "home.flush":
        return this.#flush(from, message);
      case "home.broken":
        if (message.peer === this.self) return this.#sender.broke(from, process, epoch);
        if (!this.#residents.broken(message)) this.#guide.broke(process, message.peer);
        return;
      case "home.flushed":
        return this.#guide.flushed(from, process, epoch, message.peer);
      case "home.ended":
        this.#source.gone(from, process, epoch);
        return this.#sender.ended(from, process, epoch);
    }
  }

  /** Whether there may be a link to `place` soon: there is none yet, nor one to another life of its node. */
  #mayCome(place: Place): boolean {
    const node = place.slice(0, place.indexOf("/") + 1);
    if (this.self.startsWith(node)) return false;
    for (const linked of this.#context.linked) if (linked.startsWith(node)) return false;
    return true;
  }

  /** The lives of the node `id` that anything here is about. */
  placesOf(id: string): readonly Place[] {
    const places = new Set([
      ...this.#context.linked,
      ...this.#context.expected,
      ...this.#sender.places(),
      ...this.#residents.places(),
      ...this.#source.places(),
      ...this.#target.places(),
    ]);
    return [...places].filter((place) => place.startsWith(`${id}/`));
  }

  /** Whether nothing is under way: no ticks are needed. */
  get isIdle(): boolean {
    return this.counts().underway === 0;
  }

  counts(): HomeCounts {
    return {
      residents: this.#residents.size,
      routes: this.#sender.routes,
      underway: this.#source.size + this.#target.size + this.#sender.waiting + this.#guide.size,
    };
  }

  /** Answered by the home itself. Whoever asks a former one is told the way first, and asks there. */
  #flush(from: Place, { process, epoch, peer }: Extract<HomeMessage, { type: "home.flush" }>): void {
    if (this.#source.find(process) !== undefined) return;
    if (this.#residents.epochOf(process) === epoch) {
      this.#context.send(from, { type: "home.flushed", process, epoch, peer });
    } else if ((this.#sender.find(process)?.epoch ?? 0) > epoch) this.#guide.guide(process, from);
  }

  #ask(from: Place, process: ProcessKey, epoch: number): void {
    const isKnown = this.#source.find(process) !== undefined || this.#sender.find(process) !== undefined;
    if (isKnown || this.#target.has(process)) this.#source.asked(from, process);
    // It never left, or is no more: whoever says that it is elsewhere is wrong.
    else this.#context.send(from, { type: "home.stays", process, epoch });
  }

  #know(from: Place, message: Extract<HomeMessage, { type: "home.know" }>): void {
    this.#target.heard(from, message.process);
    if (this.#residents.know(from, message)) {
      // A home that wants to leave may have waited for this.
      if (this.#source.find(message.process)?.at === "settling") this.#source.tick();
      return;
    }
    const { process, epoch } = message;
    // It was here before, and is again.
    if ((this.#residents.epochOf(process) ?? 0) > epoch) return this.#residents.greet(process, from);
    const route = this.#sender.find(process);
    // It went on to the very node that asks, and that knows nothing of it: there it never began.
    if (route !== undefined && route.epoch > epoch && route.place !== from) return this.#guide.guide(process, from);
    if (this.#source.find(process) !== undefined) return this.#source.asked(from, process);
    if (this.#target.has(process)) return;
    this.#context.send(from, { type: "home.ended", process, epoch });
    this.#sender.ended(from, process, epoch);
  }

  #unreachable(place: Place, reason: unknown, nowMs: number): void {
    this.#context.nowMs = nowMs;
    this.#context.expected.delete(place);
    this.#source.unreachable(place, reason);
    this.#sender.unreachable(place, (process) => this.#target.expects(process));
    this.#residents.unreachable(place);
    this.#guide.unreachable(place);
  }
}

class Context implements HomeContext {
  readonly self: Place;
  readonly parameters: LeaseParameters;
  readonly linked: Set<Place> = new Set();
  readonly expected: Set<Place> = new Set();
  readonly believes: (place: Place) => boolean;
  nowMs = 0;
  #actions: HomeAction[] = [];

  constructor(self: Place, parameters: LeaseParameters, believes: (place: Place) => boolean) {
    this.self = self;
    this.parameters = parameters;
    this.believes = believes;
  }

  act(action: HomeAction): void {
    this.#actions.push(action);
  }

  send(to: Place, message: HomeMessage): void {
    if (this.linked.has(to)) this.act({ type: "send", to, message });
  }

  take(): HomeAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
