import type { LocalGenerator, Operation } from "@espalier/heartbeat";
import {
  adoptTask,
  ownPid,
  Pid,
  StartError,
  streamOf,
  supervisedTask,
  type Body,
  type Remote,
  type StreamOptions,
  type Task,
  type TaskStream,
} from "@espalier/runtime";
import { worker } from "./children.ts";
import { defineDynamic, type DynamicDefinition, type DynamicLimitOptions } from "./dynamic.ts";
import { startChild as startDynamicChild, terminateChild, whichChildren, type SupervisorTarget } from "./manage.ts";
import type { ChildOptions, ChildSpec } from "./spec.ts";

export { start, startLink } from "./manage.ts";

type AnyBody = Body<any, readonly any[], unknown>;

/**
 * Defines a supervisor for tasks: `TaskSupervisor.start` and `Supervisor.supervisor` start it, and tasks are added with {@link async},
 * {@link asyncNoLink} and {@link startChild}.
 *
 * ```ts
 * import { Node, Task, TaskSupervisor } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const tasks = yield* TaskSupervisor.start(TaskSupervisor.define({ maxChildren: 100 }));
 *   const task = yield* TaskSupervisor.asyncNoLink(tasks, function* (_self, a: number, b: number) {
 *     return a * b;
 *   }, 6, 7);
 *   return yield* Task.await(task); // => 42
 * });
 * ```
 *
 * @throws RangeError naming the option, what was expected, and what came.
 */
export function define(options: DynamicLimitOptions = {}): DynamicDefinition<never> {
  return defineDynamic(options);
}

/**
 * Starts a task of this process under a supervisor of this node, linked with both: it ends with either, and its crash ends this process unless that
 * traps exits (R-1020).
 *
 * - Errors: StartError, with `max_children` when the supervisor has as many children as it may; nothing is left then (R-1025). CallError when
 *   there is no such supervisor.
 */
export function async<A>(supervisor: SupervisorTarget, remote: Remote<A>): LocalGenerator<Task<A>>;
export function async<P extends readonly unknown[], A, M = never>(
  supervisor: SupervisorTarget,
  body: Body<M, P, A>,
  ...parameters: P
): LocalGenerator<Task<A>>;
export function async(
  supervisor: SupervisorTarget,
  body: AnyBody | Remote<unknown>,
  ...parameters: readonly unknown[]
): LocalGenerator<Task<any>> {
  return supervised(supervisor, body, parameters, { link: true });
}

/** Like {@link async}, but not linked with this process: its crash is seen where it is awaited (R-1020). */
export function asyncNoLink<A>(supervisor: SupervisorTarget, remote: Remote<A>): LocalGenerator<Task<A>>;
export function asyncNoLink<P extends readonly unknown[], A, M = never>(
  supervisor: SupervisorTarget,
  body: Body<M, P, A>,
  ...parameters: P
): LocalGenerator<Task<A>>;
export function asyncNoLink(
  supervisor: SupervisorTarget,
  body: AnyBody | Remote<unknown>,
  ...parameters: readonly unknown[]
): LocalGenerator<Task<any>> {
  return supervised(supervisor, body, parameters, { link: false });
}

function* supervised(
  supervisor: SupervisorTarget,
  body: AnyBody | Remote<unknown>,
  parameters: readonly unknown[],
  { link, owned = false, ...treated }: SupervisedOptions,
): LocalGenerator<Task<any>> {
  const owner = yield* ownPid;
  const spec = worker("task", supervisedTask, [owner], { restart: "temporary", ...treated });
  return yield* adoptTask(yield* started(supervisor, spec), body, parameters, { link, owned });
}

interface SupervisedOptions extends Pick<ChildOptions, "shutdown"> {
  readonly link: boolean;
  readonly owned?: boolean;
}

/** How a stream of tasks runs under a supervisor, and how long its tasks may take to end when that stops. */
export interface SupervisedStreamOptions extends StreamOptions, Pick<ChildOptions, "shutdown"> {}

/**
 * `Task.stream` with tasks under a supervisor of this node (R-1024). With `link: false` the crash of a task is seen in its outcome alone.
 *
 * ```ts
 * import { Node, TaskSupervisor } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const tasks = yield* TaskSupervisor.start(TaskSupervisor.define({ maxChildren: 100 }));
 *   using squares = yield* TaskSupervisor.stream(tasks, [1, 2, 3], function* (_self, n: number) {
 *     return n * n;
 *   });
 *   const first = yield* squares.next();
 *   return first?.type === "success" && first.value; // => 1
 * });
 * ```
 *
 * - Errors: those of `Task.stream`; `next` also has those of {@link async}, and has stopped the others then (R-1025).
 */
export function stream<I, A, M = never>(
  supervisor: SupervisorTarget,
  items: Iterable<I>,
  body: Body<M, [item: I], A>,
  options: SupervisedStreamOptions = {},
): Operation<TaskStream<I, A>> {
  const { shutdown, ...rest } = options;
  const treated = shutdown === undefined ? {} : { shutdown };
  // Said now rather than with the first item.
  worker("task", supervisedTask, [null as never], treated);
  return streamOf(items, rest, (item, link) => supervised(supervisor, body, [item], { link, owned: true, ...treated }));
}

/** How a task is treated that nobody awaits: it is temporary unless said. */
export type TaskOptions = Pick<ChildOptions, "restart" | "shutdown">;

/**
 * Starts a task that nobody awaits, under a supervisor; it is not started again unless that is asked for (R-1020).
 *
 * - Errors: those of {@link async}.
 */
export function startChild<P extends readonly unknown[], R, M>(
  supervisor: SupervisorTarget,
  body: Body<M, P, R>,
  parameters: NoInfer<P>,
  options: TaskOptions = {},
): LocalGenerator<Pid<M>> {
  return started(supervisor, worker("task", body, parameters, { restart: "temporary", ...options }));
}

function* started(supervisor: SupervisorTarget, spec: ChildSpec): LocalGenerator<Pid<any>> {
  const reply = yield* startDynamicChild(supervisor, spec);
  switch (reply.type as string) {
    case "started":
      return (reply as { readonly pid: Pid<any> }).pid;
    case "max-children":
      throw new StartError(spec.id, { type: "exit", reason: "max_children" });
    case "failed":
      throw new StartError(spec.id, (reply as { readonly cause: StartError["reason"] }).cause);
    default:
      throw new StartError(spec.id, { type: "exit", reason: reply });
  }
}

/** The tasks that run. */
export function* children(supervisor: SupervisorTarget): LocalGenerator<readonly Pid[]> {
  return (yield* whichChildren(supervisor)).flatMap(({ child }) => (child instanceof Pid ? [child] : []));
}

/** Ends a task as a supervisor does. Whether there was one. */
export function* stopChild(supervisor: SupervisorTarget, child: Pid): LocalGenerator<boolean> {
  return (yield* terminateChild(supervisor, child)).type === "ok";
}
export { stopChild as terminateChild };
