import type { NodeView, ProcessView } from "espalier";

/** The process of `view` named `root` and those below it, as an indented tree; `describe` adds to each line. */
export function treeLines(view: NodeView, root: string, describe: (process: ProcessView) => string): string[] {
  const children = new Map<string, ProcessView[]>();
  for (const process of view.processes) {
    const parent = process.parent.key;
    children.set(parent, [...(children.get(parent) ?? []), process]);
  }
  const lines: string[] = [];
  const draw = (process: ProcessView, indent: string, branch: string, next: string): void => {
    lines.push(`${indent}${branch}${process.name ?? process.label}  ${describe(process)}`.trimEnd());
    const below = children.get(process.pid.key) ?? [];
    below.forEach((child, index) => {
      const last = index === below.length - 1;
      draw(child, indent + next, last ? "└─ " : "├─ ", last ? "   " : "│  ");
    });
  };
  for (const process of view.processes) if (process.name === root) draw(process, "  ", "", "");
  return lines;
}
