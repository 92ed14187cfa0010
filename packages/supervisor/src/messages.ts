import type { Down, Exit, Pid } from "@espalier/runtime";

/** The messages that a supervisor gets about other processes. */

export function isExit(message: unknown): message is Exit {
  return typeof message === "object" && message !== null && (message as Exit).type === "EXIT";
}

export function isDown(message: unknown): message is Down {
  return typeof message === "object" && message !== null && (message as Down).type === "DOWN";
}

/** Whether it stands for a node: what nodes do themselves, such as asking processes to end, carries the serial that no process has. */
export function isNode(pid: Pid): boolean {
  return pid.serial === 0;
}
