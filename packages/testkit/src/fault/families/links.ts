import type { Slowness } from "../controls.ts";
import type { Fault } from "../fault.ts";
import {
  checkRange,
  checkShare,
  nodeSpans,
  pair,
  spans,
  type FamilyOptions,
  type FaultFamily,
  type NodeFamilyOptions,
  type Range,
} from "./family.ts";

export interface LinksFamilyOptions extends FamilyOptions {
  /** What is added to each delay: a floor and the mean of an exponential part, each up to this, in milliseconds. Default: 20 and 50. */
  readonly latency?: { readonly floorMs: number; readonly meanMs: number };
  /** In so many cases it takes so much longer. Default: 1 % and 400 ms. */
  readonly tail?: { readonly chance: number; readonly ms: number };
  /** How much a link carries when it is thin, in bytes per second. Default: 4 KiB to 256 KiB; null: none is thin. */
  readonly bandwidth?: Range | null;
}

/** Links that are slow for a while, or thin. */
export function links(options: LinksFamilyOptions = {}): FaultFamily {
  const { latency = { floorMs: 20, meanMs: 50 }, tail = { chance: 0.01, ms: 400 } } = options;
  const { bandwidth = [4_096, 262_144] } = options;
  checkRange("latency.floorMs", [0, latency.floorMs], 0);
  checkRange("latency.meanMs", [0, latency.meanMs], 0);
  checkShare("tail.chance", tail.chance);
  checkRange("tail.ms", [0, tail.ms], 0);
  if (bandwidth !== null) checkRange("bandwidth", bandwidth, 1);
  return spans("links", options, (context, random, span): readonly Fault[] => {
    const link = pair(context, random);
    const isThin = random.chance(0.5);
    const slowness: Slowness = {
      latencyMs: Math.round(latency.floorMs * random.unit()),
      meanMs: Math.round(latency.meanMs * random.unit()),
      tail,
    };
    const rate = random.unit();
    if (!isThin || bandwidth === null) return [{ ...span, type: "slow", link, ...slowness }];
    return [{ ...span, type: "throttle", link, bytesPerSecond: between(bandwidth, rate) }];
  });
}

export interface SlowConsumerFamilyOptions extends NodeFamilyOptions {
  /** How much it reads, in bytes per second. Default: 1 KiB to 64 KiB. */
  readonly rate?: Range;
}

/** Nodes that read slowly for a while. */
export function slowConsumer(options: SlowConsumerFamilyOptions = {}): FaultFamily {
  const { rate = [1_024, 65_536] } = options;
  checkRange("rate", rate, 1);
  return nodeSpans("slowConsumer", options, (node, random, span) => ({
    ...span,
    type: "slowConsumer",
    node,
    bytesPerSecond: between(rate, random.unit()),
  }));
}

/** As many small ones as there are between each power and the next. */
function between([min, max]: Range, unit: number): number {
  return Math.round(min * (max / min) ** unit);
}
