import { mayOvertake, parseMessage, type Limits, type Message } from "@espalier/runtime";
import { concatAll } from "../bytes.ts";
import { decodeCbor } from "../codec/cbor.ts";
import { CodecError } from "../errors.ts";
import { fragmentBytes, frameKind } from "./outbox.ts";

/** Frames on their way into messages: the other end of an `Outbox`. */
export class Inbox {
  readonly #limits: Limits;
  #parts: Uint8Array[] = [];
  #partsBytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * The messages that `plain`, a frame of a kind other than control, completes: in the order in which they were added there.
   *
   * @throws CodecError on anything that an outbox would not have made.
   */
  take(plain: Uint8Array): readonly Message[] {
    const kind = plain[0];
    const content = plain.subarray(1);
    if (kind === frameKind.batch) {
      if (this.#parts.length > 0) throw new CodecError("a frame between the fragments of a message");
      return this.#decode(content);
    }
    if (kind === frameKind.ahead) return overtaking(this.#decode(content));
    if (kind !== frameKind.fragment && kind !== frameKind.lastFragment) {
      throw new CodecError(`a frame of the kind ${kind}, which is not known here`);
    }
    // All but the last are as large as they can be: a peer cannot make us keep a message in a million crumbs.
    if (kind === frameKind.fragment && content.length !== fragmentBytes(this.#limits)) {
      throw new CodecError(`a fragment of ${content.length} bytes; expected ${fragmentBytes(this.#limits)}`);
    }
    this.#partsBytes += content.length;
    if (this.#partsBytes > this.#limits.messageBytes) {
      throw new CodecError(`a message of more than ${this.#limits.messageBytes} bytes (limits.messageBytes)`);
    }
    this.#parts.push(content);
    if (kind === frameKind.fragment) return [];
    const whole = concatAll(this.#parts);
    this.#parts = [];
    this.#partsBytes = 0;
    return this.#decode(whole);
  }

  #decode(bytes: Uint8Array): readonly Message[] {
    const { data } = decodeCbor(bytes, { limits: this.#limits });
    if (!Array.isArray(data)) throw new CodecError("expected an array of messages");
    try {
      for (let i = 0; i < data.length; i++) data[i] = parseMessage(data[i]);
    } catch (error) {
      throw new CodecError(`malformed message: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    return data as Message[];
  }
}

/** Between the parts of a message nothing else may come: others count on the order of the link. */
function overtaking(messages: readonly Message[]): readonly Message[] {
  for (const message of messages) {
    if (!mayOvertake(message)) throw new CodecError(`a ${message.type} that came ahead of its turn`);
  }
  return messages;
}
