import { CompositeHeartbeat, type FieldTravels, type Heartbeat } from "@espalier/heartbeat";
import { expect, test } from "vitest";
import { Channel, channelId, ChannelNext, ChannelRef, channelTravels } from "../src/index.ts";
import { heartbeat } from "./lifetimes.ts";

const id = "00112233445566778899aabbccddeeff";
const inbox = new ChannelRef<number, "rendezvous">(id, "alice", "rendezvous");
const jobs = new ChannelRef<number, "buffered">(id, "alice", "buffered");

test("a channel's id is its 16 random bytes", () => {
  expect(channelId(Uint8Array.from({ length: 16 }, (_, index) => index * 17))).toBe(id);
  expect(() => channelId(new Uint8Array(15))).toThrow("bytes: expected 16 random bytes, got 15");
});

test("operations are data, named for what they do", () => {
  const made = [
    Channel.create(),
    Channel.create({ capacity: 5 }),
    Channel.send(inbox, 1),
    Channel.sendUnconfirmed(inbox, 1),
    Channel.deliver(inbox, 1),
    Channel.receive(heartbeat, inbox),
    Channel.subscribe(heartbeat, inbox),
    Channel.peek(jobs),
    Channel.receiveNow(jobs),
    Channel.peekNow(jobs),
    Channel.close(jobs),
  ];
  expect(made.map((operation) => Object.fromEntries(Object.entries(operation)))).toEqual([
    { type: "channel.create", limits: null },
    { type: "channel.create", limits: { capacity: 5, whenFull: "refuse" } },
    { type: "channel.send", channel: inbox, value: 1 },
    { type: "channel.sendUnconfirmed", channel: inbox, value: 1 },
    { type: "channel.deliver", channel: inbox, value: 1 },
    { type: "channel.receive", heartbeat, channel: inbox },
    { type: "channel.subscribe", heartbeat, channel: inbox },
    { type: "channel.peek", channel: jobs },
    { type: "channel.receiveNow", channel: jobs },
    { type: "channel.peekNow", channel: jobs },
    { type: "channel.close", channel: jobs },
  ]);
});

const notChannel = "no channel" as never;
const notHeartbeat = "no heartbeat" as never;

test.each<[string, () => unknown, string]>([
  [
    "create",
    () => Channel.create({ capacity: -1 }),
    "capacity: expected a whole number of at least 1, or Infinity, got -1",
  ],
  ["send", () => Channel.send(notChannel, 1), 'Channel.send: expected a channel, got "no channel"'],
  [
    "sendUnconfirmed",
    () => Channel.sendUnconfirmed(notChannel, 1),
    'Channel.sendUnconfirmed: expected a channel, got "no channel"',
  ],
  ["deliver", () => Channel.deliver(notChannel, 1), 'Channel.deliver: expected a channel, got "no channel"'],
  ["receive", () => Channel.receive(heartbeat, notChannel), 'Channel.receive: expected a channel, got "no channel"'],
  ["receive", () => Channel.receive(notHeartbeat, inbox), 'Channel.receive: expected a heartbeat, got "no heartbeat"'],
  [
    "subscribe",
    () => Channel.subscribe(heartbeat, notChannel),
    'Channel.subscribe: expected a channel, got "no channel"',
  ],
  [
    "subscribe",
    () => Channel.subscribe(notHeartbeat, inbox),
    'Channel.subscribe: expected a heartbeat, got "no heartbeat"',
  ],
  [
    "peek",
    () => Channel.peek(inbox as never),
    "Channel.peek: expected a buffered channel, got a rendezvous, in which nothing ever waits",
  ],
  ["peek", () => Channel.peek(notChannel), 'Channel.peek: expected a channel, got "no channel"'],
  [
    "receiveNow",
    () => Channel.receiveNow(inbox as never),
    "Channel.receiveNow: expected a buffered channel, got a rendezvous, in which nothing ever waits",
  ],
  [
    "peekNow",
    () => Channel.peekNow(inbox as never),
    "Channel.peekNow: expected a buffered channel, got a rendezvous, in which nothing ever waits",
  ],
  [
    "close",
    () => Channel.close(inbox as never),
    "Channel.close: expected a buffered channel, got a rendezvous, in which nothing ever waits",
  ],
])("misuse of %s is named", (_, misuse, message) => {
  expect(misuse).toThrow(message);
});

