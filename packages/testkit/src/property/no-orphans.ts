import type { NodeView, ProcessView } from "@espalier/runtime";
import type { Observation, ObservedNode } from "../scenario/observation.ts";
import { property, type Property } from "../scenario/property.ts";
import { describeHeartbeat, describeProcess, heartbeatKey, nameOf, nodeWith, Processes } from "./looking.ts";

/**
 * Nothing is left that belongs to nobody (P25). For `eventually`, or {@link whenQuiet}.
 *
 * - Processes: a guest whose home does not hold it to be there; one that is away, and not where its home holds it to be; one whose parent
 *   has ended and that nobody could miss: no name, no link, no monitor.
 * - Heartbeats: a registration of a node that does not wait for anything any more; a scope that is still open although the node knows
 *   that its heartbeat has ended (P22).
 * - Timers and channels that belong to a process that is not there.
 * - Entries: listeners, scopes and processes that wait for the end of heartbeats, and no heartbeat that knows of them. Counts of the other
 *   tables are `mapsBounded`'s.
 *
 * Timers that go to a name or to another node belong to nobody by themselves (R-504), and are over when they ring.
 */
export const noOrphans: Property = property("noOrphans (P25)", (cluster) => {
  const processes = new Processes(cluster);
  for (const node of cluster.nodes) {
    const { name, view } = node;
    if (view === null) continue;
    const what =
      orphanedProcess(cluster, processes, node, view) ??
      orphanedWait(cluster, view) ??
      orphanedBelonging(cluster, view);
    if (what !== null) return `${name}: ${what}`;
  }
  return null;
});

function orphanedProcess(
  cluster: Observation,
  processes: Processes,
  { ref }: ObservedNode<unknown>,
  { processes: here }: NodeView,
): string | null {
  for (const process of here) {
    const { pid, place, host, parent } = process;
    const who = describeProcess(cluster, process);
    if (place === "guest") {
      const atHome = processes.find(pid);
      if (atHome === null) return `${who} is a guest; expected its home to know of it, which says that it is over`;
      if (atHome !== undefined && atHome.host !== ref.id) {
        const where = atHome.host === null ? "at home" : `on ${nameOf(cluster, atHome.host)}`;
        return `${who} is a guest; expected its home to hold it to be here, got ${where}`;
      }
      continue;
    }
    const hosting = host === null ? undefined : nodeWith(cluster, host);
    if (host !== null && hosting !== undefined && hosting.state !== "crashed" && processes.guestsOn(host, pid) !== 1) {
      return `${who} is away on ${hosting.name}; expected ${hosting.name} to have it as a guest`;
    }
    const isMissed = process.name !== null || process.links.length > 0 || process.monitoredBy > 0;
    if (parent.serial !== 0 && !isMissed && processes.find(parent) === null) {
      return `${who}: its parent is over, and nobody holds it by a name, a link or a monitor`;
    }
  }
  return null;
}

function orphanedWait(cluster: Observation, view: NodeView): string | null {
  let waits = 0;
  for (const { heartbeat, registrations } of view.heartbeats) {
    const key = heartbeatKey(heartbeat);
    for (const { node } of registrations) {
      if (node === view.id) {
        waits += 1;
        continue;
      }
      const other = nodeWith(cluster, node);
      const isHeld = other?.view?.heartbeats.some((entry) => heartbeatKey(entry.heartbeat) === key) ?? true;
      if (!isHeld)
        return `${describeHeartbeat(cluster, heartbeat)}: ${other?.name} is registered, and waits for nothing`;
    }
  }
  const { heartbeatWaits } = view.records;
  if (heartbeatWaits === waits) return null;
  return `${heartbeatWaits} scopes, listeners and processes wait for heartbeats; expected ${waits}, which those know of`;
}

function orphanedBelonging(cluster: Observation, view: NodeView): string | null {
  const living = new Map<string, ProcessView>(view.processes.map((process) => [process.pid.key, process]));
  const over = new Set(
    view.heartbeats
      .filter(({ status }) => status.state !== "live" && status.state !== "unknown")
      .map(({ heartbeat }) => heartbeatKey(heartbeat)),
  );
  for (const process of view.processes) {
    const scope = process.scopes.find((heartbeat) => over.has(heartbeatKey(heartbeat)));
    if (scope === undefined) continue;
    return `${describeProcess(cluster, process)} is in a scope of ${describeHeartbeat(cluster, scope)}, which has ended`;
  }
  const timer = view.timerList.find(({ owner }) => owner !== null && !living.has(owner.key));
  if (timer !== undefined) return `a timer (${timer.what}) belongs to ${String(timer.owner)}, which is not here`;
  const channel = view.channels.channels.find(({ owner }) => owner !== null && !living.has(owner.key));
  return channel === undefined ? null : `channel ${channel.id} belongs to ${String(channel.owner)}, which is not here`;
}
