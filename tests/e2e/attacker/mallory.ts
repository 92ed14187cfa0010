import { createPublicKey, randomBytes, sign, type KeyObject } from "node:crypto";
import { decode, encode, type Cbor } from "./cbor.ts";
import { ed25519, Handshake, pair, presharedKey, type Cipher, type Pair, type Pattern } from "./noise.ts";
import { openPipe, type Pipe } from "./pipe.ts";

/** A node as docs/protocol.md describes it, that does as it is told, rules or not. */

const patternByte: Record<Pattern, number> = { XX: 1, IK: 2, KK: 3, NNpsk0: 4 };

export type Message = { readonly [key: string]: Cbor };

/** Of `url`, where the node listens and who it is. */
export const targetOf = (url: string): { readonly url: string; readonly key: Buffer } => {
  const [where, id] = url.split("#") as [string, string];
  return { url: where, key: Buffer.from(id, "base64url") };
};

export class Mallory {
  readonly #secret: KeyObject;
  readonly key: Buffer;
  readonly id: string;
  readonly static: Pair = pair();

  constructor() {
    this.#secret = ed25519(randomBytes(32));
    this.key = Buffer.from(createPublicKey(this.#secret).export({ format: "jwk" }).x as string, "base64url");
    this.id = this.key.toString("base64url");
  }

  proof(statement: Uint8Array, notAfter: number): Buffer {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(notAfter));
    return Buffer.concat([this.key, sign(null, Buffer.concat([statement, time]), this.#secret), time]);
  }

  staticProof(notAfter: number = Date.now() + 3_600_000, of: Uint8Array = this.static.public): Buffer {
    return this.proof(Buffer.concat([Buffer.from("espalier/1 static key\0"), of]), notAfter);
  }

  sessionProof(role: 0 | 1, hash: Uint8Array, notAfter: number = Date.now() + 5000): Buffer {
    return this.proof(Buffer.concat([Buffer.from("espalier/1 session\0"), Buffer.of(role), hash]), notAfter);
  }
}

export interface DialOptions {
  readonly pattern?: Pattern;
  readonly patternByte?: number;
  readonly version?: number;
  /** The static key of the other side, for IK and KK. */
  readonly theirs?: Uint8Array;
  readonly sharedKey?: Uint8Array;
  /** In place of the true one. */
  readonly proof?: Uint8Array;
  /** Whom KK says that it is from. */
  readonly claims?: Uint8Array;
}

export const prefixOf = (to: Uint8Array, pattern: Pattern, options: DialOptions = {}): Buffer =>
  Buffer.concat([
    Buffer.from("espalier"),
    Buffer.of(options.version ?? 1, options.patternByte ?? patternByte[pattern]),
    to,
    options.claims ?? Buffer.alloc(0),
  ]);

/** The dialling side of a handshake, a frame at a time. */
export class Dialler {
  readonly me: Mallory;
  readonly handshake: Handshake;
  readonly #prefix: Buffer;
  readonly #pattern: Pattern;
  readonly #options: DialOptions;
  #ciphers: { readonly out: Cipher; readonly in: Cipher } | null = null;
  /** What the other side showed as its proof. */
  theirProof: Buffer = Buffer.alloc(0);

  constructor(me: Mallory, to: Uint8Array, options: DialOptions = {}) {
    this.me = me;
    this.#options = options;
    const pattern = (this.#pattern = options.pattern ?? "XX");
    this.#prefix = prefixOf(to, pattern, pattern === "KK" ? { claims: me.key, ...options } : options);
    this.handshake = new Handshake({
      pattern,
      initiator: true,
      prologue: this.#prefix,
      own: me.static,
      ...(options.theirs === undefined ? {} : { theirs: options.theirs }),
      ...(options.sharedKey === undefined ? {} : { psk: presharedKey(options.sharedKey) }),
    });
  }

  first(): Buffer {
    const payload = this.#pattern === "IK" ? (this.#options.proof ?? this.me.staticProof()) : Buffer.alloc(0);
    return Buffer.concat([this.#prefix, this.handshake.write(payload)]);
  }

  /** @throws Error with the reason, when the other side refused. */
  second(bytes: Uint8Array): void {
    if (bytes[0] === 0) throw new Error(Buffer.from(bytes.subarray(1)).toString());
    const message = bytes.subarray(1);
    if (this.#pattern === "NNpsk0") {
      this.handshake.read(message.subarray(0, 48));
      this.#ciphers = this.handshake.split();
      this.theirProof = this.#ciphers.in.open(message.subarray(48));
      return;
    }
    this.theirProof = this.handshake.read(message);
    if (this.#pattern !== "XX") this.#ciphers = this.handshake.split();
  }

  third(): Buffer {
    const { proof } = this.#options;
    if (this.#pattern === "XX") {
      const bytes = this.handshake.write(proof ?? this.me.staticProof());
      this.#ciphers = this.handshake.split();
      return bytes;
    }
    const own = this.#pattern === "NNpsk0" ? (proof ?? this.me.sessionProof(0, this.handshake.hash)) : Buffer.alloc(0);
    return (this.#ciphers as { readonly out: Cipher }).out.seal(own);
  }

  session(pipe: Pipe): Session {
    return new Session(pipe, this.#ciphers as { readonly out: Cipher; readonly in: Cipher }, this.handshake);
  }
}

/** The accepting side, in XX. */
export class Acceptor {
  readonly handshake: Handshake;
  readonly me: Mallory;
  readonly proof: Uint8Array;

  constructor(me: Mallory, first: Uint8Array, proof: Uint8Array = me.staticProof()) {
    this.me = me;
    this.proof = proof;
    this.handshake = new Handshake({
      pattern: "XX",
      initiator: false,
      prologue: first.subarray(0, 42),
      own: me.static,
    });
    this.handshake.read(first.subarray(42));
  }

  second(): Buffer {
    return Buffer.concat([Buffer.of(1), this.handshake.write(this.proof)]);
  }

  third(bytes: Uint8Array): Buffer {
    return this.handshake.read(bytes);
  }

  session(pipe: Pipe): Session {
    return new Session(pipe, this.handshake.split(), this.handshake);
  }
}

/** A session: what goes over it is sealed in order, and nothing else is looked after. */
export class Session {
  readonly pipe: Pipe;
  /** That its keys are from. */
  handshake: Handshake;
  ciphers: { out: Cipher; in: Cipher };
  /** The other side's hello. */
  hello: Message = {};
  /** Messages of a frame that was opened. */
  readonly #read: Message[] = [];

  constructor(pipe: Pipe, ciphers: { readonly out: Cipher; readonly in: Cipher }, handshake: Handshake) {
    this.pipe = pipe;
    this.ciphers = { ...ciphers };
    this.handshake = handshake;
  }

  seal(kind: number, content: Uint8Array = Buffer.alloc(0)): Buffer {
    return this.ciphers.out.seal(Buffer.concat([Buffer.of(kind), content]));
  }

  send(kind: number, content: Uint8Array = Buffer.alloc(0)): void {
    this.pipe.send(this.seal(kind, content));
  }

  control(frame: Message): void {
    this.send(3, encode(frame));
  }

  messages(...messages: readonly Message[]): void {
    this.send(0, encode(messages));
  }

  /** The next frame, opened; null at the end. */
  async next(): Promise<{ readonly kind: number; readonly content: Buffer } | null> {
    const sealed = await this.pipe.next();
    if (sealed === null) return null;
    const plain = this.ciphers.in.open(sealed);
    return { kind: plain[0] as number, content: plain.subarray(1) };
  }

  /** The next control frame; null at the end. */
  async nextControl(): Promise<Message | null> {
    for (;;) {
      const got = await this.next();
      if (got === null) return null;
      if (got.kind === 3) return decode(got.content) as Message;
    }
  }

  /** What the other side says, as far as it says something of one of these types; null at the end. */
  async nextMessage(...types: readonly string[]): Promise<Message | null> {
    for (;;) {
      for (let message = this.#read.shift(); message !== undefined; message = this.#read.shift()) {
        if (types.includes(message["type"] as string)) return message;
      }
      const got = await this.next();
      if (got === null) return null;
      if (got.kind === 0 || got.kind === 5) this.#read.push(...(decode(got.content) as readonly Message[]));
    }
  }

  /** The other side's hello, or the refusal, as an error; then this side's. */
  async greet(changes: Message = {}): Promise<this> {
    const theirs = await this.nextControl();
    if (theirs?.["type"] !== "hello") throw new Error(`refused: ${JSON.stringify(theirs?.["reason"] ?? "closed")}`);
    this.hello = theirs;
    this.control({ ...theirs, incarnation: randomBytes(8).toString("hex"), address: null, ...changes });
    return this;
  }
}

/** A session that is up, or an error with what the other side said. */
export async function attack(
  me: Mallory,
  url: string,
  options: DialOptions = {},
  hello: Message = {},
): Promise<Session> {
  const to = targetOf(url);
  const pipe = await openPipe(to.url);
  try {
    const dialler = new Dialler(me, to.key, options);
    pipe.send(dialler.first());
    const answer = await pipe.next();
    if (answer === null) throw new Error("closed instead of a second frame");
    dialler.second(answer);
    pipe.send(dialler.third());
    return await dialler.session(pipe).greet(hello);
  } catch (error) {
    pipe.destroy();
    throw error;
  }
}
