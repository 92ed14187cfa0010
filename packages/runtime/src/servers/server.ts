import {
  durationMs,
  normal,
  parseCause,
  type Cause,
  type Duration,
  type LocalGenerator,
  type Operation,
} from "@espalier/heartbeat";
import { Call, Cast, ShutDownServer } from "./call.ts";
import { WhereIsAt } from "../distribution/whereis-at.ts";
import { checkAddressee, isRemoteName, textOf, type Addressee } from "../addresses/destination.ts";
import { NameTakenError, StartError } from "../errors.ts";
import { failure, noprocOf } from "../failure.ts";
import { startName, WhereIs } from "../addresses/names.ts";
import { Pid } from "../addresses/pid.ts";
import { mailboxLimits } from "../mailbox/mailbox-limits.ts";
import type { StartOptions } from "../process.ts";
import type { Self } from "../self.ts";
import { ServerLoop, type Schemas } from "./server-loop.ts";
import {
  DeferResult,
  FailResult,
  IgnoreResult,
  InitResult,
  NoReplyResult,
  ReplyResult,
  StopResult,
  type From,
  type Next,
} from "./server-result.ts";
import { Start } from "../spawning/start.ts";

export { serverTimeout as timeout } from "./server-loop.ts";
export { From } from "./server-result.ts";
export type { Next } from "./server-result.ts";

/** What a handler of `call` or `cast` may look like: plain, or a generator, or async. */
export type ServerHandler<S> = (state: S, ...parameters: any[]) => unknown;

/** Handlers by the name of their message. */
export type ServerHandlers<S = any> = Readonly<Record<string, ServerHandler<S>>>;

/**
 * A server: an ordinary process that handles its messages one after the other.
 *
 * Handlers may change the state in place or replace it (`Next.state`). A plain result is the reply; everything else is said with
 * {@link reply}, {@link noReply}, {@link stop}, {@link continueWith} and {@link defer}. A handler that throws ends the server; its caller is told
 * why.
 */
export interface ServerSpec<S, A, Calls extends ServerHandlers, Casts extends ServerHandlers> {
  /** What people call it: in logs and dev tools. */
  readonly label?: string;
  /** Makes the state, in the new process; whoever starts the server waits for it. */
  readonly init: (argument: A) => Produced<S | InitResult<S> | IgnoreResult | FailResult | StopResult<never>>;
  // The second half of each type gives `state` its type where a handler is written without one.
  readonly call?: Calls & ServerHandlers<S>;
  readonly cast?: Casts & ServerHandlers<S>;
  /** Any other message, an EXIT or DOWN, and {@link timeout}. Without it they are reported and ignored. */
  readonly info?: (state: S, message: unknown) => unknown;
  /** See {@link continueWith}. */
  readonly continue?: (state: S, argument: any) => unknown;
  /**
   * Called when the server stops itself, is asked to, or a handler threw; and when its parent ends, if it traps exits. Not when another exit
   * signal ends it, and never after a kill.
   */
  readonly terminate?: (state: S, cause: Cause) => unknown;
  /** What `Sys.getStatus` shows in place of the state: less of it, or nothing that is secret. It only computes. */
  readonly formatStatus?: (state: S) => unknown;
  /**
   * Standard Schema validators for the parameters of messages, checked where the message is received. A call that does not pass fails with
   * the reason, a cast that does not is reported and dropped.
   */
  readonly validate?: {
    readonly call?: { readonly [K in keyof Calls]?: Schemas };
    readonly cast?: { readonly [K in keyof Casts]?: Schemas };
  };
}

/** The messages of a server that has none of a kind. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- an object without properties is what is meant
export type NoMessages = Record<never, never>;

/** A value, or what gives one: a generator, an operation, a promise. */
export type Produced<T> = T | Generator<any, T, any> | Operation<T> | PromiseLike<T>;

/** The reply that a handler's result stands for. */
export type ReplyOf<R> =
  R extends Generator<any, infer T, any>
    ? ReplyOf<T>
    : R extends Operation<infer T>
      ? ReplyOf<T>
      : R extends PromiseLike<infer T>
        ? ReplyOf<T>
        : R extends ReplyResult<infer T, any> | StopResult<infer T> | DeferResult<infer T>
          ? T
          : R extends NoReplyResult<any>
            ? never
            : R;

type Parameters<H> = H extends (state: any, ...parameters: infer P) => unknown ? P : never;
type Result<H> = H extends (...parameters: any[]) => infer R ? R : never;

/** What `Server.define` gives: how to start the server, and how to talk to it. */
export interface ServerDefinition<S, A, Calls, Casts> {
  /** The server's process, for `Process.startLink` and supervisors: its parameters are `[argument]`. */
  readonly body: (self: Self<unknown>, argument: A) => LocalGenerator<void>;
  readonly label: string;
  readonly calls: readonly (keyof Calls & string)[];
  readonly casts: readonly (keyof Casts & string)[];
  /** For the type checker: it does not exist. */
  readonly state?: S;
}

