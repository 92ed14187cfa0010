import {
  causeOf,
  describe,
  isHeartbeat,
  parseCause,
  Transfers,
  type Cause,
  type Heartbeat,
  type Instant,
  type LeaseParameters,
  type Place,
  type TransferAction,
  type TransferMessage,
} from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { CodeStore, PackedDefinition } from "../code.ts";
import type { Away, Guest } from "../distribution-port.ts";
import type { Kernel } from "../kernel.ts";
import { homeOf, nodeOf, type Payload, type RefusalReason, type TransferWireMessage } from "../message.ts";
import { capture, come, comeHome, depart, dropGuest, letGo, park, stay } from "../moving.ts";
import type { NodeId, NodeRef } from "../node-ref.ts";
import { NodeAddress, Pid } from "../pid.ts";
import { openScopes } from "../scope-marker.ts";
import type { Signal } from "../signal.ts";
import type { Codec } from "../travel.ts";
import { suspended, type Waiting } from "../waiting.ts";
import type { AddressBook } from "./address-book.ts";
import { frameHashes, parseCargo, type Cargo } from "./cargo.ts";
import type { CodeExchange } from "./code-exchange.ts";
import { TransferRefusedError, unreachableError } from "./errors.ts";
import type { Payloads } from "./payloads.ts";
import type { Peers } from "./peers.ts";

declare module "../events.ts" {
  interface NodeExtraEvents {
    readonly moves:
      /** A process is on its way: this node offers it to `to`. */
      | { readonly type: "transfer.started"; readonly pid: Pid; readonly to: NodeId; readonly bytes: number }
      /** The target has it. */
      | { readonly type: "transfer.departed"; readonly pid: Pid; readonly to: NodeId }
      /** It goes on here after all. */
      | { readonly type: "transfer.failed"; readonly pid: Pid; readonly reason: string }
      | { readonly type: "transfer.arrived"; readonly pid: Pid; readonly from: NodeId; readonly missing: number }
      | { readonly type: "transfer.refused"; readonly pid: Pid; readonly from: NodeId; readonly reason: string }
      /** It runs here now. */
      | { readonly type: "transfer.granted"; readonly pid: Pid; readonly epoch: number }
      /** It may not act here any more, and was dropped. */
      | { readonly type: "transfer.dropped"; readonly pid: Pid }
      /** A signal came for a process that has moved on; its home was told where. */
      | { readonly type: "transfer.forwarded"; readonly pid: Pid; readonly to: NodeId }
      /** A host has been silent for longer than usual. It may well come back. */
      | { readonly type: "node.suspected"; readonly node: NodeId }
      | { readonly type: "node.trusted"; readonly node: NodeId }
      /** A host is declared lost: what it ran for this home acts no more. */
      | {
          readonly type: "node.verdict";
          readonly node: NodeId;
          readonly incarnation: string;
          readonly reason: "silent" | "lapsed" | "dead";
        };
  }
}

/** The parts of a node's distribution that moving needs. */
export interface MovesOptions {
  readonly kernel: Kernel;
  readonly peers: Peers;
  readonly book: AddressBook;
  readonly payloads: Payloads;
  readonly codec: Codec;
  readonly code: CodeStore;
  readonly exchange: CodeExchange;
  readonly lease: LeaseParameters;
}

/** What of a guest's doings has no meaning but here: the end of the process, with what its body returned if somebody waits for that. */
interface End {
  readonly cause: Cause;
  readonly outcome: { readonly value: unknown } | null;
}

/** Which scopes are open in a guest: their heartbeats fail with the verdict on its host. */
interface Scopes {
  readonly scopes: readonly Heartbeat[];
}

/**
 * Processes that move: carries out what `Transfers` decides. Everything that is a decision (who may act, what is sent again, when a host is
 * lost) is over there, pure; here are frames, bytes, links and timers.
 */
