import type { Fault } from "./fault.ts";
import type { KeyedRandom, RandomStream } from "../world/random.ts";
import type { Direction } from "./controls.ts";

/** What faults are made for. */
export interface FaultContext {
  readonly nodes: readonly string[];
  readonly random: KeyedRandom;
  /** Faults begin and end within it. */
  readonly virtualMs: number;
}

/** Makes a list of faults, the same for the same random numbers. Each family has a label of its own, and does not disturb the others. */
export type FaultFamily = (context: FaultContext) => readonly Fault[];

/** How often, and how long. */
export interface FamilyOptions {
  /** At most, in one run. Default: 3. */
  readonly countMax?: number;
  /** How long each lasts, at most. Default: as long as its share of the run allows. */
  readonly lastsMaxMs?: number;
}

export interface NodeFamilyOptions extends FamilyOptions {
  /** The nodes that it may strike. Default: all. */
  readonly nodes?: readonly string[];
}

export interface PartitionFamilyOptions extends FamilyOptions {
  /** How many of them are one way, from 0 to 1. Default: a half. */
  readonly oneWay?: number;
}

/** Processes that crash and are started again, one at a time. */
export function crash(options: NodeFamilyOptions = {}): FaultFamily {
  return spans("crash", options, (context, random, fromMs, toMs) => {
    const node = random.pick(options.nodes ?? context.nodes);
    return { atMs: fromMs, type: "crash", node, lastsMs: toMs - fromMs };
  });
}

/** Processes that stand still for a while. */
export function pause(options: NodeFamilyOptions = {}): FaultFamily {
  return spans("pause", options, (context, random, fromMs, toMs) => {
    const node = random.pick(options.nodes ?? context.nodes);
    return { atMs: fromMs, type: "pause", node, lastsMs: toMs - fromMs };
  });
}

/** Nodes that do not hear each other for a while, or one that does not hear the other. */
export function partition(options: PartitionFamilyOptions = {}): FaultFamily {
  const { oneWay = 0.5 } = options;
  return spans("partition", options, (context, random, fromMs, toMs) => {
    const [a, b] = pair(context, random);
    const links: readonly Direction[] = random.chance(oneWay)
      ? [[a, b]]
      : [
          [a, b],
          [b, a],
        ];
    return { atMs: fromMs, type: "partition", links, lastsMs: toMs - fromMs };
  });
}

/** Pipes that stop for a while, one way. */
export function stall(options: FamilyOptions = {}): FaultFamily {
  return spans("stall", options, (context, random, fromMs, toMs) => {
    return { atMs: fromMs, type: "stall", link: pair(context, random), lastsMs: toMs - fromMs };
  });
}

/** Connections that break. */
export function cut(options: Pick<FamilyOptions, "countMax"> = {}): FaultFamily {
  return spans("cut", options, (context, random, fromMs) => ({
    atMs: fromMs,
    type: "cut",
    between: pair(context, random),
  }));
}

/** Several families, each left out of half of the runs: what is always there hides what only shows without it. */
export function swarm(families: readonly FaultFamily[]): FaultFamily {
  return (context) => {
    const { random } = context;
    const faults = families
      .filter((_, index) => random.stream(`faults:swarm:${index}`).chance(0.5))
      .flatMap((family) => family(context));
    return faults.toSorted((a, b) => a.atMs - b.atMs);
  };
}

/** Cuts the run into as many parts as there are faults, and puts one into each: so those of one family do not overlap. */
function spans(
  family: string,
  { countMax = 3, lastsMaxMs = Infinity }: FamilyOptions,
  make: (context: FaultContext, random: RandomStream, fromMs: number, toMs: number) => Fault,
): FaultFamily {
  if (!Number.isInteger(countMax) || countMax < 1) {
    throw new RangeError(`countMax: expected a whole number of at least 1, got ${countMax}`);
  }
  if (!(lastsMaxMs > 0)) throw new RangeError(`lastsMaxMs: expected more than 0, got ${lastsMaxMs}`);
  return (context) => {
    const random = context.random.stream(`faults:${family}`);
    const count = 1 + random.below(countMax);
    const partMs = context.virtualMs / count;
    return Array.from({ length: count }, (_, index) => {
      const fromMs = Math.floor((index + random.between(0, 0.6)) * partMs);
      const endMs = (index + 1) * partMs;
      // Short ones and long ones alike: the square makes short ones likelier.
      const lastsMs = Math.min(lastsMaxMs, endMs - fromMs) * random.unit() ** 2;
      return make(context, random, fromMs, Math.ceil(fromMs + lastsMs));
    });
  };
}

function pair({ nodes }: FaultContext, random: RandomStream): Direction {
  if (nodes.length < 2)
    throw new RangeError(`nodes: expected at least two for a fault between two, got ${nodes.length}`);
  const a = random.pick(nodes);
  return [a, random.pick(nodes.filter((node) => node !== a))];
}
