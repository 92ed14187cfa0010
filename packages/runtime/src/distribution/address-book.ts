import { putLatest } from "@espalier/heartbeat";
import { NodeRef, type NodeId } from "../cluster/node-ref.ts";
import { limits } from "../limits.ts";

/**
 * Where nodes were last known to listen. A hint and no more: whoever answers there still has to prove its key, so a wrong entry costs one
 * failed attempt.
 */
export class AddressBook {
  readonly #max: number;
  /** Who is being listened to, if that is a node that is not trusted: see {@link AddressBook.learn}. */
  speaker: NodeId | null = null;
  /** Who has said where a node listens, if only nodes that are not trusted have. */
  readonly #by = new Map<NodeId, NodeId>();
  /** None with a shared key: what is decoded here gets them, and may be somebody else's code. */
  readonly #refs = new Map<NodeId, NodeRef>();
  /** Shared keys, of those nodes that this node's own code has referred to with one. */
  readonly #keys = new Map<NodeId, Uint8Array>();

  /** @param max how many are remembered. */
  constructor(max: number = limits.addresses) {
    this.#max = max;
  }

  /**
   * What the `speaker` says of others replaces nothing that is known otherwise, and it is remembered whose word it is: this node goes there only so
   * often.
   */
  learn(ref: NodeRef): void {
    const { id, address, sharedKey } = ref;
    const { speaker } = this;
    if (address !== null) {
      if (speaker === null || speaker === id) this.#by.delete(id);
      else if (this.#refs.has(id) && !this.#by.has(id)) return;
      else putLatest(this.#by, id, speaker, this.#max);
    }
    if (sharedKey !== null) putLatest(this.#keys, id, sharedKey, this.#max);
    if (address !== null) putLatest(this.#refs, id, sharedKey === null ? ref : new NodeRef(id, address), this.#max);
  }

  find(id: NodeId): NodeRef {
    return this.#refs.get(id) ?? new NodeRef(id, null);
  }

  /** By whose word alone it is known where `id` listens, if that is a node that is not trusted. */
  namedBy(id: NodeId): NodeId | null {
    return this.#by.get(id) ?? null;
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