/** The list's entry for a value, found as a codec finds it. */
function entryOf(value: object): FieldTravels {
  return channelTravels.find(({ type }) => value.constructor === type) as FieldTravels;
}

test.each<[string, object]>([
  ["channel", inbox],
  ["channel", jobs],
  ["channel.create", Channel.create()],
  ["channel.create", Channel.create({ capacity: 5, whenFull: "drop-oldest" })],
  ["channel.send", Channel.send(inbox, 1)],
  ["channel.sendUnconfirmed", Channel.sendUnconfirmed(inbox, 1)],
  ["channel.deliver", Channel.deliver(inbox, 1)],
  ["channel.receive", Channel.receive(heartbeat, inbox)],
  ["channel.subscribe", Channel.subscribe(new CompositeHeartbeat("both", heartbeat, heartbeat), inbox)],
  ["channel.next", new ChannelNext(inbox, "1/7", heartbeat)],
  ["channel.peek", Channel.peek(jobs)],
  ["channel.receiveNow", Channel.receiveNow(jobs)],
  ["channel.peekNow", Channel.peekNow(jobs)],
  ["channel.close", Channel.close(jobs)],
])("a %s travels", (name, value) => {
  const entry = entryOf(value);
  expect(entry.name).toBe(name);
  const arrived = entry.decode(entry.encode(value));
  expect(arrived).toEqual(value);
  expect(arrived.constructor).toBe(value.constructor);
});

test("every operation travels under its own type", () => {
  for (const { name, type } of channelTravels) {
    if (name === "channel" || name.startsWith("error.")) continue;
    const fields = name === "channel.create" ? [null] : [jobs, 1, heartbeat];
    expect(new (type as new (...fields: unknown[]) => { type: string })(...fields).type).toBe(name);
  }
});

test.each<[string, unknown, string]>([
  ["channel", "a channel", 'channel: expected a list of 3, got "a channel"'],
  ["channel", [id, "alice"], `channel: expected a list of 3, got ["${id}","alice"]`],
  ["channel", [id.toUpperCase(), "alice", "buffered"], "channel id: expected 32 hexadecimal digits, got"],
  ["channel", [1, "alice", "buffered"], "channel id: expected 32 hexadecimal digits, got 1"],
  ["channel", [id, "", "buffered"], "channel home: expected a node's id"],
  ["channel", [id, "alice", "open"], 'channel mode: expected "rendezvous" or "buffered", got "open"'],
  ["channel.create", [{ capacity: 0 }], "capacity: expected"],
  ["channel.create", [5], "capacity: expected"],
  ["channel.send", [id, 1], "Channel.send: expected a channel"],
  ["channel.peek", [inbox], "Channel.peek: expected a buffered channel"],
  ["channel.next", [inbox, 1, heartbeat], "channel listener: expected at most 128 characters, got 1"],
  ["channel.next", [inbox, "1".repeat(129), heartbeat], "channel listener: expected at most 128 characters, got"],
  ["channel.next", [id, "1/1", heartbeat], "channel.next: expected a channel"],
  ["channel.next", [inbox, "1/1", "h"], 'channel.next: expected a heartbeat, got "h"'],
])("a malformed %s from a peer is refused", (name, data, message) => {
  const entry = channelTravels.find((one) => one.name === name);
  expect(() => entry?.decode(data)).toThrow(message);
});

test("a heartbeat that a peer sent is checked as any value", () => {
  const entry = channelTravels.find((one) => one.name === "channel.receive");
  expect(() => entry?.decode([{ home: "alice" } as unknown as Heartbeat, inbox])).toThrow(TypeError);
});
