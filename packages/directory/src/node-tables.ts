import type { Kernel } from "@espalier/runtime";

/** What processes of one kind keep at the kernel of their node, by name: look-ups read it without asking them. */
export class NodeTables<T> {
  readonly #tables = new WeakMap<Kernel, Map<string, T>>();

  find(kernel: Kernel, name: string): T | undefined {
    return this.#tables.get(kernel)?.get(name);
  }

  /** Puts a table there, in the place of an earlier one. What this gives takes it away again, unless there is a later one by then. */
  put(kernel: Kernel, name: string, table: T): () => void {
    let ofNode = this.#tables.get(kernel);
    if (ofNode === undefined) this.#tables.set(kernel, (ofNode = new Map()));
    ofNode.set(name, table);
    return () => {
      if (ofNode.get(name) === table) ofNode.delete(name);
    };
  }
}
