import type { Judgement } from "./detector.ts";
import { HostWatch, Pulse } from "./detector.ts";
import type { TransferContext } from "./transfer-context.ts";
import type { RidingGrant } from "./transfer-grant.ts";
import { GrantBook } from "./transfer-grant.ts";
import type {
  BarMessage,
  BeatMessage,
  ClaimMessage,
  HandedMessage,
  OutMessage,
  Place,
  ProcessKey,
  Receipt,
} from "./transfer-message.ts";
import type { HomeControl, HomeStep } from "./transfer-rules.ts";
import { homeRules } from "./transfer-rules.ts";
import { Incoming, Outgoing } from "./transfer-stream.ts";
import { acknowledgeEvery } from "./transfer-tenancy.ts";

interface Away {
  control: HomeControl;
  /** Signals to the process. */
  readonly signals: Outgoing<unknown>;
  /** Effects of the process. */
  readonly effects: Incoming;
}

interface Host {
  readonly watch: HostWatch;
  readonly book: GrantBook;
  /** The processes that it has, or is to have. */
  readonly processes: Set<ProcessKey>;
  /** Effects performed that it was not told of yet. */
  readonly receipts: Map<ProcessKey, Receipt>;
  lastBeat: number;
  /** The processes of which it may have acknowledged too little. */
  readonly crowded: Set<ProcessKey>;
}

/** The riding grant of a departure from home. */
export interface Promised extends RidingGrant {
  readonly epoch: number;
}

/**
 * The home's part: the record of every process of this node that is, or was, elsewhere. It decides who may act, keeps the order of what
 * goes in and what comes out, and gives the verdict on hosts that fell silent.
 */
export class TransferHome {
  readonly #context: TransferContext;
  readonly #pulse: Pulse;
  readonly #processes = new Map<ProcessKey, Away>();
  readonly #hosts = new Map<Place, Host>();

  constructor(context: TransferContext) {
    this.#context = context;
    this.#pulse = new Pulse(context.parameters);
  }

  get size(): number {
    return this.#processes.size;
  }

  /** Where `process` is; undefined when it never left. */
  find(process: ProcessKey): HomeControl | undefined {
    return this.#processes.get(process)?.control;
  }

