import {
  causeOf,
  Transfers,
  type Cause,
  type Heartbeat,
  type Instant,
  type LeaseParameters,
  type Place,
  type TransferAction,
  type TransferCounts,
  type TransferMessage,
} from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { CodeStore, PackedDefinition } from "../code.ts";
import type { Away } from "../distribution-port.ts";
import type { NodeEvent } from "../introspection/events.ts";
import type { Frame, FrameState } from "../frame.ts";
import { firstEpoch } from "../moving/fence.ts";
import { beyond } from "../limits.ts";
import type { Kernel } from "../kernel.ts";
import { migrationForbidden } from "../moving/migrate.ts";
import { homeOf, nodeOf, type Payload, type RefusalReason, type TransferWireMessage } from "../message.ts";
import { come, comeHome, depart, dropGuest, letGo, stay, type CapturedProcess } from "../moving/moving.ts";
import { NodeRef, type NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import { openScopes } from "../lifetimes/scope-marker.ts";
import { goOn } from "../moving/travelling-wait.ts";
import type { AddressBook } from "./address-book.ts";
import { AccessError } from "../access/errors.ts";
import { Arrivals, notLetIn, type Arrival, type Decision } from "./arrivals.ts";
import type { CodeExchange } from "./code-exchange.ts";
import { Departures, type DeparturesHost, type DeparturesOptions, type Packed } from "./departures.ts";
import { decodeEffect, encodeEffect, type Effect } from "./effects.ts";
import { notTaken, tooMany, unreachableError } from "./errors.ts";
import { GuestPlace, type GuestHost } from "./guest-place.ts";
import { epochKey, pidOf, signalsTo } from "./keys.ts";
import type { Manifests } from "./manifests.ts";
import type { Payloads } from "./payloads.ts";
import type { Peers } from "./peers.ts";
import { Ticker } from "./ticker.ts";
import type { Trusted } from "./trusted.ts";

/** The parts of a node's distribution that moving needs. */
export interface MovesOptions extends DeparturesOptions {
  readonly payloads: Payloads;
  readonly manifests: Manifests;
  readonly trust: Trusted;
  readonly lease: LeaseParameters;
  /** How often the home of a process that is at home here was handed over. */
  readonly handoversOf: (process: string) => number;
}

/**
 * Processes that move: carries out what `Transfers` decides. Everything that is a decision (who may act, what is sent again, when a host is
 * lost) is over there, pure; here are frames, bytes, links and timers.
 */
export class Moves implements GuestHost, DeparturesHost {
  readonly departures: Departures;
  readonly #kernel: Kernel;
  readonly #peers: Peers;
  readonly #book: AddressBook;
  readonly #payloads: Payloads;
  readonly #code: CodeStore;
  readonly #manifests: Manifests;
  readonly #trust: Trusted;
  readonly #exchange: CodeExchange;
  readonly #transfers: Transfers;
  readonly #arrivals: Arrivals;
  /** By process and epoch: an earlier one may still be leaving when the process is back. */
  readonly #guests = new Map<string, Cell>();
  /** The heartbeats of the scopes that are open in what is away. */
  readonly #scopes = new Map<string, readonly Heartbeat[]>();
  /** The definitions of what is on its way out of here, by process. */
  readonly #offered = new Map<string, { readonly to: Place; readonly hashes: readonly string[] }>();
  /** Signals to processes that are here again by what was decided, and do not go on yet. */
  readonly #early: (() => void)[] = [];
  /** Processes that are to move, once everything that was decided is done. */
  readonly #later: (() => void)[] = [];
  readonly #ticker: Ticker;
  readonly #handoversOf: (process: string) => number;
  #performing = false;

  constructor(options: MovesOptions) {
    const { kernel, lease } = options;
    this.#kernel = kernel;
    this.#peers = options.peers;
    this.#book = options.book;
    this.#payloads = options.payloads;
    this.#code = options.code;
    this.#manifests = options.manifests;
    this.#trust = options.trust;
    this.#exchange = options.exchange;
    this.#handoversOf = options.handoversOf;
    this.#arrivals = new Arrivals(kernel, options.code, options.manifests, options.trust, options.book);
    this.departures = new Departures(this, options);
    const self: Place = `${kernel.address.id}/${kernel.address.incarnation}`;
    const baton = (): string => {
      let text = "";
      for (const byte of kernel.host.random.bytes(16)) text += byte.toString(16).padStart(2, "0");
      return text;
    };
    this.#transfers = new Transfers(self, lease, baton, kernel.limits);
    this.#ticker = new Ticker(
      kernel.host,
      lease.beatMs,
      () => this.#transfers.isIdle,
      () => {
        this.#transfers.tick(this.#now());
        this.#perform();
        // Whoever has begun another life does not know that there is somebody to say so to (H18).
        for (const place of this.#transfers.suspected()) {
          const peer = nodeOf(place);
          const isSilent = this.#peers.placeOf(peer) === null;
          if (isSilent && kernel.access.hears(peer)) this.#peers.connect(peer);
        }
      },
    );
  }

  /** In which epoch a process acts that is here now: greater after each move, and each move of its home. */
  epochOf({ place, pid }: Cell): number {
    if (place instanceof GuestPlace) return place.epoch;
    return Math.max(this.#transfers.whereabouts(pid.key)?.epoch ?? 0, firstEpoch(this.#handoversOf(pid.key)));
  }

  /** What is kept about processes that move. */
  get counts(): TransferCounts {
    return this.#transfers.counts();
  }

  /** How many processes are away with a scope open. */
  get openScopes(): number {
    let count = 0;
    for (const heartbeats of this.#scopes.values()) if (heartbeats.length > 0) count += 1;
    return count;
  }

  /** A message of the transfer protocol, from the node at the other end of the link. */
  receive(from: Place, message: TransferWireMessage): void {
    if (message.type === "transfer.offer") {
      const { home, address, effects, hashes } = message;
      if (this.#isOutsiders(from, message)) return;
      this.#book.speaker = this.#trust.stranger(nodeOf(from));
      if (address !== null) this.#book.learn(new NodeRef(nodeOf(home), address));
      this.#book.speaker = null;
      // What it did on the way is performed at home when it comes back: the definitions for that are asked for with the others.
      const all = new Set([...hashes, ...effects.flatMap((effect) => effect.hashes)]);
      this.#transfers.receive(from, { ...message, hashes: [...all] }, this.#now());
    } else {
      // The new host may not be able to reach this node, and this node has to hear its claim. To itself there is no link, and asking for one would
      // look as if all that asks this node for something had lost it.
      if (message.type === "transfer.handed" && this.#isHost(from, message.process)) {
        const next = nodeOf(message.to);
        if (next !== this.#kernel.address.id) this.#peers.connect(next);
      }
      // Whoever claims a process was given it by its host, which has no say any more.
      if (message.type === "transfer.claim" && this.#isWithRevoked(message.process)) return;
      this.#transfers.receive(from, message, this.#now());
    }
    this.#perform();
  }

  /**
   * Whether a process of a node that is not let in was offered by another one: it is refused before anything is kept of it, or its home is asked. Its
   * home's own offers carry a grant, and are answered once for good.
   */
  #isOutsiders(
    from: Place,
    { process, epoch, home }: Extract<TransferWireMessage, { type: "transfer.offer" }>,
  ): boolean {
    if (home === from || home === this.#transfers.self) return false;
    const reason = this.#arrivals.refusal(process, from);
    if (reason === null) return false;
    this.#event({ type: "transfer.refused", pid: pidOf(process), from: nodeOf(from), reason: reason.message });
    this.#peers.send(nodeOf(from), { type: "transfer.refused", process, epoch, reason });
    return true;
  }

  /** A link is up. */
  linked(place: Place): void {
    this.#transfers.linked(place, this.#now());
    this.#perform();
  }

  /** No link to `peer` can be made, in whatever life it is. */
  unreachable(peer: NodeId, reason: string): void {
    const error = unreachableError(peer, reason);
    for (const place of this.#transfers.placesOf(peer)) this.#transfers.unreachable(place, error, this.#now());
    this.#perform();
  }

  /** `peer` is known to be in the life `incarnation`: every other life of it is over (H18). */
  dead(peer: NodeId, incarnation: string): void {
    for (const place of this.#transfers.placesOf(peer)) {
      if (place !== `${peer}/${incarnation}`) this.#transfers.dead(place, this.#now());
    }
    this.#perform();
  }

  /** Somebody who must know says that `peer` is dead, in the life `incarnation` or (null) the one that it is in. */
  declaredDead(peer: NodeId, incarnation: string | null): void {
    for (const place of this.#transfers.placesOf(peer)) {
      if (incarnation === null || place === `${peer}/${incarnation}`) this.#transfers.declaredDead(place, this.#now());
    }
    this.#perform();
  }

  /**
   * Nothing of `peer` goes on here, and what was to go there stays. What of this node is there, its lease decides about (P13); none of its effects
   * counts meanwhile. @returns how many processes were dropped.
   */
  revoked(peer: NodeId): number {
    const before = this.#kernel.guests.size;
    const error = unreachableError(peer, "its key was revoked here");
    for (const place of this.#transfers.placesOf(peer)) this.#transfers.revoked(place, error, this.#now());
    this.#perform();
    return before - this.#kernel.guests.size;
  }

  /** Whether a process of this node is at `place`, as far as this node knows. */
  #isHost(place: Place, process: string): boolean {
    return this.#transfers.whereabouts(process)?.host === place;
  }

  #isWithRevoked(process: string): boolean {
    // If it is handed on, that was said while its host was listened to.
    const where = this.#transfers.whereabouts(process);
    return where?.at === "away" && !this.#kernel.access.hears(nodeOf(where.host));
  }

  /** The node stops: what it runs for others acts no more, and their homes need not wait to know. */
  stop(): void {
    this.#transfers.abandon(this.#now());
    this.#perform();
    this.#ticker.stop();
  }

  // Leaving

  get isPerforming(): boolean {
    return this.#performing;
  }

  later(go: () => void): void {
    this.#later.push(go);
  }

  /** See {@link DeparturesHost}. */
  depart(cell: Cell, to: Place, { bytes, hashes }: Packed): void {
    const { pid, place } = cell;
    if (place instanceof GuestPlace) place.freeze();
    else {
      this.#scopes.set(pid.key, openScopes(cell.stack));
      depart(cell, this.#awayPlace(pid.key));
    }
    const epoch = place instanceof GuestPlace ? place.epoch : (this.#transfers.whereabouts(pid.key)?.epoch ?? 0);
    this.#event({ type: "transfer.started", pid, epoch, to: nodeOf(to), bytes: bytes.length });
    this.#offered.set(pid.key, { to, hashes });
    // A guest that may not go any more has no lease, and is dropped.
    this.#transfers.depart(pid.key, to, bytes, hashes, this.#now(), firstEpoch(this.#handoversOf(pid.key)));
    this.#perform();
  }

  /** The epoch of a process that was away is remembered for as long as it lives. */
  #closeWith(own: Cell): void {
    (own.belongings ??= new Set()).add({
      release: () => {
        // It may also be about to leave again.
        if (own.alive) return;
        this.#transfers.closed(own.pid.key, this.#now());
        this.#forget(own.pid.key);
        this.#perform();
      },
    });
  }

  #awayPlace(process: string): Away {
    const host = (): NodeId => nodeOf(this.#transfers.whereabouts(process)?.host ?? this.#transfers.self);
    return {
      kind: "away",
      fired: [],
      get host() {
        return host();
      },
      forward: (signal) => {
        const own = this.#own(process);
        if (own === undefined) return;
        const payload = this.#encode({ type: "signal", to: own.pid, signal });
        if (payload === null) return;
        // It is on its last steps home, or stays after all, and gets it when it goes on.
        if (!this.#transfers.signal(process, payload, this.#now()))
          this.#early.push(() => this.#deliver(process, payload));
        this.#perform();
      },
      ended: () => {
        this.#transfers.closed(process, this.#now());
        this.#forget(process);
        this.#perform();
      },
    };
  }

  /** Null when it is a message that cannot travel, and nobody is there to be told: whoever is executing is, by an error. */
  #encode(effect: Effect): Payload | null {
    try {
      return encodeEffect(this.#payloads, effect);
    } catch (error) {
      if (this.#kernel.scheduler.current !== null) throw error;
      if (effect.type === "signal" && effect.signal.type === "message") {
        this.#kernel.deadLetter(effect.to, effect.signal.message);
      }
      return null;
    }
  }

  // What was decided

  #perform(): void {
    // What an action causes comes after the actions that are waiting.
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (;;) {
        const actions = this.#transfers.take();
        for (const action of actions) this.#act(action);
        if (actions.length > 0) continue;
        const next = this.#early.shift();
        if (next === undefined) break;
        next();
      }
    } finally {
      this.#performing = false;
    }
    for (let go = this.#later.shift(); go !== undefined; go = this.#later.shift()) go();
    this.#ticker.tickSoon();
  }

  #act(action: TransferAction): void {
    switch (action.type) {
      case "send":
        return this.#send(action.to, action.message);
      case "arrive":
        return this.#arrive(action);
      case "code": {
        const { process, epoch, from, definitions } = action;
        const decision = this.#arrivals.complete(process, epoch, definitions as readonly PackedDefinition[]);
        return decision === null ? undefined : this.#decide(process, epoch, from, decision);
      }
      case "supply":
        return this.#supply(action.process, action.epoch, action.hashes);
      case "start":
        return this.#start(action.process, action.epoch);
      case "drop":
        return this.#drop(action.process, action.epoch);
      case "departed":
        return this.#departed(action.process, action.epoch, action.to);
      case "resume":
        return this.#resume(action.process, action.epoch, action.to, action.reason);
      case "deliver":
        return this.#deliver(action.process, action.signal as Payload);
      case "perform":
        return this.#performEffect(action.process, action.epoch, action.effect as Payload);
      case "lost":
        return this.#lost(action.process, action.epoch, action.place);
      case "suspected":
        return this.#event({ type: "node.suspected", node: nodeOf(action.place) });
      case "trusted":
        return this.#event({ type: "node.trusted", node: nodeOf(action.place) });
      case "verdict": {
        const node = nodeOf(action.place);
        const incarnation = action.place.slice(node.length + 1);
        this.#event({ type: "node.verdict", node, incarnation, reason: action.reason });
        // A link that was silent for so long may be open on this side alone: what follows gets a new one, or learns that there is none.
        if (action.reason === "silent") this.#peers.disconnect(node, "silent for too long");
        if (action.reason === "behind") {
          const what = "signals wait for one process until it acknowledges some";
          this.#peers.misbehaved(node, beyond(this.#kernel.limits, "signalsPerAway", what));
        }
        return;
      }
      case "forwarded":
        return this.#event({ type: "transfer.forwarded", pid: pidOf(action.process), to: nodeOf(action.to) });
    }
  }

  #send(to: Place, message: TransferMessage): void {
    const peer = nodeOf(to);
    const place = this.#peers.placeOf(peer);
    // A later life of the node has nothing to do with it.
    if (place === to) this.#peers.send(peer, this.#onWire(message));
    else if (place === null && this.#kernel.access.hears(peer)) this.#peers.connect(peer);
  }

  /** An offer says where its home listens: the target has to ask it, and may never have heard of it. */
  #onWire(message: TransferMessage): TransferWireMessage {
    if (message.type !== "transfer.offer") return message as TransferWireMessage;
    const home = nodeOf(message.home);
    const isOwn = home === this.#kernel.address.id;
    const address = isOwn ? (this.#kernel.distribution?.url ?? null) : this.#book.find(home).address;
    return { ...message, address } as TransferWireMessage;
  }

  /** The target asks for these definitions. */
  #supply(process: string, epoch: number, hashes: readonly string[]): void {
    const offered = this.#offered.get(process);
    if (offered === undefined) return;
    const peer = nodeOf(offered.to);
    this.#transfers.supply(process, epoch, this.#manifests.supply(peer, hashes), this.#now());
  }

  #arrive(arrival: Arrival): void {
    const reason = this.#tooMuch(arrival);
    this.#arrived(arrival, reason === null ? this.#arrivals.arrive(arrival) : { type: "refuse", reason });
  }

  /** Why no more is taken of whoever sends this, or of whose it is; null when it is. What comes home is always taken. */
  #tooMuch({ from, home }: Arrival): RefusalReason | null {
    const { limits, host } = this.#kernel;
    if (home === this.#transfers.self) return null;
    const { coming, here, answers } = this.#transfers.load(from, home);
    if (coming > limits.arrivalsPerPeer) {
      return tooMany(beyond(limits, "arrivalsPerPeer", "processes are on their way from there"));
    }
    if (Math.max(coming + here, answers) > limits.guestsPerPeer) {
      return tooMany(beyond(limits, "guestsPerPeer", "processes of one node"));
    }
    if (this.#peers.account(nodeOf(from))?.offers.take(host.clock.monotonic()) === false) {
      return tooMany(beyond(limits, "offersPerSecond", "processes from there in a second"));
    }
    return null;
  }

  #arrived(arrival: Arrival, decision: Decision): void {
    const { process, epoch, from } = arrival;
    if (decision.type === "recall") {
      void decision.ready.then(() => {
        const next = this.#ticker.stopped ? null : this.#arrivals.recalled(arrival);
        if (next === null) return;
        this.#arrived(arrival, next);
        this.#perform();
      });
      return;
    }
    const missing = decision.type === "need" ? decision.hashes.length : 0;
    this.#event({ type: "transfer.arrived", pid: pidOf(process), from: nodeOf(from), missing });
    this.#decide(process, epoch, from, decision);
  }

  #decide(process: string, epoch: number, from: Place, decision: Decision): void {
    switch (decision.type) {
      case "recall":
        return;
      case "need":
        return this.#transfers.need(process, epoch, decision.hashes, this.#now());
      case "admit":
        return this.#transfers.admit(process, epoch, this.#now());
      case "refuse": {
        const { reason } = decision;
        this.#event({ type: "transfer.refused", pid: pidOf(process), from: nodeOf(from), reason: reason.message });
        return this.#transfers.refuse(process, epoch, reason, this.#now());
      }
    }
  }

  #start(process: string, epoch: number): void {
    const cargo = this.#arrivals.take(process, epoch);
    if (cargo === undefined) return;
    const { captured, awaited, from, stranger } = cargo;
    const own = this.#own(process);
    const pid = own?.pid ?? pidOf(process);
    const restore = (state: FrameState): Frame => this.#code.restore(state, stranger);
    // It was of this node, and has ended meanwhile.
    if (own === undefined && homeOf(process) === this.#transfers.self) return;
    this.#event({ type: "transfer.granted", pid, epoch });
    if (own !== undefined) {
      try {
        comeHome(this.#kernel, own, captured, restore);
        this.#closeWith(own);
        this.#goOnHere(own, captured);
      } catch (error) {
        this.#kernel.exits.end(own, causeOf(error));
      }
      return;
    }
    const place = new GuestPlace(this, pid, epoch, awaited);
    try {
      const outsider = this.#arrivals.outsider(process, from);
      // It was granted meanwhile, so its home believes that it is here, and has to hear that it is not.
      if (outsider !== null) throw new AccessError(notLetIn(outsider));
      const guest = come(this.#kernel, pid, captured, place, restore);
      this.#guests.set(epochKey(process, epoch), guest);
      this.#goOnHere(guest, captured);
    } catch (error) {
      place.ended(causeOf(error), error);
    }
  }

  #goOnHere(cell: Cell, { resumption, requests }: CapturedProcess): void {
    goOn(this.#kernel, cell, resumption);
    this.#kernel.migrations.add(cell, requests);
  }

  #drop(process: string, epoch: number): void {
    this.#arrivals.drop(process, epoch);
    this.#offered.delete(process);
    const guest = this.#takeGuest(process, epoch);
    if (guest === undefined) return;
    dropGuest(this.#kernel, guest);
    this.#exchange.drop(signalsTo(process));
    this.#event({ type: "transfer.dropped", pid: guest.pid, epoch });
  }

  #departed(process: string, epoch: number, to: Place): void {
    const offered = this.#offered.get(process);
    this.#offered.delete(process);
    if (offered?.to === to && this.#peers.placeOf(nodeOf(to)) === to) {
      this.#manifests.accepted(nodeOf(to), offered.hashes);
    }
    const guest = this.#takeGuest(process, epoch);
    const own = this.#own(process);
    if (guest !== undefined) {
      dropGuest(this.#kernel, guest);
      this.#exchange.drop(signalsTo(process));
    } else if (own?.place?.kind === "away") {
      letGo(this.#kernel, own);
    }
    this.#event({ type: "transfer.departed", pid: own?.pid ?? pidOf(process), to: nodeOf(to) });
  }

  #resume(process: string, epoch: number, to: Place, reason: unknown): void {
    this.#offered.delete(process);
    const guest = this.#takeGuest(process, epoch);
    const cell = guest ?? this.#own(process);
    if (cell === undefined) return;
    const error = notTaken(nodeOf(to), reason);
    this.#event({ type: "transfer.failed", pid: cell.pid, epoch: epoch + 2, reason: error.message });
    if (guest === undefined) {
      stay(cell);
      this.#closeWith(cell);
    } else {
      this.#guests.set(epochKey(process, epoch + 2), guest);
      (guest.place as GuestPlace).thaw(epoch + 2);
    }
    this.departures.goOn(cell, error);
  }

  /** A signal that came through the home, or waited there: in order, each once its definitions are here. */
  #deliver(process: string, payload: Payload): void {
    const home = nodeOf(homeOf(process));
    this.#exchange.runSurely(
      signalsTo(process),
      home,
      payload.hashes,
      () => {
        const cell = this.#own(process) ?? this.#kernel.guests.get(process);
        if (cell === undefined || !cell.alive) return;
        const decoded = this.#decode(cell.pid, () => this.#payloads.decodeSignal(payload, home));
        if (decoded === null) return;
        const { signal } = decoded;
        // At home the link went when the signal came; it is this very signal that it goes with.
        if (signal.type === "exit" && signal.link && cell.place === null) this.#kernel.addLink(cell, signal.from);
        this.#kernel.receive(cell, signal);
      },
      payload.bytes.length,
    );
  }

  /** Something that a guest did, in its name (P13: `Transfers` lets nothing of an earlier epoch through). */
  #performEffect(process: string, epoch: number, payload: Payload): void {
    const { events } = this.#kernel;
    if (events.active) events.emit({ type: "guest.performed", pid: pidOf(process), epoch });
    const host = nodeOf(this.#transfers.whereabouts(process)?.host ?? this.#transfers.self);
    this.#exchange.runSurely(
      effectsOf(process),
      host,
      payload.hashes,
      () => {
        const cell = this.#own(process);
        if (cell === undefined || !this.#kernel.access.hears(host)) return;
        const effect = this.#decode(cell.pid, () => decodeEffect(this.#payloads, cell.pid, host, payload));
        switch (effect?.type) {
          case "signal": {
            const { to, signal } = effect;
            // What its host asks for in its name that host may not ask for itself either.
            if (signal.type !== "migrate" || signal.request === null || this.#trust.in(host) === "trusted") {
              this.#kernel.perform(cell, to, signal);
            } else {
              const { ref } = signal;
              this.#kernel.arrive(cell.pid, { type: "reply", ref, value: migrationForbidden(to) });
            }
            return;
          }
          case "scopes":
            this.#scopes.set(process, effect.heartbeats);
            return;
          case "end":
            if (effect.outcome !== null) cell.outcome = effect.outcome.value;
            this.#kernel.exits.end(cell, effect.cause);
            return;
          case undefined:
            return;
        }
      },
      payload.bytes.length,
    );
  }

  /** What cannot be decoded harms nothing else. */
  #decode<T>(to: Pid, decode: () => T): T | null {
    try {
      return decode();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#event({ type: "undecodable", node: to.address.id, to, reason });
      return null;
    }
  }

  /** The verdict: the process is over, and with it every heartbeat that it was linked to. */
  #lost(process: string, epoch: number, place: Place): void {
    const node = nodeOf(place);
    const cause: Cause = { type: "unresponsive", node };
    const incarnation = place.slice(node.length + 1);
    this.#event({ type: "transfer.lost", pid: pidOf(process), epoch, node, incarnation });
    const scopes = this.#scopes.get(process) ?? [];
    this.#forget(process);
    const cell = this.#own(process);
    if (cell !== undefined) this.#kernel.exits.end(cell, cause);
    for (const heartbeat of scopes.toReversed()) this.#kernel.lifetimes.failed(heartbeat, cause);
  }

  // Guests

  mayAct(process: string, epoch: number): boolean {
    const { events } = this.#kernel;
    const may = this.#transfers.mayAct(process, this.#now());
    if (!may) this.#perform();
    else if (events.active) events.emit({ type: "guest.acting", pid: pidOf(process), epoch });
    return may;
  }

  emit(process: string, effect: Effect): void {
    const payload = this.#encode(effect);
    if (payload === null) return;
    if (effect.type === "end") this.#transfers.finish(process, payload, this.#now());
    else this.#transfers.emit(process, payload, this.#now());
    this.#perform();
  }

  finished(process: string, epoch: number): void {
    this.#guests.delete(epochKey(process, epoch));
    this.#exchange.drop(signalsTo(process));
    this.#event({ type: "guest.finished", pid: pidOf(process), epoch });
  }

  #takeGuest(process: string, epoch: number): Cell | undefined {
    const guest = this.#guests.get(epochKey(process, epoch));
    this.#guests.delete(epochKey(process, epoch));
    return guest;
  }

  /** The process with this key whose home is here, while it lives. */
  #own(process: string): Cell | undefined {
    if (homeOf(process) !== this.#transfers.self) return undefined;
    return this.#kernel.cells.get(Number(process.slice(process.lastIndexOf("/") + 1)));
  }

  #forget(process: string): void {
    this.#offered.delete(process);
    this.#scopes.delete(process);
    this.#exchange.drop(signalsTo(process));
    this.#exchange.drop(effectsOf(process));
  }

  // Time

  #now(): Instant {
    const { clock } = this.#kernel.host;
    return { now: clock.monotonic(), wall: clock.wall() };
  }

  #event(event: NodeEvent): void {
    this.#kernel.note(event);
  }
}

function effectsOf(process: string): string {
  return `effects of ${process}`;
}
