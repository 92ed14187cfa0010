import type { Fault } from "../fault.ts";
import { checkCount, pair, spans, type BoundaryOptions, type FamilyOptions, type FaultFamily } from "./family.ts";

/** Pipes that stop for a while, one way. */
export function stall(options: FamilyOptions & BoundaryOptions = {}): FaultFamily {
  return spans("stall", options, (context, random, span) => [{ ...span, type: "stall", link: pair(context, random) }]);
}

/** Connections that break. */
export function cut(options: Pick<FamilyOptions, "countMax"> = {}): FaultFamily {
  return spans("cut", options, (context, random, { atMs }) => [{ atMs, type: "cut", between: pair(context, random) }]);
}

export interface LostTailFamilyOptions extends FamilyOptions {
  /** How many frames are lost, at most. Default: 8. */
  readonly framesMax?: number;
}

/** Connections that break, of which the last frames never arrived. */
export function lostTail(options: LostTailFamilyOptions = {}): FaultFamily {
  const { framesMax = 8 } = options;
  checkCount("framesMax", framesMax);
  return spans("lostTail", options, (context, random, span) => [
    { ...span, type: "lostTail", link: pair(context, random), frames: 1 + random.below(framesMax) },
  ]);
}

/** Connections of which one end is gone, and the other does not know. */
export function halfOpen(options: FamilyOptions & BoundaryOptions = {}): FaultFamily {
  return spans("halfOpen", options, (context, random, span) => [
    { ...span, type: "halfOpen", link: pair(context, random) },
  ]);
}

/** Nodes that nobody can connect to for a while; and so that somebody wants to, one of their connections breaks at that moment. */
export function refuse(options: FamilyOptions & BoundaryOptions = {}): FaultFamily {
  return spans("refuse", options, (context, random, { atMs, lastsMs }): readonly Fault[] => {
    const [node, other] = pair(context, random);
    return [
      { atMs, type: "refuse", node, lastsMs },
      // Whichever of the two connects: a refusal of one alone might never be asked for.
      { atMs, type: "refuse", node: other, lastsMs },
      { atMs, type: "cut", between: [node, other] },
    ];
  });
}
