import { expired, type Cause } from "@espalier/heartbeat";
import { expect, test } from "vitest";
import {
  bufferLimits,
  ChannelRegistry,
  delivery,
  over,
  type BufferOptions,
  type ChannelRef,
  type ListenerId,
} from "../src/index.ts";
import { overflow, type Overflow, type Sending, type WhenFull } from "../src/overflow.ts";
import { freshBytes, home, ManualLifetime, NotingWaiter } from "./lifetimes.ts";

const ownerGone: Cause = { type: "killed" };
const closing: Cause = { type: "normal" };

/** A registry with one channel, as a process would use it. */
function channelOf(options: BufferOptions | null): {
  registry: ChannelRegistry<string>;
  channel: ChannelRef<string>;
  lifetime: ManualLifetime;
  notes: string[];
  waiter: (name: string) => NotingWaiter<string>;
  listen: (kind: "receive" | "subscribe", lifetime?: ManualLifetime) => ListenerId;
  /** Everything that can be taken from a listener at once. */
  drain: (listener: ListenerId) => string[];
} {
  const registry = new ChannelRegistry<string>({ home, incarnation: "1" });
  const channel = registry.create<string>(freshBytes(), options === null ? null : bufferLimits(options), "owner");
  const lifetime = new ManualLifetime();
  const notes: string[] = [];
  return {
    registry,
    channel,
    lifetime,
    notes,
    waiter: (name) => new NotingWaiter(name, notes),
    listen: (kind, until = lifetime) => registry.listen(channel, kind, until),
    drain: (id) => {
      const taken: string[] = [];
      for (let listener = registry.listener(channel, id); (listener?.length ?? 0) > 0;) {
        taken.push(listener?.take() as string);
      }
      return taken;
    },
  };
}

/** The one channel's view; undefined when it has no record. */
function view(
  registry: ChannelRegistry<string>,
): ReturnType<ChannelRegistry<string>["inspect"]>["channels"][0] | undefined {
  return registry.inspect().channels[0];
}

test.each<[WhenFull, Sending, Overflow]>([
  ["refuse", "deliver", "refuse"],
  ["refuse", "send", "wait"],
  ["refuse", "sendUnconfirmed", "drop"],
  ["drop-newest", "deliver", "refuse"],
  ["drop-newest", "send", "drop"],
  ["drop-newest", "sendUnconfirmed", "drop"],
  ["drop-oldest", "deliver", "replace-oldest"],
  ["drop-oldest", "send", "replace-oldest"],
  ["drop-oldest", "sendUnconfirmed", "replace-oldest"],
])("whenFull %s, %s: %s", (whenFull, sending, expected) => {
  expect(overflow(whenFull, sending)).toBe(expected);

  const { registry, channel, waiter, notes } = channelOf({ capacity: 2, whenFull });
  registry.offer(channel, "a", "deliver");
  registry.offer(channel, "b", "deliver");
  const outcome = registry.offer(channel, "c", sending, waiter("send"));
  const waiting: string[] = [];
  for (let taken = registry.receiveNow(channel); taken !== undefined; taken = registry.receiveNow(channel))
    waiting.push(taken.value);
  const seen = {
    outcome: typeof outcome === "object" ? "waits" : outcome,
    waiting,
    dropped: view(registry)?.dropped,
    notes,
  };
  expect(seen).toEqual(
    {
      refuse: { outcome: "full", waiting: ["a", "b"], dropped: 0, notes: [] },
      wait: { outcome: "waits", waiting: ["a", "b", "c"], dropped: 0, notes: ["send buffered"] },
      drop: { outcome: "full", waiting: ["a", "b"], dropped: 1, notes: [] },
      "replace-oldest": { outcome: "buffered", waiting: ["b", "c"], dropped: 1, notes: [] },
    }[expected],
  );
});

test.each([
  ["capacity", { capacity: 0 }, "capacity: expected a whole number of at least 1, or Infinity, got 0"],
  ["capacity", { capacity: 1.5 }, "capacity: expected a whole number of at least 1, or Infinity, got 1.5"],
  ["capacity", {} as BufferOptions, "capacity: expected a whole number of at least 1, or Infinity, got undefined"],
  [
    "whenFull",
    { capacity: 1, whenFull: "explode" as WhenFull },
    'whenFull: expected one of refuse, drop-newest, drop-oldest, got "explode"',
  ],
])("a malformed %s is refused by name", (_, options, message) => {
  expect(() => bufferLimits(options)).toThrow(message);
});

test("an unbounded channel is a capacity of Infinity", () => {
  expect(bufferLimits({ capacity: Infinity })).toEqual({ capacity: Infinity, whenFull: "refuse" });
});

