import { Buffer } from "node:buffer";

/** What one message may take: no value that travels is larger. */
const messageBytesMax = 64 * 2 ** 20;

/** A message on a pipe: its length in four bytes, and itself. */
export function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(4 + bytes.length);
  framed.writeUInt32BE(bytes.length, 0);
  framed.set(bytes, 4);
  return framed;
}

/** Takes messages out of what a pipe brings. */
export class FrameReader {
  readonly #take: (bytes: Uint8Array) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take;
  }

  /** @throws RangeError when a message is too long. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= 4) {
      const head = this.#chunks[0] as Buffer;
      if (head.length < 4) this.#join();
      const length = (this.#chunks[0] as Buffer).readUInt32BE(0);
      if (length > messageBytesMax) throw new RangeError(`it sent a message of ${length} bytes`);
      if (this.#bytes < 4 + length) return;
      const all = this.#join();
      const rest = all.subarray(4 + length);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#bytes = rest.length;
      this.#take(new Uint8Array(all.subarray(4, 4 + length)));
    }
  }

  #join(): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
