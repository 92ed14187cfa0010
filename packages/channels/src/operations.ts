import { Operation, type Heartbeat } from "@espalier/heartbeat";
import type { ChannelMode, ChannelRef } from "./channel-ref.ts";
import type { Delivery } from "./delivery.ts";
import type { ListenerId } from "./listener.ts";
import type { Taken } from "./mailbox.ts";
import type { BufferLimits } from "./overflow.ts";

// What the runtime performs. `Channel.send` and its siblings make them, checked; they say what each promises.

export class CreateChannel<T, Mode extends ChannelMode> extends Operation<ChannelRef<T, Mode>> {
  readonly type = "channel.create";
  /** Null for a rendezvous channel. */
  readonly limits: BufferLimits | null;

  constructor(limits: BufferLimits | null) {
    super();
    this.limits = limits;
  }
}

export class SendToChannel<T> extends Operation<void> {
  readonly type = "channel.send";
  readonly channel: ChannelRef<T>;
  readonly value: T;

  constructor(channel: ChannelRef<T>, value: T) {
    super();
    this.channel = channel;
    this.value = value;
  }
}

export class SendUnconfirmedToChannel<T> extends Operation<void> {
  readonly type = "channel.sendUnconfirmed";
  readonly channel: ChannelRef<T>;
  readonly value: T;

  constructor(channel: ChannelRef<T>, value: T) {
    super();
    this.channel = channel;
    this.value = value;
  }
}

export class DeliverToChannel<T> extends Operation<Delivery<T>> {
  readonly type = "channel.deliver";
  readonly channel: ChannelRef<T>;
  readonly value: T;

  constructor(channel: ChannelRef<T>, value: T) {
    super();
    this.channel = channel;
    this.value = value;
  }
}

export class ReceiveFromChannel<T> extends Operation<ChannelNext<T>> {
  readonly type = "channel.receive";
  readonly heartbeat: Heartbeat;
  readonly channel: ChannelRef<T>;

  constructor(heartbeat: Heartbeat, channel: ChannelRef<T>) {
    super();
    this.heartbeat = heartbeat;
    this.channel = channel;
  }
}

export class SubscribeToChannel<T> extends Operation<ChannelNext<T>> {
  readonly type = "channel.subscribe";
  readonly heartbeat: Heartbeat;
  readonly channel: ChannelRef<T>;

  constructor(heartbeat: Heartbeat, channel: ChannelRef<T>) {
    super();
    this.heartbeat = heartbeat;
    this.channel = channel;
  }
}

/**
 * Takes the next value of a listener: what `yield* Channel.receive(…)` and `yield* Channel.subscribe(…)` return. A value that travels: the
 * listener that it names lives at the channel's home, so it can be performed wherever the computation has moved to since.
 */
export class ChannelNext<T> extends Operation<T> {
  readonly type = "channel.next";
  readonly channel: ChannelRef<T>;
  readonly listener: ListenerId;
  /** Ends the listener, and then says why performing this fails. */
  readonly heartbeat: Heartbeat;

  constructor(channel: ChannelRef<T>, listener: ListenerId, heartbeat: Heartbeat) {
    super();
    this.channel = channel;
    this.listener = listener;
    this.heartbeat = heartbeat;
  }
}

export class PeekChannel<T> extends Operation<T> {
  readonly type = "channel.peek";
  readonly channel: ChannelRef<T, "buffered">;

  constructor(channel: ChannelRef<T, "buffered">) {
    super();
    this.channel = channel;
  }
}

export class ReceiveNowFromChannel<T> extends Operation<Taken<T> | undefined> {
  readonly type = "channel.receiveNow";
  readonly channel: ChannelRef<T, "buffered">;

  constructor(channel: ChannelRef<T, "buffered">) {
    super();
    this.channel = channel;
  }
}

export class PeekNowChannel<T> extends Operation<Taken<T> | undefined> {
  readonly type = "channel.peekNow";
  readonly channel: ChannelRef<T, "buffered">;

  constructor(channel: ChannelRef<T, "buffered">) {
    super();
    this.channel = channel;
  }
}

export class CloseChannel extends Operation<void> {
  readonly type = "channel.close";
  readonly channel: ChannelRef<any, "buffered">;

  constructor(channel: ChannelRef<any, "buffered">) {
    super();
    this.channel = channel;
  }
}

/** Any of them: with a handler for each `type`, a runtime is complete. */
export type ChannelOperation =
  | CreateChannel<any, ChannelMode>
  | SendToChannel<any>
  | SendUnconfirmedToChannel<any>
  | DeliverToChannel<any>
  | ReceiveFromChannel<any>
  | SubscribeToChannel<any>
  | ChannelNext<any>
  | PeekChannel<any>
  | ReceiveNowFromChannel<any>
  | PeekNowChannel<any>
  | CloseChannel;
