import {
  checkRange,
  checkShare,
  nodeSpans,
  type BoundaryOptions,
  type FaultFamily,
  type NodeFamilyOptions,
} from "./family.ts";

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

export interface DiskFamilyOptions extends NodeFamilyOptions {
  /** How much longer an access takes, at most, in milliseconds. Default: 300. */
  readonly latencyMaxMs?: number;
  /** How many of them are full instead, from 0 to 1. Default: none. */
  readonly full?: number;
}

/** Disks that are slow for a while, or full. */
export function disk(options: DiskFamilyOptions = {}): FaultFamily {
  const { latencyMaxMs = 300, full = 0 } = options;
  checkShare("full", full);
  checkRange("latencyMaxMs", [1, latencyMaxMs], 1);
  return nodeSpans("disk", options, (node, random, span) => {
    const [isFull, latencyMs] = [random.chance(full), 1 + random.below(latencyMaxMs)];
    return { ...span, type: "disk", node, ...(isFull ? { full: true } : { latencyMs }) };
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
