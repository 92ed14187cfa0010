import { parseCause, type Cause, type Linkable, type Local, type Operation } from "@espalier/heartbeat";
import { TakeCheckpoint } from "./checkpoint/checkpoint.ts";
import { TakeFence, type Fence } from "./moving/fence.ts";
import { NodeRef } from "./cluster/node-ref.ts";
import type { Pid } from "./addresses/pid.ts";
import { AwaitPromise } from "./promise.ts";
import { AttemptRemote, Fork, Here, Outcome, Transfer, type Remote } from "./moving/remote.ts";
import { forkAtOperation, type Task } from "./tasks/task.ts";

export type { Fence } from "./moving/fence.ts";
export type { Attempt } from "./moving/remote.ts";

/**
 * Awaits a promise. `start` is called at once with a signal that is aborted when the process ends, or its scope does, before the promise is
 * settled.
 *
 * - Errors: what the promise rejects with, as it is.
 *
 * ```ts
 * import { Remote, type LocalGenerator } from "espalier";
 *
 * function* load(url: string): LocalGenerator<number> {
 *   const response = yield* Remote.promise((signal) => fetch(url, { signal }));
 *   return response.status;
 * }
 * ```
 */
export function promise<T>(start: (signal: AbortSignal) => PromiseLike<T> | T): Operation<T> {
  return new AwaitPromise(start);
}

/** The computation that does nothing and gives `value`. */
export function pure<A>(value: A): Remote<A> {
  return new Outcome(value, null);
}

/** The computation that fails with `cause`. */
export function fail(cause: Cause): Remote<never> {
  return new Outcome<never>(undefined, parseCause(cause, "Remote.fail: cause"));
}

/**
 * Performs `what`, and gives what came of it as data instead of throwing.
 *
 * - Cancellation is not caught: when the process ends, or a scope around this does, so does this.
 */
export function attempt<A, Effect = Local>(what: Linkable<A, Effect>): AttemptRemote<A, Effect> {
  return new AttemptRemote(what);
}

/**
 * Starts a process in the scopes that are open here: it ends when one of their heartbeats does (H20). Nobody awaits it, and its end is
 * not this process's business.
 */
export function fork(what: Linkable<unknown, any>): Operation<Pid> {
  return new Fork(what);
}

/**
 * Starts a process on `node`, in the scopes that are open here, to be awaited with `Task.await`. It belongs to this process: linked with it,
 * and ended with it.
 *
 * - Errors: those of the task come with `Task.await`: `noconnection` when the node cannot be reached.
 */
export function forkAt<A>(node: NodeRef, what: Linkable<A, any>): Operation<Task<A>> {
  return forkAtOperation(checkNode(node, "Remote.forkAt"), what);
}

/**
 * Moves the rest of this computation to `node`: what comes after runs there. Pid, mailbox, links, monitors and timers come along; nothing is
 * run twice.
 *
 * - Errors: NotMovableError naming the variable that cannot travel, before anything is sent; `noconnection` when the node cannot be reached.
 *   The computation goes on here then.
 */
export function transfer(node: NodeRef): Transfer {
  return new Transfer(checkNode(node, "Remote.transfer"));
}

/**
 * Keeps this computation as it stands now on the disk of the node that it runs on: its frames, mailbox, stash and the timers that are its own,
 * and the definitions that it needs. It goes on when that is done. If the node's process dies, the next node that is started with the same `data`
 * resumes the computation here, as a new process under its old name. `checkpoint` gives an epoch, which no two runs share, and whether it was
 * resumed: {@link Checkpoint}.
 *
 * - At most once: each epoch is claimed on the disk before anything of it runs. What the computation did to others between the checkpoint and the
 *   crash was done, and is done again; give outside systems the epoch, to refuse whoever is late.
 * - A later checkpoint of the process replaces the earlier one. It goes when the process ends or moves away; a node that is stopped keeps it.
 * - Others were told that the process is gone: its links are no more, and its result is nobody's. Whom it monitors it monitors again.
 * - Errors: CheckpointError when the node keeps no data, or somebody else decides what becomes of the process: a linked parent, as a supervisor
 *   is, or whoever awaits it as a task. NotMovableError naming the variable that cannot travel. The disk's own error. The checkpoint before
 *   stands then, and the computation goes on.
 *
 * ```ts
 * import { Process, Remote, remote, type Pid } from "espalier";
 *
 * const deliver = remote({}, function* deliver(letters: readonly string[], to: Pid<{ letter: string; epoch: number }>) {
 *   for (const letter of letters) {
 *     const { epoch } = yield* Remote.checkpoint();
 *     yield* Process.send(to, { letter, epoch });
 *   }
 * });
 * ```
 */
export function checkpoint(): TakeCheckpoint {
  return new TakeCheckpoint();
}

/** The node that this runs on now. */
export function here(): Operation<NodeRef> {
  return new Here();
}

/**
 * A token that outside systems can check. What this process asks of one may still be on its way when the process is elsewhere, or when its node was
 * given up and somebody else goes on: then the outside system refuses whoever comes with a smaller epoch than it has seen (Kleppmann, *How to do
 * distributed locking*, 2016).
 *
 * - Of one process, tokens grow: with every move, every one that began and came to nothing, and every move of its home. Between those they are equal.
 * - Of two processes they say nothing about each other.
 * - It is right when the next operation begins: take it again after each `Remote.transfer`.
 *
 * ```ts
 * import type { Remote } from "espalier";
 *
 * const newest = new Map<string, number>();
 * const kept: string[] = [];
 *
 * function store(fence: Remote.Fence, text: string): void {
 *   if (fence.epoch < (newest.get(fence.process) ?? 0)) throw new Error("somebody newer has been here");
 *   newest.set(fence.process, fence.epoch);
 *   kept.push(text);
 * }
 *
 * const before = { process: "p", epoch: 1 };
 * store({ process: "p", epoch: 2 }, "new");
 * let refused = false;
 * try {
 *   store(before, "old");
 * } catch {
 *   refused = true;
 * }
 * [kept, refused]; // => [["new"], true]
 * ```
 */
export function fence(): Operation<Fence> {
  return new TakeFence();
}

function checkNode(node: NodeRef, where: string): NodeRef {
  if (node instanceof NodeRef) return node;
  throw new TypeError(`${where}: expected a NodeRef, got ${node === null ? "null" : typeof node}`);
}
