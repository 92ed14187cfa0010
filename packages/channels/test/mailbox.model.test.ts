import { expired, type Cause } from "@espalier/heartbeat";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ChannelRegistry,
  type BufferLimits,
  type ChannelRef,
  type Listener,
  type ListenerId,
  type ListenerKind,
  type Place,
} from "../src/index.ts";
import type { Sending, WhenFull } from "../src/overflow.ts";
import { freshBytes, home, ManualLifetime, NotingWaiter } from "./lifetimes.ts";
import { swarm } from "./swarm.ts";

type ModelListener = {
  kind: ListenerKind;
  queue: number[];
  waiters: string[];
  cause: Cause | null;
  last: Cause | null;
};

/** A channel in arrays: each method is one paragraph of the channel's documentation. */
class Model {
  readonly limits: BufferLimits | null;
  readonly notes: string[] = [];
  listeners: ModelListener[] = [];
  values: number[] = [];
  sends: { value: number; name: string }[] = [];
  peekers: string[] = [];
  closed: Cause | null = null;
  dropped = 0;

  constructor(limits: BufferLimits | null) {
    this.limits = limits;
  }

  offer(value: number, sending: Sending, name: string): string {
    if (this.closed !== null) return this.lose("closed", sending === "sendUnconfirmed");
    const receiver = this.live("receive").find((one) => one.queue.length === 0);
    if (receiver !== undefined) return this.hand(receiver, value);
    if (this.limits === null && this.live("subscribe").length === 0)
      return this.lose("no-listener", sending !== "deliver");
    if (this.hasRoom()) return this.accept(value);
    if (this.limits?.whenFull === "drop-oldest") {
      for (const line of this.lines()) if (line.length >= this.capacity()) this.dropped += line.splice(0, 1).length;
      return this.accept(value);
    }
    if (this.limits?.whenFull !== "refuse" || sending !== "send") return this.lose("full", sending !== "deliver");
    this.sends.push({ value, name });
    return "waits";
  }

  listen(kind: ListenerKind): void {
    const one: ModelListener = { kind, queue: [], waiters: [], cause: null, last: this.closed };
    one.queue.push(...this.values.splice(0, kind === "receive" ? 1 : Infinity));
    if (kind === "receive" && one.queue.length === 0) {
      for (const send of this.sends.splice(0, 1)) {
        one.queue.push(send.value);
        this.notes.push(`${send.name} delivered`);
      }
    }
    this.listeners.push(one);
    if (this.closed !== null && one.queue.length === 0) this.finish(one, this.closed);
    this.settle();
  }

  next(one: ModelListener, name: string): number | undefined {
    if (one.queue.length === 0) {
      one.waiters.push(name);
      return undefined;
    }
    const value = one.queue.shift();
    if (one.kind === "receive") this.finish(one, { type: "noproc" });
    else if (one.last !== null && one.queue.length === 0) this.finish(one, one.last);
    this.settle();
    return value;
  }

  finish(one: ModelListener, cause: Cause): void {
    if (one.cause !== null) return;
    this.dropped += one.queue.splice(0).length;
    one.cause = cause;
    for (const name of one.waiters.splice(0)) this.notes.push(`${name} ended ${cause.type}`);
    this.settle();
  }

  close(cause: Cause, rest: "drain" | "discard"): void {
    this.closed ??= cause;
    for (const { name, value } of this.sends.splice(0)) this.notes.push(`${name} handed back ${value}`);
    for (const name of this.peekers.splice(0)) this.notes.push(`${name} ended ${this.closed.type}`);
    if (rest === "discard") this.dropped += this.values.splice(0).length;
    for (const one of this.listeners) {
      one.last = this.closed;
      if (rest === "discard" || one.queue.length === 0) this.finish(one, this.closed);
    }
  }

  receiveNow(): number | undefined {
    const value = this.values.shift();
    this.settle();
    return value;
  }

  leave(name: string): boolean {
    const lines = [this.sends.map((send) => send.name), this.peekers, ...this.listeners.map((one) => one.waiters)];
    const found = lines.some((line) => line.includes(name));
    this.sends = this.sends.filter((send) => send.name !== name);
    for (const line of lines) if (line.includes(name)) line.splice(line.indexOf(name), 1);
    return found;
  }

