import type { LocalGenerator } from "@espalier/heartbeat";
import { Server } from "@espalier/runtime";
import { Delivery } from "../src/index.ts";

const Orders = Delivery.producer<{ readonly dish: string }>({ id: "orders" });
const Kitchen = Delivery.consumer<{ readonly dish: string }>();
const Bar = Delivery.consumer<{ readonly drink: string }>();

export function* typed(): LocalGenerator<string> {
  const orders = yield* Server.start(Orders, undefined);
  const kitchen = yield* Server.start(Kitchen, undefined);
  const bar = yield* Server.start(Bar, undefined);
  yield* Delivery.send(orders, { dish: "soup" });
  // @ts-expect-error -- it is not a message of this producer
  yield* Delivery.send(orders, { drink: "tea" });
  yield* Delivery.connect(orders, kitchen);
  // @ts-expect-error -- the consumer is of other messages
  yield* Delivery.connect(orders, bar);
  const { message, ticket } = yield* Delivery.receive(kitchen);
  yield* Delivery.confirm(kitchen, ticket);
  // @ts-expect-error -- a message is not a ticket
  yield* Delivery.confirm(kitchen, message);
  return message.dish;
}
