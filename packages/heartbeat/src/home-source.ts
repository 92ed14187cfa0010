import type { HomeContext } from "./home-context.ts";
import type { HomeGuide } from "./home-guide.ts";
import type { HomeResidents } from "./home-residents.ts";
import type { HomeSender } from "./home-sender.ts";
import type { HomeSourceEvent, HomeSourceState } from "./home.machine.ts";
import { homeSourceTable } from "./home.machine.ts";
import type { Place, ProcessKey } from "./transfer-message.ts";

interface Leaving {
  at: HomeSourceState;
  readonly process: ProcessKey;
  readonly epoch: number;
  readonly to: Place;
  /** Who was asked to hold, or (while `telling`) told where it went, and has not answered. */
  readonly waiting: Set<Place>;
  /** Who holds. */
  readonly told: Set<Place>;
  /** Whose link was lost after it was given up, and before they followed. */
  readonly lost: Set<Place>;
  cargo: unknown;
  hashes: readonly string[];
  /** What came for it after it was written down, and from which links. */
  readonly held: unknown[];
  readonly senders: Set<Place>;
  /** Whether the link to the target was lost after it was given up. */
  isBroken: boolean;
  sinceMs: number;
}

/** The part of a home that hands a process over. */
export class HomeSource {
  readonly #context: HomeContext;
  readonly #residents: HomeResidents;
  readonly #sender: HomeSender;
  readonly #guide: HomeGuide;
  readonly #leaving = new Map<ProcessKey, Leaving>();
  /** The epoch last offered, of processes that are here yet: each offer has its own. */
  readonly #offered = new Map<ProcessKey, number>();

  constructor(context: HomeContext, residents: HomeResidents, sender: HomeSender, guide: HomeGuide) {
    this.#context = context;
    this.#residents = residents;
    this.#sender = sender;
    this.#guide = guide;
  }

  get size(): number {
    return this.#leaving.size;
  }

