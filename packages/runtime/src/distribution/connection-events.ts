import type { HandshakeFailure, RoundTripView, TrafficCounts } from "../network-view.ts";
import type { NodeDownReason } from "../transport.ts";
import type { NodeId } from "../cluster/node-ref.ts";

/** What goes on between nodes below the messages of processes. */
export type ConnectionEvent =
  /** This node begins to dial. */
  | { readonly type: "connection.dialling"; readonly node: NodeId; readonly address: string }
  /** The two know each other; the link is up. */
  | {
      readonly type: "handshake.done";
      readonly node: NodeId;
      readonly dialled: boolean;
      /** The name of a Noise handshake pattern, such as `XX`. */
      readonly pattern: string;
      /** Since the pipe was dialled, or accepted. */
      readonly tookMs: number;
    }
  | {
      readonly type: "handshake.failed";
      /** Whom this node dialled, or who has proven its key; null of a stranger who did not come that far. */
      readonly node: NodeId | null;
      readonly dialled: boolean;
      readonly remote: string;
      readonly why: HandshakeFailure;
      /** For people. */
      readonly reason: string;
    }
  | {
      readonly type: "connection.up";
      readonly node: NodeId;
      readonly incarnation: string;
      readonly dialled: boolean;
      /** Where the peer says that it listens. */
      readonly address: string | null;
    }
  /** A link is gone; what it carried. */
  | {
      readonly type: "connection.down";
      readonly node: NodeId;
      readonly incarnation: string;
      readonly why: NodeDownReason;
      readonly reason: string;
      readonly upMs: number;
      readonly sent: TrafficCounts;
      readonly received: TrafficCounts;
      readonly roundTrip: RoundTripView | null;
    }
  /** The peer is one to stay connected with: it is dialled in so many milliseconds. */
  | { readonly type: "connection.retry"; readonly node: NodeId; readonly delayMs: number }
  /** More waits for the peer than senders may go on with. */
  | { readonly type: "connection.busy"; readonly node: NodeId; readonly queuedBytes: number }
  /** Little enough waits again. */
  | { readonly type: "connection.drained"; readonly node: NodeId; readonly queuedBytes: number };
