/**
 * What a node takes from others at most. Each bound is far above what people write, and low enough that nobody can make a node spend more
 * than moments, or more memory than this, on code that it has not even admitted.
 */
export interface CodeLimits {
  /** Characters of one definition's text. What parsing, hashing and compiling it may cost grows with it. */
  readonly text: number;
  /** Nodes on the longest way into the tree of one definition: whoever walks it does so by recursion, on a stack that must not end. */
  readonly depth: number;
  /** Dependencies of one definition: each is a parameter of what is evaluated. */
  readonly dependencies: number;
  /** Definitions that need one another: to tell them apart takes time that grows with the square of their number. */
  readonly group: number;
  /** Definitions on the longest way from a definition to one that needs nothing: they are evaluated one inside another. */
  readonly chain: number;
  /** Characters of a name: names are for people. */
  readonly name: number;
  /** Definitions that are sent together. */
  readonly delivery: number;
  /** Characters of all texts that are sent together. */
  readonly deliveryText: number;
  /** Definitions that a node keeps in memory, and characters of their texts: for as long as it lives, as any function may still be called. */
  readonly kept: number;
  readonly keptText: number;
  /** The same for those of one peer that is not trusted. */
  readonly keptOfPeer: number;
  readonly keptTextOfPeer: number;
}

/** The limits of every node. */
export const codeLimits: CodeLimits = {
  text: 262_144,
  depth: 400,
  dependencies: 256,
  group: 64,
  chain: 500,
  name: 200,
  delivery: 10_000,
  deliveryText: 8_388_608,
  kept: 100_000,
  keptText: 134_217_728,
  keptOfPeer: 2_000,
  keptTextOfPeer: 4_194_304,
};
