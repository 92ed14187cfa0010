/** A node's Ed25519 public key, base64url: 43 characters. */
export type NodeId = string;

/**
 * A node, as a value that travels: its key, and the address where it can be reached if that is known. Two references are the
 * same node when their ids are equal.
 */
export class NodeRef {
  readonly id: NodeId;
  /** `ws://host:port`, or null for a node that does not listen. */
  readonly address: string | null;

  constructor(id: NodeId, address: string | null) {
    if (!/^[A-Za-z0-9_-]{43}$/.test(id)) {
      throw new TypeError(
        `node id: expected 43 base64url characters (an Ed25519 public key), got ${JSON.stringify(id)}`,
      );
    }
    this.id = id;
    this.address = address;
  }

  /** `ws://host:port/#<key>`: all that a peer needs. */
  get url(): string {
    return `${this.address ?? "node:"}/#${this.id}`;
  }

  toString(): string {
    return this.url;
  }

  /**
   * Reads what {@link NodeRef.url} wrote.
   *
   * @throws TypeError that says what a node's address looks like.
   */
  static parse(url: string): NodeRef {
    const match = /^(wss?:\/\/[^/#\s]+)\/?#([A-Za-z0-9_-]{43})$/.exec(url);
    if (match === null) {
      throw new TypeError(`node address: expected ws://host:port/#<43-character key>, got ${JSON.stringify(url)}`);
    }
    return new NodeRef(match[2] as string, match[1] as string);
  }
}

/** @throws TypeError when it is none. */
export function checkNode(node: NodeRef, what: string): NodeRef {
  if (node instanceof NodeRef) return node;
  throw new TypeError(`${what}: expected a NodeRef, got ${node === null ? "null" : typeof node}`);
}
