import type { Crypto } from "@espalier/runtime";
import { concat, utf8 } from "../bytes.ts";
import { NoiseError } from "../errors.ts";

/**
 * The Noise protocol framework, revision 34, over the suite 25519, ChaChaPoly, SHA256. Patterns are data; this file knows nothing
 * of identities, sessions or pipes. Names follow the specification.
 */

type Token = "e" | "s" | "ee" | "es" | "se" | "ss" | "psk";

/** A handshake pattern (§7). */
export interface NoisePattern {
  readonly name: string;
  /** What each side knows of the other beforehand. */
  readonly known: { readonly initiator: boolean; readonly responder: boolean };
  /** The tokens of each message, the initiator's first. */
  readonly messages: readonly (readonly Token[])[];
}

/** Neither side knows the other's static key; both send theirs, the initiator's hidden from all but the responder. */
export const XX: NoisePattern = {
  name: "XX",
  known: { initiator: false, responder: false },
  messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
};

/** The initiator knows the responder's static key, and sends its own with the first message. */
export const IK: NoisePattern = {
  name: "IK",
  known: { initiator: false, responder: true },
  messages: [
    ["e", "es", "s", "ss"],
    ["e", "ee", "se"],
  ],
};

/** Each side knows the other's static key. */
export const KK: NoisePattern = {
  name: "KK",
  known: { initiator: true, responder: true },
  messages: [
    ["e", "es", "ss"],
    ["e", "ee", "se"],
  ],
};

/** Both sides know one key, and no static keys are used (§9). */
export const NNpsk0: NoisePattern = {
  name: "NNpsk0",
  known: { initiator: false, responder: false },
  messages: [
    ["psk", "e"],
    ["e", "ee"],
  ],
};

const suite = "25519_ChaChaPoly_SHA256";
const keyBytes = 32;
const tagBytes = 16;
const empty: Uint8Array = new Uint8Array(0);

export interface KeyPair {
  readonly secret: Uint8Array;
  readonly public: Uint8Array;
}

export function keyPair(crypto: Crypto, secret: Uint8Array): KeyPair {
  return { secret, public: crypto.x25519PublicKey(secret) };
}

/** A key and a counter (§5.1). Without a key, bytes pass as they are. */
export class CipherState {
  readonly #crypto: Crypto;
  #key: Uint8Array | null;
  /** Messages so far under this key's sequence. The specification allows 2^64 − 1; a double counts to 2^53 exactly. */
  #counter = 0;
  readonly #nonce = new Uint8Array(12);
  readonly #nonceView: DataView;

  constructor(crypto: Crypto, key: Uint8Array | null, counter = 0) {
    this.#crypto = crypto;
    this.#key = key;
    this.#counter = counter;
    this.#nonceView = new DataView(this.#nonce.buffer);
  }

  get keyed(): boolean {
    return this.#key !== null;
  }