export class Moves {
  readonly #kernel: Kernel;
  readonly #peers: Peers;
  readonly #book: AddressBook;
  readonly #payloads: Payloads;
  readonly #codec: Codec;
  readonly #code: CodeStore;
  readonly #exchange: CodeExchange;
  readonly #lease: LeaseParameters;
  readonly #transfers: Transfers;
  /** What arrives and waits for its definitions. */
  readonly #arriving = new Map<string, Extract<TransferAction, { type: "arrive" }>>();
  /** What has arrived and waits for its grant. */
  readonly #arrived = new Map<string, Cargo>();
  /** Guests by process and epoch: an earlier one may still be leaving when the process is back. */
  readonly #guests = new Map<string, Cell>();
  /** The heartbeats of the scopes that are open in what is away. */
  readonly #scopes = new Map<string, readonly Heartbeat[]>();
  #ticking = false;
  #performing = false;
  #stopped = false;

  constructor(options: MovesOptions) {
    const { kernel, lease } = options;
    this.#kernel = kernel;
    this.#peers = options.peers;
    this.#book = options.book;
    this.#payloads = options.payloads;
    this.#codec = options.codec;
    this.#code = options.code;
    this.#exchange = options.exchange;
    this.#lease = lease;
    const self: Place = `${kernel.address.id}/${kernel.address.incarnation}`;
    this.#transfers = new Transfers(self, lease, () => {
      let baton = "";
      for (const byte of kernel.host.random.bytes(16)) baton += byte.toString(16).padStart(2, "0");
      return baton;
    });
  }

  /**
   * Moves the process that is executing to `node`: what comes after runs there. Performing it on the node itself does nothing.
   *
   * @throws NotMovableError naming what cannot travel, before anything is sent.
   */
  transfer(cell: Cell, node: NodeRef): typeof suspended | undefined {
    this.#book.learn(node);
    if (node.id === this.#kernel.address.id) return undefined;
    const cargo = this.#pack(cell);
    const place = this.#peers.placeOf(node.id);
    if (place !== null) return this.#offer(cell, place, cargo);
    const waiting = new Connecting(node);
    this.#kernel.wait(cell, waiting);
    waiting.forget = this.#peers.reach(node.id, (reached, reason) => {
      if (cell.waiting !== waiting) return;
      if (reached === null) {
        this.#kernel.throwInto(cell, unreachableError(node.id, reason ?? "there is no link"));
        return;
      }
      try {
        // Its mailbox may have grown meanwhile.
        this.#offer(cell, reached, this.#pack(cell));
      } catch (error) {
        this.#kernel.throwInto(cell, error);
      }
    });
    return suspended;
  }

  /** Moves a process that has not begun, and is parked until it does. */
  place(cell: Cell, node: NodeRef): void {
    this.#book.learn(node);
    this.#peers.reach(node.id, (reached, reason) => {
      if (cell.status !== "parked" || cell.place !== null) return;
      if (reached === null) {
        this.#kernel.throwInto(cell, unreachableError(node.id, reason ?? "there is no link"));
        return;
      }
      try {
        this.#offer(cell, reached, this.#pack(cell));
      } catch (error) {
        this.#kernel.throwInto(cell, error);
      }
    });
  }

  /** A message of the transfer protocol, from the node at the other end of the link. */
  receive(from: Place, message: TransferWireMessage): void {
    this.#transfers.receive(from, withEffectHashes(message), this.#now());
    this.#perform();
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

  /** The node stops: what it runs for others acts no more, and their homes need not wait to know. */
  stop(): void {
    this.#transfers.abandon(this.#now());
    this.#perform();
    this.#stopped = true;
  }

  // Leaving

  #pack(cell: Cell): { readonly bytes: Uint8Array; readonly hashes: readonly string[] } {
    const captured = capture(this.#kernel, cell, (value, what) => this.#codec.check(value, what));
    const awaited = cell.place instanceof GuestPlace ? cell.place.awaited : cell.ended !== null;
    const { bytes, hashes } = this.#codec.encode({ captured, awaited } satisfies Cargo);
    return { bytes, hashes: this.#code.closure(new Set([...hashes, ...frameHashes(captured)])) };
  }

  #offer(cell: Cell, to: Place, cargo: { bytes: Uint8Array; hashes: readonly string[] }): typeof suspended {
    const { pid, place } = cell;
    const { bytes, hashes } = cargo;
    cell.waiting = null;
    park(cell);
    if (place instanceof GuestPlace) place.freeze();
    else depart(cell, this.#awayPlace(pid.key));
    if (this.#kernel.events.active) {
      this.#kernel.events.emit({ type: "transfer.started", pid, to: nodeOf(to), bytes: bytes.length });
    }
    // When it may not go any more its lease has ended, and it is dropped.
    this.#transfers.depart(pid.key, to, bytes, hashes, this.#now());
    if (place === null) this.#scopes.set(pid.key, openScopes(cell.stack));
    this.#perform();
    return suspended;
  }

  #awayPlace(process: string): Away {
    const host = (): NodeId => nodeOf(this.#transfers.whereabouts(process)?.host ?? this.#transfers.self);
    return {
      kind: "away",
      get host() {
        return host();
      },
      forward: (signal) => {
        const own = this.#own(process);
        if (own === undefined) return;
        const payload = this.#encode(own.pid, signal);
        if (payload === null) return;
        this.#transfers.signal(process, payload, this.#now());
        this.#perform();
      },
      ended: () => {
        this.#transfers.closed(process, this.#now());
        this.#forget(process);
        this.#perform();
      },
    };
  }

  /** Null when it is a message that cannot travel and nobody can be told. */
  #encode(to: Pid, signal: Signal): Payload | null {
    try {
      return this.#payloads.encodeSignal(to, signal);
    } catch (error) {
      if (this.#kernel.scheduler.current !== null) throw error;
      if (signal.type === "message") this.#kernel.deadLetter(to, signal.message);
      return null;
    }
  }

  // What was decided

  #perform(): void {
    // What an action causes comes after the actions that are waiting.
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let actions = this.#transfers.take(); actions.length > 0; actions = this.#transfers.take()) {
        for (const action of actions) this.#act(action);
      }
    } finally {
      this.#performing = false;
    }
    this.#tickSoon();
  }

  #act(action: TransferAction): void {
    switch (action.type) {
      case "send":
        return this.#send(action.to, action.message);
      case "arrive":
        return this.#arrive(action);
      case "code":
        return this.#receiveCode(action);
      case "supply":
        return this.#transfers.supply(action.process, action.epoch, this.#code.pack(action.hashes), this.#now());
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
        return this.#performEffect(action.process, action.effect as Payload);
      case "lost":
        return this.#lost(action.process, action.place);
      case "suspected":
        return this.#emit({ type: "node.suspected", node: nodeOf(action.place) });
      case "trusted":
        return this.#emit({ type: "node.trusted", node: nodeOf(action.place) });
      case "verdict":
        return this.#emit({
          type: "node.verdict",
          node: nodeOf(action.place),
          incarnation: action.place.slice(action.place.indexOf("/") + 1),
          reason: action.reason,
        });
      case "forwarded":
        return this.#emit({ type: "transfer.forwarded", pid: pidOf(action.process), to: nodeOf(action.to) });
    }
  }

  #send(to: Place, message: TransferMessage): void {
    const peer = nodeOf(to);
    const place = this.#peers.placeOf(peer);
    // A later life of the node has nothing to do with it.
    if (place === to) this.#peers.send(peer, message as TransferWireMessage);
    else if (place === null) this.#peers.connect(peer);
  }

  #arrive(action: Extract<TransferAction, { type: "arrive" }>): void {
    const { process, epoch, from, hashes } = action;
    const missing = this.#code.missing(hashes);
    const pid = pidOf(process);
    this.#emit({ type: "transfer.arrived", pid, from: nodeOf(from), missing: missing.length });
    if (missing.length === 0) return this.#restore(action);
    this.#arriving.set(keyOf(process, epoch), action);
    this.#transfers.need(process, epoch, missing, this.#now());
  }

  #receiveCode({ process, epoch, definitions }: Extract<TransferAction, { type: "code" }>): void {
    const action = this.#arriving.get(keyOf(process, epoch));
    if (action === undefined) return;
    this.#arriving.delete(keyOf(process, epoch));
    try {
      this.#code.admit(definitions as readonly PackedDefinition[]);
    } catch (error) {
      return this.#refuse(action, error);
    }
    this.#restore(action);
  }

  #restore(action: Extract<TransferAction, { type: "arrive" }>): void {
    const { process, epoch, cargo } = action;
    let parsed: Cargo;
    try {
      parsed = parseCargo(this.#kernel, this.#codec.decode(cargo as Uint8Array));
      // Whether it can go on is known before it is taken.
      for (const entry of parsed.captured.stack) if (!("marker" in entry)) void this.#code.restore(entry);
    } catch (error) {
      return this.#refuse(action, error);
    }
    this.#arrived.set(keyOf(process, epoch), parsed);
    this.#transfers.admit(process, epoch, this.#now());
  }

  #refuse({ process, epoch, from }: Extract<TransferAction, { type: "arrive" }>, error: unknown): void {
    const reason = refusalOf(error);
    this.#emit({ type: "transfer.refused", pid: pidOf(process), from: nodeOf(from), reason: reason.message });
    this.#transfers.refuse(process, epoch, reason, this.#now());
  }

  #start(process: string, epoch: number): void {
    const cargo = this.#arrived.get(keyOf(process, epoch));
    if (cargo === undefined) return;
    this.#arrived.delete(keyOf(process, epoch));
    const own = this.#own(process);
    const pid = own?.pid ?? pidOf(process);
    const restore: CodeStore["restore"] = (state) => this.#code.restore(state);
    this.#emit({ type: "transfer.granted", pid, epoch });
    if (own !== undefined) {
      try {
        comeHome(this.#kernel, own, cargo.captured, restore);
        this.#kernel.resume(own, undefined);
      } catch (error) {
        this.#kernel.exits.end(own, causeOf(error));
      }
      return;
    }
    if (homeOf(process) === this.#transfers.self) return;
    const place = new GuestPlace(this, pid, epoch, cargo.awaited);
    try {
      const guest = come(this.#kernel, pid, cargo.captured, place, restore);
      this.#guests.set(keyOf(process, epoch), guest);
      this.#kernel.resume(guest, undefined);
    } catch (error) {
      place.ended(causeOf(error), error);
    }
  }

  #drop(process: string, epoch: number): void {
    this.#arriving.delete(keyOf(process, epoch));
    this.#arrived.delete(keyOf(process, epoch));
    const guest = this.#takeGuest(process, epoch);
    if (guest === undefined) return;
    dropGuest(this.#kernel, guest);
    this.#forget(process);
    this.#emit({ type: "transfer.dropped", pid: guest.pid });
  }

  #departed(process: string, epoch: number, to: Place): void {
    const guest = this.#takeGuest(process, epoch);
    const own = this.#own(process);
    if (guest !== undefined) {
      dropGuest(this.#kernel, guest);
      this.#exchange.drop(signalsTo(process));
    } else if (own !== undefined && own.place?.kind === "away") {
      letGo(this.#kernel, own);
    }
    this.#emit({ type: "transfer.departed", pid: own?.pid ?? pidOf(process), to: nodeOf(to) });
  }

  #resume(process: string, epoch: number, to: Place, reason: unknown): void {
    const error = this.#errorOf(nodeOf(to), reason);
    const guest = this.#takeGuest(process, epoch);
    const cell = guest ?? this.#own(process);
    if (cell === undefined) return;
    this.#emit({ type: "transfer.failed", pid: cell.pid, reason: error.message });
    if (guest === undefined) {
      stay(cell);
    } else {
      this.#guests.set(keyOf(process, epoch + 2), guest);
      (guest.place as GuestPlace).thaw(epoch + 2);
    }
    this.#kernel.throwInto(cell, error);
  }

  #errorOf(to: NodeId, reason: unknown): Error {
    if (reason instanceof Error) return reason;
    if (reason === null) return unreachableError(to, "it did not answer");
    return new TransferRefusedError(to, reason as RefusalReason);
  }

  /** A signal that came through the home, or waited there: in order, each once its definitions are here. */
  #deliver(process: string, payload: Payload): void {
    this.#exchange.run(signalsTo(process), nodeOf(homeOf(process)), payload.hashes, (problem) => {
      const cell = this.#own(process) ?? this.#kernel.guests.get(process);
      if (cell === undefined || !cell.alive) return;
      const signal = this.#decodeSignal(cell.pid, payload, problem)?.signal;
      if (signal === undefined) return;
      // At home the link went when the signal came; it is this very signal that it goes with.
      if (signal.type === "exit" && signal.link && cell.place === null) this.#kernel.addLink(cell, signal.from);
      this.#kernel.receive(cell, signal);
    });
  }

  /** Something that a guest did, in its name (P13: `Transfers` lets nothing of an earlier epoch through). */
  #performEffect(process: string, payload: Payload): void {
    const host = this.#transfers.whereabouts(process)?.host;
    const peer = host === undefined ? this.#kernel.address.id : nodeOf(host);
    this.#exchange.run(`effects of ${process}`, peer, payload.hashes, (problem) => {
      const cell = this.#own(process);
      if (cell === undefined) return;
      const effect = this.#decodeEffect(cell.pid, payload, problem);
      if (effect === null) return;
      if ("signal" in effect) {
        this.#kernel.perform(cell, effect.to, effect.signal);
        return;
      }
      if ("scopes" in effect) {
        this.#scopes.set(process, effect.scopes);
        return;
      }
      if (effect.outcome !== null) cell.outcome = effect.outcome.value;
      this.#kernel.exits.end(cell, effect.cause);
    });
  }

  #decodeEffect(pid: Pid, payload: Payload, problem: string | null): End | Scopes | { to: Pid; signal: Signal } | null {
    try {
      if (problem !== null) throw new Error(problem);
      const data = this.#payloads.decode(payload);
      if (typeof data !== "object" || data === null || Array.isArray(data)) return this.#payloads.decodeSignal(payload);
      const { cause, outcome, scopes } = data as Partial<End & Scopes>;
      if (scopes !== undefined) return { scopes: Array.isArray(scopes) ? scopes.filter(isHeartbeat) : [] };
      const hasOutcome = typeof outcome === "object" && outcome !== null && "value" in outcome;
      return { cause: parseCause(cause, "end"), outcome: hasOutcome ? outcome : null };
    } catch (error) {
      this.#undecodable(pid, error);
      return null;
    }
  }

  #decodeSignal(pid: Pid, payload: Payload, problem: string | null): { to: Pid; signal: Signal } | null {
    try {
      if (problem !== null) throw new Error(problem);
      return this.#payloads.decodeSignal(payload);
    } catch (error) {
      this.#undecodable(pid, error);
      return null;
    }
  }

  #undecodable(to: Pid, error: unknown): void {
    const reason = error instanceof Error ? error.message : describe(error);
    this.#emit({ type: "undecodable", node: to.address.id, to, reason });
  }

  /** The verdict: the process is over, and with it every heartbeat that it was linked to. */
  #lost(process: string, place: Place): void {
    const cause: Cause = { type: "unresponsive", node: nodeOf(place) };
    const scopes = this.#scopes.get(process) ?? [];
    this.#forget(process);
    const cell = this.#own(process);
    if (cell !== undefined) this.#kernel.exits.end(cell, cause);
    for (const heartbeat of scopes.toReversed()) this.#kernel.lifetimes.failed(heartbeat, cause);
  }

  // Guests

  /** @internal For {@link GuestPlace}. */
  mayAct(process: string): boolean {
    const may = this.#transfers.mayAct(process, this.#now());
    if (!may) this.#perform();
    return may;
  }

  /** @internal For {@link GuestPlace}. */
  emitEffect(process: string, to: Pid, signal: Signal): void {
    const payload = this.#encode(to, signal);
    if (payload === null) return;
    this.#transfers.emit(process, payload, this.#now());
    this.#perform();
  }

  /** @internal For {@link GuestPlace}. */
  emitScopes(process: string, scopes: readonly Heartbeat[]): void {
    this.#transfers.emit(process, this.#payloads.encode({ scopes } satisfies Scopes), this.#now());
    this.#perform();
  }

  /** @internal For {@link GuestPlace}. */
  finish(process: string, epoch: number, end: End): void {
    this.#guests.delete(keyOf(process, epoch));
    this.#transfers.finish(process, this.#encodeEnd(end), this.#now());
    this.#perform();
  }

  #encodeEnd({ cause, outcome }: End): Payload {
    try {
      return this.#payloads.encode({ cause, outcome } satisfies End);
    } catch {
      // What was returned or thrown cannot travel. That it ended, and why, still must.
      const inner = this.#payloads.decode(this.#payloads.encodeCause(cause)) as Cause;
      return this.#payloads.encode({ cause: inner, outcome: null } satisfies End);
    }
  }

  #takeGuest(process: string, epoch: number): Cell | undefined {
    const key = keyOf(process, epoch);
    const guest = this.#guests.get(key);
    this.#guests.delete(key);
    return guest;
  }

  /** The process with this key whose home is here, while it lives. */
  #own(process: string): Cell | undefined {
    if (homeOf(process) !== this.#transfers.self) return undefined;
    return this.#kernel.cells.get(Number(process.slice(process.lastIndexOf("/") + 1)));
  }

  #forget(process: string): void {
    this.#scopes.delete(process);
    this.#exchange.drop(signalsTo(process));
    this.#exchange.drop(`effects of ${process}`);
  }

  // Time

  #now(): Instant {
    const { clock } = this.#kernel.host;
    return { now: clock.monotonic(), wall: clock.wall() };
  }

  /** The clock ticks only while there is something to say or to judge. */
  #tickSoon(): void {
    if (this.#ticking || this.#stopped || this.#transfers.isIdle) return;
    this.#ticking = true;
    const { clock, loop } = this.#kernel.host;
    clock.after(this.#lease.beatMs, () => {
      // A timer never judges: what waits to be read is read first (H19).
      loop.afterInput(() => {
        this.#ticking = false;
        if (this.#stopped) return;
        this.#transfers.tick(this.#now());
        this.#perform();
      });
    });
  }

  #emit(event: Parameters<Kernel["events"]["emit"]>[0]): void {
    if (this.#kernel.events.active) this.#kernel.events.emit(event);
  }
}

