import { fromBase64Url, key32, toBase64Url } from "../base64url.ts";

/** A node's Ed25519 public key, base64url: 43 characters. */
export type NodeId = string;

const idPattern = new RegExp(`^${key32}$`);
/** Where a node says that it listens: `ws://host:port` or `wss://host:port`, short and without anything that moves a terminal's cursor. */
export const listeningPattern: RegExp = /^wss?:\/\/[^/#\s\p{C}]{1,255}$/u;

const urlPattern = new RegExp(`^(wss?://[^/#\\s]+)/?#(${key32})(?:\\.(${key32}))?$`);

/** The bytes of a key that a node shares with those who may connect to it. */
export const sharedKeyBytes = 32;

/**
 * A node, as a value that travels: its key, and the address where it can be reached if that is known. Two references are the
 * same node when their ids are equal.
 *
 * It may carry the key that the node shares with those whom it lets in. That part is a secret: it does not travel to other nodes, and nothing
 * shows it but {@link NodeRef.secretUrl}.
 */
export class NodeRef {
  readonly id: NodeId;
  /** `ws://host:port`, or null for a node that does not listen. */
  readonly address: string | null;
  #sharedKey: Uint8Array | null = null;

  constructor(id: NodeId, address: string | null) {
    if (!idPattern.test(id)) {
      throw new TypeError(
        `node id: expected 43 base64url characters that stand for 32 bytes (an Ed25519 public key), got ${JSON.stringify(id)}`,
      );
    }
    this.id = id;
    this.address = address;
  }

  /** `ws://host:port/#<id>`: all that a peer needs whose own key is let in. */
  get url(): string {
    return `${this.address ?? "node:"}/#${this.id}`;
  }

  /** The key that the node shares with those whom it lets in, if this reference has it. */
  get sharedKey(): Uint8Array | null {
    return this.#sharedKey?.slice() ?? null;
  }

  /**
   * The same node, with the key that it shares: the `sharedKey` of its options.
   *
   * ```ts
   * import { NodeRef } from "espalier";
   *
   * const node = NodeRef.parse("ws://b:7000/#DZXZQfl7xtoiJ3vPF1cV4BMHgrDCHE9O8_EQ3cSAZUg");
   * const invitation = node.withKey(new Uint8Array(32).fill(7));
   * String(invitation) === node.url; // => true
   * NodeRef.parse(invitation.secretUrl).sharedKey?.length; // => 32
   * ```
   *
   * @throws TypeError when it is not 32 bytes.
   */
  withKey(sharedKey: Uint8Array): NodeRef {
    const ref = new NodeRef(this.id, this.address);
    ref.#sharedKey = checkSharedKey(sharedKey, "NodeRef.withKey").slice();
    return ref;
  }

  /**
   * `ws://host:port/#<id>.<key>`: whoever has it may connect. The same as {@link NodeRef.url} for a reference without a key.
   */
  get secretUrl(): string {
    return this.#sharedKey === null ? this.url : `${this.url}.${toBase64Url(this.#sharedKey)}`;
  }

  toString(): string {
    return this.url;
  }

  /**
   * Reads what {@link NodeRef.url} or {@link NodeRef.secretUrl} wrote, with white space around it or not.
   *
   * @throws TypeError that says what a node's address looks like.
   */
  static parse(url: string): NodeRef {
    const match = typeof url === "string" ? urlPattern.exec(url.trim()) : null;
    const [, address, id, keyText] = match ?? [];
    const key = keyText === undefined ? null : fromBase64Url(keyText);
    if (address === undefined || id === undefined || (keyText !== undefined && key === null)) {
      throw new TypeError(
        `node address: expected ws://host:port/#<43-character key>, or that and .<43-character shared key>${hintOf(url)}, got ${describeUrl(url)}`,
      );
    }
    const ref = new NodeRef(id, address);
    return key === null ? ref : ref.withKey(key);
  }
}

/** A proxy may route by host names; which node is meant is said by the key. */
function hintOf(url: unknown): string {
  return typeof url === "string" && /^\s*wss?:\/\/[^/?#]+(\/[^#]|\?)/.test(url) ? ", without a path" : "";
}

/** What somebody took for a node's address, without what may be a secret in it: all that comes after the host and port. */
function describeUrl(url: unknown): string {
  if (typeof url !== "string") return typeof url;
  const origin = /^[a-z]+:\/\/[^/#\s]*/.exec(url)?.[0];
  if (origin === undefined) return `${url.length} characters that do not begin with ws:// or wss://`;
  const rest = url.length - origin.length;
  return rest === 0 ? JSON.stringify(origin) : `${JSON.stringify(origin)} and ${rest} characters`;
}

/** @throws TypeError that does not show it, when it is no key to be shared. */
export function checkSharedKey(key: Uint8Array, what: string): Uint8Array {
  if (key instanceof Uint8Array && key.length === sharedKeyBytes) return key;
  const found = key instanceof Uint8Array ? `${key.length} bytes` : typeof key;
  throw new TypeError(`${what}: expected a Uint8Array of ${sharedKeyBytes} bytes, got ${found}`);
}

/** @throws TypeError when it is none. */
export function checkNode(node: NodeRef, what: string): NodeRef {
  if (node instanceof NodeRef) return node;
  throw new TypeError(`${what}: expected a NodeRef, got ${node === null ? "null" : typeof node}`);
}
