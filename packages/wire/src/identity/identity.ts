import type { Crypto, Host, Limits, NodeId } from "@espalier/runtime";
import { fromBase64Url, toBase64Url } from "@espalier/runtime";
import { concat, utf8 } from "../bytes.ts";
import { IdentityError } from "../errors.ts";
import { keyPair, type KeyPair } from "../noise/noise.ts";
import { prove, verifyProof } from "./proof.ts";

const seedBytes = 32;

const domain = utf8("espalier/1 static key\0");
const keyFilePrefix = "espalier-key-1:";

/** Who a node is: an Ed25519 key pair. Whoever has the seed is the node. */
export class Identity {
  readonly id: NodeId;
  readonly publicKey: Uint8Array;
  readonly #crypto: Crypto;
  readonly #seed: Uint8Array;

  /** @param seed 32 random bytes, kept secret. */
  constructor(crypto: Crypto, seed: Uint8Array) {
    if (seed.length !== seedBytes) throw new RangeError(`seed: expected ${seedBytes} bytes, got ${seed.length}`);
    this.#crypto = crypto;
    this.#seed = seed;
    this.publicKey = crypto.ed25519PublicKey(seed);
    this.id = toBase64Url(this.publicKey);
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#crypto.ed25519Sign(this.#seed, message);
  }

  /** The line of a key file, which {@link readIdentity} reads. Whoever has it is the node. */
  keyText(): string {
    return `${keyFilePrefix}${toBase64Url(this.#seed)}`;
  }

  // A seed must not end up in a log by way of a structured print of its owner.
  toJSON(): { readonly id: NodeId } {
    return { id: this.id };
  }
}

/** A node that has never been before. */
export function createIdentity(host: Pick<Host, "crypto" | "random">): Identity {
  return new Identity(host.crypto, host.random.bytes(seedBytes));
}

/**
 * The identity whose {@link Identity.keyText} this is.
 *
 * @throws IdentityError when it is something else.
 */
export function readIdentity(host: Pick<Host, "crypto">, keyText: string): Identity {
  return new Identity(host.crypto, parseKey(keyText, "key text"));
}

/**
 * The identity in the key file at `path`, which is made when there is none, readable by its owner only.
 *
 * The file is one line: `espalier-key-1:` and the seed, base64url. On Node take `loadIdentity` of `@espalier/wire/node`, which also
 * refuses a file that others can read.
 *
 * @throws IdentityError naming the path, when the file is something else.
 */
export async function loadIdentity(host: Pick<Host, "crypto" | "random" | "disk">, path: string): Promise<Identity> {
  const file = await host.disk.read(path);
  if (file !== null) return new Identity(host.crypto, parseKey(new TextDecoder().decode(file), path));
  const identity = createIdentity(host);
  await host.disk.write(path, utf8(`${identity.keyText()}\n`), { secret: true });
  return identity;
}

function parseKey(untrimmed: string, where: string): Uint8Array {
  const text = untrimmed.trim();
  const version = /^espalier-key-(\d{1,9}):/.exec(text)?.[1];
  // What the file holds may be somebody's secret of another kind: it is not repeated.
  if (version === undefined) {
    throw new IdentityError(`${where}: expected a key (one line that starts with "${keyFilePrefix}")`);
  }
  if (version !== "1") throw new IdentityError(`${where}: expected a key of version 1, got version ${version}`);
  const seed = fromBase64Url(text.slice(keyFilePrefix.length));
  if (seed?.length !== seedBytes) {
    throw new IdentityError(
      `${where}: expected ${seedBytes} bytes in base64url after "${keyFilePrefix}"; it is damaged`,
    );
  }
  return seed;
}

/**
 * The X25519 key that a node's sessions use, with the node's signature of it. Two keys for two purposes: the signing key can stay
 * sealed away while this one is in use and replaced daily.
 */
export interface StaticKey {
  readonly pair: KeyPair;
  /** `id ‖ Ed25519("espalier/1 static key\0" ‖ X25519 public key ‖ not after) ‖ not after`. */
  readonly proof: Uint8Array;
  /** Wall-clock milliseconds. */
  readonly notAfter: number;
}

export function createStaticKey(
  host: Pick<Host, "crypto" | "random" | "clock">,
  identity: Identity,
  lifetimeMs: number,
): StaticKey {
  const pair = keyPair(host.crypto, host.random.bytes(32));
  const notAfter = Math.floor(host.clock.wall()) + lifetimeMs;
  return { pair, proof: prove(identity, concat(domain, pair.public), notAfter), notAfter };
}

/**
 * Who the proof says is at the other end of a session in which `staticKey` was proven.
 *
 * @param isKnown whether this proof of this key was verified before.
 * @throws IdentityError when the proof is not for this key, or no longer, or for longer than a static key serves.
 */
export function verifyStaticKey(
  host: Pick<Host, "crypto" | "clock">,
  staticKey: Uint8Array,
  proof: Uint8Array,
  limits: Limits,
  isKnown = false,
): NodeId {
  return verifyProof(host, concat(domain, staticKey), proof, limits.staticKeyMs, limits, isKnown);
}
