import type { Cell, Kernel } from "@espalier/runtime";

/** The process that is here and has this `Pid.key`. */
export function findProcess(kernel: Kernel, key: string): Cell | undefined {
  const own = kernel.cells.get(Number(key.slice(key.lastIndexOf("/") + 1)));
  if (own !== undefined && own.pid.key === key) return own;
  return kernel.adopted?.get(key) ?? kernel.guests.get(key);
}
