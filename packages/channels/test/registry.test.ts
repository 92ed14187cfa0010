import { expect, test } from "vitest";
import {
  bufferLimits,
  ChannelLimitError,
  ChannelRef,
  ChannelRegistry,
  type Answer,
  type BufferOptions,
  type OfferOutcome,
  type Sending,
} from "../src/index.ts";
import { freshBytes, home, ManualLifetime, NotingWaiter } from "./lifetimes.ts";

/** A channel, and a peer that sends to it over links that may repeat messages. */
function remoteSender(
  options: BufferOptions | null,
  unansweredMax = 4,
): {
  registry: ChannelRegistry<string>;
  channel: ChannelRef<string>;
  settled: string[];
  offer: (sequence: number, value: string, sending?: Sending, sender?: string) => Answer | "forgotten";
} {
  const registry = new ChannelRegistry<string>({ home, incarnation: "1", unansweredMax });
  const channel = registry.create<string>(freshBytes(), options === null ? null : bufferLimits(options), "owner");
  const settled: string[] = [];
  return {
    registry,
    channel,
    settled,
    offer: (sequence, value, sending = "deliver", sender = "peer/1") =>
      registry.offerOnce({ sender, sequence }, channel, value, sending, (outcome: OfferOutcome) => {
        settled.push(`${sequence} ${outcome}`);
      }),
  };
}

test("a repeated message is handed over once and answered the same (S72, P26, P27)", () => {
  const { registry, channel, offer } = remoteSender(null);
  const listener = registry.listener(channel, registry.listen(channel, "subscribe", new ManualLifetime()));
  expect([offer(1, "a"), offer(2, "b"), offer(1, "a"), offer(2, "b")]).toEqual([
    "delivered",
    "delivered",
    "delivered",
    "delivered",
  ]);
  expect([listener?.take(), listener?.take(), listener?.length]).toEqual(["a", "b", 0]);
});

test("a refused message stays refused when it is repeated, even if somebody listens by then (S70, P27)", () => {
  const { registry, channel, offer } = remoteSender(null);
  expect(offer(1, "a")).toBe("no-listener");
  const listener = registry.listener(channel, registry.listen(channel, "receive", new ManualLifetime()));
  expect([offer(1, "a"), listener?.length]).toEqual(["no-listener", 0]);
});

test("an overtaken message is not handed over: it would break the order of its sender (S72, P26)", () => {
  const { registry, channel, offer } = remoteSender({ capacity: 9 });
  expect([offer(2, "b"), offer(1, "a")]).toEqual(["buffered", "forgotten"]);
  expect([registry.receiveNow(channel), registry.receiveNow(channel)]).toEqual([{ value: "b" }, undefined]);
});

test("what is older than the window is forgotten, never handed over again", () => {
  const { offer } = remoteSender({ capacity: 9 });
  for (let sequence = 1; sequence <= 5; sequence += 1) offer(sequence, "v");
  expect([offer(1, "v"), offer(2, "v")]).toEqual(["forgotten", "buffered"]);
});

test("senders are told apart, and a node's next life is another sender", () => {
  const { registry, offer } = remoteSender({ capacity: 9 });
  expect([offer(1, "a"), offer(1, "b", "deliver", "peer/2")]).toEqual(["buffered", "buffered"]);
  expect(registry.inspect().senders.map(({ sender }) => sender)).toEqual(["peer/1", "peer/2"]);
  registry.senderGone("peer/1");
  expect(registry.inspect().senders.map(({ sender }) => sender)).toEqual(["peer/2"]);
});

test("a remote send that waits is answered when there is room, and so are its repetitions", () => {
  const { registry, channel, offer, settled } = remoteSender({ capacity: 1 });
  expect([offer(1, "a", "send"), offer(2, "b", "send"), offer(2, "b", "send")]).toEqual([
    "buffered",
    "waiting",
    "waiting",
  ]);
  expect(settled).toEqual([]);
  expect(registry.inspect().senders).toEqual([{ sender: "peer/1", waitingSends: 1 }]);
  registry.receiveNow(channel);
  expect(registry.inspect().senders).toEqual([{ sender: "peer/1", waitingSends: 0 }]);
  expect(settled).toEqual(["2 buffered"]);
  expect(offer(2, "b", "send")).toBe("buffered");
  expect([registry.receiveNow(channel), registry.receiveNow(channel)]).toEqual([{ value: "b" }, undefined]);
});

