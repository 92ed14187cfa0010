import { property, type Property } from "../scenario/property.ts";
import { describePid, describeProcess, Processes } from "./looking.ts";

/**
 * Every link is known on both sides, and both processes live (P20). For `eventually`, or {@link whenQuiet}: while a link or an exit is on
 * its way only one side knows.
 *
 * It compares what the homes of the processes know. What a process that moved takes for its links is not looked at, nor are links to processes
 * of nodes that are not of the scenario or do not run.
 */
export const linkedBothWays: Property = property("linkedBothWays (P20)", (cluster) => {
  const processes = new Processes(cluster);
  for (const { view } of cluster.nodes) {
    for (const process of view?.processes ?? []) {
      if (process.place === "guest") continue;
      for (const pid of process.links) {
        const other = processes.find(pid);
        if (other === undefined || pid.serial === 0) continue;
        const who = describeProcess(cluster, process);
        if (other === null)
          return `${who} is linked with ${describePid(cluster, pid)}, which is over; expected an exit`;
        if (other.links.some((back) => back.equals(process.pid))) continue;
        return `${who} is linked with ${describeProcess(cluster, other)}, which is not linked with it; expected both`;
      }
    }
  }
  return null;
});
