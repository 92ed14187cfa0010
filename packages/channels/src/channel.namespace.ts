import { heartbeatArgument, type Heartbeat } from "@espalier/heartbeat";
import { bufferedArgument, channelArgument, type ChannelRef } from "./channel-ref.ts";
import {
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
import { bufferLimits, type BufferOptions } from "./overflow.ts";

/**
 * Creates a channel that lives on this node. It works from anywhere: who holds it may send to it and listen to it (H21).
 *
 * Without options it is a *rendezvous*: nothing waits in it, and it is nothing but a name, so it needs no end. With them it is *buffered*:
 * values wait in it while nobody listens, up to `capacity`; it belongs to the process that created it, and closes when that ends.
 *
 * - Cancellation: finishes at once.
 * - Errors: RangeError or TypeError for malformed options; ChannelLimitError when this node holds too many.
 */
export function create<T>(): CreateChannel<T, "rendezvous">;
export function create<T>(buffer: BufferOptions): CreateChannel<T, "buffered">;
export function create<T>(buffer?: BufferOptions): CreateChannel<T, "rendezvous" | "buffered"> {
  return new CreateChannel(buffer === undefined ? null : bufferLimits(buffer));
}

/**
 * Sends `value`, and returns once the channel's home has dealt with it.
 *
 * - Nobody listens to a rendezvous channel: the value is dropped and counted.
 * - A buffered channel is full: with `whenFull: "refuse"` this waits until there is room; otherwise see {@link WhenFull}.
 * - Order: what one process sends to one channel is accepted in the order sent (P26), and sends that wait are served in order too.
 * - Cancellation: a send that waits for room is withdrawn.
 * - Errors: ChannelClosedError, with the value, when a buffered channel is closed, or closes while this waits; fails with the home's
 *   `noconnection` or `unresponsive` when the home does not answer: then it may or may not have the value.
 */
export function send<T>(channel: ChannelRef<T>, value: NoInfer<T>): SendToChannel<T> {
  return new SendToChannel(channelArgument(channel, "Channel.send"), value);
}

/**
 * Sends `value` and does not wait for anything, not even for the channel's home to have it.
 *
 * - A value that the channel does not take is dropped and counted.
 * - Order: as for {@link send}, among all that one process sends to one channel.
 * - Cancellation: finishes at once. Errors: none.
 */
export function sendUnconfirmed<T>(channel: ChannelRef<T>, value: NoInfer<T>): SendUnconfirmedToChannel<T> {
  return new SendUnconfirmedToChannel(channelArgument(channel, "Channel.sendUnconfirmed"), value);
}

/**
 * Sends `value` and says what came of it, with the value where it was not taken (P27). It never waits for a listener or for room.
 *
 * - `delivered`: a listener has it. `buffered`: it waits in the channel. `refused`: nobody got it, nobody will. `unknown`: the
 *   connection to the home was lost before the answer came.
 * - Order: as for {@link send}.
 * - Cancellation: gives up the answer; what was sent stays sent. Errors: none.
 *
 * ```ts
 * import { Channel, type LocalGenerator } from "espalier";
 *
 * function* offer(jobs: Channel<string>, job: string): LocalGenerator<boolean> {
 *   const outcome = yield* Channel.deliver(jobs, job);
 *   return outcome.type === "delivered";
 * }
 * ```
 */
export function deliver<T>(channel: ChannelRef<T>, value: NoInfer<T>): DeliverToChannel<T> {
  return new DeliverToChannel(channelArgument(channel, "Channel.deliver"), value);
}

/**
 * Registers for one value. The registration stands when this returns: no later value is missed (P26). What it returns is an operation,
 * which waits for the value and takes it.
 *
 * - Who gets a value: the `receive` that was registered first, otherwise all who {@link subscribe} (H22). What already waits in a
 *   buffered channel comes first.
 * - Lifetime: the registration ends with its value or with `heartbeat`, whichever comes first. The process that made it does not matter, and
 *   the inner operation travels.
 * - Errors of the inner operation: it fails with the heartbeat's cause once that has ended, even if a value had come; with `noproc` when its
 *   one value was taken or the channel is closed; with the home's `noconnection` or `unresponsive` when the home does not answer.
 * - Cancellation of the inner operation: gives up the turn; the next value goes to another who waits, or stays for the next to ask.
 *
 * ```ts
 * import { Channel, Heartbeat, type LocalGenerator } from "espalier";
 *
 * function* firstAnswer(answers: Channel<number>): LocalGenerator<number> {
 *   const soon = yield* Heartbeat.create("1s");
 *   const answer = yield* Channel.receive(soon, answers);
 *   // … ask for it: it cannot come too early …
 *   return yield* answer;
 * }
 * ```
 */
export function receive<T>(heartbeat: Heartbeat, channel: ChannelRef<T>): ReceiveFromChannel<T> {
  return new ReceiveFromChannel(
    heartbeatArgument(heartbeat, "Channel.receive"),
    channelArgument(channel, "Channel.receive"),
  );
}

/**
 * Registers for all values from now on. Like {@link receive}, but the inner operation can be performed again and again: values queue up in
 * between, in order, without bound for a rendezvous channel and up to its capacity for a buffered one.
 *
 * Every subscriber gets every value that no `receive` took. Several processes that perform the same inner operation share its values.
 */
export function subscribe<T>(heartbeat: Heartbeat, channel: ChannelRef<T>): SubscribeToChannel<T> {
  return new SubscribeToChannel(
    heartbeatArgument(heartbeat, "Channel.subscribe"),
    channelArgument(channel, "Channel.subscribe"),
  );
}

/**
 * Waits until a value waits in a buffered channel, and returns it without taking it. What listeners were handed is not in the channel
 * any more.
 *
 * - Cancellation: nothing has happened. Errors: fails with `noproc` once the channel is closed and empty; with the home's `noconnection` or
 *   `unresponsive` when the home does not answer.
 */
export function peek<T>(channel: ChannelRef<T, "buffered">): PeekChannel<T> {
  return new PeekChannel(bufferedArgument(channel, "Channel.peek"));
}

/** Takes the oldest value that waits in a buffered channel, as `{ value }`; undefined when there is none. It does not wait. */
export function receiveNow<T>(channel: ChannelRef<T, "buffered">): ReceiveNowFromChannel<T> {
  return new ReceiveNowFromChannel(bufferedArgument(channel, "Channel.receiveNow"));
}

/** The oldest value that waits in a buffered channel, as `{ value }`, left there; undefined when there is none. It does not wait. */
export function peekNow<T>(channel: ChannelRef<T, "buffered">): PeekNowChannel<T> {
  return new PeekNowChannel(bufferedArgument(channel, "Channel.peekNow"));
}

/**
 * Closes a buffered channel: it takes no more values. What it accepted may still be taken; each listener is over after its last value.
 * Closing what is closed changes nothing.
 *
 * - Sends that wait for room fail with ChannelClosedError, and have their values back.
 * - When the process that created the channel ends, it closes too, and what waits in it is lost and counted.
 */
export function close(channel: ChannelRef<any, "buffered">): CloseChannel {
  return new CloseChannel(bufferedArgument(channel, "Channel.close"));
}
