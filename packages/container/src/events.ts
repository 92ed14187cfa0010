import type { NodeId } from "@espalier/runtime";

/**
 * How a node of a container stands:
 *
 * - `asleep`: it is a record, and nothing of it runs;
 * - `idle`: it runs, and would not be missed: no other node is connected with it, no process has its home on it or computes on it;
 * - `active`: it runs, and one of these is so;
 * - `starting` and `stopping`: on the way from and to `asleep`, or to the end.
 */
export type ResidentStatus = "asleep" | "starting" | "idle" | "active" | "stopping";

/**
 * Why a pipe came to no node:
 *
 * - `unknown`: no node with the key that it names lives here;
 * - `asleep`, `stopping`, `failed`: it does, and sleeps, is about to stop, or could not start;
 * - `misfit`: its first frame is of another version of the protocol, or of a pattern that is not known here;
 * - `malformed`: it is none of the protocol at all;
 * - `late`: it did not come in time, or the node that it names did not start in time;
 * - `crowded`: there were too many such pipes, and this one was the oldest of those who had most.
 */
export type RefusalKind = "unknown" | "asleep" | "stopping" | "failed" | "misfit" | "malformed" | "late" | "crowded";

/** One change of interest in a container, as data. What happens on its nodes is on the stream of each. */
export type ContainerEvent =
  | { readonly type: "container.created"; readonly node: NodeId; readonly name: string | null }
  | {
      readonly type: "container.status";
      readonly node: NodeId;
      readonly from: ResidentStatus;
      readonly to: ResidentStatus;
    }
  /** The node has stopped, and has left the container. */
  | { readonly type: "container.stopped"; readonly node: NodeId }
  /** It could not start, or its end had an error. Whoever asked for that was told as well. */
  | {
      readonly type: "container.failed";
      readonly node: NodeId;
      readonly what: "start" | "stop";
      readonly error: unknown;
    }
  /** A pipe was turned away before any node saw it. `node` is whom it named, if it got that far. */
  | {
      readonly type: "container.refused";
      readonly node: NodeId | null;
      readonly remote: string;
      readonly kind: RefusalKind;
      readonly reason: string;
    };
