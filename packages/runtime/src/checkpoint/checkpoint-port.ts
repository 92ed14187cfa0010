import type { Cell } from "../cell.ts";
import type { suspended } from "../waiting.ts";
import type { CheckpointView } from "./checkpoint.ts";

/** What the rest of a node knows of its checkpoints. */
export interface CheckpointPort {
  /** The directory where the node keeps what outlives it: it alone uses it. */
  readonly data: string;
  /** How many processes have something on the disk, are about to leave without it, or have ended and something is yet to be done there. */
  readonly size: number;
  /** What is on the disk of a process; null when there is nothing. */
  viewOf(cell: Cell): CheckpointView | null;
  /** Whether a checkpoint has to be taken from the disk before the process may leave. */
  holds(cell: Cell): boolean;
  /**
   * Takes the checkpoint of a process that is about to leave from the disk, and calls `go` with null when it is gone for good, or with what
   * went wrong. From here on the computation rather ends than runs twice. The process waits meanwhile.
   */
  leave(cell: Cell, go: (error: unknown) => void): typeof suspended;
  /**
   * The same for a process that waits for something else, and goes on waiting: the process may have gone on, may have a new checkpoint or may have
   * ended when `then` is called.
   */
  putAside(cell: Cell, then: (error: unknown) => void): void;
  /** The process does not leave after all: calls `goOn` when its checkpoint is on the disk again, at once if it never had one. */
  stay(cell: Cell, goOn: () => void): void;
}
