import type { ProcessView } from "@espalier/runtime";
import type { Observation, ObservedNode } from "../scenario/observation.ts";
import { property, type Property } from "../scenario/property.ts";
import { describeProcess, Processes } from "./looking.ts";

/**
 * Every permanent child runs, as one process (P24). For `eventually`, or {@link whenQuiet}.
 *
 * For each supervisor that lives: it has no work in hand; no child waits for its restart; each permanent child has a process, and that
 * lives; and there is no process that it started beside those that it counts as its children.
 *
 * It cannot see a supervisor that has ended: whether it should be there is for its own supervisor, which is looked at, or for a property of the
 * scenario.
 */
export const childrenRunning: Property = property("childrenRunning (P24)", (cluster) => {
  const processes = new Processes(cluster);
  for (const node of cluster.nodes) {
    for (const process of node.view?.processes ?? []) {
      const what = process.details?.type === "supervisor" ? problemOf(cluster, processes, node, process) : null;
      if (what !== null) return `${describeProcess(cluster, process)}: ${what}`;
    }
  }
  return null;
});

function problemOf(
  cluster: Observation,
  processes: Processes,
  { view }: ObservedNode<unknown>,
  { pid: supervisor, details }: ProcessView,
): string | null {
  if (details?.type !== "supervisor") return null;
  const { phase, children } = details;
  if (phase !== "running") return `it is ${phase}; expected it to be running, with nothing in hand`;
  for (const { id, state, restart, pid } of children) {
    const child = `child ${id === null ? "" : `${JSON.stringify(id)} `}(${restart})`;
    if (state === "restarting") return `${child} waits for its restart; expected it to run`;
    if (restart === "permanent" && state !== "running") return `${child} is ${state}; expected it to be running`;
    if (pid !== null && processes.find(pid) === null)
      return `${child} is held to be running; expected its process to live`;
  }
  const beside = view?.processes.find(
    ({ pid, parent, place }) =>
      place !== "guest" && parent.equals(supervisor) && !children.some((child) => child.pid?.equals(pid) === true),
  );
  return beside === undefined
    ? null
    : `${describeProcess(cluster, beside)} was started by it and is none of its children; expected it to have ended`;
}
