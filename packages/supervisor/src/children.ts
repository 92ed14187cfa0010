import type { LocalGenerator } from "@espalier/heartbeat";
import type { Body, Self, ServerDefinition, ViaName } from "@espalier/runtime";
import type { SupervisorDefinition } from "./definition.ts";
import { defineDynamic, type DynamicDefinition, type DynamicOptions, type OpenDynamicOptions } from "./dynamic.ts";
import type { PartitionDefinition } from "./partitions.ts";
import { parseSpec, type ChildOptions, type ChildSpec, type Startable } from "./spec.ts";

/**
 * A child that does work: a plain body, or the definition of a server or a statechart.
 *
 * @param args the arguments after `self`, or of the server's init, for every start.
 * @throws TypeError or RangeError naming the option, what was expected, what came, and the child.
 */
export function worker<A extends readonly unknown[], M>(
  id: string,
  body: Body<M, A, unknown>,
  args: NoInfer<A>,
  options?: ChildOptions,
): ChildSpec;
export function worker<A extends readonly unknown[]>(
  id: string,
  definition: { readonly body: (self: Self<any>, ...args: A) => LocalGenerator<unknown> },
  args: NoInfer<A>,
  options?: ChildOptions,
): ChildSpec;
export function worker<A>(
  id: string,
  server: ServerDefinition<any, A, any, any>,
  args: OneArgument<NoInfer<A>>,
  options?: ChildOptions,
): ChildSpec;
export function worker(id: string, what: Startable, args: readonly unknown[], options: ChildOptions = {}): ChildSpec {
  return parseSpec("worker", id, what, args, options);
}

/** Definitions have one argument or none. */
export type OneArgument<A> = undefined extends A ? readonly [] | readonly [argument: A] : readonly [argument: A];

/**
 * A child that supervises others: any supervisor that was defined, such as a `TaskSupervisor`. Unlike a worker it has all the time to end, because
 * it has children to stop.
 *
 * @throws TypeError or RangeError naming the option, what was expected, what came, and the child.
 */
export function supervisor<A>(
  id: string,
  definition: SupervisorDefinition<A>,
  args: OneArgument<NoInfer<A>>,
  options?: ChildOptions,
): ChildSpec;
export function supervisor(
  id: string,
  definition: DynamicDefinition<never> | PartitionDefinition,
  args: readonly [],
  options?: ChildOptions,
): ChildSpec;
export function supervisor(
  id: string,
  definition: Startable,
  args: readonly unknown[],
  options: ChildOptions = {},
): ChildSpec {
  return parseSpec("supervisor", id, definition, args, options);
}

/** How a dynamic supervisor treats its children, and what it is called. */
export interface DynamicChildOptions extends DynamicOptions {
  /** The name of the dynamic supervisor itself: what its children are started by. */
  readonly name?: string | ViaName<any>;
}

/** The same for one whose children each have a specification of their own. */
export interface OpenDynamicChildOptions extends OpenDynamicOptions {
  readonly name?: string | ViaName<any>;
}

/**
 * A child that supervises many children that come and go, all of one kind, or each with a specification of its own: see
 * `Supervisor.defineDynamic`. The options say how those are treated; the dynamic supervisor itself is permanent.
 *
 * @throws TypeError or RangeError naming the option, what was expected, what came, and the child.
 */
export function dynamic<A extends readonly unknown[], M>(
  id: string,
  child: Body<M, A, unknown>,
  options?: DynamicChildOptions,
): ChildSpec;
export function dynamic(
  id: string,
  child: ServerDefinition<any, any, any, any> | SupervisorDefinition<any>,
  options?: DynamicChildOptions,
): ChildSpec;
export function dynamic(id: string, options?: OpenDynamicChildOptions): ChildSpec;
export function dynamic(id: string, second: any = {}, third: DynamicChildOptions = {}): ChildSpec {
  const open = typeof second === "object" && !("body" in second);
  const { name, ...options } = open ? (second as OpenDynamicChildOptions) : third;
  const definition = open ? defineDynamic(options) : defineDynamic(id, second, options);
  return parseSpec("supervisor", id, definition, [], name === undefined ? {} : { name });
}
