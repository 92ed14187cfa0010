import {
  describe,
  durationMs,
  kill,
  shutdown,
  type Duration,
  type LocalGenerator,
  type Operation,
} from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { TaskError } from "../errors.ts";
import { InKernel } from "../in-kernel.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import { AskTasks } from "./task-many.ts";
import { AskTask, TaskWatch, unlinkTask, type Task, type TaskOutcome } from "./task.ts";

/** How a stream of tasks runs (R-1024). */
export interface StreamOptions {
  /** How many tasks run at once: 8 unless said. */
  readonly maxConcurrency?: number;
  /** Whether outcomes come in the order of the items, `true` unless said, or as soon as they are there. */
  readonly ordered?: boolean;
  /** How long each task may take: 5 s unless said. */
  readonly within?: Duration;
  /** What a task that takes longer means: an error of the stream, which ends it, or only the end of this task. `"exit"` unless said. */
  readonly onTimeout?: "exit" | "kill-task";
  /** Whether the crash of a task ends a process that does not trap exits, as with `Task.async`: `true` unless said. */
  readonly link?: boolean;
}

/** What came of one item of a stream, and of the task for it. */
export type StreamOutcome<I, A> = TaskOutcome<A> & { readonly item: I; readonly index: number; readonly pid: Pid };

/** Starts the task of an item; it ends with this process, and is linked with it where that is asked for. */
export type StartStreamed<I> = (item: I, link: boolean) => LocalGenerator<Task<unknown>>;

interface Running<I> {
  readonly item: I;
  readonly index: number;
  readonly task: Task<unknown>;
  readonly deadlineMs: number;
  outcome: TaskOutcome<unknown> | null;
}

/** A stream of tasks that `start` starts: see `Task.stream`. */
export function streamOf<I, A>(
  items: Iterable<I>,
  options: StreamOptions,
  start: StartStreamed<I>,
): Operation<TaskStream<I, A>> {
  return new InKernel((kernel, cell) => new TaskStream<I, A>(kernel, cell, items, start, options));
}

/** Tasks for the items of a list, a bounded number at once: see `Task.stream`. It belongs to the process that made it, and does not travel. */
export class TaskStream<I, A> implements Disposable {
  readonly #kernel: Kernel;
  readonly #cell: Cell;
  readonly #start: StartStreamed<I>;
  readonly #maxConcurrency: number;
  readonly #ordered: boolean;
  readonly #withinMs: number;
  readonly #kills: boolean;
  readonly #link: boolean;
  /** Null when there are no more, or the stream was stopped. */
  #items: Iterator<I> | null;
  /** In the order of the items; what has an outcome waits for its turn. */
  #running: Running<I>[] = [];
  #count = 0;

  /** @throws TypeError or RangeError naming the option, what was expected, and what came. */
  constructor(kernel: Kernel, cell: Cell, items: Iterable<I>, start: StartStreamed<I>, options: StreamOptions) {
    const { maxConcurrency = 8, ordered = true, within = "5s", onTimeout = "exit", link = true } = options;
    if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1) {
      throw new RangeError(`maxConcurrency: expected an integer ≥ 1, got ${describe(maxConcurrency)}`);
    }
    if (onTimeout !== "exit" && onTimeout !== "kill-task") {
      throw new TypeError(`onTimeout: expected "exit" or "kill-task", got ${describe(onTimeout)}`);
    }
    this.#kernel = kernel;
    this.#cell = cell;
    this.#start = start;
    this.#maxConcurrency = maxConcurrency;
    this.#ordered = ordered;
    this.#withinMs = durationMs(within, "within");
    this.#kills = onTimeout === "kill-task";
    this.#link = link;
    this.#items = items[Symbol.iterator]();
  }

  /**
   * Waits for the next outcome; null when there are no more. Items are taken, and tasks started for them, only in here. When it throws, the stream
   * has stopped.
   *
   * - Errors: {@link TaskError} with `timeout` when a task takes too long, unless that only ends the task; then its outcome has that cause. What
   *   taking an item throws, or starting a task under a supervisor.
   */
  *next(): LocalGenerator<StreamOutcome<I, A> | null> {
    try {
      for (;;) {
        yield* this.#fill();
        const ready = this.#ordered
          ? this.#running.slice(0, 1).findIndex(({ outcome }) => outcome !== null)
          : this.#running.findIndex(({ outcome }) => outcome !== null);
        if (ready >= 0) {
          const [{ outcome, item, index, task }] = this.#running.splice(ready, 1) as [Running<I>];
          return { ...(outcome as TaskOutcome<A>), item, index, pid: task.pid };
        }
        if (this.#running.length === 0) return null;
        yield* this.#wait();
      }
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Ends the tasks that still run, and takes no more items: they are asked to end, and killed if they would rather not. Idempotent. */
  stop(): void {
    const items = this.#items;
    const running = this.#running;
    this.#items = null;
    this.#running = [];
    for (const { task, outcome } of running) {
      if (outcome !== null) continue;
      const watch = this.#kernel.watchOf(this.#cell, task.ref);
      if (!(watch instanceof TaskWatch)) continue;
      if (watch.outcome !== null) {
        watch.close();
        continue;
      }
      unlinkTask(this.#kernel, this.#cell, task);
      this.#kernel.unwatch(watch);
      for (const cause of [shutdown, kill]) {
        this.#kernel.effect(this.#cell, task.pid, { type: "exit", from: this.#cell.pid, cause, link: false });
      }
    }
    items?.return?.();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  *#fill(): LocalGenerator<void> {
    while (this.#items !== null && this.#pending.length < this.#maxConcurrency) {
      const next = this.#items.next();
      if (next.done === true) {
        this.#items = null;
        return;
      }
      // To a process that traps exits outcomes say everything, and no EXIT comes of a task.
      const task = yield* this.#start(next.value, this.#link && !this.#cell.trapping);
      const deadlineMs = this.#kernel.host.clock.monotonic() + this.#withinMs;
      this.#running.push({ item: next.value, index: this.#count, task, deadlineMs, outcome: null });
      this.#count += 1;
    }
  }

  get #pending(): Running<I>[] {
    return this.#running.filter(({ outcome }) => outcome === null);
  }

  /** Until one of them has ended, or the first has had its time. */
  *#wait(): LocalGenerator<void> {
    const pending = this.#pending;
    const [first] = pending as [Running<I>];
    // All have the same time, so the oldest is the first to be late.
    const withinMs = Math.max(0, first.deadlineMs - this.#kernel.host.clock.monotonic());
    const tasks = pending.map(({ task }) => task);
    const outcomes = yield* new AskTasks<readonly (TaskOutcome<unknown> | null)[]>(tasks, "yieldMany", withinMs, 1);
    for (const [index, outcome] of outcomes.entries()) (pending[index] as Running<I>).outcome = outcome;
    if (outcomes.some((outcome) => outcome !== null)) return;
    if (!this.#kills) throw new TaskError(first.task.pid, { type: "timeout" });
    const outcome = yield* new AskTask<TaskOutcome<unknown> | null>(first.task, "kill", Infinity);
    first.outcome = outcome ?? { type: "failure", cause: { type: "timeout" } };
  }
}
