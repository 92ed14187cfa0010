import { Operation } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import type { Pid } from "./addresses/pid.ts";

/**
 * What a package that builds on the runtime does in the kernel, at once, for the process that performs it: it finishes in the same step, so that no
 * other process acts in between. It does not travel, and no peer can ask for one.
 */
export class InKernel<out A> extends Operation<A> {
  readonly perform: (kernel: Kernel, cell: Cell) => A;

  constructor(perform: (kernel: Kernel, cell: Cell) => A) {
    super();
    this.perform = perform;
  }

  override get type(): "process.inKernel" {
    return "process.inKernel";
  }
}

/** The process that performs it. */
export const ownPid: InKernel<Pid<any>> = new InKernel((_kernel, { pid }) => pid);

export function performInKernel(kernel: Kernel, cell: Cell, { perform }: InKernel<unknown>): unknown {
  return perform(kernel, cell);
}
