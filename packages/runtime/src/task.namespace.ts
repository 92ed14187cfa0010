import { durationMs, type Duration, type Operation } from "@espalier/heartbeat";
import { checkBody, type Body } from "./body.ts";
import type { AnyBody } from "./launch.ts";
import type { Remote } from "./remote.ts";
import { AskTask, StartTask, type Task, type TaskOutcome } from "./task.ts";

export type { TaskOutcome } from "./task.ts";

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
 * Ends a task: asks it with `shutdown`, and kills it when it has not ended `within` (5 s unless said). Null when it was still running; what
 * came of it when it had ended before (R-1022).
 */
export function shutdown<A>(task: Task<A>, options: AwaitOptions = {}): Operation<TaskOutcome<A> | null> {
  return new AskTask(task, "shutdown", withinMsOf(options.within, "5s"));
}

function withinMsOf(within: Duration | undefined, usual: Duration): number {
  return durationMs(within ?? usual, "within");
}