  /** @throws NoiseError when the counter is used up. */
  seal(associated: Uint8Array, plain: Uint8Array): Uint8Array {
    if (this.#key === null) return plain;
    return this.#crypto.seal(this.#key, this.#nextNonce(), associated, plain);
  }

  /** @throws NoiseError when the bytes were not sealed with this key, for this counter, with these associated bytes. */
  open(associated: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (this.#key === null) return sealed;
    const plain = sealed.length < tagBytes ? null : this.#crypto.open(this.#key, this.#nextNonce(), associated, sealed);
    if (plain === null) throw new NoiseError("a message that the session's key did not seal, or not at this place");
    return plain;
  }

  /** A new key that does not tell the old one (§11.3). The counter goes on. */
  rekey(): void {
    if (this.#key === null) throw new NoiseError("rekey: expected a cipher with a key");
    const nonce = new Uint8Array(12).fill(0xff, 4);
    this.#key = this.#crypto.seal(this.#key, nonce, empty, new Uint8Array(keyBytes)).slice(0, keyBytes);
  }

  #nextNonce(): Uint8Array {
    if (this.#counter >= Number.MAX_SAFE_INTEGER) throw new NoiseError("all nonces of this key are used up");
    this.#nonceView.setUint32(4, this.#counter >>> 0, true);
    this.#nonceView.setUint32(8, Math.floor(this.#counter / 2 ** 32), true);
    this.#counter++;
    return this.#nonce;
  }
}

export interface HandshakeOptions {
  readonly crypto: Crypto;
  readonly pattern: NoisePattern;
  readonly role: "initiator" | "responder";
  /** What both sides must agree on for the handshake to succeed. */
  readonly prologue: Uint8Array;
  readonly ephemeral: KeyPair;
  readonly static?: KeyPair;
  /** The other side's static key, for patterns in which it is known. */
  readonly remoteStatic?: Uint8Array;
  readonly presharedKey?: Uint8Array;
}

export interface HandshakeResult {
  readonly sending: CipherState;
  readonly receiving: CipherState;
  /** Unique to this session and known to both sides: a channel binding (§11.2). */
  readonly hash: Uint8Array;
}

/** One run of a handshake (§5.3): `write` and `read` alternate, beginning with the initiator's `write`, until `result` is there. */
export class Handshake {
  readonly #crypto: Crypto;
  readonly #pattern: NoisePattern;
  readonly #initiator: boolean;
  readonly #ephemeral: KeyPair;
  readonly #static: KeyPair | undefined;
  readonly #presharedKey: Uint8Array | undefined;
  #remoteEphemeral: Uint8Array | undefined;
  #remoteStatic: Uint8Array | undefined;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState;
  #step = 0;

  constructor(options: HandshakeOptions) {
    const { crypto, pattern } = options;
    this.#crypto = crypto;
    this.#pattern = pattern;
    this.#initiator = options.role === "initiator";
    this.#ephemeral = options.ephemeral;
    this.#static = options.static;
    this.#remoteStatic = options.remoteStatic;
    this.#presharedKey = options.presharedKey;
    const name = utf8(`Noise_${pattern.name}_${suite}`);
    this.#hash = name.length <= 32 ? concat(name, new Uint8Array(32 - name.length)) : crypto.sha256(name);
    this.#chainingKey = this.#hash;
    this.#cipher = new CipherState(crypto, null);
    this.#mixHash(options.prologue);
    if (pattern.known.initiator) this.#mixHash(this.#initiator ? this.#own("s").public : this.#theirs("s"));
    if (pattern.known.responder) this.#mixHash(this.#initiator ? this.#theirs("s") : this.#own("s").public);
  }

  /** The other side's static key, as soon as it was read or when it was known. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic;
  }

  /** The next message of the pattern, with `payload` as well hidden as the pattern allows at this point. */
  write(payload: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const token of this.#next()) {
      if (token === "e") {
        parts.push(this.#ephemeral.public);
        this.#mixEphemeral(this.#ephemeral.public);
      } else if (token === "s") {
        parts.push(this.#sealAndHash(this.#own("s").public));
      } else {
        this.#mixSecret(token);
      }
    }
    parts.push(this.#sealAndHash(payload));
    return concat(...parts);
  }

  /**
   * The payload of the other side's next message.
   *
   * @throws NoiseError when one bit of it, of the prologue or of anything said before differs between the two sides.
   */
  read(message: Uint8Array): Uint8Array {
    let offset = 0;
    const take = (length: number): Uint8Array => {
      if (offset + length > message.length) throw new NoiseError("a handshake message that is too short");
      return message.subarray(offset, (offset += length));
    };
    for (const token of this.#next()) {
      if (token === "e") {
        this.#remoteEphemeral = take(keyBytes).slice();
        this.#mixEphemeral(this.#remoteEphemeral);
      } else if (token === "s") {
        this.#remoteStatic = this.#openAndHash(take(this.#cipher.keyed ? keyBytes + tagBytes : keyBytes)).slice();
      } else {
        this.#mixSecret(token);
      }
    }
    return this.#openAndHash(message.subarray(offset));
  }

  /** After the last message of the pattern: the two ciphers of the session. */
  result(): HandshakeResult {
    if (this.#step < this.#pattern.messages.length) throw new NoiseError("the handshake is not over");
    const [first, second] = this.#derive(empty, 2).map((key) => new CipherState(this.#crypto, key)) as [
      CipherState,
      CipherState,
    ];
    return this.#initiator
      ? { sending: first, receiving: second, hash: this.#hash }
      : { sending: second, receiving: first, hash: this.#hash };
  }

  #next(): readonly Token[] {
    const tokens = this.#pattern.messages[this.#step++];
    if (tokens === undefined) throw new NoiseError("the handshake is over");
    return tokens;
  }

  #own(key: "e" | "s"): KeyPair {
    const pair = key === "e" ? this.#ephemeral : this.#static;
    if (pair === undefined) throw new NoiseError(`pattern ${this.#pattern.name}: expected a static key`);
    return pair;
  }

  #theirs(key: "e" | "s"): Uint8Array {
    const bytes = key === "e" ? this.#remoteEphemeral : this.#remoteStatic;
    if (bytes === undefined) throw new NoiseError(`pattern ${this.#pattern.name}: expected the other side's key`);
    return bytes;
  }

  /** A Diffie-Hellman of the two keys that the token names, the initiator's first; or the key that was agreed on before. */
  #mixSecret(token: Exclude<Token, "e" | "s">): void {
    if (token === "psk") {
      if (this.#presharedKey === undefined) throw new NoiseError(`pattern ${this.#pattern.name}: expected a key`);
      const [chainingKey, hash, key] = this.#derive(this.#presharedKey, 3) as [Uint8Array, Uint8Array, Uint8Array];
      this.#chainingKey = chainingKey;
      this.#mixHash(hash);
      this.#cipher = new CipherState(this.#crypto, key);
      return;
    }
    const [initiators, responders] = token as unknown as ["e" | "s", "e" | "s"];
    const [own, theirs] = this.#initiator ? [initiators, responders] : [responders, initiators];
    let shared: Uint8Array;
    try {
      shared = this.#crypto.x25519(this.#own(own).secret, this.#theirs(theirs));
    } catch (error) {
      throw new NoiseError(`a key that is no point of the curve, or one of low order (${String(error)})`);
    }
    this.#mixKey(shared);
  }

  #mixEphemeral(key: Uint8Array): void {
    this.#mixHash(key);
    // With a pre-shared key the first message is sealed before any Diffie-Hellman: the ephemeral key makes it unique (§9.2).
    if (this.#pattern.messages.some((tokens) => tokens.includes("psk"))) this.#mixKey(key);
  }

  #mixKey(material: Uint8Array): void {
    const [chainingKey, key] = this.#derive(material, 2) as [Uint8Array, Uint8Array];
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(this.#crypto, key);
  }

  #mixHash(bytes: Uint8Array): void {
    this.#hash = this.#crypto.sha256(concat(this.#hash, bytes));
  }

  #sealAndHash(plain: Uint8Array): Uint8Array {
    const sealed = this.#cipher.seal(this.#hash, plain);
    this.#mixHash(sealed);
    return sealed;
  }

  #openAndHash(sealed: Uint8Array): Uint8Array {
    const plain = this.#cipher.open(this.#hash, sealed);
    this.#mixHash(sealed);
    return plain;
  }

  /** HKDF (§4.3) from the chaining key. */
  #derive(material: Uint8Array, count: 2 | 3): Uint8Array[] {
    const secret = this.#crypto.hmacSha256(this.#chainingKey, material);
    const keys: Uint8Array[] = [];
    let last = empty;
    for (let i = 1; i <= count; i++) {
      last = this.#crypto.hmacSha256(secret, concat(last, Uint8Array.of(i)));
      keys.push(last);
    }
    return keys;
  }
}
