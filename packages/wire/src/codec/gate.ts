import type { Limits } from "@espalier/runtime";
import { CodecError } from "../errors.ts";

/** What {@link inspect} lets through, beside plain data. */
export interface GateOptions {
  readonly limits: Limits;
  /** Whether tags may occur: those of {@link tags}, and nothing else. Messages between nodes have none. */
  readonly tagged: boolean;
}

/** The tags of CBOR (RFC 8949 §3.4) that we write, and the only ones that we read. */
export const tags = {
  /** https://github.com/input-output-hk/cbor-sets-spec: a set, as an array. */
  set: 258,
  /** https://github.com/shanewholloway/js-cbor-codec: a map whose keys are any values. */
  map: 259,
  /** Ours: an array whose first element says what it stands for. See `codec.ts`. */
  espalier: 25_971,
} as const;

/** RFC 8746: typed arrays, little endian and the kinds of one byte. */
const typedArrays: ReadonlySet<number> = new Set([68, 69, 70, 71, 72, 77, 78, 79, 85, 86]);

/** What the next data item must be: any, the content of a certain tag, or the key of an object. */
const any = 0;
const someBytes = 1;
const someArray = 2;
const someMap = 3;
const someKey = 4;

/** Kinds of container on the stack. */
const inArray = 0;
const inMapOfAny = 1;
const inObject = 2;

const underscore = 0x5f;
const proto = "__proto__";

/**
 * Checks that `bytes` are one well-formed data item within `limits`, of the kinds that we write: definite lengths, object keys that
 * are texts (and not `__proto__`), known tags around what they are for. Allocates nothing in proportion to what the bytes claim,
 * and looks at each byte at most once.
 *
 * cbor-x reads much more: records that it compiles with `new Function`, shared references whose resolution takes exponential time,
 * big numbers whose reading takes quadratic time, dates and regular expressions built from any content. Nothing of that kind gets
 * past this function to it.
 *
 * @returns whether there is a tag anywhere, that is, whether the decoded data needs a second look.
 * @throws CodecError that names the offset and what is wrong there.
 */
export function inspect(bytes: Uint8Array, options: GateOptions): boolean {
  const { limits, tagged } = options;
  const end = bytes.length;
  if (end > limits.messageBytes) fail(0, `${end} bytes; the limit is ${limits.messageBytes} (limits.messageBytes)`);
  let position = 0;
  let items = 0;
  let sawTag = false;
  let expected = any;
  let depth = 0;
  let container = inArray;
  /** Data items still to come in the innermost container; the outermost "container" is the one item asked for. */
  let remaining = 1;
  const outer: number[] = [];

  for (;;) {
    // After a tag, its content is still to come.
    while (remaining === 0 && expected === any) {
      if (depth === 0) {
        if (position !== end) fail(position, "more bytes after the end of the data");
        return sawTag;
      }
      depth--;
      remaining = outer.pop() as number;
      container = outer.pop() as number;
    }
    if (expected === any) {
      // Keys and values alternate, and the count of both is even: so an even number still to come means that a key is next.
      if (container === inObject && remaining % 2 === 0) expected = someKey;
      remaining--;
      if (++items > limits.itemsTotal) fail(position, `more than ${limits.itemsTotal} data items (limits.itemsTotal)`);
    }

    if (position >= end) fail(position, "the bytes end in the middle of the data");
    const start = position;
    const initial = bytes[position++] as number;
    const major = initial >> 5;
    let argument = initial & 0x1f;
    if (argument > 27) fail(start, "an indefinite length or a reserved code");
    if (argument > 23) {
      const width = 1 << (argument - 24);
      if (position + width > end) fail(start, "the bytes end in the middle of the data");
      if (major === 7) {
        if (width === 1) fail(start, "a simple value that is not known here");
        if (expected !== any) fail(start, unexpected(expected));
        position += width;
        continue;
      }
      if (width === 8 && major > 1) fail(start, "a length of 64 bits");
      argument = 0;
      for (let i = 0; i < width; i++) argument = argument * 256 + (bytes[position + i] as number);
      position += width;
    } else if (major === 7 && argument < 20) {
      fail(start, "a simple value that is not known here");
    }

    switch (major) {
      case 2:
      case 3: {
        if (major === 2 ? expected !== any && expected !== someBytes : expected !== any && expected !== someKey) {
          fail(start, unexpected(expected));
        }
        if (argument > limits.stringBytes) {
          fail(
            start,
            `a text or byte string of ${argument} bytes; the limit is ${limits.stringBytes} (limits.stringBytes)`,
          );
        }
        if (argument > end - position) fail(start, "the bytes end in the middle of the data");
        if (expected === someKey && argument === proto.length && isProto(bytes, position)) {
          fail(start, `"${proto}" as the key of an object`);
        }
        position += argument;
        break;
      }
      case 4: {
        if (expected !== any && expected !== someArray) fail(start, unexpected(expected));
        if (argument > limits.collectionLength) {
          fail(start, `an array of ${argument}; the limit is ${limits.collectionLength} (limits.collectionLength)`);
        }
        if (argument > end - position) fail(start, "the bytes end in the middle of the data");
        if (++depth > limits.depth) fail(start, `nested deeper than ${limits.depth} (limits.depth)`);
        outer.push(container, remaining);
        container = inArray;
        remaining = argument;
        break;
      }
      case 5: {
        if (expected !== any && expected !== someMap) fail(start, unexpected(expected));
        if (argument > limits.collectionLength) {
          fail(start, `a map of ${argument}; the limit is ${limits.collectionLength} (limits.collectionLength)`);
        }
        if (2 * argument > end - position) fail(start, "the bytes end in the middle of the data");
        if (++depth > limits.depth) fail(start, `nested deeper than ${limits.depth} (limits.depth)`);
        outer.push(container, remaining);
        container = expected === someMap ? inMapOfAny : inObject;
        remaining = 2 * argument;
        break;
      }
      case 6: {
        // Also forbids a tag around a tag: each of ours says what it is around.
        if (expected !== any) fail(start, unexpected(expected));
        if (!tagged) fail(start, "a tag, where only plain data is expected");
        sawTag = true;
        if (argument === tags.map) expected = someMap;
        else if (argument === tags.set || argument === tags.espalier) expected = someArray;
        else if (typedArrays.has(argument)) expected = someBytes;
        else fail(start, `the tag ${argument}, which is not known here`);
        continue;
      }
      default:
        if (expected !== any) fail(start, unexpected(expected));
    }
    expected = any;
  }
}

function fail(offset: number, what: string): never {
  throw new CodecError(`malformed data: ${what} (at byte ${offset})`);
}

function unexpected(expected: number): string {
  const wanted = expected === someKey ? "a text as the key of an object" : "the content that its tag is for";
  return `expected ${wanted}`;
}

/** Whether the nine bytes at `offset` spell the one key that is not data to JavaScript. */
function isProto(bytes: Uint8Array, offset: number): boolean {
  if (bytes[offset] !== underscore || bytes[offset + 8] !== underscore) return false;
  for (let i = 0; i < proto.length; i++) if (bytes[offset + i] !== proto.charCodeAt(i)) return false;
  return true;
}
