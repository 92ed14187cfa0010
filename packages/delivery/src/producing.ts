import { errorData, type LocalGenerator } from "@espalier/heartbeat";
import { Attributed, isDown, Process, Refusal, Server, type Down, type Pid, type Ref } from "@espalier/runtime";
import { parseToProducer, type ToConsumer } from "./messages.ts";
import { Outgoing, type Demand } from "./outgoing.ts";
import { pack, type Parcel } from "./parcel.ts";
import type { QueueFiles } from "./queue-files.ts";

/** A stream to a consumer. */
interface Stream {
  readonly consumer: Pid<any>;
  readonly number: number;
  readonly outgoing: Outgoing<Parcel>;
  /** Null while the consumer's node cannot be reached. */
  monitor: Ref | null;
}

/** Somebody has a message, and waits until it is asked for. */
interface Waiting {
  readonly parcel: Parcel;
  readonly from: Server.From<null>;
  readonly untilConfirmed: boolean;
}

export interface ProducingOptions {
  readonly self: Pid<any>;
  readonly partBytes: number;
  /** Whether every consumer gets messages, and not the last one that came alone. */
  readonly isShared: boolean;
  readonly files: QueueFiles | null;
}

/**
 * What the process of a producer does. It has one stream, or with `isShared` one for each consumer, and gives a number to a message only when a
 * consumer asked for one: so nothing piles up here but what was taken back from a consumer that is gone.
 *
 * A stream is made in three steps, so that a late message of a consumer that is gone makes none: the consumer asks for one, is offered a number,
 * and the first demand under that number begins it. Numbers grow; what comes under one that is over is answered with that.
 */
export class Producing {
  readonly #options: ProducingOptions;
  readonly #streams = new Map<string, Stream>();
  /** Was handed over, and belongs to no stream now. */
  #queue: Parcel[];
  readonly #waiting: Waiting[] = [];
  #offered = 0;
  /** The highest number under which a stream was begun. */
  #begun = 0;

  constructor(options: ProducingOptions, queue: readonly Parcel[]) {
    this.#options = options;
    this.#queue = [...queue];
  }

  /** Replies once the message is asked for, or with `untilConfirmed` once it was processed. */
  *send(message: unknown, untilConfirmed: boolean): LocalGenerator<unknown> {
    const parcel = yield* this.#pack(message);
    if (parcel instanceof Refusal) return parcel;
    if (!(yield* this.#sendNow(parcel))) {
      return Server.defer((from: Server.From<null>) => void this.#waiting.push({ parcel, from, untilConfirmed }));
    }
    return untilConfirmed ? Server.defer((from: Server.From<null>) => void (parcel.awaitedBy = from)) : null;
  }

  /** Replies whether the message was asked for; otherwise it goes nowhere. */
  *trySend(message: unknown): LocalGenerator<unknown> {
    const parcel = yield* this.#pack(message);
    return parcel instanceof Refusal ? parcel : yield* this.#sendNow(parcel);
  }

  *receive(message: unknown): LocalGenerator<void> {
    if (isDown(message)) return yield* this.#lost(message);
    if (!(message instanceof Attributed)) return;
    const { from } = message;
    const said = parseToProducer(message.message);
    switch (said?.type) {
      case "delivery.open":
        this.#offered += 1;
        return yield* this.#tell(from, { type: "delivery.offer", attempt: said.attempt, stream: this.#offered });
      case "delivery.demand":
        return yield* this.#demanded(from, said.stream, said);
      case "delivery.leave": {
        const stream = this.#streams.get(from.key);
        if (stream?.number === said.stream) yield* this.#end(stream);
        return;
      }
      case undefined:
        return;
    }
  }

  *#pack(message: unknown): LocalGenerator<Parcel | Refusal> {
    try {
      const parcel = yield* pack(message, this.#options.partBytes);
      this.#options.files?.check(parcel);
      return parcel;
    } catch (error) {
      return new Refusal({ type: "error", error: errorData(error) });
    }
  }

  *#sendNow(parcel: Parcel): LocalGenerator<boolean> {
    // What waits goes first; there is only as long as nobody asks for it.
    const stream = this.#queue.length + this.#waiting.length === 0 ? this.#asking() : null;
    if (stream === null) return false;
    yield* this.#store(parcel);
    stream.outgoing.add(parcel);
    yield* this.#transmit(stream);
    return true;
  }

  *#demanded(from: Pid<any>, number: number, demand: Demand): LocalGenerator<void> {
    let stream = this.#streams.get(from.key);
    if (stream?.number !== number) {
      if (number <= this.#begun || number > this.#offered) {
        const isReplaced = !this.#options.isShared && this.#streams.size > 0 && stream === undefined;
        return yield* this.#tell(from, { type: "delivery.closed", stream: number, isReplaced });
      }
      stream = yield* this.#begin(from, number);
    }
    stream.monitor ??= yield* Process.monitor(from);
    for (const { awaitedBy, stored } of stream.outgoing.demand(demand)) {
      if (awaitedBy !== null) yield* awaitedBy.reply(null);
      if (stored !== null) yield* (this.#options.files as QueueFiles).remove(stored);
    }
    yield* this.#pump();
  }

  *#begin(consumer: Pid<any>, number: number): LocalGenerator<Stream> {
    this.#begun = number;
    const replaced = this.#options.isShared ? this.#streams.get(consumer.key) : [...this.#streams.values()][0];
    if (replaced !== undefined) {
      this.#takeBack(replaced);
      if (replaced.monitor !== null) yield* Process.demonitor(replaced.monitor, { flush: true });
      if (!replaced.consumer.equals(consumer)) {
        yield* this.#tell(replaced.consumer, { type: "delivery.closed", stream: replaced.number, isReplaced: true });
      }
    }
    const stream: Stream = { consumer, number, outgoing: new Outgoing(), monitor: null };
    this.#streams.set(consumer.key, stream);
    return stream;
  }

