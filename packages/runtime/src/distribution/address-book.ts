import { NodeRef, type NodeId } from "../node-ref.ts";

/**
 * Where nodes were last known to listen. A hint and no more: whoever answers there still has to prove its key, so a wrong entry costs one
 * failed attempt.
 */
export class AddressBook {
  readonly #addresses = new Map<NodeId, string>();

  learn({ id, address }: NodeRef): void {
    if (address === null) return;
    // The ones that were mentioned longest ago go first: strangers' mentions must not fill the memory.
    this.#addresses.delete(id);
    this.#addresses.set(id, address);
    if (this.#addresses.size <= addressesMax) return;
    for (const oldest of this.#addresses.keys()) {
      this.#addresses.delete(oldest);
      break;
    }
  }

  find(id: NodeId): NodeRef {
    return new NodeRef(id, this.#addresses.get(id) ?? null);
  }
}

const addressesMax = 100_000;