  *places(): IterableIterator<Place> {
    for (const { to } of this.#leaving.values()) yield to;
  }

  find(process: ProcessKey): { readonly at: HomeSourceState; readonly epoch: number; readonly to: Place } | undefined {
    return this.#leaving.get(process);
  }

  /** False when it is on its way already, or there is no link to `to`. */
  leave(process: ProcessKey, to: Place): boolean {
    if (this.#leaving.has(process) || !this.#context.linked.has(to)) return false;
    const epoch = Math.max(this.#residents.epochOf(process) ?? 0, this.#offered.get(process) ?? 0) + 1;
    this.#offered.set(process, epoch);
    const leaving: Leaving = {
      at: "settling",
      process,
      epoch,
      to,
      waiting: new Set(),
      told: new Set(),
      lost: new Set(),
      cargo: null,
      hashes: [],
      held: [],
      senders: new Set(),
      isBroken: false,
      sinceMs: this.#context.nowMs,
    };
    this.#leaving.set(process, leaving);
    // The target has to send what it has for it straight to here before it can be asked to hold that.
    this.#residents.meet(process, to);
    this.#advance(leaving);
    return true;
  }

  /** Whether `signal` for `process` has to wait, because it is written down already; then it is kept. `from`: the link that it came on. */
  holds(process: ProcessKey, signal: unknown, from: Place | null): boolean {
    const leaving = this.#leaving.get(process);
    if (leaving === undefined || (leaving.at !== "offering" && leaving.at !== "granting")) return false;
    leaving.held.push(signal);
    if (from !== null) leaving.senders.add(from);
    return true;
  }

  captured(process: ProcessKey, cargo: unknown, hashes: readonly string[]): void {
    const leaving = this.#leaving.get(process);
    if (leaving?.at !== "holding") return;
    leaving.cargo = cargo;
    leaving.hashes = hashes;
    this.#step(leaving, "held");
    this.#offer(leaving);
  }

  /** It stays, because `reason`. Nothing happens once it is given up. */
  fail(process: ProcessKey, reason: unknown): void {
    const leaving = this.#leaving.get(process);
    if (leaving !== undefined) this.#stay(leaving, "unreachable", reason);
  }

  /** It has ended here. */
  ended(process: ProcessKey): void {
    this.#offered.delete(process);
    const leaving = this.#leaving.get(process);
    if (leaving === undefined || (leaving.at !== "settling" && leaving.at !== "holding")) return;
    this.#step(leaving, "ended");
    this.#leaving.delete(process);
    this.#tellStays(leaving);
  }

  held(from: Place, process: ProcessKey, epoch: number): void {
    const leaving = this.#leaving.get(process);
    if (leaving?.epoch !== epoch || !leaving.waiting.has(from)) return;
    if (leaving.at !== "holding") return;
    leaving.waiting.delete(from);
    leaving.told.add(from);
    this.#advance(leaving);
  }

  accepted(from: Place, process: ProcessKey, epoch: number): void {
    const leaving = this.#find(from, process, epoch);
    if (leaving?.at !== "offering") return;
    // The point of no return: from here on this node has no say.
    this.#step(leaving, "accepted");
    leaving.cargo = null;
    this.#offered.delete(process);
    this.#residents.remove(process);
    this.#context.act({ type: "released", process, epoch, to: from });
    this.#context.send(from, { type: "home.granted", process, epoch });
  }

  refused(from: Place, process: ProcessKey, epoch: number, reason: unknown): void {
    const leaving = this.#find(from, process, epoch);
    if (leaving !== undefined) this.#stay(leaving, "refused", reason);
  }

  adopted(from: Place, process: ProcessKey, epoch: number): void {
    const leaving = this.#find(from, process, epoch);
    if (leaving?.at !== "granting") return;
    this.#step(leaving, "adopted");
    this.#tell(leaving);
  }

  /** The target never became its home. */
  gone(from: Place, process: ProcessKey, epoch: number): void {
    const leaving = this.#find(from, process, epoch);
    if (leaving?.at !== "granting") return;
    this.#step(leaving, "gone");
    this.#tell(leaving);
    this.#sender.ended(from, process, epoch);
  }

  followed(from: Place, process: ProcessKey, epoch: number): void {
    const leaving = this.#leaving.get(process);
    if (leaving?.at !== "telling" || leaving.epoch !== epoch) return;
    leaving.waiting.delete(from);
    this.#conclude(leaving);
  }

  /** Somebody asks whether it is still here. */
  asked(from: Place, process: ProcessKey): void {
    const leaving = this.#leaving.get(process);
    if (leaving === undefined || leaving.at === "telling") this.#guide.guide(process, from);
    else if (leaving.at === "offering" || leaving.at === "granting") leaving.senders.add(from);
  }

  tick(): void {
    const { leaseMs, verdictMs } = this.#context.parameters;
    for (const leaving of [...this.#leaving.values()]) {
      this.#advance(leaving);
      const silentMs = this.#context.nowMs - leaving.sinceMs;
      if (leaving.at === "granting") {
        // The target's promise to begin has run out by now: it has, or it never will, and only it can say which.
        if (silentMs <= verdictMs) continue;
        this.#step(leaving, "silent");
        this.#tell(leaving);
      } else if (leaving.at !== "telling" && silentMs > 2 * leaseMs) this.#stay(leaving, "silent", null);
    }
  }

  linked(place: Place): void {
    for (const leaving of this.#leaving.values()) {
      if (leaving.at === "holding") this.#ask(leaving, place);
      if (leaving.to !== place) continue;
      if (leaving.at === "granting") {
        this.#context.send(place, { type: "home.granted", process: leaving.process, epoch: leaving.epoch });
      }
    }
  }

  /** The link to `place` is lost, or could not be made. What was not given up yet stays: the other side begins anew with a new link, too. */
  unreachable(place: Place, reason: unknown): void {
    for (const leaving of [...this.#leaving.values()]) {
      const isWaiting = leaving.waiting.delete(place);
      const wasTold = leaving.told.delete(place);
      if ((leaving.at === "offering" || leaving.at === "granting") && wasTold) leaving.lost.add(place);
      if (leaving.at === "telling" && isWaiting) this.#guide.broke(leaving.process, place);
      leaving.senders.delete(place);
      if (leaving.to === place) leaving.isBroken = true;
      if (leaving.to === place) this.#stay(leaving, "unreachable", reason);
      if (leaving.at === "telling") this.#conclude(leaving);
      else this.#advance(leaving);
    }
  }

  /** `place` is gone for good. */
  dead(place: Place, reason: unknown): void {
    this.unreachable(place, reason);
    for (const leaving of [...this.#leaving.values()]) {
      if (leaving.to === place) this.gone(place, leaving.process, leaving.epoch);
    }
  }

  #find(from: Place, process: ProcessKey, epoch: number): Leaving | undefined {
    const leaving = this.#leaving.get(process);
    return leaving?.to === from && leaving.epoch === epoch ? leaving : undefined;
  }

  #ask(leaving: Leaving, place: Place): void {
    const { process, epoch, to } = leaving;
    leaving.waiting.add(place);
    this.#context.send(place, { type: "home.leaving", process, epoch, to, gone: false });
  }

  #advance(leaving: Leaving): void {
    if (leaving.at === "settling" && this.#residents.isSettled(leaving.process)) {
      this.#step(leaving, "settled");
      for (const place of this.#context.linked) this.#ask(leaving, place);
    }
    if (leaving.at === "holding" && leaving.waiting.size === 0) {
      this.#context.act({ type: "capture", process: leaving.process });
    }
  }

  #offer(leaving: Leaving): void {
    const { process, epoch, to, cargo, hashes, told } = leaving;
    this.#context.send(to, { type: "home.offer", process, epoch, cargo, hashes, told: [...told] });
  }

  #stay(leaving: Leaving, event: "unreachable" | "refused" | "silent", reason: unknown): void {
    if (homeSourceTable.transition(leaving.at, event) !== "stayed") return;
    this.#step(leaving, event);
    const { process, to, held } = leaving;
    this.#leaving.delete(process);
    this.#context.act({ type: "resume", process, to, reason });
    for (const signal of held) this.#context.act({ type: "deliver", process, signal });
    this.#tellStays(leaving);
  }

  #tellStays({ process, epoch, to, told, waiting }: Leaving): void {
    for (const place of new Set([...told, ...waiting, to])) {
      this.#context.send(place, { type: "home.stays", process, epoch });
    }
  }

  /** Those who hold may go on, to where it is now; this node first. */
  #tell(leaving: Leaving): void {
    const { process, epoch, to, held, told, waiting, senders, isBroken } = leaving;
    this.#sender.follow(process, epoch, to, !isBroken);
    for (const signal of held) this.#context.act({ type: "signal", process, to, from: false, signal });
    for (const place of leaving.lost) this.#guide.broke(process, place);
    for (const place of senders) this.#guide.guide(process, place);
    for (const place of told) {
      if (place === to || !this.#context.linked.has(place)) continue;
      waiting.add(place);
      this.#context.send(place, { type: "home.moved", process, epoch, to });
    }
    this.#conclude(leaving);
  }

  #conclude(leaving: Leaving): void {
    if (leaving.waiting.size > 0) return;
    this.#step(leaving, "told");
    const { process, epoch, to } = leaving;
    this.#leaving.delete(process);
    this.#context.act({ type: "settled", process, epoch, to });
  }

  #step(leaving: Leaving, event: HomeSourceEvent): void {
    const at = homeSourceTable.transition(leaving.at, event);
    if (at !== leaving.at) leaving.sinceMs = this.#context.nowMs;
    leaving.at = at;
  }
}
