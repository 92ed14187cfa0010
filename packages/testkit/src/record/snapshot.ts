import type { NodeView, TreeView } from "@espalier/runtime";
import type { ObservedNode } from "../scenario/observation.ts";
import type { Names } from "./names.ts";
import { plain } from "./plain.ts";
import type { NodeSnapshot, ProcessSnapshot } from "./run-record.ts";
import type { Json } from "../scenario/json.ts";

/** A node as it is now. */
export function snapshot({ name, state, life, view }: ObservedNode<unknown>, names: Names): NodeSnapshot {
  return {
    name,
    state,
    life,
    tree: view === null ? [] : view.tree.map((tree) => processOf(tree, names)),
    peers: view === null ? null : view.peers.map((id) => names.node(id)),
    heartbeats:
      view?.heartbeats.map(({ heartbeat, decidedHere, status }) => ({
        id: names.named(String(heartbeat)),
        decidedHere,
        status: status.state === "live" ? `live, ${status.remainingMs} ms left` : status.state,
      })) ?? [],
    counts: view === null ? {} : countsOf(view),
  };
}

function countsOf({ moving, records, runnable, timers, deadLetters }: NodeView): Readonly<Record<string, number>> {
  return { runnable, timers, deadLetters, ...moving, ...records };
}

function processOf({ process, children }: TreeView, names: Names): ProcessSnapshot {
  const { pid, name, label, status, place, host, waitingFor, mailbox, links, monitors, scopes, details } = process;
  return {
    pid: names.pid(pid),
    name,
    label,
    status,
    place,
    host: host === null ? null : names.node(host),
    waitingFor,
    mailbox,
    links: links.map((link) => names.pid(link)),
    monitors: monitors.map((monitored) => names.pid(monitored)),
    scopes: scopes.map((scope) => names.named(String(scope))),
    details: namedIn(plain(details), names),
    children: children.map((child) => processOf(child, names)),
  };
}

function namedIn(value: Json, names: Names): Json {
  if (typeof value === "string") return names.named(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => namedIn(item, names));
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, namedIn(field, names)]));
}
