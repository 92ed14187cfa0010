import { describe, heartbeatArgument, type Heartbeat } from "@espalier/heartbeat";
import * as Channel from "./channel.namespace.ts";
import { channelArgument, ChannelRef } from "./channel-ref.ts";
import * as operations from "./operations.ts";

/** How a kind of value crosses machines, in the form that the runtime's codec takes. */
export interface ChannelTravels {
  readonly name: string;
  readonly type: abstract new (...fields: any[]) => object;
  encode(value: any): readonly unknown[];
  /** @throws TypeError or RangeError naming what is wrong with `data`, which comes from a peer. */
  decode(data: unknown): object;
}

/** How channels, and operations on them, cross machines: each as the list of its fields. */
export const channelTravels: readonly ChannelTravels[] = [
  kind("channel", ChannelRef, ["id", "home", "mode"], (id, home, mode) => new ChannelRef(id, home, mode)),
  kind("channel.create", operations.CreateChannel, ["limits"], (limits) =>
    limits === null ? Channel.create() : Channel.create(limits),
  ),
  kind("channel.send", operations.SendToChannel, ["channel", "value"], Channel.send),
  kind("channel.sendUnconfirmed", operations.SendUnconfirmedToChannel, ["channel", "value"], Channel.sendUnconfirmed),
  kind("channel.deliver", operations.DeliverToChannel, ["channel", "value"], Channel.deliver),
  kind("channel.receive", operations.ReceiveFromChannel, ["heartbeat", "channel"], Channel.receive),
  kind("channel.subscribe", operations.SubscribeToChannel, ["heartbeat", "channel"], Channel.subscribe),
  kind("channel.next", operations.ChannelNext, ["channel", "listener", "heartbeat"], next),
  kind("channel.peek", operations.PeekChannel, ["channel"], Channel.peek),
  kind("channel.receiveNow", operations.ReceiveNowFromChannel, ["channel"], Channel.receiveNow),
  kind("channel.peekNow", operations.PeekNowChannel, ["channel"], Channel.peekNow),
  kind("channel.close", operations.CloseChannel, ["channel"], Channel.close),
];

/** @param build takes the fields in their order, and checks them. */
function kind<T extends object>(
  name: string,
  type: abstract new (...fields: any[]) => T,
  fields: readonly (keyof T)[],
  build: (...fields: any[]) => T,
): ChannelTravels {
  return {
    name,
    type,
    encode: (value: T) => fields.map((field) => value[field]),
    decode: (data) => {
      if (Array.isArray(data) && data.length === fields.length) return build(...data);
      throw new TypeError(`${name}: expected a list of ${fields.length}, got ${describe(data)}`);
    },
  };
}

function next(channel: ChannelRef<unknown>, listener: string, heartbeat: Heartbeat): operations.ChannelNext<unknown> {
  if (typeof listener !== "string" || listener.length > 128) {
    throw new TypeError(`channel listener: expected at most 128 characters, got ${describe(listener)}`);
  }
  return new operations.ChannelNext(
    channelArgument(channel, "channel.next"),
    listener,
    heartbeatArgument(heartbeat, "channel.next"),
  );
}
