import { causeOf, type LocalGenerator } from "@espalier/heartbeat";
import {
  Attributed,
  isDown,
  Pid,
  Process,
  Server,
  type Addressee,
  type Down,
  type Ref,
  type TimerRef,
} from "@espalier/runtime";
import { Incoming } from "./incoming.ts";
import { parseToConsumer, type Content, type ToConsumer, type ToProducer } from "./messages.ts";
import type { Demand } from "./outgoing.ts";
import { unpack } from "./parcel.ts";
import { isSameSource } from "./source.ts";

/** A message that was received, to be confirmed. It travels. */
export interface Received<out M> {
  readonly message: M;
  /** Names this receipt of the message. */
  readonly ticket: number;
}

/** The stream from a producer. */
interface Stream {
  readonly producer: Pid<any>;
  readonly number: number;
  readonly incoming: Incoming<Content>;
  /** Null while the producer's node cannot be reached. */
  monitor: Ref | null;
}

/** A process that receives, for as long as it lives. */
interface Receiver {
  readonly pid: Pid<any>;
  readonly monitor: Ref;
  /** How it is answered while it waits for a message. */
  from: Server.From<Received<unknown>> | null;
}

export interface ConsumingOptions {
  readonly self: Pid<any>;
  readonly window: number;
  readonly retryMs: number;
}

/** What the consumer tells itself: time has passed, or somebody has called. */
const tick: { readonly type: "tick" } = Object.freeze({ type: "tick" });
const called: { readonly type: "called" } = Object.freeze({ type: "called" });

/** How much longer it may take until a quiet stream is asked about again. */
const patienceMax = 32;

/**
 * What the process of a consumer does. It asks its producer for a stream, and again until there is one; it says what it wants, and again from time to
 * time when nothing comes: so whatever gets lost, in either direction, is made up for by the next demand.
 */
export class Consuming {
  readonly #self: Pid<any>;
  readonly #window: number;
  readonly #retryMs: number;
  /** Where the producer is; null when there is none to look for. */
  #source: Addressee<any> | null = null;
  #attempt = 0;
  #stream: Stream | null = null;
  readonly #receivers = new Map<string, Receiver>();
  /** Who has called, and was not looked at yet. */
  readonly #called: Server.From<Received<unknown>>[] = [];
  /** Who has the oldest message. */
  #holder: Receiver | null = null;
  #ticket = 0;
  #timer: TimerRef | null = null;
  /** How many times its usual time the timer takes. */
  #patience = 1;
  /** Whether anything has come since the timer was set. */
  #hasProgress = false;

  constructor({ self, window, retryMs }: ConsumingOptions) {
    this.#self = self;
    this.#window = window;
    this.#retryMs = retryMs;
  }

