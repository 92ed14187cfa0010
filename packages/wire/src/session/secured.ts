import type { Limits, NodeId } from "@espalier/runtime";
import type { PeerKey } from "../identity/keyring.ts";
import type { Handshake } from "../noise/noise.ts";
import { RekeyingCipher } from "../noise/rekeying-cipher.ts";

/** Both directions of a session. */
export interface Ciphers {
  readonly sending: RekeyingCipher;
  readonly receiving: RekeyingCipher;
  /** The handshake's: known to both sides and to nobody else, and not that of any other handshake. */
  readonly hash: Uint8Array;
}

/** What a handshake ends with, or the renewal of a session's keys. */
export interface Secured extends Ciphers {
  readonly peer: NodeId;
  /** What may be remembered of the peer once the session is up; null when the handshake says nothing new of that. */
  readonly peerKey: PeerKey | null;
}

/** The outcome of a handshake that is over. */
export function ciphersOf(handshake: Handshake, limits: Limits): Ciphers {
  const { sending, receiving, hash } = handshake.result();
  return { sending: new RekeyingCipher(sending, limits), receiving: new RekeyingCipher(receiving, limits), hash };
}
