import type { LocalGenerator } from "@espalier/heartbeat";
import type { AnyTransitionDefinition, EventObject } from "xstate";
import { Self } from "./actor.ts";
import { LocalSystem } from "./system.ts";
import { changesState, isEventless, type Action, type Actor } from "./xstate.ts";

/** What is to be done for an action, in its turn. */
export type Effect = () => LocalGenerator<void>;

/** One microstep of a transition, to be carried out. */
export interface Step {
  readonly event: EventObject;
  /** Null for what follows the last: entering the first states, or stopping the children. */
  readonly transitions: readonly AnyTransitionDefinition[] | null;
  readonly eventless: boolean;
  readonly changed: boolean;
  readonly actions: readonly (Action | Effect)[];
}

/** What a scope asks of the process that it belongs to. */
export interface Owner {
  schedule(target: unknown, event: EventObject, delayMs: number, id: string | undefined): LocalGenerator<void>;
  cancel(id: string): LocalGenerator<void>;
  relay(target: unknown, event: EventObject): LocalGenerator<void>;
  startChild(child: Actor): LocalGenerator<void>;
  stopChild(child: Actor): LocalGenerator<void>;
  emit(event: EventObject): LocalGenerator<void>;
  log(parameters: readonly unknown[]): LocalGenerator<void>;
  /** Something is to be done for plain JavaScript that acts outside the process's own steps. */
  later(effect: Effect): void;
}

/**
 * What a machine sees of the world while it computes: its scope, in xstate's words, and its system. It acts on nothing. While a transition is
 * computed it writes down, microstep by microstep, what is to be done; while an action runs, what that asks for.
 */
export class Scope {
  readonly self: Self;
  readonly id: string;
  readonly sessionId: string;
  readonly system: LocalSystem;
  readonly #owner: Owner;
  #steps: Step[] | null = null;
  #actions: (Action | Effect)[] = [];
  /** What an action that runs has asked for; null while none does. */
  #effects: Effect[] | null = null;

  constructor(owner: Owner, id: string, sessionId: string, src: unknown, parent: unknown) {
    this.#owner = owner;
    this.id = id;
    this.sessionId = sessionId;
    this.system = new LocalSystem(this, sessionId);
    this.self = new Self(id, sessionId, this.system, src, parent);
  }

  // Each of these is replaced and put back by xstate, or called without its object.
  actionExecutor: (action: Action) => void = (action) => {
    if (this.#steps === null) action.exec?.(action.info as never, action.params);
    else this.#actions.push(action);
  };
  readonly logger: (...parameters: unknown[]) => void = (...parameters) => {
    this.effect(() => this.#owner.log(parameters));
  };
  readonly emit: (event: EventObject) => void = (event) => {
    this.effect(() => this.#owner.emit(event));
  };
  readonly stopChild: (child: Actor) => void = (child) => {
    this.effect(() => this.#owner.stopChild(child));
  };
  /** What xstate does once the transition is made: in its turn among the actions, here. */
  readonly defer: (what: () => void) => void = (what) => {
    if (this.#steps === null) what();
    else this.#actions.push(asAction(what));
  };

  /** Computes a transition: the snapshot it leads to, and what is to be done. */
  collect<S>(event: EventObject, compute: () => S): { readonly snapshot: S; readonly steps: readonly Step[] } {
    const steps: Step[] = [];
    this.#steps = steps;
    this.#actions = [];
    try {
      const snapshot = compute();
      if (this.#actions.length > 0) {
        const actions = this.#actions;
        steps.push({ event, transitions: null, eventless: true, changed: false, actions });
      }
      return { snapshot, steps };
    } finally {
      this.#steps = null;
      this.#actions = [];
    }
  }

  /** Runs an action: what it returns, and what it asked for. */
  run(action: Action): { readonly result: unknown; readonly effects: readonly Effect[] } {
    const effects: Effect[] = [];
    this.#effects = effects;
    try {
      return { result: action.exec?.(action.info as never, action.params), effects };
    } finally {
      this.#effects = null;
    }
  }

  effect(effect: Effect): void {
    if (this.#effects !== null) this.#effects.push(effect);
    else if (this.#steps !== null) this.#actions.push(effect);
    else this.#owner.later(effect);
  }

  /** A microstep has been computed. */
  stepped(event: EventObject, transitions: readonly AnyTransitionDefinition[]): void {
    const actions = this.#actions;
    this.#actions = [];
    this.#steps?.push({
      event,
      transitions,
      eventless: isEventless(transitions),
      changed: changesState(transitions),
      actions,
    });
  }

  schedule(target: unknown, event: EventObject, delayMs: number, id: string | undefined): void {
    this.effect(() => this.#owner.schedule(target, event, delayMs, id));
  }

  cancel(id: string): void {
    this.effect(() => this.#owner.cancel(id));
  }

  relay(target: unknown, event: EventObject): void {
    this.effect(() => this.#owner.relay(target, event));
  }

  startChild(child: Actor): void {
    this.effect(() => this.#owner.startChild(child));
  }
}

function asAction(what: () => void): Action {
  return { type: "xstate.deferred", info: undefined as never, params: undefined, exec: what };
}
