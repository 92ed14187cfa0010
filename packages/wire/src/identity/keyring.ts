import { putLatest } from "@espalier/heartbeat";
import { checkSharedKey, toBase64Url, type Host, type Limits, type NodeId } from "@espalier/runtime";
import { concat, equalBytes, utf8 } from "../bytes.ts";
import type { Introductions } from "../session/introductions.ts";
import { createStaticKey, verifyStaticKey, type Identity, type StaticKey } from "./identity.ts";
import { notAfterOf, prove, verifyProof } from "./proof.ts";

/** A static key of a peer, with the proof that it is the peer's. */
export interface PeerKey {
  readonly id: NodeId;
  readonly staticKey: Uint8Array;
  readonly proof: Uint8Array;
}

interface KnownKey extends PeerKey {
  /** When it was proven, by the monotonic clock: a wall clock that is set back makes nobody live longer. */
  readonly provenAtMs: number;
}

export interface KeyringOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly identity: Identity;
  readonly introductions?: Introductions;
  /** 32 bytes: whoever has them too may connect. */
  readonly sharedKey?: Uint8Array;
}

const sharedKeyDomain = utf8("espalier/1 shared key\0");
const sessionDomain = utf8("espalier/1 session\0");
const roleByte = { initiator: 0, responder: 1 } as const;

/**
 * The keys that a node's sessions use: its own static key, renewed at half its life, and what it knows of the keys of others.
 */
export class Keyring {
  readonly #host: Host;
  readonly #limits: Limits;
  readonly #identity: Identity;
  readonly #introductions: Introductions | null;
  readonly #presharedKey: Uint8Array | null;
  #own: StaticKey | null = null;
  /** Proven by sessions that came up; the one that was used longest ago comes first. */
  readonly #known = new Map<NodeId, KnownKey>();

  /** @throws TypeError when the shared key is not 32 bytes. */
  constructor({ host, limits, identity, introductions, sharedKey }: KeyringOptions) {
    this.#host = host;
    this.#limits = limits;
    this.#identity = identity;
    this.#introductions = introductions ?? null;
    this.#presharedKey = sharedKey === undefined ? null : presharedKeyOf(host, checkSharedKey(sharedKey, "sharedKey"));
  }

  get id(): NodeId {
    return this.#identity.id;
  }

  get publicKey(): Uint8Array {
    return this.#identity.publicKey;
  }

  /** What a session with whoever has this node's shared key mixes in; null when there is no such key. */
  get presharedKey(): Uint8Array | null {
    return this.#presharedKey;
  }

  /** Whether this node shares that very key with those whom it lets in. What is compared comes of the keys and tells nothing of them. */
  shares(sharedKey: Uint8Array): boolean {
    return this.#presharedKey !== null && equalBytes(this.#presharedKey, presharedKeyOf(this.#host, sharedKey));
  }

  /** The static key in use, with at least half its life to go: a handshake never begins with a proof that is about to end. */
  own(): StaticKey {
    const { staticKeyMs } = this.#limits;
    const key = this.#own;
    const leftMs = key === null ? 0 : key.notAfter - this.#host.clock.wall();
    if (key !== null && leftMs > staticKeyMs / 2 && leftMs <= staticKeyMs) return key;
    this.#own = createStaticKey(this.#host, this.#identity, staticKeyMs);
    this.#introductions?.publish(this.id, this.#own.pair.public);
    return this.#own;
  }

  /** Those that were introduced to this node can connect with it from now on. */
  publish(): void {
    if (this.#introductions !== null) this.own();
  }

  /** The node is gone. */
  withdraw(): void {
    this.#introductions?.withdraw(this.id);
  }

  // Static keys of others.

  /** The static key of a node that was introduced to this one, or null. */
  introduced(node: NodeId): Uint8Array | null {
    return this.#introductions?.staticKeyOf(node) ?? null;
  }

  /** A static key that `node` has proven to this one and may still use, or null. */
  known(node: NodeId): Uint8Array | null {
    const key = this.#known.get(node);
    if (key === undefined) return null;
    const { clock } = this.#host;
    const ageMs = clock.monotonic() - key.provenAtMs;
    if (ageMs < this.#limits.staticKeyMs && clock.wall() < notAfterOf(key.proof)) return key.staticKey;
    this.#known.delete(node);
    return null;
  }

  /** To be called when a session is up: what came in a handshake that did not succeed has no effect. */
  remember(key: PeerKey): void {
    const known = { ...key, provenAtMs: this.#host.clock.monotonic() };
    putLatest(this.#known, key.id, known, this.#limits.staticKeysKnown);
  }

  /** The key of `node` was of no use. */
  forget(node: NodeId): void {
    this.#known.delete(node);
  }

  /**
   * Whose static key it is. The signature of a proof that is known already is not verified again; its time is.
   *
   * @throws IdentityError when the proof does not hold.
   */
  verify(staticKey: Uint8Array, proof: Uint8Array): PeerKey {
    const known = this.#known.get(toBase64Url(proof.subarray(0, 32)));
    const isKnown = known !== undefined && equalBytes(known.proof, proof) && equalBytes(known.staticKey, staticKey);
    const id = verifyStaticKey(this.#host, staticKey, proof, this.#limits, isKnown);
    return { id, staticKey, proof: proof.slice() };
  }

  // Sessions without static keys.

  /**
   * What proves this node's identity in a session that only a shared key has authenticated: a signature of its handshake hash, so that it is of no
   * use in another session, nor in the other direction of this one.
   */
  proveInSession(role: "initiator" | "responder", hash: Uint8Array): Uint8Array {
    const notAfter = Math.floor(this.#host.clock.wall()) + this.#limits.handshakeMs;
    return prove(this.#identity, sessionStatement(role, hash), notAfter);
  }

  /** @throws IdentityError when the proof is not of this session, or not by the side with that role, or its time is not right. */
  verifyInSession(role: "initiator" | "responder", hash: Uint8Array, proof: Uint8Array): NodeId {
    return verifyProof(this.#host, sessionStatement(role, hash), proof, this.#limits.handshakeMs, this.#limits);
  }
}

/** HKDF (RFC 5869) with SHA-256 and no salt: the key of one purpose out of a key that may have several. */
export function presharedKeyOf({ crypto }: Pick<Host, "crypto">, sharedKey: Uint8Array): Uint8Array {
  const secret = crypto.hmacSha256(new Uint8Array(32), sharedKey);
  return crypto.hmacSha256(secret, concat(sharedKeyDomain, Uint8Array.of(1)));
}

function sessionStatement(role: "initiator" | "responder", hash: Uint8Array): Uint8Array {
  return concat(sessionDomain, Uint8Array.of(roleByte[role]), hash);
}
