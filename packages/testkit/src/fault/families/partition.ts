import type { RandomStream } from "../../world/random.ts";
import type { Direction } from "../controls.ts";
import type { Fault } from "../fault.ts";
import {
  checkShare,
  pair,
  shuffled,
  spans,
  type BoundaryOptions,
  type FamilyOptions,
  type FaultContext,
  type FaultFamily,
} from "./family.ts";

/**
 * Who does not hear whom: two nodes each other; two halves each other; one node all others; two halves each other, while both hear one node
 * between them (from 3 nodes on); or every node hears a majority, and no two the same one (from 4 nodes on).
 */
export type PartitionMode = "pair" | "halves" | "isolate" | "bridge" | "ring";

const nodesMin: Readonly<Record<PartitionMode, number>> = { pair: 2, halves: 2, isolate: 2, bridge: 3, ring: 4 };

export interface PartitionFamilyOptions extends FamilyOptions, BoundaryOptions {
  /** Default: all. Those that need more nodes than there are are left out. */
  readonly modes?: readonly PartitionMode[];
  /** How many of them are one way, from 0 to 1. Default: a half. */
  readonly oneWay?: number;
}

/** Nodes that do not hear each other for a while, or of which one side does not hear the other. */
export function partition(options: PartitionFamilyOptions = {}): FaultFamily {
  const all = Object.keys(nodesMin) as PartitionMode[];
  const { modes = all, oneWay = 0.5 } = options;
  checkShare("oneWay", oneWay);
  const unknown = modes.find((mode) => !all.includes(mode));
  if (unknown !== undefined || modes.length === 0) {
    throw new RangeError(`modes: expected some of ${all.join(", ")}, got ${unknown ?? "none"}`);
  }
  return spans("partition", options, (context, random, span): readonly Fault[] => {
    const { nodes } = context;
    const possible = modes.filter((mode) => nodes.length >= nodesMin[mode]);
    if (possible.length === 0) {
      const least = Math.min(...modes.map((mode) => nodesMin[mode]));
      throw new RangeError(`nodes: expected at least ${least} for ${modes.join(", ")}, got ${nodes.length}`);
    }
    const forth = cutsOf(random.pick(possible), context, random);
    const back = forth.map(([from, to]): Direction => [to, from]);
    return [{ ...span, type: "partition", links: random.chance(oneWay) ? forth : [...forth, ...back] }];
  });
}

/** The links that are cut, one direction of each: from one side to the other. */
function cutsOf(mode: PartitionMode, context: FaultContext, random: RandomStream): readonly Direction[] {
  if (mode === "pair") return [pair(context, random)];
  const order = shuffled(context.nodes, random);
  switch (mode) {
    case "isolate":
      return between(order.slice(0, 1), order.slice(1));
    case "halves":
      return between(order.slice(0, order.length >> 1), order.slice(order.length >> 1));
    case "bridge": {
      const sides = order.slice(1);
      return between(sides.slice(0, sides.length >> 1), sides.slice(sides.length >> 1));
    }
    case "ring": {
      // Each hears as many on either side as make a majority with itself.
      const reach = Math.ceil((order.length >> 1) / 2);
      return order.flatMap((from, at) =>
        order.slice(at + 1).flatMap((to, ahead): Direction[] => {
          const distance = Math.min(ahead + 1, order.length - ahead - 1);
          return distance > reach ? [[from, to]] : [];
        }),
      );
    }
  }
}

function between(ones: readonly string[], others: readonly string[]): readonly Direction[] {
  return ones.flatMap((from) => others.map((to): Direction => [from, to]));
}

/**
 * Nodes that are cut off one after another, and come back in another order: finds what no single partition does (FoundationDB's
 * swizzle-clogging).
 */
export function swizzle(options: FamilyOptions = {}): FaultFamily {
  return spans("swizzle", options, ({ nodes }, random, { atMs, lastsMs }) => {
    if (nodes.length < 2) throw new RangeError(`nodes: expected at least two for a swizzle, got ${nodes.length}`);
    const struck = shuffled(nodes, random).slice(0, 1 + random.below(nodes.length));
    const orderBack = shuffled(struck, random);
    // The first half of the time they go, in the second half they come back.
    const stepMs = lastsMs / (2 * struck.length);
    return struck.map((node, index): Fault => {
      const fromMs = Math.floor(atMs + index * stepMs);
      const untilMs = Math.ceil(atMs + lastsMs - orderBack.indexOf(node) * stepMs);
      const others = nodes.filter((other) => other !== node);
      const links = [...between([node], others), ...between(others, [node])];
      return { atMs: fromMs, type: "partition", links, lastsMs: Math.min(untilMs, atMs + lastsMs) - fromMs };
    });
  });
}
