import type { Local, Moving } from "@espalier/heartbeat";
import type { Hash, Remote } from "@espalier/runtime";
import { functionValues } from "./definition.ts";
import type { Declared } from "./declaration.ts";
import { DefinitionError } from "./errors.ts";
import { LocalDefinition } from "./local-definition.ts";
import { privateFunction } from "./private.ts";

/** The body of a computation that can move: a `function*` whose every `yield*` is an operation or another such computation. */
export type RemoteBody<Args extends readonly unknown[], R> = (...args: Args) => Generator<Local | Moving, R, any>;

/** What an `fn` can be: a function, or a class. */
export type Plain = ((...args: any[]) => unknown) | (abstract new (...args: any[]) => unknown);

/** What `remote` is: it defines computations, and with `remote.private` functions that stay. */
export interface RemoteDefiner {
  <Args extends readonly unknown[], R>(body: RemoteBody<Args, R>): (...args: Args) => Remote<R>;
  <Args extends readonly unknown[], R>(dependencies: Declared, body: RemoteBody<Args, R>): (...args: Args) => Remote<R>;
  /**
   * Defines a function that others may call and never see: its body stays on this node, is not read, and may use anything of its program.
   * What it returns is a value that travels as a reference: this node, the name, and a proof that the node handed it out.
   *
   * `yield*` of a call runs the body on this node, wherever the caller is: in the caller's process when that is here, otherwise in one of
   * its own, which ends when the caller does. Arguments and result travel then.
   *
   * - Errors: those of the body; elsewhere as a CauseError with the cause. `noconnection` when this node cannot be reached. TypeError that
   *   says what `accepts` or `returns` found wrong.
   *
   * ```ts
   * import { remote, type LocalGenerator } from "espalier";
   *
   * const factor = 1.07;
   *
   * export const quote = remote.private("quote", function* (age: number): LocalGenerator<number> {
   *   return age * factor;
   * });
   * ```
   *
   * @param name what others ask for: one in the program. A definition that depends on the function is hashed with this node and this name.
   * @throws DefinitionError when the name is taken or is none.
   */
  readonly private: typeof privateFunction;
}

/**
 * Defines a computation that can move to another machine, together with the code that it needs. Calling the result runs nothing: it
 * describes the computation, as a value.
 *
 * Whatever `body` uses that is neither its own nor a builtin or standard global is a dependency, listed by the name that the body uses:
 * other `remote`s, `fn`s, plain functions that use nothing else, classes, and constants of plain data. The list may be a function, for
 * definitions that need one another.
 *
 * - Only locals that are still needed travel; each must be a value that can.
 * - A function inside travels, also in arrays, objects and operations, when everything that it captures is constant. Bound to a const, it
 *   may capture what changes: it is then made again on the other side.
 * - Method and function of a call whose arguments `yield*` are looked up after the arguments; all else happens in JavaScript's order.
 *
 * @throws DefinitionError, here and not at the first move, for anything that cannot move: the message has the line and the remedy.
 */
export const remote: RemoteDefiner = Object.assign(defineRemote, { private: privateFunction });

function defineRemote(...parameters: readonly [Function] | readonly [Declared, Function]): any {
  const [dependencies, body] = parameters.length === 1 ? [{}, ...parameters] : parameters;
  checkFunction("remote", body);
  const site = new Error();
  return at(defineRemote, () => new LocalDefinition("remote", body, dependencies, body.name || "remote", site).value);
}

/**
 * Defines a plain function, or a class, that can be sent to other machines: for dependencies that need dependencies of their own. The
 * result is `f` itself.
 *
 * Instances of a class travel with it, as their own fields: no constructor runs where they arrive. Those of a class with private fields (`#x`)
 * do not, nor of one that extends what is neither a definition nor Error, Array, Map or Set.
 *
 * @throws DefinitionError for anything that cannot be in a definition: the message has the line and the remedy.
 */
export function fn<F extends Plain>(f: F): F;
export function fn<F extends Plain>(dependencies: Declared, f: F): F;
export function fn(...parameters: readonly [Function] | readonly [Declared, Function]): unknown {
  const [dependencies, f] = parameters.length === 1 ? [{}, ...parameters] : parameters;
  checkFunction("fn", f);
  const site = new Error();
  functionValues.define(
    f,
    at(fn, () => new LocalDefinition("fn", f, dependencies, f.name || "fn", site)),
  );
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

/** What `make` refuses is refused where `caller` was called: the first line of the stack is the author's. */
function at<T>(caller: Function, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof DefinitionError) captureStackTrace?.(error, caller);
    throw error;
  }
}

/** V8's; in other engines the stack begins where the definition was read. */
const captureStackTrace = (Error as { captureStackTrace?: (error: Error, above: Function) => void }).captureStackTrace;

function checkFunction(what: string, value: unknown): asserts value is Function {
  if (typeof value !== "function")
    throw new TypeError(`${what}: expected a function as the last argument, got ${String(value)}`);
}
