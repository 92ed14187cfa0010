import { causeOf, CauseError, durationMs, Operation, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Answer, CastMessage, Refusal, Request } from "./call.ts";
import type { Cell } from "./cell.ts";
import type { Report } from "./events.ts";
import type { Kernel } from "./kernel.ts";
import type { Pid } from "./pid.ts";
import { AwaitPromise } from "./promise.ts";
import { describeIssues, type SchemaResult, type StandardSchema } from "./schema.ts";
import type { Self } from "./self.ts";
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
import type { Exit } from "./signal.ts";

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
  /** Only system messages are taken (settled: they keep their place in the order, `suspend` holds the others back). */
  #suspended = false;

  constructor(spec: AnyServerSpec, self: Self<unknown>) {
    this.#spec = spec;
    this.#self = self;
  }

  *run(argument: unknown): LocalGenerator<void> {
    const parent = yield* new ParentOf();
    if (!(yield* this.#init(argument))) return;
    for (;;) {
      let stop: StopResult<unknown> | null;
      let from: From<unknown> | null = null;
      try {
        if (this.#continuation !== null) {
          const continued = this.#continuation.argument;
          this.#continuation = null;
          stop = this.#after(yield* this.#settled(this.#continue(continued)), null);
        } else {
          const message = yield* this.#receive();
          this.#timeoutMs = Infinity;
          if (message instanceof Request) {
            from = new From<unknown>(message.from);
            if (message.system) stop = yield* this.#system(message);
            else stop = yield* this.#call(message, from);
          } else if (message instanceof CastMessage) {
            stop = yield* this.#cast(message);
          } else if (isExitOf(message, parent)) {
            // The parent ends, and so does the server, for the same reason.
            stop = new StopResult(message.cause, null);
          } else {
            stop = yield* this.#info(message);
          }
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

  *#init(argument: unknown): LocalGenerator<boolean> {
    const initial = yield* this.#settled(this.#spec.init(argument));
    if (initial instanceof ServerResult) {
      if (initial instanceof IgnoreResult) yield* this.#self.ignore();
      if (initial instanceof FailResult) yield* this.#self.fail(initial.cause);
      if (initial instanceof StopResult) throw new CauseError(initial.cause);
      if (!(initial instanceof InitResult)) throw new TypeError(`init: ${initial.result} means nothing here`);
      this.#state = initial.state;
      this.#next(initial.next);
    } else {
      this.#state = initial;
    }
    yield* this.#self.ready();
    return true;
  }

  #receive(): Operation<unknown> {
    if (this.#suspended) return this.#self.receive({ match: isSystem });
    if (this.#timeoutMs === Infinity) return this.#self.receive();
    return this.#self.receive({ within: this.#timeoutMs, otherwise: serverTimeout });
  }

  *#call({ from: ref, name, parameters }: Request, from: From<unknown>): LocalGenerator<StopResult<unknown> | null> {
    const { call: handlers, validate } = this.#spec;
    if (handlers === undefined || !Object.hasOwn(handlers, name)) {
      yield* new Answer(ref, new Refusal(invalidMessage(`the server has no call ${JSON.stringify(name)}`)));
      return null;
    }
    const checked = yield* this.#validated(validate?.call, name, parameters);
    if (checked instanceof Refusal) {
      yield* new Answer(ref, checked);
      return null;
    }
    const handler = handlers[name] as (state: unknown, ...parameters: readonly unknown[]) => unknown;
    const result = yield* this.#settled(handler(this.#state, ...checked));
    if (!(result instanceof ServerResult)) {
      yield* new Answer(ref, result);
      return null;
    }
    if (result instanceof ReplyResult) yield* new Answer(ref, result.value);
    return this.#after(result, from);
  }

  *#cast({ name, parameters }: CastMessage): LocalGenerator<StopResult<unknown> | null> {
    const { cast: handlers, validate } = this.#spec;
    if (handlers === undefined || !Object.hasOwn(handlers, name)) {
      yield* this.#unexpected({ cast: name, parameters });
      return null;
    }
    const checked = yield* this.#validated(validate?.cast, name, parameters);
    if (checked instanceof Refusal) {
      yield* this.#unexpected({ cast: name, parameters, refused: checked.cause });
      return null;
    }
    const handler = handlers[name] as (state: unknown, ...parameters: readonly unknown[]) => unknown;
    return this.#after(yield* this.#settled(handler(this.#state, ...checked)), null);
  }

  *#info(message: unknown): LocalGenerator<StopResult<unknown> | null> {
    const { info } = this.#spec;
    if (info === undefined) {
      // A server need not care for messages that it did not ask for.
      if (message !== serverTimeout) yield* this.#unexpected(message);
      return null;
    }
    return this.#after(yield* this.#settled(info(this.#state, message)), null);
  }

  #continue(argument: unknown): unknown {
    const { continue: handler } = this.#spec;
    if (handler === undefined) throw new TypeError("continue: the server has no such handler");
    return handler(this.#state, argument);
  }

  *#system({ from, name, parameters }: Request): LocalGenerator<StopResult<unknown> | null> {
    switch (name) {
      case "getState":
        yield* new Answer(from, this.#state);
        return null;
      case "replaceState": {
        const replace = parameters[0] as (state: unknown) => unknown;
        let state: unknown;
        try {
          state = replace(this.#state);
        } catch (error) {
          // The asker's mistake: the state stays as it is.
          yield* new Answer(from, new Refusal(causeOf(error)));
          return null;
        }
        this.#state = state;
        yield* new Answer(from, state);
        return null;
      }
      case "suspend":
      case "resume":
        this.#suspended = name === "suspend";
        yield* new Answer(from, undefined);
        return null;
      case "shutdown":
        return new StopResult(parameters[0] as Cause, null);
      default:
        yield* new Answer(from, new Refusal(invalidMessage(`no system message ${JSON.stringify(name)}`)));
        return null;
    }
  }

  /** What a result other than a plain value asks for; a stop is the caller's business. */
  #after(result: unknown, from: From<unknown> | null): StopResult<unknown> | null {
    if (!(result instanceof ServerResult)) return null;
    if (result instanceof StopResult) return result;
    if (result instanceof ReplyResult || result instanceof NoReplyResult) {
      this.#next(result.next);
      return null;
    }
    if (result instanceof DeferResult && from !== null) {
      result.accept(from);
      return null;
    }
    throw new TypeError(`${result.result}: means nothing in this handler`);
  }

  #next(next: Next<unknown>): void {
    if ("state" in next) this.#state = next.state;
    if ("continue" in next) this.#continuation = { argument: next.continue };
    if (next.timeout !== undefined) this.#timeoutMs = durationMs(next.timeout, "timeout");
  }

  /** First `terminate`, then the reply, even if `terminate` fails, then the end. */
  *#stop({ cause, reply }: StopResult<unknown>, from: From<unknown> | null): LocalGenerator<void> {
    try {
      yield* this.#terminate(cause);
    } finally {
      if (reply !== null && from !== null) yield* from.reply(reply.value);
    }
    if (cause.type !== "normal") throw new CauseError(cause);
  }

  /** What it throws is why the server ends instead. */
  *#terminate(cause: Cause): LocalGenerator<void> {
    const { terminate } = this.#spec;
    if (terminate !== undefined) yield* this.#settled(terminate(this.#state, cause));
  }

  /** The parameters after their schemas, or why not. */
  *#validated(
    schemas: Readonly<Record<string, Schemas | undefined>> | undefined,
    name: string,
    parameters: readonly unknown[],
  ): LocalGenerator<readonly unknown[] | Refusal> {
    const found = schemas?.[name];
    if (found === undefined) return parameters;
    const all = "~standard" in found ? [found] : found;
    const checked = [...parameters];
    for (const [index, schema] of all.entries()) {
      const result = (yield* this.#settled(schema["~standard"].validate(parameters[index]))) as SchemaResult<unknown>;
      if (result.issues !== undefined) {
        return new Refusal(invalidMessage(`${name}: parameter ${index + 1}: ${describeIssues(result.issues)}`));
      }
      checked[index] = result.value;
    }
    return checked;
  }

  /** A handler's result: it may be plain, or a generator, an operation or a promise that gives it. */
  *#settled(result: unknown): LocalGenerator<unknown> {
    if (typeof result !== "object" || result === null || result instanceof ServerResult) return result;
    if (result instanceof Operation || isGenerator(result)) return yield* result;
    if (isPromise(result)) return yield* new AwaitPromise(() => result);
    return result;
  }

  #unexpected(message: unknown): Operation<void> {
    return new ReportUnexpected(message);
  }
}

function isSystem(message: unknown): boolean {
  return message instanceof Request && message.system;
}

function isExitOf(message: unknown, parent: Pid): message is Exit {
  const exit = message as Partial<Exit> | null | undefined;
  return typeof exit === "object" && exit?.type === "EXIT" && exit.from !== undefined && exit.from.equals(parent);
}

function isGenerator(value: object): value is Generator<any, unknown, any> {
  return Symbol.iterator in value && typeof (value as { throw?: unknown }).throw === "function";
}

function isPromise(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}

function invalidMessage(message: string): Cause {
  return { type: "error", error: { name: "InvalidMessageError", code: "INVALID_MESSAGE", message } };
}

/** The process that started this one. */
export class ParentOf extends Operation<Pid> {
  override get type(): "process.parent" {
    return "process.parent";
  }
}

export function performParentOf(_kernel: Kernel, cell: Cell): Pid {
  return cell.parent;
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
