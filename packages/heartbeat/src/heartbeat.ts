import { describe } from "./describe.ts";

/**
 * A value that controls a lifetime, and travels: where the decisions about it are recorded, never the record itself.
 *
 * Made by `Heartbeat.create`, `Heartbeat.both` and `Heartbeat.either`. Two are the same heartbeat when what
 * {@link keyOf} gives is equal.
 */
export type Heartbeat = LeafHeartbeat | CompositeHeartbeat;

/**
 * A heartbeat with a record of its own at its **home**, the one node that decides about it. The home's incarnation is
 * part of the id: a restarted home is another home, and knows that whatever its former life recorded is over (H18).
 */
export class LeafHeartbeat {
  /** The home node's id. */
  readonly home: string;
  /** Which life of the home node. */
  readonly incarnation: string;
  /** Counts the heartbeats of this home and incarnation, from 1. */
  readonly serial: number;

  constructor(home: string, incarnation: string, serial: number) {
    this.home = home;
    this.incarnation = incarnation;
    this.serial = serial;
  }

  toString(): string {
    return `Heartbeat(${this.home.slice(0, 8)}.${this.serial})`;
  }
}

/**
 * `both` or `either` of two heartbeats: a pure expression, decided in three-valued logic (P6). It is a heartbeat of its
 * own: stopping or failing it leaves its parts alone (H16).
 */
export class CompositeHeartbeat {
  readonly combine: Combine;
  /** In the order of their keys, so that `both(a, b)` and `both(b, a)` are the same heartbeat. */
  readonly left: Heartbeat;
  readonly right: Heartbeat;
  /** How many leaves the expression names, repetitions included. */
  readonly leafCount: number;

  /** @throws RangeError when the expression would name more than {@link leavesMax} leaves. */
  constructor(combine: Combine, a: Heartbeat, b: Heartbeat) {
    const leafCount = leafCountOf(a) + leafCountOf(b);
    if (leafCount > leavesMax)
      throw new RangeError(`${combine}: expected at most ${leavesMax} heartbeats in one expression, got ${leafCount}`);
    const ordered = keyOf(a) <= keyOf(b);
    this.combine = combine;
    this.left = ordered ? a : b;
    this.right = ordered ? b : a;
    this.leafCount = leafCount;
  }

  toString(): string {
    return `${this.combine}(${this.left.toString()}, ${this.right.toString()})`;
  }
}

/** `both` lives while both parts do, `either` while at least one does. */
export type Combine = "both" | "either";

/** Leaves in one expression. It travels with computations and is evaluated whenever one of its leaves changes. */
export const leavesMax = 32;

function leafCountOf(heartbeat: Heartbeat): number {
  return heartbeat instanceof LeafHeartbeat ? 1 : heartbeat.leafCount;
}

/** The heartbeat's identity as text: for maps, logs and dev tools. */
export function keyOf(heartbeat: Heartbeat): string {
  if (heartbeat instanceof LeafHeartbeat) return `${heartbeat.home}/${heartbeat.incarnation}/${heartbeat.serial}`;
  return `${heartbeat.combine}(${keyOf(heartbeat.left)},${keyOf(heartbeat.right)})`;
}

/** Whether `a` and `b` are the same heartbeat. */
export function sameHeartbeat(a: Heartbeat, b: Heartbeat): boolean {
  return a === b || keyOf(a) === keyOf(b);
}

export function isHeartbeat(value: unknown): value is Heartbeat {
  return value instanceof LeafHeartbeat || value instanceof CompositeHeartbeat;
}

/** `value`, if it is a heartbeat. @throws TypeError naming `where` it was expected. */
export function heartbeatArgument(value: unknown, where: string): Heartbeat {
  if (isHeartbeat(value)) return value;
  throw new TypeError(`${where}: expected a heartbeat, got ${describe(value)}`);
}