test.each([
  ["delivered", { type: "delivered" }],
  ["buffered", { type: "buffered" }],
  ["no-listener", { type: "refused", reason: "no-listener", value: "v" }],
  ["full", { type: "refused", reason: "full", value: "v" }],
  ["closed", { type: "refused", reason: "closed", value: "v" }],
] as const)("the delivery of a value that is %s", (outcome, expected) => {
  expect(delivery(outcome, "v")).toEqual(expected);
});

test("rendezvous: without a listener deliver is refused and send is dropped and counted (S68, H22)", () => {
  const { registry, channel, waiter, notes } = channelOf(null);
  expect(registry.offer(channel, "a", "deliver")).toBe("no-listener");
  expect(registry.inspect().dropped).toBe(0);
  expect(registry.offer(channel, "b", "send", waiter("send"))).toBe("no-listener");
  expect(registry.offer(channel, "c", "sendUnconfirmed")).toBe("no-listener");
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 2 });
  expect(notes).toEqual([]);
});

test("rendezvous: a listener registered before the send gets the value, even if nobody waits yet (S66, P26)", () => {
  const { registry, channel, listen, drain } = channelOf(null);
  const listener = listen("receive");
  expect(registry.offer(channel, "a", "deliver")).toBe("delivered");
  expect(drain(listener)).toEqual(["a"]);
});

test("each value goes to the oldest receive, otherwise to every subscriber (S67, H22)", () => {
  const { registry, channel, listen, drain } = channelOf(null);
  const [news, copy] = [listen("subscribe"), listen("subscribe")];
  const [first, second] = [listen("receive"), listen("receive")];
  for (const value of ["a", "b", "c", "d"]) expect(registry.offer(channel, value, "deliver")).toBe("delivered");
  expect([drain(first), drain(second), drain(news), drain(copy)]).toEqual([["a"], ["b"], ["c", "d"], ["c", "d"]]);
});

test("a receive takes one value and is gone (S67, P26)", () => {
  const { registry, channel, listen, drain, lifetime } = channelOf(null);
  const listener = listen("receive");
  registry.offer(channel, "a", "deliver");
  expect(registry.offer(channel, "b", "deliver")).toBe("no-listener");
  expect(drain(listener)).toEqual(["a"]);
  expect(registry.listener(channel, listener)).toBe(undefined);
  expect(lifetime.dependents.size).toBe(0);
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 0 });
});

test("who waits at a listener gets the value at once; those who wait share the values in turn", () => {
  const { registry, channel, listen, waiter, notes } = channelOf(null);
  const listener = registry.listener(channel, listen("subscribe"));
  listener?.wait(waiter("one"));
  const place = listener?.wait(waiter("two"));
  listener?.wait(waiter("three"));
  expect(place?.leave()).toBe(true);
  for (const value of ["a", "b", "c"]) registry.offer(channel, value, "deliver");
  expect(notes).toEqual(["one got a", "three got b"]);
  expect(listener?.take()).toBe("c");
  expect(place?.leave()).toBe(false);
});

test("a second process that waits at a receive is told when the one value is taken", () => {
  const { registry, channel, listen, waiter, notes } = channelOf(null);
  const listener = registry.listener(channel, listen("receive"));
  listener?.wait(waiter("one"));
  listener?.wait(waiter("two"));
  registry.offer(channel, "a", "deliver");
  expect(notes).toEqual(["two ended noproc", "one got a"]);
  expect(listener?.cause).toBe(over);
});

test("nothing comes after the end of the heartbeat, not even what had come before (S71, P26)", () => {
  const { registry, channel, lifetime, listen, waiter, notes, drain } = channelOf(null);
  const queued = listen("subscribe");
  const waiting = registry.listener(channel, listen("subscribe"));
  waiting?.wait(waiter("one"));
  registry.offer(channel, "a", "deliver");
  waiting?.wait(waiter("two"));
  lifetime.end(expired);
  expect(notes).toEqual(["one got a", "two ended expired"]);
  expect(drain(queued)).toEqual([]);
  expect(registry.offer(channel, "b", "deliver")).toBe("no-listener");
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 1 });
});

test("the first end of a listener is its end", () => {
  const { registry, channel, lifetime, listen } = channelOf(null);
  const listener = registry.listener(channel, listen("subscribe"));
  lifetime.end(expired);
  listener?.end(ownerGone);
  expect([listener?.cause, registry.inspect().listeners]).toEqual([expired, 0]);
});

test("a heartbeat that has ended registers nothing", () => {
  const { registry, channel, lifetime, listen } = channelOf(null);
  lifetime.end(expired);
  expect(registry.listener(channel, listen("receive"))).toBe(undefined);
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 0 });
});

