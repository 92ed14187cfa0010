import { durationMs, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import { Call, Cast } from "./call.ts";
import { textOf } from "../addresses/destination.ts";
import type { NodeRef } from "../cluster/node-ref.ts";
import { Requests, sendRequest } from "./server-requests.ts";
import { Now } from "../surroundings.ts";

/** What came of a call to several nodes: each is in exactly one list, in the order in which they were given. */
export interface MultiCallResult<A> {
  readonly replies: readonly (readonly [node: NodeRef, reply: A])[];
  /** Those that gave no reply, for whatever reason. */
  readonly badNodes: readonly NodeRef[];
}

/**
 * Calls the servers of one name on several nodes at the same time, and waits until each has replied, or is known not to: the node cannot be
 * reached or was lost, nobody has the name there, the server ended first, or the time is over. A late reply goes nowhere.
 *
 * @param call a call to a server by its name, such as `Server.ref(Counter, "counter").call.add(1)`.
 * @param options `within`: `"infinity"` unless said; the limit of the call itself means nothing.
 *
 * - Errors: none of the servers.
 *
 * ```ts
 * import { Node, Server } from "espalier";
 *
 * const Counter = Server.define({
 *   init: (start: number) => ({ count: start }),
 *   call: { add: (state, by: number) => (state.count += by) },
 * });
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   yield* Server.start(Counter, 1, { name: "counter" });
 *   const { replies, badNodes } = yield* Server.multiCall([node.ref], Server.ref(Counter, "counter").call.add(2));
 *   return [replies.map(([, count]) => count), badNodes]; // => [[3], []]
 * });
 * ```
 */
export function* multiCall<A>(
  nodes: readonly NodeRef[],
  call: Call<A>,
  { within = "infinity" }: { readonly within?: Duration } = {},
): LocalGenerator<MultiCallResult<A>> {
  const withinMs = durationMs(within, "within");
  const name = nameOf(call, "Server.multiCall");
  const requests = new Requests<A, number>();
  for (const [index, node] of nodes.entries()) {
    const there = new Call<A>({ name, node }, call.name, call.parameters, call.system);
    requests.add(yield* sendRequest(there), index);
  }
  const replies: (readonly [NodeRef, A] | undefined)[] = nodes.map(() => undefined);
  const until = (yield* new Now()) + withinMs;
  for (;;) {
    const response = yield* requests.receive({ until });
    if (response.type === "timeout" || response.type === "no-request") break;
    if (response.type === "reply") replies[response.label] = [nodes[response.label] as NodeRef, response.value];
  }
  return {
    replies: replies.filter((reply) => reply !== undefined),
    badNodes: nodes.filter((_, index) => replies[index] === undefined),
  };
}

/**
 * Casts to the servers of one name on several nodes, and returns at once: what is not there is passed over.
 *
 * @param cast a cast to a server by its name, such as `Server.ref(Counter, "counter").cast.reset()`.
 */
export function* abcast(nodes: readonly NodeRef[], cast: Cast): LocalGenerator<void> {
  const name = nameOf(cast, "Server.abcast");
  for (const node of nodes) yield* new Cast({ name, node }, cast.name, cast.parameters);
}

function nameOf({ target }: Call<unknown> | Cast, what: string): string {
  if (typeof target === "string") return target;
  throw new TypeError(
    `${what}: expected something for a server by its name, as Server.ref(definition, name) makes it, got something for ${textOf(target)}`,
  );
}
