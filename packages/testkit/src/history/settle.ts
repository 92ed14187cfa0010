import type { Json } from "../scenario/json.ts";
import type { Invocation } from "./history.ts";

/** An operation throws it to say that it certainly had no effect: the run goes on, and the history says `failed`. */
export class OpFailedError extends Error {
  readonly code = "OP_FAILED";
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "OpFailedError";
  }
}

/**
 * An operation throws it to say that nobody knows whether it had an effect, or will have it: a call that timed out, a server that died while
 * it was asked. The run goes on, and the history says `unknown`.
 */
export class OpUnknownError extends Error {
  readonly code = "OP_UNKNOWN";
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "OpUnknownError";
  }
}

/**
 * Does an operation, and writes down what came of it: one rule for every world. Rejects with whatever it throws or rejects with that is neither
 * an {@link OpFailedError} nor an {@link OpUnknownError}; whether that counts is the world's business, and the outcome stays unknown.
 */
export async function settle(invocation: Invocation, run: () => unknown): Promise<void> {
  try {
    invocation.ok(toJson(await run()));
  } catch (error) {
    // By its code: it may come from another copy of this module.
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
    if (code === "OP_FAILED") invocation.failed((error as Error).message);
    else if (code !== "OP_UNKNOWN") throw error;
  }
}

/** What a file could hold of it; null of the rest, which is the scenario's own business. */
function toJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : (JSON.parse(text) as Json);
}