/** A process of another node, computed here. */
class GuestPlace implements Guest {
  readonly kind = "guest";
  readonly awaited: boolean;
  readonly #moves: Moves;
  readonly #process: string;
  #epoch: number;
  /** What it did while it was frozen, by its timers: done if it stays, forgotten if it goes, because the timers went along. */
  #held: { readonly to: Pid; readonly signal: Signal }[] | null = null;

  constructor(moves: Moves, pid: Pid, epoch: number, awaited: boolean) {
    this.#moves = moves;
    this.#process = pid.key;
    this.#epoch = epoch;
    this.awaited = awaited;
  }

  out(to: Pid, signal: Signal): void {
    if (this.#held !== null) this.#held.push({ to, signal });
    else this.#moves.emitEffect(this.#process, to, signal);
  }

  scopes(heartbeats: readonly Heartbeat[]): void {
    this.#moves.emitScopes(this.#process, heartbeats);
  }

  mayStep(): boolean {
    return this.#moves.mayAct(this.#process);
  }

  ended(cause: Cause, outcome: unknown): void {
    const kept = this.awaited && (cause.type === "normal" || outcome !== undefined) ? { value: outcome } : null;
    this.#moves.finish(this.#process, this.#epoch, { cause, outcome: kept });
  }

  freeze(): void {
    this.#held = [];
  }

  thaw(epoch: number): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#epoch = epoch;
    for (const { to, signal } of held) this.out(to, signal);
  }
}

