import { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";

/** What a process shows to outside systems, so that they can refuse whoever speaks in its name too late. Plain data. */
export interface Fence {
  /** The process: the same text wherever it runs. Nobody else ever has it. */
  readonly process: string;
  /** Which of its stays at a place this is: greater after every move, and after one that began and came to nothing. */
  readonly epoch: number;
}

/** See `Remote.fence`. */
export class TakeFence extends Operation<Fence> {
  override get type(): "remote.fence" {
    return "remote.fence";
  }
}

export function performTakeFence({ distribution }: Kernel, cell: Cell): Fence {
  return Object.freeze({ process: cell.pid.key, epoch: distribution?.epochOf(cell) ?? 0 });
}

/**
 * The epoch in which a process begins when its home has been handed over `handovers` times: above all that it had at the homes before. No
 * process moves 2³² times from one home.
 */
export function firstEpoch(handovers: number): number {
  return handovers * 2 ** 32;
}
