import { parseCause, type Cause } from "@espalier/heartbeat";
import { Call } from "./call.ts";
import { Pid } from "../addresses/pid.ts";
import type { DebugFunction, Statistics, SystemEvent } from "./system-debug.ts";
import type { SystemStatus } from "./system-messages.ts";

export { done } from "./system-debug.ts";
export type { DebugFunction, Statistics, SystemEvent } from "./system-debug.ts";
export type { SystemStatus } from "./system-messages.ts";

/** Whoever follows the protocol: a server, a supervisor, a statechart; by its reference, its pid or its name. */
export type Target = { readonly target: Call<unknown>["target"] } | Call<unknown>["target"];

/**
 * The state of a server, as it is when what was sent to it before has been handled: system messages keep their place in the mailbox's order
 * . A supervisor, a statechart and whatever else follows the protocol answers too.
 *
 * - Errors: those of any call: `noproc`, `timeout` after 5 s or what `.within()` says, `calling_self`.
 *
 * ```ts
 * import { Node, Server, Sys } from "espalier";
 *
 * const Counter = Server.define({
 *   init: (start: number) => ({ count: start }),
 *   cast: { add: (state, by: number) => void (state.count += by) },
 * });
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const counter = yield* Server.start(Counter, 1);
 *   yield* counter.cast.add(2);
 *   return yield* Sys.getState(counter); // => { count: 3 }
 * });
 * ```
 */
export function getState<S = unknown>(server: Target): Call<S> {
  return ask(server, "getState");
}

/**
 * Replaces the state by what `replace` makes of it, and returns that. When `replace` throws, the state stays as it is and the call fails with
 * the error: so it makes another state rather than change the one that it is given. To another node it has to travel.
 */
export function replaceState<S>(server: Target, replace: (state: S) => S): Call<S> {
  return ask(server, "replaceState", replace);
}

/**
 * From its place in the order on the server handles nothing but system messages, and its parent's end, until {@link resume}; the others
 * wait. It cancels a timeout that a handler asked for, as any message does.
 */
export function suspend(server: Target): Call<void> {
  return ask(server, "suspend");
}

/** The server goes on with what waited, in its order. */
export function resume(server: Target): Call<void> {
  return ask(server, "resume");
}

/** The server calls its `terminate` and ends with `cause`. This does not wait for that: see `Server.shutdown`. */
export function terminate(server: Target, cause: Cause): Call<void> {
  return ask(server, "terminate", parseCause(cause, "Sys.terminate: cause"));
}

/** Who the server is, whether it is suspended, its state, and what is written down about it. */
export function getStatus(server: Target): Call<SystemStatus> {
  return ask(server, "getStatus");
}

export function statistics(server: Target, what: "get"): Call<Statistics | null>;
/**
 * Counts what a server handles, from `true` to `false`. `"get"` gives the numbers, or null when they are off; `"reset"` begins anew. Off they
 * cost nothing.
 */
export function statistics(server: Target, what: boolean | "reset"): Call<void>;
export function statistics(server: Target, what: boolean | "get" | "reset"): Call<any> {
  return ask(server, "statistics", typeof what === "boolean" ? (what ? "on" : "off") : what);
}

/** Reports each event of a server to its node's logger, as `trace`, until it is told `false`. */
export function trace(server: Target, on: boolean): Call<void> {
  return ask(server, "trace", on);
}

export function log(server: Target, what: "get"): Call<readonly SystemEvent[]>;
/** Keeps the last events of a server, ten or `max`, from `true` to `false`. `"get"` gives them, the oldest first; none when it is off. */
export function log(server: Target, what: boolean | { readonly max: number }): Call<void>;
export function log(server: Target, what: boolean | "get" | { readonly max: number }): Call<any> {
  if (typeof what !== "object") return ask(server, "log", what === true ? logMax : what === "get" ? what : null);
  if (!Number.isSafeInteger(what.max) || what.max < 1) {
    throw new RangeError(`Sys.log: max: expected a whole number of at least 1, got ${String(what.max)}`);
  }
  return ask(server, "log", what.max);
}

const logMax = 10;

/**
 * Calls `debug` with each event, in the server and before it goes on, beginning with `state`: what it returns is its next state, until it returns
 * {@link done}, throws, or is removed. One that has the same `id` is replaced. To another node it has to travel.
 */
export function install<S>(server: Target, id: string, debug: DebugFunction<NoInfer<S>>, state: S): Call<void> {
  return ask(server, "install", id, debug, state);
}

/** Removes what was installed as `id`; whether there was anything. */
export function remove(server: Target, id: string): Call<boolean> {
  return ask(server, "remove", id);
}

function ask(server: Target, name: string, ...parameters: readonly unknown[]): Call<any> {
  const target = typeof server === "string" || server instanceof Pid ? server : targetOf(server);
  return new Call<any>(target, name, parameters, true);
}

function targetOf(server: Exclude<Target, string>): Call<unknown>["target"] {
  return "target" in server ? server.target : server;
}
