import { describe, durationMs, type Duration, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import { checkBody, type Body } from "../spawning/body.ts";
import { TaskError } from "../errors.ts";
import { InKernel } from "../in-kernel.ts";
import type { AnyBody } from "../spawning/launch.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Remote } from "../moving/remote.ts";
import { Spawn } from "../spawning/spawn.ts";
import { AskTasks, type OnTimeout } from "./task-many.ts";
import { streamOf, type StreamOptions, type TaskStream } from "./task-stream.ts";
import { AskTask, StartTask, Task, TaskWatch, type TaskOutcome } from "./task.ts";

export type { OnTimeout } from "./task-many.ts";
export type { StreamOptions, StreamOutcome, TaskStream } from "./task-stream.ts";
export type { TaskOutcome } from "./task.ts";

/** Starts a process for what it does, and not for its result: nobody awaits it, and its crash is only reported (R-1020). */
export function start<R>(remote: Remote<R>): Operation<Pid>;
export function start<P extends readonly unknown[], R, M = never>(
  body: Body<M, P, R>,
  ...parameters: P
): Operation<Pid<M>>;
export function start(body: AnyBody, ...parameters: readonly unknown[]): Operation<Pid<any>> {
  return new Spawn(checkBody(body, "Task.start"), parameters, false, null);
}

/** Like {@link start}, and linked with this process: what `Supervisor.worker` supervises is started so. */
export function startLink<R>(remote: Remote<R>): Operation<Pid>;
export function startLink<P extends readonly unknown[], R, M = never>(
  body: Body<M, P, R>,
  ...parameters: P
): Operation<Pid<M>>;
export function startLink(body: AnyBody, ...parameters: readonly unknown[]): Operation<Pid<any>> {
  return new Spawn(checkBody(body, "Task.startLink"), parameters, true, null);
}

/**
 * Starts a process for its result. It belongs to this one: they are linked, so that its crash ends this process unless that traps exits
 * (R-1020), and it is ended when this process ends.
 */
export function async<A>(remote: Remote<A>): Operation<Task<A>>;
export function async<P extends readonly unknown[], A, M = never>(
  body: Body<M, P, A>,
  ...parameters: P
): Operation<Task<A>>;
export function async(body: AnyBody, ...parameters: readonly unknown[]): Operation<Task<any>> {
  return new StartTask(checkBody(body, "Task.async"), parameters, { link: true, on: null, inScopes: true });
}

/** Like {@link async}, but neither ends the other: a crash is seen where the task is awaited (R-1020). */
export function asyncNoLink<A>(remote: Remote<A>): Operation<Task<A>>;
export function asyncNoLink<P extends readonly unknown[], A, M = never>(
  body: Body<M, P, A>,
  ...parameters: P
): Operation<Task<A>>;
export function asyncNoLink(body: AnyBody, ...parameters: readonly unknown[]): Operation<Task<any>> {
  return new StartTask(checkBody(body, "Task.asyncNoLink"), parameters, { link: false, on: null, inScopes: true });
}

/**
 * A task of this process that has ended already, with a result that was known without one; there is no process, and its pid is this one's. For
 * functions that give a task, and sometimes need none.
 */
export function completed<const A>(value: A): Operation<Task<A>> {
  return new InKernel((kernel, cell) => {
    const ref = kernel.newRef(cell);
    const watch = new TaskWatch(cell, ref, null, false, { type: "success", value });
    kernel.startWatch(watch);
    return new Task<A>(cell.pid, ref);
  });
}

/** How long to wait for a task. */
export interface AwaitOptions {
  /** `"infinity"` unless said. */
  readonly within?: Duration;
}

/**
 * Waits for the result of a task, once.
 *
 * - Errors: {@link TaskError} with the cause of the task's end, or with `timeout` unless `otherwise` says what to return then; after that the
 *   result goes nowhere (R-1021). TypeError when the task belongs to another process or was awaited already.
 */
function awaitTask<A>(task: Task<A>, options?: AwaitOptions): Operation<A>;
function awaitTask<A, const O>(task: Task<A>, options: AwaitOptions & { readonly otherwise: O }): Operation<A | O>;
function awaitTask(task: Task<any>, options: AwaitOptions & { readonly otherwise?: unknown } = {}): Operation<any> {
  const otherwise = "otherwise" in options ? { value: options.otherwise } : null;
  return new AskTask(task, "await", withinMsOf(options.within, "infinity"), otherwise);
}
export { awaitTask as await };

/** What came of a task; null when it still runs after `within` (5 s unless said), and then it may be asked again (R-1022). */
function yieldTask<A>(task: Task<A>, options: AwaitOptions = {}): Operation<TaskOutcome<A> | null> {
  return new AskTask(task, "yield", withinMsOf(options.within, "5s"));
}
export { yieldTask as yield };

/**
 * Ends a task: asks it with `shutdown`, and kills it when it has not ended `within` (5 s unless said), or with `"brutal-kill"` at once. Null when it
 * ended as it was asked to; else what came of it: its result if it had one already, why it ended by itself, or `killed` when it had to be (R-1022).
 */
export function shutdown<A>(
  task: Task<A>,
  options: AwaitOptions | "brutal-kill" = {},
): Operation<TaskOutcome<A> | null> {
  if (options === "brutal-kill") return new AskTask(task, "kill", Infinity);
  return new AskTask(task, "shutdown", withinMsOf(options.within, "5s"));
}

/**
 * Lets a task go: it runs on, unlinked, and can be asked nothing any more. What came of it when it had ended before, else null (R-1022).
 */
export function ignore<A>(task: Task<A>): Operation<TaskOutcome<A> | null> {
  return new AskTask(task, "ignore", 0);
}

/** The results of tasks, each in the place of its task. */
export type ResultsOf<T extends readonly Task<any>[]> = {
  -readonly [K in keyof T]: T[K] extends Task<infer A> ? A : never;
};

/** What came of tasks, each in the place of its task. */
export type OutcomesOf<T extends readonly Task<any>[]> = {
  -readonly [K in keyof T]: T[K] extends Task<infer A> ? TaskOutcome<A> | null : never;
};

/**
 * Waits for the results of several tasks, and gives them in the order of the tasks, once (R-1023).
 *
 * - Errors: {@link TaskError} as soon as any of them has failed, or with `timeout`; after that all of them are given up, and their results go
 *   nowhere. TypeError as of `Task.await`, and for a task that is in the list twice.
 */
export function awaitMany<const T extends readonly Task<any>[]>(
  tasks: T,
  options: AwaitOptions = {},
): Operation<ResultsOf<T>> {
  return new AskTasks<ResultsOf<T>>([...tasks], "awaitMany", withinMsOf(options.within, "infinity"));
}

/** How to wait for several tasks. */
export interface YieldManyOptions extends AwaitOptions {
  /** How many outcomes are enough, all unless said; when they are there nothing is done `onTimeout`. */
  readonly limit?: number;
  /** What becomes of those that still run when the time is over: `"nothing"` unless said. */
  readonly onTimeout?: OnTimeout;
}

/**
 * What came of several tasks, each in the place of its task; null for one that still runs after `within` (5 s unless said), and may be asked again
 * unless it was killed or let go (R-1023).
 */
export function yieldMany<const T extends readonly Task<any>[]>(
  tasks: T,
  options: YieldManyOptions = {},
): Operation<OutcomesOf<T>> {
  const { within, limit = Infinity, onTimeout = "nothing" } = options;
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 1)) {
    throw new RangeError(`limit: expected an integer ≥ 1 or Infinity, got ${describe(limit)}`);
  }
  if (onTimeout !== "nothing" && onTimeout !== "ignore" && onTimeout !== "kill-task") {
    throw new TypeError(`onTimeout: expected "nothing", "ignore" or "kill-task", got ${describe(onTimeout)}`);
  }
  return new AskTasks<OutcomesOf<T>>([...tasks], "yieldMany", withinMsOf(within, "5s"), limit, onTimeout);
}

