import type { CodeStore, Hash, PackedDefinition, Trust } from "../code.ts";
import type { CodeHaveMessage, Message, Payload } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { limits } from "../limits.ts";

/** More than these are not listed one by one. */
const listedMax = 64;

/** A definition as one node names it to another. */
export interface Reference {
  readonly hash: Hash;
  /** Whose code it is, unless it is the sender's own; `?` when the sender cannot tell. Written behind the hash and `@`. */
  readonly author: NodeId | null;
  /** What it needs is not listed: whoever lacks it asks for all of that at once. Written `*` before the hash. */
  readonly whole: boolean;
}

export function readReference(text: string): Reference {
  const whole = text.startsWith("*");
  const named = whole ? text.slice(1) : text;
  const at = named.indexOf("@");
  return at === -1
    ? { hash: named, author: null, whole }
    : { hash: named.slice(0, at), author: named.slice(at + 1), whole };
}

/**
 * What nodes tell each other of the definitions that something needs: all of them the first time, and nothing more once the other side has said
 * that it has them. What a node has once it keeps for its life, so that it need not be asked again while the link lasts; a later life is
 * another link.
 *
 * A node says of what it has from others whose code it is, so that trust in the node is none in them.
 */
export class Manifests {
  readonly #code: CodeStore;
  readonly #trustIn: (peer: NodeId) => Trust;
  readonly #max: number;
  /** What each peer has said that it has, as it was named to it. */
  readonly #known = new Map<NodeId, Set<string>>();
  /** What each peer was told that this node has. */
  readonly #told = new Map<NodeId, Set<string>>();

  /** @param max how much is remembered of what one peer has: beyond that it is forgotten, and listed again. */
  constructor(code: CodeStore, trustIn: (peer: NodeId) => Trust, max: number = limits.knownCodePerPeer) {
    this.#max = max;
    this.#code = code;
    this.#trustIn = trustIn;
  }

  // To a peer

