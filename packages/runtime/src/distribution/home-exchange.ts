import {
  Homes,
  type HomeAction,
  type HomeCounts,
  type HomeMessage,
  type LeaseParameters,
  type Place,
} from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { CodeStore, Trust } from "../code.ts";
import type { NodeEvent } from "../introspection/events.ts";
import { noprocOf } from "../failure.ts";
import {
  adoptHome,
  captureHome,
  checkHome,
  Leaving,
  parseHome,
  releaseHome,
  type CapturedHome,
} from "../moving/handover.ts";
import type { Kernel } from "../kernel.ts";
import { nodeOf, type HomeWireMessage, type SignalMessage } from "../message.ts";
import { arrived } from "../moving/migrate.ts";
import type { OpenRequest } from "../moving/migrations.ts";
import { park } from "../moving/moving.ts";
import { NodeRef, type NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Signal } from "../exits/signal.ts";
import type { Codec } from "../moving/travel.ts";
import { captureResumption, goOn, type Resumption } from "../moving/travelling-wait.ts";
import type { AddressBook } from "./address-book.ts";
import { AccessError } from "../access/errors.ts";
import { notLetIn, refusalOf, stopping } from "./arrivals.ts";
import { checkFrames, frameHashes, parseCargo } from "./cargo.ts";
import type { CodeExchange } from "./code-exchange.ts";
import { notTaken, ProtocolError, unreachableError } from "./errors.ts";
import { epochKey, pidOf } from "./keys.ts";
import type { Peers } from "./peers.ts";
import { linesOf, type Signals } from "./signals.ts";
import { Ticker } from "./ticker.ts";

/** The parts of a node's distribution that handing over homes needs. */
export interface HomeExchangeOptions {
  readonly kernel: Kernel;
  readonly peers: Peers;
  readonly book: AddressBook;
  readonly signals: Signals;
  readonly codec: Codec;
  readonly code: CodeStore;
  readonly trustIn: (peer: NodeId) => Trust;
  readonly exchange: CodeExchange;
  readonly lease: LeaseParameters;
}

/** A signal that waits until it is known where to. */
type HeldSignal =
  | { readonly type: "own"; readonly from: Pid; readonly to: Pid; readonly signal: Signal }
  /** As it came from a peer: forwarded without being opened. */
  | { readonly type: "wire"; readonly peer: NodeId; readonly message: SignalMessage };

/** A process on its way out. */
interface Outgoing {
  readonly cell: Cell;
  readonly resumption: Resumption;
  /** What is asked of it, the oldest first: this handover is the first. */
  readonly requests: readonly OpenRequest[];
}

/**
 * Homes of processes that are handed over to another node: carries out what `Homes` decides. While none ever was, every question is answered
 * at once.
 */
export class HomeExchange {
  readonly #kernel: Kernel;
  readonly #peers: Peers;
  readonly #book: AddressBook;
  readonly #signals: Signals;
  readonly #codec: Codec;
  readonly #code: CodeStore;
  readonly #trustIn: (peer: NodeId) => Trust;
  readonly #exchange: CodeExchange;
  readonly #homes: Homes;
  readonly #leaving = new Map<string, Outgoing>();
  /** What was admitted, by process and epoch. */
  readonly #ready = new Map<string, CapturedHome>();
  /** Whether a handover was ever heard of: before that, homes are where pids say. */
  #isUsed = false;
  readonly #ticker: Ticker;
  #performing = false;

