/** What a WebSocket connection carries, in order: frames with a message of a node, and everything else as it came. */
export type Piece =
  | { readonly type: "raw"; readonly bytes: Uint8Array }
  | { readonly type: "frame"; readonly payload: Uint8Array };

/** FIN, and the opcode of a binary message (RFC 6455 §5.2). */
const binaryMessage = 0x82;
const maskBit = 0x80;
const headEnd = "\r\n\r\n";

/** Takes one direction of a WebSocket connection apart: the HTTP head first, then frames. */
export class FrameReader {
  #isHead = true;
  #rest: Buffer = Buffer.alloc(0);

  /** What is complete with these bytes. */
  read(bytes: Uint8Array): readonly Piece[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    const pieces: Piece[] = [];
    for (let piece = this.#next(); piece !== null; piece = this.#next()) pieces.push(piece);
    return pieces;
  }

  #next(): Piece | null {
    if (!this.#isHead) return this.#frame();
    const end = this.#rest.indexOf(headEnd);
    if (end < 0) return null;
    this.#isHead = false;
    return { type: "raw", bytes: this.#take(end + headEnd.length) };
  }

  #frame(): Piece | null {
    const rest = this.#rest;
    if (rest.length < 2) return null;
    const isMasked = ((rest[1] as number) & maskBit) !== 0;
    const short = (rest[1] as number) & ~maskBit;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const headBytes = 2 + lengthBytes + (isMasked ? 4 : 0);
    if (rest.length < headBytes) return null;
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    if (rest.length < headBytes + length) return null;
    const isMessage = rest[0] === binaryMessage;
    const frame = this.#take(headBytes + length);
    if (!isMessage) return { type: "raw", bytes: frame };
    const payload = Uint8Array.from(frame.subarray(headBytes));
    if (isMasked) unmask(payload, frame.subarray(headBytes - 4, headBytes));
    return { type: "frame", payload };
  }

  #take(count: number): Buffer {
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }
}

/** A frame with one message. Who connected has to mask (RFC 6455 §5.3): a mask of zeros leaves the bytes as they are. */
export function writeFrame(payload: Uint8Array, isMasked: boolean): Buffer {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 2 ** 16 ? 2 : 8;
  const head = Buffer.alloc(2 + lengthBytes + (isMasked ? 4 : 0));
  head[0] = binaryMessage;
  head[1] = (isMasked ? maskBit : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) head.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

function unmask(payload: Uint8Array, mask: Uint8Array): void {
  if (mask.every((byte) => byte === 0)) return;
  for (let index = 0; index < payload.length; index += 1) {
    payload[index] = (payload[index] as number) ^ (mask[index & 3] as number);
  }
}
