import type { NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";

/** What becomes of processes that move, and of the nodes that they are on. */
export type MoveEvent =
  /** A process is on its way: this node offers it to `to`, and acts for it in `epoch` no more. */
  | {
      readonly type: "transfer.started";
      readonly pid: Pid;
      readonly epoch: number;
      readonly to: NodeId;
      readonly bytes: number;
    }
  /** This node has given up the home of a process: from here on `to` decides about it, or nobody does. */
  | { readonly type: "home.released"; readonly pid: Pid; readonly epoch: number; readonly to: NodeId }
  /** This node is the home of a process that was handed over, in this home epoch. */
  | { readonly type: "home.adopted"; readonly pid: Pid; readonly epoch: number; readonly from: NodeId }
  /** The home was not handed over: the process goes on here. */
  | { readonly type: "home.kept"; readonly pid: Pid; readonly to: NodeId; readonly reason: string }
  /** The target has it. */
  | { readonly type: "transfer.departed"; readonly pid: Pid; readonly to: NodeId }
  /** It goes on here after all, in `epoch`. */
  | { readonly type: "transfer.failed"; readonly pid: Pid; readonly epoch: number; readonly reason: string }
  | { readonly type: "transfer.arrived"; readonly pid: Pid; readonly from: NodeId; readonly missing: number }
  | { readonly type: "transfer.refused"; readonly pid: Pid; readonly from: NodeId; readonly reason: string }
  /** It runs here now: this node alone may act for it in `epoch` (P15), while it holds the lease of its home. */
  | { readonly type: "transfer.granted"; readonly pid: Pid; readonly epoch: number }
  /** It may not act here any more as `epoch`, and was dropped. */
  | { readonly type: "transfer.dropped"; readonly pid: Pid; readonly epoch: number }
  /** A guest's body has ended here, and its home is told. */
  | { readonly type: "guest.finished"; readonly pid: Pid; readonly epoch: number }
  /** A guest gets its turn: its lease was asked, and what it does now it does as `epoch`. */
  | { readonly type: "guest.acting"; readonly pid: Pid; readonly epoch: number }
  /** At home: something that a guest did as `epoch` was accepted, to be performed in its name. */
  | { readonly type: "guest.performed"; readonly pid: Pid; readonly epoch: number }
  /** At home: the verdict on a process that was away. Whatever it does from now on counts nowhere (P13); `epoch` was granted last. */
  | {
      readonly type: "transfer.lost";
      readonly pid: Pid;
      readonly epoch: number;
      readonly node: NodeId;
      readonly incarnation: string;
    }
  /** A signal came for a process that has moved on; its home was told where. */
  | { readonly type: "transfer.forwarded"; readonly pid: Pid; readonly to: NodeId }
  /** A host has been silent for longer than usual. It may well come back. */
  | { readonly type: "node.suspected"; readonly node: NodeId }
  | { readonly type: "node.trusted"; readonly node: NodeId }
  /** A host is declared lost: what it ran for this home acts no more. */
  | {
      readonly type: "node.verdict";
      readonly node: NodeId;
      readonly incarnation: string;
      readonly reason: "silent" | "behind" | "lapsed" | "dead";
    };
