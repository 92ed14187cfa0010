import { drainedBytes, mayOvertake, type Limits, type Message, type RoundTripView } from "@espalier/runtime";
import { Inbox } from "./inbox.ts";
import { frameKind, Outbox } from "./outbox.ts";
import { CodecError } from "../errors.ts";
import type { RoundTrip } from "./round-trip.ts";

/** What {@link Traffic} needs of its session. */
export interface TrafficOwner {
  /** Seals and sends the plaintext of one frame, and is done with the memory when it returns. */
  emit(plain: Uint8Array): void;
  /** Runs `task` soon, after what is running now. */
  soon(task: () => void): void;
  /** Whether the session is up. */
  readonly isUp: boolean;
  /** Bytes that the pipe has taken and not handed on yet. */
  readonly pipeBytes: number;
  message(message: Message): void;
  /** More waits for the peer than the limits allow. */
  overflowed(queuedBytes: number): void;
  /** More than `busyBytes` waits in {@link Traffic}, from within `send`; or not any more, once less than half of that does. */
  busy(isBusy: boolean): void;
}

const tick = Uint8Array.of(frameKind.tick);

/**
 * What goes back and forth over a session that is up, other than control frames: messages, in frames, and ticks.
 *
 * A pipe gets no more than a window at a time; the rest waits here, unsealed, and goes on as the pipe drains. So what must be in time waits for a
 * window at most, however much there is to send: ticks, control frames, and messages that {@link mayOvertake}. All others keep their order.
 */
export class Traffic {
  readonly #limits: Limits;
  readonly #owner: TrafficOwner;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #roundTrip: RoundTrip;
  readonly #windowBytes: number;
  /** The answer to the peer's question, until the pipe has room for it. */
  #owed: Uint8Array | null = null;
  #flushing = false;
  #busy = false;

  constructor(limits: Limits, owner: TrafficOwner, roundTrip: RoundTrip) {
    this.#limits = limits;
    this.#owner = owner;
    this.#roundTrip = roundTrip;
    this.#inbox = new Inbox(limits);
    this.#outbox = new Outbox(limits);
    // A pipe says that it has drained only when it held so much.
    this.#windowBytes = Math.max(limits.windowBytes, drainedBytes);
  }

  /** Bytes that wait here, beside those that the pipe has. */
  get waitingBytes(): number {
    return this.#outbox.bytes;
  }

  /**
   * Queues a message; everything queued in one turn of the loop leaves in as few frames as it fits.
   *
   * @throws RangeError when it is larger than a peer takes.
   */
  send(message: Message): void {
    const outbox = this.#outbox;
    if (outbox.isBackedUp && mayOvertake(message)) {
      const frame = outbox.ahead(message);
      if (frame !== null) return this.#atOnce(frame);
    }
    outbox.add(message);
    if (outbox.isBackedUp) this.#backedUp();
    this.#flushSoon();
  }

  /** Hands everything to the pipe that was sent so far, whatever the pipe holds: for a session that ends. */
  flush(): void {
    for (let frame = this.#outbox.next(); frame !== null; frame = this.#outbox.next()) this.#owner.emit(frame);
  }

  /** The pipe has room again. */
  drained(): void {
    this.#payAnswer();
    this.#fill();
    this.#ease();
  }

  /** Says that this node is there, and asks whether the peer is when it is time for that. */
  tick(): void {
    this.#owner.emit(this.#roundTrip.ask() ?? tick);
  }

  /** How long the peer takes to answer; null until it has. */
  get roundTrip(): RoundTripView | null {
    return this.#roundTrip.view;
  }

  /**
   * The plaintext of a frame of any kind but control.
   *
   * @throws CodecError on anything that the other side would not have sent.
   */
  receive(plain: Uint8Array): void {
    if (plain[0] === frameKind.tick) {
      if (plain.length > 1) throw new CodecError("a tick with something in it");
      return;
    }
    if (plain[0] === frameKind.ping) {
      this.#owed = this.#roundTrip.answer(plain);
      return this.#payAnswer();
    }
    if (plain[0] === frameKind.pong) return this.#roundTrip.answered(plain);
    for (const message of this.#inbox.take(plain)) {
      // Whoever got one message may have ended the session: nothing comes after the end.
      if (!this.#owner.isUp) return;
      this.#owner.message(message);
    }
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    if (!this.#owner.isUp) return;
    this.#fill();
    this.#ease();
    const queuedBytes = this.#outbox.bytes + this.#owner.pipeBytes;
    if (queuedBytes > this.#limits.queuedBytes) this.#owner.overflowed(queuedBytes);
  };

  /** Ahead of everything that waits here. */
  #atOnce(frame: Uint8Array): void {
    this.#owner.emit(frame);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#owner.soon(this.#flush);
  }

  /** There is at least one full frame: it need not wait for the end of the turn. */
  #backedUp(): void {
    while (this.#outbox.isBackedUp && this.#hasRoom) this.#emitNext();
    if (!this.#busy && this.#outbox.bytes > this.#limits.busyBytes) this.#owner.busy((this.#busy = true));
  }

  #fill(): void {
    while (this.#outbox.bytes > 0 && this.#hasRoom) this.#emitNext();
  }

  /** Who asks again before it has read the answer gets one answer: a flood of questions makes no flood of answers that wait here. */
  #payAnswer(): void {
    if (this.#owed === null || !this.#hasRoom) return;
    this.#owner.emit(this.#owed);
    this.#owed = null;
  }

  get #hasRoom(): boolean {
    return this.#owner.pipeBytes < this.#windowBytes;
  }

  #emitNext(): void {
    const frame = this.#outbox.next();
    if (frame !== null) this.#owner.emit(frame);
  }

  #ease(): void {
    if (!this.#busy || this.#outbox.bytes >= this.#limits.busyBytes / 2) return;
    this.#owner.busy((this.#busy = false));
  }
}
