import { describe } from "@espalier/heartbeat";

/**
 * The two kinds of channel. In a *rendezvous* channel nothing waits: a value goes to who listens when it comes, or nowhere. It is nothing but
 * a name, so there is nothing to close. A *buffered* channel keeps values while nobody listens, up to its capacity; it belongs to
 * the process that created it and closes when that ends.
 */
export type ChannelMode = "rendezvous" | "buffered";

/**
 * A channel as a value that travels: a GUID and the node where it lives (H21). It works from anywhere: whatever is done with it, is done at its home.
 *
 * Who holds a reference can send and listen: the GUID is 128 random bits, so nobody can name a channel that they were not given.
 * Two references are the same channel when their ids are equal.
 */
export class ChannelRef<T, Mode extends ChannelMode = ChannelMode> {
  /** 32 lowercase hexadecimal digits. */
  readonly id: string;
  /** The id of the node where it lives. */
  readonly home: string;
  readonly mode: Mode;
  /** Never there: it lets the compiler tell channels of different values apart. */
  declare readonly carries?: (value: T) => T;

  constructor(id: string, home: string, mode: Mode) {
    if (typeof id !== "string" || !/^[0-9a-f]{32}$/.test(id)) {
      throw new TypeError(`channel id: expected 32 hexadecimal digits, got ${describe(id)}`);
    }
    if (typeof home !== "string" || home === "")
      throw new TypeError(`channel home: expected a node's id, got ${describe(home)}`);
    if (mode !== "rendezvous" && mode !== "buffered") {
      throw new TypeError(`channel mode: expected "rendezvous" or "buffered", got ${describe(mode)}`);
    }
    this.id = id;
    this.home = home;
    this.mode = mode;
  }
}

/**
 * A channel's id from 16 random bytes.
 *
 * @throws RangeError when there are not 16.
 */
export function channelId(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`bytes: expected 16 random bytes, got ${bytes.length}`);
  let id = "";
  for (const byte of bytes) id += byte.toString(16).padStart(2, "0");
  return id;
}

/** `value`, if it is a channel. @throws TypeError naming `where` it was expected. */
export function channelArgument<T>(value: ChannelRef<T>, where: string): ChannelRef<T> {
  if (value instanceof ChannelRef) return value;
  throw new TypeError(`${where}: expected a channel, got ${describe(value)}`);
}

/** `value`, if it is a buffered channel. @throws TypeError naming `where` it was expected. */
export function bufferedArgument<T>(value: ChannelRef<T, "buffered">, where: string): ChannelRef<T, "buffered"> {
  if (channelArgument(value, where).mode === "buffered") return value;
  throw new TypeError(`${where}: expected a buffered channel, got a rendezvous, in which nothing ever waits`);
}