/** A reference to a server: its messages as functions, each with the handler's own types. A value that travels. */
export interface ServerRef<Calls, Casts> {
  /** The server's pid or its name. */
  readonly target: Addressee<unknown>;
  /** The server's pid. @throws TypeError when the reference is by name. */
  readonly pid: Pid<unknown>;
  /** Each makes a {@link Call}, to be performed. */
  readonly call: {
    readonly [K in keyof Calls]: (...parameters: Parameters<Calls[K]>) => Call<ReplyOf<Result<Calls[K]>>>;
  };
  /** Each makes a {@link Cast}, to be performed. */
  readonly cast: { readonly [K in keyof Casts]: (...parameters: Parameters<Casts[K]>) => Cast };
}

/** The reference type of a definition: `Server.RefOf<typeof Counter>`. */
export type RefOf<D> = D extends ServerDefinition<any, any, infer Calls, infer Casts> ? ServerRef<Calls, Casts> : never;

/**
 * Defines a server.
 *
 * ```ts
 * import { Process, Server } from "espalier";
 *
 * const Counter = Server.define({
 *   init: (start: number) => ({ count: start }),
 *   call: {
 *     add: (state, by: number) => (state.count += by),
 *     *slow(state) {
 *       yield* Process.sleep("50ms");
 *       return state.count;
 *     },
 *   },
 *   cast: {
 *     reset(state) {
 *       state.count = 0;
 *     },
 *   },
 * });
 * ```
 */
export function define<
  S,
  A = void,
  Calls extends ServerHandlers = NoMessages,
  Casts extends ServerHandlers = NoMessages,
>(spec: ServerSpec<S, A, Calls, Casts>): ServerDefinition<S, A, Calls, Casts> {
  const label = spec.label ?? "server";
  const body = function* (self: Self<unknown>, argument: A): LocalGenerator<void> {
    yield* new ServerLoop(spec, self).run(argument);
  };
  Object.defineProperty(body, "name", { value: label });
  return { body, label, calls: Object.keys(spec.call ?? {}), casts: Object.keys(spec.cast ?? {}) };
}

/** Starts a server and waits until it is initialised. The server does not depend on this process: see {@link startLink}. */
export function start<S, A, Calls, Casts>(
  definition: ServerDefinition<S, A, Calls, Casts>,
  argument: NoInfer<A>,
  options: StartOptions = {},
): LocalGenerator<ServerRef<Calls, Casts>> {
  return started(definition, argument, options, false);
}

/** Like {@link start}, and the server and this process are linked from its first moment. */
export function startLink<S, A, Calls, Casts>(
  definition: ServerDefinition<S, A, Calls, Casts>,
  argument: NoInfer<A>,
  options: StartOptions = {},
): LocalGenerator<ServerRef<Calls, Casts>> {
  return started(definition, argument, options, true);
}

function* started<S, A, Calls, Casts>(
  definition: ServerDefinition<S, A, Calls, Casts>,
  argument: A,
  { name, within = "infinity", on, mailbox }: StartOptions,
  link: boolean,
): LocalGenerator<ServerRef<Calls, Casts>> {
  const { body, label } = definition;
  const what = link ? "Server.startLink" : "Server.start";
  const result = yield* new Start<unknown, unknown>(
    body,
    [argument],
    link,
    name === undefined ? null : startName(name, on, what),
    durationMs(within, "within"),
    on ?? null,
    mailbox === undefined ? null : mailboxLimits(mailbox),
  );
  switch (result.type) {
    case "started":
      return ref(definition, result.pid);
    case "already-started":
      throw new NameTakenError(String(name), result.pid);
    case "ignored":
      throw new StartError(label, { type: "exit", reason: "ignore" });
    case "failed":
      throw new StartError(label, result.cause);
  }
}

/** A reference to a server that runs already, by its pid or by its name: the name is looked up with each message. */
export function ref<S, A, Calls, Casts>(
  definition: ServerDefinition<S, A, Calls, Casts>,
  target: Addressee<unknown>,
): ServerRef<Calls, Casts> {
  return new ServerReference(target, definition.calls, definition.casts) as unknown as ServerRef<Calls, Casts>;
}

/**
 * A reference to the same server by its pid. A name means something on one node only: whoever takes a reference by name along to another
 * one, or wants to stay with this very process, asks for its pid first.
 *
 * - Errors: `noproc` when nobody has the name now.
 */
export function* locate<R extends ServerRef<any, any>>(server: R): LocalGenerator<R> {
  if (server.target instanceof Pid) return server;
  const { target } = server;
  const asked = isRemoteName(target) ? new WhereIsAt(target.node, target.name) : new WhereIs<unknown>(target);
  const pid: Pid<any> | undefined = yield* asked as Operation<Pid<any> | undefined>;
  if (pid === undefined) throw failure(noprocOf(target));
  const { calls, casts } = server as unknown as ServerReference;
  return new ServerReference(pid, calls, casts) as unknown as R;
}

