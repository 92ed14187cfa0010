import { NodeRef, type NodeId } from "../cluster/node-ref.ts";

/**
 * Where nodes were last known to listen. A hint and no more: whoever answers there still has to prove its key, so a wrong entry costs one
 * failed attempt.
 */
export class AddressBook {
  readonly #refs = new Map<NodeId, NodeRef>();

  learn(ref: NodeRef): void {
    const { id, address } = ref;
    if (address === null) return;
    // The ones that were mentioned longest ago go first: strangers' mentions must not fill the memory.
    this.#refs.delete(id);
    this.#refs.set(id, ref);
    if (this.#refs.size <= addressesMax) return;
    for (const oldest of this.#refs.keys()) {
      this.#refs.delete(oldest);
      break;
    }
  }

  find(id: NodeId): NodeRef {
    return this.#refs.get(id) ?? new NodeRef(id, null);
  }

  /** What is known of `id`, if it is that it listens at `address`: saves the checks of both. */
  known(id: unknown, address: unknown): NodeRef | null {
    const ref = this.#refs.get(id as NodeId);
    return ref !== undefined && ref.address === address ? ref : null;
  }
}

const addressesMax = 100_000;
