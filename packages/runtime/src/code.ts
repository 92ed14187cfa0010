import type { Frame, FrameState } from "./frame.ts";

/** A definition's content hash: base64url SHA-256 of its canonical syntax tree, `group.index` for members of a cycle. */
export type Hash = string;

/** A definition as it travels. */
export interface PackedDefinition {
  readonly hash: Hash;
  readonly name: string;
  readonly kind: "remote" | "fn" | "constant";
  /** The author's text: for display and for hashing, never evaluated as it came. */
  readonly text: string;
  /** Local name → hash of the dependency, or `##name` for a builtin. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Where the author wrote it, `file:line`, for stack traces; not part of what is hashed. */
  readonly origin?: string;
  /** The node whose code it is, by the word of the sender; the sender's own unless given. Whoever trusts the sender need not trust that node. */
  readonly author?: string;
}

/** What becomes of definitions that a peer sends, or names as its own. */
export type Trust = "trusted" | "untrusted";

/**
 * The port to content-addressed code, one per node. `@espalier/code` implements it.
 */
export interface CodeStore {
  /** `roots` and everything that they depend on, dependencies before dependents where there is no cycle. */
  closure(roots: Iterable<Hash>): readonly Hash[];
  /** Those of `hashes` that are not here. */
  missing(hashes: Iterable<Hash>): readonly Hash[];
  /** Those of `hashes` that are here and may not run in this node itself, for nobody who is trusted vouches for them. */
  untrusted(hashes: Iterable<Hash>): readonly Hash[];
  /** Those of `hashes` that came from peers, each with the node whose code it is. */
  authors(hashes: Iterable<Hash>): ReadonlyMap<Hash, string>;
  /** The definitions to send for `hashes`, with their authors where they came from peers; throws when one is not here. */
  pack(hashes: Iterable<Hash>): readonly PackedDefinition[];
  /**
   * Recomputes every hash before anything is evaluated; throws, admitting nothing, when one is wrong or incomplete, or too much is sent.
   *
   * @param trust of the peer that sent them. What it says is somebody else's is trusted only if that node is trusted, too.
   * @param from the peer's id.
   */
  admit(definitions: readonly PackedDefinition[], trust: Trust, from?: string): void;
  /**
   * Fetches what of `hashes` is kept on this node's disk, so that it is not missing; null when there is nothing to fetch. It never rejects:
   * what cannot be read is missing still.
   */
  recall(hashes: Iterable<Hash>): Promise<void> | null;
  /**
   * These definitions are the code of `author`, who is trusted: where they are here, they may run in this node from now on, unless they need
   * something that is neither among them nor the author's.
   */
  vouch(hashes: Iterable<Hash>, author?: string): void;
  /** `author` has these definitions as its own: they stay when whoever sent them first is forgotten. */
  named(hashes: Iterable<Hash>, author: string): void;
  /**
   * What `author` sent, or somebody said to be its code, is not used any more, unless others have it as their own or this program has it: it is not
   * here, nor is what needs it, and what holds it still throws when it begins anew.
   */
  forget(author: string): void;
  /**
   * The frame to go on with, in this node or in a sandbox; throws when its definition is missing, may not run here, or its `abi` is another.
   *
   * @param stranger a peer that is not trusted, by whose word the frame stands there: it goes on in that peer's sandbox, where there is one,
   *   whoever wrote the code.
   */
  restore(state: FrameState, stranger?: string | null): Frame;
}
