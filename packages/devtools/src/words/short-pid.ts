import type { Node, Pid } from "@espalier/runtime";

/** A pid for people: its serial, with the beginning of the id of its home before it when that is another node. */
export function shortPidOf(pid: Pid, node: Node): string {
  const { id } = pid.address;
  return id === node.ref.id ? String(pid.serial) : `${id.slice(0, 8)}.${pid.serial}`;
}
