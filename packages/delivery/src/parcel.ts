import type { LocalGenerator } from "@espalier/heartbeat";
import { InKernel, type Server } from "@espalier/runtime";
import type { Content } from "./messages.ts";

/** A message on its way, whole or in parts. */
export class Parcel {
  readonly parts: number;
  /** Whoever waits until it is confirmed. */
  awaitedBy: Server.From<null> | null = null;
  /** Its number in the durable queue. */
  stored: number | null = null;
  readonly #content: Content;
  readonly #partBytes: number;

  constructor(content: Content, partBytes: number) {
    this.#content = content;
    this.#partBytes = partBytes;
    this.parts = "bytes" in content ? Math.max(1, Math.ceil(content.bytes.length / partBytes)) : 1;
  }

  /** All of it as bytes; null when it is a value. */
  get bytes(): Uint8Array | null {
    return "bytes" in this.#content ? this.#content.bytes : null;
  }

  part(index: number): Content {
    if (!("bytes" in this.#content)) return this.#content;
    const begin = index * this.#partBytes;
    return { bytes: this.#content.bytes.slice(begin, begin + this.#partBytes) };
  }
}

/**
 * Makes a parcel of a message. It is encoded at once, so that what cannot travel is refused to the one who sends it; code is exchanged by the
 * messages of a link themselves, so a value with code in it goes whole. A node that is alone has no codec, and nowhere to send anything.
 *
 * @throws NotMovableError naming what cannot travel.
 */
export function* pack(message: unknown, partBytes: number): LocalGenerator<Parcel> {
  const payload = yield* new InKernel(({ distribution }) => distribution?.encode(message) ?? null);
  const isWhole = payload === null || payload.hashes.length > 0;
  return new Parcel(isWhole ? { value: message } : { bytes: payload.bytes }, partBytes);
}

/** The message whose parts these are, by the word of the node `from`. @throws CodecError when they make no sense. */
export function* unpack(parts: readonly Content[], from: string): LocalGenerator<unknown> {
  const [first] = parts as [Content];
  if ("value" in first) return first.value;
  const pieces = parts.map((part) => ("bytes" in part ? part.bytes : new Uint8Array()));
  const bytes = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return yield* new InKernel(({ distribution }) => {
    if (distribution === null) throw new TypeError("message: expected a value, since this node is alone, got bytes");
    return distribution.decode({ bytes, hashes: [] }, from);
  });
}
