import { toBase64Url, type NodeId } from "@espalier/runtime";
import type { Introductions } from "../src/session/introductions.ts";

/** A container's register of the static keys of its nodes: each was introduced to all others. */
export class Introduced implements Introductions {
  readonly #keys = new Map<NodeId, Uint8Array>();

  publish(node: NodeId, staticKey: Uint8Array): void {
    this.#keys.set(node, staticKey);
  }

  staticKeyOf(node: NodeId): Uint8Array | null {
    return this.#keys.get(node) ?? null;
  }

  withdraw(node: NodeId): void {
    this.#keys.delete(node);
  }

  /** Whose key is there, as text. */
  get published(): readonly string[] {
    return [...this.#keys].map(([node, key]) => `${node} ${toBase64Url(key)}`);
  }
}
