import type { ProcessView, TreeView } from "espalier";

/** A tree of processes as indented lines; `describe` adds to each. */
export function treeLines({ process, children }: TreeView, describe: (process: ProcessView) => string): string[] {
  const lines = [`${process.name ?? process.label}  ${describe(process)}`.trimEnd()];
  children.forEach((child, index) => {
    const last = index === children.length - 1;
    const [first = "", ...rest] = treeLines(child, describe);
    lines.push(`${last ? "└─" : "├─"} ${first}`, ...rest.map((line) => `${last ? "  " : "│ "} ${line}`));
  });
  return lines;
}

/** The part of the tree whose top has this name. */
export function findTree(trees: readonly TreeView[], name: string): TreeView | undefined {
  for (const tree of trees) {
    const found = tree.process.name === name ? tree : findTree(tree.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
