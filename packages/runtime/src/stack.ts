import type { Cell } from "./cell.ts";
import type { Frame, FrameState } from "./frame.ts";
import type { Kernel } from "./kernel.ts";

/**
 * An entry between two frames of a process's stack: the frame above it runs in a scope. The scheduler tells it how the scope came to
 * its end, and it decides what the frame below gets.
 */
export interface Marker {
  /** Names the kind, on the wire too. */
  readonly marker: string;
  /** What is thrown below the scope when it is left early: set before the process is interrupted. */
  readonly error: unknown;
  /** It is on the stack now. */
  entered(kernel: Kernel, cell: Cell): void;
  /** The frame above returned `value`; the result, or what this throws, goes to the frame below. */
  returned(kernel: Kernel, cell: Cell, value: unknown): unknown;
  /** The frame above threw `error`; the result, or what this throws, goes to the frame below. */
  threw(kernel: Kernel, cell: Cell, error: unknown): unknown;
  /** The scope is gone without an outcome: it was left early, or the process ended or moved away. Releases what it holds. */
  left(kernel: Kernel, cell: Cell): void;
  /** What travels of it. */
  capture(): unknown;
}

/** Instead of a scope in `Cell.interrupt`: the process is to move, and goes no further than to the end of its operation. */
export const toMove: unique symbol = Symbol("to move");

/** One entry of a stack as it travels. */
export type CapturedEntry = FrameState | CapturedMarker;

export interface CapturedMarker {
  readonly marker: string;
  readonly data: unknown;
}

export function isMarker(entry: Frame | Marker): entry is Marker {
  return "marker" in entry;
}