  *#lost({ ref, cause }: Down): LocalGenerator<void> {
    for (const stream of this.#streams.values()) {
      if (stream.monitor?.equals(ref) !== true) continue;
      stream.monitor = null;
      // It may be there, and have what it was sent. Of several consumers another one can go on; a single one is waited for.
      if (cause.type === "noconnection" && !this.#options.isShared) return;
      return yield* this.#end(stream);
    }
  }

  *#end(stream: Stream): LocalGenerator<void> {
    this.#takeBack(stream);
    if (stream.monitor !== null) yield* Process.demonitor(stream.monitor, { flush: true });
    yield* this.#pump();
  }

  /** What was not confirmed goes to another consumer, ahead of everything that comes later. */
  #takeBack({ consumer, outgoing }: Stream): void {
    this.#streams.delete(consumer.key);
    this.#queue = [...outgoing.unconfirmed, ...this.#queue];
  }

  /** Hands out what waits, as far as it is asked for. */
  *#pump(): LocalGenerator<void> {
    for (let stream = this.#asking(); stream !== null; stream = this.#asking()) {
      const parcel = this.#queue.shift() ?? (yield* this.#handOver());
      if (parcel === null) break;
      stream.outgoing.add(parcel);
    }
    for (const stream of this.#streams.values()) yield* this.#transmit(stream);
  }

  *#handOver(): LocalGenerator<Parcel | null> {
    const next = this.#waiting.shift();
    if (next === undefined) return null;
    const { parcel, from, untilConfirmed } = next;
    yield* this.#store(parcel);
    if (untilConfirmed) parcel.awaitedBy = from;
    else yield* from.reply(null);
    return parcel;
  }

  /** Whoever asks for a message, and has the fewest. */
  #asking(): Stream | null {
    let best: Stream | null = null;
    for (const stream of this.#streams.values()) {
      if (stream.outgoing.hasDemand && (best === null || stream.outgoing.size < best.outgoing.size)) best = stream;
    }
    return best;
  }

  *#transmit({ consumer, number, outgoing }: Stream): LocalGenerator<void> {
    for (const [sequence, { parcel, part, isLast }] of outgoing.due()) {
      const content = parcel.part(part);
      yield* this.#tell(consumer, { type: "delivery.piece", stream: number, sequence, content, isLast });
    }
  }

  *#store(parcel: Parcel): LocalGenerator<void> {
    const { files } = this.#options;
    if (files !== null) yield* files.add(parcel);
  }

  *#tell(consumer: Pid<any>, message: ToConsumer): LocalGenerator<void> {
    yield* Process.send(consumer, new Attributed(this.#options.self, message));
  }
}
