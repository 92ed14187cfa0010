import type { Cell } from "../cell.ts";

/**
 * Told which process has the event loop: for a watchdog in another thread, which can say who it was when the loop does not come round. It is called in the
 * middle of things, for each slice, and must neither act on the node nor throw.
 */
export interface SliceWatch {
  /** The slice of a process begins. */
  began(cell: Cell): void;
  /** The scheduler's turn is over: no process of the node has the loop. */
  ended(): void;
}
