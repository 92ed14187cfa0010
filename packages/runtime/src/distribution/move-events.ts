import type { NodeId } from "../node-ref.ts";
import type { Pid } from "../pid.ts";

declare module "../events.ts" {
  interface NodeExtraEvents {
    readonly moves:
      /** A process is on its way: this node offers it to `to`. */
      | { readonly type: "transfer.started"; readonly pid: Pid; readonly to: NodeId; readonly bytes: number }
      /** The target has it. */
      | { readonly type: "transfer.departed"; readonly pid: Pid; readonly to: NodeId }
      /** It goes on here after all. */
      | { readonly type: "transfer.failed"; readonly pid: Pid; readonly reason: string }
      | { readonly type: "transfer.arrived"; readonly pid: Pid; readonly from: NodeId; readonly missing: number }
      | { readonly type: "transfer.refused"; readonly pid: Pid; readonly from: NodeId; readonly reason: string }
      /** It runs here now. */
      | { readonly type: "transfer.granted"; readonly pid: Pid; readonly epoch: number }
      /** It may not act here any more, and was dropped. */
      | { readonly type: "transfer.dropped"; readonly pid: Pid }
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
          readonly reason: "silent" | "lapsed" | "dead";
        };
  }
}
