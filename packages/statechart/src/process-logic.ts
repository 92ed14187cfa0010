import type { ActorLogic, EventObject, Snapshot } from "xstate";
import type { LocalGenerator, Operation } from "@espalier/heartbeat";
import type { Self } from "@espalier/runtime";

/** The body of a process that a machine invokes: an ordinary one, with the actor's input as its parameter. */
export type ProcessBody<M, I, O> = (self: Self<M>, input: I) => LocalGenerator<O> | Operation<O> | PromiseLike<O>;

/** An actor of a machine that is a process: see `Statechart.process`. */
export type ProcessLogic<M extends EventObject, I, O> = ActorLogic<
  Snapshot<O>,
  [M] extends [never] ? EventObject : M,
  I
>;

const bodies = new WeakMap<object, ProcessBody<any, any, unknown>>();

/**
 * A process as an actor of a machine, to be invoked or spawned: it is linked with the statechart, gets the events that are sent to it as plain
 * messages, and its result is the actor's output. Its crash is the actor's error: `event.error.reason` is the cause. It tells the statechart
 * something by sending an event to `Process.parent()`.
 *
 * A definition, such as of a server or a supervisor, may be in the place of the body.
 */
export function process<M extends EventObject = never, I = any, O = unknown>(
  body: ProcessBody<M, I, O> | { readonly body: ProcessBody<M, I, O> },
): ProcessLogic<M, I, O> {
  const run = typeof body === "function" ? body : body?.body;
  if (typeof run !== "function") {
    throw new TypeError(
      `Statechart.process: expected a body or a definition, got ${body === null ? "null" : typeof body}`,
    );
  }
  const logic: ProcessLogic<M, I, O> = {
    transition: (snapshot) => snapshot,
    getInitialSnapshot: (_scope, input) =>
      ({ status: "active", output: undefined, error: undefined, input }) as unknown as Snapshot<O>,
    getPersistedSnapshot: (snapshot) => snapshot,
    restoreSnapshot: (snapshot) => snapshot as Snapshot<O>,
    start() {
      throw new TypeError(
        "Statechart.process: expected a machine that runs with Statechart.start, got an actor of xstate",
      );
    },
  };
  bodies.set(logic, run);
  return logic;
}

/** The body of an actor that is an ordinary process; null of every other actor. */
export function bodyOf(logic: object): ProcessBody<any, any, unknown> | null {
  return bodies.get(logic) ?? null;
}
