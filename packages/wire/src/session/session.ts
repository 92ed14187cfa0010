import type {
  HandshakeFailure,
  Host,
  Message,
  NodeDownReason,
  NodeId,
  Pipe,
  PipeHandler,
  RoundTripView,
  Timer,
} from "@espalier/runtime";
import { fromBase64Url, toBase64Url } from "@espalier/runtime";
import { concat, equalBytes, utf8 } from "../bytes.ts";
import { CodecError, IdentityError, NoiseError } from "../errors.ts";
import {
  decodeControl,
  encodeControl,
  misfit,
  quarters,
  readableReason,
  wireVersion,
  type Control,
  type Hello,
} from "./hello.ts";
import { verifyStaticKey, type StaticKey } from "../identity/identity.ts";
import type { Limits } from "@espalier/runtime";
import { Handshake, keyPair, XX } from "../noise/noise.ts";
import { frameKind } from "./outbox.ts";
import { RekeyingCipher } from "../noise/rekeying-cipher.ts";
import type { Counts } from "./counts.ts";
import { RoundTrip } from "./round-trip.ts";
import { sessionTable as table } from "./session.machine.ts";
import { Traffic, type TrafficOwner } from "./traffic.ts";

const { state: is, event } = table;

const magic = utf8("espalier");
const idBytes = 32;
const initiationBytes = magic.length + 1 + idBytes + 32;
const nothing = new Uint8Array(0);

/** The first byte of the accepting side's first frame. */
const answerKind = { refusal: 0, response: 1 } as const;

/** What it is called that a handshake has ended so. */
const failureOf: Readonly<Record<number, HandshakeFailure>> = {
  [event.refusal]: "refused",
  [event.broken]: "broken",
  [event.late]: "late",
  [event.gone]: "gone",
};

export interface SessionOptions {
  readonly host: Host;
  readonly limits: Limits;
  readonly self: NodeId;
  readonly staticKey: StaticKey;
  readonly hello: Hello;
  /** The node to reach, for the side that dials; absent on the side that accepts. */
  readonly target?: NodeId;
  readonly owner: SessionOwner;
}

/** Who is told what becomes of a session. Nothing is called from within `new Session` or `send`. */
export interface SessionOwner {
  /**
   * On the accepting side, as soon as the peer's key is proven, before anything it says is decoded.
   *
   * @returns why it may not enter, or null.
   */
  admit(session: Session, peer: NodeId): Refusal | null;
  /** Both sides know each other: `session.peer` and `session.peerHello` are there. */
  up(session: Session): void;
  message(session: Session, message: Message): void;
  /** So much waits for the peer that whoever sends should wait, or not any more: see `limits.busyBytes`. */
  busy(session: Session, isBusy: boolean): void;
  /** It is over, or will never be: called once, and nothing after it but `released`. */
  ended(session: Session, end: SessionEnd): void;
  /** The pipe is gone too: called once, last. */
  released(session: Session): void;
}

export interface Refusal {
  readonly reason: string;
  /** Our own attempt to reach this peer is under way, and wins. */
  readonly crossed: boolean;
}

export interface SessionEnd extends Refusal {
  readonly wasUp: boolean;
  /** Why there was no session, of one that was not up. */
  readonly failure: HandshakeFailure;
  /** The pipe went away without a word from us. */
  readonly gone: boolean;
  /** Why a session that was up is over. */
  readonly why: NodeDownReason;
}

/**
 * One authenticated, forward-secret, ordered conversation with one node over one pipe: a Noise XX handshake whose payloads prove the
 * Ed25519 identities, a hello from each side, then messages until something goes wrong, which ends it for good. `docs/protocol.md`
 * states every byte.
 *
 * The finite control is `session.machine.ts`; this is what each step does.
 */
