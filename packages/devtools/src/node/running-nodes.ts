import type { Node } from "@espalier/runtime";

/** Where the package `espalier` keeps the nodes of this OS process, as long as they run: the same for all copies of it. */
const registry: unique symbol = Symbol.for("espalier.nodes") as never;

/** The nodes that `Node.start` of `espalier` started in this OS process and that have not stopped, the oldest first. */
export function runningNodes(): readonly Node[] {
  const nodes = (globalThis as { readonly [registry]?: ReadonlySet<Node> })[registry];
  return nodes === undefined ? [] : [...nodes];
}
