import { type Linkable, type Local, type LocalGenerator, Operation } from "@espalier/heartbeat";
import {
  describeIssues,
  type Frame,
  type NodeRef,
  ownedTaskAt,
  Remote,
  RemoteOperation,
  type SchemaResult,
  type StandardSchema,
  Task,
  TaskError,
} from "@espalier/runtime";
import { CodeRefusedError } from "./errors.ts";
import { LocalDefinition } from "./local-definition.ts";
import type { PrivateFunction, PrivateTarget } from "./private-function.ts";
import { RemoteCall } from "./remote-call.ts";

/**
 * The body of a private function with its arguments: what the owner runs, in the caller's process or in one of its own. What can be asked
 * of it is what {@link steps} needs, so that a caller can move while it waits.
 */
export class PrivateRun extends RemoteOperation<unknown> {
  readonly target: PrivateTarget;
  readonly args: readonly unknown[];

  constructor(target: PrivateTarget, args: readonly unknown[]) {
    super();
    this.target = target;
    this.args = args;
  }

  override get label(): string {
    return this.target.name;
  }

  /** @throws CodeRefusedError when this node has no such function, or never handed it out. */
  override enter(): Frame {
    return perform(this.target.resolve(), this.args) as Generator<any, unknown, any>;
  }

  place(): Operation<NodeRef> {
    return Remote.here();
  }

  /** Whether it is at home on `node`. */
  isAt(node: NodeRef): boolean {
    const { owner } = this.target;
    return owner === null || owner.id === node.id;
  }

  start(): Operation<Task<unknown>> {
    return ownedTaskAt(this.target.owner as NodeRef, this as Linkable<unknown, any>);
  }

  wait(task: Task<unknown>): Operation<unknown> {
    return Task.await(task);
  }

  /** Fails as the function failed: that it ran in a process of its own is nobody's business. */
  fail(error: unknown): RemoteOperation<never> {
    if (error instanceof TaskError) return Remote.fail(error.reason);
    throw error;
  }
}

/** What a caller does: a definition like any other, so that callers that wait can move. */
function* steps(run: PrivateRun): Generator<any, unknown, any> {
  const here = yield* run.place();
  if (run.isAt(here)) return yield* run;
  const task = yield* run.start();
  try {
    return yield* run.wait(task);
  } catch (error) {
    return yield* run.fail(error);
  }
}

let definition: LocalDefinition | null = null;

/** The call of a private function, as a value: nothing has run. */
export function callPrivate(target: PrivateTarget, args: readonly unknown[]): Operation<unknown> {
  // Made when it is first needed: few programs have private functions.
  definition ??= new LocalDefinition("remote", steps, {}, "private", new Error());
  return new RemoteCall(definition, 0, [], [new PrivateRun(target, args)]) as Operation<unknown, any>;
}

function* perform(
  { name, body, accepts, returns }: PrivateFunction,
  args: readonly unknown[],
): LocalGenerator<unknown> {
  const accepted = yield* validated(accepts, args, `private function \`${name}\`: its arguments`);
  if (!Array.isArray(accepted)) {
    throw new TypeError(
      `private function \`${name}\`: expected its arguments as a list from \`accepts\`, got ${typeof accepted}`,
    );
  }
  const result = yield* outcome(body(...(accepted as unknown[])));
  return yield* validated(returns, result, `private function \`${name}\`: its result`);
}

function* outcome(made: unknown): LocalGenerator<unknown> {
  if (made instanceof Operation) return yield* made as Operation<unknown>;
  if (isGenerator(made)) return yield* made;
  return isPromise(made) ? yield* Remote.promise(() => made) : made;
}

function* validated(schema: StandardSchema<any> | null, value: unknown, what: string): Generator<Local, unknown, any> {
  if (schema === null) return value;
  const checked = schema["~standard"].validate(value);
  const result = (isPromise(checked) ? yield* Remote.promise(() => checked) : checked) as SchemaResult<unknown>;
  if (result.issues !== undefined) throw new TypeError(`${what}: ${describeIssues(result.issues)}`);
  return result.value;
}

function isGenerator(value: unknown): value is LocalGenerator<unknown> {
  const { next, [Symbol.iterator]: iterator } = (value ?? {}) as Partial<LocalGenerator<unknown>>;
  return typeof next === "function" && typeof iterator === "function";
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** @throws CodeRefusedError when `value` is no list of arguments. */
export function checkArguments(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new CodeRefusedError("a call of a private function: expected a list of arguments");
  return value;
}
