export * as Delivery from "./delivery.namespace.ts";
export type { ConsumerCalls, ConsumerDefinition, ConsumerOptions, ConsumerRef } from "./consumer.ts";
export type { Received } from "./consuming.ts";
export type { DeliverOptions, ProducerCalls, ProducerDefinition, ProducerOptions, ProducerRef } from "./producer.ts";
