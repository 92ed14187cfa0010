// oxlint-disable eslint/no-underscore-dangle -- these are xstate's names
import type {
  AnyActorLogic,
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  EventObject,
  ExecutableActionObject,
  Snapshot,
} from "xstate";

/*
 * What this package knows of xstate beyond its documentation, all of it in this file; the version is pinned because of it. Only types are
 * imported: a machine brings its own functions along, so the library is loaded by whoever writes machines, and by nobody else.
 */

/** What xstate hands its own system for inspection. */
export type Inspected =
  | { readonly type: "@xstate.actor"; readonly actorRef: Actor }
  | {
      readonly type: "@xstate.microstep";
      readonly actorRef: unknown;
      readonly event: EventObject;
      readonly snapshot: AnyMachineSnapshot;
      readonly _transitions: readonly AnyTransitionDefinition[];
    }
  | { readonly type: "@xstate.event" | "@xstate.snapshot" | "@xstate.action" | "@xstate.transition" };

/** An actor that xstate made for a machine of ours. It is a handle: it is never started, a process does its work. */
export interface Actor {
  readonly id: string;
  readonly logic: AnyActorLogic;
  readonly options: { readonly input?: unknown; readonly snapshot?: Snapshot<unknown> };
  readonly src: unknown;
  readonly systemId: string | undefined;
  readonly _parent: unknown;
  readonly _syncSnapshot: boolean | undefined;
  _snapshot: Snapshot<unknown>;
  start: () => unknown;
}

export const parentOf = (actor: { readonly _parent: unknown }): unknown => actor._parent;
export const snapshotOf = (actor: Actor): Snapshot<unknown> => actor._snapshot;
export const setSnapshot = (actor: Actor, snapshot: Snapshot<unknown>): Snapshot<unknown> =>
  (actor._snapshot = snapshot);
/** Whether the machine wants to hear of each of its snapshots. */
export const tellsSnapshots = (actor: Actor): boolean => actor._syncSnapshot === true;
export const nodesOf = (snapshot: AnyMachineSnapshot): readonly { readonly ownEvents: readonly string[] }[] =>
  snapshot._nodes;
export const relayIn = (system: System, target: unknown, event: EventObject): void =>
  system._relay(undefined, target, event);
export const transitionsOf = (
  step: Extract<Inspected, { type: "@xstate.microstep" }>,
): readonly AnyTransitionDefinition[] => step._transitions;

/** Sends what one actor sends another. */
export type Relay = (source: unknown, target: unknown, event: EventObject) => void;

/** The system that xstate expects in a scope. */
export interface System {
  readonly scheduler: {
    schedule(source: unknown, target: unknown, event: EventObject, delay: number, id: string | undefined): void;
    cancel(source: unknown, id: string): void;
    cancelAll(source: unknown): void;
  };
  readonly _relay: Relay;
}

export type Machine = AnyStateMachine;
export type Scope = AnyActorScope;
export type MachineSnapshot = AnyMachineSnapshot;
export type Action = ExecutableActionObject;

/** Events of its own: they come from the machine and its children alone. */
const reserved = "xstate.";

export const stopEvent: EventObject = Object.freeze({ type: "xstate.stop" });

export function doneEvent(id: string, output: unknown): EventObject {
  return { type: `xstate.done.actor.${id}`, output, actorId: id } as EventObject;
}

export function errorEvent(id: string, error: unknown): EventObject {
  return { type: `xstate.error.actor.${id}`, error, actorId: id } as EventObject;
}

export function snapshotEvent(id: string, snapshot: unknown): EventObject {
  return { type: `xstate.snapshot.${id}`, snapshot } as EventObject;
}

export function isEvent(value: unknown): value is EventObject {
  return typeof value === "object" && value !== null && typeof (value as Partial<EventObject>).type === "string";
}

export function isReserved(type: string): boolean {
  return type.startsWith(reserved);
}

export function isMachine(logic: unknown): logic is Machine {
  if (typeof logic !== "object" || logic === null) return false;
  const { root, getInitialSnapshot, restoreSnapshot } = logic as Partial<Machine>;
  return root !== undefined && typeof getInitialSnapshot === "function" && typeof restoreSnapshot === "function";
}

/**
 * Whether these transitions leave or enter a state: gen_statem's change of state, or its `repeat_state`. One without a target does not,
 * nor does one from an atomic state to itself, unless it re-enters.
 */
export function changesState(transitions: readonly AnyTransitionDefinition[]): boolean {
  return transitions.some(
    ({ target, source, reenter }) =>
      target !== undefined &&
      target.length > 0 &&
      (reenter || source.type !== "atomic" || target.some((node) => node !== source)),
  );
}

/** Whether a microstep was taken without an event of its own: an `always`. */
export function isEventless(transitions: readonly AnyTransitionDefinition[]): boolean {
  return transitions[0]?.eventType === "";
}
