// The build without `new Function` and without native code: the same bytes and the same speed wherever we run.
import { Decoder, Encoder } from "cbor-x/index-no-eval";
import { CodecError } from "../errors.ts";
import { inspect } from "./gate.ts";
import type { Limits } from "@espalier/runtime";
import { readPlain } from "./plain-reader.ts";
import { writePlain } from "./plain-writer.ts";

// Nothing of cbor-x that is stateful or global is used: no records (they make an encoder remember), no `addExtension` (it is for
// all users of the module at once, so that two nodes in one OS process would share it), no `structuredClone` (see gate.ts).
const options = { useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false } as const;
const encoder = new Encoder(options);
const decoder = new Decoder(options);
const copyingDecoder = new Decoder({ ...options, copyBuffers: true });

const readViews = (bytes: Uint8Array): unknown => decoder.decode(bytes);
const readCopies = (bytes: Uint8Array): unknown => copyingDecoder.decode(bytes);

/**
 * Plain data as CBOR: null, undefined, booleans, numbers, 64-bit integers, texts, byte strings, arrays and objects as trees.
 * What else there is in `data` is not looked for: this is for data whose shape the caller knows.
 *
 * The bytes are a view into memory that other results share, and that nothing writes to again.
 */
export function encodePlain(data: unknown): Uint8Array {
  return writePlain(data) ?? encoder.encode(data);
}

export interface DecodeOptions {
  readonly limits: Limits;
  /** Whether the tags of `gate.ts` may occur. Default: no. */
  readonly tagged?: boolean;
  /** Whether byte strings are copied out of `bytes` instead of being views. Default: no. */
  readonly copy?: boolean;
}

/**
 * @returns the data, and whether there were tags in it.
 * @throws CodecError and nothing else, in time proportional to the length of `bytes`.
 */
export function decodeCbor(
  bytes: Uint8Array,
  options: DecodeOptions,
): { readonly data: unknown; readonly tagged: boolean } {
  const tagged = inspect(bytes, { limits: options.limits, tagged: options.tagged ?? false });
  // A Buffer would beget Buffers; and cbor-x keeps a DataView on the array that it reads, which is not ours to change.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return options.copy === true
      ? { data: readPlain(view, true, readCopies), tagged }
      : { data: readPlain(view, false, readViews), tagged };
  } catch (error) {
    throw new CodecError(`malformed data: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
