import type { Cause } from "./cause.ts";
import { expired, stopped } from "./cause.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { HeartbeatLimitError } from "./errors.ts";
import type { Home } from "./expression.ts";
import { endsWithHome, evaluate, hasEnded, homeOf, leavesOf, sameHome } from "./expression.ts";
import { heartbeatTable } from "./heartbeat.machine.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { CompositeHeartbeat, keyOf, LeafHeartbeat } from "./heartbeat.ts";
import type { Outcome } from "./operations.ts";
import { StatusMap } from "./status-map.ts";
import type { HeartbeatStatus, LiveStatus } from "./status.ts";
import { forgotten, isEnded, lostWith, unknown } from "./status.ts";
import type { Registration, Subject } from "./subject.ts";
import { CompositeSubject, ForeignSubject, GoneSubject, LeafSubject } from "./subject.ts";

/** What the registry asks of its shell. */
export type HeartbeatAction = Tell | Watch | Unwatch;

/**
 * Tell `node` that what it registered for as `id` has ended: now, and again until {@link Heartbeats.acknowledge} (H17).
 * A registration is told one thing only, and it is true (P10).
 */
export interface Tell {
  readonly type: "tell";
  readonly node: string;
  readonly id: string;
  readonly heartbeat: Heartbeat;
  /** An end, or `forgotten`. */
  readonly status: HeartbeatStatus;
}

/** Register for `heartbeat` at its home, which is another node. Answers come back through {@link Heartbeats.learn}. */
export interface Watch {
  readonly type: "watch";
  readonly heartbeat: Heartbeat;
}

/** Let that registration go. */
export interface Unwatch {
  readonly type: "unwatch";
  readonly heartbeat: Heartbeat;
}

export interface HeartbeatLimits {
  /** Heartbeats that live, whose end somebody has yet to learn, or that are watched elsewhere. */
  readonly heartbeatsMax: number;
  /**
   * Ended heartbeats whose cause is kept although everybody who had registered knows it. The oldest are forgotten
   * first.
   */
  readonly rememberedMax: number;
  /** Registrations of one node, so that no peer fills this node's memory. */
  readonly registrationsPerNodeMax: number;
  /** An event loop that is late by more has stood still: whatever is due then gets a second round of input (H19). */
  readonly stallMs: number;
}

/** One line of {@link Heartbeats.list}. */
export interface HeartbeatEntry {
  readonly heartbeat: Heartbeat;
  readonly decidedHere: boolean;
  readonly status: HeartbeatStatus;
  readonly registrations: readonly { readonly node: string; readonly id: string }[];
}

/**
 * Told of each end as this node comes to know it, at most once: `decidedHere` when it decided that itself. It takes note, in the middle of
 * things, and does nothing.
 */
export type EndObserver = (heartbeat: Heartbeat, status: HeartbeatStatus, decidedHere: boolean) => void;

const defaultLimits: HeartbeatLimits = {
  heartbeatsMax: 1_000_000,
  rememberedMax: 10_000,
  registrationsPerNodeMax: 1_000_000,
  stallMs: 100,
};

const { event: events, state: states } = heartbeatTable;

/**
 * The heartbeats of one node in one life: the records of those that it decides about, and what it knows of those
 * elsewhere that somebody here has registered for. Pure: time comes in as an argument (of the node's monotonic clock),
 * what is to be done leaves through {@link Heartbeats.takeActions}.
 *
 * It guarantees P1 to P4, P6, P7, P9, P10 and P14, and P5 to a shell that calls {@link Heartbeats.due} at
 * {@link Heartbeats.nextDeadline}, then {@link Heartbeats.judge} after the input that was waiting has been read.
 */
