import type { Scope } from "./scope.ts";
import { parentOf, transitionsOf, type Actor, type Inspected, type System } from "./xstate.ts";

/**
 * What xstate takes for the system of its actors: here, a statechart and its children. Everything in it ends up at the scope, and so with the process;
 * there is no clock in it, and nothing of the machine that it runs on.
 */
export class LocalSystem implements System {
  readonly #scope: Scope;
  readonly #sessionId: string;
  readonly #named: Map<string, unknown> = new Map();
  #booked = 0;

  constructor(scope: Scope, sessionId: string) {
    this.#scope = scope;
    this.#sessionId = sessionId;
  }

  readonly scheduler: System["scheduler"] = {
    schedule: (_source, target, event, delay, id) => this.#scope.schedule(target, event, delay, id),
    cancel: (_source, id) => this.#scope.cancel(id),
    // Only for an actor that stops: its process has ended by then.
    cancelAll: () => undefined,
  };

  _bookId(): string {
    return `${this.#sessionId}:${(this.#booked += 1)}`;
  }

  _register(sessionId: string): string {
    return sessionId;
  }

  _unregister({ systemId }: Actor): void {
    if (systemId !== undefined) this.#named.delete(systemId);
  }

  _set(systemId: string, actor: unknown): void {
    this.#named.set(systemId, actor);
  }

  get(systemId: string): unknown {
    return this.#named.get(systemId);
  }

  getAll(): Record<string, unknown> {
    return Object.fromEntries(this.#named);
  }

  readonly _relay: System["_relay"] = (_source, target, event) => this.#scope.relay(target, event);

  _sendInspectionEvent(inspected: Inspected): void {
    switch (inspected.type) {
      case "@xstate.microstep":
        // A machine that is to be a child computes its first state where it is made, too, and again in its own process.
        if (inspected.actorRef === this.#scope.self) this.#scope.stepped(inspected.event, transitionsOf(inspected));
        return;
      case "@xstate.actor": {
        const { actorRef } = inspected;
        if (parentOf(actorRef) === this.#scope.self) actorRef.start = () => this.#scope.startChild(actorRef);
        return;
      }
      case "@xstate.event":
      case "@xstate.snapshot":
      case "@xstate.action":
      case "@xstate.transition":
        return;
    }
  }

  inspect(): never {
    throw new TypeError(
      "system.inspect: expected a system of xstate's; look at the node's events, or trace with Sys.trace",
    );
  }

  getSnapshot(): { readonly _scheduledEvents: Readonly<Record<string, never>> } {
    return { _scheduledEvents: {} };
  }

  start(): void {
    // The processes run already.
  }

  _clock: { setTimeout(): never; clearTimeout(): void } = {
    setTimeout: () => {
      throw new TypeError("clock: expected a system of xstate's; use delays of the machine");
    },
    clearTimeout: () => undefined,
  };

  _logger: (...parameters: unknown[]) => void = (...parameters) => this.#scope.logger(...parameters);
}
