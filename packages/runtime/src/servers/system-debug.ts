import type { Operation } from "@espalier/heartbeat";
import { CastMessage, Request } from "./call.ts";
import { InKernel } from "../in-kernel.ts";
import type { Pid } from "../addresses/pid.ts";

/** Something that a server did, for its log, its trace and functions that were installed. */
export type SystemEvent =
  /** It took a message: a call or a cast by its name, any other as it is. */
  | { readonly type: "in"; readonly message: unknown }
  /** It replied. */
  | { readonly type: "out"; readonly to: Pid; readonly message: unknown }
  /** A statechart went from one state to another. */
  | { readonly type: "transition"; readonly from: unknown; readonly to: unknown };

/** What `Sys.statistics(server, "get")` gives; times are those of `Process.now` on the server's node. */
export interface Statistics {
  readonly startedMs: number;
  readonly nowMs: number;
  /** Messages that it handled, and replies that it sent itself. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Operations, as the scheduler counts them at the end of each of the process's turns. */
  readonly reductions: number;
}

/** Called with each event; its result is its own next state, or {@link done}. */
export type DebugFunction<S = any> = (state: S, event: SystemEvent) => S | typeof done;

/** What a debug function returns that is to be removed. */
export const done: unique symbol = Symbol.for("espalier.sys.done") as never;

interface Counting {
  readonly startedMs: number;
  readonly reductions: number;
  messagesIn: number;
  messagesOut: number;
}

/** What is written down about a server while somebody wants it: it has none of this until then. */
export class SystemDebug {
  tracing = false;
  #counting: Counting | null = null;
  #log: SystemEvent[] | null = null;
  #logMax = 0;
  readonly #installed: Map<string, { readonly debug: DebugFunction; state: unknown }> = new Map();

  /** Whether nobody wants anything any more. */
  get idle(): boolean {
    return !this.tracing && this.#counting === null && this.#log === null && this.#installed.size === 0;
  }

  /** What has to be done with the event besides, or null: only a trace leaves the process. */
  see(event: SystemEvent): Operation<void> | null {
    if (this.#counting !== null) {
      if (event.type === "in") this.#counting.messagesIn += 1;
      else if (event.type === "out") this.#counting.messagesOut += 1;
    }
    if (this.#log !== null) {
      this.#log.push(event);
      if (this.#log.length > this.#logMax) this.#log.shift();
    }
    for (const [id, installed] of this.#installed) {
      try {
        const next = installed.debug(installed.state, event);
        if (next === done) this.#installed.delete(id);
        else installed.state = next;
      } catch {
        // Whoever debugs must not harm what is debugged: a function that throws is removed, as in OTP.
        this.#installed.delete(id);
      }
    }
    return this.tracing ? trace(event) : null;
  }

  count(now: Pick<Statistics, "nowMs" | "reductions"> | null): void {
    this.#counting =
      now === null ? null : { startedMs: now.nowMs, reductions: now.reductions, messagesIn: 0, messagesOut: 0 };
  }

  get counting(): boolean {
    return this.#counting !== null;
  }

  statistics({ nowMs, reductions: all }: Pick<Statistics, "nowMs" | "reductions">): Statistics | null {
    if (this.#counting === null) return null;
    const { startedMs, reductions, messagesIn, messagesOut } = this.#counting;
    return { startedMs, nowMs, messagesIn, messagesOut, reductions: all - reductions };
  }

  /** Keeps the last `max` events from now on; null: none. */
  keepLog(max: number | null): void {
    this.#log = max === null ? null : [];
    this.#logMax = max ?? 0;
  }

  get log(): readonly SystemEvent[] {
    return this.#log === null ? [] : [...this.#log];
  }

  /** @returns whether it was there. */
  remove(id: string): boolean {
    return this.#installed.delete(id);
  }

  /** One of the same id is replaced. */
  install(id: string, debug: DebugFunction, state: unknown): void {
    this.#installed.set(id, { debug, state });
  }
}

/** A message as people know it. */
export function taken(message: unknown): SystemEvent {
  if (message instanceof Request) {
    const { name: call, parameters } = message;
    return { type: "in", message: { call, parameters } };
  }
  if (message instanceof CastMessage) {
    const { name: cast, parameters } = message;
    return { type: "in", message: { cast, parameters } };
  }
  return { type: "in", message };
}

/** Writes an event to the node's log. */
function trace(event: SystemEvent): InKernel<void> {
  return new InKernel((kernel, { pid, label }) => kernel.logger?.report({ type: "trace", pid, label, event }));
}

/** What a server's node knows of its work, for its statistics and its status. */
export interface OwnWork {
  readonly nowMs: number;
  readonly reductions: number;
  readonly mailbox: number;
  readonly name: string | null;
  readonly label: string;
  readonly parent: Pid;
}

export const askOwnWork: InKernel<OwnWork> = new InKernel((kernel, cell) => {
  const { reductions, mailbox, name, label, parent } = cell;
  return { nowMs: kernel.host.clock.monotonic(), reductions, mailbox: mailbox.length, name, label, parent };
});
