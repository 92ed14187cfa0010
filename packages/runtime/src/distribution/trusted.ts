import type { Trust } from "../code.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { Codec } from "../moving/travel.ts";

/** Whose word a node takes, and how it reads what the others say. */
export class Trusted {
  readonly #self: NodeId;
  readonly #codec: Codec;
  readonly #trusts: (peer: NodeId) => boolean;
  readonly #codecOf: (stranger: NodeId) => Codec;

  /** @param codecOf decodes what a peer that is not trusted sends. */
  constructor(
    self: NodeId,
    codec: Codec,
    trusts: (peer: NodeId) => boolean,
    codecOf: (stranger: NodeId) => Codec = () => codec,
  ) {
    this.#self = self;
    this.#codec = codec;
    this.#trusts = trusts;
    this.#codecOf = codecOf;
  }

  /** In the code of `peer`. */
  in(peer: NodeId): Trust {
    return this.#trusts(peer) ? "trusted" : "untrusted";
  }

  /** The first of `nodes` that is not trusted; null when all are. This node trusts itself. */
  stranger(...nodes: readonly NodeId[]): NodeId | null {
    return nodes.find((node) => node !== this.#self && !this.#trusts(node)) ?? null;
  }

  /** Decodes what is said by the word of `stranger`: what of it runs, runs in that peer's sandbox. Null: by nobody's who is not trusted. */
  codecFor(stranger: NodeId | null): Codec {
    return stranger === null ? this.#codec : this.#codecOf(stranger);
  }
}
