import type { Pid } from "@espalier/runtime";
import type { StateValue } from "xstate";
import { isReserved, nodesOf, type MachineSnapshot } from "./xstate.ts";

/** A statechart as `node.inspect()` shows it: in `details` of its process. */
export interface StatechartView {
  readonly type: "statechart";
  readonly value: StateValue;
  readonly tags: readonly string[];
  /** How many properties its context has. */
  readonly contextSize: number;
  /** The types of the events that its state handles. */
  readonly nextEvents: readonly string[];
  /** How many events wait for another state. */
  readonly postponed: number;
  readonly timeouts: number;
}

declare module "@espalier/runtime" {
  interface ProcessDetailTypes {
    readonly statechart: StatechartView;
  }

  interface ExtraReports {
    /** What a machine's `log` said. */
    readonly statechart: {
      readonly type: "statechart.log";
      readonly pid: Pid;
      readonly label: string;
      readonly parameters: readonly unknown[];
    };
  }
}

export function viewOf(snapshot: MachineSnapshot, postponed: number, timeouts: number): StatechartView {
  const { value, tags, context } = snapshot;
  const own = nodesOf(snapshot).flatMap(({ ownEvents }) => ownEvents);
  return {
    type: "statechart",
    value: value as StateValue,
    tags: [...tags],
    contextSize: Object.keys(context as object).length,
    nextEvents: [...new Set(own)].filter((type) => !isReserved(type)),
    postponed,
    timeouts,
  };
}
