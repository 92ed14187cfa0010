import type { Cause } from "@espalier/heartbeat";
import type { OfferOutcome } from "./delivery.ts";
import {
  Listener,
  type Lifetime,
  type ListenerHost,
  type ListenerId,
  type ListenerKind,
  type Waiter,
} from "./listener.ts";
import { overflow, type BufferLimits, type Sending } from "./overflow.ts";
import { Queue } from "./queue.ts";
import { WaitingLine, type Place } from "./waiting-line.ts";

/** A `send` that waits for room. Its methods are called like those of {@link Waiter}, one of them once. */
export interface WaitingSend<T> {
  accepted(outcome: "delivered" | "buffered"): void;
  closed(value: T): void;
}

/** What was there: an object, because `undefined` is a value that can be sent. */
export interface Taken<T> {
  readonly value: T;
}

/** What a channel tells the registry that holds it. */
export interface MailboxRegistry {
  /** `count` values or copies of values are lost for good. */
  dropped(count: number): void;
  listenerGone(): void;
  /** Nothing holds the record any more: no listener, and no buffer that is open or has values. */
  emptied(mailbox: Mailbox<any>): void;
}

/**
 * A channel at its home: who listens, and what waits.
 *
 * Each value goes to the `receive` that has waited longest, otherwise to every `subscribe`r (H22). When nobody listens, a
 * *rendezvous* channel refuses it, and a *buffered* one keeps it: the next listener gets what waits, in order. A listener gets
 * a value at most once, in the order of acceptance, which for one sender is the order of sending (P26).
 *
 * In a buffered channel `capacity` also bounds what waits in each subscription. Unless it drops the oldest, a value goes to all
 * subscribers or, when one of them is full, to none. A subscription to a rendezvous channel is unbounded.
 */
export class Mailbox<T> implements ListenerHost<T> {
  /** The channel's GUID. */
  readonly id: string;
  /** Null for a rendezvous channel. */
  readonly limits: BufferLimits | null;
  /** Whose end closes a buffered channel. */
  readonly owner: unknown;
  readonly #registry: MailboxRegistry;
  readonly #listeners: Map<ListenerId, Listener<T>> = new Map();
  // Invariants. While a `receive` waits for its value, no value and no send waits; while a subscriber is there, no value waits
  // in the channel itself; sends wait only while there is no room, and peekers only while no value does.
  readonly #receivers: WaitingLine<Listener<T>> = new WaitingLine();
  readonly #subscribers: Set<Listener<T>> = new Set();
  readonly #values: Queue<T> = new Queue();
  readonly #sends: WaitingLine<{ readonly value: T; readonly waiting: WaitingSend<T> }> = new WaitingLine();
  readonly #peekers: WaitingLine<Waiter<T>> = new WaitingLine();
  #closed: Cause | null = null;
  #dropped = 0;

  constructor(id: string, limits: BufferLimits | null, owner: unknown, registry: MailboxRegistry) {
    this.id = id;
    this.limits = limits;
    this.owner = owner;
    this.#registry = registry;
  }

