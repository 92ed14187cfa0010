import type { Hash } from "../code.ts";

/**
 * How a kind of value crosses machines. The packages that own such kinds (pids, channels, heartbeats, definitions, …) export
 * their list; the codec is built from all of them.
 */
export interface Travels<T = any> {
  /** The stable name on the wire, such as `"pid"`. */
  readonly name: string;
  readonly type: abstract new (...args: any[]) => T;
  /** The value as data that the codec knows: it may hold further values that travel. */
  encode(value: T): unknown;
  /** Validates `data`, which comes from a peer, and builds the value; throws a TypeError that says what was expected. */
  decode(data: unknown): T;
  /** The definitions that the receiver needs before it can decode the value. */
  hashes?(value: T): Iterable<Hash>;
}

/** Functions have no class of their own: who knows some of them says which. */
export interface TravellingFunctions {
  /** The value that stands for `f` on the wire (of a kind that {@link Travels}), or undefined when `f` cannot travel. */
  standIn(f: Function): object | undefined;
}

/** A class that is code that travels, on this node. */
export interface TravellingClass {
  readonly hash: Hash;
  readonly name: string;
  readonly type: Function;
  /** The nearest class of the language that it extends; Object when it extends none. */
  readonly base: Function;
  /** Why its instances cannot travel, with the remedy; null when they can. */
  readonly problem: string | null;
}

/** Objects whose class is code that travels: they travel as the hash of the class and their own fields. No constructor runs. */
export interface TravellingInstances {
  /** What objects with this prototype are instances of; null when that is no class that travels. */
  classOf(prototype: object): TravellingClass | null;
  /** The class with a hash that a peer sent; throws when there is none, or when it is something else. */
  classNamed(hash: Hash): TravellingClass;
}

/** Values to bytes and back: the port that `@espalier/wire` implements with CBOR. */
export interface Codec {
  /**
   * @throws NotMovableError naming the path inside the value, such as `.items[3].db`.
   */
  encode(value: unknown): { readonly bytes: Uint8Array; readonly hashes: ReadonlySet<Hash> };
  /** @throws CodecError on malformed, oversized or unknown data. Never calls user code. */
  decode(bytes: Uint8Array): unknown;
  /** Throws NotMovableError when `value` cannot travel: `describe()` starts the message. */
  check(value: unknown, describe: () => string): void;
}
