import type { Operation } from "@espalier/heartbeat";
import { AwaitPromise } from "./promise.ts";

/**
 * Awaits a promise. `start` is called at once with a signal that is aborted when the process ends, or its scope does, before the promise is
 * settled.
 *
 * - Errors: what the promise rejects with, as it is.
 *
 * ```ts
 * import { Remote, type LocalGenerator } from "espalier";
 *
 * function* load(url: string): LocalGenerator<number> {
 *   const response = yield* Remote.promise((signal) => fetch(url, { signal }));
 *   return response.status;
 * }
 * ```
 */
export function promise<T>(start: (signal: AbortSignal) => PromiseLike<T> | T): Operation<T> {
  return new AwaitPromise(start);
}
