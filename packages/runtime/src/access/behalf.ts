import type { Belonging, Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";

/**
 * Processes whose home is this node and that another one's computations have started here, with all that those start: on whose behalf they are there. A
 * guest's own home says whose it is.
 */
export class Behalf {
  readonly #kernel: Kernel;
  readonly #nodes = new Map<Cell, NodeId>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** The node on whose behalf a process is here; null of one of this node's own. */
  of(cell: Cell): NodeId | null {
    return cell.place?.kind === "guest" ? cell.pid.address.id : (this.#nodes.get(cell) ?? null);
  }

  /** `parent` starts `child`. */
  inherit(child: Cell, parent: Pid): void {
    const cell = parent.cell ?? this.#kernel.guests.get(parent.key);
    const node = cell === undefined ? null : this.of(cell);
    if (node !== null) this.add(child, node);
  }

  add(cell: Cell, node: NodeId): void {
    this.#nodes.set(cell, node);
    (cell.belongings ??= new Set()).add(new Mark(() => this.#nodes.delete(cell)));
  }

  /** The processes that are here on behalf of `node`, but for guests. */
  started(node: NodeId): readonly Cell[] {
    return [...this.#nodes].filter(([, of]) => of === node).map(([cell]) => cell);
  }
}

/** It stays with the process at its home. */
class Mark implements Belonging {
  readonly atHome = true;
  readonly release: () => void;

  constructor(release: () => void) {
    this.release = release;
  }
}