test("a remote send that waits is answered when the channel closes", () => {
  const { registry, channel, offer, settled } = remoteSender({ capacity: 1 });
  offer(1, "a", "send");
  offer(2, "b", "send");
  registry.close(channel, { type: "normal" });
  expect([settled, offer(2, "b", "send")]).toEqual([["2 closed"], "closed"]);
});

test("sends of a node that is gone are withdrawn", () => {
  const { registry, channel, offer, settled } = remoteSender({ capacity: 1 });
  offer(1, "a", "send");
  offer(2, "b", "send");
  registry.senderGone("peer/1");
  registry.senderGone("stranger");
  expect([registry.receiveNow(channel), registry.receiveNow(channel), settled]).toEqual([
    { value: "a" },
    undefined,
    [],
  ]);
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 53, "1" as never])("the sequence %s is refused", (sequence) => {
  expect(() => remoteSender(null).offer(sequence, "a")).toThrow(
    /^sequence: expected a whole number of at least 1, got /,
  );
});

test("channels and listeners are limited", () => {
  const registry = new ChannelRegistry<string>({ home, incarnation: "1", channelsMax: 2, listenersMax: 2 });
  const lifetime = new ManualLifetime();
  const rendezvous = (): ChannelRef<string> => registry.create(freshBytes(), null, "owner");
  const buffered = (): ChannelRef<string> => registry.create(freshBytes(), bufferLimits({ capacity: 1 }), "owner");
  const jobs = buffered();
  registry.listen(rendezvous(), "receive", lifetime);
  expect(buffered).toThrow(new ChannelLimitError("channelsMax", 2));
  expect(() => registry.listen(rendezvous(), "receive", lifetime)).toThrow("channelsMax: this node holds 2 already");
  registry.listen(jobs, "receive", lifetime);
  expect(() => registry.listen(jobs, "receive", lifetime)).toThrow(new ChannelLimitError("listenersMax", 2));
  lifetime.end({ type: "stopped" });
  registry.listen(jobs, "receive", new ManualLifetime());
  expect(buffered).not.toThrow();
});

test("a rendezvous channel that nobody listens to holds nothing, however many there are", () => {
  const registry = new ChannelRegistry<string>({ home, incarnation: "1", channelsMax: 1 });
  for (let count = 0; count < 3; count += 1) registry.create(freshBytes(), null, "owner");
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 0 });
});

test("what is done with a channel of another life of this node finds nothing", () => {
  const registry = new ChannelRegistry<string>({ home, incarnation: "1" });
  const channel = new ChannelRef<string>("00112233445566778899aabbccddeeff", home, "buffered");
  const notes: string[] = [];
  expect(registry.offer(channel, "a", "deliver")).toBe("closed");
  expect(registry.offer(channel, "a", "send", new NotingWaiter("send", notes))).toBe("closed");
  expect(registry.inspect().dropped).toBe(0);
  registry.offer(channel, "a", "sendUnconfirmed");
  registry.close(channel, { type: "normal" });
  expect([registry.listen(channel, "receive", new ManualLifetime()), registry.listener(channel, "1/1")]).toEqual([
    "",
    undefined,
  ]);
  expect(registry.inspect()).toEqual({ channels: [], owners: 0, listeners: 0, senders: [], dropped: 1 });
});

test("a rendezvous cannot be closed, not even by a reference that lies about it", () => {
  const registry = new ChannelRegistry<string>({ home, incarnation: "1" });
  const channel = registry.create<string>(freshBytes(), null, "owner");
  registry.listen(channel, "subscribe", new ManualLifetime());
  registry.close(new ChannelRef(channel.id, home, "buffered"), { type: "normal" });
  expect(registry.offer(channel, "a", "deliver")).toBe("delivered");
});

test("a listener of an earlier life of this node is not mistaken for one of this life", () => {
  const earlier = new ChannelRegistry<string>({ home, incarnation: "1" });
  const now = new ChannelRegistry<string>({ home, incarnation: "2" });
  const channel = earlier.create<string>(freshBytes(), null, "owner");
  const listener = earlier.listen(channel, "subscribe", new ManualLifetime());
  now.listen(channel, "subscribe", new ManualLifetime());
  expect([earlier.listener(channel, listener)?.id, now.listener(channel, listener)]).toEqual(["1/1", undefined]);
});
