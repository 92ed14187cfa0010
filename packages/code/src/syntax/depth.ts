import type { Node } from "./tree.ts";
import { forEachPart } from "./walk.ts";

/** How many nodes lie on the longest way into a tree; found without recursion, so that no tree is too deep to be measured. */
export function depthOf(root: Node): number {
  let depth = 0;
  for (let level: Node[] = [root]; level.length > 0; depth += 1) {
    const next: Node[] = [];
    for (const node of level) forEachPart(node, (part) => void next.push(part));
    level = next;
  }
  return depth;
}
