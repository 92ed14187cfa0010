import type { Local, Moving } from "@espalier/heartbeat";
import type { Hash, Remote } from "@espalier/runtime";
import { functionValues } from "./definition.ts";
import type { Declared } from "./declaration.ts";
import { LocalDefinition } from "./local-definition.ts";

/** The body of a computation that can move: a `function*` whose every `yield*` is an operation or another such computation. */
export type RemoteBody<Args extends readonly unknown[], R> = (...args: Args) => Generator<Local | Moving, R, any>;

/** What an `fn` can be: a function, or a class. */
export type Plain = ((...args: any[]) => unknown) | (abstract new (...args: any[]) => unknown);

/**
 * Defines a computation that can move to another machine, together with the code that it needs. Calling the result runs nothing: it
 * describes the computation, as a value.
 *
 * Whatever `body` uses that is neither its own nor a builtin or standard global is a dependency, listed by the name that the body uses:
 * other `remote`s, `fn`s, plain functions that use nothing else, classes, and constants of plain data. The list may be a function, for
 * definitions that need one another.
 *
 * - Only locals that are still needed travel; each must be a value that can.
 * - A function bound to a const is made again on the other side; what it uses travels.
 * - Method and function of a call whose arguments `yield*` are looked up after the arguments; all else happens in JavaScript's order.
 *
 * @throws DefinitionError, here and not at the first move, for anything that cannot move: the message has the line and the remedy.
 */
export function remote<Args extends readonly unknown[], R>(body: RemoteBody<Args, R>): (...args: Args) => Remote<R>;
export function remote<Args extends readonly unknown[], R>(
  dependencies: Declared,
  body: RemoteBody<Args, R>,
): (...args: Args) => Remote<R>;
export function remote(...parameters: readonly [Function] | readonly [Declared, Function]): unknown {
  const [dependencies, body] = parameters.length === 1 ? [{}, ...parameters] : parameters;
  checkFunction("remote", body);
  return new LocalDefinition("remote", body, dependencies, body.name || "remote", new Error()).value;
}

/**
 * Defines a plain function, or a class, that can be sent to other machines: for dependencies that need dependencies of their own. The
 * result is `f` itself.
 *
 * @throws DefinitionError for anything that cannot be in a definition: the message has the line and the remedy.
 */
export function fn<F extends Plain>(f: F): F;
export function fn<F extends Plain>(dependencies: Declared, f: F): F;
export function fn(...parameters: readonly [Function] | readonly [Declared, Function]): unknown {
  const [dependencies, f] = parameters.length === 1 ? [{}, ...parameters] : parameters;
  checkFunction("fn", f);
  functionValues.define(f, new LocalDefinition("fn", f, dependencies, f.name || "fn", new Error()));
  return f;
}

/**
 * The content hash of something defined with {@link remote} or {@link fn}: equal for equal behaviour, whatever its locals, layout and
 * comments.
 *
 * @throws TypeError for anything else.
 */
export function hashOf(defined: unknown): Hash {
  const definition = functionValues.definitionOf(defined);
  if (definition === null) throw new TypeError(`hashOf: expected what remote or fn returned, got ${String(defined)}`);
  return definition.hash;
}

function checkFunction(what: string, value: unknown): asserts value is Function {
  if (typeof value !== "function")
    throw new TypeError(`${what}: expected a function as the last argument, got ${String(value)}`);
}
