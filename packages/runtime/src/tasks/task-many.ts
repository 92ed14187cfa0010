import { kill, Operation } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import type { Cell } from "../cell.ts";
import { TaskError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { taskWatchOf, unlinkTask, type Task, type TaskOutcome, type TaskWaiter, type TaskWatch } from "./task.ts";
import { suspended, type Waiting } from "../waiting.ts";

/** What becomes of tasks that still run when the time is over: nothing, or they are let go, or killed. */
export type OnTimeout = "nothing" | "ignore" | "kill-task";

/** See `Task.awaitMany` and `Task.yieldMany`. */
export class AskTasks<A> extends Operation<A> {
  readonly tasks: readonly Task<unknown>[];
  readonly asking: "awaitMany" | "yieldMany";
  readonly withinMs: number;
  /** How many outcomes are enough. */
  readonly limit: number;
  readonly onTimeout: OnTimeout;

  constructor(
    tasks: readonly Task<unknown>[],
    asking: "awaitMany" | "yieldMany",
    withinMs: number,
    limit: number = Infinity,
    onTimeout: OnTimeout = "nothing",
  ) {
    super();
    this.tasks = tasks;
    this.asking = asking;
    this.withinMs = withinMs;
    this.limit = limit;
    this.onTimeout = onTimeout;
  }

  override get type(): "task.askMany" {
    return "task.askMany";
  }
}

export function performAskTasks(kernel: Kernel, cell: Cell, operation: AskTasks<unknown>): unknown {
  const { tasks, asking, withinMs } = operation;
  const watches = tasks.map((task) => taskWatchOf(kernel, cell, task, `Task.${asking}`));
  if (new Set(watches).size < watches.length) {
    throw new TypeError(`Task.${asking}: expected different tasks, got one of them twice`);
  }
  const waiting = new TasksWaiting(cell, watches, operation);
  if (waiting.enough) return waiting.answer();
  if (withinMs === 0) return waiting.expire();
  kernel.wait(cell, waiting);
  if (withinMs < Infinity) waiting.alarm = kernel.alarms.set(withinMs, waiting);
  return suspended;
}

/** It does not travel: a process that waits for several tasks moves when that is over. */
class TasksWaiting implements Waiting, Ringable, TaskWaiter {
  alarm: Alarm | null = null;
  readonly #cell: Cell;
  readonly #watches: readonly TaskWatch[];
  readonly #operation: AskTasks<unknown>;
  #settled: number;
  #failed: boolean;

  constructor(cell: Cell, watches: readonly TaskWatch[], operation: AskTasks<unknown>) {
    this.#cell = cell;
    this.#watches = watches;
    this.#operation = operation;
    this.#settled = watches.filter(({ outcome }) => outcome !== null).length;
    this.#failed = watches.some(({ outcome }) => outcome?.type === "failure");
    for (const watch of watches) watch.waiting = this;
  }

  get what(): string {
    return `${this.#operation.asking} of ${this.#watches.length} tasks`;
  }

  get holder(): Cell {
    return this.#cell;
  }

  /** Whether there is an answer (R-1023). */
  get enough(): boolean {
    if (this.#settled === this.#watches.length) return true;
    const { asking, limit } = this.#operation;
    return asking === "awaitMany" ? this.#failed : this.#settled >= limit;
  }

  settled(kernel: Kernel, outcome: TaskOutcome<unknown>): void {
    this.#settled += 1;
    if (outcome.type === "failure") this.#failed = true;
    if (this.enough) this.#resume(kernel, () => this.answer());
  }

  ring(): void {
    this.#resume(this.#cell.kernel, () => this.expire());
  }

  cancel(kernel: Kernel): void {
    for (const watch of this.#watches) watch.waiting = null;
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
  }

  answer(): readonly unknown[] {
    this.cancel(this.#cell.kernel);
    const outcomes = this.#watches.map(({ outcome }) => outcome);
    if (this.#operation.asking === "yieldMany") {
      for (const watch of this.#watches) if (watch.outcome !== null) watch.close();
      return outcomes;
    }
    this.#giveUp();
    return outcomes.map((outcome, index) => {
      if (outcome?.type !== "failure") return outcome?.value;
      throw new TaskError(this.#task(index).pid, outcome.cause);
    });
  }

  /** The time is over. */
  expire(): readonly unknown[] {
    const { kernel } = this.#cell;
    this.cancel(kernel);
    const { asking, onTimeout } = this.#operation;
    if (asking === "awaitMany") {
      const late = this.#watches.findIndex(({ outcome }) => outcome === null);
      this.#giveUp();
      throw new TaskError(this.#task(late).pid, { type: "timeout" });
    }
    const results = this.answer();
    if (onTimeout === "nothing") return results;
    for (const [index, watch] of this.#watches.entries()) {
      if (watch.outcome !== null) continue;
      const task = this.#task(index);
      unlinkTask(kernel, this.#cell, task);
      kernel.unwatch(watch);
      if (onTimeout === "ignore") continue;
      kernel.effect(this.#cell, task.pid, { type: "exit", from: this.#cell.pid, cause: kill, link: false });
    }
    return results;
  }

  /** None of them is asked again, and what comes late goes nowhere (R-1021). */
  #giveUp(): void {
    for (const watch of this.#watches) {
      if (watch.outcome === null) this.#cell.kernel.unwatch(watch);
      else watch.close();
    }
  }

  #task(index: number): Task<unknown> {
    return this.#operation.tasks[index] as Task<unknown>;
  }

  #resume(kernel: Kernel, answering: () => unknown): void {
    let value: unknown;
    try {
      value = answering();
    } catch (error) {
      kernel.throwInto(this.#cell, error);
      return;
    }
    kernel.resume(this.#cell, value);
  }
}
