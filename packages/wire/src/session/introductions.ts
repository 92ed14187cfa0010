import type { NodeId } from "@espalier/runtime";

/**
 * Static keys of nodes that know each other beforehand, from somebody whom both trust: the container that they live in. Between them neither
 * a signature nor its expiry is looked at, because nobody but the container could have named the key.
 */
export interface Introductions {
  /** The node uses this key from now on, instead of the one that it named before. */
  publish(node: NodeId, staticKey: Uint8Array): void;
  /** The public X25519 key of a node that was introduced, or null. */
  staticKeyOf(node: NodeId): Uint8Array | null;
  /** The node is gone. */
  withdraw(node: NodeId): void;
}
