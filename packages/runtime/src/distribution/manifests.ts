import type { CodeStore, Hash, PackedDefinition, Trust } from "../code.ts";
import type { CodeHaveMessage, Message, Payload } from "../message.ts";
import type { NodeId } from "../node-ref.ts";

/** More than these are not listed one by one. */
const listedMax = 64;

/** What a node remembers of what one peer has. Beyond that it forgets it all, and lists it again. */
const knownMax = 20_000;

/** A definition as one node names it to another. */
export interface Reference {
  readonly hash: Hash;
  /** The sender does not trust it itself. Written `!` before the hash. */
  readonly untrusted: boolean;
  /** What it needs is not listed: whoever lacks it asks for all of that at once. Written `*` before the hash. */
  readonly whole: boolean;
}

export function readReference(text: string): Reference {
  const start = text.search(/[^!*]/);
  const marks = text.slice(0, Math.max(start, 0));
  return { hash: text.slice(marks.length), untrusted: marks.includes("!"), whole: marks.includes("*") };
}

/**
 * What nodes tell each other of the definitions that something needs: all of them the first time, and nothing more once the other side has said
 * that it has them. What a node has once it keeps for its life, so that it need not be asked again while the link lasts; a later life is
 * another link.
 *
 * A node names what it does not trust as such, so that trust goes no further than whoever gave it.
 */
export class Manifests {
  readonly #code: CodeStore;
  readonly #trustIn: (peer: NodeId) => Trust;
  /** What each peer has said that it has, as it was named to it. */
  readonly #known = new Map<NodeId, Set<string>>();
  /** What each peer was told that this node has. */
  readonly #told = new Map<NodeId, Set<string>>();

  constructor(code: CodeStore, trustIn: (peer: NodeId) => Trust) {
    this.#code = code;
    this.#trustIn = trustIn;
  }

  // To a peer

  /** A message as it goes to `peer`: with the names of those definitions alone of which the peer has not said that it has them. */
  outgoing(peer: NodeId, message: Message): Message {
    switch (message.type) {
      case "signal.message":
      case "signal.reply":
        return withPayload(message, "payload", this.#payload(peer, message.payload));
      case "signal.exit":
      case "signal.down":
        return withPayload(message, "cause", this.#payload(peer, message.cause));
      case "transfer.in":
        return withPayload(message, "signal", this.#payload(peer, message.signal));
      case "transfer.out":
        return withPayload(message, "effect", this.#payload(peer, message.effect));
      case "transfer.offer": {
        const hashes = this.#list(peer, message.hashes);
        return hashes === message.hashes ? message : { ...message, hashes };
      }
      default:
        return message;
    }
  }

  /** The definitions for what a peer asks: each that it names, and of those marked whole whatever they need. */
  supply(peer: NodeId, asked: readonly string[]): readonly PackedDefinition[] {
    const missing = new Set(this.#code.missing(asked.map((text) => readReference(text).hash)));
    const known = this.#known.get(peer);
    const supplied = new Set<Hash>();
    for (const text of asked) {
      const { hash, whole } = readReference(text);
      // It lacks what it was thought to have: nothing that is known of it counts any more.
      if (known?.has(hash) === true || known?.has(`!${hash}`) === true) known.clear();
      if (missing.has(hash)) continue;
      if (!whole) supplied.add(hash);
      else for (const needed of this.#code.closure([hash])) supplied.add(needed);
    }
    return this.#code.pack(
      [...supplied].filter((hash) => known?.has(hash) !== true && known?.has(`!${hash}`) !== true),
    );
  }

  /** A peer has what was offered to it, except for `asked`. */
  offered(peer: NodeId, hashes: readonly Hash[], asked: readonly string[] = []): void {
    const lacks = new Set<Hash>();
    for (const text of asked) {
      const { hash, whole } = readReference(text);
      if (whole) return;
      lacks.add(hash);
    }
    this.#learn(peer, this.#marked(hashes.filter((hash) => !lacks.has(hash))));
  }

  /** A peer says that it has definitions, as they were named to it. */
  had(peer: NodeId, { hashes }: CodeHaveMessage): void {
    const missing = new Set(this.#code.missing(hashes.map((text) => readReference(text).hash)));
    for (const text of hashes) {
      const { hash, untrusted, whole } = readReference(text);
      if (missing.has(hash)) continue;
      // What is trusted by now, and was not when it was named, has to be named again.
      const named = this.#marked(whole ? this.#code.closure([hash]) : [hash]);
      this.#learn(
        peer,
        named.filter((one) => one.startsWith("!") === untrusted),
      );
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
    if (this.#trustIn(peer) === "trusted") {
      const own = references.map(readReference).filter(({ untrusted }) => !untrusted);
      this.#code.vouch(
        own.map(({ hash }) => hash),
        peer,
      );
    }
    const told = this.#told.get(peer) ?? new Set();
    this.#told.set(peer, told);
    if (told.size > knownMax) told.clear();
    const before = told.size;
    for (const text of references) told.add(text);
    return told.size > before;
  }

  /** There is another link to `peer`, or none. */
  forget(peer: NodeId): void {
    this.#known.delete(peer);
    this.#told.delete(peer);
  }

  #payload(peer: NodeId, payload: Payload): Payload {
    const hashes = this.#list(peer, payload.hashes);
    return hashes === payload.hashes ? payload : { bytes: payload.bytes, hashes };
  }

  #list(peer: NodeId, hashes: readonly Hash[]): readonly string[] {
    if (hashes.length === 0) return hashes;
    const known = this.#known.get(peer);
    const unknown = this.#marked(hashes).filter((text) => known?.has(text) !== true);
    return unknown.length > listedMax ? this.#roots(unknown) : unknown;
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

  /** Hashes as this node names them; what is not here it cannot vouch for. */
  #marked(hashes: readonly Hash[]): readonly string[] {
    const doubtful = new Set([...this.#code.missing(hashes), ...this.#code.untrusted(hashes)]);
    return doubtful.size === 0 ? hashes : hashes.map((hash) => (doubtful.has(hash) ? `!${hash}` : hash));
  }

  #learn(peer: NodeId, named: readonly string[]): void {
    const known = this.#known.get(peer) ?? new Set();
    this.#known.set(peer, known);
    if (known.size + named.length > knownMax) known.clear();
    for (const text of named) known.add(text);
  }
}

function withPayload<M extends Message>(message: M, field: keyof M, payload: Payload): M {
  return message[field] === payload ? message : { ...message, [field]: payload };
}
