import type { Host, Limits, NodeId } from "@espalier/runtime";
import { concat, utf8 } from "../bytes.ts";
import { IdentityError, NoiseError } from "../errors.ts";
import type { StaticKey } from "../identity/identity.ts";
import type { Keyring, PeerKey } from "../identity/keyring.ts";
import { Handshake, keyPair, XX } from "../noise/noise.ts";
import { ciphersOf, type Secured } from "./secured.ts";

export interface RenewalOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly keys: Keyring;
  readonly role: "initiator" | "responder";
  /** Whose session it is: nobody else can renew it. */
  readonly peer: NodeId;
  /** The hash of the handshake that the session's keys are from. */
  readonly hash: Uint8Array;
}

const domain = utf8("espalier/1 renewal\0");
const nothing = new Uint8Array(0);

/**
 * Fresh keys for a session that is up: a whole handshake, as between strangers, within the session. Whoever stole the keys of the session cannot
 * follow; whoever stole a static key cannot either, once that has been replaced.
 */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #own: StaticKey;
  readonly #handshake: Handshake;
  #peerKey: PeerKey | null = null;

  constructor(options: RenewalOptions) {
    const { host, keys, role, hash } = options;
    this.#options = options;
    this.#own = keys.own();
    this.#handshake = new Handshake({
      crypto: host.crypto,
      pattern: XX,
      role,
      // It is a renewal of this session and of no other.
      prologue: concat(domain, hash),
      ephemeral: keyPair(host.crypto, host.random.bytes(32)),
      static: this.#own.pair,
    });
  }

  /** The initiator's first message. */
  begin(): Uint8Array {
    return this.#handshake.write(nothing);
  }

  /**
   * Reads the first message, and gives the second.
   *
   * @throws NoiseError when it is none.
   */
  respond(message: Uint8Array): Uint8Array {
    if (this.#handshake.read(message).length > 0) throw new NoiseError("a renewal that begins with something in it");
    return this.#handshake.write(this.#own.proof);
  }

  /**
   * Reads the second message, and gives the third.
   *
   * @throws NoiseError or IdentityError when it is not the answer of the session's peer.
   */
  confirm(message: Uint8Array): Uint8Array {
    this.#expectPeer(this.#handshake.read(message));
    return this.#handshake.write(this.#own.proof);
  }

  /**
   * Reads the third message.
   *
   * @throws NoiseError or IdentityError when it is not the answer of the session's peer.
   */
  finish(message: Uint8Array): void {
    this.#expectPeer(this.#handshake.read(message));
  }

  /** After {@link Renewal.confirm} or {@link Renewal.finish}. */
  secured(): Secured {
    const { limits, peer } = this.#options;
    return { ...ciphersOf(this.#handshake, limits), peer, peerKey: this.#peerKey };
  }

  #expectPeer(proof: Uint8Array): void {
    const { keys, peer } = this.#options;
    this.#peerKey = keys.verify(this.#handshake.remoteStatic as Uint8Array, proof);
    if (this.#peerKey.id === peer) return;
    throw new IdentityError(`a renewal by the node ${this.#peerKey.id} of a session with ${peer}`);
  }
}
