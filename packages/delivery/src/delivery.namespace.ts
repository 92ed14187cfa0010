/** Messages that are confirmed, asked for again, and never more than was asked for: Pekko's reliable delivery. */
export { confirm, connect, consumer, producer, receive, send, trySend, workPulling } from "./delivery.ts";
