import type { NodeEvent, Pid } from "@espalier/runtime";

/** What happened, in words, and the processes that it is about. */
export interface EventWords {
  readonly text: string;
  readonly pids: readonly Pid[];
}

export function describeEvent(event: NodeEvent): EventWords {
  return { text: event.type, pids: [] };
}