/** A process that wants to leave waits for a link. */
class Connecting implements Waiting {
  readonly what: string;
  forget: () => void = () => {};

  constructor(node: NodeRef) {
    this.what = `link to ${node.id.slice(0, 8)}`;
  }

  cancel(): void {
    this.forget();
  }
}

/** What it did on the way is performed at home when it comes back: the definitions for that are asked for with the others. */
function withEffectHashes(message: TransferWireMessage): TransferWireMessage {
  if (message.type !== "transfer.offer" || message.effects.length === 0) return message;
  return { ...message, hashes: [...new Set([...message.hashes, ...message.effects.flatMap(({ hashes }) => hashes)])] };
}

function refusalOf(error: unknown): RefusalReason {
  if (!(error instanceof Error)) return { name: "Error", message: describe(error), code: null };
  const { name, message, code } = error as Error & { code?: unknown };
  return { name, message, code: typeof code === "string" ? code : null };
}

function keyOf(process: string, epoch: number): string {
  return `${process} ${epoch}`;
}

function signalsTo(process: string): string {
  return `signals to ${process}`;
}

function pidOf(process: string): Pid<any> {
  const [id, incarnation, serial] = process.split("/") as [string, string, string];
  return new Pid(new NodeAddress(id, incarnation), Number(serial));
}
