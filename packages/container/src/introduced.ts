import type { NodeId } from "@espalier/runtime";
import type { Introductions } from "@espalier/wire";

/** The static keys of the nodes of one container that run. Whether a node lets another one in is decided by its allow list all the same. */
export class Introduced {
  readonly #keys = new Map<NodeId, Uint8Array>();

  /** What one node is given: it speaks for itself, and for nobody else. */
  of(own: NodeId): Introductions {
    const check = (node: NodeId): void => {
      if (node !== own) throw new RangeError(`introductions of ${own}: expected its own key, got that of ${node}`);
    };
    return {
      publish: (node, staticKey) => {
        check(node);
        this.#keys.set(node, staticKey.slice());
      },
      staticKeyOf: (node) => this.#keys.get(node) ?? null,
      withdraw: (node) => {
        check(node);
        this.#keys.delete(node);
      },
    };
  }

  /** The node does not run any more. */
  forget(node: NodeId): void {
    this.#keys.delete(node);
  }
}
