import type { Operation } from "@espalier/heartbeat";
import { InKernel, type Cell, type Kernel, type Node, type Pid } from "@espalier/runtime";
import type { StateValue } from "xstate";
import type { Machine } from "./xstate.ts";

/** A statechart has taken an event, and done what that asked for. It has nothing of the machine's context, and of the event only its type. */
export interface StatechartTransition {
  readonly type: "statechart.transition";
  readonly pid: Pid;
  /** The statechart whose machine has this one as an actor; null: none has. */
  readonly parent: Pid | null;
  /** The id of the machine, or of the actor. */
  readonly id: string;
  readonly event: string;
  /** Null: it begins. */
  readonly from: StateValue | null;
  readonly to: StateValue;
  readonly status: "active" | "done" | "error" | "stopped";
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly statechart: StatechartTransition;
  }
}

/** The machines of the statecharts that run. */
const machines = new WeakMap<Cell, Machine>();

/** This process is a statechart of that machine. Gives the node's events: who makes one asks first whether anybody listens. */
export function running(machine: Machine): Operation<Kernel["events"]> {
  return new InKernel(({ events }, cell) => {
    machines.set(cell, machine);
    return events;
  });
}

/**
 * What the machine of a statechart is, as plain data that JSON holds, for tools that draw it; null when no statechart runs here under that pid.
 *
 * ```ts
 * import { Node, Statechart, statechartDefinition } from "espalier";
 * import { createMachine } from "xstate";
 *
 * await using node = await Node.start();
 * const lamp = Statechart.define(createMachine({ id: "lamp", initial: "off", states: { off: {} } }));
 * const { pid } = await node.run(() => Statechart.start(lamp));
 * (statechartDefinition(node, pid) as { id: string }).id; // => "lamp"
 * ```
 */
export function statechartDefinition(node: Node, pid: Pid): unknown {
  const cell = node.kernel.find(pid);
  const machine = cell === undefined ? undefined : machines.get(cell);
  return machine === undefined ? null : machine.definition;
}
