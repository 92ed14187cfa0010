import type { Place } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { CodeStore } from "../code.ts";
import { NotMovableError } from "../frame.ts";
import type { Kernel } from "../kernel.ts";
import { homeOf, nodeOf } from "../message.ts";
import { capture, park } from "../moving/moving.ts";
import type { NodeId, NodeRef } from "../cluster/node-ref.ts";
import type { Codec } from "../moving/travel.ts";
import { captureResumption, type Resumption } from "../moving/travelling-wait.ts";
import { suspended, type Waiting } from "../waiting.ts";
import type { AddressBook } from "./address-book.ts";
import { frameHashes, type Cargo } from "./cargo.ts";
import type { CodeExchange } from "./code-exchange.ts";
import { unreachableError } from "./errors.ts";
import { GuestPlace } from "./guest-place.ts";
import { signalsTo } from "./keys.ts";
import type { Peers } from "./peers.ts";

/** The parts of a node's distribution that leaving needs. */
export interface DeparturesOptions {
  readonly kernel: Kernel;
  readonly peers: Peers;
  readonly book: AddressBook;
  readonly codec: Codec;
  readonly code: CodeStore;
  readonly exchange: CodeExchange;
}

/** Carries out what is decided about processes that move. */
export interface DeparturesHost {
  /** Whether it is at that right now. */
  readonly isPerforming: boolean;
  /** Calls `go` when it has done it all. */
  later(go: () => void): void;
  /** The process is parked, and is offered to `to`: it does not act here any more unless it stays. */
  depart(cell: Cell, to: Place, packed: Packed): void;
}

/** A process, encoded, and the definitions that it needs. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly hashes: readonly string[];
}

/**
 * Processes that want to leave, or are to: waits for what has to be there first (a link, what they were sent, the end of their file), writes them
 * down and offers them. What cannot leave goes on and is told why.
 */
export class Departures {
  readonly #host: DeparturesHost;
  readonly #kernel: Kernel;
  readonly #peers: Peers;
  readonly #book: AddressBook;
  readonly #codec: Codec;
  readonly #code: CodeStore;
  readonly #exchange: CodeExchange;

  constructor(host: DeparturesHost, { kernel, peers, book, codec, code, exchange }: DeparturesOptions) {
    this.#host = host;
    this.#kernel = kernel;
    this.#peers = peers;
    this.#book = book;
    this.#codec = codec;
    this.#code = code;
    this.#exchange = exchange;
  }

  /**
   * Moves the process that is executing to `node`: what comes after runs there. Performing it on the node itself does nothing.
   *
   * @throws NotMovableError naming what cannot travel, before anything is sent.
   */
  transfer(cell: Cell, node: NodeRef): typeof suspended | undefined {
    this.#book.learn(node);
    if (node.id === this.#kernel.address.id) return undefined;
    checkBornHere(this.#kernel, cell);
    const packed = this.#pack(cell);
    const place = this.#peers.placeOf(node.id);
    if (place !== null && !this.#exchange.isWaiting(signalsTo(cell.pid.key))) {
      this.#offer(cell, place, packed);
      return suspended;
    }
    const waiting = new Connecting(node);
    this.#kernel.wait(cell, waiting);
    waiting.forget = this.#peers.reach(node.id, (reached, reason) => {
      if (cell.waiting === waiting) this.#offerOrFail(cell, node.id, reached, reason);
    });
    return suspended;
  }

