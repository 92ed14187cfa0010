import { CauseError, type LocalGenerator } from "@espalier/heartbeat";
import { CastMessage, isExit, Process, type Self as ProcessSelf } from "@espalier/runtime";
import type { EventObject, Snapshot } from "xstate";
import { FromChild, sendTo, type Family } from "./family.ts";
import { Later, laterHere } from "./later.ts";
import type { Effect } from "./scope.ts";
import {
  doneEvent,
  errorEvent,
  isEvent,
  parentOf,
  setSnapshot,
  snapshotEvent,
  snapshotOf,
  stopEvent,
  tellsSnapshots,
  type Scope,
} from "./xstate.ts";

/**
 * A process that does what an actor of xstate does which is no machine: a promise, a callback, an observable, a reducer. What such an actor sends
 * from its listeners and continuations the process sends in its turn.
 */
export function* runActor(self: ProcessSelf<unknown>, { child, parent }: Family): LocalGenerator<void> {
  const { id, logic } = child;
  yield* self.trapExit();
  const later = yield* laterHere();
  let effects: Effect[] | null = [];
  const act = (effect: Effect): void => {
    if (effects === null) later(effect);
    else effects.push(effect);
  };
  const inbox: EventObject[] = [];
  const relay = (target: unknown, event: EventObject): void =>
    act(function* () {
      if (target === child) inbox.push(event);
      else if (target === parentOf(child)) yield* Process.send(parent, new FromChild(child, event, false));
      else if (typeof target === "object" && target !== null) yield* sendTo(target, event);
    });
  const { system } = child as unknown as { readonly system: object };
  const scope = {
    self: child,
    id,
    sessionId: (child as unknown as { readonly sessionId: string }).sessionId,
    system: Object.assign(Object.create(system) as object, {
      _relay: (_source: unknown, target: unknown, event: EventObject) => relay(target, event),
    }),
    logger: () => undefined,
    defer: (what: () => void) => what(),
    emit: () => undefined,
    stopChild: () => undefined,
    actionExecutor: () => undefined,
  } as unknown as Scope;

  let told = snapshotOf(child);
  try {
    if (told.status === "active") logic.start?.(told, scope);
    for (;;) {
      yield* performAll(effects);
      const snapshot = snapshotOf(child);
      switch (snapshot.status) {
        case "done":
          yield* Process.send(parent, new FromChild(child, doneEvent(id, snapshot.output), true));
          return;
        case "error":
          yield* Process.send(parent, new FromChild(child, errorEvent(id, snapshot.error), true));
          return;
        case "stopped":
          return;
        case "active":
          if (tellsSnapshots(child) && snapshot !== told) {
            yield* Process.send(parent, new FromChild(child, snapshotEvent(id, snapshot), false));
          }
          told = snapshot;
      }
      effects = null;
      const next: EventObject | Later | CauseError | null = inbox.shift() ?? taken(yield* self.receive());
      effects = [];
      if (next instanceof Later) yield* next.effect();
      else if (next instanceof CauseError) {
        setSnapshot(child, logic.transition(snapshotOf(child), stopEvent, scope) as Snapshot<unknown>);
        throw next;
      } else if (next !== null)
        setSnapshot(child, logic.transition(snapshotOf(child), next, scope) as Snapshot<unknown>);
    }
  } catch (error) {
    if (error instanceof CauseError) throw error;
    // What the actor's own code throws is its error, and the machine's business.
    yield* Process.send(parent, new FromChild(child, errorEvent(id, error), true));
  }
}

function taken(message: unknown): EventObject | Later | CauseError | null {
  if (message instanceof Later) return message;
  if (message instanceof CastMessage) return isEvent(message.parameters[0]) ? message.parameters[0] : null;
  return isExit(message) ? new CauseError(message.cause) : null;
}

function* performAll(effects: readonly Effect[] | null): LocalGenerator<void> {
  for (const effect of effects ?? []) yield* effect();
}
