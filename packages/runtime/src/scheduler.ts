import { Queue } from "@espalier/channels";
import { driving, Operation, type DrivingIterator, type Linkable, toYield, unanswered } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import { isFrame, type Frame } from "./frame.ts";
import { answersAtOnce, type Handler } from "./handlers.ts";
import type { Loop } from "./host.ts";
import type { Kernel } from "./kernel.ts";
import { frameOf } from "./performing.ts";
import { performReceive, Receive } from "./mailbox/receive.ts";
import { Remote } from "./moving/remote.ts";
import { performSend, Send } from "./addresses/send.ts";
import type { SliceWatch } from "./introspection/slice-watch.ts";
import { isMarker, toMove, type Marker } from "./stack.ts";
import { unwind } from "./exits/unwind.ts";
import { trace } from "./trace.ts";
import { suspended, type Retrying } from "./waiting.ts";

/** What a native generator yields when its operation has been taken care of: it is left alone until it is resumed. */
const taken: unique symbol = Symbol("taken");

/** Operations that a process performs before it is another's turn. */
const sliceReductions = 1_000;

/** Operations of all processes together before the event loop gets its turn: well under a millisecond. */
const turnReductions = 8_000;

/**
 * Steps the processes of one node, in turn, on the host's loop.
 *
 * It is the iterator of every `yield*` meanwhile (see {@link driving}): an operation that finishes at once does not suspend the
 * generator. Each counts one reduction, and when the slice is used up the generator suspends even so: that is the fairness. So sending
 * and receiving cost no promise, no closure and no object but the operation itself.
 */