export class Heartbeats {
  readonly home: Home;
  readonly #limits: HeartbeatLimits;
  #nextSerial = 1;
  readonly #leaves = new Map<number, LeafSubject>();
  readonly #composites = new Map<string, CompositeSubject>();
  readonly #foreign = new Map<string, ForeignSubject>();
  readonly #elsewhere = new StatusMap();
  readonly #registrants = new Map<string, Registrant>();
  readonly #deadlines = new DeadlineQueue<LeafSubject>();
  /** What awaits judgement. */
  readonly #due = new Set<LeafSubject>();
  /** Ended, and known to all who had registered; oldest first. */
  readonly #remembered = new Set<LeafSubject | CompositeSubject>();
  /**
   * Walks along behind what was forgotten: beginning anew each time would step over the holes that the forgotten left
   * in the set (measured with 10,000: 5.4 µs instead of 0.1). It never arrives at the end, because it moves only when
   * there are too many.
   */
  readonly #oldestRemembered = this.#remembered.values();
  #actions: HeartbeatAction[] = [];
  /** For whoever watches the node. */
  observer: EndObserver | null = null;

  constructor(home: Home, limits: Partial<HeartbeatLimits> = {}) {
    this.home = home;
    this.#limits = { ...defaultLimits, ...limits };
  }

  // What this node decides.

