import { CauseError, describe, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import { beyond, InKernel, Pid, Ref, Server, type Cell, type Kernel, type ServerDefinition } from "@espalier/runtime";
import { checkGroup } from "./group-messages.ts";
import { limitsHere } from "./limits-here.ts";
import { processNameOf, type GroupEvent, type GroupScope } from "./group-scope.ts";
import { groupServer, type GroupCalls } from "./group-server.ts";
import { tableOf, type GroupTable } from "./group-table.ts";

export type { GroupEvent } from "./group-scope.ts";

/** The scope that is meant when none is named. */
export const defaultScope = "default";

/**
 * The process of a scope, for a supervisor: `Supervisor.worker("groups", Group.Scope, ["chat"])`. It fails to start when the node has one of that
 * scope already.
 */
export const Scope: ServerDefinition<GroupScope, string, GroupCalls, Server.NoMessages> = groupServer;

/**
 * Starts a scope on this node: groups that are the same wherever a scope of this name runs on a node that there is a link to. Scopes know
 * nothing of each other (R-1106).
 *
 * - Errors: NameTakenError when it runs already.
 *
 * ```ts
 * import { Group, Node, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* (self: Self<string>) {
 *   yield* Group.start();
 *   yield* Group.join("room", self.pid);
 *   return (yield* Group.members("room")).length; // => 1
 * });
 * ```
 */
export function start(scope: string = defaultScope): LocalGenerator<Pid<unknown>> {
  return started(scope, false);
}

/** Like {@link start}, and the scope's process and this one are linked. */
export function startLink(scope: string = defaultScope): LocalGenerator<Pid<unknown>> {
  return started(scope, true);
}

function* started(scope: string, link: boolean): LocalGenerator<Pid<unknown>> {
  const name = processNameOf(checkScope(scope));
  const server = link
    ? yield* Server.startLink(groupServer, scope, { name })
    : yield* Server.start(groupServer, scope, { name });
  return server.pid;
}

/**
 * Lets processes of this node join a group, which is there from then on (R-1101). Whoever joins again has to leave again as often (R-1103). A
 * process leaves all its groups when it ends (R-1104).
 *
 * - Returns when it is so on this node; other nodes are told.
 * - Errors: an exit with the reason `nolocal` when one of them was not born on this node, or its home was handed over: then none has joined (R-1102).
 *   CallError with the reason `noproc` when the scope does not run on this node (R-1106).
 */
export function* join(group: string, pids: Pid | readonly Pid[], scope?: string): LocalGenerator<void> {
  const members = yield* localMembersOf(pids, "Group.join");
  const isJoined = yield* scopeCall(scope).join(checkGroup(group), members);
  if (!isJoined) {
    const what = "members of a scope on this node";
    throw new RangeError(`Group.join: ${beyond(yield* limitsHere, "groupMembersPerNode", what)}`);
  }
}

/**
 * Lets processes of this node leave a group, each once.
 *
 * @returns `"not_joined"` when none of them was in it (R-1103).
 */
export function* leave(group: string, pids: Pid | readonly Pid[], scope?: string): LocalGenerator<"ok" | "not_joined"> {
  const members = yield* localMembersOf(pids, "Group.leave");
  return (yield* scopeCall(scope).leave(checkGroup(group), members)) ? "ok" : "not_joined";
}

/**
 * Who is in a group, on this node and on those that there is a link to (R-1105, R-1109): each as often as it has joined. It finishes at once, and nobody
 * is asked. Empty where the scope does not run.
 */
export function members<M = unknown>(group: string, scope?: string): Operation<readonly Pid<M>[]> {
  return reading(scope, (table) => table.all.members(group));
}

/** Who is in a group on this node (R-1105). */
export function localMembers<M = unknown>(group: string, scope?: string): Operation<readonly Pid<M>[]> {
  return reading(scope, (table) => table.local.members(group));
}

/** The groups that have a member: OTP's `which_groups`. */
export function groups(scope?: string): Operation<readonly string[]> {
  return reading(scope, (table) => table.all.names);
}

/** What a monitor begins with. */
export interface GroupMonitor<T> {
  /** In every {@link GroupEvent} of it; for {@link demonitor}. */
  readonly ref: Ref;
  readonly members: T;
}

/**
 * Asks for a group's members, and for every change after that: a {@link GroupEvent} for each, none lost or doubled (R-1111). What the process receives
 * must include them.
 */
export function* monitor(group: string, scope?: string): LocalGenerator<GroupMonitor<readonly Pid<any>[]>> {
  const ref = yield* newRef();
  const [found] = yield* scopeCall(scope).subscribe(ref, checkGroup(group));
  return { ref, members: found?.[1] ?? [] };
}

/** Like {@link monitor}, for all groups of a scope. */
export function* monitorScope(scope?: string): LocalGenerator<GroupMonitor<ReadonlyMap<string, readonly Pid<any>[]>>> {
  const ref = yield* newRef();
  return { ref, members: new Map(yield* scopeCall(scope).subscribe(ref, null)) };
}

/**
 * Ends a monitor. Nothing of it comes any more, and what waits in the mailbox is removed.
 *
 * @returns false when there is no such monitor.
 */
export function* demonitor(ref: Ref, scope?: string): LocalGenerator<boolean> {
  if (!(ref instanceof Ref)) throw new TypeError(`Group.demonitor: expected a ref, got ${describe(ref)}`);
  if (!(yield* scopeCall(scope).unsubscribe(ref))) return false;
  yield* new InKernel((_kernel, { mailbox }) => {
    const isOfMonitor = (message: unknown): boolean => isGroupEvent(message) && message.ref.equals(ref);
    for (let at = mailbox.findIndex(isOfMonitor); at >= 0; at = mailbox.findIndex(isOfMonitor)) mailbox.removeAt(at);
  });
  return true;
}

function scopeCall(
  scope: string = defaultScope,
): ReturnType<typeof Server.ref<GroupScope, string, GroupCalls, Server.NoMessages>>["call"] {
  return Server.ref(groupServer, processNameOf(checkScope(scope))).call;
}

function reading<T>(scope: string = defaultScope, read: (table: GroupTable) => readonly T[]): Operation<readonly T[]> {
  checkScope(scope);
  return new InKernel((kernel: Kernel) => {
    const table = tableOf(kernel, scope);
    return table === null ? [] : read(table);
  });
}

function newRef(): Operation<Ref> {
  return new InKernel((kernel: Kernel, cell: Cell) => kernel.newRef(cell));
}

/** @throws CauseError `nolocal` when one of them is of another node, before anything is done for the others (R-1102). */
function localMembersOf(pids: Pid | readonly Pid[], what: string): Operation<readonly Pid<any>[]> {
  const all = pids instanceof Pid ? [pids] : pids;
  for (const pid of all) {
    if (!(pid instanceof Pid)) throw new TypeError(`${what}: expected pids, got ${describe(pid)}`);
  }
  return new InKernel((kernel: Kernel) => {
    for (const { address } of all) {
      if (!address.equals(kernel.address)) throw new CauseError({ type: "exit", reason: "nolocal" });
    }
    return all as readonly Pid<any>[];
  });
}

function checkScope(scope: unknown): string {
  if (typeof scope === "string" && scope !== "" && scope.length <= 256) return scope;
  throw new TypeError(`scope: expected a string of 1 to 256 characters, got ${describe(scope)}`);
}

function isGroupEvent(message: unknown): message is GroupEvent {
  if (typeof message !== "object" || message === null) return false;
  const { type, ref } = message as Partial<GroupEvent>;
  return (type === "join" || type === "leave") && ref instanceof Ref;
}
