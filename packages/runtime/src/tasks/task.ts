import { kill, Operation, shutdown, type Cause, type Linkable } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import { Refusal } from "../servers/call.ts";
import type { Cell } from "../cell.ts";
import { TaskError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import type { AnyBody } from "../spawning/launch.ts";
import type { NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import { linkChild, watchChild } from "../spawning/spawn.ts";
import type { Marker } from "../stack.ts";
import { suspended, type CapturedWait, type Waiting } from "../waiting.ts";
import { Watch, type CapturedWatch } from "../exits/watch.ts";

/** A process that was started for its result, `A`. A value that travels; only the process that started the task may await it (R-1021). */
export class Task<out A> {
  declare readonly gives?: A;
  readonly pid: Pid;
  readonly ref: Ref;

  constructor(pid: Pid, ref: Ref) {
    this.pid = pid;
    this.ref = ref;
  }
}

/** What is known of a task that has ended. */
export type TaskOutcome<A> =
  | { readonly type: "success"; readonly value: A }
  | { readonly type: "failure"; readonly cause: Cause };

/** See `Task.async`, `Task.asyncNoLink` and `Remote.forkAt`. */
export class StartTask<A> extends Operation<Task<A>> {
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];
  readonly link: boolean;
  /** Whether it ends with its owner, where there is no link that would end both. */
  readonly owned: boolean;
  /** Null: here. */
  readonly on: NodeRef | null;
  /** Whether the task runs in the scopes that are open where it is started. */
  readonly inScopes: boolean;

  constructor(
    body: AnyBody,
    parameters: readonly unknown[],
    {
      link,
      owned = false,
      on,
      inScopes,
    }: { readonly link: boolean; readonly owned?: boolean; readonly on: NodeRef | null; readonly inScopes: boolean },
  ) {
    super();
    this.body = body;
    this.parameters = parameters;
    this.link = link;
    this.owned = owned;
    this.on = on;
    this.inScopes = inScopes;
  }

  override get type(): "task.start" {
    return "task.start";
  }
}

export function forkAtOperation<A>(on: NodeRef, what: Linkable<A, any>): StartTask<A> {
  return new StartTask<A>(what, [], { link: true, on, inScopes: true });
}

/** A task on another node that ends when this process does, or is lost; its own end is seen where it is awaited, and nowhere else. */
export function ownedTaskAt<A>(on: NodeRef, what: Linkable<A, any>): StartTask<A> {
  return new StartTask<A>(what, [], { link: false, owned: true, on, inScopes: true });
}

export function performStartTask(kernel: Kernel, cell: Cell, operation: StartTask<unknown>): Task<unknown> {
  const { body, parameters, link, owned, on, inScopes } = operation;
  const ref = kernel.newRef(cell);
  const child = kernel.spawn(cell.pid, body, parameters, on);
  child.stack = [new TaskMarker(ref)];
  if (inScopes) kernel.lifetimes.inherit(cell, child);
  if (link) linkChild(kernel, cell, child);
  // One side of a link: what the child sends through it finds no other side, and is dropped.
  else if (owned) kernel.addLink(child, cell.pid);
  watchChild(kernel, new TaskWatch(cell, ref, child.pid, link || owned), child);
  return new Task(child.pid, ref);
}

/** At the bottom of a task's stack, wherever it runs: sends the result to whoever started it. */
export class TaskMarker implements Marker {
  readonly marker = "task";
  readonly error: unknown = undefined;
  readonly #ref: Ref;

  constructor(ref: Ref) {
    this.#ref = ref;
  }

  returned(kernel: Kernel, cell: Cell, value: unknown): unknown {
    kernel.effect(cell, this.#ref.owner, { type: "reply", ref: this.#ref, value });
    return value;
  }

  threw(_kernel: Kernel, _cell: Cell, error: unknown): never {
    // The end itself tells of it.
    throw error;
  }

  entered(): void {
    // Holds nothing.
  }

  left(): void {
    // Holds nothing.
  }

  capture(): Ref {
    return this.#ref;
  }
}

/**
 * The owner's side of a task: keeps the outcome until it is asked for, so that no mailbox ever sees it.
 */
export class TaskWatch extends Watch {
  /** Whether the task ends with its owner. */
  readonly #linked: boolean;
  #outcome: TaskOutcome<unknown> | null = null;
  /** Who waits for the outcome: the owner itself, suspended. */
  waiting: TaskWaiter | null = null;

  constructor(owner: Cell, ref: Ref, target: Pid | null, linked: boolean, outcome: TaskOutcome<unknown> | null = null) {
    super(owner, ref, target);
    this.#linked = linked;
    this.#outcome = outcome;
  }

  get outcome(): TaskOutcome<unknown> | null {
    return this.#outcome;
  }

  override reply(kernel: Kernel, value: unknown): void {
    if (this.#outcome !== null) return;
    kernel.unwatch(this);
    // What it returned could not travel.
    if (value instanceof Refusal) this.#settle(kernel, { type: "failure", cause: value.cause });
    else this.#settle(kernel, { type: "success", value });
  }

  override down(kernel: Kernel, cause: Cause): void {
    // The result came first; the end was on its way to where the owner has moved, too late to be called off.
    if (this.#outcome !== null) return this.reopen();
    this.#settle(kernel, { type: "failure", cause });
  }

  override ownerEnded(kernel: Kernel): void {
    if (!this.#linked || this.#outcome !== null || this.target === null) return;
    const { owner, target } = this;
    kernel.effect(owner, target, { type: "exit", from: owner.pid, cause: shutdown, link: false });
  }

  override capture(): CapturedWatch {
    const { ref, target } = this;
    return { kind: "task", serial: ref.serial, target, data: { linked: this.#linked, outcome: this.#outcome } };
  }

  #settle(kernel: Kernel, outcome: TaskOutcome<unknown>): void {
    this.#outcome = outcome;
    // Nothing more will come, but somebody will still ask.
    this.reopen();
    this.waiting?.settled(kernel, outcome);
  }
}

/** Waits for what comes of a task, or of several. */
export interface TaskWaiter {
  settled(kernel: Kernel, outcome: TaskOutcome<unknown>): void;
}

/** The owner's side of a task that it asks about (R-1021). @throws TypeError when it belongs to another process, or was asked for good already. */
export function taskWatchOf(kernel: Kernel, cell: Cell, task: Task<unknown>, where: string): TaskWatch {
  if (!task.ref.owner.equals(cell.pid)) {
    throw new TypeError(
      `${where}: expected a task of this process ${cell.pid.toString()}, got one of ${task.ref.owner.toString()}, which started it; only that one may ask for its result`,
    );
  }
  const watch = kernel.watchOf(cell, task.ref);
  if (watch instanceof TaskWatch) return watch;
  throw new TypeError(`${where}: the task ${task.pid.toString()} was awaited already, or given up`);
}

/** Whatever the task ends with, it is not this process's end. */
export function unlinkTask(kernel: Kernel, cell: Cell, { pid }: Task<unknown>): void {
  if (cell.links?.delete(pid) === true) kernel.effect(cell, pid, { type: "unlink", from: cell.pid });
}

/** What the owner wants: `await` fails when the task did, the others say so. `shutdown` and `kill` end it, `ignore` lets it go. */
export type Asking = "await" | "yield" | "shutdown" | "kill" | "ignore";

/** See `Task.await`, `Task.yield`, `Task.shutdown` and `Task.ignore`. */
export class AskTask<A> extends Operation<A> {
  readonly task: Task<unknown>;
  readonly asking: Asking;
  readonly withinMs: number;
  readonly otherwise: { readonly value: unknown } | null;

  constructor(
    task: Task<unknown>,
    asking: Asking,
    withinMs: number,
    otherwise: { readonly value: unknown } | null = null,
  ) {
    super();
    this.task = task;
    this.asking = asking;
    this.withinMs = withinMs;
    this.otherwise = otherwise;
  }

  override get type(): "task.ask" {
    return "task.ask";
  }
}

export function performAskTask(kernel: Kernel, cell: Cell, operation: AskTask<unknown>): unknown {
  const { task, asking, withinMs } = operation;
  const watch = taskWatchOf(kernel, cell, task, `Task.${asking === "kill" ? "shutdown" : asking}`);
  if (watch.outcome !== null) {
    watch.close();
    return answer(operation, watch.outcome);
  }
  if (asking === "ignore") {
    unlinkTask(kernel, cell, task);
    kernel.unwatch(watch);
    return null;
  }
  const waiting = new TaskWaiting(cell, watch, operation);
  if (asking === "shutdown" || asking === "kill") {
    unlinkTask(kernel, cell, task);
    kernel.wait(cell, waiting);
    const cause = asking === "kill" ? kill : shutdown;
    kernel.effect(cell, task.pid, { type: "exit", from: cell.pid, cause, link: false });
  } else {
    if (withinMs === 0) return waiting.expire();
    kernel.wait(cell, waiting);
  }
  if (cell.waiting === waiting && withinMs < Infinity) waiting.alarm = kernel.alarms.set(withinMs, waiting);
  return suspended;
}

export class TaskWaiting implements Waiting, Ringable, TaskWaiter {
  alarm: Alarm | null = null;
  readonly #cell: Cell;
  readonly #watch: TaskWatch;
  readonly #operation: AskTask<unknown>;

  constructor(cell: Cell, watch: TaskWatch, operation: AskTask<unknown>) {
    this.#cell = cell;
    this.#watch = watch;
    this.#operation = operation;
    watch.waiting = this;
  }

  get what(): string {
    return `${this.#operation.asking} ${this.#operation.task.pid.toString()}`;
  }

  get on(): Pid {
    return this.#operation.task.pid;
  }

  get holder(): Cell {
    return this.#cell;
  }

  settled(kernel: Kernel, outcome: TaskOutcome<unknown>): void {
    this.cancel(kernel);
    this.#watch.close();
    this.#resume(kernel, () => answer(this.#operation, outcome));
  }

  ring(): void {
    const { kernel } = this.#cell;
    if (this.#operation.asking === "shutdown") {
      // It had its time.
      this.alarm = null;
      const { pid } = this.#operation.task;
      kernel.effect(this.#cell, pid, { type: "exit", from: this.#cell.pid, cause: kill, link: false });
      return;
    }
    this.cancel(kernel);
    this.#resume(kernel, () => this.expire());
  }

  /** The time is over: `await` gives the task up, so that a late result goes nowhere (R-1021); `yield` may ask again (R-1022). */
  expire(): unknown {
    const { asking, otherwise, task } = this.#operation;
    this.#watch.waiting = null;
    if (asking === "yield") return null;
    this.#cell.kernel.unwatch(this.#watch);
    if (otherwise !== null) return otherwise.value;
    throw new TaskError(task.pid, { type: "timeout" });
  }

  captureWait(): CapturedWait {
    const { task, asking, otherwise } = this.#operation;
    return { kind: "task", data: { task, asking, otherwise } };
  }

  cancel(kernel: Kernel): void {
    this.#watch.waiting = null;
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
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

function answer({ asking, task }: AskTask<unknown>, outcome: TaskOutcome<unknown>): unknown {
  switch (asking) {
    case "await":
      if (outcome.type === "success") return outcome.value;
      throw new TaskError(task.pid, outcome.cause);
    case "yield":
    case "ignore":
      return outcome;
    case "shutdown":
    case "kill": {
      if (outcome.type === "success") return outcome;
      const { cause } = outcome;
      // That it ended as it was asked to is what was wanted, and no news.
      if (asking === "kill") return cause.type === "killed" ? null : outcome;
      return cause.type === "shutdown" && cause.detail === undefined ? null : outcome;
    }
  }
}