  /** A message as it goes to `peer`: with the names of those definitions alone of which the peer has not said that it has them. */
  outgoing(peer: NodeId, message: Message): Message {
    let out = isOffer(message) ? this.#offer(peer, message) : message;
    // Each message that goes out comes through here: the names of its fields, without an array of them.
    for (const field in message) {
      const value: unknown = message[field as keyof Message];
      if (!isPayload(value) || value.hashes.length === 0) continue;
      const payload: Payload = { bytes: value.bytes, hashes: this.#list(peer, value.hashes) };
      out = { ...out, [field]: payload };
    }
    return out;
  }

  /** The definitions for what a peer asks: each that it names, and of those marked whole whatever they need. */
  supply(peer: NodeId, asked: readonly string[]): readonly PackedDefinition[] {
    const missing = new Set(this.#code.missing(asked.map((text) => readReference(text).hash)));
    const supplied = new Set<Hash>();
    const known = new Set([...(this.#known.get(peer) ?? [])].map((text) => readReference(text).hash));
    for (const text of asked) {
      const { hash, whole } = readReference(text);
      // It lacks what it was thought to have: nothing that is known of it counts any more.
      if (known.has(hash)) {
        known.clear();
        this.#known.delete(peer);
      }
      if (missing.has(hash)) continue;
      if (!whole) supplied.add(hash);
      else for (const needed of this.#code.closure([hash])) supplied.add(needed);
    }
    return this.#code.pack([...supplied].filter((hash) => !known.has(hash)));
  }

  /** A peer has accepted something that needs these definitions. */
  accepted(peer: NodeId, hashes: readonly Hash[]): void {
    this.#learn(peer, this.#marked(hashes));
  }

  /** A peer says that it has definitions, as they were named to it. */
  had(peer: NodeId, { hashes }: CodeHaveMessage): void {
    const missing = new Set(this.#code.missing(hashes.map((text) => readReference(text).hash)));
    for (const text of hashes) {
      const { hash, author, whole } = readReference(text);
      // What has another author by now than when it was named has to be named again.
      if (!missing.has(hash)) this.#learn(peer, this.#by(author, hash, whole));
    }
  }

  // From a peer

  /** Those of what a peer names that are not here, as it has to be asked for them. */
  missing(references: readonly string[]): readonly string[] {
    if (references.length === 0) return references;
    const missing = new Set(this.#code.missing(references.map((text) => readReference(text).hash)));
    return references.filter((text) => missing.has(readReference(text).hash));
  }

  /** What a peer named is here, and is used for the peer now. True when the peer has not been told before that it is here. */
  used(peer: NodeId, references: readonly string[]): boolean {
    if (references.length === 0) return false;
    if (this.#trustIn(peer) === "trusted") this.#vouch(peer, references);
    const own = references.filter((text) => !text.includes("@"));
    if (own.length > 0) this.#code.named(this.#whole(own), peer);
    for (const text of references) {
      const { hash, author, whole } = readReference(text);
      // Whoever names it has it.
      this.#learn(peer, this.#by(author ?? peer, hash, whole));
    }
    const told = this.#told.get(peer) ?? new Set();
    this.#told.set(peer, told);
    if (told.size > this.#max) told.clear();
    const before = told.size;
    for (const text of references) told.add(text);
    return told.size > before;
  }

  /** Of how many peers something is remembered. */
  get peers(): number {
    return new Set([...this.#known.keys(), ...this.#told.keys()]).size;
  }

  /** There is another link to `peer`, or none. */
  forget(peer: NodeId): void {
    this.#known.delete(peer);
    this.#told.delete(peer);
  }

  /** A trusted peer says whose code it uses: its own, and that of others, who are trusted or not. */
  #vouch(peer: NodeId, references: readonly string[]): void {
    const byAuthor = new Map<NodeId, Hash[]>();
    for (const text of references) {
      const { hash, author } = readReference(text);
      const whose = author ?? peer;
      byAuthor.set(whose, [...(byAuthor.get(whose) ?? []), hash]);
    }
    for (const [author, hashes] of byAuthor) {
      if (this.#trustIn(author) === "trusted") this.#code.vouch(hashes, author);
    }
  }

  #offer(peer: NodeId, message: Offer): Message {
    const hashes = this.#list(peer, message.hashes);
    return hashes === message.hashes ? message : { ...message, hashes };
  }

  #list(peer: NodeId, hashes: readonly Hash[]): readonly string[] {
    if (hashes.length === 0) return hashes;
    const known = this.#known.get(peer);
    const unknown = this.#marked(hashes).filter((text) => known?.has(text) !== true);
    return unknown.length > listedMax ? this.#roots(unknown) : unknown;
  }

  /** What references stand for, all of which is here. */
  #whole(references: readonly string[]): readonly Hash[] {
    return references.flatMap((text) => {
      const { hash, whole } = readReference(text);
      return whole ? this.#code.closure([hash]) : [hash];
    });
  }

  /** As few as possible, from which all of them can be reached. */
  #roots(named: readonly string[]): readonly string[] {
    const roots: string[] = [];
    const reached = new Set<Hash>();
    // What needs others comes after them.
    for (const text of named.toReversed()) {
      const { hash } = readReference(text);
      if (reached.has(hash)) continue;
      const isHere = this.#code.missing([hash]).length === 0;
      for (const needed of isHere ? this.#code.closure([hash]) : []) reached.add(needed);
      roots.push(isHere ? `*${text}` : text);
    }
    return roots;
  }

  /** Hashes as this node names them: with their authors. */
  #marked(hashes: readonly Hash[]): readonly string[] {
    const missing = new Set(this.#code.missing(hashes));
    const authors = this.#code.authors(hashes);
    if (missing.size === 0 && authors.size === 0) return hashes;
    return hashes.map((hash) => {
      const author = missing.has(hash) ? "?" : authors.get(hash);
      return author === undefined ? hash : `${hash}@${author}`;
    });
  }

  /** What a definition, or a whole of which it is the root, is named here, as far as `author` is its author. */
  #by(author: NodeId | null, hash: Hash, whole: boolean): readonly string[] {
    const named = this.#marked(whole ? this.#code.closure([hash]) : [hash]);
    return named.filter((text) => readReference(text).author === author);
  }

  #learn(peer: NodeId, named: readonly string[]): void {
    const known = this.#known.get(peer) ?? new Set();
    this.#known.set(peer, known);
    if (known.size + named.length > this.#max) known.clear();
    for (const text of named) known.add(text);
  }
}

/** A process, or a home, that is offered with the definitions that it needs. */
type Offer = Extract<Message, { readonly type: `${string}.offer` }>;

function isOffer(message: Message): message is Offer {
  return message.type.endsWith(".offer");
}

function isPayload(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && "bytes" in value && "hashes" in value;
}
