import type { Operation } from "@espalier/heartbeat";
import { MakeAlias, Unalias, type Alias, type AliasOptions } from "./alias.ts";
import { Registered } from "./names.ts";
import { ReadTimer, type TimerRef } from "../timers/timer.ts";

/**
 * Another address of this process, which it can take away again. What is sent to it gets into the mailbox like everything else,
 * as long as it is active; then it is dropped. So whoever is late finds nobody, and this process need not sort out what it has stopped waiting
 * for. In a process with a typed mailbox use `Self.alias`.
 *
 * - Returns at once.
 * - The alias travels, and works wherever this process is; it ends with the process.
 *
 * ```ts
 * import { Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* (self: Self<string>) {
 *   const alias = yield* self.alias({ mode: "reply" });
 *   yield* Process.send(alias, "first");
 *   yield* Process.send(alias, "second");
 *   const first = yield* self.receive();
 *   const second = yield* self.receive({ within: 0, otherwise: "nothing" });
 *   return [first, second]; // => ["first", "nothing"]
 * });
 * ```
 */
export function alias<M = unknown>(options: AliasOptions = {}): Operation<Alias<M>> {
  return new MakeAlias<M>(options);
}

/**
 * Takes an alias away: what is sent to it from now on is dropped. What came by it before stays in the mailbox.
 *
 * @returns whether it was active; false for an alias of another process, too.
 */
export function unalias(of: Alias<any>): Operation<boolean> {
  return new Unalias(of);
}

/** The names that processes of this node have. */
export function registered(): Operation<readonly string[]> {
  return new Registered();
}

/**
 * How long it is until a timer sends, in milliseconds; false when it is over, and for one that was set where this process is not.
 */
export function readTimer(timer: TimerRef): Operation<number | false> {
  return new ReadTimer(timer);
}