  constructor(options: HomeExchangeOptions) {
    const { kernel, lease } = options;
    this.#kernel = kernel;
    this.#peers = options.peers;
    this.#book = options.book;
    this.#signals = options.signals;
    this.#codec = options.codec;
    this.#code = options.code;
    this.#trustIn = options.trustIn;
    this.#exchange = options.exchange;
    this.#homes = new Homes(`${kernel.address.id}/${kernel.address.incarnation}`, lease, (place) =>
      this.#isTrusted(nodeOf(place)),
    );
    this.#ticker = new Ticker(
      kernel.host,
      lease.beatMs,
      () => this.#homes.isIdle,
      () => {
        this.#homes.tick(this.#now());
        this.#perform();
      },
    );
  }

  get counts(): HomeCounts {
    return this.#homes.counts();
  }

  /** The node that decides about the process, as far as this node knows. */
  nodeOf(pid: Pid): NodeId {
    return this.#isUsed ? nodeOf(this.#homes.homeOf(pid.key)) : pid.address.id;
  }

  /** How often the home of a process that is at home here was handed over. */
  handoversOf(process: string): number {
    return this.#isUsed ? (this.#homes.epochOf(process) ?? 0) : 0;
  }

  /** See `Distribution.handOver`. @throws NotMovableError before anything is sent. */
  leave(cell: Cell, node: NodeRef, connected: (error: unknown) => void): "connecting" | "leaving" {
    const kernel = this.#kernel;
    const { key } = cell.pid;
    this.#book.learn(node);
    checkHome(kernel, cell, cell.ended !== null && this.#homes.epochOf(key) === null);
    const check: Codec["check"] = (value, what) => this.#codec.check(value, what);
    const resumption = captureResumption(kernel, cell, check);
    // What can never travel is said now. It is written down again when nothing more comes for it.
    captureHome(kernel, cell, check, resumption, []);
    const place = this.#peers.placeOf(node.id);
    if (place === null) {
      this.#peers.link(node.id, connected);
      return "connecting";
    }
    kernel.migrations.hold(cell);
    park(cell);
    cell.ended = () => this.#closed(key);
    this.#isUsed = true;
    this.#leaving.set(key, { cell, resumption, requests: kernel.migrations.requestsOf(cell) });
    this.#homes.leave(key, place, this.#now());
    this.#perform();
    return "leaving";
  }

  // Signals

  /** Sends a signal to a process that does not live here, or not for sure. */
  send(from: Pid, to: Pid, signal: Signal): void {
    if (!this.#isUsed || to.serial === 0) {
      this.#sendTo(to.serial === 0 ? this.#placeOf(to) : null, { type: "own", from, to, signal });
      return;
    }
    const held: HeldSignal = { type: "own", from, to, signal };
    const place = this.#homes.route(to.key, held, null, this.#now());
    if (place !== null) this.#sendTo(place, held);
    this.#perform();
  }

  /** See `Distribution.forward`. */
  forward(to: Pid, signal: Signal): boolean {
    if (!this.#isUsed) return false;
    const held: HeldSignal = { type: "own", from: senderOf(signal) ?? this.#kernel.root, to, signal };
    const place = this.#homes.route(to.key, held, null, this.#now());
    if (this.#isHere(place)) return false;
    if (place !== null) this.#sendTo(place, held);
    this.#perform();
    return true;
  }

  /**
   * A signal has come from `peer`. True when it is not to take effect here: it is for a process that has another home, and waits or is forwarded;
   * or it comes too late, a long way.
   */
  relays(peer: NodeId, from: Pid, to: Pid, message: SignalMessage): boolean {
    const link = this.#peers.placeOf(peer);
    if (!this.#isUsed || link === null || to.serial === 0) return false;
    const origin = this.#homes.homeOf(from.key);
    if (!this.#homes.admits(to.key, origin, link)) return true;
    const cell = this.#kernel.find(to);
    if (cell !== undefined && cell.place?.kind !== "leaving") {
      if (message.type === "signal.link" || message.type === "signal.monitor") {
        this.#homes.meet(to.key, origin, this.#now());
        this.#perform();
      }
      return false;
    }
    const place = this.#homes.route(to.key, { type: "wire", peer, message } satisfies HeldSignal, link, this.#now());
    if (this.#isHere(place)) return false;
    if (place !== null) this.#signals.forward(nodeOf(place), peer, message);
    this.#perform();
    return true;
  }

  /**
   * Whether `peer` may speak in the name of `from` to `to`: it is its home; or `to` was handed over, and `peer` may have been its home before,
   * which forwards: it was born there, or `peer` is trusted, as all must be from whom a home is taken.
   */
  maySpeak(peer: NodeId, from: Pid, to: Pid): boolean {
    if (from.address.id === peer || this.nodeOf(from) === peer) return true;
    const isHandedOver = this.#homes.epochOf(to.key) !== null || this.nodeOf(to) !== to.address.id;
    return isHandedOver && (to.address.id === peer || this.#isTrusted(peer));
  }

  /** Whether the home of a process may have been elsewhere than it is. Not a node itself, nor what lives here, was born here and never left. */
  mayHaveMoved(pid: Pid): boolean {
    if (pid.serial === 0) return false;
    const { key } = pid;
    return this.#kernel.find(pid) === undefined || this.#homes.epochOf(key) !== null || this.#leaving.has(key);
  }

  /** Whether it is this node: in an earlier life, if not in this one, of which nothing is left to forward to. */
  #isHere(place: Place | null): boolean {
    return place !== null && nodeOf(place) === this.#kernel.address.id;
  }

  #placeOf(pid: Pid): Place {
    return this.#peers.placeOf(pid.address.id) ?? `${pid.address.id}/${pid.address.incarnation}`;
  }

  /** Null: to where the pid says, with nothing to wait for. */
  #sendTo(place: Place | null, held: HeldSignal): void {
    if (held.type === "wire") return this.#signals.forward(nodeOf(place as Place), held.peer, held.message);
    const { from, to, signal } = held;
    if (place === null) return this.#signals.send(to.address.id, from, to, signal);
    if (place === this.#homes.self) return this.#kernel.arrive(to, signal);
    if (this.#isUsed && this.#homes.epochOf(from.key) !== null) {
      const peer = nodeOf(place);
      // Who it is to be told to is known once there is a link.
      const link = this.#peers.placeOf(peer);
      if (link === null && to.serial === 0) {
        this.#peers.reach(peer, (reached) => {
          if (reached !== null) this.#sendTo(reached, held);
        });
        return;
      }
      if (!this.#homes.permits(from.key, link ?? place, held, this.#now())) return this.#perform();
    }
    this.#signals.send(nodeOf(place), from, to, signal);
  }

  // Links

  linked(place: Place): void {
    const now = this.#now();
    const peer = nodeOf(place);
    for (const other of this.#homes.placesOf(peer)) if (other !== place) this.#homes.dead(other, gone(peer), now);
    this.#homes.linked(place, now);
    this.#perform();
  }

  unlinked(place: Place): void {
    this.#homes.unlinked(place, this.#now());
    this.#perform();
  }

  unreachable(peer: NodeId, reason: string): void {
    for (const place of this.#homes.placesOf(peer)) {
      this.#homes.unreachable(place, unreachableError(peer, reason), this.#now());
    }
    this.#perform();
  }

  declaredDead(peer: NodeId): void {
    for (const place of this.#homes.placesOf(peer)) this.#homes.dead(place, gone(peer), this.#now());
    this.#perform();
  }

  /** A message about homes, behind all signals that came before it on the link. */
  receive(place: Place, message: HomeWireMessage): void {
    const peer = nodeOf(place);
    // That a third node has lost its links with a process is believed of those who may have been the process's home.
    const speaksForOthers = message.type === "home.broken" && ![place, this.#homes.self].includes(message.peer);
    if (speaksForOthers && !this.#isTrusted(peer)) {
      throw new ProtocolError(`it says that ${message.peer} has lost its links with a process, and is not trusted to`);
    }
    this.#exchange.run(linesOf(peer), peer, [], () => {
      // A link that was lost meanwhile has said its last.
      if (this.#peers.placeOf(peer) !== place) return;
      this.#isUsed = true;
      this.#book.speaker = this.#isTrusted(peer) ? null : peer;
      this.#learn(message);
      this.#book.speaker = null;
      this.#homes.receive(place, message, this.#now());
      this.#perform();
    });
  }

  /** What `peer` was handing over does not begin here. */
  revoked(peer: NodeId): void {
    for (const place of this.#homes.placesOf(peer)) this.#homes.revoked(place, this.#now());
    this.#perform();
  }

  stop(): void {
    this.#ticker.stop();
  }

  /** What is said about a place says where it listens, too: whoever hears it may have to go there. */
  #learn(message: HomeWireMessage): void {
    const learn = (place: Place, address: string | null | undefined): void => {
      const node = nodeOf(place);
      if (typeof address === "string" && node !== this.#kernel.address.id) this.#book.learn(new NodeRef(node, address));
    };
    if (message.type === "home.leaving" || message.type === "home.moved") learn(message.to, message.address);
    if (message.type === "home.offer") message.told.forEach((place, index) => learn(place, message.addresses[index]));
  }

  // What was decided

  #perform(): void {
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let actions = this.#homes.take(); actions.length > 0; actions = this.#homes.take()) {
        for (const action of actions) this.#act(action);
      }
    } finally {
      this.#performing = false;
    }
    this.#ticker.tickSoon();
  }

  #act(action: HomeAction): void {
    const kernel = this.#kernel;
    switch (action.type) {
      case "send": {
        const peer = nodeOf(action.to);
        if (this.#peers.placeOf(peer) === action.to) this.#peers.send(peer, this.#onWire(action.message));
        return;
      }
      case "connect":
        return this.#peers.connect(nodeOf(action.to));
      case "signal": {
        const held = action.signal as HeldSignal;
        if (action.from && held.type === "own") {
          return this.#signals.send(nodeOf(action.to), held.from, held.to, held.signal);
        }
        return this.#sendTo(action.to, held);
      }
      case "deliver": {
        const held = action.signal as HeldSignal;
        if (held.type === "own") kernel.arrive(held.to, held.signal);
        else this.#signals.receive(held.peer, held.message);
        return;
      }
      case "capture":
        return this.#capture(action.process);
      case "resume":
        return this.#resume(action.process, nodeOf(action.to), action.reason);
      case "released": {
        const { cell } = this.#leaving.get(action.process) as Outgoing;
        releaseHome(kernel, cell);
        return this.#event({ type: "home.released", pid: cell.pid, epoch: action.epoch, to: nodeOf(action.to) });
      }
      case "settled": {
        const { requests } = this.#leaving.get(action.process) as Outgoing;
        this.#leaving.delete(action.process);
        const ref = requests[0]?.ref;
        if (ref !== undefined) kernel.route(kernel.root, ref.owner, { type: "reply", ref, value: arrived });
        return;
      }
      case "arrive":
        return this.#arrive(action);
      case "adopt":
        return this.#adopt(action.process, action.epoch, nodeOf(action.from));
      case "drop":
        this.#ready.delete(epochKey(action.process, action.epoch));
        return;
      case "reconcile": {
        const cell = kernel.find(pidOf(action.process));
        const isMeant = (pid: Pid): boolean => this.#homes.homeOf(pid.key) === action.peer;
        const held = (action.held as readonly HeldSignal[]).flatMap((one) => (one.type === "own" ? [one.to.key] : []));
        if (cell !== undefined) {
          kernel.lostBetween(cell, (pid) => isMeant(pid) && !held.includes(pid.key), {
            type: "noconnection",
            node: nodeOf(action.peer),
          });
        }
        return;
      }
      case "disconnected":
      case "gone": {
        const { process, type, place } = action;
        const pid = pidOf(process);
        const node = nodeOf(place);
        const cause = type === "gone" ? noprocOf(pid) : ({ type: "noconnection", node } as const);
        kernel.disconnected((other) => other.equals(pid), cause);
        return;
      }
      case "undeliverable": {
        const held = action.signal as HeldSignal;
        if (held.type !== "own") return;
        kernel.unreachable(held.to, held.signal, { type: "noconnection", node: nodeOf(action.to) });
        return;
      }
    }
  }

  /** Whoever is told of a place may have to reach it. */
  #onWire(message: HomeMessage): HomeWireMessage {
    const addressOf = (place: Place): string | null => this.#book.find(nodeOf(place)).address;
    switch (message.type) {
      case "home.leaving":
      case "home.moved":
        return { ...message, address: addressOf(message.to) };
      case "home.offer":
        return { ...message, addresses: message.told.map(addressOf) } as HomeWireMessage;
      default:
        return message as HomeWireMessage;
    }
  }

  #capture(process: string): void {
    const kernel = this.#kernel;
    const { cell, resumption, requests } = this.#leaving.get(process) as Outgoing;
    const check: Codec["check"] = (value, what) => this.#codec.check(value, what);
    const place = new Leaving((signal) => {
      const from = senderOf(signal) ?? kernel.root;
      this.#homes.route(process, { type: "own", from, to: cell.pid, signal } satisfies HeldSignal, null, this.#now());
      this.#perform();
    });
    try {
      cell.place = place;
      const home = captureHome(kernel, cell, check, resumption, requests.slice(1));
      const { bytes, hashes } = this.#codec.encode({ ...home, awaited: false });
      const all = this.#code.closure(new Set([...hashes, ...frameHashes(home.captured)]));
      this.#homes.captured(process, bytes, all, this.#now());
    } catch (error) {
      this.#homes.failed(process, error, this.#now());
    }
  }

  #resume(process: string, to: NodeId, reason: unknown): void {
    const kernel = this.#kernel;
    const { cell } = this.#leaving.get(process) as Outgoing;
    this.#leaving.delete(process);
    if (this.#homes.epochOf(process) === null) cell.ended = null;
    if (cell.place?.kind === "leaving") cell.place.stay(kernel, cell);
    const error = notTaken(to, reason);
    this.#event({ type: "home.kept", pid: cell.pid, to, reason: error.message });
    if (!kernel.migrations.failed(cell, error)) kernel.throwInto(cell, error);
  }

  #arrive({ process, epoch, from, cargo, hashes }: Extract<HomeAction, { type: "arrive" }>): void {
    const peer = nodeOf(from);
    const { access } = this.#kernel;
    if (access.outsider(peer) !== null) {
      this.#event({ type: "access.refused", node: peer, from: peer, pid: pidOf(process) });
      return this.#homes.refuse(process, epoch, refusalOf(new AccessError(notLetIn(peer))), this.#now());
    }
    if (!this.#isTrusted(peer)) {
      const message = "it takes homes from nodes that it trusts only";
      return this.#homes.refuse(process, epoch, { name: "Error", message, code: null }, this.#now());
    }
    if (this.#kernel.refusesWork) return this.#homes.refuse(process, epoch, stopping, this.#now());
    // Not in the line of signals, which would wait for the definitions.
    this.#exchange.run(`homes of ${peer}`, peer, hashes, (problem) => {
      try {
        if (problem !== null) throw new Error(problem);
        // It may have waited.
        if (access.outsider(peer) !== null) throw new AccessError(notLetIn(peer));
        const data = this.#codec.decode(cargo as Uint8Array);
        const { captured } = parseCargo(this.#kernel, data);
        const home: CapturedHome = { captured, ...parseHome(data) };
        const { name } = home;
        if (name !== null && this.#kernel.whereis(name) !== undefined) {
          throw new Error(`the name ${JSON.stringify(name)} is taken there`);
        }
        checkFrames(this.#code, captured);
        this.#ready.set(epochKey(process, epoch), home);
        this.#homes.admit(process, epoch, this.#now());
      } catch (error) {
        this.#homes.refuse(process, epoch, refusalOf(error), this.#now());
      }
      this.#perform();
    });
  }

  #adopt(process: string, epoch: number, from: NodeId): void {
    const kernel = this.#kernel;
    const home = this.#ready.get(epochKey(process, epoch)) as CapturedHome;
    this.#ready.delete(epochKey(process, epoch));
    const pid = pidOf(process);
    const cell = adoptHome(kernel, pid, home, (state) => this.#code.restore(state));
    cell.ended = () => this.#closed(process);
    this.#event({ type: "home.adopted", pid, epoch, from });
    goOn(kernel, cell, home.captured.resumption);
    kernel.migrations.add(cell, home.captured.requests);
  }

  #isTrusted(peer: NodeId): boolean {
    return this.#trustIn(peer) === "trusted";
  }

  #closed(process: string): void {
    this.#leaving.delete(process);
    this.#homes.closed(process, this.#now());
    this.#perform();
  }

  #now(): number {
    return this.#kernel.host.clock.monotonic();
  }

  #event(event: NodeEvent): void {
    this.#kernel.note(event);
  }
}

/** Why nothing goes on with a place of `peer`. */
function gone(peer: NodeId): Error {
  return unreachableError(peer, "it is gone for good");
}

/** The process that a signal is of, if that means anything to the receiver. */
function senderOf(signal: Signal): Pid | null {
  switch (signal.type) {
    case "exit":
    case "link":
    case "unlink":
      return signal.from;
    case "monitor":
    case "demonitor":
    case "migrate":
      return signal.ref.owner;
    case "message":
    case "alias":
    case "down":
    case "reply":
      return null;
  }
}
