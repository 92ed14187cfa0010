import type { Cause } from "@espalier/heartbeat";
import type { Produced } from "@espalier/runtime";
import type { AnyStateMachine, EmittedFrom, EventFrom, SnapshotFrom } from "xstate";

/** How a machine runs as a process. Everything has a default. */
export interface StatechartOptions<T extends AnyStateMachine> {
  /** What people call it, in logs and dev tools: the machine's id unless given. */
  readonly label?: string;
  /**
   * Makes an event of a plain message, a DOWN, or an EXIT that is neither the parent's nor a child's; undefined for none. Unless given, a message
   * with a `type` is an event as it is. What is no event, or is handled by no transition, is reported and dropped; but an EXIT ends
   * the statechart then, as it would without trapping.
   */
  readonly info?: (message: any) => EventFrom<T> | undefined;
  /**
   * Called before the process ends with the snapshot from before whatever failed: at its final state, when it stops itself, is asked to or
   * fails, and when its parent ends. Not after a kill. What it throws is why the process ends instead.
   */
  readonly terminate?: (snapshot: SnapshotFrom<T>, cause: Cause) => Produced<unknown>;
  /** Called with what `emit` actions emit, in their turn. */
  readonly emitted?: (event: EmittedFrom<T>) => Produced<unknown>;
  /** Types of events that the machine raises and nobody else may send: a call of one is refused, a cast is reported and dropped. */
  readonly internal?: readonly EventFrom<T>["type"][];
}

/** The same, the types forgotten. */
export interface AnyOptions {
  readonly label?: string;
  readonly info?: (message: unknown) => unknown;
  readonly terminate?: (snapshot: any, cause: Cause) => unknown;
  readonly emitted?: (event: any) => unknown;
  readonly internal?: readonly string[];
}
