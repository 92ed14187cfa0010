import { CauseError, describe, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import {
  InKernel,
  NodeRef,
  Process,
  Server,
  type Kernel,
  type NodeId,
  type Pid,
  type ServerDefinition,
} from "@espalier/runtime";
import type { LockId } from "./global-locks.ts";
import { checkLock, checkName, checkPid } from "./global-messages.ts";
import { globalProcess, type GlobalNode } from "./global-node.ts";
import { randomExit, resolverName, type Resolve } from "./global-resolve.ts";
import { globalServer, type GlobalCalls } from "./global-server.ts";
import { globalTableOf } from "./global-table.ts";

export { notifyAll, randomExit, randomNotify } from "./global-resolve.ts";
export type { GlobalNameConflict, Resolve } from "./global-resolve.ts";
export type { LockId } from "./global-locks.ts";

/** The process of `Global` on a node, for a supervisor: `Supervisor.worker("names", Global.Names, [])`. */
export const Names: ServerDefinition<GlobalNode, void, GlobalCalls, Server.NoMessages> = globalServer;

/**
 * Lets this node take part in the names of the cluster: those of all nodes that there is a link to, and where this was done.
 *
 * - Errors: NameTakenError when it was done already.
 *
 * ```ts
 * import { Global, Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* (self: Self<string>) {
 *   yield* Global.start();
 *   yield* Global.register("postmaster", self.pid);
 *   yield* Process.send(Global.name("postmaster"), "a letter");
 *   return yield* self.receive(); // => "a letter"
 * });
 * ```
 */
export function start(): LocalGenerator<Pid<unknown>> {
  return started(false);
}

/** Like {@link start}, and the process that was started and this one are linked. */
export function startLink(): LocalGenerator<Pid<unknown>> {
  return started(true);
}

function* started(link: boolean): LocalGenerator<Pid<unknown>> {
  const options = { name: globalProcess };
  const server = link
    ? yield* Server.startLink(globalServer, undefined, options)
    : yield* Server.start(globalServer, undefined, options);
  return server.pid;
}

/**
 * Gives a process a name in the whole cluster: when this returns true, all nodes that this one is connected with know it (R-1320). The name goes when
 * the process ends, or the connection to its node is lost.
 *
 * @param resolve decides when two processes have the name, once parts of the cluster have met that were apart ({@link randomExit} unless given). One of
 *   your own only for a process of this node.
 * @returns false when another process has the name.
 * @throws CauseError `noconnection` when it is a process of a node that `Global` does not know.
 * - Errors: CallError with the reason `noproc` when `Global` does not run on this node.
 */
export function* register(name: string, pid: Pid, resolve: Resolve = randomExit): LocalGenerator<boolean> {
  return yield* claimed(name, pid, resolve, false);
}

/** Like {@link register}, and takes the name away from whoever has it (R-1320). */
export function* reregister(name: string, pid: Pid, resolve: Resolve = randomExit): LocalGenerator<void> {
  yield* claimed(name, pid, resolve, true);
}

function* claimed(name: string, pid: Pid, resolve: Resolve, replace: boolean): LocalGenerator<boolean> {
  checkName(name);
  const owner = checkPid(pid);
  yield* checkOwner(owner, resolve);
  const lock: LockId = { resource: nameLock(name), requester: yield* own((self) => self.key) };
  const claim = call().claim(name, owner, resolve, replace).within("infinity");
  return (yield* trans(lock, () => performed(claim))) as boolean;
}

/** Takes a name away from whoever has it. When this returns no node that this one is connected with knows it; nothing when nobody has it. */
export function* unregister(name: string): LocalGenerator<void> {
  yield* call().unregister(checkName(name)).within("infinity");
}

/**
 * Waits until all nodes that this one is connected with, and on which `Global` runs, have said which names they know (`global:sync/0`). After
 * {@link start}, or `Nodes.connect`, that takes a moment, in which {@link whereis} does not see them and {@link register} does not ask them.
 *
 * - Errors: CallError with the reason `noproc` when `Global` does not run on this node.
 */
export function* sync(): LocalGenerator<void> {
  yield* call().sync().within("infinity");
}

/** Who has a name, as this node knows: it finishes at once, and nobody is asked. Undefined for nobody (R-1322). */
export function whereis<M = unknown>(name: string): Operation<Pid<M> | undefined> {
  checkName(name);
  return new InKernel((kernel: Kernel) => globalTableOf(kernel)?.whereis(name) as Pid<M> | undefined);
}

/** All names that this node knows. */
export function registered(): Operation<readonly string[]> {
  return new InKernel((kernel: Kernel) => globalTableOf(kernel)?.names ?? []);
}

/**
 * Sends a message to whoever has a name.
 *
 * @returns who that was.
 * @throws CauseError `noproc` when nobody has it (R-1322).
 */
export function* send<M>(name: string, message: M): LocalGenerator<Pid<M>> {
  const pid = yield* whereis<M>(name);
  if (pid === undefined) throw new CauseError({ type: "noproc", what: name });
  yield* Process.send(pid as Pid<any>, message);
  return pid;
}

/** How often something is tried again, after the first time. */
export type Retries = number | "infinity";

/**
 * Sets a lock on nodes, all that this one is connected with unless given, for the process that performs this (R-1323). Whoever has the lock may set it
 * again, and so may others in the name of the same requester. It is taken back with {@link delLock}, and when the process ends or its node is
 * lost.
 *
 * Unless another requester lets go of it, it is tried again after a random time, of a quarter of a second at most the first time, and up to eight
 * seconds later.
 *
 * @returns whether it is set; it is not when it was tried as often as `retries` says ("infinity" unless given).
 */
export function* setLock(
  id: LockId,
  nodes?: readonly NodeRef[],
  retries: Retries = "infinity",
): LocalGenerator<boolean> {
  const lock = checkLock(id);
  const on = idsOf(nodes);
  const triesMax = triesOf(retries);
  const holder = yield* own((self) => self);
  for (let tried = 1; ; tried += 1) {
    if (yield* call().setLock(lock, holder, on).within("infinity")) return true;
    if (tried >= triesMax) return false;
    yield* Process.sleep(yield* sleepMs(tried));
  }
}

/** Takes back what {@link setLock} set on nodes, everywhere unless given. Nothing when it was not set. */
export function* delLock(id: LockId, nodes?: readonly NodeRef[]): LocalGenerator<void> {
  yield* call()
    .deleteLock(checkLock(id), yield* own((self) => self), idsOf(nodes))
    .within("infinity");
}

/**
 * Performs something under a lock, see {@link setLock}, and takes the lock back whatever comes of it.
 *
 * @returns what came of it, or `"aborted"` when the lock could not be set.
 */
export function* trans<T>(
  id: LockId,
  body: () => LocalGenerator<T>,
  nodes?: readonly NodeRef[],
  retries: Retries = "infinity",
): LocalGenerator<T | "aborted"> {
  if (!(yield* setLock(id, nodes, retries))) return "aborted";
  let result: T;
  try {
    result = yield* body();
  } catch (error) {
    yield* delLock(id, nodes);
    throw error;
  }
  yield* delLock(id, nodes);
  return result;
}

/** What locks a name while it is given away; no user's lock is called that. */
function nameLock(of: string): string {
  return `\0${of}`.slice(0, 1_024);
}

function call(): ReturnType<typeof Server.ref<GlobalNode, void, GlobalCalls, Server.NoMessages>>["call"] {
  return Server.ref(globalServer, globalProcess).call;
}

function* performed<T>(operation: Operation<T>): LocalGenerator<T> {
  return yield* operation;
}

function own<T>(what: (self: Pid<any>) => T): Operation<T> {
  return new InKernel((_kernel, cell) => what(cell.pid));
}

function checkOwner(pid: Pid<any>, resolve: Resolve): Operation<void> {
  return new InKernel((kernel: Kernel) => {
    if (kernel.isHome(pid)) return;
    const { id } = pid.address;
    if (globalTableOf(kernel)?.of(id) === null) throw new CauseError({ type: "noconnection", node: id });
    if (resolverName(resolve) !== null) return;
    throw new TypeError(
      `resolve: expected one of Global's own for a process of another node, got ${resolve.name || "a function"}`,
    );
  });
}

/** OTP's: a quarter of a second, then twice as much each time, up to eight seconds. */
function sleepMs(tried: number): Operation<number> {
  const sleepMaxMs = tried > 5 ? 8_000 : (2 ** tried * 1_000) / 8;
  return new InKernel((kernel: Kernel) => 1 + Math.floor(kernel.host.random.unit() * sleepMaxMs));
}

function triesOf(retries: unknown): number {
  if (retries === "infinity") return Infinity;
  if (typeof retries === "number" && Number.isSafeInteger(retries) && retries >= 0) return retries + 1;
  throw new RangeError(`retries: expected a whole number from 0 on, or "infinity", got ${describe(retries)}`);
}

function idsOf(nodes: readonly NodeRef[] | undefined): readonly NodeId[] | null {
  if (nodes === undefined) return null;
  return nodes.map((node) => {
    if (node instanceof NodeRef) return node.id;
    throw new TypeError(`nodes: expected node references, got ${describe(node)}`);
  });
}
