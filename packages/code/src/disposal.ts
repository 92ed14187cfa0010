interface Resource {
  [Symbol.dispose](): void;
}

/** What `using x = value` does with its value: null and undefined need no disposal, anything else has to know how. */
export function use<T>(value: T): T {
  if (value !== null && value !== undefined && typeof (value as Partial<Resource>)[Symbol.dispose] !== "function")
    throw new TypeError("using: expected a value with a [Symbol.dispose] method, or null");
  return value;
}

/**
 * Disposes of what a `using` has declared, at the end of its block.
 *
 * @param pending the error that the block ends with, in an array; undefined when it ends otherwise.
 * @throws what disposal throws; when there is an error already, a SuppressedError of both.
 */
export function dispose(value: Resource | null | undefined, pending: readonly [unknown] | undefined): void {
  try {
    value?.[Symbol.dispose]();
  } catch (error) {
    throw pending === undefined ? error : suppressed(error, pending[0]);
  }
}

function suppressed(error: unknown, before: unknown): Error {
  const Suppressed = Reflect.get(globalThis, "SuppressedError") as
    | (new (error: unknown, suppressed: unknown, message: string) => Error)
    | undefined;
  const message = "An error was suppressed during disposal.";
  if (Suppressed !== undefined) return new Suppressed(error, before, message);
  return Object.assign(new Error(message), { name: "SuppressedError", error, suppressed: before }); // Before Node 24.
}
