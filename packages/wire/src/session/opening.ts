import { concat } from "../bytes.ts";
import { CodecError, RefusalError } from "../errors.ts";
import { answerKind, readFirstFrame, type PatternName } from "./first-frame.ts";
import { readableReason } from "./hello.ts";
import { Initiator } from "./initiator.ts";
import { Responder } from "./responder.ts";
import type { Secured } from "./secured.ts";
import type { SessionOptions, Target } from "./session-owner.ts";

/** What came in place of the second frame, or with it. */
export type Answer =
  | { readonly type: "response"; readonly frame: Uint8Array; readonly secured: Secured }
  /** Nothing is sealed yet, so whoever answers at that address may say this. */
  | { readonly type: "refusal"; readonly reason: string };

/** The first three frames of a session, from the one side or the other: what each has to be, and what it leads to. */
export class Opening {
  readonly #options: SessionOptions;
  #handshake: Initiator | Responder | null = null;
  #pattern: PatternName = "XX";

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** XX until one was chosen. */
  get pattern(): PatternName {
    return this.#pattern;
  }

  /** D: the first frame. */
  begin({ id, sharedKey, asStranger }: Target): Uint8Array {
    const { host, limits, keys } = this.#options;
    const initiator = new Initiator({ host, limits, keys, target: id, sharedKey, asStranger });
    this.#handshake = initiator;
    this.#pattern = initiator.pattern;
    return initiator.first;
  }

  /**
   * A: reads the first frame, and gives the second.
   *
   * @throws RefusalError when the other side is to be told why not, CodecError, NoiseError or IdentityError when the frame is none.
   */
  respond(bytes: Uint8Array): Uint8Array {
    const first = readFirstFrame(bytes);
    if (first.type === "malformed") throw new CodecError(first.reason);
    if (first.type === "misfit") throw new RefusalError(first.reason);
    const { host, limits, keys } = this.#options;
    if (first.target !== keys.id) throw new RefusalError(`wrong node: this is ${keys.id}, not ${first.target}`);
    this.#pattern = first.pattern;
    const responder = new Responder({ host, limits, keys }, first);
    this.#handshake = responder;
    return concat(Uint8Array.of(answerKind.response), responder.response);
  }

  /**
   * D: reads the second frame, and gives the third.
   *
   * @throws CodecError, NoiseError or IdentityError when it is not the answer of the node that is to be reached.
   */
  answer(bytes: Uint8Array): Answer {
    const { limits } = this.#options;
    if (bytes[0] === answerKind.refusal) {
      const text = new TextDecoder().decode(bytes.subarray(1, 1 + 4 * limits.reasonLength));
      return { type: "refusal", reason: readableReason(text, limits) };
    }
    if (bytes[0] !== answerKind.response || !(this.#handshake instanceof Initiator)) {
      throw new CodecError("what answers there does not speak Espalier's protocol");
    }
    return { type: "response", ...this.#handshake.answer(bytes.subarray(1)) };
  }

  /**
   * A: reads the third frame.
   *
   * @throws NoiseError or IdentityError when it is not that of whoever has sent the first.
   */
  prove(bytes: Uint8Array): Secured {
    if (!(this.#handshake instanceof Responder)) throw new CodecError("a third frame before the second");
    return this.#handshake.prove(bytes);
  }
}
