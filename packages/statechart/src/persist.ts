import type { LocalGenerator } from "@espalier/heartbeat";
import { Call, type Pid } from "@espalier/runtime";
import type { EventObject, MachineContext, Snapshot, StateValue } from "xstate";
import { packContext, unpackContext } from "./context.ts";
import type { PersistedTimeout } from "./timeouts.ts";
import type { Actor, Machine, MachineSnapshot, Scope } from "./xstate.ts";

/**
 * A statechart as plain data: xstate's own persisted snapshot, and besides it what waits. It survives JSON and whatever else keeps plain data, as long
 * as the context does.
 */
export type PersistedStatechart = Snapshot<unknown> & {
  /** Delays that were running, with what was left of them. */
  readonly timeouts?: readonly PersistedTimeout[];
  /** The oldest first. Whoever waited for a reply to one has been told otherwise. */
  readonly postponed?: readonly EventObject[];
};

/** What `Sys.getState` gives and `Sys.replaceState` takes. */
export interface StatechartState {
  readonly value: StateValue;
  readonly context: MachineContext;
}

type PersistedChildren = Readonly<Record<string, { readonly src: unknown; readonly snapshot: Snapshot<unknown> }>>;

export function* persist(
  snapshot: MachineSnapshot,
  timeouts: readonly PersistedTimeout[],
  postponed: readonly EventObject[],
  machines: readonly (readonly [child: Actor, pid: Pid<any>])[],
): LocalGenerator<PersistedStatechart> {
  // xstate would look through everything that is in the context, of whatever class.
  const bare = { ...snapshot, context: {} };
  const persisted = (snapshot.machine as Machine).getPersistedSnapshot(bare as never) as PersistedStatechart & {
    readonly children: PersistedChildren;
  };
  const children: Record<string, PersistedChildren[string]> = { ...persisted.children };
  for (const [id, { src }] of Object.entries(children)) {
    if (typeof src !== "string") {
      throw new TypeError(
        `Statechart.snapshot: expected actors with names, got the child ${JSON.stringify(id)} without one; name its logic in setup({ actors })`,
      );
    }
  }
  // Only the child itself knows how it stands.
  for (const [{ id }, pid] of machines) {
    const entry = children[id];
    if (entry !== undefined)
      children[id] = { ...entry, snapshot: yield* new Call<Snapshot<unknown>>(pid, "snapshot", [], true) };
  }
  const context = packContext(snapshot.context);
  return { ...persisted, context, children, timeouts, postponed } as unknown as PersistedStatechart;
}

export function restore(
  machine: Machine,
  persisted: PersistedStatechart,
  scope: Scope,
): {
  readonly snapshot: MachineSnapshot;
  readonly timeouts: readonly PersistedTimeout[];
  readonly postponed: readonly EventObject[];
} {
  const { timeouts = [], postponed = [], ...own } = persisted;
  const { context, children = {} } = persisted as { readonly context?: unknown; readonly children?: PersistedChildren };
  const bare = Object.fromEntries(
    Object.entries(children).map(([id, entry]) => [id, { ...entry, snapshot: withoutContext(entry.snapshot) }]),
  );
  const made = machine.restoreSnapshot({ ...own, context: {}, children: bare } as never, scope) as MachineSnapshot;
  for (const [id, child] of Object.entries(made.children) as unknown as [string, Actor][]) {
    // The child's own process restores it from all of it.
    Object.assign(child.options, { snapshot: children[id]?.snapshot });
  }
  const snapshot = Object.assign(made, { context: unpackContext(context, made.children) as MachineContext });
  return { snapshot, timeouts, postponed };
}

/** A machine's snapshot without what xstate would look through as it makes a handle; any other actor's is its own. */
function withoutContext(snapshot: Snapshot<unknown>): Snapshot<unknown> {
  return "historyValue" in snapshot
    ? ({ ...(snapshot as object), context: {} } as unknown as Snapshot<unknown>)
    : snapshot;
}

export function stateOf({ value, context }: MachineSnapshot): StatechartState {
  return { value: value as StateValue, context: context as MachineContext };
}

/** The same statechart in another state: nothing is entered or left, and what was postponed stays so, as after OTP's `replace_state`. */
export function withState(snapshot: MachineSnapshot, { value, context }: StatechartState): MachineSnapshot {
  const { machine, children, historyValue } = snapshot;
  const replaced = (machine as Machine).resolveState({ value, context, historyValue }) as MachineSnapshot;
  return Object.assign(replaced, { children });
}
