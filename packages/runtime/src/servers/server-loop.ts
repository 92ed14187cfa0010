import { causeOf, CauseError, durationMs, Operation, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Answer, CastMessage, invalidMessage, Refusal, Request } from "./call.ts";
import type { Cell } from "../cell.ts";
import type { Report } from "../introspection/events.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import { AwaitPromise } from "../promise.ts";
import { recentMessages } from "../introspection/recent-messages.ts";
import type { Ref } from "../addresses/ref.ts";
import { isPromise, needsPerforming, perform } from "./performable.ts";
import { describeIssues, type StandardSchema } from "./schema.ts";
import type { Self } from "../self.ts";
import {
  DeferResult,
  FailResult,
  From,
  IgnoreResult,
  InitResult,
  NoReplyResult,
  ReplyResult,
  ServerResult,
  StopResult,
  type Next,
} from "./server-result.ts";
import { Parent } from "../surroundings.ts";
import { isExitOf, isSystem, SystemMessages } from "./system-messages.ts";

/** What `info` is called with when the time that a handler asked for has passed without a message. */
export const serverTimeout: { readonly type: "timeout" } = Object.freeze({ type: "timeout" });

/** A server's handlers, their types forgotten. */
export interface AnyServerSpec {
  readonly label?: string;
  readonly init: (argument: any) => unknown;
  readonly call?: Readonly<Record<string, (state: any, ...parameters: any[]) => unknown>>;
  readonly cast?: Readonly<Record<string, (state: any, ...parameters: any[]) => unknown>>;
  readonly info?: (state: any, message: unknown) => unknown;
  readonly continue?: (state: any, argument: any) => unknown;
  readonly terminate?: (state: any, cause: Cause) => unknown;
  readonly formatStatus?: (state: any) => unknown;
  readonly validate?: {
    readonly call?: Readonly<Record<string, Schemas | undefined>>;
    readonly cast?: Readonly<Record<string, Schemas | undefined>>;
  };
}

/** One schema for the only parameter, or one for each. */
export type Schemas = StandardSchema<any> | readonly StandardSchema<any>[];

/**
 * One running server: an ordinary process that takes its messages one after the other and hands each to its handler.
 */
export class ServerLoop {
  readonly #spec: AnyServerSpec;
  readonly #self: Self<unknown>;
  #state: unknown = undefined;
  /** How long to wait for the next message before `info` is called with {@link serverTimeout}. */
  #timeoutMs = Infinity;
  /** What `continue` is to be called with, before the next message. */
  #continuation: { readonly argument: unknown } | null = null;
  /** Its end is the server's. */
  #parent: Pid | null = null;
  /** Made by the first system message. */
  #system: SystemMessages | null = null;

  constructor(spec: AnyServerSpec, self: Self<unknown>) {
    this.#spec = spec;
    this.#self = self;
  }

  *run(argument: unknown): LocalGenerator<void> {
    this.#parent = yield* new Parent();
    const recent = yield* recentMessages;
    yield* this.#init(argument);
    for (;;) {
      let from: Ref | null = null;
      let stop: StopResult<unknown> | null = null;
      try {
        let result: unknown;
        if (this.#continuation !== null) {
          result = this.#continue(this.#continuation.argument);
        } else {
          const message = yield* this.#receive();
          this.#timeoutMs = Infinity;
          if (isSystem(message)) {
            const cause = yield* this.#handleSystem(message);
            if (cause === null) continue;
            result = new StopResult(cause, null);
          } else {
            if (message instanceof Request) from = message.from;
            recent.took(message);
            if (this.#system !== null && this.#system.debug !== null) yield* this.#system.sawMessage(message);
            result = this.#dispatch(message);
          }
        }
        while (needsPerforming(result)) result = yield* perform(result);
        if (result instanceof ServerResult) {
          stop = this.#after(result, from);
          if (result instanceof ReplyResult) yield* this.#reply(from as Ref, result.value);
        } else if (from !== null) {
          yield* this.#reply(from, result);
        }
      } catch (error) {
        yield* this.#terminate(causeOf(error));
        throw error;
      }
      if (stop !== null) {
        yield* this.#stop(stop, from);
        return;
      }
    }
  }

  *#init(argument: unknown): LocalGenerator<void> {
    let initial: unknown = this.#spec.init(argument);
    while (needsPerforming(initial)) initial = yield* perform(initial);
    if (initial instanceof ServerResult) {
      if (initial instanceof IgnoreResult) yield* this.#self.ignore();
      if (initial instanceof FailResult) yield* this.#self.fail(initial.cause);
      if (initial instanceof StopResult && initial.reply === null) throw new CauseError(initial.cause);
      if (!(initial instanceof InitResult)) throw new TypeError(`Server.${initial.result}: means nothing in init`);
      this.#state = initial.state;
      this.#next(initial.next);
    } else {
      this.#state = initial;
    }
    yield* this.#self.ready();
  }

