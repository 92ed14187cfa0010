import { Operation, type LocalGenerator } from "@espalier/heartbeat";
import { AwaitPromise } from "../promise.ts";

/** What a handler may return instead of its result: something that gives it. */
export type Performable = Operation<unknown, any> | Generator<any, unknown, any> | PromiseLike<unknown>;

export function needsPerforming(value: unknown): value is Performable {
  if (typeof value !== "object" || value === null) return false;
  return value instanceof Operation || isGenerator(value) || isPromise(value);
}

export function* perform(what: Performable): LocalGenerator<unknown> {
  if (isPromise(what)) return yield* new AwaitPromise(() => what);
  return yield* what as LocalGenerator<unknown>;
}

export function isPromise(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}

function isGenerator(value: object): value is Generator<any, unknown, any> {
  return Symbol.iterator in value && typeof (value as { throw?: unknown }).throw === "function";
}
