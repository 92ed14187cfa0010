import { CauseError } from "@espalier/heartbeat";
import type { RefusalReason } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";

/** No link to the node could be made, or it did not answer: the cause `noconnection`, and for people why. */
export function unreachableError(node: NodeId, reason: string): CauseError {
  const error = new CauseError({ type: "noconnection", node });
  error.message += `: ${reason}`;
  return error;
}

/** A node would not take a process, or could not go on with it: the process goes on where it was. `remote` says what the node said. */
export class TransferRefusedError extends Error {
  readonly code = "TRANSFER_REFUSED";
  /** The node's id. */
  readonly node: string;
  readonly remote: { readonly name: string; readonly message: string; readonly code: string | null };

  constructor(node: string, remote: TransferRefusedError["remote"]) {
    super(`node ${node.slice(0, 8)} refused the process: ${remote.message}`);
    this.name = "TransferRefusedError";
    this.node = node;
    this.remote = remote;
  }
}

/** Why a node that has as much of somebody as it takes refuses more. */
export function tooMany(message: string): RefusalReason {
  return { name: "LimitError", message, code: "LIMIT" };
}

/** Why `to` did not take a process, as an error: `reason` is one, what `to` said, or null when it said nothing. */
export function notTaken(to: NodeId, reason: unknown): Error {
  if (reason instanceof Error) return reason;
  if (reason === null) return unreachableError(to, "it did not answer");
  return new TransferRefusedError(to, reason as RefusalReason);
}

/** A peer said what it may not, or what makes no sense. It costs it the link; nothing of it took effect. */
export class ProtocolError extends Error {
  readonly code = "PROTOCOL";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProtocolError";
  }

  /** What `check` returns; what it throws is the peer's fault. */
  static unless<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw new ProtocolError(error instanceof Error ? error.message : "it makes no sense", { cause: error });
    }
  }
}