  /**
   * A new heartbeat that expires once `durationMs` have passed, unless it is reset.
   *
   * @throws HeartbeatLimitError when there are too many.
   */
  create(durationMs: number, now: number): LeafHeartbeat {
    this.#makeRoom(1);
    const heartbeat = new LeafHeartbeat(this.home.node, this.home.incarnation, this.#nextSerial);
    this.#nextSerial += 1;
    const leaf = new LeafSubject(heartbeat, now + durationMs);
    this.#leaves.set(heartbeat.serial, leaf);
    this.#deadlines.add(leaf);
    return heartbeat;
  }

  /** Whether {@link stop}, {@link fail} and {@link verdict} belong here. If not, they belong to {@link homeOf}. */
  decides(heartbeat: Heartbeat): boolean {
    if (this.#place(heartbeat) !== "elsewhere") return true;
    return this.#composites.has(keyOf(heartbeat));
  }

  /** Ends `heartbeat`, about which this node {@link decides}, with `stopped`. Refused when it has ended (P9). */
  stop(heartbeat: Heartbeat): Outcome {
    return this.#endHere(heartbeat, events.stop, stopped);
  }

  /** Ends `heartbeat`, about which this node {@link decides}, with `cause`. Refused when it has ended (P9). */
  fail(heartbeat: Heartbeat, cause: Cause): Outcome {
    return this.#endHere(heartbeat, events.fail, cause);
  }

  /**
   * Ends `heartbeat`, about which this node {@link decides}, because `node`, which ran what is linked to it, is lost.
   */
  verdict(heartbeat: Heartbeat, node: string): Outcome {
    return this.#endHere(heartbeat, events.verdict, { type: "unresponsive", node });
  }

  /**
   * Makes sure that a leaf of this node has at least `durationMs` left. Never shortens: a join (P4). Refused when it
   * has ended, and not before: one that is only due lives. (A composite is reset leaf by leaf, each at its home: H16.)
   */
  reset(heartbeat: LeafHeartbeat, durationMs: number, now: number): Outcome {
    const leaf = this.#place(heartbeat) === "here" ? this.#leaves.get(heartbeat.serial) : undefined;
    if (leaf === undefined || leaf.hasEnded) return "refused";
    const deadlineMs = now + durationMs;
    if (deadlineMs <= leaf.deadlineMs) return "accepted";
    leaf.deadlineMs = deadlineMs;
    leaf.version += 1;
    if (!this.#due.has(leaf)) this.#deadlines.moved(leaf);
    else if (deadlineMs > now) {
      this.#due.delete(leaf);
      leaf.state = heartbeatTable.next(leaf.state, events.extended);
      this.#deadlines.add(leaf);
    }
    return "accepted";
  }

  /** When {@link due} should be called next; `Infinity` when nothing is running out. */
  nextDeadline(): number {
    return this.#deadlines.peek()?.deadlineMs ?? Infinity;
  }

  /**
   * Marks what has run out by `now`. Marks only: a reset may lie unread in a socket (H19).
   *
   * @returns whether anything awaits {@link judge}, which is to be called after waiting input was read.
   */
  due(now: number): boolean {
    for (
      let leaf = this.#deadlines.peek();
      leaf !== undefined && leaf.deadlineMs <= now;
      leaf = this.#deadlines.peek()
    ) {
      this.#deadlines.remove(leaf);
      leaf.state = heartbeatTable.next(leaf.state, events.elapsed);
      this.#due.add(leaf);
    }
    return this.#due.size > 0;
  }

  /**
   * Ends with `expired` what was marked {@link due} and not reset since. After an event loop that stood still, one
   * round of input may not have brought everything that waits: then there is a second one, and no third (P5).
   *
   * @returns whether anything awaits another `judge`, again after waiting input was read.
   */
  judge(now: number): boolean {
    for (const leaf of this.#due) {
      const event = now - leaf.deadlineMs > this.#limits.stallMs ? events.stalled : events.inputRead;
      const next = heartbeatTable.next(leaf.state, event);
      if (next === states.doubtful) leaf.state = next;
      else this.#end(leaf, event, expired);
    }
    return this.#due.size > 0;
  }

  // Who wants to know.

  /**
   * What this node knows. Final when it {@link decides}; of a heartbeat elsewhere that nobody here registered for:
   * `unknown`.
   */
  status(heartbeat: Heartbeat, now: number): HeartbeatStatus {
    const held = this.#find(heartbeat);
    if (held !== undefined) return held.status(now);
    return evaluate(heartbeat, (part) => {
      // Nobody ended a composite of this node that has no record: what its parts say is all there is.
      const isFree = part instanceof CompositeHeartbeat && this.#place(part) === "here";
      return this.#find(part)?.status(now) ?? (isFree ? unlimited : unknown);
    });
  }

  /**
   * Registers `node` for the end of `heartbeat`, wherever that is decided. It stands when this returns. `node` chooses
   * `id`; registering the same again changes nothing. One {@link Tell} follows when the heartbeat ends, at once if it
   * has (P14).
   *
   * @throws HeartbeatLimitError when `node` has too many registrations, or this node too many heartbeats; TypeError
   *   when another node asks for what this one does not decide.
   */
  register(heartbeat: Heartbeat, node: string, id: string): void {
    if (node !== this.home.node) this.#checkDecides(heartbeat);
    const registrant = this.#registrants.get(node) ?? { registrations: new Map(), told: new Set() };
    if (registrant.registrations.has(id)) return;
    const { registrationsPerNodeMax } = this.#limits;
    if (registrant.registrations.size >= registrationsPerNodeMax) {
      throw new HeartbeatLimitError("registrations of one node", registrationsPerNodeMax);
    }
    const subject = this.#subject(heartbeat, null);
    const registration: Registration = { node, id, subject };
    registrant.registrations.set(id, registration);
    this.#registrants.set(node, registrant);
    (subject.registrations ??= new Set()).add(registration);
    if (subject.kind === "leaf" || subject.kind === "composite") this.#remembered.delete(subject);
    if (subject.hasEnded) this.#tell(registration, subject.status(0));
  }

  /** Withdraws a registration. What is already on its way may still arrive. False when there is none. */
  unregister(node: string, id: string): boolean {
    const registration = this.#registrants.get(node)?.registrations.get(id);
    if (registration === undefined) return false;
    this.#drop(registration);
    this.#settle(registration.subject);
    return true;
  }

  /**
   * `node` knows the end that it registered for as `id`. False when there is no such registration, or nothing to know
   * yet.
   */
  acknowledge(node: string, id: string): boolean {
    const registration = this.#registrants.get(node)?.registrations.get(id);
    return registration?.subject.hasEnded === true && this.unregister(node, id);
  }

  /** What `node` has been told and has not acknowledged: to be said again when it is back. */
  unacknowledged(node: string): readonly Tell[] {
    const told = this.#registrants.get(node)?.told ?? [];
    return [...told].map((registration) => tell(registration, registration.subject.status(0)));
  }

  /** What the shell has to do since it last asked, in order. */
  takeActions(): readonly HeartbeatAction[] {
    if (this.#actions.length === 0) return none;
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  // What is decided elsewhere.

  /**
   * Takes in what the home of a watched heartbeat says. Orders, repetitions and delays make no difference (P1, H4).
   *
   * @param ageMs how old the answer was when it was sent, on the sender's clock.
   */
  learn(heartbeat: Heartbeat, status: HeartbeatStatus, ageMs: number, now: number): void {
    const news = this.#elsewhere.learn(heartbeat, status, ageMs, now);
    if (news === "news" && hasEnded(status)) this.#foreignEnded(this.#foreign.get(keyOf(heartbeat)) as ForeignSubject);
  }

  /** The heartbeats whose home is `node`, and for which this node wants to stand registered there. */
  watchedAt(node: string): readonly Heartbeat[] {
    const watched = [...this.#foreign.values()].filter((subject) => !subject.hasEnded);
    return watched.map((subject) => subject.heartbeat).filter((heartbeat) => homeOf(heartbeat).node === node);
  }

  /**
   * `node` is lost for good: the verdict on it (`incarnation` null), or it is back in a new life, `incarnation`. What
   * its earlier lives decided about is `unresponsive` (H18), and what they had registered is gone.
   */
  lose(node: string, incarnation: string | null): void {
    const registrations = [...(this.#registrants.get(node)?.registrations.values() ?? [])];
    for (const registration of registrations) this.#drop(registration);
    for (const { subject } of registrations) this.#settle(subject);
    // Small ones first: a composite that is evaluated here from now on must not find a part that is still to be.
    const lost = [...this.#elsewhere.lose(node, incarnation)].sort((a, b) => leavesOf(a).length - leavesOf(b).length);
    for (const heartbeat of lost) {
      // The end of one may have been the last that was to be known of another.
      const subject = this.#foreign.get(keyOf(heartbeat));
      if (subject !== undefined) this.#foreignEnded(subject);
    }
  }

  // For people.

  /** Heartbeats that are not just remembered. */
  get size(): number {
    return this.#leaves.size + this.#composites.size + this.#foreign.size - this.#remembered.size;
  }

  /** Everything that is held about heartbeats here, for inspection. */
  *list(now: number): IterableIterator<HeartbeatEntry> {
    for (const subjects of [this.#leaves, this.#composites, this.#foreign]) {
      for (const subject of subjects.values()) {
        yield {
          heartbeat: subject.heartbeat,
          decidedHere: subject.kind !== "foreign",
          status: subject.status(now),
          registrations: [...(subject.registrations ?? [])].map(({ node, id }) => ({ node, id })),
        };
      }
    }
  }

  /**
   * Where `heartbeat` is decided. `"past"`: by an earlier life of this node, which is over, and with it the heartbeat.
   * A composite that does not end with its home is decided here then.
   */
  #place(heartbeat: Heartbeat): "here" | "past" | "elsewhere" {
    const { node, incarnation } = homeOf(heartbeat);
    if (node !== this.home.node) return "elsewhere";
    return incarnation === this.home.incarnation || !endsWithHome(heartbeat) ? "here" : "past";
  }

  /** What is held about `heartbeat`, with nothing made. */
  #find(heartbeat: Heartbeat): Subject | undefined {
    if (heartbeat instanceof LeafHeartbeat) {
      const place = this.#place(heartbeat);
      if (place === "here") return this.#leaves.get(heartbeat.serial) ?? new GoneSubject(heartbeat, forgotten);
      if (place === "past") return new GoneSubject(heartbeat, lostWith(this.home.node));
      return this.#foreign.get(keyOf(heartbeat));
    }
    const key = keyOf(heartbeat);
    const held = this.#composites.get(key) ?? this.#foreign.get(key);
    if (held !== undefined || this.#place(heartbeat) !== "past") return held;
    return new GoneSubject(heartbeat, lostWith(this.home.node));
  }

  /** What is held about `heartbeat`, made on first use. Nobody is asked about what `lost` would have decided. */
  #subject(heartbeat: Heartbeat, lost: Home | null): Subject {
    const held = this.#find(heartbeat);
    if (held !== undefined) return held;
    // Enough for an expression and all its parts, so that nothing fails half-way.
    this.#makeRoom(heartbeat instanceof LeafHeartbeat ? 1 : 2 * heartbeat.leafCount);
    const home = homeOf(heartbeat);
    const isLost = lost !== null && sameHome(home, lost);
    if (isLost && endsWithHome(heartbeat)) return new GoneSubject(heartbeat, lostWith(home.node));
    if (!(heartbeat instanceof LeafHeartbeat) && (isLost || this.#place(heartbeat) === "here")) {
      const composite = this.#materialise(heartbeat, lost);
      this.#partsAlreadyEnded(composite);
      return composite;
    }
    const foreign = new ForeignSubject(heartbeat, keyOf(heartbeat), this.#elsewhere);
    this.#foreign.set(foreign.key, foreign);
    this.#elsewhere.track(heartbeat);
    this.#actions.push({ type: "watch", heartbeat });
    return foreign;
  }

  #materialise(heartbeat: CompositeHeartbeat, lost: Home | null): CompositeSubject {
    const [left, right] = [this.#subject(heartbeat.left, lost), this.#subject(heartbeat.right, lost)];
    const composite = new CompositeSubject(heartbeat, keyOf(heartbeat), left, right);
    this.#composites.set(composite.key, composite);
    (left.parents ??= new Set()).add(composite);
    (right.parents ??= new Set()).add(composite);
    return composite;
  }

  /** In the order of keys: nobody knows which ended first (P7 asks for one cause, not for which). */
  #partsAlreadyEnded(composite: CompositeSubject): void {
    for (const part of [composite.parts?.left, composite.parts?.right]) {
      if (part?.hasEnded === true) this.#partEnded(composite, part);
    }
  }

  #makeRoom(count: number): void {
    const { heartbeatsMax } = this.#limits;
    if (this.size + count > heartbeatsMax) throw new HeartbeatLimitError("heartbeats", heartbeatsMax);
  }

  #endHere(heartbeat: Heartbeat, event: number, cause: Cause): Outcome {
    this.#checkDecides(heartbeat);
    const subject = this.#subject(heartbeat, null);
    if (subject.kind === "gone" || subject.kind === "foreign" || subject.hasEnded) return "refused";
    this.#end(subject, event, cause);
    return "accepted";
  }

  #checkDecides(heartbeat: Heartbeat): void {
    if (this.decides(heartbeat)) return;
    throw new TypeError(`${heartbeat.toString()}: expected a heartbeat that this node decides about`);
  }

  /** The one place where a heartbeat of this node ends: writes the cause, once, and tells everybody. */
  #end(subject: LeafSubject | CompositeSubject, event: number, cause: Cause): void {
    subject.state = heartbeatTable.next(subject.state, event);
    subject.cause = cause;
    subject.version += 1;
    if (subject.kind === "leaf") {
      this.#deadlines.remove(subject);
      this.#due.delete(subject);
    }
    this.#announce(subject);
  }

  #foreignEnded(subject: ForeignSubject): void {
    const { heartbeat } = subject;
    const status = subject.status(0);
    const { node } = homeOf(heartbeat);
    const lost = isEnded(status) && status.cause.type === "unresponsive" && status.cause.node === node;
    if (lost && !(heartbeat instanceof LeafHeartbeat) && !endsWithHome(heartbeat)) this.#adopt(subject, heartbeat);
    else this.#announce(subject);
  }

  /** The home of a composite is lost, and its leaves can go on without: this node evaluates it for itself (P6). */
  #adopt(foreign: ForeignSubject, heartbeat: CompositeHeartbeat): void {
    this.#foreign.delete(foreign.key);
    this.#elsewhere.untrack(heartbeat);
    const composite = this.#materialise(heartbeat, homeOf(heartbeat));
    composite.registrations = foreign.registrations;
    composite.parents = foreign.parents;
    for (const registration of composite.registrations ?? []) registration.subject = composite;
    for (const { parts } of composite.parents ?? []) {
      if (parts?.left === foreign) parts.left = composite;
      if (parts?.right === foreign) parts.right = composite;
    }
    this.#partsAlreadyEnded(composite);
  }

  /** Tells everybody, and composites before they are told themselves. */
  #announce(subject: Subject): void {
    const status = subject.status(0);
    this.observer?.(subject.heartbeat, status, subject.kind !== "foreign");
    for (const registration of subject.registrations ?? []) this.#tell(registration, status);
    for (const parent of [...(subject.parents ?? [])]) this.#partEnded(parent, subject);
    this.#settle(subject);
  }

  #partEnded(composite: CompositeSubject, part: Subject): void {
    composite.endedFirst ??= part;
    const status = composite.partsStatus(0);
    if (composite.hasEnded) this.#settle(composite);
    else if (isEnded(status)) this.#end(composite, inherited[status.state], status.cause);
    else if (hasEnded(status)) {
      composite.state = heartbeatTable.next(composite.state, events.partForgotten);
      this.#announce(composite);
    }
  }

  #tell(registration: Registration, status: HeartbeatStatus): void {
    this.#registrants.get(registration.node)?.told.add(registration);
    this.#actions.push(tell(registration, status));
  }

