import type { ChannelMode, ChannelRef } from "./channel-ref.ts";

export * as Channel from "./channel.namespace.ts";
/** A channel of values of type `T`; `Channel<T, "buffered">` where nothing else will do. */
export type Channel<T, Mode extends ChannelMode = ChannelMode> = ChannelRef<T, Mode>;

export { ChannelRef, channelId } from "./channel-ref.ts";
export type { ChannelMode } from "./channel-ref.ts";
export { delivery } from "./delivery.ts";
export type { Delivery, OfferOutcome, Refusal } from "./delivery.ts";
export type { Answer } from "./delivery-window.ts";
export { ChannelClosedError, ChannelLimitError } from "./errors.ts";
export { over } from "./listener.ts";
export type { Dependent, Lifetime, Listener, ListenerId, ListenerKind, Waiter } from "./listener.ts";
export { Mailbox } from "./mailbox.ts";
export type { MailboxRegistry, MailboxView, Taken, WaitingSend } from "./mailbox.ts";
export {
  ChannelNext,
  CloseChannel,
  CreateChannel,
  DeliverToChannel,
  PeekChannel,
  PeekNowChannel,
  ReceiveFromChannel,
  ReceiveNowFromChannel,
  SendToChannel,
  SendUnconfirmedToChannel,
  SubscribeToChannel,
} from "./operations.ts";
export type { ChannelOperation } from "./operations.ts";
export { bufferLimits } from "./overflow.ts";
export type { BufferLimits, BufferOptions, Sending, WhenFull } from "./overflow.ts";
export { Queue } from "./queue.ts";
export { ChannelRegistry } from "./registry.ts";
export type { ChannelRegistryOptions, ChannelRegistryView, MessageId } from "./registry.ts";
export { channelTravels } from "./travel.ts";
export { WaitingLine } from "./waiting-line.ts";
export type { Place } from "./waiting-line.ts";