  private accept(value: number): string {
    const subscribers = this.live("subscribe");
    for (const one of subscribers) this.hand(one, value);
    if (subscribers.length > 0) return "delivered";
    this.values.push(value);
    for (const name of this.peekers.splice(0)) this.notes.push(`${name} got ${value}`);
    return "buffered";
  }

  private hand(one: ModelListener, value: number): string {
    const name = one.waiters.shift();
    if (name === undefined) {
      one.queue.push(value);
    } else {
      this.notes.push(`${name} got ${value}`);
      if (one.kind === "receive") this.finish(one, { type: "noproc" });
    }
    return "delivered";
  }

  private lose(outcome: string, isDropped: boolean): string {
    this.dropped += Number(isDropped);
    return outcome;
  }

  private settle(): void {
    while (this.sends.length > 0 && this.hasRoom()) {
      for (const { name, value } of this.sends.splice(0, 1)) this.notes.push(`${name} ${this.accept(value)}`);
    }
  }

  private live(kind: ListenerKind): ModelListener[] {
    return this.listeners.filter((one) => one.kind === kind && one.cause === null);
  }

  /** The queues that a value would go to. */
  private lines(): number[][] {
    const subscribers = this.live("subscribe");
    return subscribers.length === 0 ? [this.values] : subscribers.map((one) => one.queue);
  }

  private hasRoom(): boolean {
    return this.lines().every((line) => line.length < this.capacity());
  }

  private capacity(): number {
    return this.limits?.capacity ?? Infinity;
  }
}

/** The real channel and its model side by side, with the handles that a runtime holds. */
class Pair {
  readonly registry: ChannelRegistry<string> = new ChannelRegistry({ home, incarnation: "1" });
  readonly channel: ChannelRef<number>;
  readonly model: Model;
  readonly notes: string[] = [];
  readonly ids: ListenerId[] = [];
  readonly listeners: (Listener<number> | undefined)[] = [];
  readonly lifetimes: ManualLifetime[] = [];
  /** Who waits: how to make it leave, for real and in the model. */
  readonly waiting: { name: string; place: Place }[] = [];
  #names = 0;

  constructor(limits: BufferLimits | null) {
    this.model = new Model(limits);
    this.channel = this.registry.create(freshBytes(), limits, "owner");
  }

  waiter(kind: string): [string, NotingWaiter<number>] {
    this.#names += 1;
    const name = `${kind}${this.#names}`;
    return [name, new NotingWaiter(name, this.notes)];
  }

  offer(value: number, sending: Sending): void {
    const [name, waiter] = this.waiter(sending);
    const real = this.registry.offer(this.channel, value, sending, waiter);
    expect(typeof real === "object" ? "waits" : real).toBe(this.model.offer(value, sending, name));
    if (typeof real === "object") this.waiting.push({ name, place: real });
  }

  listen(kind: ListenerKind): void {
    const lifetime = new ManualLifetime();
    const id = this.registry.listen(this.channel, kind, lifetime);
    this.ids.push(id);
    this.listeners.push(this.registry.listener(this.channel, id));
    this.lifetimes.push(lifetime);
    this.model.listen(kind);
  }

  next(index: number): void {
    const one = this.model.listeners[index] as ModelListener;
    const listener = this.registry.listener(this.channel, this.ids[index] as ListenerId);
    expect(listener === undefined).toBe(one.cause !== null);
    if (listener === undefined) return;
    const [name, waiter] = this.waiter("next");
    const real = listener.length > 0 ? listener.take() : listener.wait(waiter);
    const expected = this.model.next(one, name);
    if (typeof real === "object") this.waiting.push({ name, place: real });
    expect(typeof real === "object" ? undefined : real).toBe(expected);
  }

  peek(): void {
    const now = this.registry.peekNow(this.channel);
    expect(now?.value).toBe(this.model.values[0]);
    if (now !== undefined) return;
    const [name, waiter] = this.waiter("peek");
    const place = this.registry.peek(this.channel, waiter);
    expect(place === null).toBe(this.model.closed !== null || this.model.limits === null);
    if (place === null) return;
    this.model.peekers.push(name);
    this.waiting.push({ name, place });
  }