  #drop(registration: Registration): void {
    const { node, id, subject } = registration;
    subject.registrations?.delete(registration);
    const registrant = this.#registrants.get(node);
    registrant?.told.delete(registration);
    registrant?.registrations.delete(id);
    if (registrant?.registrations.size === 0) this.#registrants.delete(node);
  }

  /** Lets go of what nobody needs any more: entries leave by acknowledgement, not by age (P19, H1). */
  #settle(subject: Subject): void {
    if (subject.registrations !== null && subject.registrations.size > 0) return;
    switch (subject.kind) {
      case "leaf":
        if (subject.hasEnded && this.#leaves.get(subject.heartbeat.serial) === subject) this.#remember(subject);
        break;
      case "composite":
        if (this.#composites.get(subject.key) === subject) this.#settleComposite(subject);
        break;
      case "foreign":
        if (subject.isObserved || !this.#foreign.delete(subject.key)) return;
        if (!subject.hasEnded) this.#actions.push({ type: "unwatch", heartbeat: subject.heartbeat });
        this.#elsewhere.untrack(subject.heartbeat);
        break;
      case "gone":
    }
  }

  #settleComposite(composite: CompositeSubject): void {
    if (!composite.hasEnded) {
      if (composite.isObserved) return;
      this.#composites.delete(composite.key);
      this.#detach(composite);
    } else if (hasEnded(composite.partsStatus(0))) {
      // Not sooner: one that was stopped while its parts live would otherwise begin to live again once it is forgotten
      // (P1).
      this.#detach(composite);
      this.#remember(composite);
    }
  }

  #detach(composite: CompositeSubject): void {
    const { parts } = composite;
    if (parts === null) return;
    composite.parts = null;
    for (const part of [parts.left, parts.right]) {
      part.parents?.delete(composite);
      this.#settle(part);
    }
  }

  #remember(subject: LeafSubject | CompositeSubject): void {
    this.#remembered.add(subject);
    if (this.#remembered.size <= this.#limits.rememberedMax) return;
    const oldest = this.#oldestRemembered.next().value as LeafSubject | CompositeSubject;
    this.#remembered.delete(oldest);
    oldest.state = heartbeatTable.next(oldest.state, events.forget);
    if (oldest.kind === "leaf") this.#leaves.delete(oldest.heartbeat.serial);
    else this.#composites.delete(oldest.key);
  }
}

/** One node's registrations, and which of them it has been told the end of. */
interface Registrant {
  readonly registrations: Map<string, Registration>;
  readonly told: Set<Registration>;
}

const none: readonly HeartbeatAction[] = Object.freeze([]);

const unlimited: LiveStatus = { state: "live", remainingMs: Infinity, epoch: 0, version: 0 };

/** The event by which a composite takes over the end of the part that decided it. */
const inherited = {
  stopped: events.stop,
  failed: events.fail,
  expired: events.partExpired,
  unresponsive: events.verdict,
} as const;

function tell({ node, id, subject: { heartbeat } }: Registration, status: HeartbeatStatus): Tell {
  return { type: "tell", node, id, heartbeat, status };
}
