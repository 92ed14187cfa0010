import type { Codec, Hash, TravellingFunctions, TravellingInstances, Travels } from "@espalier/runtime";
import { limits as defaultLimits, NotMovableError, type Limits } from "@espalier/runtime";
import { decodeCbor, encodePlain } from "./cbor.ts";
import { CodecError } from "../errors.ts";
import { inspect } from "./gate.ts";
import { ForeignKinds } from "./kinds.ts";
import { lower } from "./lowering.ts";
import { raise } from "./raising.ts";
import { Survey } from "./survey.ts";

export interface CborCodecOptions {
  /** The kinds of value that travel, from the packages that own them. */
  readonly travels?: readonly Travels[];
  /** Who knows which functions travel. */
  readonly functions?: readonly TravellingFunctions[];
  /** Who knows which classes travel with their instances. */
  readonly instances?: TravellingInstances;
  readonly limits?: Partial<Limits>;
}

const someValue = () => "the value";

/**
 * Values to bytes and back, by cbor-x.
 *
 * What arrives equals what was sent, for: undefined, null, booleans, all numbers (NaN and −0 included), bigints, all strings, arrays,
 * plain objects (with whatever keys; a null prototype stays one), Date, Map, Set, RegExp, ArrayBuffer, typed arrays, errors, the
 * kinds of value of `travels` and `functions`, and the own fields of `instances`. Sharing and cycles are kept.
 *
 * What changes, as with `structuredClone`: what is no element of an array, Map, Set, Date or RegExp stays behind, as do hidden properties
 * of plain objects; frozen objects arrive thawed, a Buffer as a Uint8Array, and views of one ArrayBuffer each with their own. Of an error,
 * name, message, code, cause and errors travel; its class is kept when the language defines it or when it travels, and then all of its
 * fields and its stack are too.
 *
 * A getter is not called: an object that has one of its own is refused.
 *
 * Everything else is refused by the path to it. State is per call: any number of codecs live side by side.
 */
export class CborCodec implements Codec {
  readonly #kinds: ForeignKinds;
  readonly #limits: Limits;

  /** @throws TypeError when two of the kinds have one name or class. */
  constructor(options: CborCodecOptions = {}) {
    this.#kinds = new ForeignKinds(options.travels ?? [], options.functions ?? [], options.instances ?? null);
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  encode(value: unknown): { readonly bytes: Uint8Array; readonly hashes: ReadonlySet<Hash> } {
    const survey = new Survey(value, this.#kinds, this.#limits, someValue);
    const encoded = encodePlain(survey.special ? lower(value, survey) : value);
    this.#checkSize(encoded);
    return { bytes: ownBytes(encoded), hashes: survey.hashes };
  }

  decode(bytes: Uint8Array): unknown {
    const { data, tagged } = decodeCbor(bytes, { limits: this.#limits, tagged: true, copy: true });
    if (!tagged) return data;
    try {
      return raise(data, this.#kinds, this.#limits);
    } catch (error) {
      if (error instanceof CodecError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new CodecError(`malformed data: ${reason}`, { cause: error });
    }
  }

  check(value: unknown, describe: () => string): void {
    void new Survey(value, this.#kinds, this.#limits, describe);
  }

  /** A receiver would refuse it: better here, where somebody can do something about it. */
  #checkSize(encoded: Uint8Array): void {
    const { messageBytes, itemsTotal } = this.#limits;
    if (encoded.length > messageBytes) {
      throw new NotMovableError(
        `the value cannot travel: it takes ${encoded.length} bytes; the limit is ${messageBytes} (limits.messageBytes); send it in parts, or let whoever needs it fetch it`,
      );
    }
    // An item has at least one byte, so that a short encoding cannot have too many.
    if (encoded.length <= itemsTotal) return;
    try {
      inspect(encoded, { limits: this.#limits, tagged: true });
    } catch (error) {
      throw new NotMovableError(`the value cannot travel: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** What cbor-x takes memory from for small values, at first; it grows with the largest value so far. */
const chunkBytesUsual = 2 ** 16;

/** As a plain Uint8Array, also where cbor-x gives a Buffer; and such that a small value, kept for long, does not keep a large chunk. */
function ownBytes(encoded: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = encoded;
  const isSmallPart = buffer.byteLength > chunkBytesUsual && byteLength < buffer.byteLength / 2;
  return isSmallPart ? new Uint8Array(encoded) : new Uint8Array(buffer, byteOffset, byteLength);
}