export class Scheduler implements DrivingIterator, Iterator<unknown, unknown, unknown> {
  /** The process that is being stepped. */
  current: Cell | null = null;
  /** Whoever wants to know who has the event loop; null: nobody. Another one is told from the next turn on. */
  watch: SliceWatch | null = null;
  readonly #kernel: Kernel;
  readonly #runnable: Queue<Cell> = new Queue<Cell>();
  readonly #turn: () => void;
  #scheduled = false;
  #stopped = false;
  /** What the `yield*` that is beginning asks for. */
  #operation: Operation<any, any> | null = null;
  /** Reductions left in this slice. */
  #fuel = 0;
  /** The answer to a `yield*`: one object for all, because the generator reads it at once. */
  readonly #result: { done: boolean; value: unknown } = { done: false, value: undefined };
  /** What came of the operation that compiled code asked for: see {@link Scheduler.ask}. */
  readonly #asked: { answer: unknown; threw: boolean } = { answer: undefined, threw: false };
  /** What the frame on top is resumed with. */
  #input: unknown = undefined;
  #throwing = false;
  /** An error that the runtime made while the process waited: on its way in, its stack becomes the process's. */
  #failure: unknown = undefined;
  /** What the table said of the two most frequent operations when the turn began. */
  #sendHandler: Handler | undefined = undefined;
  #receiveHandler: Handler | undefined = undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#turn = () => this.#takeTurn();
  }

  /** How many processes wait for their turn. */
  get length(): number {
    return this.#runnable.length;
  }

  /** Puts a process into the run queue: its status is `runnable`, its input is set. */
  enqueue(cell: Cell): void {
    this.#runnable.push(cell);
    if (!this.#scheduled) {
      this.#kernel.lookAtClock();
      this.#schedule();
    }
    if (cell.slot >= 0) this.#kernel.columns.touched[cell.slot] = 1;
  }

  /** Nothing is stepped any more. */
  stop(): void {
    this.#stopped = true;
    this.#runnable.clear();
  }

  /** Lets `frame` run, in the scope of `marker` if there is one, before the frame that is executing goes on. */
  enter(cell: Cell, frame: Frame, marker?: Marker): void {
    const stack = (cell.stack ??= []);
    if (cell.frame !== null) stack.push(cell.frame);
    if (marker !== undefined) stack.push(marker);
    cell.frame = frame;
    marker?.entered(this.#kernel, cell);
  }

  /** Performs `what` in the scope of `marker`. A handler returns what this returns. */
  perform(cell: Cell, what: Linkable<unknown, unknown>, where: string, marker: Marker): typeof suspended {
    this.enter(cell, frameOf(what, where), marker);
    return suspended;
  }

  /** For `yield*`. */
  of(operation: Operation<any, any>): Iterator<unknown, unknown, unknown> {
    this.#operation = operation;
    return this;
  }

  /** For `yield*`: first to perform the operation, and if that suspended, once more with its result. */
  next(value?: unknown): IteratorResult<unknown, unknown> {
    const operation = this.#operation;
    const result = this.#result;
    if (operation === null) {
      result.done = true;
      result.value = value;
      return result;
    }
    this.#operation = null;
    const cell = this.current as Cell;
    const answer = this.#perform(cell, operation);
    if (answer !== suspended && cell.status === "running" && cell.interrupt === null) {
      this.#fuel -= 1;
      if (this.#fuel > 0) {
        result.done = true;
        result.value = answer;
        return result;
      }
      this.#preempt(cell, answer);
    }
    result.done = false;
    result.value = taken;
    return result;
  }

  /** For `yield*`: the operation suspended, and failed. */
  throw(error: unknown): never {
    if (error === this.#failure && error instanceof Error) {
      // Here the process's own frames are on the stack, so that the error can name the user's line.
      captureStackTrace?.(error);
    }
    this.#failure = undefined;
    throw error;
  }

  /**
   * For compiled code, which goes on with the answer as a native generator does: a loop of such operations is about twice as fast as when each
   * suspends. The frame runs meanwhile and cannot be captured, so only operations are performed here whose handlers do not look at it, and none while the
   * process is to be interrupted. When it is not to go on at once, because it waits, failed or has used up its slice, the code yields, and what
   * came of the operation is treated as if it had been performed then: reductions and order are the same.
   */
  ask(operation: unknown): unknown {
    const cell = this.current as Cell;
    if (cell.interrupt !== null) return toYield(operation);
    const asked = this.#asked;
    try {
      let answer: unknown;
      if (operation instanceof Send && this.#sendHandler === performSend) {
        answer = performSend(this.#kernel, cell, operation);
      } else if (operation instanceof Receive && this.#receiveHandler === performReceive) {
        answer = performReceive(this.#kernel, cell, operation);
      } else {
        const handler = operation instanceof Operation ? this.#kernel.handlers.get(operation.type) : undefined;
        if (handler === undefined || !answersAtOnce.has(handler)) return toYield(operation);
        answer = handler(this.#kernel, cell, operation);
      }
      if (answer !== suspended && cell.status === "running" && cell.interrupt === null && this.#fuel > 1) {
        this.#fuel -= 1;
        return answer;
      }
      asked.answer = answer;
      asked.threw = false;
    } catch (error) {
      asked.answer = error;
      asked.threw = true;
    }
    return toYield(asked);
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#scheduled = true;
    this.#kernel.host.loop.soon(this.#turn);
  }

  #takeTurn(): void {
    const { alarms, columns, recorder } = this.#kernel;
    const runnable = this.#runnable;
    const { watch } = this;
    const { loop } = this.#kernel.host;
    const choosing = loop.choose === undefined ? null : loop;
    const outer = driving.iterator;
    let budget = turnReductions;
    this.#sendHandler = this.#kernel.handlers.get("process.send");
    this.#receiveHandler = this.#kernel.handlers.get("process.receive");
    alarms.hold();
    this.#kernel.lookAtClock();
    recorder.inTurn = true;
    if (columns.isKept) columns.dropUnused(recorder.nowMs);
    driving.iterator = this;
    try {
      while (budget > 0 && runnable.length > 0) {
        const cell = choosing === null ? (runnable.shift() as Cell) : this.#choose(choosing);
        if (cell.status !== "runnable") continue;
        if (cell.place !== null && cell.place.kind === "guest" && !cell.place.mayStep()) continue;
        this.#fuel = sliceReductions;
        if (watch !== null) watch.began(cell);
        this.#slice(cell);
        const used = sliceReductions - this.#fuel;
        cell.reductions += used;
        cell.since = columns.tick;
        // The switch itself counts too, or processes that do nothing but wake each other would never let the loop have its turn.
        budget -= used + 1;
      }
    } finally {
      driving.iterator = outer;
      recorder.inTurn = false;
      this.current = null;
      this.#input = undefined;
      this.#result.value = undefined;
      unanswered.yielded = undefined;
      this.#scheduled = false;
      if (watch !== null) watch.ended();
      if (runnable.length > 0) this.#schedule();
      alarms.release();
    }
  }

  /** Takes the process that the host wants next. Any may be: messages are ordered by their mailboxes, not by who runs when. */
  #choose(loop: Loop): Cell {
    const runnable = this.#runnable;
    const indices: number[] = [];
    const labels: string[] = [];
    for (let index = 0; index < runnable.length; index += 1) {
      const cell = runnable.at(index) as Cell;
      // Others have ended since they became runnable.
      if (cell.status !== "runnable") continue;
      indices.push(index);
      labels.push(`${cell.label} ${cell.pid.serial}`);
    }
    const chosen = labels.length < 2 ? 0 : loop.choose?.(labels);
    return runnable.removeAt(indices[chosen ?? 0] ?? 0);
  }

  #slice(cell: Cell): void {
    this.current = cell;
    cell.status = "running";
    const { resumption } = cell;
    this.#throwing = false;
    if (resumption === "message") {
      this.#input = cell.handling;
      cell.resumption = "value";
    } else {
      this.#input = cell.input;
      cell.input = undefined;
    }
    if (resumption !== "value" && resumption !== "message") {
      cell.resumption = "value";
      if (resumption === "retry") {
        if (!this.#retry(cell)) {
          this.current = null;
          return;
        }
      } else {
        this.#throwing = true;
        if (resumption === "failure") this.#failure = this.#input;
      }
    }
    this.#drive(cell);
    this.current = null;
    if (isExiting(cell)) this.#kernel.exits.finish(cell);
  }

  /** Looks whether what the process waits for has come; false when it goes on waiting. */
  #retry(cell: Cell): boolean {
    const waiting = cell.waiting as Retrying;
    try {
      const answer = waiting.retry(this.#kernel, cell);
      if (answer === suspended) {
        cell.status = "waiting";
        return false;
      }
      this.#input = answer;
    } catch (error) {
      this.#input = error;
      this.#throwing = true;
      this.#failure = error;
    }
    cell.waiting = null;
    return true;
  }

  /** Steps the frames of a process until it waits, ends, or has used up its slice. */
  #drive(cell: Cell): void {
    for (;;) {
      if (cell.interrupt !== null && !this.#interrupted(cell, cell.interrupt)) return;
      const frame = cell.frame as Frame;
      const input = this.#input;
      let step: IteratorResult<unknown, unknown>;
      try {
        if (this.#throwing) {
          this.#throwing = false;
          if (frame.where !== undefined) trace(cell, input, frame, input === this.#failure);
          step = frame.throw(input);
        } else {
          step = frame.next(input);
        }
      } catch (error) {
        if (isExiting(cell) || !this.#pop(cell, error, true)) return;
        continue;
      }
      if (step.done === true) {
        if (isExiting(cell) || !this.#pop(cell, step.value, false)) return;
        continue;
      }
      if (step.value === taken) {
        // Suspended, unless a frame was entered: then that is on top now.
        if (cell.status !== "running") return;
        this.#input = undefined;
        continue;
      }
      if (!this.#performYielded(cell, step.value)) return;
    }
  }

  /** Performs what a frame yielded as it is, as compiled ones do; false when the slice ends with it. */
  #performYielded(cell: Cell, operation: unknown): boolean {
    let answer: unknown;
    try {
      if (operation === this.#asked) {
        ({ answer } = this.#asked);
        this.#asked.answer = undefined;
        if (this.#asked.threw) throw answer;
      } else if (operation instanceof Operation) {
        answer = this.#perform(cell, operation);
      } else if (isFrame(operation)) {
        // A generator that a compiled frame delegates to: while it runs the process cannot move.
        this.enter(cell, operation);
        answer = suspended;
      } else {
        throw new TypeError(`yield: expected an operation (write \`yield*\` before it), got ${typeof operation}`);
      }
    } catch (error) {
      if (isExiting(cell)) return false;
      this.#input = error;
      this.#throwing = true;
      return true;
    }
    if (cell.status !== "running") return false;
    if (answer === suspended) {
      this.#input = undefined;
      return true;
    }
    this.#fuel -= 1;
    this.#input = answer;
    if (this.#fuel > 0) return true;
    this.#preempt(cell, answer);
    return false;
  }

  #perform(cell: Cell, operation: Operation<any, any>): unknown {
    // Most operations by far are these two: calling them directly is worth 15 % of a ping-pong. Who put another handler in their place, such
    // as a sandbox, gets them all the same.
    if (operation instanceof Send) {
      if (this.#sendHandler === performSend) return performSend(this.#kernel, cell, operation);
    } else if (operation instanceof Receive) {
      if (this.#receiveHandler === performReceive) return performReceive(this.#kernel, cell, operation);
    }
    const handler = this.#kernel.handlers.get(operation.type);
    if (handler !== undefined) return handler(this.#kernel, cell, operation);
    if (operation instanceof Remote) {
      this.enter(cell, operation.enter());
      return suspended;
    }
    throw new TypeError(`this node does not know how to perform ${operation.type}`);
  }

  /** The slice is used up: the others first. */
  #preempt(cell: Cell, answer: unknown): void {
    cell.status = "runnable";
    cell.input = answer;
    this.#runnable.push(cell);
  }

  /** The frame on top is done. Resumes the one below with the outcome; false when there is none, and the process is over. */
  #pop(cell: Cell, outcome: unknown, threw: boolean): boolean {
    const { stack } = cell;
    this.#input = outcome;
    this.#throwing = threw;
    if (threw && (cell.hops !== null || cell.frame?.where !== undefined)) trace(cell, outcome, null);
    cell.frame = null;
    for (;;) {
      const below = stack === null ? undefined : stack.pop();
      if (below === undefined) {
        this.#kernel.exits.bodyEnded(cell, this.#input, this.#throwing);
        return false;
      }
      if (!isMarker(below)) {
        cell.frame = below;
        return true;
      }
      try {
        this.#input = this.#throwing
          ? below.threw(this.#kernel, cell, this.#input)
          : below.returned(this.#kernel, cell, this.#input);
        this.#throwing = false;
      } catch (error) {
        this.#input = error;
        this.#throwing = true;
      }
      if (isExiting(cell)) return false;
    }
  }

  /** Does what has to be done before the next step; false when there is none now. */
  #interrupted(cell: Cell, interrupt: Marker | typeof toMove): boolean {
    if (interrupt !== toMove) return this.#leaveScope(cell, interrupt);
    // It stands between two operations: with the outcome of the last one it can go on anywhere.
    cell.interrupt = null;
    cell.input = this.#input;
    if (this.#throwing) cell.resumption = this.#failure === this.#input ? "failure" : "error";
    cell.status = "runnable";
    this.#kernel.migrations.go(cell);
    if (!isRunnable(cell)) return false;
    cell.status = "running";
    cell.input = undefined;
    cell.resumption = "value";
    return true;
  }

  /** Cancels all frames of a scope, then fails below it; false when the process is over with that. */
  #leaveScope(cell: Cell, scope: Marker): boolean {
    const { error } = scope;
    this.#failure = error;
    const stack = cell.stack as (Frame | Marker)[];
    cell.interrupt = this.#kernel.migrations.isOpen(cell) ? toMove : null;
    for (;;) {
      if (cell.frame !== null) unwind(this.#kernel, cell, cell.frame);
      if (isExiting(cell)) return false;
      cell.frame = null;
      const below = stack.pop();
      if (below === undefined) throw new Error("the scope to leave is not on the stack");
      if (!isMarker(below)) cell.frame = below;
      else below.left(this.#kernel, cell);
      if (below === scope) return this.#pop(cell, error, true);
    }
  }
}

/** A call, because the compiler cannot know that performing an operation changes the status. */
function isExiting(cell: Cell): boolean {
  return cell.status === "exiting";
}

function isRunnable(cell: Cell): boolean {
  return cell.status === "runnable";
}

/** V8's; other engines keep the stack of the place where the error was made. */
const captureStackTrace = (Error as { captureStackTrace?: (error: Error) => void }).captureStackTrace;
