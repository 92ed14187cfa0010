import type { Cause } from "@espalier/heartbeat";
import { Queue } from "./queue.ts";
import { WaitingLine, type Place } from "./waiting-line.ts";

/** `receive` takes one value and is gone; `subscribe` queues all that come while it lives. */
export type ListenerKind = "receive" | "subscribe";

/**
 * `incarnation/serial`: unique among all lives of a node, because a rendezvous channel's name outlives them. Only together with its
 * channel's id does it name a listener.
 */
export type ListenerId = string;

/**
 * Who waits for a value: in the runtime, a suspended process. The methods are called after the channel's own state is complete;
 * they note what happened (put the process into the run queue) and must not call the channel.
 */
export interface Waiter<T> {
  value(value: T): void;
  ended(cause: Cause): void;
}

/** What a listener lives by: a heartbeat, as the runtime watches it. */
export interface Lifetime {
  /** Calls `dependent.end` once, when this has ended: during this call if it already has. */
  watch(dependent: Dependent): void;
  /** It need not be told any more. */
  unwatch(dependent: Dependent): void;
}

export interface Dependent {
  end(cause: Cause): void;
}

/** The channel's side of a listener. */
export interface ListenerHost<T> {
  /** A value was taken out of a subscription: there is room. */
  taken(): void;
  /** The listener is over; `discarded` values that had been handed to it were never taken. */
  gone(listener: Listener<T>, discarded: number): void;
}

/**
 * One registration at a channel. Values are handed to it by the channel, in order, and taken out by whoever performs the inner
 * operation of `Channel.receive` or `Channel.subscribe`: it may be any number of processes, and each value goes to one of them.
 *
 * Once its lifetime has ended it has nothing more to give, queued values included (P26).
 */
export class Listener<T> implements Dependent {
  readonly id: ListenerId;
  readonly kind: ListenerKind;
  /** For the channel: where a `receive` stands in the line of those that have no value yet. */
  place: Place | null = null;
  readonly #host: ListenerHost<T>;
  readonly #lifetime: Lifetime;
  // Invariant: values wait or somebody waits for them, never both.
  readonly #values: Queue<T> = new Queue();
  readonly #waiters: WaitingLine<Waiter<T>> = new WaitingLine();
  #cause: Cause | null = null;
  /** Set when the channel drains: the end comes with the last value. */
  #causeAfterLast: Cause | null = null;

  constructor(id: ListenerId, kind: ListenerKind, host: ListenerHost<T>, lifetime: Lifetime) {
    this.id = id;
    this.kind = kind;
    this.#host = host;
    this.#lifetime = lifetime;
  }

  /** How many values can be taken at once. */
  get length(): number {
    return this.#values.length;
  }

  /** Why it is over, or null. */
  get cause(): Cause | null {
    return this.#cause;
  }

  /** The oldest value. Call it only when {@link Listener.length} is not zero. */
  take(): T {
    const value = this.#values.shift() as T;
    if (this.kind === "receive") this.#finish(over);
    else if (this.#causeAfterLast !== null && this.#values.length === 0) this.#finish(this.#causeAfterLast);
    else this.#host.taken();
    return value;
  }

  /** Waits for the next value. Call it only when none is there and the listener is not over. */
  wait(waiter: Waiter<T>): Place {
    return this.#waiters.join(waiter);
  }

  /** Its lifetime is over: what it still held is discarded, and those who wait are told. */
  end(cause: Cause): void {
    if (this.#cause === null) this.#finish(cause);
  }

  /** For the channel: one more value. */
  hand(value: T): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#values.push(value);
      return;
    }
    if (this.kind === "receive") this.#finish(over);
    waiter.value(value);
  }

  /** For the channel: makes room for one more value. */
  dropOldest(): void {
    this.#values.shift();
  }

  /** For the channel: no more values will come. What is there may still be taken. */
  drain(cause: Cause): void {
    if (this.#values.length === 0) this.end(cause);
    else this.#causeAfterLast = cause;
  }

  #finish(cause: Cause): void {
    this.#cause = cause;
    const discarded = this.#values.length;
    this.#values.clear();
    this.#lifetime.unwatch(this);
    this.#host.gone(this, discarded);
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) waiter.ended(cause);
  }
}

/**
 * Why the inner operation of a `receive` or `subscribe` fails while its heartbeat lives: the channel is closed, or the one value was taken.
 */
export const over: Cause = Object.freeze({ type: "noproc", what: "channel listener" });
