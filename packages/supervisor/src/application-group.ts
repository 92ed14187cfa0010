import { InKernel, type Kernel, type ProcessGroup } from "@espalier/runtime";

/** This process, an application's master, begins its group: whatever it starts belongs to it, and what that starts. */
export function enterGroup(group: ProcessGroup): InKernel<void> {
  return new InKernel((kernel, cell) => {
    cell.group = group;
    kernel.columns.markSystem(cell);
  });
}

/** Kills what is left of a group, but not the process that performs this (R-1205). */
export function killGroup(group: ProcessGroup): InKernel<void> {
  return new InKernel((kernel, self) => {
    for (const cell of kernel.homed) if (cell.group === group && cell !== self) kernel.exits.kill(cell);
  });
}

/** Kills the processes of all applications of the node. */
export function killAllGroups(kernel: Kernel): void {
  for (const cell of kernel.homed) if (cell.group !== null) kernel.exits.kill(cell);
}
