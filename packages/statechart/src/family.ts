import type { LocalGenerator } from "@espalier/heartbeat";
import { Cast, Process, type Pid } from "@espalier/runtime";
import type { EventObject } from "xstate";
import { addresses } from "./actor.ts";
import type { Actor } from "./xstate.ts";

/** What a child tells the statechart that invoked it. */
export class FromChild {
  readonly child: Actor;
  readonly event: EventObject;
  /** Whether it is the last: the child has done its work, or failed. */
  readonly last: boolean;

  constructor(child: Actor, event: EventObject, last: boolean) {
    this.child = child;
    this.event = event;
    this.last = last;
  }
}

/** What a child that is a statechart knows of the one that invoked it. */
export interface Family {
  readonly child: Actor;
  readonly parent: Pid<any>;
}

/** Sends an event to an actor, whatever it is; to one that is gone it goes nowhere. */
export function* sendTo(target: object, event: EventObject): LocalGenerator<void> {
  const address = addresses.get(target);
  if (address === undefined) return;
  const { pid, plain } = address;
  yield* plain ? Process.send(pid, event) : new Cast(pid, event.type, [event]);
}
