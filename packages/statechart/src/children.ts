import { CauseError, shutdown, type LocalGenerator } from "@espalier/heartbeat";
import { isExit, Process, type Exit, type Pid, type Self as ProcessSelf } from "@espalier/runtime";
import type { EventObject, Snapshot } from "xstate";
import { runActor } from "./actor-body.ts";
import { addresses } from "./actor.ts";
import { FromChild, sendTo, type Family } from "./family.ts";
import { settled } from "./settled.ts";
import { bodyOf } from "./process-logic.ts";
import {
  doneEvent,
  errorEvent,
  isMachine,
  parentOf,
  setSnapshot,
  snapshotOf,
  type Actor,
  type Machine,
} from "./xstate.ts";

/** Runs a machine as a child; the statechart's own module gives it, which is one that needs this one. */
export type RunMachine = (self: ProcessSelf<unknown>, machine: Machine, family: Family) => LocalGenerator<unknown>;

/** The children of a statechart: each actor of its machine is a process, linked with it, and ends when it is stopped or the statechart ends. */
export class Children {
  readonly #pid: Pid<any>;
  readonly #runMachine: RunMachine;
  readonly #actors: Map<string, Actor> = new Map();
  /** What was sent to actors before they were started, in the same transition. */
  readonly #early: Map<Actor, readonly EventObject[]> = new Map();

  constructor(pid: Pid<any>, runMachine: RunMachine) {
    this.#pid = pid;
    this.#runMachine = runMachine;
  }

  *start(child: Actor): LocalGenerator<void> {
    const { logic } = child;
    if (addresses.has(child) || snapshotOf(child).status === "stopped") return;
    const parent = this.#pid;
    const body = bodyOf(logic);
    const runMachine = this.#runMachine;
    const run =
      body !== null
        ? function* (self: ProcessSelf<any>): LocalGenerator<void> {
            const output = yield* settled(body(self, child.options.input));
            yield* Process.send(parent, new FromChild(child, doneEvent(child.id, output), true));
          }
        : isMachine(logic)
          ? (self: ProcessSelf<unknown>) => runMachine(self, logic, { child, parent })
          : (self: ProcessSelf<unknown>) => runActor(self, { child, parent });
    Object.defineProperty(run, "name", { value: typeof child.src === "string" ? child.src : child.id });
    const pid = yield* Process.spawnLink(run);
    addresses.set(child, { pid, plain: body !== null });
    this.#actors.set(pid.key, child);
    const early = this.#early.get(child);
    this.#early.delete(child);
    for (const event of early ?? []) yield* sendTo(child, event);
  }

  /** Sends an event to an actor; one that is yet to be started gets it then, as entry actions send to what their state invokes. */
  *send(target: Actor, event: EventObject, self: object): LocalGenerator<void> {
    if (addresses.has(target) || parentOf(target) !== self) yield* sendTo(target, event);
    else if (snapshotOf(target).status === "active")
      this.#early.set(target, [...(this.#early.get(target) ?? []), event]);
  }

  /** Nothing of it is heard any more. It is told to end, and given the time that it needs. */
  *stop(child: Actor, self: ProcessSelf<any>): LocalGenerator<void> {
    const address = addresses.get(child);
    if (address === undefined) {
      // Stopped before it was started: it never is.
      setSnapshot(child, { ...snapshotOf(child), status: "stopped" } as Snapshot<unknown>);
      this.#early.delete(child);
      return;
    }
    const { pid } = address;
    if (!this.#actors.delete(pid.key)) return;
    yield* Process.exit(pid, shutdown);
    yield* Process.unlink(pid);
    // One that was on its way already.
    yield* self.receive({
      match: (message) => isExit(message) && message.from.equals(pid),
      within: 0,
      otherwise: null,
    });
  }

  *stopAll(self: ProcessSelf<any>): LocalGenerator<void> {
    for (const child of [...this.#actors.values()].reverse()) yield* this.stop(child, self);
  }

  /** What a message of a child means to the machine; null when the child was stopped since. */
  heard({ child, event, last }: FromChild): EventObject | null {
    const address = addresses.get(child);
    if (address === undefined || this.#actors.get(address.pid.key) !== child) return null;
    if (last) this.#actors.delete(address.pid.key);
    return event;
  }

  /** What the end of a process means to the machine; null when it is no child's, or the child has said its last. */
  ended({ from, cause }: Exit): EventObject | null {
    const child = this.#actors.get(from.key);
    if (child === undefined) return null;
    this.#actors.delete(from.key);
    return cause.type === "normal" ? doneEvent(child.id, undefined) : errorEvent(child.id, new CauseError(cause));
  }

  /** Those that are statecharts themselves, with their processes. */
  get machines(): readonly (readonly [child: Actor, pid: Pid<any>])[] {
    return [...this.#actors.values()]
      .filter(({ logic }) => isMachine(logic))
      .map((child) => [child, addresses.get(child)?.pid as Pid<any>]);
  }
}
