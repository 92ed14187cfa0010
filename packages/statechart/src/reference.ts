import { describe, durationMs, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import {
  Call,
  Cast,
  NameTakenError,
  Pid,
  Process,
  StartError,
  type Server,
  type StartOptions,
  type StartResult,
} from "@espalier/runtime";
import type { AnyStateMachine, EventFrom, EventObject, InputFrom } from "xstate";
import type { StatechartDefinition } from "./define.ts";
import type { PersistedStatechart } from "./persist.ts";

/** Where a statechart is: its pid, or a name that is looked up with each message. */
export type Target = Call<unknown>["target"];

/** The events that may be sent without anybody waiting: those that need no `from`. */
export type SendEvent<E extends EventObject> = E extends { readonly from: Server.From<any> } ? never : E;

/** The events that may be called: those that have a `from`, without it. */
export type CallEvent<E extends EventObject> = E extends unknown
  ? "from" extends keyof E
    ? Omit<E, "from">
    : never
  : never;

/** What is replied to an event: what its `from` takes. */
export type ReplyTo<E extends EventObject, T> =
  Extract<E, { readonly type: T }> extends { readonly from?: infer F }
    ? NonNullable<F> extends Server.From<infer V>
      ? V
      : unknown
    : unknown;

/** A reference to a statechart, with the types of its events. */
export interface StatechartRef<T extends AnyStateMachine> {
  readonly target: Target;
  /** @throws TypeError when the reference is by name. */
  readonly pid: Pid<unknown>;
  /** To be performed: it finishes at once and never fails, whatever is there. */
  send(event: SendEvent<EventFrom<T>>): Cast;
  /**
   * To be performed: it waits for a reply to the event, five seconds unless said.
   *
   * - Errors: CallError, with its `reason` as for a call of a server: `noproc`, the statechart's own cause when it ends first, `timeout`,
   *   `noconnection`, `calling_self`; and the error `INVALID_MESSAGE` when no transition of its present state handles the event.
   */
  call<K extends EventFrom<T>["type"]>(
    event: CallEvent<EventFrom<T>> & { readonly type: K },
    options?: { readonly within?: Duration },
  ): Call<ReplyTo<EventFrom<T>, K>>;
}

/** What a {@link StatechartRef} is. */
export class StatechartReference implements StatechartRef<AnyStateMachine> {
  readonly target: Target;

  constructor(target: Target) {
    this.target = target;
  }

  get pid(): Pid<unknown> {
    if (this.target instanceof Pid) return this.target;
    throw new TypeError(`pid: expected a reference by pid, got one by the name ${nameOf(this.target)}`);
  }

  send(event: EventObject): Cast {
    return new Cast(this.target, event.type, [event]);
  }

  call(event: EventObject, options: { readonly within?: Duration } = {}): Call<any> {
    const call = new Call<unknown>(this.target, event.type, [event]);
    return options.within === undefined ? call : call.within(options.within);
  }
}

/** How to start a statechart. */
export interface StatechartStartOptions extends StartOptions {
  /** Where to go on, instead of at the beginning: what `Statechart.snapshot` gave, or a persisted snapshot of xstate's own. */
  readonly snapshot?: PersistedStatechart;
}

/** The parameters after the definition: the input may be left out where the machine needs none. */
export type StartParameters<T extends AnyStateMachine> =
  undefined extends InputFrom<T>
    ? [input?: InputFrom<T>, options?: StatechartStartOptions]
    : [input: InputFrom<T>, options?: StatechartStartOptions];

/** Starts a statechart and waits until it is in its first state, and its entry actions are done. */
export function start<T extends AnyStateMachine>(
  definition: StatechartDefinition<T>,
  ...[input, options]: StartParameters<T>
): LocalGenerator<StatechartRef<T>> {
  return started(definition, input, options, false);
}

/** Like {@link start}, and the two are linked from the first moment. */
export function startLink<T extends AnyStateMachine>(
  definition: StatechartDefinition<T>,
  ...[input, options]: StartParameters<T>
): LocalGenerator<StatechartRef<T>> {
  return started(definition, input, options, true);
}

function* started<T extends AnyStateMachine>(
  { body, label }: StatechartDefinition<T>,
  input: unknown,
  { snapshot, ...options }: StatechartStartOptions = {},
  link: boolean,
): LocalGenerator<StatechartRef<T>> {
  const begin = (link ? Process.startLink : Process.start) as (
    body: unknown,
    parameters: readonly unknown[],
    options: StartOptions,
  ) => ReturnType<typeof Process.start>;
  const result: StartResult<any, unknown> = yield* begin(body, [input, snapshot], options);
  switch (result.type) {
    case "started":
      return new StatechartReference(result.pid);
    case "already-started":
      throw new NameTakenError(String(options.name), result.pid);
    case "ignored":
      throw new StartError(label, { type: "exit", reason: "ignore" });
    case "failed":
      throw new StartError(label, result.cause);
  }
}

/** A reference to a statechart that runs already. */
export function ref<T extends AnyStateMachine>(_definition: StatechartDefinition<T>, target: Target): StatechartRef<T> {
  return new StatechartReference(target);
}

/**
 * The statechart as plain data, as it is when the events sent before have been taken: its state, context, children, history, the delays with what
 * is left of them, and the events that were postponed. Start another one from it with the option `snapshot`.
 *
 * - Errors: those of a call; TypeError when a child is of logic without a name.
 */
export function snapshot(
  statechart: { readonly target: Target } | Target,
  options: { readonly within?: Duration } = {},
): Call<PersistedStatechart> {
  const target = typeof statechart === "object" && "target" in statechart ? statechart.target : statechart;
  const withinMs = durationMs(options.within ?? "5s", "within");
  return new Call<PersistedStatechart>(target, "snapshot", [], true, withinMs);
}

function nameOf(target: Exclude<Target, Pid<any>>): string {
  return typeof target === "string" ? JSON.stringify(target) : describe(target);
}
