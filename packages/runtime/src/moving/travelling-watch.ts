import { parseCause } from "@espalier/heartbeat";
import { Alias, AliasWatch } from "../addresses/alias.ts";
import { Call, CallWatch, ShutdownWatch } from "../servers/call.ts";
import type { Cell } from "../cell.ts";
import { isRemoteName, type Addressee } from "../addresses/destination.ts";
import { MigrationWatch } from "./migrate.ts";
import { isMonitorAlias, MonitorWatch, type MonitorOptions } from "../exits/monitor.ts";
import { NodeRef } from "../cluster/node-ref.ts";
import { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import { parseResponse, RequestWatch } from "../servers/request.ts";
import type { Down } from "../exits/signal.ts";
import { isSpawnReplies, SpawnRequestWatch } from "../spawning/spawn-request.ts";
import { TaskWatch, type TaskOutcome } from "../tasks/task.ts";
import { otherwiseOf, record, unexpected } from "./travelling-wait.ts";
import type { CapturedWatch, Watch } from "../exits/watch.ts";

/**
 * Makes a watch again from what {@link Watch.capture} gave. It is not attached to anything yet.
 *
 * @throws TypeError when that makes no sense: it came from another node.
 */
export type WatchMaker = (cell: Cell, ref: Ref, captured: CapturedWatch) => Watch;

/** The kinds of watches that travel; other layers add theirs. */
export const watchMakers: readonly (readonly [kind: string, maker: WatchMaker])[] = [
  [
    "monitor",
    (cell, ref, { target, data }) => {
      const { process, map, ...options } = record(data, "monitor");
      const how = { ...monitorOptionsOf(options, "monitor"), map: functionOf<Down>(map, "monitor") };
      return new MonitorWatch(cell, refOf(ref, how), target, addressee(process), how);
    },
  ],
  [
    "spawn-request",
    (cell, ref, { target, data }) => {
      const { link, monitor, reply, replyTag } = record(data, "spawn-request");
      if (!isSpawnReplies(reply)) throw unexpected("spawn-request", "which replies are wanted", reply);
      const how = monitor === null ? null : monitorOptionsOf(record(monitor, "spawn-request"), "spawn-request");
      return new SpawnRequestWatch(cell, how === null ? ref : refOf(ref, how), watchedBy(target) as Pid<any>, {
        link: flag(link, "spawn-request"),
        monitor: how,
        reply,
        replyTag: replyTag === null ? undefined : record(replyTag, "spawn-request")["value"],
      });
    },
  ],
  [
    "alias",
    (cell, ref, { data }) => {
      const { mode, priority } = record(data, "alias");
      if (mode !== "explicit-unalias" && mode !== "reply") {
        throw unexpected("alias", "explicit-unalias or reply", mode);
      }
      return new AliasWatch(cell, asAlias(ref), mode, flag(priority, "alias"));
    },
  ],
  [
    "call",
    (cell, ref, { target, data }) => {
      const { to, name, system, otherwise } = record(data, "call");
      // What it was called with is over there.
      const call = new Call(addressee(to), String(name), [], system === true, Infinity, otherwiseOf(otherwise, "call"));
      return new CallWatch(cell, ref, watchedBy(target), call);
    },
  ],
  [
    "shutdown",
    (cell, ref, { target, data }) => {
      const { to, wanted } = record(data, "shutdown");
      const call = new Call<void>(addressee(to), "shutdown", [parseCause(wanted, "shutdown")], true);
      return new ShutdownWatch(cell, ref, watchedBy(target), call);
    },
  ],
  [
    "request",
    (cell, ref, { target, data }) => {
      const { server, deliver, response } = record(data, "request");
      const to = addressee(server);
      return new RequestWatch(cell, ref, target, to, functionOf(deliver, "request"), parseResponse(response, to));
    },
  ],
  [
    "migration",
    (cell, ref, { target, data }) => {
      const { node, otherwise } = record(data, "migration");
      if (!(node instanceof NodeRef)) throw unexpected("migration", "a node", node);
      return new MigrationWatch(cell, ref, watchedBy(target), node, otherwiseOf(otherwise, "migration"));
    },
  ],
  [
    "task",
    (cell, ref, { target, data }) => {
      const { linked, outcome } = record(data, "task");
      return new TaskWatch(cell, ref, target, flag(linked, "task"), outcome === null ? null : outcomeOf(outcome));
    },
  ],
];

function outcomeOf(data: unknown): TaskOutcome<unknown> {
  const { type, value, cause } = record(data, "task");
  return type === "success" ? { type, value } : { type: "failure", cause: parseCause(cause, "task") };
}

function monitorOptionsOf({ alias, tag, priority }: Readonly<Record<string, unknown>>, name: string): MonitorOptions {
  if (alias !== null && !isMonitorAlias(alias)) throw unexpected(name, "a mode of its alias, or none", alias);
  return {
    priority: flag(priority, name),
    ...(alias === null ? {} : { alias }),
    ...(tag === null ? {} : { tag: record(tag, name)["value"] }),
  };
}

function refOf(ref: Ref, { alias }: MonitorOptions): Ref {
  return alias === undefined ? ref : asAlias(ref);
}

function asAlias({ owner, serial }: Ref): Alias<any> {
  return new Alias<any>(owner, serial);
}

function addressee(to: unknown): Addressee<any> & Down["process"] {
  if (to instanceof Pid || typeof to === "string" || isRemoteName(to)) return to;
  throw unexpected("watch", "whom it is of", to);
}

function functionOf<T>(map: unknown, name: string): ((message: T) => unknown) | null {
  if (map === null || typeof map === "function") return map as ((message: T) => unknown) | null;
  throw unexpected(name, "a function or nothing", map);
}

function flag(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw unexpected(name, "true or false", value);
}

function watchedBy(target: Pid | null): Pid {
  if (target === null) throw unexpected("watch", "a process that is watched", target);
  return target;
}
