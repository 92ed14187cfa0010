import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

/** Noise, revision 34, as docs/protocol.md names it, over node:crypto and with nothing of the project in it. */

type Token = "e" | "s" | "ee" | "es" | "se" | "ss" | "psk";
export type Pattern = "XX" | "IK" | "KK" | "NNpsk0";

const messages: Record<Pattern, readonly (readonly Token[])[]> = {
  XX: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
  IK: [
    ["e", "es", "s", "ss"],
    ["e", "ee", "se"],
  ],
  KK: [
    ["e", "es", "ss"],
    ["e", "ee", "se"],
  ],
  NNpsk0: [
    ["psk", "e"],
    ["e", "ee"],
  ],
};

export interface Pair {
  readonly secret: KeyObject;
  readonly public: Buffer;
}

export function pair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return { secret: privateKey, public: Buffer.from(publicKey.export({ format: "jwk" }).x as string, "base64url") };
}

export const ed25519 = (seed: Buffer): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });

const agree = (own: Pair, theirs: Uint8Array): Buffer =>
  diffieHellman({
    privateKey: own.secret,
    publicKey: createPublicKey({
      key: { kty: "OKP", crv: "X25519", x: Buffer.from(theirs).toString("base64url") },
      format: "jwk",
    }),
  });

const hash = (...parts: readonly Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();
const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer => createHmac("sha256", key).update(bytes).digest();

/** HKDF of Noise (§4.3). */
function derive(chain: Uint8Array, material: Uint8Array, count: number): Buffer[] {
  const secret = hmac(chain, material);
  const out: Buffer[] = [];
  let last: Buffer = Buffer.alloc(0);
  for (let i = 1; i <= count; i += 1) out.push((last = hmac(secret, Buffer.concat([last, Buffer.of(i)]))));
  return out;
}

/** The key of NNpsk0: HKDF-SHA256 of a shared key (RFC 5869, empty salt). */
export const presharedKey = (shared: Uint8Array): Buffer =>
  hmac(hmac(Buffer.alloc(32), shared), Buffer.concat([Buffer.from("espalier/1 shared key\0"), Buffer.of(1)]));

export class Cipher {
  counter = 0;
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  #nonce(): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64LE(BigInt(this.counter++), 4);
    return nonce;
  }

  seal(plain: Uint8Array, associated: Uint8Array = Buffer.alloc(0)): Buffer {
    const cipher = createCipheriv("chacha20-poly1305", this.#key, this.#nonce(), { authTagLength: 16 });
    cipher.setAAD(associated, { plaintextLength: plain.length });
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  open(sealed: Uint8Array, associated: Uint8Array = Buffer.alloc(0)): Buffer {
    const plain = sealed.subarray(0, -16);
    const cipher = createDecipheriv("chacha20-poly1305", this.#key, this.#nonce(), { authTagLength: 16 });
    cipher.setAAD(associated, { plaintextLength: plain.length });
    cipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([cipher.update(plain), cipher.final()]);
  }
}

export interface HandshakeOptions {
  readonly pattern: Pattern;
  readonly initiator: boolean;
  readonly prologue: Uint8Array;
  readonly own?: Pair;
  readonly theirs?: Uint8Array;
  readonly psk?: Uint8Array;
  readonly ephemeral?: Pair;
}

export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #ephemeral: Pair;
  #remoteEphemeral: Uint8Array = Buffer.alloc(0);
  theirs: Uint8Array | undefined;
  #chain: Buffer;
  #hash: Buffer;
  #cipher: Cipher | null = null;
  #step = 0;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#ephemeral = options.ephemeral ?? pair();
    this.theirs = options.theirs;
    const name = Buffer.from(`Noise_${options.pattern}_25519_ChaChaPoly_SHA256`);
    this.#hash = name.length <= 32 ? Buffer.concat([name, Buffer.alloc(32 - name.length)]) : hash(name);
    this.#chain = this.#hash;
    this.#mixHash(options.prologue);
    const { initiator, own, theirs, pattern } = options;
    const known = { I: initiator ? own?.public : theirs, R: initiator ? theirs : own?.public };
    if (pattern === "KK") this.#mixHash(known.I as Uint8Array);
    if (pattern === "KK" || pattern === "IK") this.#mixHash(known.R as Uint8Array);
  }

  get hash(): Buffer {
    return this.#hash;
  }

  write(payload: Uint8Array = Buffer.alloc(0)): Buffer {
    const parts: Uint8Array[] = [];
    for (const token of this.#tokens()) {
      if (token === "e") this.#mixEphemeral(this.#ephemeral.public, parts);
      else if (token === "s") parts.push(this.#seal((this.#options.own as Pair).public));
      else this.#mixSecret(token);
    }
    return Buffer.concat([...parts, this.#seal(payload)]);
  }

  read(message: Uint8Array): Buffer {
    let rest = message;
    const take = (length: number): Uint8Array => {
      const taken = rest.subarray(0, length);
      rest = rest.subarray(length);
      return taken;
    };
    for (const token of this.#tokens()) {
      if (token === "e") {
        this.#remoteEphemeral = take(32);
        this.#mixEphemeral(this.#remoteEphemeral, []);
      } else if (token === "s") this.theirs = this.#open(take(this.#cipher === null ? 32 : 48));
      else this.#mixSecret(token);
    }
    return this.#open(rest);
  }

  /** The ciphers for what this side sends and receives. */
  split(): { readonly out: Cipher; readonly in: Cipher } {
    const [first, second] = derive(this.#chain, Buffer.alloc(0), 2).map((key) => new Cipher(key)) as [Cipher, Cipher];
    return this.#options.initiator ? { out: first, in: second } : { out: second, in: first };
  }

  #tokens(): readonly Token[] {
    return messages[this.#options.pattern][this.#step++] as readonly Token[];
  }

  #mixHash(bytes: Uint8Array): void {
    this.#hash = hash(this.#hash, bytes);
  }

  #mixKey(material: Uint8Array): void {
    const [chain, key] = derive(this.#chain, material, 2) as [Buffer, Buffer];
    this.#chain = chain;
    this.#cipher = new Cipher(key);
  }

  #mixEphemeral(key: Uint8Array, parts: Uint8Array[]): void {
    parts.push(key);
    this.#mixHash(key);
    if (this.#options.pattern === "NNpsk0") this.#mixKey(key);
  }

  #mixSecret(token: Token): void {
    if (token === "psk") {
      const [chain, mixed, key] = derive(this.#chain, this.#options.psk as Uint8Array, 3) as [Buffer, Buffer, Buffer];
      this.#chain = chain;
      this.#mixHash(mixed);
      this.#cipher = new Cipher(key);
      return;
    }
    const [mine, yours] = this.#options.initiator ? token : [token[1], token[0]];
    this.#mixKey(
      agree(
        mine === "e" ? this.#ephemeral : (this.#options.own as Pair),
        yours === "e" ? this.#remoteEphemeral : (this.theirs as Uint8Array),
      ),
    );
  }

  #seal(plain: Uint8Array): Buffer {
    const sealed = this.#cipher === null ? Buffer.from(plain) : this.#cipher.seal(plain, this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #open(sealed: Uint8Array): Buffer {
    const plain = this.#cipher === null ? Buffer.from(sealed) : this.#cipher.open(sealed, this.#hash);
    this.#mixHash(sealed);
    return plain;
  }
}
