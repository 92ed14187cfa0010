import {
  describe,
  heartbeatArgument,
  travelsAsError,
  travelsByFields,
  type FieldTravels,
  type Heartbeat,
} from "@espalier/heartbeat";
import * as Channel from "./channel.namespace.ts";
import { channelArgument, ChannelRef } from "./channel-ref.ts";
import { ChannelClosedError, ChannelLimitError } from "./errors.ts";
import * as operations from "./operations.ts";

/** How channels, and operations on them, cross machines: each as the list of its fields. */
export const channelTravels: readonly FieldTravels[] = [
  travelsByFields("channel", ChannelRef, ["id", "home", "mode"], (id, home, mode) => new ChannelRef(id, home, mode)),
  travelsByFields("channel.create", operations.CreateChannel, ["limits"], (limits) =>
    limits === null ? Channel.create() : Channel.create(limits),
  ),
  travelsByFields("channel.send", operations.SendToChannel, ["channel", "value"], Channel.send),
  travelsByFields(
    "channel.sendUnconfirmed",
    operations.SendUnconfirmedToChannel,
    ["channel", "value"],
    Channel.sendUnconfirmed,
  ),
  travelsByFields("channel.deliver", operations.DeliverToChannel, ["channel", "value"], Channel.deliver),
  travelsByFields("channel.receive", operations.ReceiveFromChannel, ["heartbeat", "channel"], Channel.receive),
  travelsByFields("channel.subscribe", operations.SubscribeToChannel, ["heartbeat", "channel"], Channel.subscribe),
  travelsByFields("channel.next", operations.ChannelNext, ["channel", "listener", "heartbeat"], next),
  travelsByFields("channel.peek", operations.PeekChannel, ["channel"], Channel.peek),
  travelsByFields("channel.receiveNow", operations.ReceiveNowFromChannel, ["channel"], Channel.receiveNow),
  travelsByFields("channel.peekNow", operations.PeekNowChannel, ["channel"], Channel.peekNow),
  travelsByFields("channel.close", operations.CloseChannel, ["channel"], Channel.close),
  travelsAsError(
    "error.channel-closed",
    ChannelClosedError,
    ({ value }) => [value],
    (value) => ({ code: "CHANNEL_CLOSED", value }),
  ),
  travelsAsError(
    "error.channel-limit",
    ChannelLimitError,
    () => [],
    () => ({ code: "CHANNEL_LIMIT" }),
  ),
];

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
