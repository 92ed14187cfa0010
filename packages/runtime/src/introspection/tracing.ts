import { Queue } from "@espalier/channels";
import type { Cell } from "../cell.ts";
import type { Handler } from "../handlers.ts";
import type { Kernel } from "../kernel.ts";
import { Receiving, type Receive } from "../mailbox/receive.ts";
import { suspended } from "../waiting.ts";
import type { Pid } from "../addresses/pid.ts";
import { messageKind } from "./message-kind.ts";
import type { SliceWatch } from "./slice-watch.ts";

export interface TracingOptions {
  /** For how long, 60,000 at most. Default: 10,000. */
  readonly maxMs?: number;
  /** How many messages are kept, 10,000 at most; later ones are counted. Default: 1,000. */
  readonly maxEvents?: number;
  /** It ends, too, when nobody has called {@link Tracing.read} for so long. Default: it does not. */
  readonly unreadMs?: number;
}

/** One message to a traced process. Times are those of `host.clock.monotonic()`, in milliseconds. */
export interface TracedMessage {
  readonly pid: Pid;
  /** See {@link messageKind}: nothing of what is in it is kept. */
  readonly kind: string;
  /** The process in whose slice it was delivered; null: a timer, another node, or no process. */
  readonly from: Pid | null;
  readonly sentMs: number;
  /** When its receiver ran with it for the first time; null: it has not yet, or the message was dropped. */
  readonly takenMs: number | null;
  /** When its receiver asked for any message again, took another, or ended in that slice; null: it has not, or nobody looked any more. */
  readonly doneMs: number | null;
}

type Noted = { -readonly [K in keyof TracedMessage]: TracedMessage[K] };

/** One process that is traced. */
interface Traced {
  readonly cell: Cell;
  /** What was delivered and not taken, by the message: the same one may be sent again. */
  readonly sent: Map<unknown, Queue<Noted>>;
  inHand: Noted | null;
}

/** What is taken cannot be this. */
const nothing: unique symbol = Symbol("nothing");

const receiveType = "process.receive";

/**
 * Notes for a while when messages come to some processes, when these take them, and when they are done with them.
 *
 * While it runs it is told of each delivery, and stands before the handler of `process.receive` and the watch of the slices, and the node's messages cost more; it takes itself away
 * when it ends, at {@link stop} or at the first thing that a traced process does after its time. It has no timer. What is in the midst of a turn of the
 * scheduler when it starts is seen from the next turn on.
 *
 * Not seen: a priority message unless its receiver waits for any message, and one whose sender waited in line at a bounded mailbox. Messages that are one value, such as
 * two equal numbers, cannot be told apart: the first taken is the first sent, even if one like it was in the mailbox before. A stashed message is taken when it is
 * taken first.
 */
export class Tracing implements SliceWatch {
  /** When it began, as `host.clock.monotonic()` has it. */
  readonly beganMs: number;
  /** When it ends at the latest, as `host.clock.monotonic()` has it. */
  readonly endsMs: number;
  readonly #kernel: Kernel;
  readonly #maxEvents: number;
  readonly #unreadMs: number;
  readonly #traced: Map<Cell, Traced>;
  readonly #messages: Noted[] = [];
  readonly #formerWatch: SliceWatch | null;
  readonly #formerReceive: Handler;
  readonly #receive: Handler = (kernel, cell, operation) => this.#receives(kernel, cell, operation);
  #lost = 0;
  #readMs: number;
  #stopped = false;
  /** The traced process that has the loop, since when, and the wait that it looks into first. */
  #slice: Traced | null = null;
  #sliceMs = 0;
  #retried: Receiving | null = null;

  /**
   * Begins a session.
   *
   * @param pids 1 to 20 processes that are on this node.
   * @throws RangeError for options or a number of processes out of bounds, and Error when a process is not here or another session runs on this node.
   */
  static start(kernel: Kernel, pids: readonly Pid[], options: TracingOptions = {}): Tracing {
    checkBounds("pids", pids.length, 1, 20);
    checkBounds("maxMs", options.maxMs ?? 1, 1, 60_000);
    checkBounds("maxEvents", options.maxEvents ?? 1, 1, 10_000);
    if (Tracing.of(kernel) !== null) {
      throw new Error(
        "Tracing.start: expected a node that is not traced, a session runs on this one; stop it, or wait for its end",
      );
    }
    const cells = pids.map((pid) => {
      const cell = kernel.here(pid);
      if (cell !== undefined) return cell;
      throw new Error(`Tracing.start: expected processes that are on this node, ${pid.toString()} is not`);
    });
    return new Tracing(kernel, cells, options);
  }

  /** The session that runs on a node. */
  static of(kernel: Kernel): Tracing | null {
    return kernel.tracing !== null && kernel.tracing.running ? kernel.tracing : null;
  }

