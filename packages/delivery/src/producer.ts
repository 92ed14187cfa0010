import { describe, type Duration, type LocalGenerator } from "@espalier/heartbeat";
import { ownPid, Server, type ServerDefinition, type ServerRef } from "@espalier/runtime";
import { Producing } from "./producing.ts";
import { QueueFiles } from "./queue-files.ts";

/** How to make a producer. */
export interface ProducerOptions {
  /** What people call it, and the name of its durable queue: 1 to 64 letters, digits, `-`, `_` and `.`, the first of them no `.`. */
  readonly id: string;
  /** Larger messages travel in parts of so many bytes, so that others get through between them: from 1,024 to 4 MiB, 65,536 unless given. */
  readonly chunkBytes?: number;
  /**
   * Whether what was handed over is kept on the disk until it is confirmed, in the directory `data` of the node. Then it is sent after a restart of the process
   * or of the node.
   */
  readonly durable?: boolean;
}

/** The messages of a producer. See `Delivery.send` and `Delivery.trySend`. */
export interface ProducerCalls<in M> {
  readonly send: (state: any, message: M, untilConfirmed: boolean) => null;
  readonly trySend: (state: any, message: M) => boolean;
}

/** A producer's process, as its senders know it. */
export type ProducerRef<M> = ServerRef<ProducerCalls<M>, Server.NoMessages>;

/** What a producer is started by: by `Server.start`, `Server.startLink`, or a supervisor. */
export type ProducerDefinition<M> = ServerDefinition<Producing, void, ProducerCalls<M>, Server.NoMessages>;

/**
 * Defines a producer: its messages go to one consumer, which gets them in the order in which they were handed over. A consumer that connects takes the place of
 * the one that was there, and gets first what that one has not confirmed.
 *
 * ```ts
 * import { Delivery, Node, Server } from "espalier";
 *
 * const Orders = Delivery.producer<string>({ id: "orders" });
 * const Kitchen = Delivery.consumer<string>({ from: "orders" });
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const orders = yield* Server.startLink(Orders, undefined, { name: "orders" });
 *   const kitchen = yield* Server.startLink(Kitchen, undefined);
 *   yield* Delivery.send(orders, "soup");
 *   const { message, ticket } = yield* Delivery.receive(kitchen);
 *   yield* Delivery.confirm(kitchen, ticket);
 *   return message; // => "soup"
 * });
 * ```
 *
 * @throws TypeError or RangeError naming the option that makes no sense.
 */
export function producer<M>(options: ProducerOptions): ProducerDefinition<M> {
  return define(options, false);
}

/**
 * Defines a producer from which many consumers pull: each message goes to the one of those that ask for one that has the fewest. What a consumer has not
 * confirmed when it ends, or its node cannot be reached, goes to another one.
 *
 * @throws TypeError or RangeError naming the option that makes no sense.
 */
export function workPulling<M>(options: ProducerOptions): ProducerDefinition<M> {
  return define(options, true);
}

const idPattern = /^[\w-][\w.-]{0,63}$/;
const chunkBytesMin = 1_024;
const chunkBytesMax = 4 * 2 ** 20;

function define<M>(
  { id, chunkBytes = 65_536, durable = false }: ProducerOptions,
  isShared: boolean,
): ProducerDefinition<M> {
  if (typeof id !== "string" || !idPattern.test(id)) {
    throw new TypeError(`id: expected 1 to 64 letters, digits, "-", "_" and ".", got ${describe(id)}`);
  }
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < chunkBytesMin || chunkBytes > chunkBytesMax) {
    throw new RangeError(
      `chunkBytes: expected a whole number from ${chunkBytesMin} to ${chunkBytesMax}, got ${describe(chunkBytes)}`,
    );
  }
  const definition = Server.define({
    label: `producer ${id}`,
    *init(): LocalGenerator<Producing> {
      const self = yield* ownPid;
      const files = durable ? yield* QueueFiles.open(id) : null;
      const queue = files === null ? [] : yield* files.load(chunkBytes);
      return new Producing({ self, partBytes: chunkBytes, isShared, files }, queue);
    },
    call: {
      send: (state: Producing, message: unknown, untilConfirmed: boolean) => state.send(message, untilConfirmed),
      trySend: (state: Producing, message: unknown) => state.trySend(message),
    },
    info: (state, message) => state.receive(message),
  });
  return definition as unknown as ProducerDefinition<M>;
}

/** How to send. */
export interface DeliverOptions {
  /** How long to wait: `"infinity"` unless given. */
  readonly within?: Duration;
  /** Whether to wait until the message, and so every one before it, was confirmed. */
  readonly confirmed?: boolean;
}
