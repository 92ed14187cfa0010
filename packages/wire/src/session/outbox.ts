import type { Limits } from "@espalier/runtime";
import { encodePlain } from "../codec/cbor.ts";

/** The first byte of a sealed frame. */
export const frameKind = {
  /** An array of messages. */
  batch: 0,
  /** A part of an array with one message that no frame can hold; more parts follow. */
  fragment: 1,
  /** Its last part. */
  lastFragment: 2,
  /** See `hello.ts`. */
  control: 3,
  /** Nothing: the sender is there. See `ticks.ts`. */
  tick: 4,
  /** An array of messages that may overtake all others, see `mayOvertake`: it may come between the parts of another message. */
  ahead: 5,
  /** A tick that asks for a `pong` with the same four bytes. See `round-trip.ts`. */
  ping: 6,
  pong: 7,
} as const;

const tagBytes = 16;

/** What a frame carries of a message that needs several; the last may carry less. */
export function fragmentBytes(limits: Limits): number {
  return limits.frameBytes - tagBytes - 1;
}

/** Kind, and the header of an array of up to 65,535 elements. */
const headerBytes = 1 + 3;
const arrayOfUint16 = 0x99;
const arrayOfOne = 0x81;

const nothing = new Uint8Array(0);
const batchBytesMin = 1_024;

/** What waits for its turn: a frame as it is, or an encoded message that is cut into parts when they leave. */
interface Waiting {
  readonly type: "frame" | "message";
  readonly bytes: Uint8Array;
}

/**
 * Messages on their way into frames: many to a frame, and one too large for a frame in several. Messages are encoded when they are
 * added, so that what is changed later is not sent changed, and what cannot be sent fails where it was sent. They stay here until somebody
 * has room for the next frame.
 */
export class Outbox {
  readonly #limits: Limits;
  readonly #plainBytesMax: number;
  readonly #partBytes: number;
  /** The frame that is being filled: behind all that waits. */
  #batch: Uint8Array = nothing;
  #length = headerBytes;
  #count = 0;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** How many parts of the first that waits have left. */
  #partsLeft = 0;
  #part: Uint8Array = nothing;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#plainBytesMax = limits.frameBytes - tagBytes;
    this.#partBytes = fragmentBytes(limits);
  }

  /** Bytes of messages that have not left. */
  get bytes(): number {
    return this.#waitingBytes + this.#length - headerBytes;
  }

  /** Whether frames wait that are full. */
  get isBackedUp(): boolean {
    return this.#waiting.length > 0;
  }

  /** @throws RangeError when the message is larger than a peer takes. */
  add(message: unknown): void {
    const encoded = this.#encode(message);
    if (this.#length + encoded.length > this.#plainBytesMax) this.#close();
    if (this.#length + encoded.length > this.#plainBytesMax) {
      this.#push({ type: "message", bytes: encoded });
      return;
    }
    this.#roomFor(encoded.length).set(encoded, this.#length);
    this.#length += encoded.length;
    this.#count++;
  }

  /**
   * A frame with this message alone, to leave at once; null when it is too large for a frame.
   *
   * @throws RangeError when the message is larger than a peer takes.
   */
  ahead(message: unknown): Uint8Array | null {
    const encoded = this.#encode(message);
    if (2 + encoded.length > this.#plainBytesMax) return null;
    const frame = new Uint8Array(2 + encoded.length);
    frame[0] = frameKind.ahead;
    frame[1] = arrayOfOne;
    frame.set(encoded, 2);
    return frame;
  }

  /** The plaintext of the next frame, which is valid until the next call of anything here; null when nothing waits. */
  next(): Uint8Array | null {
    const first = this.#waiting[0];
    if (first === undefined) return this.#count === 0 ? null : this.#takeBatch();
    if (first.type === "message") return this.#nextPart(first);
    this.#waiting.shift();
    this.#waitingBytes -= first.bytes.length;
    return first.bytes;
  }

  #encode(message: unknown): Uint8Array {
    const encoded = encodePlain(message);
    if (encoded.length < this.#limits.messageBytes) return encoded;
    throw new RangeError(
      `message: expected less than ${this.#limits.messageBytes} bytes once encoded, got ${encoded.length} (limits.messageBytes)`,
    );
  }

  /** The frame that is being filled, as it is; the next one is written into the same memory. */
  #takeBatch(): Uint8Array {
    const batch = this.#batch;
    batch[0] = frameKind.batch;
    batch[1] = arrayOfUint16;
    // A message has at least one byte, so there are never more than a frame has bytes.
    batch[2] = this.#count >> 8;
    batch[3] = this.#count & 0xff;
    const length = this.#length;
    this.#length = headerBytes;
    this.#count = 0;
    return batch.subarray(0, length);
  }

  /** The frame that is being filled waits with the others. */
  #close(): void {
    if (this.#count === 0) return;
    this.#push({ type: "frame", bytes: this.#takeBatch() });
    this.#batch = nothing;
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.bytes.length;
  }

  /** The batch, with room for that much more. It grows with what is sent: most links never fill a frame. */
  #roomFor(bytes: number): Uint8Array {
    const needed = this.#length + bytes;
    if (this.#batch.length >= needed) return this.#batch;
    // Where frames wait, the next one will be as full.
    const wanted = this.isBackedUp ? this.#plainBytesMax : Math.max(2 * needed, batchBytesMin);
    const larger = new Uint8Array(Math.min(wanted, this.#plainBytesMax));
    larger.set(this.#batch.subarray(0, this.#length));
    return (this.#batch = larger);
  }

  /** All parts but the last are full. Together they are an array of one message. */
  #nextPart({ bytes }: Waiting): Uint8Array {
    // The head of the array comes first, so that everything else is one byte later than in the message.
    const start = this.#partsLeft * this.#partBytes - 1;
    const end = Math.min(start + this.#partBytes, bytes.length);
    if (this.#part.length === 0) this.#part = new Uint8Array(this.#plainBytesMax);
    const part = this.#part;
    if (start < 0) part[1] = arrayOfOne;
    const content = bytes.subarray(Math.max(start, 0), end);
    part.set(content, start < 0 ? 2 : 1);
    this.#waitingBytes -= content.length;
    const isLast = end === bytes.length;
    part[0] = isLast ? frameKind.lastFragment : frameKind.fragment;
    this.#partsLeft = isLast ? 0 : this.#partsLeft + 1;
    if (isLast) this.#waiting.shift();
    return part.subarray(0, 1 + end - start);
  }
}
