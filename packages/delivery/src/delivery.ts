import type { LocalGenerator } from "@espalier/heartbeat";
import { Remote, type Addressee, type Call } from "@espalier/runtime";
import type { ConsumerRef } from "./consumer.ts";
import type { Received } from "./consuming.ts";
import type { DeliverOptions, ProducerRef } from "./producer.ts";

export { consumer } from "./consumer.ts";
export { producer, workPulling } from "./producer.ts";

/**
 * Hands `message` to a producer: waits until a consumer asks for it, and with `confirmed` until it was processed.
 *
 * - Order: what one process hands over is processed in that order; by one consumer at a time, unless many pull.
 * - Cancellation: a message that waits is handed over all the same when its time comes.
 * - Errors: NotMovableError for a message that cannot travel; CallError as for any call. What a producer that ends had not got confirmed is lost
 *   with it, unless it is durable.
 */
export function send<M>(producer: ProducerRef<M>, message: NoInfer<M>, options: DeliverOptions = {}): Call<null> {
  const { within = "infinity", confirmed = false } = options;
  return producer.call.send(message, confirmed).within(within);
}

/**
 * Hands `message` to a producer if a consumer asks for it now.
 *
 * @returns false when nobody does: then it went nowhere.
 */
export function trySend<M>(producer: ProducerRef<M>, message: NoInfer<M>): Call<boolean> {
  return producer.call.trySend(message);
}

/**
 * Waits for the oldest message that is not confirmed. Whoever has it confirms it before it gets the next; whoever asks again without having confirmed gives
 * it back, and so does a process that ends. Of several that wait the one that has waited longest gets it.
 *
 * To wait for a limited time: `Delivery.receive(consumer).within("1s", { otherwise: null })`.
 */
export function receive<M>(consumer: ConsumerRef<M>): Call<Received<M>> {
  return consumer.call.receive().within("infinity");
}

/**
 * Says that a message was processed: it does not come again.
 *
 * @returns false when that comes too late: the message was given to another process, or will come again, since its stream was lost meanwhile.
 */
export function confirm<M>(consumer: ConsumerRef<M>, ticket: Received<M>["ticket"]): Call<boolean> {
  return consumer.call.confirm(ticket);
}

/**
 * Connects a consumer with a producer. It receives from no other one from now on, and, unless many pull, no other consumer from that one. A producer by name is
 * found again after a restart.
 *
 * Returns at once; what is sent waits until the two have found each other.
 */
export function* connect<M>(producer: ProducerRef<M>, consumer: ConsumerRef<M>): LocalGenerator<void> {
  const { target } = producer;
  // A name means something on one node only, and the consumer may be on another one.
  const source: Addressee<any> = typeof target === "string" ? { name: target, node: yield* Remote.here() } : target;
  yield* consumer.call.connect(source);
}
