import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid, type TimerRef } from "@espalier/runtime";
import type { EventObject } from "xstate";

/**
 * What ends a timeout besides its time: any event (`event`, R-803), a change of state (`state`, R-804), or only whoever cancels it (`named`,
 *
 */
export type TimeoutKind = "event" | "state" | "named";

/** A timeout that is set: when its time has come, `event` is taken, or sent to `target`. */
export interface Timeout {
  readonly kind: TimeoutKind;
  readonly id: string;
  event: EventObject;
  /** An actor to send the event to; null: the machine takes it. */
  readonly target: object | null;
  readonly deadlineMs: number;
  /** Null when its time had come as it was set. */
  readonly timer: TimerRef | null;
  readonly serial: number;
}

/** A timeout as plain data, for a persisted snapshot. */
export interface PersistedTimeout {
  readonly kind: TimeoutKind;
  readonly id: string;
  readonly event: EventObject;
  readonly remainingMs: number;
}

/** What a process sends itself when a timeout's time has come. */
export class TimeoutMessage {
  readonly key: string;
  readonly serial: number;

  constructor(key: string, serial: number) {
    this.key = key;
    this.serial = serial;
  }
}

/** The timeouts of one statechart: one of each name, and one event timeout and one state timeout without a name. */
export class Timeouts {
  readonly #pid: Pid<unknown>;
  readonly #set: Map<string, Timeout> = new Map();
  /** Those of no time at all, in the order in which they were set. Some may have been cancelled since. */
  readonly #due: Timeout[] = [];
  #serial = 0;

  constructor(pid: Pid<unknown>) {
    this.#pid = pid;
  }

  get size(): number {
    return this.#set.size;
  }

  /** Sets a timeout, in the place of one of the same kind and name. With `Infinity` that one is only cancelled. */
  *set(
    kind: TimeoutKind,
    id: string | undefined,
    when: { readonly afterMs: number } | { readonly atMs: number },
    event: EventObject,
    target: object | null = null,
  ): LocalGenerator<void> {
    const serial = (this.#serial += 1);
    const name = id ?? `#${serial}`;
    const key = keyOf(kind, name);
    yield* this.cancel(kind, name);
    if ("afterMs" in when && !(when.afterMs >= 0)) {
      throw new RangeError(`timeout ${name}: expected milliseconds ≥ 0, got ${when.afterMs}`);
    }
    const nowMs = yield* Process.now();
    const afterMs = "afterMs" in when ? when.afterMs : Math.max(0, when.atMs - nowMs);
    if (afterMs === Infinity) return;
    const timer = afterMs === 0 ? null : yield* Process.sendAfter(afterMs, this.#pid, new TimeoutMessage(key, serial));
    const timeout = { kind, id: name, event, target, deadlineMs: nowMs + afterMs, timer, serial };
    this.#set.set(key, timeout);
    if (timer === null) this.#due.push(timeout);
  }

  /** Another event for the same timeout; nothing when it is not set. */
  update(kind: TimeoutKind, id: string, event: EventObject): void {
    const timeout = this.#set.get(keyOf(kind, id));
    if (timeout !== undefined) timeout.event = event;
  }

  /** From here on it is not taken, even if its message waits in the mailbox. */
  *cancel(kind: TimeoutKind, id: string): LocalGenerator<void> {
    const key = keyOf(kind, id);
    const timeout = this.#set.get(key);
    if (timeout === undefined) return;
    this.#set.delete(key);
    if (timeout.timer !== null) yield* Process.cancelTimer(timeout.timer);
  }

  *cancelAll(kind: TimeoutKind): LocalGenerator<void> {
    if (this.#set.size === 0) return;
    for (const timeout of [...this.#set.values()]) {
      if (timeout.kind === kind) yield* this.cancel(kind, timeout.id);
    }
  }

  /** The first whose time had come as it was set; null for none. */
  takeDue(): Timeout | null {
    for (let due = this.#due.shift(); due !== undefined; due = this.#due.shift()) {
      if (this.#take(keyOf(due.kind, due.id), due.serial) !== null) return due;
    }
    return null;
  }

  /** The timeout that a message is about; null when it was cancelled or set again after that was sent. */
  takeRung({ key, serial }: TimeoutMessage): Timeout | null {
    return this.#take(key, serial);
  }

  /** Those that the machine itself waits for, in the order in which they were set. */
  persist(nowMs: number): readonly PersistedTimeout[] {
    return [...this.#set.values()]
      .filter(({ target }) => target === null)
      .map(({ kind, id, event, deadlineMs }) => ({ kind, id, event, remainingMs: Math.max(0, deadlineMs - nowMs) }));
  }

  #take(key: string, serial: number): Timeout | null {
    const timeout = this.#set.get(key);
    if (timeout === undefined || timeout.serial !== serial) return null;
    this.#set.delete(key);
    return timeout;
  }
}

function keyOf(kind: TimeoutKind, id: string): string {
  return `${kind} ${id}`;
}