  /** See `Distribution.migrate`. */
  migrate(cell: Cell, node: NodeRef, connected: (error: unknown) => void): "connecting" | "leaving" {
    this.#book.learn(node);
    checkBornHere(this.#kernel, cell);
    if (this.#host.isPerforming) {
      // Signals that it has taken already may be among what is to be done: they are to be in its mailbox when it leaves.
      this.#host.later(() => connected(null));
      return "connecting";
    }
    const resumption = captureResumption(this.#kernel, cell, (value, what) => this.#codec.check(value, what));
    const packed = this.#pack(cell, resumption);
    if (this.#awaitSignals(cell, () => connected(null))) return "connecting";
    const place = this.#peers.placeOf(node.id);
    if (place === null) {
      this.#peers.link(node.id, connected);
      return "connecting";
    }
    const { checkpoints } = this.#kernel;
    if (cell.waiting !== null && checkpoints?.holds(cell) === true) {
      // What it waits for may come meanwhile, and is not lost: it goes on waiting until its file is gone.
      checkpoints.putAside(cell, connected);
      return "connecting";
    }
    this.#kernel.migrations.hold(cell);
    park(cell);
    this.#offer(cell, place, packed, resumption);
    return "leaving";
  }

  /** Moves a process that has not begun, and is parked until it does. */
  place(cell: Cell, node: NodeRef): void {
    this.#book.learn(node);
    this.#peers.reach(node.id, (reached, reason) => {
      if (cell.status === "parked" && cell.place === null) this.#offerOrFail(cell, node.id, reached, reason);
    });
  }

  /** It goes on here, where it is told why; what it had on the disk is there again then. */
  goOn(cell: Cell, error: unknown): void {
    const { checkpoints, migrations } = this.#kernel;
    const goOn = (): void => {
      // Whoever else wanted it to move is told.
      if (!migrations.failed(cell, error)) this.#kernel.throwInto(cell, error);
    };
    if (checkpoints === null) goOn();
    else checkpoints.stay(cell, goOn);
  }

  #pack(cell: Cell, resumption?: Resumption): Packed {
    const check: Codec["check"] = (value, what) => this.#codec.check(value, what);
    const captured = capture(this.#kernel, cell, check, resumption);
    const awaited = cell.place instanceof GuestPlace ? cell.place.awaited : cell.ended !== null;
    const { bytes, hashes } = this.#codec.encode({ captured, awaited } satisfies Cargo);
    return { bytes, hashes: this.#code.closure(new Set([...hashes, ...frameHashes(captured)])) };
  }

  /**
   * Signals that were taken for the process, and wait for their definitions, are nobody else's any more: they are to be in its mailbox when it
   * leaves. Calls `go` when those that wait now are, and others may wait by then; false when none do.
   */
  #awaitSignals({ pid }: Cell, go: () => void): boolean {
    const line = signalsTo(pid.key);
    if (!this.#exchange.isWaiting(line)) return false;
    this.#exchange.runSurely(line, nodeOf(homeOf(pid.key)), [], go);
    return true;
  }

  #offerOrFail(cell: Cell, peer: NodeId, place: Place | null, reason: string | null, resumption?: Resumption): void {
    const { waiting } = cell;
    const again = (): void => {
      const isHere = cell.alive && cell.waiting === waiting;
      if (isHere) this.#offerOrFail(cell, peer, this.#peers.placeOf(peer), null, resumption);
    };
    if (place !== null && this.#awaitSignals(cell, again)) return;
    try {
      if (place === null) throw unreachableError(peer, reason ?? "there is no link");
      // Its mailbox may have grown since it asked.
      this.#offer(cell, place, this.#pack(cell, resumption), resumption);
    } catch (error) {
      this.goOn(cell, error);
    }
  }

  #offer(cell: Cell, to: Place, packed: Packed, resumption?: Resumption): void {
    const { checkpoints } = this.#kernel;
    if (checkpoints?.holds(cell) === true) {
      // At most once beats at least once: it must not be resumed here while it runs there.
      const peer = nodeOf(to);
      checkpoints.leave(cell, (error) => {
        if (error === null) this.#offerOrFail(cell, peer, this.#peers.placeOf(peer), null, resumption);
        else this.goOn(cell, error);
      });
      return;
    }
    cell.waiting = null;
    park(cell);
    this.#host.depart(cell, to, packed);
  }
}

/** Whoever is away is known by where it was born, and asks there. @throws NotMovableError when another node is its home now. */
function checkBornHere(kernel: Kernel, { place, pid, label }: Cell): void {
  if (place !== null || pid.address.equals(kernel.address)) return;
  throw new NotMovableError(
    `cannot move ${label}: its home was handed over to this node, and goes with it; use Process.migrate(pid, node, { home: true })`,
  );
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
