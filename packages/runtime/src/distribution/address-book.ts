import { putLatest } from "@espalier/heartbeat";
import { NodeRef, type NodeId } from "../cluster/node-ref.ts";
import { limits } from "../limits.ts";

/**
 * Where nodes were last known to listen. A hint and no more: whoever answers there still has to prove its key, so a wrong entry costs one
 * failed attempt.
 */
export class AddressBook {
  readonly #max: number;
  /** None with a shared key: what is decoded here gets them, and may be somebody else's code. */
  readonly #refs = new Map<NodeId, NodeRef>();
  /** Shared keys, of those nodes that this node's own code has referred to with one. */
  readonly #keys = new Map<NodeId, Uint8Array>();

  /** @param max how many are remembered. */
  constructor(max: number = limits.addresses) {
    this.#max = max;
  }

  learn(ref: NodeRef): void {
    const { id, address, sharedKey } = ref;
    if (sharedKey !== null) putLatest(this.#keys, id, sharedKey, this.#max);
    if (address !== null) putLatest(this.#refs, id, sharedKey === null ? ref : new NodeRef(id, address), this.#max);
  }

  find(id: NodeId): NodeRef {
    return this.#refs.get(id) ?? new NodeRef(id, null);
  }

  /** All that is needed to connect with `id`, as far as it is known: its shared key too. */
  route(id: NodeId): NodeRef {
    const key = this.#keys.get(id);
    return key === undefined ? this.find(id) : this.find(id).withKey(key);
  }

  /** What is known of `id`, if it is that it listens at `address`: saves the checks of both. */
  known(id: unknown, address: unknown): NodeRef | null {
    const ref = this.#refs.get(id as NodeId);
    return ref !== undefined && ref.address === address ? ref : null;
  }
}
