import { NodeRef, type NodeId } from "../cluster/node-ref.ts";
import { AccessError } from "./errors.ts";

/** What a revocation has ended. */
export interface Revoked {
  readonly node: NodeId;
  /** Connections with the node, and attempts to make one. */
  readonly sessions: number;
  /** Processes that ran here on its behalf: its own, and those that they had started here. */
  readonly computations: number;
}

/** What carries out changes of the list. */
export interface AccessOwner {
  /** The node whose list it is. */
  readonly self: NodeId;
  allowed(node: NodeId): void;
  /** Ends all that there is of `node`, at once; `ended` is resolved when what has to end outside of this thread has, too. */
  revoked(node: NodeId): { readonly report: Revoked; readonly ended: Promise<unknown> };
}

/**
 * Whom a node lets in: by the key that a session has proven, and nothing else. Nobody, unless named.
 *
 * It is asked at every handshake, and again whenever something that a peer said is acted on, which may be long after it arrived (H30). So a change
 * counts at once. It is of this life of the node: the next one begins with what it is given at its start.
 *
 * | | connects | is heard | computes here |
 * | --- | --- | --- | --- |
 * | who is on the list, or anyone, when that is the list | yes | yes | yes |
 * | whom the node connected to itself, not on the list | no | yes | no |
 * | who was revoked | no | no | no |
 */
export class Access {
  readonly #named: Set<NodeId> | "anyone";
  /** Keys that were let in, or connected to, and shall not be any more. */
  readonly #revoked = new Set<NodeId>();
  /** Let in because they proved the shared key of the cluster. */
  readonly #members = new Set<NodeId>();
  #isShared = true;
  /** Revocations that are not acknowledged yet. */
  readonly #revoking = new Map<NodeId, Promise<Revoked>>();
  #owner: AccessOwner | null = null;

  /** @throws TypeError naming a key that is none. */
  constructor(allow: readonly (NodeRef | NodeId)[] | "anyone" = []) {
    this.#named = allow === "anyone" ? "anyone" : new Set(allow.map(idOf));
  }

  /** Who is let in by name; or anyone, but for those in {@link Access.revoked}. */
  get list(): readonly NodeId[] | "anyone" {
    return this.#named === "anyone" ? "anyone" : [...this.#named];
  }

  /** Who was revoked, and not allowed again since. */
  get revoked(): readonly NodeId[] {
    return [...this.#revoked];
  }

  /** Whether a node is let in now, and computes here if it wants. */
  isAllowed(node: NodeRef | NodeId): boolean {
    return this.admits(idOf(node));
  }

  /**
   * Lets nodes in from now on. Idempotent. Where anyone is let in, this takes back {@link Access.revoke}.
   *
   * @throws TypeError naming what is neither a NodeRef nor a key; then none of them is.
   */
  allow(...nodes: readonly (NodeRef | NodeId)[]): void {
    for (const id of nodes.map(idOf)) {
      if (this.admits(id)) continue;
      this.#revoked.delete(id);
      this.#revoking.delete(id);
      if (this.#named !== "anyone") this.#named.add(id);
      this.#owner?.allowed(id);
    }
  }

  /**
   * Ends everything that there is of a node, and does not let it in any more, nor connect to it, until it is allowed again. When this returns, no
   * step of its computations is taken here any more, and nothing that it said is acted on; when the promise resolves, what it had in a sandbox has
   * ended as well. Idempotent; it need not be connected, nor on the list. What this cannot undo is in docs/access.md.
   *
   * ```ts
   * import { Node } from "espalier";
   *
   * await using mine = await Node.start();
   * await using other = await Node.start();
   * mine.access.allow(other.ref);
   * const { computations } = await mine.access.revoke(other.ref);
   * [mine.access.isAllowed(other.ref), computations]; // => [false, 0]
   * ```
   *
   * @throws TypeError when it is neither a NodeRef nor a key, or this node's own.
   */
  revoke(node: NodeRef | NodeId): Promise<Revoked> {
    const id = idOf(node);
    if (id === this.#owner?.self) throw new TypeError(`revoke: ${id} is this node itself; stop it instead`);
    const known = this.#revoking.get(id);
    if (known !== undefined) return known;
    const isNew = !this.#revoked.has(id);
    this.#revoked.add(id);
    this.#members.delete(id);
    if (this.#named !== "anyone") this.#named.delete(id);
    const nothing = { node: id, sessions: 0, computations: 0 };
    // What was ended once cannot have begun again.
    const done = isNew ? this.#owner?.revoked(id) : undefined;
    if (done === undefined) return Promise.resolve(nothing);
    const forget = (): void => {
      if (this.#revoking.get(id) === acknowledged) this.#revoking.delete(id);
    };
    const acknowledged = done.ended.then(() => done.report);
    acknowledged.then(forget, forget);
    this.#revoking.set(id, acknowledged);
    return acknowledged;
  }

  /** No session is let in by the shared key any more, and who was, and is not on the list, is revoked as by {@link Access.revoke}. */
  revokeSharedKey(): Promise<readonly Revoked[]> {
    this.#isShared = false;
    const members = [...this.#members].filter((id) => this.#named !== "anyone" && !this.#named.has(id));
    this.#members.clear();
    return Promise.all(members.map((id) => this.revoke(id)));
  }

  // For those who act on what peers say

  /** Whether a node with this key may connect to this one, now, and what it computes may begin here. */
  admits(peer: NodeId): boolean {
    if (this.#revoked.has(peer)) return false;
    return this.#named === "anyone" || this.#named.has(peer) || this.#members.has(peer);
  }

  /** The same for a peer that has proven its key and the shared key of the cluster: from now on it counts as let in. */
  admitsByShared(peer: NodeId): boolean {
    if (!this.#isShared || this.#revoked.has(peer)) return this.admits(peer);
    this.#members.add(peer);
    return true;
  }

  /** Whether what `peer` says is acted on, now: whoever was let in, or was connected to from here, until it is revoked. */
  hears(peer: NodeId): boolean {
    return !this.#revoked.has(peer);
  }

  /** Whether a node is on the list by name: nobody is, where anyone is let in. */
  names(node: NodeId): boolean {
    return this.#named !== "anyone" && this.#named.has(node);
  }

  /** The first of `nodes` whose computations do not begin here; null when all of theirs do. @internal */
  outsider(...nodes: readonly NodeId[]): NodeId | null {
    return nodes.find((node) => node !== this.#owner?.self && !this.admits(node)) ?? null;
  }

  /** @throws AccessError unless what `peer` says is acted on. @internal */
  checkHeard(peer: NodeId): void {
    if (!this.hears(peer)) throw new AccessError(`the key ${peer} was revoked here`);
  }

  /** Whose list it is, and who carries out its changes. @throws TypeError when it is another node's already. @internal */
  serve(owner: AccessOwner): void {
    if (this.#owner !== null) throw new TypeError("access: expected a list of one node, got one that another node has");
    this.#owner = owner;
    // A node trusts itself.
    this.#revoked.delete(owner.self);
  }
}

/** A NodeRef knows what an id looks like, and says so. */
function idOf(node: NodeRef | NodeId): NodeId {
  if (node instanceof NodeRef) return node.id;
  // What follows the "#" may be a secret: it is not repeated.
  if (typeof node === "string" && node.includes("#")) {
    throw new TypeError("node: expected a NodeRef or a key, got an address; NodeRef.parse(address) reads it");
  }
  if (typeof node === "string") return new NodeRef(node, null).id;
  throw new TypeError(`node: expected a NodeRef or a key, got ${node === null ? "null" : typeof node}`);
}
