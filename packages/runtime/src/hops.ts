import type { Cell } from "./cell.ts";
import type { Frame } from "./frame.ts";
import type { NodeId } from "./node-ref.ts";
import { isMarker } from "./stack.ts";

/** One move of a process: from which node, and where in its code it stood. */
export interface Hop {
  /** The beginning of the node's id, as in a pid's text. */
  readonly from: string;
  /** Function, file, line and column of what asked for it, or of what the process waited in: as in a stack trace. */
  readonly at: string;
}

/** Where a process was before: it travels with it, for people to read. */
export interface Hops {
  /** How many moves there were in all. */
  readonly count: number;
  /** The last of them, the latest at the end. */
  readonly last: readonly Hop[];
}

/** So many hops are kept one by one. */
export const hopsMax = 8;

/** More of a place nobody reads. */
const placeMax = 300;

/** The hops of a process that is leaving: those before, and this one. */
export function withHop({ hops, kernel, label, frame, stack }: Cell): Hops {
  const places = [...(stack ?? []), ...(frame === null ? [] : [frame])].map((entry) =>
    isMarker(entry) ? null : whereOf(entry),
  );
  const at = places.findLast((place) => place !== null) ?? `${label} (<anonymous>)`;
  const hop: Hop = { from: short(kernel.address.id), at: at.replaceAll(/\p{Cc}/gu, " ").slice(0, placeMax) };
  return { count: (hops?.count ?? 0) + 1, last: [...(hops?.last ?? []), hop].slice(-hopsMax) };
}

/**
 * The hops as lines of a stack trace, the latest first: the caller's place is where the process asked to move. What moved is written where a trace has
 * `[as name]`, so that tools that read traces find a function, a file and a line.
 *
 * @param here the node that the process is on.
 */
export function hopLines({ count, last }: Hops, here: NodeId): readonly string[] {
  const lines = last.map(({ from, at }, index) => {
    const to = last[index + 1]?.from ?? short(here);
    const what = from === to ? `resumed on ${to}` : `moved from ${from} to ${to}`;
    const end = at.lastIndexOf(" (");
    return `    at ${at.slice(0, end)} [${what}]${at.slice(end)}`;
  });
  const earlier = count - last.length;
  return [...(earlier > 0 ? [`    at ${earlier} earlier moves (<anonymous>)`] : []), ...lines].toReversed();
}

/**
 * What a peer or a file says of where a process was: people read it, and nothing depends on it.
 *
 * @throws TypeError naming what is wrong.
 */
export function parseHops(data: unknown): Hops | null {
  if (data === undefined || data === null) return null;
  const { count, last } = data as { readonly count?: unknown; readonly last?: unknown };
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
    throw new TypeError("hops: expected a count");
  if (!Array.isArray(last) || last.length > hopsMax) throw new TypeError(`hops: expected a list of at most ${hopsMax}`);
  return { count: Math.max(count, last.length), last: last.map(parseHop) };
}

function parseHop(data: unknown): Hop {
  const { from, at } = (data ?? {}) as { readonly from?: unknown; readonly at?: unknown };
  if (typeof from !== "string" || !/^[\w-]{1,8}$/.test(from)) throw new TypeError("hop: expected a node");
  // Nobody else's text begins a line of a log.
  if (typeof at !== "string" || at.length > placeMax || /\p{Cc}/u.test(at) || !at.includes(" (")) {
    throw new TypeError("hop: expected a place in the code");
  }
  return { from, at };
}

/** Where a frame waits, as text; null when it cannot say. */
export function whereOf(frame: Frame): string | null {
  return frame.where === undefined ? null : frame.where();
}

function short(node: NodeId): string {
  return node.slice(0, 8);
}
