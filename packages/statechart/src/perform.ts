import { Operation, type LocalGenerator } from "@espalier/heartbeat";
import { Remote } from "@espalier/runtime";

/** What is not a result yet, but gives it. */
export type Performable = Operation<unknown, any> | Generator<any, unknown, any> | PromiseLike<unknown>;

export function needsPerforming(value: unknown): value is Performable {
  if (typeof value !== "object" || value === null) return false;
  return value instanceof Operation || isGenerator(value) || isPromise(value);
}

export function* perform(what: Performable): LocalGenerator<unknown> {
  if (isPromise(what)) return yield* Remote.promise(() => what);
  return yield* what as LocalGenerator<unknown>;
}

/** The value itself, or what it gives. */
export function* settled(value: unknown): LocalGenerator<unknown> {
  return needsPerforming(value) ? yield* perform(value) : value;
}

function isGenerator(value: object): value is Generator<any, unknown, any> {
  return Symbol.iterator in value && typeof (value as { throw?: unknown }).throw === "function";
}

function isPromise(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}
