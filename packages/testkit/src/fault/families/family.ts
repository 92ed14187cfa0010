import type { KeyedRandom, RandomStream } from "../../world/random.ts";
import type { Direction } from "../controls.ts";
import type { Fault } from "../fault.ts";

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

/** For faults that bite where something ends, such as a lease. */
export interface BoundaryOptions {
  /** Durations in milliseconds: half of the faults last about as long as one of these, a little less or more, where there is room for it. */
  readonly near?: readonly number[];
}

/** From the least to the most. */
export type Range = readonly [min: number, max: number];

/** One share of a run, for one fault of a family. */
export interface Span {
  readonly atMs: number;
  readonly lastsMs: number;
}

/** How far from a given duration those near it are, at most: a little more than clocks may drift. */
const nearness = 0.02;

/** Cuts the run into as many parts as there are faults, and puts one into each: so those of one family do not overlap. */
export function spans(
  label: string,
  options: FamilyOptions & BoundaryOptions,
  make: (context: FaultContext, random: RandomStream, span: Span) => readonly Fault[],
): FaultFamily {
  const { countMax = 3, lastsMaxMs = Infinity, near = [] } = options;
  checkCount("countMax", countMax);
  if (!(lastsMaxMs > 0)) throw new RangeError(`lastsMaxMs: expected more than 0, got ${lastsMaxMs}`);
  for (const ms of near) {
    if (!(ms > 0 && ms < Infinity)) throw new RangeError(`near: expected durations of more than 0 ms, got ${ms}`);
  }
  return (context) => {
    const random = context.random.stream(`faults:${label}`);
    const count = 1 + random.below(countMax);
    const partMs = context.virtualMs / count;
    return Array.from({ length: count }, (_, index) => {
      const fromMs = Math.floor((index + random.between(0, 0.6)) * partMs);
      const roomMs = Math.min(lastsMaxMs, (index + 1) * partMs - fromMs);
      // Short ones and long ones alike: the square makes short ones likelier.
      let lastsMs = Math.ceil(fromMs + roomMs * random.unit() ** 2) - fromMs;
      if (near.length > 0 && random.chance(0.5)) {
        const nearMs = Math.round(random.pick(near) * (1 + random.between(-nearness, nearness)));
        if (nearMs <= roomMs) lastsMs = nearMs;
      }
      return make(context, random, { atMs: fromMs, lastsMs: Math.min(lastsMs, context.virtualMs - fromMs) });
    }).flat();
  };
}

/** One fault of each share of the run, of some node. */
export function nodeSpans(
  label: string,
  options: NodeFamilyOptions & BoundaryOptions,
  make: (node: string, random: RandomStream, span: Span) => Fault,
): FaultFamily {
  if (options.nodes?.length === 0) throw new RangeError("nodes: expected at least one, got none");
  return spans(label, options, ({ nodes }, random, span) => {
    const node = random.pick(options.nodes ?? nodes);
    if (!nodes.includes(node)) throw new RangeError(`nodes: expected some of ${nodes.join(", ")}, got ${node}`);
    return [make(node, random, span)];
  });
}

/** @throws RangeError when there are fewer than two nodes. */
export function pair({ nodes }: FaultContext, random: RandomStream): Direction {
  if (nodes.length < 2) {
    throw new RangeError(`nodes: expected at least two for a fault between two, got ${nodes.length}`);
  }
  const a = random.pick(nodes);
  return [a, random.pick(nodes.filter((node) => node !== a))];
}

/** Random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: RandomStream): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

export function checkCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new RangeError(`${name}: expected a whole number of at least 1, got ${count}`);
}

export function checkShare(name: string, share: number): void {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`${name}: expected from 0 to 1, got ${share}`);
}

export function checkRange(name: string, [min, max]: Range, floor: number, ceiling: number = Number.MAX_VALUE): void {
  if (min >= floor && min <= max && max <= ceiling) return;
  throw new RangeError(`${name}: expected two numbers from ${floor} to ${ceiling}, in order, got ${min} and ${max}`);
}