  leave(index: number): void {
    const { name, place } = this.waiting.splice(index, 1)[0] as { name: string; place: Place };
    expect(place.leave()).toBe(this.model.leave(name));
  }

  compare(): void {
    const { model } = this;
    expect(this.notes.toSorted()).toEqual(model.notes.toSorted());
    this.notes.length = 0;
    model.notes.length = 0;
    for (const [index, one] of model.listeners.entries()) {
      const listener = this.listeners[index];
      if (listener !== undefined)
        expect([listener.length, listener.cause?.type]).toEqual([one.queue.length, one.cause?.type]);
      expect(this.lifetimes[index]?.dependents.size).toBe(one.cause === null ? 1 : 0);
    }
    const alive = model.listeners.filter((one) => one.cause === null).length;
    const held = alive > 0 || (model.limits !== null && (model.closed === null || model.values.length > 0));
    const { channels, owners, listeners, dropped } = this.registry.inspect();
    expect([channels.length, listeners, dropped]).toEqual([Number(held), alive, model.dropped]);
    expect(owners).toBe(Number(held && model.limits !== null));
    if (held)
      expect([channels[0]?.waiting, channels[0]?.waitingSends]).toEqual([model.values.length, model.sends.length]);
  }
}

type Step = (pair: Pair) => void;

const value = fc.nat(9);
const closing: Cause = { type: "normal" };
const gone: Cause = { type: "killed" };
const pick = (act: (pair: Pair, index: number) => void, from: (pair: Pair) => readonly unknown[]): fc.Arbitrary<Step> =>
  fc.nat(99).map((position) => (pair) => {
    const count = from(pair).length;
    if (count > 0) act(pair, position % count);
  });

const steps: Record<string, fc.Arbitrary<Step>> = {
  deliver: value.map((offered) => (pair) => pair.offer(offered, "deliver")),
  send: value.map((offered) => (pair) => pair.offer(offered, "send")),
  sendUnconfirmed: value.map((offered) => (pair) => pair.offer(offered, "sendUnconfirmed")),
  receive: fc.constant((pair) => pair.listen("receive")),
  subscribe: fc.constant((pair) => pair.listen("subscribe")),
  next: pick(
    (pair, index) => pair.next(index),
    (pair) => pair.ids,
  ),
  leave: pick(
    (pair, index) => pair.leave(index),
    (pair) => pair.waiting,
  ),
  heartbeatEnds: pick(
    (pair, index) => {
      pair.lifetimes[index]?.end(expired);
      pair.model.finish(pair.model.listeners[index] as ModelListener, expired);
    },
    (pair) => pair.ids,
  ),
  receiveNow: fc.constant((pair) =>
    expect(pair.registry.receiveNow(pair.channel)?.value).toBe(pair.model.receiveNow()),
  ),
  peek: fc.constant((pair) => pair.peek()),
  close: fc.constant((pair) => {
    if (pair.model.limits === null) return;
    pair.registry.close(pair.channel, closing);
    pair.model.close(closing, "drain");
  }),
  ownerEnds: fc.constant((pair) => {
    if (pair.model.limits === null) return;
    pair.registry.ownerEnded("owner", gone);
    pair.model.close(gone, "discard");
  }),
};

const limits: fc.Arbitrary<BufferLimits | null> = fc.oneof(
  fc.constant(null),
  fc.record({
    capacity: fc.constantFrom(1, 2, 3, Infinity),
    whenFull: fc.constantFrom<WhenFull>("refuse", "drop-newest", "drop-oldest"),
  }),
);

test("a channel answers as its model does, and keeps no record that nobody needs (S66, S70, P26, P27, H22)", () => {
  fc.assert(
    fc.property(limits, swarm(steps, 60), (drawn, sequence) => {
      const pair = new Pair(drawn);
      for (const step of sequence) {
        step(pair);
        pair.compare();
      }
    }),
    { numRuns: 1000 },
  );
});
