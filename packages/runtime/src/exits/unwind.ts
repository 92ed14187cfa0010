import { driving, type DrivingIterator, type Operation, toYield } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { OperationRefusedError } from "../errors.ts";
import type { Frame } from "../frame.ts";
import type { Kernel } from "../kernel.ts";

const why = "the computation is being cancelled, and may only clean up";

/** Refuses every operation where it is asked for, so that no `finally` block can wait. */
const refusing: DrivingIterator = {
  of(operation: Operation<any, any>): never {
    throw new OperationRefusedError(operation.type, why);
  },
  // What is yielded is refused below.
  ask: toYield,
};

/** How often a frame may answer a refusal with another operation before it is dropped as it stands. */
const refusalsMax = 100;

/**
 * Runs the `finally` blocks that are open in `frame`, now, with every operation refused. What they throw changes nothing any more: it
 * is reported as an event and in the log.
 */
export function unwind(kernel: Kernel, cell: Cell, frame: Frame): void {
  const outer = driving.iterator;
  driving.iterator = refusing;
  try {
    let step = frame.return(undefined);
    for (let refusals = 0; step.done !== true; refusals += 1) {
      const { type } = step.value;
      if (refusals === refusalsMax)
        throw new OperationRefusedError(type, `${why}; it went on for ${refusalsMax} times`);
      step = frame.throw(new OperationRefusedError(type, why));
    }
  } catch (error) {
    kernel.cleanupFailed(cell, error);
  } finally {
    driving.iterator = outer;
  }
}
