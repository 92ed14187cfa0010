import {
  ChannelClosedError,
  ChannelNext,
  delivery,
  over,
  type ChannelMode,
  type ChannelRef,
  type CloseChannel,
  type CreateChannel,
  type Delivery,
  type DeliverToChannel,
  type PeekChannel,
  type PeekNowChannel,
  type Place,
  type ReceiveFromChannel,
  type ReceiveNowFromChannel,
  type SendToChannel,
  type SendUnconfirmedToChannel,
  type SubscribeToChannel,
  type Taken,
  type Waiter,
  type WaitingSend,
} from "@espalier/channels";
import { normal, type Cause, type Heartbeat, type Operation } from "@espalier/heartbeat";
import { again } from "../again.ts";
import type { Cell } from "../cell.ts";
import { failure } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import { endError } from "./lifetimes.ts";
import type { CapturedWait, suspended, Waiting } from "../waiting.ts";

export function performCreateChannel(
  kernel: Kernel,
  cell: Cell,
  { limits }: CreateChannel<unknown, ChannelMode>,
): ChannelRef<unknown> {
  return kernel.channels.create(kernel.host.random.bytes(16), limits, cell);
}

export function performSendToChannel(
  kernel: Kernel,
  cell: Cell,
  operation: SendToChannel<unknown>,
): typeof suspended | undefined {
  const { channel, value } = operation;
  checkHome(kernel, channel);
  const waiting = new AwaitingRoom(cell, operation);
  const outcome = kernel.channels.offer(channel, value, "send", waiting);
  if (typeof outcome === "object") {
    waiting.place = outcome;
    return kernel.wait(cell, waiting);
  }
  if (outcome === "closed") throw new ChannelClosedError(value);
  return undefined;
}

export function performSendUnconfirmed(
  kernel: Kernel,
  _cell: Cell,
  { channel, value }: SendUnconfirmedToChannel<unknown>,
): void {
  if (channel.home === kernel.address.id) kernel.channels.offer(channel, value, "sendUnconfirmed");
  else kernel.deadLetter(channel.id, value);
}

export function performDeliverToChannel(
  kernel: Kernel,
  _cell: Cell,
  { channel, value }: DeliverToChannel<unknown>,
): Delivery<unknown> {
  if (channel.home !== kernel.address.id) {
    return { type: "unknown", cause: { type: "noconnection", node: channel.home }, value };
  }
  return delivery(kernel.channels.offer(channel, value, "deliver"), value);
}

export function performReceiveFromChannel(
  kernel: Kernel,
  _cell: Cell,
  { heartbeat, channel }: ReceiveFromChannel<unknown>,
): ChannelNext<unknown> {
  checkHome(kernel, channel);
  const listener = kernel.channels.listen(channel, "receive", kernel.lifetimes.lifetime(heartbeat));
  return new ChannelNext(channel, listener, heartbeat);
}

export function performSubscribeToChannel(
  kernel: Kernel,
  _cell: Cell,
  { heartbeat, channel }: SubscribeToChannel<unknown>,
): ChannelNext<unknown> {
  checkHome(kernel, channel);
  const listener = kernel.channels.listen(channel, "subscribe", kernel.lifetimes.lifetime(heartbeat));
  return new ChannelNext(channel, listener, heartbeat);
}

export function performChannelNext(kernel: Kernel, cell: Cell, operation: ChannelNext<unknown>): unknown {
  const { channel, listener: id, heartbeat } = operation;
  checkHome(kernel, channel);
  const listener = kernel.channels.listener(channel, id);
  if (listener === undefined) throw overError(kernel, heartbeat);
  if (listener.length > 0) return listener.take();
  const waiting = new AwaitingValue(cell, "channel value", operation);
  waiting.place = listener.wait(waiting);
  return kernel.wait(cell, waiting);
}

/** A listener is over: because its heartbeat is, or else because there is nothing more to come. */
function overError(kernel: Kernel, heartbeat: Heartbeat): Error {
  const status = kernel.lifetimes.status(heartbeat);
  return status.state === "live" || status.state === "unknown" ? failure(over) : endError(heartbeat, status);
}

export function performPeekChannel(kernel: Kernel, cell: Cell, operation: PeekChannel<unknown>): unknown {
  const { channel } = operation;
  checkHome(kernel, channel);
  const taken = kernel.channels.peekNow(channel);
  if (taken !== undefined) return taken.value;
  const waiting = new AwaitingValue(cell, "peek", operation);
  const place = kernel.channels.peek(channel, waiting);
  if (place === null) throw failure(over);
  waiting.place = place;
  return kernel.wait(cell, waiting);
}

export function performReceiveNow(
  kernel: Kernel,
  _cell: Cell,
  { channel }: ReceiveNowFromChannel<unknown>,
): Taken<unknown> | undefined {
  checkHome(kernel, channel);
  return kernel.channels.receiveNow(channel);
}

export function performPeekNow(
  kernel: Kernel,
  _cell: Cell,
  { channel }: PeekNowChannel<unknown>,
): Taken<unknown> | undefined {
  checkHome(kernel, channel);
  return kernel.channels.peekNow(channel);
}

export function performCloseChannel(kernel: Kernel, _cell: Cell, { channel }: CloseChannel): void {
  checkHome(kernel, channel);
  kernel.channels.close(channel, normal);
}

/** Without other nodes there is nobody to ask about their channels. */
function checkHome(kernel: Kernel, channel: ChannelRef<any, any>): void {
  if (channel.home !== kernel.address.id) throw failure({ type: "noconnection", node: channel.home });
}

/** A process waits for a value. */
class AwaitingValue implements Waiting, Waiter<unknown> {
  readonly what: string;
  place: Place | null = null;
  readonly #cell: Cell;
  readonly #operation: Operation<unknown>;

  constructor(cell: Cell, what: string, operation: Operation<unknown>) {
    this.#cell = cell;
    this.what = what;
    this.#operation = operation;
  }

  value(value: unknown): void {
    this.#cell.kernel.resume(this.#cell, value);
  }

  ended(cause: Cause): void {
    this.#cell.kernel.throwInto(this.#cell, failure(cause));
  }

  captureWait(): CapturedWait {
    return again(this.#operation);
  }

  cancel(): void {
    this.place?.leave();
  }
}

/** A process waits for room in a buffered channel. */
class AwaitingRoom implements Waiting, WaitingSend<unknown> {
  readonly what = "room in a channel";
  place: Place | null = null;
  readonly #cell: Cell;
  readonly #operation: Operation<unknown>;

  constructor(cell: Cell, operation: Operation<unknown>) {
    this.#cell = cell;
    this.#operation = operation;
  }

  accepted(): void {
    this.#cell.kernel.resume(this.#cell, undefined);
  }

  closed(value: unknown): void {
    this.#cell.kernel.throwInto(this.#cell, new ChannelClosedError(value));
  }

  captureWait(): CapturedWait {
    return again(this.#operation);
  }

  cancel(): void {
    this.place?.leave();
  }
}