  /**
   * One value comes. The answer says what became of it; when it is a {@link Place}, the send stands in line for room and `waiting`
   * will be told. A value that is neither taken nor handed back is counted as dropped.
   *
   * @param waiting who waits when `sending` is `"send"` and the channel makes senders wait.
   */
  offer(value: T, sending: "deliver" | "sendUnconfirmed"): OfferOutcome;
  offer(value: T, sending: Sending, waiting: WaitingSend<T> | undefined): OfferOutcome | Place;
  offer(value: T, sending: Sending, waiting?: WaitingSend<T>): OfferOutcome | Place {
    if (this.#closed !== null) {
      if (sending === "sendUnconfirmed") this.#drop(1);
      return "closed";
    }
    const receiver = this.#receivers.shift();
    if (receiver !== undefined) {
      receiver.hand(value);
      return "delivered";
    }
    if (this.limits === null) {
      if (this.#subscribers.size > 0) return this.#accept(value);
      if (sending !== "deliver") this.#drop(1);
      return "no-listener";
    }
    if (this.#hasRoom(this.limits.capacity)) return this.#accept(value);
    switch (overflow(this.limits.whenFull, sending)) {
      case "replace-oldest":
        this.#dropOldest(this.limits.capacity);
        return this.#accept(value);
      case "wait":
        return this.#sends.join({ value, waiting: waiting as WaitingSend<T> });
      case "drop":
        this.#drop(1);
        return "full";
      case "refuse":
        return "full";
    }
  }

  /**
   * Registers a listener: it gets what waits and what comes from now on (P26). If its lifetime has ended, or the channel is closed and
   * drained, it is over when this returns.
   */
  listen(id: ListenerId, kind: ListenerKind, lifetime: Lifetime): Listener<T> {
    const listener = new Listener<T>(id, kind, this, lifetime);
    this.#listeners.set(id, listener);
    lifetime.watch(listener);
    if (listener.cause === null) {
      if (kind === "receive") this.#startReceive(listener);
      else this.#startSubscription(listener);
    }
    return listener;
  }

  /** The listener with this id, unless it is over. */
  listener(id: ListenerId): Listener<T> | undefined {
    return this.#listeners.get(id);
  }

  /** Takes the oldest value that waits in the channel. What listeners were handed is theirs. */
  receiveNow(): Taken<T> | undefined {
    return this.#values.length === 0 ? undefined : { value: this.#takeOldest() };
  }

  /** The oldest value that waits in the channel, left there. */
  peekNow(): Taken<T> | undefined {
    return this.#values.length === 0 ? undefined : { value: this.#values.peek() as T };
  }

  /** Waits until a value waits in the channel, which stays there. Call it only when it is open and {@link Mailbox.peekNow} has none. */
  peek(waiter: Waiter<T>): Place {
    return this.#peekers.join(waiter);
  }

  /** Why it is closed, or null. */
  get closed(): Cause | null {
    return this.#closed;
  }

  /**
   * Takes no more values: sends that wait for room get theirs back. With `"drain"` what was accepted may still be taken, and each
   * listener is over after its last value; with `"discard"` it is lost, and all is over at once. The first cause stands; closing again matters
   * only when it cuts a drain short.
   */
  close(cause: Cause, rest: "drain" | "discard"): void {
    this.#closed ??= cause;
    const closed = this.#closed;
    if (rest === "discard") {
      this.#drop(this.#values.length);
      this.#values.clear();
    }
    for (let send = this.#sends.shift(); send !== undefined; send = this.#sends.shift())
      send.waiting.closed(send.value);
    for (let peeker = this.#peekers.shift(); peeker !== undefined; peeker = this.#peekers.shift()) peeker.ended(closed);
    // After the sends, which an ending subscription would let in.
    for (const listener of this.#listeners.values()) {
      if (rest === "discard") listener.end(closed);
      else listener.drain(closed);
    }
    this.#tellIfEmptied();
  }

  /** How it stands, for introspection. */
  inspect(): MailboxView {
    return {
      capacity: this.limits === null ? 0 : this.limits.capacity,
      whenFull: this.limits === null ? null : this.limits.whenFull,
      waiting: this.#values.length,
      receivers: this.#receivers.length,
      subscribers: this.#subscribers.size,
      waitingSends: this.#sends.length,
      dropped: this.#dropped,
      closed: this.#closed,
    };
  }

  /** For its listeners. */
  taken(): void {
    this.#admitSends();
  }

  /** For its listeners. */
  gone(listener: Listener<T>, discarded: number): void {
    this.#drop(discarded);
    this.#listeners.delete(listener.id);
    this.#subscribers.delete(listener);
    listener.place?.leave();
    this.#registry.listenerGone();
    this.#admitSends();
    this.#tellIfEmptied();
  }

  #startReceive(listener: Listener<T>): void {
    if (this.#values.length > 0) {
      listener.hand(this.#takeOldest());
      return;
    }
    const send = this.#sends.shift();
    if (send !== undefined) {
      listener.hand(send.value);
      send.waiting.accepted("delivered");
    } else if (this.#closed !== null) {
      listener.end(this.#closed);
    } else {
      listener.place = this.#receivers.join(listener);
    }
  }

  #startSubscription(listener: Listener<T>): void {
    this.#subscribers.add(listener);
    while (this.#values.length > 0) listener.hand(this.#values.shift() as T);
    if (this.#closed !== null) listener.drain(this.#closed);
  }

  /** Hands the value to all subscribers, or lets it wait. */
  #accept(value: T): "delivered" | "buffered" {
    if (this.#subscribers.size > 0) {
      for (const subscriber of this.#subscribers) subscriber.hand(value);
      return "delivered";
    }
    this.#values.push(value);
    for (let peeker = this.#peekers.shift(); peeker !== undefined; peeker = this.#peekers.shift()) peeker.value(value);
    return "buffered";
  }

  #hasRoom(capacity: number): boolean {
    if (this.#subscribers.size === 0) return this.#values.length < capacity;
    for (const subscriber of this.#subscribers) if (subscriber.length >= capacity) return false;
    return true;
  }

  #dropOldest(capacity: number): void {
    if (this.#subscribers.size === 0) {
      this.#values.shift();
      this.#drop(1);
      return;
    }
    for (const subscriber of this.#subscribers) {
      if (subscriber.length < capacity) continue;
      subscriber.dropOldest();
      this.#drop(1);
    }
  }

  #takeOldest(): T {
    const value = this.#values.shift() as T;
    this.#admitSends();
    this.#tellIfEmptied();
    return value;
  }

  /** There may be room: sends that wait are accepted, the oldest first. */
  #admitSends(): void {
    if (this.limits === null) return;
    while (this.#sends.length > 0 && this.#hasRoom(this.limits.capacity)) {
      const { value, waiting } = this.#sends.shift() as { value: T; waiting: WaitingSend<T> };
      waiting.accepted(this.#accept(value));
    }
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#dropped += count;
    this.#registry.dropped(count);
  }

  #tellIfEmptied(): void {
    if (this.#listeners.size > 0) return;
    if (this.limits === null || (this.#closed !== null && this.#values.length === 0)) this.#registry.emptied(this);
  }
}

/** A channel as introspection shows it. */
export interface MailboxView {
  /** 0 for a rendezvous channel. */
  readonly capacity: number;
  readonly whenFull: BufferLimits["whenFull"] | null;
  /** Values that wait in the channel, not in its listeners. */
  readonly waiting: number;
  /** Calls of `receive` that have no value yet. */
  readonly receivers: number;
  readonly subscribers: number;
  /** Sends that wait for room. */
  readonly waitingSends: number;
  /** Values and copies that were sent or accepted, and that nobody will see. */
  readonly dropped: number;
  readonly closed: Cause | null;
}
