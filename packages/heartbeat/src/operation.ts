/**
 * What a computation asks of whoever drives it. An operation is plain data: yielding it does nothing by itself; the
 * driver performs it and resumes the computation with its result, or with an error.
 *
 * Inside a process `yield* operation` has the operation's exact result type. An operation that can finish at once does
 * not suspend the computation: while a driver is running (see {@link driving}) the iterator asks it directly.
 */
export abstract class Operation<out A, out Effect = Local> {
  /** The operation's name, such as `"process.send"`: what drivers dispatch on, and what travels. */
  abstract readonly type: string;

  [Symbol.iterator](): Iterator<Effect, A, any> {
    const iterator = driving.iterator;
    return (iterator === null ? new Suspending(this) : iterator.of(this)) as Iterator<Effect, A, any>;
  }
}

declare const effect: unique symbol;

/** The yield type of operations that leave the computation where it is. */
export interface Local {
  readonly [effect]: "local";
}

/** The yield type of operations that may move the computation to another machine. */
export interface Moving {
  readonly [effect]: "moving";
}

/** A generator whose operations stay on its machine: a process body, and any helper that it delegates to. */
export type LocalGenerator<R> = Generator<Local, R, any>;

/** What a driver installs while it steps a computation, so that operations that finish at once cost no suspension. */
export interface DrivingIterator {
  /** The iterator for one `yield*` of `operation`. It may be one reused object: a computation is in one at a time. */
  of(operation: Operation<any, any>): Iterator<unknown, unknown, unknown>;
  /** See {@link ask}. */
  ask(operation: unknown): unknown;
}

/** The driver that is stepping a computation right now, if any. Only a scheduler writes this, around each step. */
export const driving: { iterator: DrivingIterator | null } = { iterator: null };

/** What {@link ask} returns when the computation has to yield: it holds what. One object for all, because the computation reads it at once. */
export const unanswered: { yielded: unknown } = { yielded: undefined };

/**
 * Compiled code asks this before each yield: the operation's result, if the driver can have it at once; else {@link unanswered}, and the code
 * yields. A driver performs nothing here that looks at the computation, which can tell nothing of itself while it runs. Never throws: an error
 * comes as the answer to the yield.
 */
export function ask(operation: unknown): unknown {
  const { iterator } = driving;
  return iterator === null ? toYield(operation) : iterator.ask(operation);
}

/** The answer to {@link ask} of a driver that wants `what` yielded. */
export function toYield(what: unknown): typeof unanswered {
  unanswered.yielded = what;
  return unanswered;
}

/** The plain meaning of `yield*`: hand the operation to the driver, return what comes back. */
class Suspending implements Iterator<unknown, unknown, unknown> {
  #operation: Operation<any, any> | null;

  constructor(operation: Operation<any, any>) {
    this.#operation = operation;
  }

  next(value: unknown): IteratorResult<unknown, unknown> {
    const operation = this.#operation;
    if (operation === null) return { done: true, value };
    this.#operation = null;
    return { done: false, value: operation };
  }

  /** An error is thrown at the `yield*`; an iterator without this method would make another error of it. */
  throw(error: unknown): never {
    throw error;
  }
}
