import type { NodeId } from "./cluster/node-ref.ts";

/** What has gone over a link in one direction, or over all links that there were. */
export interface TrafficCounts {
  /** Everything that was sealed: messages, ticks and what sessions say to each other. */
  readonly frames: number;
  readonly messages: number;
  /** Of sealed frames, as they are on the pipe. */
  readonly bytes: number;
}

/** How long the other side takes to answer, in milliseconds. It is asked when the link comes up, and whenever it is told that this node is there. */
export interface RoundTripView {
  readonly lastMs: number;
  readonly leastMs: number;
  /** Over about the last eight answers, each of which counts for an eighth (RFC 6298). */
  readonly meanMs: number;
}

/** A link to another node. */
export interface LinkView {
  readonly peer: NodeId;
  readonly incarnation: string;
  /** Where the peer says that it listens; null when it does not. */
  readonly address: string | null;
  /** The other end of the pipe as the network sees it. */
  readonly remote: string;
  /** Whether this node dialled. */
  readonly dialled: boolean;
  /** How the two proved who they are: the name of a Noise handshake pattern, such as `XX`. */
  readonly pattern: string;
  /** How long it has been up, in milliseconds. */
  readonly upMs: number;
  readonly sent: TrafficCounts;
  readonly received: TrafficCounts;
  /** What waits for the network to take it. */
  readonly queuedBytes: number;
  /** Null until the peer has answered once. */
  readonly roundTrip: RoundTripView | null;
  /** How often a new key was taken, in both directions together. */
  readonly rekeys: number;
  /** How often the two have shaken hands anew. */
  readonly renewals: number;
}

/**
 * Why a handshake came to nothing:
 *
 * - `stranger`: the key of who dialled is not on this node's list;
 * - `misfit`: one that does not speak the same versions, or that meant another node;
 * - `refused`: the other side does not want this node, and said so;
 * - `crossed`: both dialled, and this node's own attempt survives;
 * - `broken`: what came is not what the protocol says;
 * - `late`: it took too long;
 * - `gone`: the pipe went away, or never opened;
 * - `ended`: this node gave it up.
 */
export type HandshakeFailure = "stranger" | "misfit" | "refused" | "crossed" | "broken" | "late" | "gone" | "ended";

/** What a node has done on its network since it was started. */
export interface NetworkView {
  readonly handshakes: {
    /** Pipes that were dialled or accepted. */
    readonly begun: number;
    /** Those that became links. */
    readonly done: number;
    readonly failed: Readonly<Record<HandshakeFailure, number>>;
    /** Pipes that others have dialled and whose handshake is not over. */
    readonly halfOpen: number;
  };
  /** Peers that are to be dialled when fewer attempts are under way. */
  readonly dialsQueued: number;
  /** Peers that there is a link or an attempt with, or that this node stays connected with: all of which anything is kept. */
  readonly connections: number;
  /** Peers that this node stays connected with, whether there is a link now or not. */
  readonly kept: number;
  /** Over all links, those that are gone included. */
  readonly sent: TrafficCounts;
  readonly received: TrafficCounts;
}
