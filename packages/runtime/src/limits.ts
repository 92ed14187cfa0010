/**
 * Every limit of the wire, with its reason. A peer that goes beyond one loses its session; a value that would go beyond one is
 * refused before anything is sent. `docs/protocol.md` has the same table, and a test holds the two equal.
 */
export interface Limits {
  /** One Noise message: the Noise specification's own maximum (§3). */
  readonly frameBytes: number;
  /** One message between nodes once encoded, however many fragments it takes: what one peer can make us hold unread. */
  readonly messageBytes: number;
  /** Nesting of decoded data: far beyond data that people write, far below what a JavaScript stack holds. */
  readonly depth: number;
  /** One text or byte string. */
  readonly stringBytes: number;
  /** Elements of one array, set or map. */
  readonly collectionLength: number;
  /** Data items of one message in total: a one-byte item can take a hundred bytes of memory. */
  readonly itemsTotal: number;
  /** From the opening of a pipe to the end of its handshake. A handshake takes milliseconds; a slow one is an attack or a dead peer. */
  readonly handshakeMs: number;
  /** Pipes of one address whose handshake is not over: a whole cluster on one machine may start at once. */
  readonly halfOpenPerAddress: number;
  /** Pipes of all addresses whose handshake is not over: each costs a timer, a socket and three curve operations. */
  readonly halfOpen: number;
  /** Connection attempts under way at once, from this node. */
  readonly dialsConcurrent: number;
  /** The longest wait before the first new attempt of a node that stays connected: an accident is made good at once. */
  readonly reconnectMs: number;
  /** The longest wait ever: a peer that was away for hours is found within a minute. */
  readonly reconnectMaxMs: number;
  /** Bytes waiting in one link for a peer that does not read. */
  readonly queuedBytes: number;
  /** Characters of a reason that a peer gives: it ends up in logs. */
  readonly reasonLength: number;
  /** How long a static key serves: a stolen one is worth little tomorrow. */
  readonly staticKeyMs: number;
  /** By how much the wall clocks of two nodes may differ. */
  readonly wallSkewMs: number;
  /** Frames in one direction under one key. */
  readonly rekeyMessages: number;
  /** Bytes in one direction under one key. */
  readonly rekeyBytes: number;
}

export const limits: Limits = Object.freeze({
  frameBytes: 65_535,
  messageBytes: 16 * 2 ** 20,
  depth: 512,
  stringBytes: 16 * 2 ** 20,
  collectionLength: 1_000_000,
  itemsTotal: 1_000_000,
  handshakeMs: 5_000,
  halfOpenPerAddress: 64,
  halfOpen: 256,
  dialsConcurrent: 16,
  reconnectMs: 250,
  reconnectMaxMs: 30_000,
  queuedBytes: 64 * 2 ** 20,
  reasonLength: 256,
  staticKeyMs: 24 * 3_600_000,
  wallSkewMs: 5 * 60_000,
  rekeyMessages: 2 ** 20,
  rekeyBytes: 2 ** 30,
});
