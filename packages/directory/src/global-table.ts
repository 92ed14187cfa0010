import { InKernel, type Cell, type Kernel, type NodeId, type Pid } from "@espalier/runtime";
import { NodeTables } from "./node-tables.ts";

/** Names and who has them. */
export type Names = Map<string, Pid<any>>;

/** The names that a node knows: look-ups read them, and the node's process of `Global` alone writes them. */
export class GlobalTable {
  /** By the node that answers for them: that of the process, which has no two for one name. */
  readonly #byNode = new Map<NodeId, Names>();

  /** All of a node at once. */
  set(node: NodeId, names: Names): void {
    this.#byNode.set(node, names);
  }

  delete(node: NodeId): void {
    this.#byNode.delete(node);
  }

  of(node: NodeId): Names | null {
    return this.#byNode.get(node) ?? null;
  }

  /** Each node that has a process of this name. There are two only until the conflict is resolved (R-1321). */
  holders(name: string): readonly (readonly [NodeId, Pid<any>])[] {
    const found: (readonly [NodeId, Pid<any>])[] = [];
    for (const [node, names] of this.#byNode) {
      const pid = names.get(name);
      if (pid !== undefined) found.push([node, pid]);
    }
    return found;
  }

  /** Who has the name: of two the one on the node whose id is the smaller, wherever one looks. */
  whereis(name: string): Pid<any> | undefined {
    let first: readonly [NodeId, Pid<any>] | null = null;
    for (const holder of this.holders(name)) {
      if (first === null || holder[0] < first[0]) first = holder;
    }
    return first?.[1];
  }

  get names(): readonly string[] {
    return [...new Set([...this.#byNode.values()].flatMap((names) => [...names.keys()]))];
  }
}

/** There is one of each node. */
const name = "global";
const tables = new NodeTables<GlobalTable>();

/** The table of a node; null when `Global` does not run there. */
export function globalTableOf(kernel: Kernel): GlobalTable | null {
  return tables.find(kernel, name) ?? null;
}

/** A table that is there as long as the process that performs this. */
export function openGlobalTable(): InKernel<GlobalTable> {
  return new InKernel((kernel: Kernel, cell: Cell) => {
    const table = new GlobalTable();
    const release = tables.put(kernel, name, table);
    (cell.belongings ??= new Set()).add({ release });
    return table;
  });
}