  #receive(): Operation<unknown> {
    if (this.#system !== null && this.#system.suspended) return this.#system.receive;
    if (this.#timeoutMs === Infinity) return this.#self.receive();
    return this.#self.receive({ within: this.#timeoutMs, otherwise: serverTimeout });
  }

  /** Hands a message to its handler. What comes back may have to be performed. */
  #dispatch(message: unknown): unknown {
    const { call, cast, info, validate } = this.#spec;
    if (message instanceof Request) {
      const { name, parameters } = message;
      // The mistake of whoever called, and no reason for the server to end.
      if (!has(call, name)) return new Refusal(invalidMessage(`the server has no call ${JSON.stringify(name)}`));
      const schemas = validate?.call?.[name];
      if (schemas !== undefined) return this.#validated(call, name, parameters, schemas);
      return invoke(call[name], this.#state, parameters);
    }
    if (message instanceof CastMessage) {
      const { name, parameters } = message;
      if (!has(cast, name)) return new ReportUnexpected({ cast: name, parameters });
      const schemas = validate?.cast?.[name];
      if (schemas !== undefined) return this.#validatedCast(cast, name, parameters, schemas);
      return invoke(cast[name], this.#state, parameters);
    }
    // The parent ends, and so does the server, for the same reason.
    if (isExitOf(message, this.#parent)) return new StopResult(message.cause, null);
    if (info !== undefined) return info(this.#state, message);
    // A server need not care for messages that it did not ask for.
    return message === serverTimeout ? undefined : new ReportUnexpected(message);
  }

  #continue(argument: unknown): unknown {
    this.#continuation = null;
    const { continue: handler } = this.#spec;
    if (handler === undefined) throw new TypeError("continue: the server has no such handler");
    return handler(this.#state, argument);
  }

  #handleSystem(message: Request): LocalGenerator<Cause | null> {
    const { formatStatus } = this.#spec;
    this.#system ??= new SystemMessages(this.#self.pid, this.#parent, {
      getState: () => this.#state,
      setState: (state) => (this.#state = state),
      ...(formatStatus === undefined ? {} : { formatStatus: () => formatStatus(this.#state) }),
    });
    return this.#system.handle(message);
  }

  #reply(to: Ref, value: unknown): Operation<void> | LocalGenerator<void> {
    const answer = new Answer(to, value);
    return this.#system === null || this.#system.debug === null ? answer : this.#system.replying(answer);
  }

  *#validated(
    handlers: Handlers,
    name: string,
    parameters: readonly unknown[],
    schemas: Schemas,
  ): LocalGenerator<unknown> {
    const all = "~standard" in schemas ? [schemas] : schemas;
    const checked = [...parameters];
    for (const [index, schema] of all.entries()) {
      const checking = schema["~standard"].validate(parameters[index]);
      const result = isPromise(checking) ? yield* new AwaitPromise(() => checking) : checking;
      if (result.issues !== undefined) {
        return new Refusal(invalidMessage(`${name}: parameter ${index + 1}: ${describeIssues(result.issues)}`));
      }
      checked[index] = result.value;
    }
    const result = invoke(handlers[name], this.#state, checked);
    return needsPerforming(result) ? yield* perform(result) : result;
  }

  *#validatedCast(
    handlers: Handlers,
    name: string,
    parameters: readonly unknown[],
    schemas: Schemas,
  ): LocalGenerator<unknown> {
    const result = yield* this.#validated(handlers, name, parameters, schemas);
    if (!(result instanceof Refusal)) return result;
    return yield* new ReportUnexpected({ cast: name, parameters, refused: result.cause });
  }

  /**
   * What a result other than a plain value asks for; the reply, and a stop, are the caller's business.
   *
   * @throws TypeError when there is nobody whom the result could be for.
   */
  #after(result: ServerResult, from: Ref | null): StopResult<unknown> | null {
    if (result instanceof StopResult && (result.reply === null || from !== null)) return result;
    if (result instanceof NoReplyResult || (result instanceof ReplyResult && from !== null)) {
      this.#next(result.next);
      return null;
    }
    if (result instanceof DeferResult && from !== null) {
      result.accept(new From(from));
      this.#next(result.next);
      return null;
    }
    throw new TypeError(`Server.${result.result}: means nothing ${from === null ? "where nobody has called" : "here"}`);
  }

  #next(next: Next<unknown>): void {
    // First what may be wrong: `terminate` sees the state before the handler that failed.
    if (next.timeout !== undefined) this.#timeoutMs = durationMs(next.timeout, "timeout");
    if ("state" in next) this.#state = next.state;
    if ("continue" in next) this.#continuation = { argument: next.continue };
  }

  /** First `terminate`, then the reply, even if `terminate` fails, then the end. */
  *#stop({ cause, reply }: StopResult<unknown>, from: Ref | null): LocalGenerator<void> {
    let failed: { readonly error: unknown } | null = null;
    try {
      yield* this.#terminate(cause);
    } catch (error) {
      failed = { error };
    }
    if (reply !== null && from !== null) yield* this.#reply(from, reply.value);
    if (failed !== null) throw failed.error;
    if (cause.type !== "normal") throw new CauseError(cause);
  }

  /** What it throws is why the server ends instead. */
  *#terminate(cause: Cause): LocalGenerator<void> {
    const result = this.#spec.terminate?.(this.#state, cause);
    if (needsPerforming(result)) yield* perform(result);
  }
}

type Handlers = Readonly<Record<string, (state: any, ...parameters: any[]) => unknown>>;

function has(handlers: Handlers | undefined, name: string): handlers is Handlers {
  return handlers !== undefined && Object.hasOwn(handlers, name);
}

function invoke(handler: Handlers[string] | undefined, state: unknown, parameters: readonly unknown[]): unknown {
  if (handler === undefined) throw new TypeError("handler: expected a function, got undefined");
  // Spreading costs as much as all the rest of a short call.
  switch (parameters.length) {
    case 0:
      return handler(state);
    case 1:
      return handler(state, parameters[0]);
    default:
      return handler(state, ...parameters);
  }
}

class ReportUnexpected extends Operation<void> {
  readonly message: unknown;

  constructor(message: unknown) {
    super();
    this.message = message;
  }

  override get type(): "server.unexpected" {
    return "server.unexpected";
  }
}

export function performReportUnexpected(kernel: Kernel, cell: Cell, { message }: ReportUnexpected): void {
  const report: Report = { type: "unexpected-message", pid: cell.pid, label: cell.label, message };
  kernel.logger?.report(report);
}
