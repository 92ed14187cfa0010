import { Operation, type Moving } from "@espalier/heartbeat";

/** What `Remote.checkpoint()` gives: where the computation stands, the first time and after each restart of its node. */
export interface Checkpoint {
  /** Names the computation for as long as it keeps its checkpoint: the same in all its epochs. */
  readonly computation: string;
  /**
   * 1 at first, and one more each time that a node resumes the computation. No two runs of a computation have the same one, and a later run has a
   * higher one: a fencing token, for outside systems that refuse whoever comes with less than they have seen.
   */
  readonly epoch: number;
  /** Whether it is here because its node was restarted, and not because it came this far. */
  readonly resumed: boolean;
}

/** What is kept of a process, as `node.inspect()` shows it. */
export interface CheckpointView {
  readonly computation: string;
  readonly epoch: number;
  /** When it was taken, by the node's wall clock, in milliseconds since 1970. */
  readonly takenAtMs: number;
}

/** See `Remote.checkpoint`. */
export class TakeCheckpoint extends Operation<Checkpoint, Moving> {
  override get type(): "remote.checkpoint" {
    return "remote.checkpoint";
  }
}

/** A checkpoint was not taken; the one before it, if there is one, stands. The message says why, and what to do. */
export class CheckpointError extends Error {
  readonly code: "CHECKPOINT_REFUSED" | "CHECKPOINT_FENCED";

  constructor(message: string, code: CheckpointError["code"] = "CHECKPOINT_REFUSED") {
    super(message);
    this.name = "CheckpointError";
    this.code = code;
  }
}

/** Of a node that keeps nothing. */
export function performTakeCheckpoint(): never {
  throw new CheckpointError(
    'Remote.checkpoint: this node has no directory to keep checkpoints in; start it with Node.start({ data: "./state" })',
  );
}