/**
 * A task for each item, `maxConcurrency` at once (R-1024). Outcomes are taken one by one; a `using` declaration stops what still runs when the loop
 * is left early.
 *
 * ```ts
 * import { Node, Task } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   using squares = yield* Task.stream([1, 2, 3, 4], function* (_self, n: number) {
 *     return n * n;
 *   });
 *   for (;;) {
 *     const next = yield* squares.next();
 *     if (next === null) return "none";
 *     if (next.type === "success" && next.value > 5) return next.value; // => 9
 *   }
 * });
 * ```
 *
 * - Errors: those of `TaskStream.next`. RangeError and TypeError for what an option cannot be.
 */
export function stream<I, A, M = never>(
  items: Iterable<I>,
  body: Body<M, [item: I], A>,
  options: StreamOptions = {},
): Operation<TaskStream<I, A>> {
  checkBody(body, "Task.stream");
  return streamOf(items, options, function* (item, link) {
    return yield* new StartTask<unknown>(body, [item], { link, owned: true, on: null, inScopes: true });
  });
}

/**
 * The results of a task for each item, in the order of the items. The tasks run as those of {@link stream}, without a link.
 *
 * - Errors: {@link TaskError} as soon as any of them has failed; the others are stopped then.
 */
export function* map<I, A, M = never>(
  items: Iterable<I>,
  body: Body<M, [item: I], A>,
  options: Pick<StreamOptions, "maxConcurrency" | "within"> = {},
): LocalGenerator<A[]> {
  const results: A[] = [];
  const tasks = yield* stream(items, body, { ...options, ordered: false, link: false });
  try {
    for (;;) {
      const next = yield* tasks.next();
      if (next === null) return results;
      if (next.type === "failure") throw new TaskError(next.pid, next.cause);
      results[next.index] = next.value;
    }
  } finally {
    tasks.stop();
  }
}

function withinMsOf(within: Duration | undefined, usual: Duration): number {
  return durationMs(within ?? usual, "within");
}
