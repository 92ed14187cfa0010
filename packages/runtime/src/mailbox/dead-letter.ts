import { Operation } from "@espalier/heartbeat";
import { BoundedMailbox } from "./bounded-mailbox.ts";
import type { Belonging, Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";

/**
 * Why nobody will see a message.
 *
 * | | |
 * | --- | --- |
 * | `"noproc"` | there is no such process, or nobody has that name |
 * | `"noconnection"` | its node cannot be reached |
 * | `"inactive alias"` | the alias was taken back |
 * | `"mailbox full"` | its mailbox is bounded, and full |
 * | `"revoked"` | its sender's node was revoked before it could be delivered; it was not decoded, and is null |
 * | `"ended"` | it waited in the mailbox, or for room there, when the process ended |
 */
export type DeadLetterReason = "noproc" | "noconnection" | "inactive alias" | "mailbox full" | "revoked" | "ended";

/** A message that nobody will see: an event of the node, and a message for those who asked to be told. */
export interface DeadLetter {
  readonly type: "dead-letter";
  /** Who sent it; null where that is not known. */
  readonly from: Pid | null;
  /** Whom it was for: a pid, a name, the id of a channel. */
  readonly to: Pid | string;
  readonly message: unknown;
  readonly reason: DeadLetterReason;
}

/** What a node's logger is told of dead letters, if it is to be: see `NodeOptions.reportDeadLetters`. */
export interface DeadLettersReport {
  readonly type: "dead-letters";
  /** How many there were since the last report. */
  readonly count: number;
  /** Whom the last of them was for, and why nobody will see it. */
  readonly to: Pid | string;
  readonly reason: DeadLetterReason;
}

/** Who is told of the dead letters of a node. */
export class DeadLetters {
  /** How many there were. */
  count = 0;
  readonly #kernel: Kernel;
  readonly #reportEveryMs: number | null;
  /** When something was reported last, and how many there were until then. */
  #reported: { readonly atMs: number; readonly count: number } = { atMs: -Infinity, count: 0 };
  /** Processes that asked to be told, and what becomes of the message. */
  readonly #readers: Map<Cell, Reader> = new Map();
  /** What they were told: it may become a dead letter in its turn, of which nobody is told. */
  readonly #told: WeakSet<object> = new WeakSet();

  constructor(kernel: Kernel, reportEveryMs: number | null) {
    this.#kernel = kernel;
    this.#reportEveryMs = reportEveryMs;
  }

  /** Whether anybody wants to see them: otherwise they are only counted. */
  get observed(): boolean {
    return this.#readers.size > 0 || this.#kernel.events.hears("dead-letter");
  }

  add(to: Pid | string, message: unknown, reason: DeadLetterReason, from: Pid | null = null): void {
    this.count += 1;
    this.#kernel.recorder.deadLetter(to, message, reason, from);
    if (this.#reportEveryMs !== null) this.#report(to, reason, this.#reportEveryMs);
    if (!this.observed || (typeof message === "object" && message !== null && this.#told.has(message))) return;
    const letter: DeadLetter = { type: "dead-letter", from, to, message, reason };
    if (this.#kernel.events.hears("dead-letter")) this.#kernel.events.emit(letter);
    for (const [cell, { map }] of this.#readers) {
      if (!cell.alive) continue;
      const told = this.#kernel.deliverMapped(cell, letter, map);
      if (typeof told === "object" && told !== null) this.#told.add(told);
    }
  }

  /** What has not been received, or was put aside, when a process ends. */
  remained({ pid, mailbox, stash }: Cell): void {
    if (mailbox instanceof BoundedMailbox) mailbox.release();
    if (stash !== null) this.#left(pid, stash);
    this.#left(pid, mailbox);
  }

  #left(pid: Pid, messages: Iterable<unknown> & { readonly length: number }): void {
    if (messages.length === 0) return;
    if (!this.observed && this.#reportEveryMs === null) this.count += messages.length;
    else for (const message of messages) this.add(pid, message, "ended", null);
  }

  /** One line for all that came since the last. */
  #report(to: Pid | string, reason: DeadLetterReason, everyMs: number): void {
    const { logger, host } = this.#kernel;
    const { atMs, count } = this.#reported;
    const nowMs = host.clock.monotonic();
    if (nowMs < atMs + everyMs) return;
    this.#reported = { atMs: nowMs, count: this.count };
    logger?.report({ type: "dead-letters", count: this.count - count, to, reason });
  }

  subscribe(cell: Cell, map: ((letter: DeadLetter) => unknown) | null): void {
    this.unsubscribe(cell);
    const reader = new Reader(map, () => this.#readers.delete(cell));
    this.#readers.set(cell, reader);
    (cell.belongings ??= new Set()).add(reader);
  }

  unsubscribe(cell: Cell): void {
    const reader = this.#readers.get(cell);
    if (reader === undefined) return;
    cell.belongings?.delete(reader);
    reader.release();
  }
}

class Reader implements Belonging {
  readonly map: ((letter: DeadLetter) => unknown) | null;
  readonly #leave: () => void;

  constructor(map: ((letter: DeadLetter) => unknown) | null, leave: () => void) {
    this.map = map;
    this.#leave = leave;
  }

  release(): void {
    this.#leave();
  }
}

/** See `Process.monitorDeadLetters` and `Process.demonitorDeadLetters`. */
export class MonitorDeadLetters extends Operation<void> {
  readonly monitoring: boolean;
  readonly map: ((letter: DeadLetter) => unknown) | null;

  constructor(monitoring: boolean, map: ((letter: DeadLetter) => unknown) | null) {
    super();
    this.monitoring = monitoring;
    this.map = map;
  }

  override get type(): "process.deadLetters" {
    return "process.deadLetters";
  }
}

export function performMonitorDeadLetters(kernel: Kernel, cell: Cell, { monitoring, map }: MonitorDeadLetters): void {
  if (monitoring) kernel.deadLetters.subscribe(cell, map);
  else kernel.deadLetters.unsubscribe(cell);
}

/**
 * Asks to be told of each message on this node that nobody will see: as a {@link DeadLetter}, or as what `map` makes of it. It holds until this
 * process ends, moves, or calls {@link demonitorDeadLetters}; asking again replaces `map`.
 *
 * - What this process was told and has not taken when it ends is not told to others again.
 *
 * ```ts
 * import { type DeadLetter, Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* (self: Self<DeadLetter>) {
 *   yield* Process.monitorDeadLetters();
 *   const gone = yield* Process.spawn(function* (own: Self<string>) {
 *     yield* own.receive();
 *   });
 *   yield* Process.kill(gone);
 *   yield* Process.send(gone, "hello");
 *   const { message, reason } = yield* self.receive();
 *   return [message, reason]; // => ["hello", "noproc"]
 * });
 * ```
 */
export function monitorDeadLetters(map?: (letter: DeadLetter) => unknown): Operation<void> {
  return new MonitorDeadLetters(true, map ?? null);
}

/** Ends {@link monitorDeadLetters}. What has come already stays in the mailbox. */
export function demonitorDeadLetters(): Operation<void> {
  return new MonitorDeadLetters(false, null);
}