  private constructor(kernel: Kernel, cells: readonly Cell[], options: TracingOptions) {
    const { maxMs = 10_000, maxEvents = 1_000, unreadMs = Infinity } = options;
    const nowMs = kernel.host.clock.monotonic();
    this.#kernel = kernel;
    this.beganMs = nowMs;
    this.endsMs = nowMs + maxMs;
    this.#readMs = nowMs;
    this.#maxEvents = maxEvents;
    this.#unreadMs = unreadMs;
    this.#traced = new Map(cells.map((cell) => [cell, { cell, sent: new Map(), inHand: null }]));
    this.#formerWatch = kernel.scheduler.watch;
    this.#formerReceive = kernel.handlers.get(receiveType) as Handler;
    kernel.scheduler.watch = this;
    kernel.handlers.set(receiveType, this.#receive);
    kernel.tracing = this;
  }

  /** Whether it goes on. */
  get running(): boolean {
    return !this.#isOver(this.#kernel.host.clock.monotonic());
  }

  /** How many messages came that are not kept. */
  get lost(): number {
    return this.#lost;
  }

  /** What it has, in the order in which the messages were sent; of those that are not taken or done yet it changes. */
  read(): readonly TracedMessage[] {
    const nowMs = this.#kernel.host.clock.monotonic();
    if (!this.#isOver(nowMs)) this.#readMs = nowMs;
    return this.#messages;
  }

  /** Ends it, if it runs: what it has can be read on. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { scheduler, handlers } = this.#kernel;
    this.#kernel.tracing = null;
    if (handlers.get(receiveType) === this.#receive) handlers.set(receiveType, this.#formerReceive);
    if (scheduler.watch === this) scheduler.watch = this.#formerWatch;
    this.#slice = null;
    this.#retried = null;
    this.#traced.clear();
  }

  /** A message comes to a process of the node. */
  delivered(cell: Cell, message: unknown): void {
    const traced = this.#traced.get(cell);
    if (traced !== undefined && cell.alive) this.#sent(traced, message);
  }

  /** See {@link SliceWatch}. Until a turn is over its watch stays the same, so the former one is told after the end, too. */
  began(cell: Cell): void {
    this.#formerWatch?.began(cell);
    this.#sliceOver();
    const traced = this.#traced.get(cell);
    if (traced === undefined) return;
    const nowMs = this.#kernel.host.clock.monotonic();
    if (this.#isOver(nowMs)) return;
    this.#slice = traced;
    this.#sliceMs = nowMs;
    if (cell.resumption === "message") this.#took(traced, cell.handling, nowMs);
    else if (cell.resumption === "retry" && cell.waiting instanceof Receiving) this.#retried = cell.waiting;
  }

  ended(): void {
    this.#sliceOver();
    this.#formerWatch?.ended();
  }

  #isOver(nowMs: number): boolean {
    if (nowMs >= this.endsMs || nowMs - this.#readMs > this.#unreadMs || this.#kernel.stopping) this.stop();
    return this.#stopped;
  }

  #sent(traced: Traced, message: unknown): void {
    const sentMs = this.#kernel.host.clock.monotonic();
    if (this.#isOver(sentMs)) return;
    if (this.#messages.length >= this.#maxEvents) {
      this.#lost += 1;
      return;
    }
    const { pid } = traced.cell;
    const from = this.#kernel.scheduler.current?.pid ?? null;
    const noted: Noted = { pid, kind: messageKind(message), from, sentMs, takenMs: null, doneMs: null };
    this.#messages.push(noted);
    let alike = traced.sent.get(message);
    if (alike === undefined) traced.sent.set(message, (alike = new Queue()));
    alike.push(noted);
  }

  /** A process asks for a message. */
  #receives(kernel: Kernel, cell: Cell, operation: Receive<unknown>): unknown {
    const traced = this.#traced.get(cell);
    const nowMs = traced === undefined ? 0 : kernel.host.clock.monotonic();
    if (traced === undefined || this.#isOver(nowMs)) return this.#formerReceive(kernel, cell, operation);
    this.#foundLate();
    if (operation.match === null) this.#done(traced, nowMs);
    const { handling } = cell;
    // One may be handled again, when it was stashed: whether the handler sets it can be told only so.
    cell.handling = nothing;
    let answer: unknown = suspended;
    try {
      answer = this.#formerReceive(kernel, cell, operation);
      return answer;
    } finally {
      if (cell.handling === nothing) cell.handling = handling;
      else if (answer !== suspended) this.#took(traced, cell.handling, nowMs);
    }
  }

  /** What a wait for some message found when it was looked into, at the beginning of the slice. */
  #foundLate(): void {
    if (this.#retried === null || this.#slice === null) return;
    const { found } = this.#retried;
    this.#retried = null;
    if (found !== undefined) this.#took(this.#slice, found, this.#sliceMs);
  }

  #sliceOver(): void {
    if (this.#slice === null) return;
    this.#foundLate();
    if (!this.#slice.cell.alive) this.#done(this.#slice, this.#kernel.host.clock.monotonic());
    this.#slice = null;
  }

  #took(traced: Traced, message: unknown, nowMs: number): void {
    this.#done(traced, nowMs);
    const alike = traced.sent.get(message);
    const noted = alike?.shift();
    if (alike === undefined || noted === undefined) return;
    if (alike.length === 0) traced.sent.delete(message);
    noted.takenMs = nowMs;
    traced.inHand = noted;
  }

  #done(traced: Traced, nowMs: number): void {
    if (traced.inHand !== null) traced.inHand.doneMs = nowMs;
    traced.inHand = null;
  }
}

function checkBounds(name: string, value: number, from: number, to: number): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return;
  throw new RangeError(`Tracing.start: ${name}: expected a whole number from ${from} to ${to}, got ${String(value)}`);
}