export class Session implements PipeHandler, TrafficOwner {
  readonly #options: SessionOptions;
  readonly #limits: Limits;
  readonly #traffic: Traffic;
  readonly #handshakeTimer: Timer;
  #state: number;
  #pipe: Pipe | null = null;
  #remote = "";
  #handshake: Handshake | null = null;
  #sending: RekeyingCipher | null = null;
  #receiving: RekeyingCipher | null = null;
  #peer: NodeId | null = null;
  #peerHello: Hello | null = null;
  #ended = false;
  /** When it was made. */
  readonly begunAtMs: number;
  /** What has gone over it, once the two could seal. */
  readonly sent: Counts = { frames: 0, messages: 0, bytes: 0 };
  readonly received: Counts = { frames: 0, messages: 0, bytes: 0 };
  #hasHeard = false;
  #hasSent = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.begunAtMs = options.host.clock.monotonic();
    const { hello, host } = options;
    this.#traffic = new Traffic(options.limits, this, new RoundTrip(host.clock, hello.tickMs / quarters));
    this.#state = table.next(table.initial, options.target === undefined ? event.accept : event.dial);
    const { handshakeMs } = options.limits;
    this.#handshakeTimer = options.host.clock.after(handshakeMs, () =>
      this.#close(event.late, `no handshake within ${handshakeMs} ms`),
    );
  }

  /** Gives the session its pipe. Called once, at once after the constructor. */
  attach(pipe: Pipe): void {
    this.#pipe = pipe;
    this.#remote = pipe.remote;
  }

  /** The peer's proven identity; null until then. */
  get peer(): NodeId | null {
    return this.#peer;
  }

  /** What the peer said of itself; there when the session is up. */
  get peerHello(): Hello | null {
    return this.#peerHello;
  }

  get dialled(): boolean {
    return this.#options.target !== undefined;
  }

  get isUp(): boolean {
    return this.#state === is.up;
  }

  /** Whether the other side may know of this session already. */
  get hasBegun(): boolean {
    return this.#state !== is.opening;
  }

  /** Whether the peer was let in and has only to say hello. */
  get isAdmitted(): boolean {
    return this.#state === is.admitted;
  }

  /** The node to reach, on the side that dials. */
  get target(): NodeId | null {
    return this.#options.target ?? null;
  }

  /** The name of the Noise pattern that the two have shaken hands by. */
  get pattern(): string {
    return "XX";
  }

  /** The other end as the network sees it: for people. */
  get remote(): string {
    return this.#remote;
  }

  /**
   * Queues a message; everything queued in one turn of the loop leaves in as few frames as it fits.
   *
   * @throws RangeError when it is larger than a peer takes.
   */
  send(message: Message): void {
    this.#traffic.send(message);
    this.sent.messages += 1;
  }

  /** Bytes that wait for the peer. */
  get queuedBytes(): number {
    return this.#traffic.waitingBytes + this.pipeBytes;
  }

  /** Whether a frame came since this was asked last. */
  takeHeard(): boolean {
    const hasHeard = this.#hasHeard;
    this.#hasHeard = false;
    return hasHeard;
  }

  /** How long the peer takes to answer; null until it has. */
  get roundTrip(): RoundTripView | null {
    return this.#traffic.roundTrip;
  }

  /** Says that this node is there, unless something was sent since this was called last. */
  tick(): void {
    if (!this.#hasSent && this.isUp) this.#traffic.tick();
    this.#hasSent = false;
  }

  /** Ends the session. A peer that was up is told why, after everything that was sent to it. */
  end(reason: string, why: NodeDownReason = "disconnect"): void {
    if (this.isUp) {
      this.#traffic.flush();
      this.#sendControl({ type: "goodbye", stops: why === "shutdown", reason });
    }
    this.#close(event.end, reason, false, why);
  }

  // What the traffic asks for.

  emit(plain: Uint8Array): void {
    this.#sendSealed(plain);
  }

  soon(task: () => void): void {
    this.#options.host.loop.soon(task);
  }

  get pipeBytes(): number {
    return this.#pipe?.queuedBytes ?? 0;
  }

  message(message: Message): void {
    this.received.messages += 1;
    this.#options.owner.message(this, message);
  }

  overflowed(queuedBytes: number): void {
    this.#close(event.end, `the peer does not read: ${queuedBytes} bytes are queued for it`);
  }

  busy(isBusy: boolean): void {
    this.#options.owner.busy(this, isBusy);
  }

  // The pipe's side.

  drained(): void {
    if (this.isUp) this.#traffic.drained();
  }

  open(): void {
    // The accepting side waits for the first frame, whether or not its network says that an accepted pipe is open.
    if (this.#state === is.opening) this.#attempt(() => this.#initiate());
  }

  frame(bytes: Uint8Array): void {
    if (this.#state === is.closed) return;
    this.#attempt(() => {
      if (bytes.length > this.#limits.frameBytes) {
        throw new CodecError(`a frame of ${bytes.length} bytes; the limit is ${this.#limits.frameBytes}`);
      }
      switch (this.#state) {
        case is.listening:
          return this.#readInitiation(bytes);
        case is.initiated:
          return this.#readAnswer(bytes);
        case is.responded:
          return this.#readProof(bytes);
        case is.proven:
        case is.admitted:
        case is.up:
          return this.#readSealed(bytes);
        default:
          throw new CodecError(`a frame while ${table.states[this.#state]}, where the protocol has none`);
      }
    });
  }

  closed(reason: string): void {
    this.#pipe = null;
    if (this.#state !== is.closed) this.#close(event.gone, this.isUp ? `connection lost: ${reason}` : reason);
    this.#options.owner.released(this);
  }

  // The handshake.

  #initiate(): void {
    const target = this.#options.target as NodeId;
    const targetBytes = fromBase64Url(target) as Uint8Array;
    this.#handshake = this.#newHandshake("initiator", targetBytes);
    this.#move(event.opened);
    this.#pipe?.send(concat(magic, Uint8Array.of(wireVersion), targetBytes, this.#handshake.write(nothing)));
  }

  #readInitiation(bytes: Uint8Array): void {
    if (bytes.length < magic.length + 1 || !equalBytes(bytes.subarray(0, magic.length), magic)) {
      throw new CodecError("what connected does not speak Espalier's protocol");
    }
    const version = bytes[magic.length] as number;
    if (version !== wireVersion) {
      return this.#refuse(event.misfit, `version mismatch: wire ${wireVersion} here, wire ${version} there`);
    }
    if (bytes.length !== initiationBytes) {
      throw new CodecError(`a first frame of ${bytes.length} bytes; expected ${initiationBytes}`);
    }
    const targetBytes = bytes.slice(magic.length + 1, magic.length + 1 + idBytes);
    const target = toBase64Url(targetBytes);
    if (target !== this.#options.self) {
      return this.#refuse(event.misfit, `wrong node: this is ${this.#options.self}, not ${target}`);
    }
    const handshake = this.#newHandshake("responder", targetBytes);
    handshake.read(bytes.subarray(magic.length + 1 + idBytes));
    this.#handshake = handshake;
    this.#move(event.initiation);
    this.#pipe?.send(concat(Uint8Array.of(answerKind.response), handshake.write(this.#options.staticKey.proof)));
  }

  #readAnswer(bytes: Uint8Array): void {
    if (bytes[0] === answerKind.refusal) {
      const text = new TextDecoder().decode(bytes.subarray(1, 1 + 4 * this.#limits.reasonLength));
      // Nothing is sealed yet, so whoever answers at this address may say this.
      return this.#close(event.refusal, `refused: ${readableReason(text, this.#limits)}`);
    }
    if (bytes[0] !== answerKind.response) {
      throw new CodecError("what answers there does not speak Espalier's protocol");
    }
    const handshake = this.#handshake as Handshake;
    const peer = this.#verify(handshake.read(bytes.subarray(1)));
    if (peer !== this.#options.target) {
      throw new IdentityError(`reached the node ${peer} instead of ${this.#options.target}`);
    }
    this.#peer = peer;
    this.#move(event.response);
    this.#pipe?.send(handshake.write(this.#options.staticKey.proof));
    this.#beginSealing();
  }

  #readProof(bytes: Uint8Array): void {
    const peer = this.#verify((this.#handshake as Handshake).read(bytes));
    this.#peer = peer;
    this.#beginSealing();
    const refusal = this.#options.owner.admit(this, peer);
    if (refusal !== null) return this.#refuse(event.stranger, refusal.reason, refusal.crossed);
    this.#move(event.proof);
    this.#sendControl({ type: "hello", ...this.#options.hello });
  }

  #readSealed(bytes: Uint8Array): void {
    const plain = (this.#receiving as RekeyingCipher).open(bytes);
    this.received.frames += 1;
    this.received.bytes += bytes.length;
    this.#hasHeard = true;
    if (plain[0] === frameKind.control) return this.#readControl(decodeControl(plain.subarray(1), this.#limits));
    if (!this.isUp) throw new CodecError("messages before the hello");
    this.#traffic.receive(plain);
  }

  #readControl(control: Control): void {
    switch (control.type) {
      case "hello": {
        const why = misfit(this.#options.hello, control);
        if (why !== null) return this.#refuse(event.misfit, why);
        this.#move(event.hello);
        this.#peerHello = control;
        // The side that dialled answers: only then does the other side count on it, see `transport.ts` on crossed attempts.
        if (this.dialled) this.#sendControl({ type: "hello", ...this.#options.hello });
        this.#handshakeTimer.cancel();
        this.#handshake = null;
        return this.#options.owner.up(this);
      }
      case "refusal":
        return this.#close(event.refusal, `refused: ${control.reason}`, control.crossed);
      case "goodbye":
        return this.#close(event.goodbye, control.reason, false, control.stops ? "shutdown" : "connection_closed");
    }
  }

  #newHandshake(role: "initiator" | "responder", target: Uint8Array): Handshake {
    const { crypto, random } = this.#options.host;
    return new Handshake({
      crypto,
      pattern: XX,
      role,
      // A relay that rewrites the version or the target in the first frame makes the two sides disagree here.
      prologue: concat(magic, Uint8Array.of(wireVersion), target),
      ephemeral: keyPair(crypto, random.bytes(32)),
      static: this.#options.staticKey.pair,
    });
  }

  #verify(proof: Uint8Array): NodeId {
    const remoteStatic = this.#handshake?.remoteStatic as Uint8Array;
    return verifyStaticKey(this.#options.host, remoteStatic, proof, this.#limits);
  }

  #beginSealing(): void {
    const { sending, receiving } = (this.#handshake as Handshake).result();
    this.#sending = new RekeyingCipher(sending, this.#limits);
    this.#receiving = new RekeyingCipher(receiving, this.#limits);
  }

  #sendControl(control: Control): void {
    this.#sendSealed(concat(Uint8Array.of(frameKind.control), encodeControl(control)));
  }

  #sendSealed(plain: Uint8Array): void {
    this.#hasSent = true;
    const sealed = (this.#sending as RekeyingCipher).seal(plain);
    this.sent.frames += 1;
    this.sent.bytes += sealed.length;
    this.#pipe?.send(sealed);
  }

  // Ends.

  /** What is wrong with what a peer sent ends this session and nothing else; any other error is our own bug, and goes up. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof CodecError || error instanceof NoiseError || error instanceof IdentityError)) throw error;
      this.#close(event.broken, error.message);
    }
  }

  #refuse(why: number, reason: string, crossed = false): void {
    this.#move(why);
    if (this.#sending === null) this.#pipe?.send(concat(Uint8Array.of(answerKind.refusal), utf8(reason)));
    else this.#sendControl({ type: "refusal", crossed, reason });
    // The pipe stays until the other side closes it, or the time for the handshake is over: closing at once could lose the reason.
    const failure = why === event.misfit ? "misfit" : crossed ? "crossed" : "stranger";
    this.#report({ reason, crossed, failure, wasUp: false, gone: false, why: "connection_setup_failed" });
  }

  #close(cause: number, reason: string, crossed = false, why: NodeDownReason = "connection_closed"): void {
    if (this.#state === is.closed) return;
    const wasUp = this.isUp;
    this.#move(cause);
    this.#handshakeTimer.cancel();
    this.#pipe?.close(reason.slice(0, this.#limits.reasonLength));
    const failure = crossed ? "crossed" : (failureOf[cause] ?? "ended");
    this.#report({ reason, crossed, failure, wasUp, gone: cause === event.gone, why });
  }

  #report(end: SessionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.owner.ended(this, end);
  }

  /** @throws CodecError when what came has no place in the protocol now. */
  #move(why: number): void {
    const next = table.next(this.#state, why);
    if (next === this.#state) {
      throw new CodecError(`${table.events[why]} while ${table.states[this.#state]}, where the protocol has none`);
    }
    this.#state = next;
  }
}