  /** Receives from the producer at `source` from now on, and from no other. Nothing happens when it does so already. */
  *connect(source: Addressee<any>): LocalGenerator<void> {
    if (isSameSource(source, this.#source)) return;
    if (this.#stream !== null) {
      const { producer, number } = this.#stream;
      yield* this.#tell(producer, { type: "delivery.leave", stream: number });
      yield* this.#drop(this.#stream);
    }
    this.#source = source;
    yield* this.#open();
  }

  /** Replies when there is a message. Until it is confirmed it is the one that its receiver gets. */
  *next(): LocalGenerator<unknown> {
    // Whoever it is is known when the handler is over.
    yield* Process.send(this.#self, called);
    return Server.defer((from: Server.From<Received<unknown>>) => void this.#called.push(from));
  }

  /** @returns false when the message is another one's by now, or will come again. */
  *confirm(ticket: number): LocalGenerator<boolean> {
    const stream = this.#stream;
    if (stream === null || this.#holder === null || ticket !== this.#ticket) return false;
    this.#holder = null;
    yield* this.#demand(stream, stream.incoming.confirm());
    yield* this.#give();
    return true;
  }

  *receive(message: unknown): LocalGenerator<void> {
    if (message === tick) return yield* this.#tick();
    if (message === called) return yield* this.#wanted();
    if (isDown(message)) return yield* this.#lost(message);
    if (!(message instanceof Attributed)) return;
    const said = parseToConsumer(message.message);
    if (said !== null) yield* this.#heard(message.from, said);
  }

  // The producer

  *#heard(from: Pid<any>, said: ToConsumer): LocalGenerator<void> {
    const stream = this.#stream;
    if (said.type === "delivery.offer") {
      if (stream === null && this.#source !== null && said.attempt === this.#attempt)
        yield* this.#begin(from, said.stream);
      return;
    }
    if (stream?.number !== said.stream || !stream.producer.equals(from)) {
      if (said.type === "delivery.piece") yield* this.#tell(from, { type: "delivery.leave", stream: said.stream });
    } else if (said.type === "delivery.piece") {
      this.#hasProgress = true;
      yield* this.#hurry();
      yield* this.#demand(stream, stream.incoming.take(said.sequence, said));
      yield* this.#give();
    } else {
      yield* this.#drop(stream);
      if (said.isReplaced) this.#source = null;
      else yield* this.#open();
    }
  }

  *#open(): LocalGenerator<void> {
    this.#attempt += 1;
    yield* this.#ask();
    yield* this.#hurry();
  }

  /** A name that nobody has now may be somebody's soon. */
  *#ask(): LocalGenerator<void> {
    const said = new Attributed(this.#self, { type: "delivery.open", attempt: this.#attempt } satisfies ToProducer);
    try {
      yield* Process.send(this.#source as Pid<any>, said);
    } catch (error) {
      if (causeOf(error).type !== "noproc") throw error;
    }
  }

  *#begin(producer: Pid<any>, number: number): LocalGenerator<void> {
    const stream: Stream = {
      producer,
      number,
      incoming: new Incoming(this.#window),
      monitor: yield* Process.monitor(producer),
    };
    this.#stream = stream;
    yield* this.#demand(stream, stream.incoming.demand(false));
  }

  /** Nothing more comes of a stream, and nothing of it can be confirmed: whoever has a message of it is told so when it does. */
  *#drop({ monitor }: Stream): LocalGenerator<void> {
    this.#stream = null;
    this.#holder = null;
    if (monitor !== null) yield* Process.demonitor(monitor, { flush: true });
  }

  *#demand({ producer, number }: Stream, demand: Demand | null): LocalGenerator<void> {
    if (demand !== null) yield* this.#tell(producer, { type: "delivery.demand", stream: number, ...demand });
  }

  *#tell(producer: Pid<any>, message: ToProducer): LocalGenerator<void> {
    yield* Process.send(producer, new Attributed(this.#self, message));
  }

  *#lost({ ref, cause }: Down): LocalGenerator<void> {
    const stream = this.#stream;
    if (stream?.monitor?.equals(ref) !== true) return yield* this.#left(ref);
    stream.monitor = null;
    // It may be there, and go on when it can be reached again.
    if (cause.type === "noconnection") return yield* this.#hurry();
    yield* this.#drop(stream);
    if (this.#source instanceof Pid) this.#source = null;
    else yield* this.#open();
  }

  // Time

  /** If nothing happens now, that is soon noticed. */
  *#hurry(): LocalGenerator<void> {
    if (this.#timer !== null && this.#patience === 1) return;
    if (this.#timer !== null) yield* Process.cancelTimer(this.#timer);
    this.#patience = 1;
    yield* this.#setTimer();
  }

  *#tick(): LocalGenerator<void> {
    this.#timer = null;
    if (this.#source === null) return;
    const stream = this.#stream;
    if (this.#hasProgress) {
      this.#hasProgress = false;
    } else if (stream === null) {
      yield* this.#ask();
    } else {
      // As long as its node cannot be reached that is found out each time; otherwise there is less and less to ask.
      if (stream.monitor === null) stream.monitor = yield* Process.monitor(stream.producer);
      else this.#patience = Math.min(2 * this.#patience, patienceMax);
      yield* this.#demand(stream, stream.incoming.demand(true));
    }
    yield* this.#setTimer();
  }

  *#setTimer(): LocalGenerator<void> {
    this.#timer = yield* Process.sendAfter(this.#patience * this.#retryMs, this.#self, tick);
  }

  // Those who receive

  *#wanted(): LocalGenerator<void> {
    for (const from of this.#called.splice(0)) {
      const pid = from.ref.owner as Pid<any>;
      let receiver = this.#receivers.get(pid.key);
      if (receiver === undefined) {
        receiver = { pid, monitor: yield* Process.monitor(pid), from: null };
      } else {
        // It goes to the end of those who wait.
        this.#receivers.delete(pid.key);
      }
      receiver.from = from;
      this.#receivers.set(pid.key, receiver);
      // It does not know what it was given: its call took too long, or it forgot to confirm.
      if (this.#holder === receiver) this.#holder = null;
    }
    yield* this.#give();
  }

  /** Gives the oldest message to the one who has waited longest, when nobody has it. */
  *#give(): LocalGenerator<void> {
    const first = this.#stream?.incoming.first ?? null;
    if (first === null || this.#holder !== null) return;
    for (const receiver of this.#receivers.values()) {
      const { from } = receiver;
      if (from === null) continue;
      const { id } = (this.#stream as Stream).producer.address;
      const message = yield* unpack(first.parts, id);
      receiver.from = null;
      this.#holder = receiver;
      this.#ticket += 1;
      yield* from.reply({ message, ticket: this.#ticket });
      return;
    }
  }

  /** A process that has ended has no message any more: the next one gets it. */
  *#left(ref: Ref): LocalGenerator<void> {
    for (const receiver of this.#receivers.values()) {
      if (!receiver.monitor.equals(ref)) continue;
      this.#receivers.delete(receiver.pid.key);
      if (this.#holder === receiver) this.#holder = null;
      return yield* this.#give();
    }
  }
}
