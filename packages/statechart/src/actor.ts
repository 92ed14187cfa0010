import type { Pid } from "@espalier/runtime";
import type { EventObject } from "xstate";
import { relayIn, type MachineSnapshot, type System } from "./xstate.ts";

/** Where an actor's events go. */
export interface Address {
  readonly pid: Pid<any>;
  /** Whether it is an ordinary process, that gets events as its messages. */
  readonly plain: boolean;
}

/** The processes of actors: children have handles that xstate made, and so their addresses are kept beside them. */
export const addresses: WeakMap<object, Address> = new WeakMap();

/**
 * A statechart as its own actions know it: `self`. It sends and is sent to like any actor of xstate; what only an actor of xstate's own
 * could do says what to do instead.
 */
export class Self {
  readonly id: string;
  readonly sessionId: string;
  readonly system: System;
  readonly src: unknown;
  /** The actor that invoked it. */
  readonly _parent: unknown;
  snapshot: MachineSnapshot | null = null;

  constructor(id: string, sessionId: string, system: System, src: unknown, parent: unknown) {
    this.id = id;
    this.sessionId = sessionId;
    this.system = system;
    this.src = src;
    // oxlint-disable-next-line eslint/no-underscore-dangle -- xstate's name
    this._parent = parent;
  }

  get ref(): this {
    return this;
  }

  /** Bound, because actions take it out of their argument. */
  readonly send = (event: EventObject): void => relayIn(this.system, this, event);

  getSnapshot(): MachineSnapshot {
    if (this.snapshot === null)
      throw new TypeError("self.getSnapshot: there is none before the initial transition is made");
    return this.snapshot;
  }

  getPersistedSnapshot(): never {
    throw new TypeError("self.getPersistedSnapshot: not within the statechart itself; ask it with Statechart.snapshot");
  }

  on(): never {
    throw new TypeError("self.on: expected an actor of xstate; give Statechart.define the option `emitted`");
  }

  subscribe(): never {
    throw new TypeError(
      "self.subscribe: expected an actor of xstate; ask with Statechart.snapshot, or let an action tell",
    );
  }

  select(): never {
    return this.subscribe();
  }

  toJSON(): unknown {
    return { xstate$$type: 1, id: this.id };
  }
}
