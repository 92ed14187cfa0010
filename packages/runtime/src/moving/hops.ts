import type { Cell } from "../cell.ts";
import type { Frame } from "../frame.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { isMarker } from "../stack.ts";

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
  const place = places.findLast((one) => one !== null) ?? null;
  const at = place === null || place.length > placeMax ? `${label.slice(0, 100)} (<anonymous>)` : place;
  const hop: Hop = { from: short(kernel.address.id), at: at.replaceAll(/\p{Cc}/gu, " ") };
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

/** Hops as they travel: whoever goes to and fro asks from the same few places, each of which is written once. */
export interface PackedHops {
  readonly count: number;
  readonly places: readonly string[];
  /** From where, and which of the places. */
  readonly last: readonly (readonly [from: string, place: number])[];
}

export function packHops({ count, last }: Hops): PackedHops {
  const places = [...new Set(last.map(({ at }) => at))];
  return { count, places, last: last.map(({ from, at }) => [from, places.indexOf(at)]) };
}

export function unpackHops(packed: PackedHops | null): Hops | null {
  if (packed === null) return null;
  const { count, places, last } = packed;
  return { count, last: last.map(([from, place]) => ({ from, at: places[place] as string })) };
}

/**
 * What a peer or a file says of where a process was: people read it, and nothing depends on it.
 *
 * @throws TypeError naming what is wrong.
 */
export function parseHops(data: unknown): PackedHops | null {
  if (data === undefined || data === null) return null;
  const { count, places, last } = data as Readonly<Record<string, unknown>>;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw new TypeError("hops: expected a count");
  }
  if (!Array.isArray(places) || places.length > hopsMax || !places.every(isPlace)) {
    throw new TypeError(`hops: expected at most ${hopsMax} places in the code`);
  }
  if (!Array.isArray(last) || last.length > hopsMax) throw new TypeError(`hops: expected at most ${hopsMax}`);
  return { count: Math.max(count, last.length), places, last: last.map((hop) => parseHop(hop, places.length)) };
}

function parseHop(data: unknown, places: number): PackedHops["last"][number] {
  const [from, place] = Array.isArray(data) ? (data as unknown[]) : [];
  if (typeof from !== "string" || !/^[\w-]{1,8}$/.test(from)) throw new TypeError("hop: expected a node");
  if (typeof place !== "number" || !Number.isInteger(place) || place < 0 || place >= places) {
    throw new TypeError("hop: expected the number of a place");
  }
  return [from, place];
}

/** Nobody else's text begins a line of a log. */
function isPlace(at: unknown): at is string {
  return typeof at === "string" && at.length <= placeMax && !/\p{Cc}/u.test(at) && at.includes(" (");
}

/** Where a frame waits, as text; null when it cannot say. */
export function whereOf(frame: Frame): string | null {
  return frame.where === undefined ? null : frame.where();
}

function short(node: NodeId): string {
  return node.slice(0, 8);
}
