import type { Body } from "@espalier/runtime";
import type { SupervisorDefinition } from "./definition.ts";
import { parseSpec, type ChildOptions, type ChildSpec, type Startable } from "./spec.ts";

/**
 * A child that does work: a plain body, or the definition of a server.
 *
 * @param args the arguments after `self`, for every start.
 * @throws TypeError or RangeError naming the option, what was expected, what came, and the child.
 */
export function worker<A extends readonly unknown[], M>(
  id: string,
  body: Body<M, A, unknown>,
  args: NoInfer<A>,
  options: ChildOptions = {},
): ChildSpec {
  return parseSpec("worker", id, body as Startable, args, options);
}

/**
 * A child that supervises others. Unlike a worker it has all the time to end, because it has children to stop.
 *
 * @throws TypeError or RangeError naming the option, what was expected, what came, and the child.
 */
export function supervisor<A extends readonly unknown[]>(
  id: string,
  definition: SupervisorDefinition<A>,
  args: NoInfer<A>,
  options: ChildOptions = {},
): ChildSpec {
  return parseSpec("supervisor", id, definition, args, options);
}
