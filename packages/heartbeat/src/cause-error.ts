import type { Cause, ErrorData } from "./cause.ts";
import { describe, describeCause } from "./describe.ts";

/**
 * A cause on its way through code that throws: an operation failed because of `reason`, or a computation ends itself
 * for it.
 *
 * Uncaught, the computation ends with exactly `reason`, as after OTP's `exit(Reason)`.
 *
 * ```ts
 * import { CauseError, causeOf } from "@espalier/heartbeat";
 *
 * const thrown = new CauseError({ type: "exit", reason: "out of paper" });
 * causeOf(thrown); // => { type: "exit", reason: "out of paper" }
 * ```
 */
export class CauseError extends Error {
  readonly code = "CAUSE";
  readonly reason: Cause;

  constructor(reason: Cause) {
    super(describeCause(reason));
    this.name = "CauseError";
    this.reason = reason;
  }
}

/**
 * The cause with which a computation ends that threw `thrown` and did not catch it.
 *
 * A {@link CauseError} gives its own reason. An error becomes data, its chain of `cause`s with it. Anything else is
 * kept as it is, named `"nocatch"`. Never throws, whatever was thrown.
 */
export function causeOf(thrown: unknown): Cause {
  if (thrown instanceof CauseError) return thrown.reason;
  return { type: "error", error: errorData(thrown) };
}

/** Errors in a chain of causes: a chain can be a circle. */
const chainMax = 8;

/** `thrown` as data. Never throws: a getter that does only costs the details. */
export function errorData(thrown: unknown): ErrorData {
  if (!isError(thrown)) return { name: "nocatch", message: `thrown, and no error: ${describe(thrown)}`, cause: thrown };
  return fromError(thrown, 1);
}

function fromError(error: object, depth: number): ErrorData {
  try {
    // What claims to be an error need not have an error's fields.
    const { name, message, cause, code, errors } = error as { readonly [field: string]: unknown };
    // An AggregateError says in `errors` what an ordinary one says in `cause`.
    const because = cause === undefined && Array.isArray(errors) ? errors : cause;
    const head = { name: String(name), message: String(message) };
    const data: Writable<ErrorData> = "stack" in error ? withStack(error, head.name, head.message) : head;
    if (typeof code === "string" || typeof code === "number") data.code = String(code);
    if (because !== undefined) data.cause = withoutErrors(because, depth);
    return data;
  } catch {
    // The thrown value's own code failed while it was read. What it was thrown for is still an error, and must not
    // become another.
    return { name: "Error", message: "an error that cannot be read" };
  }
}

/**
 * The engine composes the text of a stack when it is first read, and that takes half as long as all the rest of a crash
 * and restart (5 of 16 µs, Node 24); most stacks are never read. So the field reads it when it is read itself.
 */
function withStack(error: object, name: string, message: string): Writable<ErrorData> {
  const data = { name, message };
  thrownAs.set(data, error);
  return Object.defineProperty(data, "stack", { get: readStack, enumerable: true, configurable: true });
}

const thrownAs = new WeakMap<object, object>();

function readStack(this: object): string {
  try {
    const { stack } = (thrownAs.get(this) ?? {}) as { readonly stack?: unknown };
    return typeof stack === "string" ? stack : "";
  } catch {
    // The thrown value's own code failed, as above.
    return "";
  }
}

/** Whether a property is computed by what reads the stack of an error: the only getter that data of ours has. */
export function isStackGetter(property: PropertyDescriptor): boolean {
  return Reflect.get(property, "get") === readStack;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function withoutErrors(value: unknown, depth: number): unknown {
  if (depth >= chainMax) return undefined;
  if (isError(value)) return fromError(value, depth + 1);
  if (Array.isArray(value) && value.some(isError)) return value.map((item) => withoutErrors(item, depth));
  return value;
}

function isError(value: unknown): value is Error {
  // The second question recognises errors of another realm (a vm context, an iframe), which are no instances of this
  // one's Error.
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