test("buffered: what waits goes to the next listener, in order (S69)", () => {
  const { registry, channel, listen, drain } = channelOf({ capacity: 3 });
  for (const value of ["a", "b", "c"]) expect(registry.offer(channel, value, "deliver")).toBe("buffered");
  const first = listen("receive");
  const rest = listen("subscribe");
  expect(registry.offer(channel, "d", "deliver")).toBe("delivered");
  expect([drain(first), drain(rest)]).toEqual([["a"], ["b", "c", "d"]]);
});

test("buffered: capacity bounds each subscription too; a value goes to all of them or to none", () => {
  const { registry, channel, listen, drain } = channelOf({ capacity: 1 });
  const [slow, quick] = [listen("subscribe"), listen("subscribe")];
  expect(registry.offer(channel, "a", "deliver")).toBe("delivered");
  expect(drain(quick)).toEqual(["a"]);
  expect(registry.offer(channel, "b", "deliver")).toBe("full");
  expect([drain(quick), drain(slow)]).toEqual([[], ["a"]]);
  expect(registry.offer(channel, "c", "deliver")).toBe("delivered");
  expect([drain(quick), drain(slow)]).toEqual([["c"], ["c"]]);
});

test("buffered, drop-oldest: a subscriber that is full loses its own oldest value", () => {
  const { registry, channel, listen, drain } = channelOf({ capacity: 1, whenFull: "drop-oldest" });
  const [slow, quick] = [listen("subscribe"), listen("subscribe")];
  registry.offer(channel, "a", "deliver");
  expect(drain(quick)).toEqual(["a"]);
  expect(registry.offer(channel, "b", "deliver")).toBe("delivered");
  expect([drain(quick), drain(slow), view(registry)?.dropped]).toEqual([["b"], ["b"], 1]);
});

test("sends that wait are accepted in order, and nobody overtakes them (S69)", () => {
  const { registry, channel, listen, drain, waiter, notes } = channelOf({ capacity: 1 });
  registry.offer(channel, "a", "deliver");
  registry.offer(channel, "b", "send", waiter("b"));
  registry.offer(channel, "c", "send", waiter("c"));
  expect(registry.receiveNow(channel)).toEqual({ value: "a" });
  expect(notes).toEqual(["b buffered"]);
  expect(registry.offer(channel, "d", "deliver")).toBe("full");
  const listener = listen("subscribe");
  expect(registry.offer(channel, "d", "deliver")).toBe("full");
  expect(drain(listener)).toEqual(["b", "c"]);
  expect(notes).toEqual(["b buffered", "c delivered"]);
});

test("a receive takes a waiting send's value when subscribers are full", () => {
  const { registry, channel, listen, drain, waiter, notes } = channelOf({ capacity: 1 });
  const full = listen("subscribe");
  registry.offer(channel, "a", "deliver");
  registry.offer(channel, "b", "send", waiter("b"));
  expect(drain(listen("receive"))).toEqual(["b"]);
  expect(notes).toEqual(["b delivered"]);
  expect(drain(full)).toEqual(["a"]);
});

test("the end of a full subscription lets waiting sends into the channel", () => {
  const { registry, channel, listen, lifetime, waiter, notes } = channelOf({ capacity: 1 });
  listen("subscribe");
  registry.offer(channel, "a", "deliver");
  registry.offer(channel, "b", "send", waiter("b"));
  lifetime.end(expired);
  expect(notes).toEqual(["b buffered"]);
  expect(registry.peekNow(channel)).toEqual({ value: "b" });
});

test("a send that waits can be withdrawn", () => {
  const { registry, channel, waiter, notes } = channelOf({ capacity: 1 });
  registry.offer(channel, "a", "deliver");
  const place = registry.offer(channel, "b", "send", waiter("b"));
  expect(typeof place === "object" && place.leave()).toBe(true);
  registry.receiveNow(channel);
  expect([registry.receiveNow(channel), notes]).toEqual([undefined, []]);
});

test("peek waits for a value and leaves it; receiveNow and peekNow do not wait", () => {
  const { registry, channel, waiter, notes } = channelOf({ capacity: 2 });
  expect([registry.peekNow(channel), registry.receiveNow(channel)]).toEqual([undefined, undefined]);
  registry.peek(channel, waiter("one"));
  registry.peek(channel, waiter("two"))?.leave();
  registry.peek(channel, waiter("three"));
  registry.offer(channel, "a", "deliver");
  registry.offer(channel, "b", "deliver");
  expect(notes).toEqual(["one got a", "three got a"]);
  expect([registry.peekNow(channel), registry.peekNow(channel)]).toEqual([{ value: "a" }, { value: "a" }]);
  expect([registry.receiveNow(channel), registry.receiveNow(channel), registry.receiveNow(channel)]).toEqual([
    { value: "a" },
    { value: "b" },
    undefined,
  ]);
});

