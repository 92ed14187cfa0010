import type { Host, Limits, NodeId } from "@espalier/runtime";
import { concat } from "../bytes.ts";
import { NoiseError, RefusalError } from "../errors.ts";
import type { Keyring } from "../identity/keyring.ts";
import { Handshake, keyPair } from "../noise/noise.ts";
import { patterns, type FirstFrame, type PatternName } from "./first-frame.ts";
import { ciphersOf, type Ciphers, type Secured } from "./secured.ts";

export interface ResponderOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly keys: Keyring;
}

const nothing = new Uint8Array(0);

/**
 * The accepting side's part of a handshake: it reads the first frame and the third, and sends the second. Until the third nobody is known: a first
 * frame can be one that was recorded, and has no effect but the answer.
 */
export class Responder {
  readonly pattern: PatternName;
  /** The second frame, without the byte in front. */
  readonly response: Uint8Array;
  readonly #options: ResponderOptions;
  readonly #handshake: Handshake;
  /** For KK: who the initiator must be, as nobody else has the key that it was introduced with. */
  readonly #introduced: NodeId | null;
  /** For IK: the initiator's proof, which is looked at when its key has been used in this session. */
  readonly #proof: Uint8Array;
  /** Of a pattern of two messages, which is over with the response. */
  readonly #ciphers: Ciphers | null;

  /**
   * @throws RefusalError when the initiator cannot be answered in the pattern of its choice, NoiseError or IdentityError when its message is
   *   none.
   */
  constructor(options: ResponderOptions, first: FirstFrame) {
    const { host, limits, keys } = options;
    const own = keys.own();
    this.#options = options;
    this.pattern = first.pattern;
    this.#introduced = first.initiator;
    const remoteStatic = first.initiator === null ? null : keys.introduced(first.initiator);
    if (first.initiator !== null && remoteStatic === null) {
      throw new RefusalError(`the node ${first.initiator} was not introduced to this one`);
    }
    const { presharedKey } = keys;
    if (first.pattern === "NNpsk0" && presharedKey === null) throw new RefusalError("this node shares no key");
    this.#handshake = new Handshake({
      crypto: host.crypto,
      pattern: patterns[first.pattern].noise,
      role: "responder",
      prologue: first.prologue,
      ephemeral: keyPair(host.crypto, host.random.bytes(32)),
      static: own.pair,
      ...(remoteStatic === null ? {} : { remoteStatic }),
      ...(presharedKey === null ? {} : { presharedKey }),
    });
    this.#proof = this.#readFirst(first.message);
    const answer = this.#handshake.write(first.pattern === "XX" ? own.proof : nothing);
    this.#ciphers = first.pattern === "XX" ? null : ciphersOf(this.#handshake, limits);
    this.response =
      first.pattern === "NNpsk0" && this.#ciphers !== null
        ? concat(answer, this.#ciphers.sending.seal(keys.proveInSession("responder", this.#ciphers.hash)))
        : answer;
  }

  /**
   * Reads the third frame, after which the initiator is proven: only it could have made it, and only now.
   *
   * @throws NoiseError or IdentityError when it is not that.
   */
  prove(frame: Uint8Array): Secured {
    const { keys, limits } = this.#options;
    if (this.#ciphers === null) {
      const proof = this.#handshake.read(frame);
      const peerKey = keys.verify(this.#handshake.remoteStatic as Uint8Array, proof);
      return { ...ciphersOf(this.#handshake, limits), peer: peerKey.id, peerKey };
    }
    const plain = this.#ciphers.receiving.open(frame);
    if (this.pattern === "NNpsk0") {
      const peer = keys.verifyInSession("initiator", this.#ciphers.hash, plain);
      return { ...this.#ciphers, peer, peerKey: null };
    }
    if (plain.length > 0) throw new NoiseError("a third frame with something in it");
    if (this.#introduced !== null) return { ...this.#ciphers, peer: this.#introduced, peerKey: null };
    const peerKey = keys.verify(this.#handshake.remoteStatic as Uint8Array, this.#proof);
    return { ...this.#ciphers, peer: peerKey.id, peerKey };
  }

  #readFirst(message: Uint8Array): Uint8Array {
    try {
      return this.#handshake.read(message);
    } catch (error) {
      // The initiator's fault, or that of whoever changed the message; or its memory is older than this node's key.
      if (!(error instanceof NoiseError) || this.pattern === "XX") throw error;
      throw new RefusalError(`the first message was made for another key than this node's (pattern ${this.pattern})`);
    }
  }
}
