import { durationMs, parseCause, type Cause, type Duration, type Operation } from "@espalier/heartbeat";
import { Process, Server, type Answer, type Pid } from "@espalier/runtime";
import type { ActionArgs, EventObject, MachineContext } from "xstate";
import { NextEvent, Postpone, SetTimeout, Stop, UpdateTimeout } from "./instruction.ts";
import type { TimeoutKind } from "./timeouts.ts";
import { isEvent } from "./xstate.ts";

/** What an action knows: its `context`, its `event`, and `self`. */
export type Args<C extends MachineContext, E extends EventObject> = ActionArgs<C, E, any>;

/** An action that asks something of its process, to be written wherever a machine takes an action. */
export type StatechartAction<C extends MachineContext, E extends EventObject> = (args: Args<C, E>) => void;

/** A value, or what computes it. */
export type Computed<T, C extends MachineContext, E extends EventObject> = T | ((args: Args<C, E>) => T);

/**
 * Replies to the event, at once, in the order of the actions; the first reply counts. Nothing when nobody waits: the event was sent, or
 * raised without its `from`.
 *
 * To reply later keep `event.from`, and let an action return `from.reply(value)`.
 */
export function reply<C extends MachineContext, E extends EventObject, V>(
  value: Computed<V, C, E>,
): StatechartAction<C, E> {
  return (args): Answer | undefined => {
    const { from } = args.event as { readonly from?: unknown };
    return from instanceof Server.From ? from.reply(compute(value, args) as never) : undefined;
  };
}

/**
 * The event is not for this state: it is taken again when the state has changed, the oldest first, ahead of everything that waits.
 * An action of the same transition that says `false` takes it back: the last one counts.
 */
export function postpone(wanted = true): StatechartAction<any, any> {
  return (): Postpone => new Postpone(wanted);
}

/**
 * The machine takes `event` next, ahead of all that waits, even of what was postponed; of several in one transition the first comes first
 * . With the `from` of a call it can be replied to. An event that `raise` raises comes within the same transition, before even that, and
 * behind what was raised earlier.
 */
export function nextEvent<C extends MachineContext, E extends EventObject>(
  event: Computed<EventObject, C, E>,
): StatechartAction<C, E> {
  return (args): NextEvent => new NextEvent(eventOf("nextEvent", compute(event, args)));
}

/** When a timeout's time comes: after so long, or at a time by `Process.now`. */
export type When = Duration | { readonly at: number };

/**
 * Takes `event` when the time has come, whatever state the machine is in by then. One timeout of a name is set at a time: setting it
 * again is setting it anew, and `"infinity"` cancels it. Of no time at all, it comes before what is in the mailbox, in the order in which
 * they were set. The same as `raise` with an `id` and a `delay`; `cancel(id)` cancels it, too.
 */
export function timeout<C extends MachineContext, E extends EventObject>(
  id: string,
  when: Computed<When, C, E>,
  event: Computed<EventObject, C, E>,
): StatechartAction<C, E> {
  return setting("named", id, when, event);
}

/**
 * Like {@link timeout}, and cancelled by a change of state: for a time that is computed, or begins within a state. There is one at a
 * time. A machine's `after` is the same for each of its states.
 */
export function stateTimeout<C extends MachineContext, E extends EventObject>(
  when: Computed<When, C, E>,
  event: Computed<EventObject, C, E>,
): StatechartAction<C, E> {
  return setting("state", "", when, event);
}

/** Like {@link timeout}, and cancelled by any event that is taken. There is one at a time. */
export function eventTimeout<C extends MachineContext, E extends EventObject>(
  when: Computed<When, C, E>,
  event: Computed<EventObject, C, E>,
): StatechartAction<C, E> {
  return setting("event", "", when, event);
}

function setting(
  kind: TimeoutKind,
  id: string,
  when: Computed<When, any, any>,
  event: Computed<EventObject, any, any>,
): StatechartAction<any, any> {
  return (args): SetTimeout => {
    const time = compute(when, args);
    const at = typeof time === "object" ? { atMs: time.at } : { afterMs: durationMs(time, "timeout") };
    return new SetTimeout(kind, id, at, eventOf("timeout", compute(event, args)));
  };
}

/** Another event for a timeout that is set, at the same time as before; nothing when it is not set. */
export function updateTimeout<C extends MachineContext, E extends EventObject>(
  id: string,
  event: Computed<EventObject, C, E>,
): StatechartAction<C, E> {
  return (args): UpdateTimeout => new UpdateTimeout("named", id, eventOf("timeout", compute(event, args)));
}

/** {@link updateTimeout} of the state timeout. */
export function updateStateTimeout<C extends MachineContext, E extends EventObject>(
  event: Computed<EventObject, C, E>,
): StatechartAction<C, E> {
  return (args): UpdateTimeout => new UpdateTimeout("state", "", eventOf("timeout", compute(event, args)));
}

/**
 * The statechart ends with `cause` once the actions of its step are done: those before and after this one, so that replies among them are sent
 * first. Then `terminate` is called, then it ends; whoever waits for another reply sees the cause.
 */
export function stop<C extends MachineContext, E extends EventObject>(
  cause: Computed<Cause, C, E>,
): StatechartAction<C, E> {
  return (args): Stop => new Stop(parseCause(compute(cause, args), "Statechart.stop: cause"));
}

/** Sends a message to any process. */
export function send<C extends MachineContext, E extends EventObject>(
  to: Computed<Pid<any> | string, C, E>,
  message: Computed<unknown, C, E>,
): StatechartAction<C, E> {
  return (args): Operation<void> => Process.send(compute(to, args) as string, compute(message, args));
}

function compute<T>(value: Computed<T, any, any>, args: Args<any, any>): T {
  return typeof value === "function" ? (value as (args: Args<any, any>) => T)(args) : value;
}

function eventOf(what: string, event: unknown): EventObject {
  if (isEvent(event)) return event;
  throw new TypeError(
    `Statechart.${what}: expected an event, with a type that is a string, got ${event === null ? "null" : typeof event}`,
  );
}
