import type { Combine, Heartbeat } from "./heartbeat.ts";
import { LeafHeartbeat } from "./heartbeat.ts";
import type { HeartbeatStatus } from "./status.ts";

/**
 * The third value's logic (Kleene): what is known of `both` or `either` from what is known of its parts (P6).
 *
 * `both` ends with its first part that ends, `either` with its last, and the status is that part's: the cause of the
 * leaf that decided (P7). The caller says in which order the parts ended, if they did; for what is not an end the order
 * makes no difference.
 */
export function combine(combine: Combine, first: HeartbeatStatus, second: HeartbeatStatus): HeartbeatStatus {
  if (combine === "both") {
    if (hasEnded(first)) return first;
    if (hasEnded(second)) return second;
    if (first.state === "unknown") return first;
    if (second.state === "unknown") return second;
    return remaining(first) <= remaining(second) ? first : second;
  }
  if (first.state === "live" && second.state === "live") return remaining(first) >= remaining(second) ? first : second;
  if (first.state === "live") return first;
  if (second.state === "live") return second;
  if (first.state === "unknown") return first;
  return second;
}

/**
 * What is known of `heartbeat`, from what `statusOf` knows of it and its parts: a composite lives while nobody has
 * ended it itself (`live`) and its parts say so. Of two parts that have both ended, the left one counts as the first.
 */
export function evaluate(heartbeat: Heartbeat, statusOf: (heartbeat: Heartbeat) => HeartbeatStatus): HeartbeatStatus {
  const itself = statusOf(heartbeat);
  if (heartbeat instanceof LeafHeartbeat || hasEnded(itself)) return itself;
  const parts = combine(heartbeat.combine, evaluate(heartbeat.left, statusOf), evaluate(heartbeat.right, statusOf));
  return combine("both", parts, itself);
}

/** Ended for certain, whether or not anybody still knows why. */
export function hasEnded(status: HeartbeatStatus): boolean {
  return status.state !== "live" && status.state !== "unknown";
}

function remaining(status: HeartbeatStatus): number {
  return status.state === "live" ? status.remainingMs : 0;
}

/** A life of a node. */
export interface Home {
  readonly node: string;
  readonly incarnation: string;
}

export function sameHome(a: Home, b: Home): boolean {
  return a.node === b.node && a.incarnation === b.incarnation;
}

/**
 * The one place that decides about `heartbeat`: a function of the value alone, so that all nodes agree without asking.
 *
 * A composite's home is, where there is one, the home of leaves without which it cannot live; of several the first in
 * order. Then the death of the home ends the composite by its own meaning, and fixing its cause at one place costs
 * nothing (P7).
 */
export function homeOf(heartbeat: Heartbeat): Home {
  if (heartbeat instanceof LeafHeartbeat) return leafHome(heartbeat);
  return first(vitalHomes(heartbeat)) ?? (first(byKey(leavesOf(heartbeat).map(leafHome))) as Home);
}

/**
 * Whether `heartbeat` ends when its home does. Otherwise (`either` over two nodes) the leaves decide further without
 * that home: whoever wants to know evaluates them itself, so that nothing is terminal for lack of information (P6).
 * What is lost then is the single place that fixes the cause, and the possibility to stop the composite itself: the
 * limit of H31.
 */
export function endsWithHome(heartbeat: Heartbeat): boolean {
  return heartbeat instanceof LeafHeartbeat || vitalHomes(heartbeat).size > 0;
}

/** The leaves of an expression, repetitions included. */
export function leavesOf(heartbeat: Heartbeat): readonly LeafHeartbeat[] {
  if (heartbeat instanceof LeafHeartbeat) return [heartbeat];
  return [...leavesOf(heartbeat.left), ...leavesOf(heartbeat.right)];
}

/** The homes whose end alone ends `heartbeat`, by key, in order. */
function vitalHomes(heartbeat: Heartbeat): ReadonlyMap<string, Home> {
  if (heartbeat instanceof LeafHeartbeat) return byKey([leafHome(heartbeat)]);
  const [left, right] = [vitalHomes(heartbeat.left), vitalHomes(heartbeat.right)];
  if (heartbeat.combine === "both") return byKey([...left.values(), ...right.values()]);
  return byKey([...left].filter(([key]) => right.has(key)).map(([, home]) => home));
}

function leafHome(leaf: LeafHeartbeat): Home {
  return { node: leaf.home, incarnation: leaf.incarnation };
}

function byKey(homes: readonly Home[]): ReadonlyMap<string, Home> {
  const entries = homes.map((home) => [`${home.node}/${home.incarnation}`, home] as const);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function first(homes: ReadonlyMap<string, Home>): Home | undefined {
  for (const home of homes.values()) return home;
  return undefined;
}
