import { describe, type LocalGenerator } from "@espalier/heartbeat";
import { Server, type NodeId, type Pid, type ServerDefinition } from "@espalier/runtime";
import { checked } from "./checked.ts";
import type { LockId } from "./global-locks.ts";
import { checkLock, checkName, checkPid } from "./global-messages.ts";
import { GlobalNode } from "./global-node.ts";
import { randomExit, type Resolve } from "./global-resolve.ts";

/** What the process of `Global` can be called for. */
export interface GlobalCalls {
  readonly claim: (
    state: GlobalNode,
    name: string,
    pid: Pid<any>,
    resolve: Resolve,
    replace: boolean,
  ) => LocalGenerator<boolean>;
  readonly unregister: (state: GlobalNode, name: string) => LocalGenerator<boolean>;
  readonly sync: (state: GlobalNode) => LocalGenerator<boolean>;
  readonly setLock: (
    state: GlobalNode,
    id: LockId,
    holder: Pid<any>,
    nodes: readonly NodeId[] | null,
  ) => LocalGenerator<boolean>;
  readonly deleteLock: (
    state: GlobalNode,
    id: LockId,
    holder: Pid<any>,
    nodes: readonly NodeId[] | null,
  ) => LocalGenerator<boolean>;
}

const name = checked(checkName);
const pid = checked(checkPid);
const lock = checked(checkLock);
const flag = checked((value) => value === true);
const nodes = checked((value) => {
  if (value === null) return null;
  if (Array.isArray(value) && value.every((node) => typeof node === "string")) return value;
  throw new TypeError(`nodes: expected a list of node ids or null, got ${describe(value)}`);
});
const resolver = checked((value) => (typeof value === "function" ? (value as Resolve) : randomExit));

/** The process of `Global` on a node. */
export const globalServer: ServerDefinition<GlobalNode, void, GlobalCalls, Server.NoMessages> = Server.define({
  label: "global names",
  init: () => GlobalNode.open(),
  call: {
    claim: (state: GlobalNode, claimed: string, owner: Pid<any>, resolve: Resolve, replace: boolean) =>
      later((done) => state.claim(claimed, owner, resolve, replace, done)),
    unregister: (state: GlobalNode, given: string) => later((done) => state.unregister(given, () => done(true))),
    sync: (state: GlobalNode) => later((done) => state.sync.wait(() => done(true))),
    setLock: (state: GlobalNode, id: LockId, holder: Pid<any>, on: readonly NodeId[] | null) =>
      later((done) => state.locks.acquire(id, holder, on, done)),
    deleteLock: (state: GlobalNode, id: LockId, holder: Pid<any>, on: readonly NodeId[] | null) =>
      later((done) => state.locks.release(id, holder, on, () => done(true))),
  },
  info: (state, message) => state.receive(message),
  validate: {
    call: {
      claim: [name, pid, resolver, flag],
      unregister: [name],
      sync: [],
      setLock: [lock, pid, nodes],
      deleteLock: [lock, pid, nodes],
    },
  },
});

/** A reply that may have to wait for other nodes: the server goes on meanwhile. */
function* later(begin: (done: (value: boolean) => LocalGenerator<void>) => LocalGenerator<void>): LocalGenerator<any> {
  let from: Server.From<boolean> | null = null;
  let early: { readonly value: boolean } | null = null;
  yield* begin(function* (value) {
    if (from === null) early = { value };
    else yield* from.reply(value);
  });
  if (early !== null) return (early as { readonly value: boolean }).value;
  return Server.defer<boolean>((asker) => {
    from = asker;
  });
}