/** What a {@link ServerRef} is. It knows the names of the messages, and so can travel to a node that does not know the definition. */
export class ServerReference {
  readonly target: Addressee<unknown>;
  readonly calls: readonly string[];
  readonly casts: readonly string[];
  readonly call: Readonly<Record<string, (...parameters: readonly unknown[]) => Call<unknown>>>;
  readonly cast: Readonly<Record<string, (...parameters: readonly unknown[]) => Cast>>;

  constructor(target: Addressee<unknown>, calls: readonly string[], casts: readonly string[]) {
    this.target = target;
    this.calls = calls;
    this.casts = casts;
    this.call = Object.fromEntries(
      calls.map((name) => [name, (...parameters: readonly unknown[]) => new Call(target, name, parameters)]),
    );
    this.cast = Object.fromEntries(
      casts.map((name) => [name, (...parameters: readonly unknown[]) => new Cast(target, name, parameters)]),
    );
  }

  get pid(): Pid<unknown> {
    if (this.target instanceof Pid) return this.target;
    throw new TypeError(`pid: expected a reference by pid, got one by the name ${JSON.stringify(textOf(this.target))}`);
  }
}

// Results

/** The reply, and something besides: another state, a `continue`, a timeout. */
export function reply<V, S>(value: V, next: Next<S> = {}): ReplyResult<V, S> {
  return new ReplyResult(value, next);
}

/** No reply, now or ever, unless one was arranged with {@link defer}; and perhaps another state, a `continue`, a timeout. */
export function noReply<S>(next: Next<S> = {}): NoReplyResult<S> {
  return new NoReplyResult(next);
}

/**
 * The server ends with `cause`, after `terminate`. With a second argument that is the reply to the call: it is sent after `terminate`, and
 * before the end is seen.
 */
export function stop(cause: Cause): StopResult<never>;
export function stop<V>(cause: Cause, value: V): StopResult<V>;
export function stop(cause: Cause, ...value: readonly unknown[]): StopResult<unknown> {
  return new StopResult(parseCause(cause, "Server.stop: cause"), value.length === 0 ? null : { value: value[0] });
}

/** No reply; `continue` is called with `argument` before any message that waits. */
export function continueWith(argument: unknown): NoReplyResult<never> {
  return new NoReplyResult({ continue: argument });
}
export { continueWith as continue };

/**
 * The reply comes later: `accept` is given the address for it, to be kept. Whoever has it performs `from.reply(value)`, this server or
 * another process. If the server ends first, the caller is told so. And perhaps another state, a `continue`, a timeout.
 */
export function defer<V, S = any>(accept: (from: From<V>) => void, next: Next<S> = {}): DeferResult<V> {
  return new DeferResult(accept, next);
}

/** From `init`: the state, and something besides. */
export function initialised<S>(state: S, next: Next<S>): InitResult<S> {
  return new InitResult(state, next);
}

/** From `init`: there is nothing to do. The process ends, `normal`, and its starter is told `ignored`. */
export function ignore(): IgnoreResult {
  return new IgnoreResult();
}

/** From `init`: the server cannot work. The process ends, `normal` and silently, and its starter is told `cause`. */
export function fail(cause: Cause): FailResult {
  return new FailResult(parseCause(cause, "Server.fail: cause"));
}

// Talking to the server itself

type AnyRef = { readonly target: Addressee<unknown> };

/**
 * Asks a server, by its reference, pid or name, to end, and waits until it has: `terminate` is called, with `cause`.
 *
 * - Errors: {@link CallError} when it ended for another reason, was dead already, or takes longer than `within` ("infinity" unless said); it
 *   may still end later then.
 */
export function shutdown(
  server: AnyRef | Addressee<any> | Pid,
  options: { readonly cause?: Cause; readonly within?: Duration } = {},
): Operation<void> {
  const { cause = normal, within = "infinity" } = options;
  return new ShutDownServer(targetOf(server), parseCause(cause, "cause"), durationMs(within, "within"));
}

export { getState, replaceState, resume, suspend } from "./sys.ts";

// Requests

export { abcast, multiCall } from "./multi-call.ts";
export type { MultiCallResult } from "./multi-call.ts";
export { checkResponse, receiveResponse, requests, sendRequest, waitResponse } from "./server-requests.ts";
export type {
  CollectionOptions,
  LabelledResponse,
  NoResponse,
  RequestOptions,
  Requests,
  ResponseOptions,
} from "./server-requests.ts";
export type { RequestId, Response, ResponseMessage } from "./request.ts";

function targetOf(server: AnyRef | Addressee<any> | Pid): Addressee<any> {
  if (typeof server === "object" && "target" in server) return server.target;
  return checkAddressee(server as Addressee, "Server.shutdown");
}
