import type { Cell } from "../cell.ts";
import { failure } from "../failure.ts";
import { capture } from "./moving.ts";
import type { Kernel } from "../kernel.ts";
import { arrived, migrationFailed, type MigrationAnswer } from "./migrate.ts";
import type { Ref } from "../addresses/ref.ts";
import type { MigrationRequest } from "../exits/signal.ts";
import { toMove } from "../stack.ts";
import { canMoveNow, hold, letGoOn, type Held } from "./travelling-wait.ts";

/** Somebody waits under `ref` for a process to have moved. It travels with the process, which answers where it arrives. */
export interface OpenRequest {
  readonly ref: Ref;
  readonly request: MigrationRequest;
}

/** What is asked of one process. */
interface Open {
  /** Done one after the other, the oldest first. */
  requests: readonly OpenRequest[];
  /** Whether a link to where it is to go is being made. Meanwhile it goes on. */
  connecting: boolean;
  /** How it stood when it was taken out of the schedule, to leave. */
  held: Held | null;
}

/**
 * Processes of this node that are to move because somebody else wants it. A process moves when it does not execute: at the end of its
 * operation, or in the middle of one that only waits, if what it waits for travels.
 */
export class Migrations {
  readonly #kernel: Kernel;
  /** By process: it goes with the process, whatever becomes of that. */
  readonly #open = new WeakMap<Cell, Open>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A request, or (null) that it does not matter any more: then it is forgotten unless the process has left already. */
  signal(cell: Cell, ref: Ref, request: MigrationRequest | null): void {
    const open = this.#open.get(cell);
    if (request !== null) this.add(cell, [{ ref, request }]);
    else if (open !== undefined) {
      const leaving = open.held === null ? undefined : open.requests[0];
      open.requests = open.requests.filter((other) => other === leaving || !other.ref.equals(ref));
      if (open.requests.length === 0) {
        this.#close(cell);
        this.#kernel.checkpoints?.stay(cell, nothing);
      }
    }
  }

  /** For a process that has arrived, too: what was asked of it elsewhere. */
  add(cell: Cell, requests: readonly OpenRequest[]): void {
    if (requests.length === 0) return;
    const open = this.#open.get(cell);
    if (open === undefined) this.#open.set(cell, { requests, connecting: false, held: null });
    else open.requests = [...open.requests, ...requests];
    if (open === undefined) this.go(cell);
  }

  requestsOf(cell: Cell): readonly OpenRequest[] {
    return this.#open.get(cell)?.requests ?? [];
  }

  isOpen(cell: Cell): boolean {
    return this.#open.has(cell);
  }

  /** The process leaves: it is taken out of the schedule, and its resumption was captured. */
  hold(cell: Cell): void {
    const open = this.#open.get(cell);
    if (open !== undefined) open.held = hold(this.#kernel, cell);
  }

  /** Moves the process if it can move now; otherwise it is tried again when its operation is over. */
  go(cell: Cell): void {
    for (;;) {
      const open = this.#open.get(cell);
      if (open === undefined || open.connecting || !cell.alive) return;
      // A scope that it is in ended while it was still about to leave, and called it back.
      if (open.held !== null && cell.status === "runnable") open.held = null;
      if (open.held !== null) return;
      const [first] = open.requests;
      if (first === undefined) return this.#close(cell);
      try {
        if (!this.#begin(cell, open, first.request)) return;
        this.#answer(cell, open, arrived);
      } catch (error) {
        this.#answer(cell, open, migrationFailed(error));
      }
    }
  }

  /** There is a link now, or there is none and `error` says why. */
  #connected(cell: Cell, open: Open, error: unknown): void {
    open.connecting = false;
    if (!cell.alive || this.#open.get(cell) !== open) return;
    if (error !== null) this.#answer(cell, open, migrationFailed(error));
    this.go(cell);
  }

  /** The process is elsewhere, and what is asked of it with it. */
  left(cell: Cell): void {
    this.#open.delete(cell);
  }

  /** The process is parked, because it could not move: it goes on as it stood. False when it was not this that wanted it to move. */
  failed(cell: Cell, error: unknown): boolean {
    const open = this.#open.get(cell);
    if (open === undefined || open.held === null) return false;
    const { held } = open;
    open.held = null;
    letGoOn(this.#kernel, cell, held);
    this.#answer(cell, open, migrationFailed(error));
    this.go(cell);
    return true;
  }

  /** True when the process is where it is to be. */
  #begin(cell: Cell, open: Open, { node, home }: MigrationRequest): boolean {
    const kernel = this.#kernel;
    const { distribution } = kernel;
    // A guest of this node may have its home elsewhere still.
    if (node.id === kernel.address.id && (home !== true || cell.place === null)) return true;
    if (distribution === null) throw failure({ type: "noconnection", node: node.id });
    if (!canMoveNow(cell)) {
      // What will never move is not waited for.
      if (cell.frame !== null) capture(kernel, cell, () => {}, { type: "value", value: undefined });
      cell.interrupt ??= toMove;
      return false;
    }
    const connected = (error: unknown): void => this.#connected(cell, open, error);
    const begun =
      home === true ? distribution.handOver(cell, node, connected) : distribution.migrate(cell, node, connected);
    open.connecting = begun === "connecting";
    return false;
  }

  #answer(cell: Cell, open: Open, value: MigrationAnswer): void {
    const [first, ...others] = open.requests;
    open.requests = others;
    if (first === undefined) return;
    // It stays, as far as this one is concerned.
    this.#kernel.checkpoints?.stay(cell, nothing);
    const { ref } = first;
    this.#kernel.effect(cell, ref.owner, { type: "reply", ref, value });
  }

  #close(cell: Cell): void {
    this.#open.delete(cell);
    if (cell.interrupt === toMove) cell.interrupt = null;
  }
}

function nothing(): void {
  // Nobody waits for that.
}
