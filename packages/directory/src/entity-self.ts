import { CauseError, durationMs, type Cause, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import { InKernel, Process, Self, type Cell, type ReceiveOptions } from "@espalier/runtime";
import type { Entity } from "./entity-table.ts";

/** Sent to an entity so that it looks whether it is to leave. */
export const wake: { readonly type: "wake" } = Object.freeze({ type: "wake" });

const nothing = Symbol("nothing");

/** Why an entity ended that nobody sent anything for too long. */
export const idle: Cause = Object.freeze({ type: "shutdown", detail: "idle" });

/**
 * What an entity knows of itself. It ends at a `receive`, when nothing waits for it and it is idle or was asked to leave: whatever runs in it (a
 * server, a statechart, a plain body) then does what it does at its end.
 */
export class EntitySelf extends Self<unknown> {
  readonly #entity: Entity;
  #started = false;
  /** Until when it waits, in milliseconds of the monotonic clock; null: the wait has not begun. */
  #idleAtMs: number | null = null;

  constructor(entity: Entity) {
    super(entity.cell.pid);
    this.#entity = entity;
  }

  override receive(options: ReceiveOptions<any> & { readonly otherwise?: unknown } = {}): any {
    const { match, within = "infinity" } = options;
    // It waits for something that it asked for, and is not idle.
    if (match !== undefined)
      return super.receive({ ...options, match: (message) => message !== wake && match(message) });
    return this.#next(durationMs(within, "within"), "otherwise" in options ? { value: options.otherwise } : null);
  }

  override ready(): Operation<void> {
    return new InKernel(() => this.#settle());
  }

  override ignore(): Operation<never> {
    return Process.exit({ type: "exit", reason: "ignore" });
  }

  override fail(cause: Cause): Operation<never> {
    return Process.exit(cause);
  }

  *#next(withinMs: number, otherwise: { readonly value: unknown } | null): LocalGenerator<unknown> {
    this.#settle();
    for (;;) {
      const idleMs = yield* this.#idleMs();
      const message = yield* super.receive({ within: Math.min(withinMs, idleMs), otherwise: nothing });
      if (message === wake) continue;
      if (message !== nothing) {
        this.#idleAtMs = null;
        return message;
      }
      const cause = yield* new InKernel((_, cell) => this.#end(cell, idleMs <= withinMs));
      if (cause !== null) throw new CauseError(cause);
      if (withinMs >= idleMs) continue;
      if (otherwise === null) throw new CauseError({ type: "timeout", what: "receive" });
      return otherwise.value;
    }
  }

  *#idleMs(): LocalGenerator<number> {
    const { leaving, table } = this.#entity;
    if (leaving !== null) return 0;
    const nowMs = yield* Process.now();
    this.#idleAtMs ??= nowMs + table.plan.idleMs;
    return Math.max(0, this.#idleAtMs - nowMs);
  }

  /** Why it ends now; null when it does not. What comes after this is for the next process of the key. */
  #end(cell: Cell, isIdle: boolean): Cause | null {
    if (cell.mailbox.length > 0) return null;
    if (isIdle && this.#entity.leaving === null) {
      this.#idleAtMs = null;
      if (cell.stash !== null && cell.stash.length > 0) return null;
      this.#entity.leave(idle);
    }
    return this.#entity.leaving;
  }

  #settle(): void {
    if (this.#started) return;
    this.#started = true;
    if (this.#entity.leaving === null) this.#entity.unlimit();
  }
}
