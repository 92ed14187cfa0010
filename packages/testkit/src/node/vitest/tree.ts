import type { TreeView } from "espalier";
import type { Cluster } from "./clusters.ts";

/** Who spawned whom, by node, in lines: names and labels, what a supervisor says of its children, and no ids, so that it can be a snapshot. */
export function treeOf({ observation }: Cluster): string {
  return observation.nodes
    .map(({ name, state, view }) =>
      [
        `${name}${state === "running" ? "" : ` (${state})`}`,
        ...(view?.tree ?? []).flatMap((tree) => linesOf(tree, "  ")),
      ].join("\n"),
    )
    .join("\n");
}

function linesOf({ process: { name, label, place, details }, children }: TreeView, indent: string): readonly string[] {
  const called = name === null || name === label ? label : `${name} (${label})`;
  const where = place === "home" ? "" : `, ${place}`;
  const strategy = details?.type === "supervisor" ? `, ${details.strategy ?? details.kind}` : "";
  return [`${indent}${called}${strategy}${where}`, ...children.flatMap((child) => linesOf(child, `${indent}  `))];
}
