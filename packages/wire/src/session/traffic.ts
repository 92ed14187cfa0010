import type { Limits, Message } from "@espalier/runtime";
import { Inbox } from "./inbox.ts";
import { frameKind, Outbox } from "./outbox.ts";
import { CodecError } from "../errors.ts";

/** What {@link Traffic} needs of its session. */
export interface TrafficOwner {
  /** Seals and sends the plaintext of one frame, and is done with the memory when it returns. */
  emit(plain: Uint8Array): void;
  /** Runs `task` soon, after what is running now. */
  soon(task: () => void): void;
  /** Whether the session is up. */
  readonly isUp: boolean;
  /** Bytes that the pipe has taken and not handed on yet. */
  readonly queuedBytes: number;
  message(message: Message): void;
  /** More waits for the peer than the limits allow. */
  overflowed(queuedBytes: number): void;
}

const tick = Uint8Array.of(frameKind.tick);

/** What goes back and forth over a session that is up, other than control frames: messages, in frames, and ticks. */
export class Traffic {
  readonly #limits: Limits;
  readonly #owner: TrafficOwner;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #flushing = false;

  constructor(limits: Limits, owner: TrafficOwner) {
    this.#limits = limits;
    this.#owner = owner;
    this.#inbox = new Inbox(limits);
    this.#outbox = new Outbox(limits, (plain) => owner.emit(plain));
  }

  /**
   * Queues a message; everything queued in one turn of the loop leaves in as few frames as it fits.
   *
   * @throws RangeError when it is larger than a peer takes.
   */
  send(message: Message): void {
    this.#outbox.add(message);
    if (this.#flushing) return;
    this.#flushing = true;
    this.#owner.soon(this.#flush);
  }

  /** Hands everything to the pipe that was sent so far. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Says that this node is there. */
  tick(): void {
    this.#owner.emit(tick);
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
    for (const message of this.#inbox.take(plain)) {
      // Whoever got one message may have ended the session: nothing comes after the end.
      if (!this.#owner.isUp) return;
      this.#owner.message(message);
    }
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    if (!this.#owner.isUp) return;
    this.#outbox.flush();
    const { queuedBytes } = this.#owner;
    if (queuedBytes > this.#limits.queuedBytes) this.#owner.overflowed(queuedBytes);
  };
}
