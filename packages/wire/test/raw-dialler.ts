import type { Host, NodeId, Pipe } from "@espalier/runtime";
import { fromBase64Url } from "@espalier/runtime";
import { concat, utf8 } from "../src/bytes.ts";
import { decodeControl, encodeControl, type Control } from "../src/session/hello.ts";
import { createIdentity, createStaticKey, type Identity } from "../src/identity/identity.ts";
import { limits } from "@espalier/runtime";
import { Handshake, keyPair, XX, type HandshakeResult } from "../src/noise/noise.ts";

const nothing = new Uint8Array(0);

/** A dialling side by hand, for what no session would ever send. */
export class RawDialler {
  readonly identity: Identity;
  /** What happened, in order: controls of the other side by type, and how the pipe ended. */
  readonly heard: (Control | string)[] = [];
  /** What it presents as its proof. */
  proof: Uint8Array;
  readonly #host: Host;
  readonly #handshake: Handshake;
  readonly #first: Uint8Array;
  #pipe: Pipe | null = null;
  #ciphers: HandshakeResult | null = null;

  constructor(host: Host, target: NodeId, ephemeralSecret: Uint8Array = host.random.bytes(32)) {
    this.#host = host;
    this.identity = createIdentity(host);
    const staticKey = createStaticKey(host, this.identity, limits.staticKeyMs);
    this.proof = staticKey.proof;
    const prefix = concat(utf8("espalier"), Uint8Array.of(1, 1), fromBase64Url(target) as Uint8Array);
    this.#handshake = new Handshake({
      crypto: host.crypto,
      pattern: XX,
      role: "initiator",
      prologue: prefix,
      ephemeral: keyPair(host.crypto, ephemeralSecret),
      static: staticKey.pair,
    });
    this.#first = concat(prefix, this.#handshake.write(nothing));
  }

  /** Goes through the handshake. What the other side says is in `heard` afterwards. */
  dial(url: string): void {
    this.#pipe = this.#host.network.connect(url, {
      open: () => this.#pipe?.send(this.#first),
      frame: (bytes) => this.#read(bytes),
      closed: (reason) => void this.heard.push(`closed: ${reason}`),
    });
  }

  /** One sealed frame with this plaintext. */
  sendPlain(...plain: readonly Uint8Array[]): void {
    this.#pipe?.send(this.#ciphers?.sending.seal(nothing, concat(...plain)) ?? nothing);
  }

  /** One sealed control frame. */
  sendControl(control: object): void {
    this.sendPlain(Uint8Array.of(3), encodeControl(control as Control));
  }

  #read(bytes: Uint8Array): void {
    if (this.#ciphers === null) {
      this.#handshake.read(bytes.subarray(1));
      this.#pipe?.send(this.#handshake.write(this.proof));
      this.#ciphers = this.#handshake.result();
      return;
    }
    const plain = this.#ciphers.receiving.open(nothing, bytes);
    this.heard.push(plain[0] === 3 ? decodeControl(plain.subarray(1), limits) : `kind ${plain[0]}`);
  }
}
