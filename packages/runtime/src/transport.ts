import type { ConnectionEvent } from "./distribution/connection-events.ts";
import type { LinkView, NetworkView } from "./network-view.ts";
import type { Message } from "./message.ts";
import type { NodeId, NodeRef } from "./cluster/node-ref.ts";

/**
 * Why a link ended, or there was none, in OTP's words (R-1304):
 *
 * - `connection_closed`: it broke, or the other side closed it;
 * - `disconnect`: this node closed it;
 * - `net_tick_timeout`: nothing came over it for the time after which that means that nobody is there (R-1301);
 * - `shutdown`: the other node stopped, in order;
 * - `connection_setup_failed`: it could not be made.
 */
export type NodeDownReason =
  | "connection_closed"
  | "disconnect"
  | "net_tick_timeout"
  | "shutdown"
  | "connection_setup_failed";

/**
 * Links between nodes: the port that `@espalier/wire` implements with Noise sessions over WebSockets. A link is authenticated before
 * `up`; it carries messages in order and without gaps until `down`, and is never resumed: what was not delivered by then is lost.
 */
export interface Transport {
  /** Starts to accept links. Called once, before anything else. */
  start(events: TransportEvents): Promise<void>;
  /** The address others can reach, if the node listens. */
  readonly url: string | null;
  /** Opens a link unless there is one or it is under way; the outcome arrives as `up` or `failed`. */
  connect(peer: NodeRef): void;
  /**
   * Stays connected with `peer`: opens a link now, and again after each loss and each failure, sooner or later, until {@link Transport.release}.
   * Each attempt ends as if somebody had asked for it.
   */
  keep(peer: NodeRef): void;
  /** Does not stay connected with `peer`: what is there stays, and nothing is opened by itself any more. */
  release(peer: NodeId): void;
  /** Sends on the link to `peer`; false, and nothing happens, when there is none. */
  send(peer: NodeId, message: Message): boolean;
  /** Ends the link to `peer`: both sides see `down` (R-1311), here with `disconnect`. */
  disconnect(peer: NodeId, reason: string): void;
  /** The links that are up. */
  links(): readonly LinkView[];
  /** What there was in all. */
  network(): NetworkView;
  stop(): Promise<void>;
}

export interface TransportEvents {
  /** Before any message of the link. `incarnation` tells a restarted node from its earlier life (R-1308). */
  up(peer: NodeRef, incarnation: string): void;
  message(peer: NodeId, message: Message): void;
  /** So much waits on the link that whoever sends there should wait, until `drained` or `down`. Called from within `send`. */
  busy?(peer: NodeId): void;
  /** Little enough waits again. */
  drained?(peer: NodeId): void;
  /** After all messages of the link, before the next `up`. `reason` is for people, `why` for programs. */
  down(peer: NodeId, reason: string, why: NodeDownReason): void;
  /** A link could not be made: refused, unreachable, a key that is not allowed… `reason` is for people. */
  failed(peer: NodeRef, reason: string): void;
  /** A stranger was refused: for the log and introspection. */
  refused?(key: NodeId | null, remote: string, reason: string): void;
  /** Who wants to know what goes on; null, and nothing is to be built for it, while nobody does. */
  listener?(): ((event: ConnectionEvent) => void) | null;
}
