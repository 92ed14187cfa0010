import { describeCause } from "espalier";
import type { Observation, ObservedNode } from "../scenario/observation.ts";
import { property, type Property } from "../scenario/property.ts";
import {
  describeHeartbeat,
  describePid,
  describeProcess,
  heartbeatKey,
  nodeWith,
  Processes,
  type ObservedHeartbeat,
} from "./looking.ts";

/**
 * Whoever wanted to know of an end knows (P12). For `eventually`, or {@link whenQuiet}: news take their time.
 *
 * Wrong is: a node that still waits for the end of a heartbeat that its home has ended, or whose home's life is over; a home that has ended one
 * and has not heard that another node knows; a process that still monitors, or waits in a call for, one that is over.
 *
 * It cannot see whether a registration that is gone was told, nor in which time: that each is told one true thing is `oneVerdict`. Of
 * composites it only sees those that the node itself decides about.
 */
export const everySupervisorTold: Property = property("everySupervisorTold (P12)", (cluster) => {
  const processes = new Processes(cluster);
  for (const node of cluster.nodes) {
    const what = untoldHeartbeat(cluster, node) ?? untoldMonitor(cluster, processes, node);
    if (what !== null) return what;
  }
  return null;
});

function untoldHeartbeat(cluster: Observation, { name, view, ref }: ObservedNode<unknown>): string | null {
  for (const { heartbeat, registrations, decidedHere, status } of view?.heartbeats ?? []) {
    const over = decidedHere ? (status.state === "live" ? null : endOf(status)) : overAtHome(cluster, heartbeat);
    if (over === null) continue;
    const who = describeHeartbeat(cluster, heartbeat);
    for (const registration of registrations) {
      const node = nodeWith(cluster, registration.node);
      if (registration.node === ref.id)
        return `${name} waits for the end of ${who}, but ${over}; expected it to be told`;
      if (node !== undefined) return `${who}: ${over}, but ${node.name} has not said that it knows`;
    }
  }
  return null;
}

/** Why a heartbeat is over, as its home sees it; null when it is not, or nobody can say. */
function overAtHome(cluster: Observation, heartbeat: ObservedHeartbeat): string | null {
  if (!("serial" in heartbeat)) return null;
  const home = nodeWith(cluster, heartbeat.home);
  if (home?.state === "gone") return `${home.name} is gone`;
  if (home === undefined || home.view === null) return null;
  if (home.view.incarnation !== heartbeat.incarnation) return `that life of ${home.name} is over`;
  const key = heartbeatKey(heartbeat);
  const entry = home.view.heartbeats.find((entry) => heartbeatKey(entry.heartbeat) === key);
  if (entry === undefined) return `${home.name} has forgotten it`;
  return entry.status.state === "live" || entry.status.state === "unknown" ? null : endOf(entry.status);
}

function endOf(status: { readonly state: string; readonly cause?: Parameters<typeof describeCause>[0] }): string {
  return status.cause === undefined ? `it is ${status.state}` : `it has ended with ${describeCause(status.cause)}`;
}

function untoldMonitor(
  cluster: Observation,
  processes: Processes,
  { name, view }: ObservedNode<unknown>,
): string | null {
  for (const process of view?.processes ?? []) {
    if (process.place === "guest") continue;
    const over = process.monitors.find((pid) => pid.serial !== 0 && processes.find(pid) === null);
    if (over === undefined) continue;
    const what = `still waits for the end of ${describePid(cluster, over)}`;
    return `${describeProcess(cluster, process)} on ${name} ${what}, which is over; expected it to be told`;
  }
  return null;
}
