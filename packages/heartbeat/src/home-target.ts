import type { HomeContext } from "./home-context.ts";
import type { HomeOfferMessage } from "./home-message.ts";
import type { HomeResidents } from "./home-residents.ts";
import type { HomeSender } from "./home-sender.ts";
import type { HomeTargetEvent, HomeTargetState } from "./home.machine.ts";
import { homeTargetTable } from "./home.machine.ts";
import type { Place, ProcessKey } from "./transfer-message.ts";

interface Coming {
  at: HomeTargetState;
  readonly process: ProcessKey;
  readonly epoch: number;
  readonly from: Place;
  readonly told: readonly Place[];
  /** Whether the link that it was offered on was lost. */
  isBroken: boolean;
  sinceMs: number;
}

/** The part of the node that is to be the home. */
export class HomeTarget {
  readonly #context: HomeContext;
  readonly #residents: HomeResidents;
  readonly #sender: HomeSender;
  readonly #coming = new Map<ProcessKey, Coming>();
  /** What was promised and ran out, while a late word of its former home may still come on the same link. */
  readonly #expired = new Map<ProcessKey, Coming>();

  constructor(context: HomeContext, residents: HomeResidents, sender: HomeSender) {
    this.#context = context;
    this.#residents = residents;
    this.#sender = sender;
  }

  get size(): number {
    return this.#coming.size + this.#expired.size;
  }

  *places(): IterableIterator<Place> {
    for (const { from } of this.#coming.values()) yield from;
    for (const { from } of this.#expired.values()) yield from;
  }

  has(process: ProcessKey): boolean {
    return this.#coming.has(process);
  }

  offer(from: Place, message: HomeOfferMessage): void {
    const { process, epoch, told, cargo, hashes } = message;
    const coming = this.#coming.get(process);
    if (coming !== undefined && coming.epoch >= epoch) return;
    if ((this.#expired.get(process)?.epoch ?? -1) >= epoch || !this.#sender.waitsFor(process, epoch, from)) {
      return this.#context.send(from, { type: "home.refused", process, epoch, reason: null });
    }
    if (epoch <= Math.max(this.#residents.epochOf(process) ?? 0, this.#sender.find(process)?.epoch ?? 0)) return;
    if (coming !== undefined) this.#drop(coming, "withdrawn");
    this.#coming.set(process, {
      at: "arriving",
      process,
      epoch,
      from,
      told,
      isBroken: false,
      sinceMs: this.#context.nowMs,
    });
    this.#context.act({ type: "arrive", process, epoch, from, cargo, hashes });
  }

  admit(process: ProcessKey, epoch: number): void {
    const coming = this.#find(process, epoch, "arriving");
    if (coming === undefined) return;
    this.#step(coming, "admitted");
    this.#context.send(coming.from, { type: "home.accepted", process, epoch });
  }

  refuse(process: ProcessKey, epoch: number, reason: unknown): void {
    const coming = this.#find(process, epoch, "arriving");
    if (coming === undefined) return;
    this.#step(coming, "refused");
    this.#coming.delete(process);
    this.#context.send(coming.from, { type: "home.refused", process, epoch, reason });
  }

  granted(from: Place, process: ProcessKey, epoch: number): void {
    const coming = this.#find(process, epoch, "accepted");
    if (coming?.from === from) {
      this.#step(coming, "granted");
      this.#coming.delete(process);
      const held = this.#sender.adopted(process);
      this.#context.act({ type: "adopt", process, epoch, from });
      // The connection to its former home was one to the process: what it carried has fired here.
      if (coming.isBroken) this.#context.act({ type: "reconcile", process, peer: this.#context.self, held: [] });
      for (const signal of held) this.#context.act({ type: "deliver", process, signal });
      this.#context.send(from, { type: "home.adopted", process, epoch });
      this.#residents.adopt(process, epoch, coming.told);
      return;
    }
    const known = Math.max(this.#residents.epochOf(process) ?? 0, this.#sender.find(process)?.epoch ?? 0);
    // What is here, or has been and went on, was adopted. Anything else has ended, or never began.
    if (known >= epoch) this.#context.send(from, { type: "home.adopted", process, epoch });
    else {
      this.#context.send(from, { type: "home.ended", process, epoch });
      this.#sender.ended(from, process, epoch);
    }
  }

  /** Whether this node may be the home of `process` soon: what it has to send there itself waits. */
  expects(process: ProcessKey): boolean {
    return this.#coming.get(process)?.at === "accepted";
  }

  withdrawn(from: Place, process: ProcessKey, epoch: number): void {
    this.heard(from, process);
    const coming = this.#coming.get(process);
    if (coming?.from === from && coming.epoch === epoch) this.#drop(coming, "withdrawn");
  }

  tick(): void {
    const { leaseMs } = this.#context.parameters;
    for (const coming of [...this.#coming.values()]) {
      const limitMs = coming.at === "accepted" ? leaseMs : 2 * leaseMs;
      if (this.#context.nowMs - coming.sinceMs < limitMs) continue;
      this.#drop(coming, "expired");
      if (!coming.isBroken) this.#expired.set(coming.process, coming);
    }
  }

  /** `from` has moved on: nothing of an earlier promise comes on this link any more. */
  heard(from: Place, process: ProcessKey): void {
    if (this.#expired.get(process)?.from === from) this.#expired.delete(process);
  }

  /** The link is lost. What was promised on it may have been granted; what was not cannot have been. */
  down(place: Place): void {
    for (const [process, { from }] of this.#expired) if (from === place) this.#expired.delete(process);
    for (const coming of [...this.#coming.values()]) {
      if (coming.from !== place) continue;
      coming.isBroken = true;
      if (coming.at === "arriving") this.#drop(coming, "withdrawn");
    }
  }

  dead(place: Place): void {
    this.down(place);
    for (const coming of [...this.#coming.values()]) if (coming.from === place) this.#drop(coming, "withdrawn");
  }

  #find(process: ProcessKey, epoch: number, at: HomeTargetState): Coming | undefined {
    const coming = this.#coming.get(process);
    return coming?.epoch === epoch && coming.at === at ? coming : undefined;
  }

  #drop(coming: Coming, event: "withdrawn" | "expired"): void {
    this.#step(coming, event);
    this.#coming.delete(coming.process);
    this.#context.act({ type: "drop", process: coming.process, epoch: coming.epoch });
    if (coming.isBroken) this.#sender.broken(coming.process, coming.from, coming.epoch);
  }

  #step(coming: Coming, event: HomeTargetEvent): void {
    coming.at = homeTargetTable.transition(coming.at, event);
    coming.sinceMs = this.#context.nowMs;
  }
}
