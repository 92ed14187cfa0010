import type { Cause, Heartbeat, HeartbeatStatus, Node, NodeView, Pid, ProcessView } from "espalier";
import { heartbeatKey } from "../../property/looking.ts";
import { Sim } from "../../probe/sim.ts";
import type { Observation, Observed } from "../../scenario/observation.ts";

/** What a matcher can look into: a `Sim`, or the cluster of the fixture `local`. */
export interface Cluster {
  readonly observation: Observation<any>;
  readonly events: readonly Observed[];
}

/** Those that tests have open, by the nodes that tests hold: a pid or a heartbeat alone does not say where to look. */
const open = new Map<object, Cluster>();

export function opened(key: object, cluster: Cluster): void {
  open.set(key, cluster);
}

export function closed(key: object): void {
  open.delete(key);
}

/** The cluster that a test means by a `Sim`, or by the node of the fixture `local`. */
export function clusterOf(subject: unknown): Cluster {
  if (subject instanceof Sim) return subject;
  const cluster = typeof subject === "object" && subject !== null ? open.get(subject) : undefined;
  if (cluster !== undefined) return cluster;
  throw new TypeError("expected a Sim, or the node of the fixture `local`");
}

/** Where to look for a value: the cluster that is given, or all that the test has open. */
export function clustersFor(where: Sim | Node | undefined): readonly Cluster[] {
  if (where !== undefined) return [clusterOf(where)];
  if (open.size > 0) return [...open.values()];
  throw new TypeError("expected a test with the fixture `sim` or `local`, or the option `in`: where to look");
}

export function viewsOf(clusters: readonly Cluster[]): readonly NodeView[] {
  return clusters.flatMap(({ observation }) => observation.nodes.flatMap(({ view }) => (view === null ? [] : [view])));
}

/** The process, at its home if that is known. */
export function processOf(clusters: readonly Cluster[], pid: Pid): ProcessView | null {
  const found = viewsOf(clusters)
    .flatMap(({ processes }) => processes)
    .filter((process) => process.pid.equals(pid));
  return found.find(({ place }) => place !== "guest") ?? found[0] ?? null;
}

/** Why a process ended, if its end was seen. */
export function causeOfEnd(clusters: readonly Cluster[], pid: Pid): Cause | null {
  for (const { event } of clusters.flatMap(({ events }) => events)) {
    if (event.type === "exit" && event.pid.equals(pid)) return event.cause;
  }
  return null;
}

/** Why a heartbeat ended, if somebody saw it: as its home said, else as others heard. The record itself is let go in time (P14). */
export function causeOfHeartbeat(clusters: readonly Cluster[], heartbeat: Heartbeat): Cause | null {
  const key = heartbeatKey(heartbeat);
  let heard: Cause | null = null;
  for (const { event } of clusters.flatMap(({ events }) => events)) {
    if (event.type !== "heartbeat.ended" || heartbeatKey(event.heartbeat) !== key || event.cause === null) continue;
    if (event.decidedHere) return event.cause;
    heard ??= event.cause;
  }
  return heard;
}

/** What is known of a heartbeat: by its home, else by whoever knows something. */
export function statusOf(clusters: readonly Cluster[], heartbeat: Heartbeat): HeartbeatStatus | null {
  const key = heartbeatKey(heartbeat);
  const entries = viewsOf(clusters)
    .flatMap(({ heartbeats }) => heartbeats)
    .filter((entry) => heartbeatKey(entry.heartbeat) === key);
  return (entries.find(({ decidedHere }) => decidedHere) ?? entries[0])?.status ?? null;
}
