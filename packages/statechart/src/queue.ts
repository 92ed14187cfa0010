import type { Server } from "@espalier/runtime";
import type { EventObject } from "xstate";

/** An event that a machine is to take. */
export interface Taken {
  readonly event: EventObject;
  /** Who waits for a reply; null when nobody does. */
  readonly from: Server.From<unknown> | null;
  /** Whether it came as a plain message, an EXIT or a DOWN. */
  readonly plain: boolean;
}

/** The events that were postponed, and those of them that are to be taken again. */
export class PostponedEvents {
  /** The oldest first. */
  #postponed: Taken[] = [];
  #again: Taken[] = [];

  get length(): number {
    return this.#postponed.length + this.#again.length;
  }

  add(taken: Taken): void {
    this.#postponed.push(taken);
  }

  /** The state has changed: all go back, the oldest first, ahead of everything. */
  putBack(): void {
    if (this.#postponed.length === 0) return;
    this.#again = [...this.#postponed, ...this.#again];
    this.#postponed = [];
  }

  /** These come before everything else, in their order. */
  insert(next: readonly Taken[]): void {
    this.#again.unshift(...next);
  }

  next(): Taken | undefined {
    return this.#again.shift();
  }

  /** In the order in which they would be taken after a change of state. */
  get events(): readonly EventObject[] {
    return [...this.#postponed, ...this.#again].map(({ event, from }) => (from === null ? event : withoutFrom(event)));
  }
}

/** Whoever called waits for a process that has this life only: nobody else can answer. */
function withoutFrom(event: EventObject): EventObject {
  const { from: _, ...rest } = event as EventObject & { readonly from?: unknown };
  return rest;
}
