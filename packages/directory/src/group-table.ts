import { InKernel, type Cell, type Kernel } from "@espalier/runtime";
import { GroupSet } from "./group-set.ts";
import { NodeTables } from "./node-tables.ts";

/** What a node knows of the groups of one scope: look-ups read it, and the scope's process alone writes it. */
export class GroupTable {
  /** The members on this node and on those that there is a link to. */
  readonly all: GroupSet = new GroupSet();
  readonly local: GroupSet = new GroupSet();
}

const tables = new NodeTables<GroupTable>();

/** The table of a scope on a node; null when the scope has no process there. */
export function tableOf(kernel: Kernel, scope: string): GroupTable | null {
  return tables.find(kernel, scope) ?? null;
}

/** A table that is there as long as the process that performs this. */
export function openTable(scope: string): InKernel<GroupTable> {
  return new InKernel((kernel: Kernel, cell: Cell) => {
    const table = new GroupTable();
    const release = tables.put(kernel, scope, table);
    (cell.belongings ??= new Set()).add({ release });
    return table;
  });
}
