import { causeOf, CauseError, normal, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import {
  Answer,
  CastMessage,
  invalidMessage,
  isExit,
  isExitOf,
  isSystem,
  needsPerforming,
  perform,
  Process,
  recentMessages,
  Refusal,
  Request,
  Server,
  SystemMessages,
  type Kernel,
  type Pid,
  type RecentMessages,
  type Self as ProcessSelf,
} from "@espalier/runtime";
import type { EventObject, StateValue } from "xstate";
import { addresses, Self } from "./actor.ts";
import { Children } from "./children.ts";
import { running } from "./events.ts";
import { FromChild, sendTo, type Family } from "./family.ts";
import { Instruction, NextEvent, Postpone, SetTimeout, Stop, UpdateTimeout } from "./instruction.ts";
import { Later, laterHere } from "./later.ts";
import type { AnyOptions } from "./options.ts";
import { settled } from "./settled.ts";
import { persist, restore, stateOf, withState, type PersistedStatechart, type StatechartState } from "./persist.ts";
import { PostponedEvents, type Taken } from "./queue.ts";
import { Scope, type Effect, type Owner, type Step } from "./scope.ts";
import { TimeoutMessage, Timeouts, type Timeout } from "./timeouts.ts";
import { viewOf } from "./view.ts";
import {
  doneEvent,
  isEvent,
  isReserved,
  parentOf,
  setSnapshot,
  snapshotEvent,
  snapshotOf,
  tellsSnapshots,
  type Action,
  type Actor,
  type Machine,
  type MachineSnapshot,
  type Scope as ActorScope,
} from "./xstate.ts";

/** What a message turned out to be: an event for the machine, the end of the process, or nothing (any more). */
type Next = Taken | Stop | null;

/**
 * A statechart: a process that takes one event after the other, asks its machine what it leads to, and then does what the machine's actions
 * want. The machine only computes (see {@link Scope}); everything that happens, happens here, and in the order of R-801.
 */
export class StatechartLoop implements Owner {
  readonly #machine: Machine;
  readonly #options: AnyOptions;
  readonly #process: ProcessSelf<any>;
  readonly #family: Family | null;
  readonly #scope: Scope;
  readonly #timeouts: Timeouts;
  readonly #postponed: PostponedEvents = new PostponedEvents();
  readonly #children: Children;
  /** A transition's becomes this when its actions are done: a failure leaves the one from before. */
  #snapshot: MachineSnapshot | null = null;
  #parent: Pid | null = null;
  #system: SystemMessages | null = null;
  /** For the report of its crash. */
  #recent: RecentMessages | null = null;
  #later: ((effect: Effect) => void) | null = null;
  #events: Kernel["events"] | null = null;

  constructor(machine: Machine, options: AnyOptions, self: ProcessSelf<any>, family: Family | null) {
    this.#machine = machine;
    this.#options = options;
    this.#process = self;
    this.#family = family;
    const id = family?.child.id ?? machine.id;
    this.#scope = new Scope(
      this,
      id,
      self.pid.key,
      family?.child.src ?? machine,
      family === null ? undefined : parentOf(family.child),
    );
    addresses.set(this.#scope.self, { pid: self.pid, plain: false });
    this.#timeouts = new Timeouts(self.pid);
    this.#children = new Children(self.pid, (own, machine, family) => {
      const { input, snapshot } = family.child.options;
      return new StatechartLoop(machine, {}, own, family).run(input, snapshot);
    });
  }

  /** The process's whole life. Its result is the machine's output. */
  *run(input?: unknown, persisted?: PersistedStatechart): LocalGenerator<unknown> {
    this.#parent = yield* Process.parent();
    this.#recent = yield* recentMessages;
    yield* this.#process.trapExit();
    this.#later = yield* laterHere();
    this.#events = yield* running(this.#machine);
    let stop: Stop | null;
    if (persisted === undefined) stop = yield* this.#begin(input);
    else stop = yield* this.#restore(persisted);
    yield* Process.expose(() => viewOf(this.#current, this.#postponed.length, this.#timeouts.size));
    yield* this.#process.ready();
    while (stop === null && this.#current.status === "active") {
      try {
        const next: Next = yield* this.#next();
        if (next instanceof Stop) stop = next;
        else if (next !== null) stop = yield* this.#take(next);
      } catch (error) {
        yield* this.#terminate(causeOf(error));
        throw error;
      }
    }
    return yield* this.#end(stop);
  }

  // Beginning and ending

  *#begin(input: unknown): LocalGenerator<Stop | null> {
    const scope = this.#scope as unknown as ActorScope;
    const event = { type: "xstate.init", input } as EventObject;
    const { snapshot, steps } = this.#scope.collect(event, () =>
      this.#machine.getInitialSnapshot(scope, input as never),
    );
    return yield* this.#carryOut(snapshot as MachineSnapshot, steps, null);
  }

  *#restore(persisted: PersistedStatechart): LocalGenerator<Stop | null> {
    const { snapshot, timeouts, postponed } = restore(this.#machine, persisted, this.#scope as unknown as ActorScope);
    this.#become(snapshot);
    if (this.#events?.active === true) this.#tell("xstate.init", null);
    for (const child of Object.values(snapshot.children) as unknown as Actor[]) {
      if (snapshotOf(child).status === "active") yield* this.#children.start(child);
    }
    for (const { kind, id, remainingMs, event } of timeouts) {
      yield* this.#timeouts.set(kind, id, { afterMs: remainingMs }, event);
    }
    for (const event of postponed) this.#postponed.add({ event, from: null, plain: false });
    return null;
  }

  *#end(stop: Stop | null): LocalGenerator<unknown> {
    const { status, output } = this.#current;
    const cause = stop?.cause ?? normal;
    if (stop === null && status === "done" && this.#family !== null) {
      const { child, parent } = this.#family;
      yield* Process.send(parent, new FromChild(child, doneEvent(child.id, output), true));
    }
    yield* this.#terminate(cause);
    yield* this.#children.stopAll(this.#process);
    if (cause.type !== "normal") throw new CauseError(cause);
    return output;
  }

  /** What it throws is why the process ends instead. */
  *#terminate(cause: Cause): LocalGenerator<void> {
    if (this.#snapshot === null) return;
    yield* settled(this.#options.terminate?.(this.#snapshot, cause));
  }

  // What comes

  /** Events put back, then timeouts whose time had come as they were set, then the mailbox. */
  *#next(): LocalGenerator<Next> {
    if (this.#system?.suspended !== true) {
      const again = this.#postponed.next();
      if (again !== undefined) return again;
      const due = this.#timeouts.takeDue();
      if (due !== null) return yield* this.#rung(due);
    }
    const message = yield* this.#system?.suspended === true ? this.#system.receive : this.#process.receive();
    if (isSystem(message)) return yield* this.#handleSystem(message);
    this.#recent?.took(message);
    const debug = this.#system?.debug ?? null;
    if (debug !== null && !(message instanceof Later)) yield* (this.#system as SystemMessages).sawMessage(message);
    return yield* this.#understand(message);
  }

  *#understand(message: unknown): LocalGenerator<Next> {
    if (message instanceof CastMessage) return yield* this.#fromOutside(message.parameters[0], message);
    if (message instanceof Request) return yield* this.#called(message);
    if (message instanceof TimeoutMessage) {
      const timeout = this.#timeouts.takeRung(message);
      return timeout === null ? null : yield* this.#rung(timeout);
    }
    if (message instanceof FromChild) return internal(this.#children.heard(message));
    if (message instanceof Later) {
      yield* message.effect();
      return null;
    }
    // The parent ends, and so does the statechart, for the same reason.
    if (isExitOf(message, this.#parent)) return new Stop(message.cause);
    if (isExit(message)) {
      const event = this.#children.ended(message);
      if (event !== null) return internal(event);
    }
    const event = this.#options.info === undefined ? message : this.#options.info(message);
    if (isEvent(event) && !isReserved(event.type)) return { event, from: null, plain: true };
    return yield* this.#unexpected(message);
  }

  *#called({ from, parameters }: Request): LocalGenerator<Next> {
    const [sent] = parameters;
    const refused = this.#refused(sent);
    if (refused !== null) {
      // The mistake of whoever called, and no reason for the statechart to end.
      yield* new Answer(from, new Refusal(refused));
      return null;
    }
    const address = new Server.From<unknown>(from);
    return { event: { ...(sent as EventObject), from: address } as EventObject, from: address, plain: false };
  }

  *#fromOutside(sent: unknown, message: unknown): LocalGenerator<Next> {
    if (this.#refused(sent) === null) return { event: sent as EventObject, from: null, plain: false };
    return yield* this.#unexpected(message);
  }

  /** Why whoever is not the machine itself cannot send this. */
  #refused(sent: unknown): Cause | null {
    if (!isEvent(sent)) return invalidMessage(`expected an event, with a type that is a string`);
    const { type } = sent;
    if (!isReserved(type) && this.#options.internal?.includes(type) !== true) return null;
    return invalidMessage(`the event ${JSON.stringify(type)} comes from the machine itself only`);
  }

  *#rung({ event, target }: Timeout): LocalGenerator<Next> {
    if (target === null) return internal(event);
    yield* this.relay(target, event);
    return null;
  }

  *#unexpected(message: unknown): LocalGenerator<Next> {
    // An end that nobody asked to be told of as a message ends whoever is linked, as it would without trapping.
    if (isExit(message)) return message.cause.type === "normal" ? null : new Stop(message.cause);
    const label = this.#options.label ?? this.#machine.id;
    yield* Process.report({ type: "unexpected-message", pid: this.#process.pid, label, message });
    return null;
  }

  *#handleSystem(message: Request): LocalGenerator<Next> {
    if (message.name === "snapshot") {
      yield* new Answer(message.from, yield* this.#persisted());
      return null;
    }
    this.#system ??= new SystemMessages(this.#process.pid, this.#parent, {
      getState: () => stateOf(this.#current),
      setState: (state) => this.#become(withState(this.#current, state as StatechartState)),
      status: () => ({ ...viewOf(this.#current, this.#postponed.length, this.#timeouts.size) }),
    });
    const cause = yield* this.#system.handle(message);
    return cause === null ? null : new Stop(cause);
  }

  *#persisted(): LocalGenerator<PersistedStatechart | Refusal> {
    try {
      const nowMs = yield* Process.now();
      return yield* persist(
        this.#current,
        this.#timeouts.persist(nowMs),
        this.#postponed.events,
        this.#children.machines,
      );
    } catch (error) {
      return new Refusal(causeOf(error));
    }
  }

  // What is done

  /** Has the machine take one event. */
  *#take(taken: Taken): LocalGenerator<Stop | null> {
    const { event, from, plain } = taken;
    const before = this.#current;
    const scope = this.#scope as unknown as ActorScope;
    const { snapshot, steps } = this.#scope.collect(event, () => this.#machine.transition(before, event, scope));
    if (steps[0]?.transitions?.length === 0) {
      if (from !== null) {
        const state = JSON.stringify(before.value);
        yield* new Answer(
          from.ref,
          new Refusal(invalidMessage(`in state ${state} nothing handles ${JSON.stringify(event.type)}`)),
        );
      } else if (plain) {
        const stop = yield* this.#unexpected(event);
        if (stop instanceof Stop) return stop;
      }
    }
    const stop = yield* this.#carryOut(snapshot as MachineSnapshot, steps, taken);
    if (this.#system?.debug != null && steps.some(({ changed }) => changed)) {
      yield* this.#system.saw({ type: "transition", from: before.value, to: this.#current.value });
    }
    return stop;
  }

  /**
   * Does what a transition asks for, microstep by microstep: actions in their order, replies among them; then the event goes back if it
   * was postponed; and when the state changed, all that was postponed goes back to the front. What was raised is in the steps that follow, and so
   * comes before all of that.
   */
  *#carryOut(snapshot: MachineSnapshot, steps: readonly Step[], taken: Taken | null): LocalGenerator<Stop | null> {
    let stop: Stop | null = null;
    for (const { event, transitions, eventless, changed, actions } of steps) {
      if (transitions !== null && !eventless) yield* this.#timeouts.cancelAll("event");
      if (changed) yield* this.#timeouts.cancelAll("state");
      let postpone = false;
      const inserted: Taken[] = [];
      for (const action of actions) {
        if (typeof action === "function") {
          yield* action();
          continue;
        }
        const result = yield* this.#act(action);
        if (result instanceof Postpone) postpone = result.wanted;
        else if (result instanceof Stop) stop = result;
        else if (result instanceof NextEvent) inserted.push(insertedOf(result.event));
        else if (result instanceof Instruction) yield* this.#obey(result);
      }
      if (postpone) this.#postpone(event, taken);
      if (changed) this.#postponed.putBack();
      if (inserted.length > 0) this.#postponed.insert(inserted);
      if (stop !== null) break;
    }
    if (snapshot.status === "error") throw snapshot.error;
    const before = this.#snapshot;
    this.#become(snapshot);
    if (this.#events?.active === true) this.#tell(taken?.event.type ?? "xstate.init", before);
    if (this.#family !== null && tellsSnapshots(this.#family.child) && snapshot !== before)
      yield* this.#tellParent(this.#family);
    return stop;
  }

  /** Runs one action to its end. */
  *#act(action: Action): LocalGenerator<unknown> {
    const { result, effects } = this.#scope.run(action);
    for (const effect of effects) yield* effect();
    if (!needsPerforming(result)) return result;
    if (result instanceof Answer && this.#system?.debug != null) return yield* this.#system.replying(result);
    return yield* perform(result);
  }

  *#obey(instruction: Instruction): LocalGenerator<void> {
    if (instruction instanceof SetTimeout) {
      const { kind, id, when, event } = instruction;
      yield* this.#timeouts.set(kind, id, when, event);
    } else if (instruction instanceof UpdateTimeout) {
      const { kind, id, event } = instruction;
      this.#timeouts.update(kind, id, event);
    }
  }

  #postpone(event: EventObject, taken: Taken | null): void {
    if (taken !== null && taken.event === event) this.#postponed.add(taken);
    else if (taken !== null) this.#postponed.add({ event, from: null, plain: false });
    else throw new TypeError("Statechart.postpone: expected an event to postpone, got the initial transition");
  }

  #tell(event: string, before: MachineSnapshot | null): void {
    const { value, status } = this.#current;
    this.#events?.emit({
      ...({ type: "statechart.transition", pid: this.#process.pid, parent: this.#family?.parent ?? null } as const),
      ...{ id: this.#scope.id, event, from: before === null ? null : (before.value as StateValue) },
      ...{ to: value as StateValue, status },
    });
  }

  get #current(): MachineSnapshot {
    return this.#snapshot as MachineSnapshot;
  }

  #become(snapshot: MachineSnapshot): void {
    this.#snapshot = snapshot;
    this.#scope.self.snapshot = snapshot;
    if (this.#family !== null) setSnapshot(this.#family.child, snapshot);
  }

  *#tellParent({ child, parent }: Family): LocalGenerator<void> {
    const snapshot = this.#current;
    if (snapshot.status === "active") {
      yield* Process.send(parent, new FromChild(child, snapshotEvent(child.id, snapshot), false));
    }
  }

  // What the scope asks for

  schedule(target: unknown, event: EventObject, delayMs: number, id: string | undefined): LocalGenerator<void> {
    const other = target === this.#scope.self ? null : (target as object);
    return this.#timeouts.set("named", id, { afterMs: delayMs }, event, other);
  }

  cancel(id: string): LocalGenerator<void> {
    return this.#timeouts.cancel("named", id);
  }

  *relay(target: unknown, event: EventObject): LocalGenerator<void> {
    if (this.#family !== null && target === parentOf(this.#family.child)) {
      yield* Process.send(this.#family.parent, new FromChild(this.#family.child, event, false));
    } else if (target instanceof Self) {
      yield* sendTo(target, event);
    } else {
      yield* this.#children.send(target as Actor, event, this.#scope.self);
    }
  }

  startChild(child: Actor): LocalGenerator<void> {
    return this.#children.start(child);
  }

  stopChild(child: Actor): LocalGenerator<void> {
    return this.#children.stop(child, this.#process);
  }

  *emit(event: EventObject): LocalGenerator<void> {
    yield* settled(this.#options.emitted?.(event));
  }

  *log(parameters: readonly unknown[]): LocalGenerator<void> {
    const label = this.#options.label ?? this.#machine.id;
    yield* Process.report({ type: "statechart.log", pid: this.#process.pid, label, parameters });
  }

  later(effect: Effect): void {
    this.#later?.(effect);
  }
}

function internal(event: EventObject | null): Taken | null {
  return event === null ? null : { event, from: null, plain: false };
}

/** One with somebody who waits can be replied to, like the call that it came from. */
function insertedOf(event: EventObject): Taken {
  const { from } = event as EventObject & { readonly from?: unknown };
  return { event, from: from instanceof Server.From ? from : null, plain: false };
}
