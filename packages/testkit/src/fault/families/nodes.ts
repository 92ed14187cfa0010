import { checkShare, nodeSpans, type BoundaryOptions, type FaultFamily, type NodeFamilyOptions } from "./family.ts";

export interface CrashFamilyOptions extends NodeFamilyOptions {
  /** How many come back with an empty disk, from 0 to 1. Default: none. */
  readonly wipe?: number;
  /** How many are started again at once, at the same address. Default: a quarter. */
  readonly atOnce?: number;
  /** How many never come back. Default: none. */
  readonly forGood?: number;
}

/** Processes that crash and, but for some, are started again, one at a time. */
export function crash(options: CrashFamilyOptions = {}): FaultFamily {
  const { wipe = 0, atOnce = 0.25, forGood = 0 } = options;
  for (const [name, share] of Object.entries({ wipe, atOnce, forGood })) checkShare(name, share);
  return nodeSpans("crash", options, (node, random, { atMs, lastsMs }) => {
    const [isWiped, isAtOnce, isForGood] = [random.chance(wipe), random.chance(atOnce), random.chance(forGood)];
    if (isForGood) return { atMs, type: "crash", node, forGood: true };
    return { atMs, type: "crash", node, lastsMs: isAtOnce ? 0 : lastsMs, ...(isWiped ? { wipe: true } : {}) };
  });
}

/** Processes that stand still for a while. */
export function pause(options: NodeFamilyOptions & BoundaryOptions = {}): FaultFamily {
  return nodeSpans("pause", options, (node, _random, span) => ({ ...span, type: "pause", node }));
}

/** Machines that sleep for a while. */
export function suspend(options: NodeFamilyOptions & BoundaryOptions = {}): FaultFamily {
  return nodeSpans("suspend", options, (node, _random, span) => ({ ...span, type: "suspend", node }));
}

/** Event loops that are busy for a while, and come to timers or to input first afterwards. */
export function block(options: NodeFamilyOptions & BoundaryOptions = {}): FaultFamily {
  return nodeSpans("block", options, (node, random, span) => ({
    ...span,
    type: "block",
    node,
    first: random.chance(0.5) ? "timers" : "input",
  }));
}
