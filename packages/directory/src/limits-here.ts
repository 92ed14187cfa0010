import { InKernel, type Limits } from "@espalier/runtime";

/** The limits of the node that this is performed on. */
export const limitsHere: InKernel<Limits> = new InKernel((kernel) => kernel.limits);
