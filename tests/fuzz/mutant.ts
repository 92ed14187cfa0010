import { byteEdit, type ByteEdit, type Dice, treeEdit, type TreeEdit } from "./edits.ts";

/** Where in the protocol a mutant is put in. */
export const layers = ["handshake", "sealed-handshake", "frame", "plain", "fragments", "control", "message"] as const;

export type Layer = (typeof layers)[number];

/** What else becomes of a frame than edits. */
export const tricks = ["duplicate", "drop", "foreign", "foreign-first", "swap", "reflect", "whole"] as const;

export type Trick = (typeof tricks)[number];

/** One hostile act, as data: it does the same again, and with parts of it left out it is still one. */
export interface Mutant {
  readonly layer: Layer;
  /** Who dials: for handshakes. */
  readonly by: "stranger" | "town";
  /** Which frame, what sealed thing or what message of those that there are. */
  readonly pick: number;
  readonly trick: Trick | null;
  readonly bytes: readonly ByteEdit[];
  readonly tree: readonly TreeEdit[];
  /** Whether messages to processes are addressed to one that lives. */
  readonly retarget: boolean;
}

/** How often each is tried, of a hundred. */
const shares: Readonly<Record<Layer, number>> = {
  handshake: 12,
  "sealed-handshake": 4,
  frame: 14,
  plain: 14,
  fragments: 4,
  control: 8,
  message: 44,
};

export function randomMutant(dice: Dice): Mutant {
  const layer = layerFor(dice.below(100));
  const isTricky = layer === "handshake" || layer === "frame";
  const trick = isTricky && dice.below(3) === 0 ? (tricks[dice.below(tricks.length)] as Trick) : null;
  const structured = layer === "control" || layer === "message";
  const count = 1 + (dice.below(3) === 0 ? dice.below(4) : 0);
  return {
    layer,
    by: dice.below(3) === 0 ? "town" : "stranger",
    pick: dice.below(2 ** 30),
    trick,
    bytes: structured || trick !== null ? [] : Array.from({ length: count }, () => byteEdit(dice)),
    tree: structured ? Array.from({ length: dice.below(12) === 0 ? 0 : count }, () => treeEdit(dice)) : [],
    retarget: dice.below(4) > 0,
  };
}

function layerFor(percent: number): Layer {
  let left = percent;
  for (const layer of layers) {
    left -= shares[layer];
    if (left < 0) return layer;
  }
  return "message";
}

/** The same with one edit less, for each of them. */
export function* simpler(mutant: Mutant): Generator<Mutant> {
  for (let index = 0; index < mutant.bytes.length; index += 1) {
    yield { ...mutant, bytes: mutant.bytes.toSpliced(index, 1) };
  }
  for (let index = 0; index < mutant.tree.length; index += 1) {
    yield { ...mutant, tree: mutant.tree.toSpliced(index, 1) };
  }
}
