import type { NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";

/** What becomes of the list of those whom a node lets in. Who was not let in at the handshake is a `node.refused`. */
export type AccessEvent =
  | { readonly type: "access.allowed"; readonly node: NodeId }
  /** Nothing of it goes on here: see `Access.revoke`. */
  | { readonly type: "access.revoked"; readonly node: NodeId; readonly sessions: number; readonly computations: number }
  /** A process that `from` sent does not begin here, because `node` is not let in: its source, or its home. */
  | { readonly type: "access.refused"; readonly node: NodeId; readonly from: NodeId; readonly pid: Pid };
