import { Tag } from "cbor-x/index-no-eval";
import { tags } from "./gate.ts";

/** Reads what is rare, or not for us to interpret. */
export type ReadOtherwise = (bytes: Uint8Array) => unknown;

/** Thrown, and caught, where it is up to somebody else. */
const otherwise = Symbol("otherwise");

/** Texts of up to this length are looked up: most of them are ids, names of fields and kinds, and come again and again. */
const textBytesKnown = 64;
/** The texts that were read last, by a hash of theirs. */
const known: string[] = Array.from({ length: 1_024 }, () => "");

const nothing = new Uint8Array(0);
const nothingView = new DataView(nothing.buffer);
let bytes: Uint8Array = nothing;
let view: DataView = nothingView;
let position = 0;
let isCopying = false;
let readOtherwise: ReadOtherwise = () => undefined;

/**
 * What cbor-x makes of the same bytes, in half of the time. They have passed the gate: nothing is checked here that it has checked. What is not
 * null, a boolean, a number of up to 32 bits, a double, a text, a byte string, an array, an object or our own tag is read by `other`.
 *
 * @param copies whether byte strings are copied out of `data` instead of being views.
 */
export function readPlain(data: Uint8Array, copies: boolean, other: ReadOtherwise): unknown {
  bytes = data;
  view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  position = 0;
  isCopying = copies;
  readOtherwise = other;
  try {
    return read();
  } catch (error) {
    if (error !== otherwise) throw error;
    return other(data);
  } finally {
    bytes = nothing;
    view = nothingView;
  }
}

function read(): unknown {
  const start = position;
  const initial = bytes[position++] as number;
  const major = initial >> 5;
  if (major === 7) return readSimple(initial);
  const argument = readArgument(initial & 0x1f);
  switch (major) {
    case 0:
      return argument;
    case 1:
      return -1 - argument;
    case 2: {
      const from = position;
      position += argument;
      return isCopying ? bytes.slice(from, position) : bytes.subarray(from, position);
    }
    case 3:
      return readText(start, argument);
    case 4: {
      const array: unknown[] = [];
      for (let left = argument; left > 0; left -= 1) array.push(read());
      return array;
    }
    case 5: {
      const object: Record<string, unknown> = {};
      for (let left = argument; left > 0; left -= 1) {
        // The gate lets only texts through, and none that is `__proto__`.
        const key = read() as string;
        object[key] = read();
      }
      return object;
    }
    default:
      if (argument !== tags.espalier) throw otherwise;
      return new Tag(read(), argument);
  }
}

function readArgument(short: number): number {
  if (short < 24) return short;
  switch (short) {
    case 24:
      return bytes[position++] as number;
    case 25:
      position += 2;
      return view.getUint16(position - 2);
    case 26:
      position += 4;
      return view.getUint32(position - 4);
    default:
      throw otherwise;
  }
}

function readSimple(initial: number): unknown {
  switch (initial) {
    case 0xf4:
      return false;
    case 0xf5:
      return true;
    case 0xf6:
      return null;
    case 0xf7:
      return undefined;
    case 0xfb:
      position += 8;
      return view.getFloat64(position - 8);
    default:
      throw otherwise;
  }
}

/** @param start of the whole item. */
function readText(start: number, length: number): string {
  const from = position;
  position += length;
  if (length > textBytesKnown) return readOtherwise(bytes.subarray(start, position)) as string;
  let hash = length;
  let codes = 0;
  for (let index = from; index < position; index += 1) {
    const code = bytes[index] as number;
    codes |= code;
    hash = Math.imul(hash, 31) + code;
  }
  if (codes >= 0x80) return readOtherwise(bytes.subarray(start, position)) as string;
  const slot = (hash ^ (hash >>> 10) ^ (hash >>> 20)) & 1_023;
  const candidate = known[slot] as string;
  if (candidate.length === length && isAt(candidate, from)) return candidate;
  const text = String.fromCharCode.apply(null, bytes.subarray(from, position) as unknown as number[]);
  known[slot] = text;
  return text;
}

function isAt(text: string, from: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[from + index]) return false;
  }
  return true;
}
