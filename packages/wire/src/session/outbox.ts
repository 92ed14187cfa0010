import { encodePlain } from "../codec/cbor.ts";
import type { Limits } from "@espalier/runtime";

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

/**
 * Messages on their way into frames: many to a frame, and one too large for a frame in several. Messages are encoded when they are
 * added, so that what is changed later is not sent changed, and what cannot be sent fails where it was sent.
 */
export class Outbox {
  readonly #emit: (plain: Uint8Array) => void;
  readonly #limits: Limits;
  readonly #plainBytesMax: number;
  #batch: Uint8Array = nothing;
  #length = headerBytes;
  #count = 0;

  /** @param emit takes the plaintext of one frame, and is done with the memory when it returns. */
  constructor(limits: Limits, emit: (plain: Uint8Array) => void) {
    this.#limits = limits;
    this.#emit = emit;
    this.#plainBytesMax = limits.frameBytes - tagBytes;
  }

  /** @throws RangeError when the message is larger than a peer takes. */
  add(message: unknown): void {
    const encoded = encodePlain(message);
    if (encoded.length >= this.#limits.messageBytes) {
      throw new RangeError(
        `message: expected less than ${this.#limits.messageBytes} bytes once encoded, got ${encoded.length}`,
      );
    }
    if (this.#length + encoded.length > this.#plainBytesMax) this.flush();
    if (this.#length + encoded.length > this.#plainBytesMax) {
      this.#emitFragments(encoded);
      return;
    }
    this.#roomFor(encoded.length).set(encoded, this.#length);
    this.#length += encoded.length;
    this.#count++;
  }

  /** Emits what was added and not emitted yet. */
  flush(): void {
    if (this.#count === 0) return;
    const batch = this.#batch;
    batch[0] = frameKind.batch;
    batch[1] = arrayOfUint16;
    // A message has at least one byte, so there are never more than a frame has bytes.
    batch[2] = this.#count >> 8;
    batch[3] = this.#count & 0xff;
    const length = this.#length;
    this.#length = headerBytes;
    this.#count = 0;
    this.#emit(batch.subarray(0, length));
  }

  /** The batch, with room for that much more. It grows with what is sent: most links never fill a frame. */
  #roomFor(bytes: number): Uint8Array {
    const needed = this.#length + bytes;
    if (this.#batch.length >= needed) return this.#batch;
    const larger = new Uint8Array(Math.min(Math.max(2 * needed, batchBytesMin), this.#plainBytesMax));
    larger.set(this.#batch.subarray(0, this.#length));
    return (this.#batch = larger);
  }

  #emitFragments(encoded: Uint8Array): void {
    const partBytes = fragmentBytes(this.#limits);
    const whole = new Uint8Array(1 + encoded.length);
    whole[0] = arrayOfOne;
    whole.set(encoded, 1);
    for (let offset = 0; offset < whole.length; offset += partBytes) {
      const part = whole.subarray(offset, offset + partBytes);
      const plain = new Uint8Array(1 + part.length);
      plain[0] = offset + partBytes < whole.length ? frameKind.fragment : frameKind.lastFragment;
      plain.set(part, 1);
      this.#emit(plain);
    }
  }
}
