import { NodeRef, type NodeId } from "../cluster/node-ref.ts";

/**
 * Whom a node lets in: by the key that a session has proven, and nothing else. Nobody, unless named.
 *
 * It is asked at every handshake, and again whenever something that a peer said is acted on, which may be long after it arrived (H30).
 */
export class Access {
  readonly #named: Set<NodeId> | "anyone";
  /** Keys that were let in, or connected to, and shall not be any more. */
  readonly #revoked = new Set<NodeId>();

  /** @throws TypeError naming a key that is none. */
  constructor(allow: readonly NodeId[] | "anyone" = []) {
    this.#named = allow === "anyone" ? "anyone" : new Set(allow.map(checkId));
  }

  /** Whether a node with this key may connect to this one, now. */
  admits(peer: NodeId): boolean {
    return !this.#revoked.has(peer) && (this.#named === "anyone" || this.#named.has(peer));
  }

  /** Whether what `peer` says is acted on, now: whoever was let in, or was connected to from here, until it is revoked. */
  hears(peer: NodeId): boolean {
    return !this.#revoked.has(peer);
  }
}

/** A NodeRef knows what an id looks like, and says so. */
function checkId(id: NodeId): NodeId {
  return new NodeRef(id, null).id;
}
