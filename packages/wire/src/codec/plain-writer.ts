import { Tag } from "cbor-x/index-no-eval";

const encoder = new TextEncoder();

/** What memory is taken in: results are cut off the front of it, one after another. */
const chunkBytes = 2 ** 16;
/** Room for any head and any number. */
const itemBytes = 9;
/** Up to this length a text is copied by character: asking the encoder costs more. */
const shortText = 64;

let target = new Uint8Array(chunkBytes);
let view = new DataView(target.buffer);
/** Where the value begins that is being written, and where it goes on. */
let start = 0;
let position = 0;
/** A getter of somebody's object may send something while that object is being encoded. */
let isWriting = false;

/**
 * Most values, in the very bytes that cbor-x makes of them, in a third of the time: null, undefined, booleans, numbers, well-formed texts,
 * plain Uint8Arrays, arrays, plain objects, tags, and nothing else. Null when there is anything else in it.
 *
 * The bytes are a view into memory that other results share, and that nothing writes to again.
 */
export function writePlain(data: unknown): Uint8Array | null {
  if (isWriting) return null;
  isWriting = true;
  start = position;
  try {
    if (!write(data)) {
      position = start;
      return null;
    }
    const written = target.subarray(start, position);
    // What was large once need not be for ever.
    if (target.length > chunkBytes) useChunk(new Uint8Array(chunkBytes), 0);
    return written;
  } catch (error) {
    position = start;
    throw error;
  } finally {
    isWriting = false;
  }
}

function write(data: unknown): boolean {
  if (position + itemBytes > target.length) makeRoom(itemBytes);
  switch (typeof data) {
    case "string":
      return writeText(data);
    case "number":
      writeNumber(data);
      return true;
    case "boolean":
      target[position++] = data ? 0xf5 : 0xf4;
      return true;
    case "undefined":
      target[position++] = 0xf7;
      return true;
    case "object":
      if (data !== null) return writeObject(data);
      target[position++] = 0xf6;
      return true;
    default:
      return false;
  }
}

function writeObject(data: object): boolean {
  if (Array.isArray(data)) {
    if (Object.getPrototypeOf(data) !== Array.prototype) return false;
    const { length } = data;
    writeHead(0x80, length);
    for (let index = 0; index < length; index += 1) if (!write(data[index])) return false;
    return true;
  }
  const prototype = Object.getPrototypeOf(data) as object | null;
  if (prototype === Object.prototype) {
    const keys = Object.keys(data);
    writeHead(0xa0, keys.length);
    for (const key of keys) {
      if (position + itemBytes > target.length) makeRoom(itemBytes);
      if (!writeText(key) || !write((data as Record<string, unknown>)[key])) return false;
    }
    return true;
  }
  if (prototype === Uint8Array.prototype) {
    const bytes = data as Uint8Array;
    writeHead(0x40, bytes.length);
    if (position + bytes.length > target.length) makeRoom(bytes.length);
    target.set(bytes, position);
    position += bytes.length;
    return true;
  }
  if (prototype !== Tag.prototype) return false;
  const { tag, value } = data as Tag;
  writeHead(0xc0, tag);
  return write(value);
}

/** Writes the head of an item; there is room for it. */
function writeHead(major: number, argument: number): void {
  if (argument < 24) {
    target[position++] = major | argument;
  } else if (argument < 0x100) {
    target[position++] = major | 24;
    target[position++] = argument;
  } else if (argument < 0x10000) {
    target[position++] = major | 25;
    target[position++] = argument >> 8;
    target[position++] = argument;
  } else {
    target[position++] = major | 26;
    view.setUint32(position, argument);
    position += 4;
  }
}

function writeNumber(value: number): void {
  if (value >>> 0 === value) return writeHead(0, value);
  if (value < 0 && value >= -0x100000000 && Math.floor(value) === value) return writeHead(0x20, -1 - value);
  target[position++] = 0xfb;
  view.setFloat64(position, value);
  position += 8;
}

function writeText(text: string): boolean {
  const { length } = text;
  if (length <= shortText) {
    if (position + itemBytes + length > target.length) makeRoom(itemBytes + length);
    const head = position;
    writeHead(0x60, length);
    let index = 0;
    for (; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) break;
      target[position + index] = code;
    }
    if (index === length) {
      position += length;
      return true;
    }
    position = head;
  }
  if (!text.isWellFormed()) return false;
  const bytes = encoder.encode(text);
  writeHead(0x60, bytes.length);
  if (position + bytes.length > target.length) makeRoom(bytes.length);
  target.set(bytes, position);
  position += bytes.length;
  return true;
}

/** Goes on in fresh memory, with what there is of the present value. */
function makeRoom(bytes: number): void {
  const written = position - start;
  const larger = new Uint8Array(Math.max(chunkBytes, 2 * (written + bytes)));
  larger.set(target.subarray(start, position));
  start = 0;
  useChunk(larger, written);
}

function useChunk(chunk: Uint8Array<ArrayBuffer>, from: number): void {
  target = chunk;
  view = new DataView(chunk.buffer);
  position = from;
}
