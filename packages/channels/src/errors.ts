/** A `send` found the channel closed, or it closed while the send waited for room. The value is handed back. */
export class ChannelClosedError<T = unknown> extends Error {
  readonly code = "CHANNEL_CLOSED";
  readonly value: T;

  constructor(value: T) {
    super("the channel is closed: its owner ended, or it was closed on purpose");
    this.name = "ChannelClosedError";
    this.value = value;
  }
}

/** A node has as many channels or listeners as its limits allow. */
export class ChannelLimitError extends Error {
  readonly code = "CHANNEL_LIMIT";

  constructor(limit: "channelsMax" | "listenersMax", max: number) {
    super(`${limit}: this node holds ${max} already`);
    this.name = "ChannelLimitError";
  }
}