  *inspect(): IterableIterator<[ProcessKey, HomeControl]> {
    for (const [process, { control }] of this.#processes) yield [process, control];
  }

  judgement(place: Place): Judgement {
    return this.#hosts.get(place)?.watch.judgement ?? "trusted";
  }

  /** The hosts that have not been heard of for a while. */
  *suspected(): IterableIterator<Place> {
    for (const [place, { watch }] of this.#hosts) if (watch.isWatching && watch.judgement === "suspected") yield place;
  }

  /** The process leaves its home for `host`: grants the next epoch, above `epochMin`. Null when it is not here. */
  promise(process: ProcessKey, host: Place, epochMin: number): Promised | null {
    let away = this.#processes.get(process);
    if (away === undefined) {
      away = { control: homeRules.begin(this.#context.self), signals: new Outgoing(), effects: new Incoming() };
      this.#processes.set(process, away);
    }
    if (away.control.at !== "here") return null;
    if (away.control.epoch < epochMin) away.control = { ...away.control, epoch: epochMin };
    const { watch, book } = this.#host(host);
    const baton = this.#context.baton();
    const serial = book.issue(watch.term);
    this.#change(process, away, homeRules.promise(away.control, host, watch.term, baton));
    return { epoch: away.control.epoch, term: watch.term, serial, baton };
  }

  /** The outcome of a promise is known. */
  settled(host: Place, grant: RidingGrant): void {
    this.#hosts.get(host)?.book.settle(grant.term, grant.serial);
  }

  /** How far the numbers of a process that leaves its home are. */
  counters(process: ProcessKey): { readonly received: number; readonly performed: number } {
    const away = this.#processes.get(process);
    return { received: away?.signals.last ?? 0, performed: away?.effects.last ?? 0 };
  }

  /** A signal to `process`. False when it is here: deliver it at once. */
  signal(process: ProcessKey, signal: unknown): boolean {
    const away = this.#processes.get(process);
    if (away === undefined || away.control.at === "here") return false;
    const number = away.signals.push(signal, this.#context.at.now);
    const { at, host, epoch } = away.control;
    if (at !== "away") return true;
    if (this.#isCrowded(away)) this.#hosts.get(host)?.crowded.add(process);
    this.#context.send(host, { type: "transfer.in", process, epoch, number, signal });
    return true;
  }

  /** The process is back: performs what it had done on its way, starts it, and gives it what came meanwhile. */
  welcome(process: ProcessKey, received: number, performed: number, effects: readonly unknown[]): void {
    const away = this.#processes.get(process);
    if (away === undefined || away.control.at !== "here") return;
    const { epoch } = away.control;
    effects.forEach((effect, index) => {
      if (away.effects.accept(performed + index + 1)) this.#context.act({ type: "perform", process, epoch, effect });
    });
    this.#context.act({ type: "start", process, epoch });
    this.#deliverHere(process, away, received);
  }

  /** The process goes on here after its transfer failed; what came meanwhile is delivered. */
  resumed(process: ProcessKey, received: number): void {
    const away = this.#processes.get(process);
    if (away !== undefined) this.#deliverHere(process, away, received);
  }

  /** The process has ended, wherever: nobody may act for it any more. */
  closed(process: ProcessKey): void {
    const away = this.#processes.get(process);
    if (away === undefined) return;
    this.#unwatch(process, away.control);
    this.#processes.delete(process);
    // The offer with which it left may still be waiting for an answer that got lost.
    this.#context.send(this.#context.self, { type: "transfer.denied", process, epoch: away.control.epoch });
  }

  claim(from: Place, message: ClaimMessage): void {
    const away = this.#known(from, message);
    if (away === undefined) return;
    const { self } = this.#context;
    const term = from === self ? 0 : this.#host(from).watch.term;
    const former = away.control.host;
    const step = homeRules.claim(away.control, from, message, self, term, this.#context.baton());
    const isNew = step.control !== away.control;
    this.#apply(message.process, away, from, step, message.epoch);
    if (step.reply !== "grant" || from === self) return;
    away.signals.acknowledge(message.received, this.#context.at.now);
    if (isNew) {
      const released = { type: "transfer.released", process: message.process, epoch: message.epoch } as const;
      this.#context.send(former, released);
      // The offer with which it left home may still be waiting for an answer that got lost.
      if (former !== self) this.#context.send(self, released);
    }
    this.#sendSignals(message.process, away);
  }

  handed(from: Place, message: HandedMessage): void {
    const away = this.#processes.get(message.process);
    const release = { type: "transfer.released", process: message.process, epoch: message.epoch } as const;
    if (away === undefined) return this.#context.send(from, release);
    const runningMs = this.#pulse.runningMs(this.#context.at.now);
    this.#apply(message.process, away, from, homeRules.handed(away.control, from, message, runningMs), message.epoch);
  }

  bar(from: Place, message: BarMessage): void {
    const away = this.#known(from, message);
    if (away === undefined) return;
    const { self } = this.#context;
    const step = homeRules.bar(away.control, from, message, self, this.#context.baton());
    this.#apply(message.process, away, from, step, message.epoch);
    if (step.reply === "barred" && from !== self) this.#sendSignals(message.process, away);
  }

  out(from: Place, message: OutMessage): void {
    const away = this.#known(from, message);
    if (away === undefined) return;
    const { process, epoch, effect } = message;
    const { control, reply } = homeRules.out(away.control, from, message);
    if (reply === "deny") this.#context.send(from, { type: "transfer.denied", process, epoch });
    if (reply !== "accept") return;
    const host = this.#host(from);
    if (away.effects.accept(message.number)) this.#context.act({ type: "perform", process, epoch, effect });
    host.receipts.set(process, [process, control.epoch, away.effects.last]);
    // Acknowledge early when much is owed, so that the host's memory stays small.
    if (away.effects.last % acknowledgeEvery === 0) this.#acknowledge(from, host);
  }

  /** The target has begun, or will, with what the home promised: it is there to receive signals. */
  confirmed(process: ProcessKey): void {
    const away = this.#processes.get(process);
    if (away !== undefined && away.control.at === "away") this.#sendSignals(process, away);
  }

  beat(from: Place, message: BeatMessage): void {
    const host = this.#host(from);
    // A beat that was overtaken may speak of a lapse that is long settled; until it is, every later beat says so too.
    const isLapsed = message.lapsed && message.number > host.lastBeat;
    if (isLapsed && (message.term ?? host.watch.term) === host.watch.term) this.#conclude(from, host, "lapsed");
    for (const [process, epoch, received] of message.receipts) {
      const away = this.#processes.get(process);
      if (away === undefined || away.control.host !== from || away.control.epoch !== epoch) continue;
      away.signals.acknowledge(received, this.#context.at.now);
    }
    // Whoever says that it is there and takes nothing is as good as gone: without an answer its lease runs out, and so does the patience here (H11).
    if (this.#isBehind(host)) return;
    if (host.watch.heard(this.#pulse.runningMs(this.#context.at.now)))
      this.#context.act({ type: "trusted", place: from });
    host.lastBeat = Math.max(host.lastBeat, message.number);
    this.#acknowledge(from, host);
  }

  /** Once every beat interval, after waiting input was read: judges the silent, and sends again what nobody acknowledged. */
  tick(): void {
    const { now } = this.#context.at;
    this.#pulse.tick(now);
    const runningMs = this.#pulse.runningMs(now);
    const isSteady = this.#pulse.isSteady(now);
    for (const [place, host] of this.#hosts) {
      if (!host.watch.isWatching || !isSteady) continue;
      const before = host.watch.judgement;
      const judgement = host.watch.judge(runningMs);
      if (judgement === "lost") this.#conclude(place, host, this.#isBehind(host) ? "behind" : "silent");
      else if (judgement === "suspected" && before === "trusted") this.#context.act({ type: "suspected", place });
    }
    const { beatMs, verdictMs } = this.#context.parameters;
    for (const [process, away] of this.#processes) {
      const { at, to, sinceMs } = away.control;
      if (at === "expected" && isSteady && runningMs - sinceMs > verdictMs) this.#lose(process, away, to as Place);
      else if (at === "away" && away.signals.isOverdue(now, 2 * beatMs)) this.#sendSignals(process, away);
    }
  }

  /** A link to `place` is up: whatever got lost with an earlier one is sent again at once. */
  linked(place: Place): void {
    const host = this.#hosts.get(place);
    if (host === undefined) return;
    for (const process of host.processes) {
      const away = this.#processes.get(process);
      if (away !== undefined && away.control.at === "away") this.#sendSignals(process, away);
    }
  }

  /** `place` is proven to be gone for good: a newer life of the node. */
  dead(place: Place): void {
    this.declaredDead(place);
    this.#hosts.delete(place);
  }

  /** Somebody says that `place` is gone. The record of its terms stays, in case that it is not. */
  declaredDead(place: Place): void {
    const host = this.#hosts.get(place);
    if (host !== undefined) this.#conclude(place, host, "dead");
  }

  get places(): IterableIterator<Place> {
    return this.#hosts.keys();
  }

  /** Whether something is away: then somebody has to be judged. */
  get isActive(): boolean {
    for (const { control } of this.#processes.values()) if (control.at !== "here") return true;
    return false;
  }

  /** The verdict: what was granted to `place` in this term acts no more, and everybody may know. */
  #conclude(place: Place, host: Host, reason: VerdictReason): void {
    const processes = [...host.processes];
    host.watch.conclude();
    host.processes.clear();
    host.receipts.clear();
    if (processes.length > 0) this.#context.act({ type: "verdict", place, reason });
    for (const process of processes) {
      const away = this.#processes.get(process);
      if (away !== undefined) this.#lose(process, away, place);
    }
  }

  #lose(process: ProcessKey, away: Away, place: Place): void {
    this.#unwatch(process, away.control);
    this.#processes.delete(process);
    // A transfer out of this very node may still be under way.
    const { epoch } = away.control;
    this.#context.send(this.#context.self, { type: "transfer.denied", process, epoch });
    this.#context.act({ type: "lost", process, epoch, place });
  }

  /** The record that `message` is about; a process without one has ended, or was never away, and nobody may act for it. */
  #known(from: Place, message: { readonly process: ProcessKey; readonly epoch: number }): Away | undefined {
    const { process, epoch } = message;
    const away = this.#processes.get(process);
    if (away === undefined) this.#context.send(from, { type: "transfer.denied", process, epoch });
    return away;
  }

  #apply(process: ProcessKey, away: Away, from: Place, step: HomeStep, epoch: number): void {
    if (step.control !== away.control) this.#change(process, away, step.control);
    const { control } = away;
    const performed = away.effects.last;
    switch (step.reply) {
      case "grant":
        // At home there is no lease to hold and no baton to pass on.
        return this.#context.send(from, {
          type: "transfer.grant",
          process,
          epoch,
          arrival: control.arrival,
          term: control.term,
          baton: control.baton ?? "",
          performed,
        });
      case "deny":
        return this.#context.send(from, { type: "transfer.denied", process, epoch });
      case "release":
        return this.#context.send(from, { type: "transfer.released", process, epoch });
      case "barred":
        return this.#context.send(from, {
          type: "transfer.barred",
          process,
          epoch,
          baton: control.baton ?? "",
          performed,
        });
      case "accept":
      case "none":
        return;
    }
  }

  #change(process: ProcessKey, away: Away, control: HomeControl): void {
    this.#unwatch(process, away.control);
    away.control = control;
    const place = control.at === "expected" ? control.to : control.at === "away" ? control.host : null;
    if (place === null || place === this.#context.self) return;
    const { watch, processes } = this.#host(place);
    processes.add(process);
    watch.begin(this.#pulse.runningMs(this.#context.at.now));
  }

  #unwatch(process: ProcessKey, control: HomeControl): void {
    const host = this.#hosts.get(control.to ?? control.host);
    if (host?.processes.delete(process) === true && host.processes.size === 0) host.watch.end();
  }

  #deliverHere(process: ProcessKey, away: Away, received: number): void {
    const { signals } = away;
    signals.acknowledge(received, this.#context.at.now);
    for (const signal of signals.retained) this.#context.act({ type: "deliver", process, signal });
    signals.acknowledge(signals.last, this.#context.at.now);
  }

  #sendSignals(process: ProcessKey, away: Away): void {
    const { host, epoch } = away.control;
    let number = away.signals.acknowledged;
    for (const signal of away.signals.retained) {
      number += 1;
      this.#context.send(host, { type: "transfer.in", process, epoch, number, signal });
    }
  }

  /** Whether more signals for a process of the host wait for its acknowledgement than are kept. */
  #isBehind({ processes, crowded }: Host): boolean {
    for (const process of crowded) {
      if (processes.has(process) && this.#isCrowded(this.#processes.get(process))) return true;
      crowded.delete(process);
    }
    return false;
  }

  #isCrowded(away: Away | undefined): boolean {
    return away !== undefined && away.signals.retained.length > this.#context.bounds.signalsPerAway;
  }

  #acknowledge(place: Place, host: Host): void {
    const { term } = host.watch;
    const receipts = [...host.receipts.values()];
    host.receipts.clear();
    const floor = host.book.floor(term);
    this.#context.send(place, { type: "lease.acknowledged", number: host.lastBeat, term, floor, receipts });
  }

  #host(place: Place): Host {
    let host = this.#hosts.get(place);
    if (host === undefined) {
      host = {
        watch: new HostWatch(this.#context.parameters),
        book: new GrantBook(),
        processes: new Set(),
        receipts: new Map(),
        lastBeat: 0,
        crowded: new Set(),
      };
      this.#hosts.set(place, host);
    }
    return host;
  }
}

/**
 * Why a home gave its verdict: the lease ran out unheard, or while the host acknowledged too little of what it was sent; the host said that its own
 * lease did; or it was proven dead.
 */
export type VerdictReason = "silent" | "behind" | "lapsed" | "dead";
