import type { Host, Limits, NodeId } from "@espalier/runtime";
import { fromBase64Url } from "@espalier/runtime";
import { concat } from "../bytes.ts";
import { IdentityError, NoiseError } from "../errors.ts";
import type { StaticKey } from "../identity/identity.ts";
import { presharedKeyOf, type Keyring, type PeerKey } from "../identity/keyring.ts";
import { Handshake, keyPair } from "../noise/noise.ts";
import { patterns, prologueOf, type PatternName } from "./first-frame.ts";
import { ciphersOf, type Secured } from "./secured.ts";

export interface InitiatorOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly keys: Keyring;
  readonly target: NodeId;
  /** The key that the target shares with those whom it lets in, if this node has it. */
  readonly sharedKey: Uint8Array | null;
  /** Whether to begin as with a stranger, whatever else is known of the target. */
  readonly asStranger: boolean;
}

const nothing = new Uint8Array(0);

/** The dialling side's part of a handshake: it sends the first frame and the third, and reads the second. */
export class Initiator {
  readonly pattern: PatternName;
  /** The first frame. */
  readonly first: Uint8Array;
  readonly #options: InitiatorOptions;
  readonly #own: StaticKey;
  readonly #handshake: Handshake;

  constructor(options: InitiatorOptions) {
    const { host, keys, target, sharedKey } = options;
    const { pattern, remoteStatic } = wayTo(options);
    this.#options = options;
    this.#own = keys.own();
    this.pattern = pattern;
    // Whoever made a reference to it has checked that it stands for 32 bytes.
    const targetBytes = fromBase64Url(target) as Uint8Array;
    const prologue = prologueOf(pattern, targetBytes, pattern === "KK" ? keys.publicKey : null);
    this.#handshake = new Handshake({
      crypto: host.crypto,
      pattern: patterns[pattern].noise,
      role: "initiator",
      prologue,
      ephemeral: keyPair(host.crypto, host.random.bytes(32)),
      static: this.#own.pair,
      ...(remoteStatic === null ? {} : { remoteStatic }),
      ...(sharedKey === null ? {} : { presharedKey: presharedKeyOf(host, sharedKey) }),
    });
    // Whoever records it can send it again: it carries the proof of who this is, and nothing that could have an effect.
    this.first = concat(prologue, this.#handshake.write(pattern === "IK" ? this.#own.proof : nothing));
  }

  /**
   * Reads the second frame, without the byte in front, after which the target is proven.
   *
   * @returns the third frame, and what it ends with.
   * @throws NoiseError or IdentityError when it is not the target's answer to this very first frame.
   */
  answer(response: Uint8Array): { readonly frame: Uint8Array; readonly secured: Secured } {
    const { keys } = this.#options;
    switch (this.pattern) {
      case "XX": {
        const proof = this.#handshake.read(response);
        const peerKey = keys.verify(this.#handshake.remoteStatic as Uint8Array, proof);
        this.#expectTarget(peerKey.id);
        const frame = this.#handshake.write(this.#own.proof);
        return { frame, secured: this.#secured(peerKey) };
      }
      case "IK":
      case "KK": {
        if (this.#handshake.read(response).length > 0) throw new NoiseError("a response with something in it");
        const secured = this.#secured(null);
        // It says nothing, but nobody else could have said it, nor this node before.
        return { frame: secured.sending.seal(nothing), secured };
      }
      case "NNpsk0": {
        const { messageBytes } = patterns.NNpsk0;
        if (this.#handshake.read(response.subarray(0, messageBytes)).length > 0) {
          throw new NoiseError("a response with something in it");
        }
        const secured = this.#secured(null);
        const proof = secured.receiving.open(response.subarray(messageBytes));
        this.#expectTarget(keys.verifyInSession("responder", secured.hash, proof));
        return { frame: secured.sending.seal(keys.proveInSession("initiator", secured.hash)), secured };
      }
    }
  }

  #secured(peerKey: PeerKey | null): Secured {
    return { ...ciphersOf(this.#handshake, this.#options.limits), peer: this.#options.target, peerKey };
  }

  #expectTarget(peer: NodeId): void {
    const { target } = this.#options;
    if (peer !== target) throw new IdentityError(`reached the node ${peer} instead of ${target}`);
  }
}

/** The pattern with the fewest signatures, by what is known of the target. */
function wayTo(options: InitiatorOptions): { readonly pattern: PatternName; readonly remoteStatic: Uint8Array | null } {
  const { keys, target, sharedKey, asStranger } = options;
  if (sharedKey !== null) return { pattern: "NNpsk0", remoteStatic: null };
  if (asStranger) return { pattern: "XX", remoteStatic: null };
  const introduced = keys.introduced(target);
  if (introduced !== null) return { pattern: "KK", remoteStatic: introduced };
  const known = keys.known(target);
  return known === null ? { pattern: "XX", remoteStatic: null } : { pattern: "IK", remoteStatic: known };
}