test("nothing ever waits in a rendezvous: peek has nothing to wait for", () => {
  const { registry, channel, listen, waiter } = channelOf(null);
  listen("subscribe");
  expect([registry.peek(channel, waiter("peek")), registry.peekNow(channel), registry.receiveNow(channel)]).toEqual([
    null,
    undefined,
    undefined,
  ]);
});

test("close drains: what was accepted may still be taken, then listeners are over (S73)", () => {
  const { registry, channel, listen, drain, waiter, notes } = channelOf({ capacity: 2 });
  const slow = listen("subscribe");
  const idle = registry.listener(channel, listen("subscribe"));
  idle?.wait(waiter("idle"));
  registry.offer(channel, "a", "deliver");
  idle?.wait(waiter("idle"));
  registry.close(channel, closing);
  expect(notes).toEqual(["idle got a", "idle ended normal"]);
  expect(registry.offer(channel, "b", "deliver")).toBe("closed");
  expect(registry.inspect().dropped).toBe(0);
  expect(registry.offer(channel, "c", "sendUnconfirmed")).toBe("closed");
  expect(registry.inspect().dropped).toBe(1);
  const listener = registry.listener(channel, slow);
  expect(drain(slow)).toEqual(["a"]);
  expect(listener?.cause).toEqual(closing);
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 1 });
});

test("close: what waits with no listener may still be taken, by a new listener too", () => {
  const { registry, channel, listen, drain, waiter } = channelOf({ capacity: 3 });
  for (const value of ["a", "b", "c"]) registry.offer(channel, value, "deliver");
  registry.close(channel, closing);
  expect(registry.receiveNow(channel)).toEqual({ value: "a" });
  expect(drain(listen("receive"))).toEqual(["b"]);
  expect(drain(listen("subscribe"))).toEqual(["c"]);
  expect(registry.inspect().channels).toEqual([]);
  expect(listen("subscribe")).toBe("");
  expect(registry.listener(channel, "")).toBe(undefined);
  expect(registry.peek(channel, waiter("late"))).toBe(null);
  expect(registry.offer(channel, "d", "deliver")).toBe("closed");
});

test("close hands the values of waiting sends back, and tells those who peek (S73)", () => {
  const { registry, channel, waiter, notes, listen, drain } = channelOf({ capacity: 1 });
  registry.peek(channel, waiter("peek"));
  registry.close(channel, closing);
  expect(notes).toEqual(["peek ended normal"]);

  const full = channelOf({ capacity: 1 });
  full.listen("subscribe");
  full.registry.offer(full.channel, "a", "deliver");
  full.registry.offer(full.channel, "b", "send", full.waiter("b"));
  full.registry.close(full.channel, closing);
  expect(full.notes).toEqual(["b handed back b"]);
  expect([listen("receive"), drain("")]).toEqual(["", []]);
});

test("the end of its owner closes a channel, and what waits in it is lost and counted (S73)", () => {
  const { registry, channel, listen, waiter, notes } = channelOf({ capacity: 1 });
  const listener = registry.listener(channel, listen("subscribe"));
  registry.offer(channel, "a", "deliver");
  registry.offer(channel, "b", "send", waiter("b"));
  registry.ownerEnded("owner", ownerGone);
  expect([listener?.cause, listener?.length]).toEqual([ownerGone, 0]);
  expect(notes).toEqual(["b handed back b"]);
  expect(registry.offer(channel, "c", "deliver")).toBe("closed");
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 1 });
});

test("the end of its owner cuts a drain short; listeners keep the first cause", () => {
  const { registry, channel, listen } = channelOf({ capacity: 1 });
  const listener = registry.listener(channel, listen("subscribe"));
  registry.offer(channel, "a", "deliver");
  registry.close(channel, closing);
  registry.ownerEnded("owner", ownerGone);
  expect([listener?.cause, registry.inspect().dropped]).toEqual([closing, 1]);
});

test("what an owner did not create stays open when it ends", () => {
  const { registry, channel } = channelOf({ capacity: 1 });
  const other = registry.create<string>(freshBytes(), bufferLimits({ capacity: 1 }), "other");
  registry.ownerEnded("other", ownerGone);
  expect(registry.offer(other, "a", "deliver")).toBe("closed");
  expect(registry.offer(channel, "a", "deliver")).toBe("buffered");
  registry.ownerEnded("nobody", ownerGone);
  expect(view(registry)).toEqual({
    id: channel.id,
    owner: "owner",
    capacity: 1,
    whenFull: "refuse",
    waiting: 1,
    receivers: 0,
    subscribers: 0,
    waitingSends: 0,
    dropped: 0,
    closed: null,
  });
});
