import type {
  HandshakeFailure,
  Limits,
  Message,
  NodeDownReason,
  NodeId,
  Pipe,
  PipeHandler,
  RoundTripView,
  Timer,
} from "@espalier/runtime";
import { beyond, TokenBucket } from "@espalier/runtime";
import { concat } from "../bytes.ts";
import { CodecError, IdentityError, NoiseError, RefusalError } from "../errors.ts";
import type { RekeyingCipher } from "../noise/rekeying-cipher.ts";
import type { Counts } from "./counts.ts";
import { refusalFrame, type PatternName } from "./first-frame.ts";
import { decodeControl, encodeControl, misfit, quarters, type Control, type Hello } from "./hello.ts";
import { Opening } from "./opening.ts";
import { frameKind } from "./outbox.ts";
import { Renewals } from "./renewals.ts";
import { RoundTrip } from "./round-trip.ts";
import type { Secured } from "./secured.ts";
import type { AdmittedBy, SessionEnd, SessionOptions } from "./session-owner.ts";
import { sessionTable as table } from "./session.machine.ts";
import { Traffic, type TrafficOwner } from "./traffic.ts";

export type { Admission, AdmittedBy, SessionEnd, SessionOptions, SessionOwner, Target } from "./session-owner.ts";

const { state: is, event } = table;

/** The states in which messages go back and forth. */
const upStates: ReadonlySet<number> = new Set([is.up, is.renewing, is.switching, is.answering]);

/** What it is called that a handshake has ended so. */
const failureOf: Readonly<Record<number, HandshakeFailure>> = {
  [event.refusal]: "refused",
  [event.broken]: "broken",
  [event.late]: "late",
  [event.gone]: "gone",
};

/**
 * One authenticated, forward-secret, ordered conversation with one node over one pipe: a Noise handshake that proves the Ed25519 identities of both, a
 * hello from each side, then messages until something goes wrong, which ends it for good. `docs/protocol.md` states every byte.
 *
 * The finite control is `session.machine.ts`; this is what each step does.
 */
export class Session implements PipeHandler, TrafficOwner {
  readonly #options: SessionOptions;
  readonly #limits: Limits;
  readonly #controls: TokenBucket;
  readonly #traffic: Traffic;
  readonly #handshakeTimer: Timer;
  #state: number;
  #pipe: Pipe | null = null;
  #remote = "";
  #isUp = false;
  readonly #opening: Opening;
  #secured: Secured | null = null;
  #sending: RekeyingCipher | null = null;
  #receiving: RekeyingCipher | null = null;
  #renewals: Renewals | null = null;
  /** Of ciphers that were replaced. */
  #rekeys = 0;
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
    this.#opening = new Opening(options);
    this.begunAtMs = options.host.clock.monotonic();
    const { controlsPerSecond, rateBurstMs } = options.limits;
    this.#controls = new TokenBucket(controlsPerSecond, rateBurstMs, this.begunAtMs);
    const { hello, host } = options;
    this.#traffic = new Traffic(options.limits, this, new RoundTrip(host.clock, hello.tickMs / quarters));
    this.#state = table.next(table.initial, options.target === undefined ? event.accept : event.dial);
    const { handshakeMs } = options.limits;
    this.#handshakeTimer = options.host.clock.after(Math.max(0, handshakeMs - (options.waitedMs ?? 0)), () =>
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
    return this.#secured?.peer ?? null;
  }

  /** What the peer said of itself; there when the session is up. */
  get peerHello(): Hello | null {
    return this.#peerHello;
  }

  get dialled(): boolean {
    return this.#options.target !== undefined;
  }

  get isUp(): boolean {
    return this.#isUp;
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
    return this.#options.target?.id ?? null;
  }

  /** On the side that dials: whether it was by a key that this node shares as well. */
  get isAmongSharers(): boolean {
    const sharedKey = this.#options.target?.sharedKey ?? null;
    return sharedKey !== null && this.#options.keys.shares(sharedKey);
  }

  /** The Noise pattern that the two have shaken hands by; XX until one was chosen. */
  get pattern(): PatternName {
    return this.#opening.pattern;
  }

  /** What the peer was let in by, or is to be. */
  get admittedBy(): AdmittedBy {
    if (this.pattern === "NNpsk0") return "shared key";
    return this.pattern === "KK" ? "introduction" : "key";
  }

  /** How often keys were replaced by count, in both directions together. */
  get rekeys(): number {
    return this.#rekeys + (this.#sending?.rekeys ?? 0) + (this.#receiving?.rekeys ?? 0);
  }

  /** How often all keys were replaced by a new handshake. */
  get renewals(): number {
    return this.#renewals?.count ?? 0;
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

  /** Asks the peer to answer at once. */
  ask(): void {
    this.#traffic.tick();
  }

  /** Says that this node is there, unless something was sent since this was called last. */
  tick(): void {
    if (!this.#hasSent && this.#isUp) this.#traffic.tick();
    this.#hasSent = false;
  }

  /** Lets the peer in, which was held. */
  letIn(): void {
    this.#move(event.yielded);
    this.#sendControl({ type: "hello", ...this.#options.hello });
  }

  /** Ends the session. A peer that was up is told why, after everything that was sent to it. */
  end(reason: string, why: NodeDownReason = "disconnect"): void {
    if (this.#isUp) {
      this.#traffic.flush();
      this.#sendControl({ type: "goodbye", stops: why === "shutdown", reason });
    }
    this.#close(event.end, reason, why);
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
    if (this.#isUp) this.#traffic.drained();
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
          return this.#readSealed(bytes);
        default:
          if (this.#isUp) return this.#readSealed(bytes);
          throw new CodecError(`a frame while ${table.states[this.#state]}, where the protocol has none`);
      }
    });
  }

  closed(reason: string): void {
    this.#pipe = null;
    if (this.#state !== is.closed) this.#close(event.gone, this.#isUp ? `connection lost: ${reason}` : reason);
    this.#options.owner.released(this);
  }

  // The handshake.

  #initiate(): void {
    const { target } = this.#options;
    if (target === undefined) return;
    const first = this.#opening.begin(target);
    this.#move(event.opened);
    this.#pipe?.send(first);
  }

  #readInitiation(bytes: Uint8Array): void {
    const response = this.#opening.respond(bytes);
    this.#move(event.initiation);
    this.#pipe?.send(response);
  }

  #readAnswer(bytes: Uint8Array): void {
    const answer = this.#opening.answer(bytes);
    if (answer.type === "refusal") return this.#close(event.refusal, `refused: ${answer.reason}`);
    this.#move(event.response);
    this.#pipe?.send(answer.frame);
    this.#beginSealing(answer.secured);
  }

  #readProof(bytes: Uint8Array): void {
    const secured = this.#opening.prove(bytes);
    this.#beginSealing(secured);
    const admission = this.#options.owner.admit(this, secured.peer);
    if (admission.type === "refused") return this.#refuse(event.stranger, admission.reason);
    if (admission.type === "held") return this.#move(event.crossed);
    this.#move(event.proof);
    this.#sendControl({ type: "hello", ...this.#options.hello });
  }

  #readSealed(bytes: Uint8Array): void {
    const plain = (this.#receiving as RekeyingCipher).open(bytes);
    this.received.frames += 1;
    this.received.bytes += bytes.length;
    this.#hasHeard = true;
    if (plain[0] === frameKind.control) {
      if (!this.#controls.take(this.#options.host.clock.monotonic())) {
        throw new CodecError(beyond(this.#limits, "controlsPerSecond", "control frames in a second"));
      }
      return this.#readControl(decodeControl(plain.subarray(1), this.#limits));
    }
    if (!this.#isUp) throw new CodecError("messages before the hello");
    this.#traffic.receive(plain);
  }

  #readControl(control: Control): void {
    switch (control.type) {
      case "hello": {
        const why = misfit(this.#options.hello, control);
        if (why !== null) return this.#refuse(event.misfit, why);
        this.#move(event.hello);
        this.#peerHello = control;
        // The side that dialled answers: only then does the other side count on it, see `connection.ts` on crossed attempts.
        if (this.dialled) this.#sendControl({ type: "hello", ...this.#options.hello });
        this.#begin(this.#secured as Secured);
        return this.#options.owner.up(this);
      }
      case "refusal":
        return this.#close(event.refusal, `refused: ${control.reason}`);
      case "goodbye":
        return this.#close(event.goodbye, control.reason, control.stops ? "shutdown" : "connection_closed");
      case "renewal":
        this.#move(event.renewal);
        return this.#renewals?.receive(control.noise);
      case "renewed":
        this.#move(event.renewed);
        return this.#renewals?.finish();
    }
  }

  #beginSealing(secured: Secured): void {
    this.#secured = secured;
    this.#sending = secured.sending;
    this.#receiving = secured.receiving;
  }

  /** Both sides have said hello. */
  #begin(secured: Secured): void {
    this.#handshakeTimer.cancel();
    const { host, limits, keys } = this.#options;
    if (secured.peerKey !== null) keys.remember(secured.peerKey);
    this.#renewals = new Renewals(
      {
        host,
        limits,
        keys,
        dialled: this.dialled,
        control: (control) => this.#sendControl(control),
        replaceSending: (cipher) => {
          this.#rekeys += this.#sending?.rekeys ?? 0;
          this.#sending = cipher;
        },
        replaceReceiving: (cipher) => {
          this.#rekeys += this.#receiving?.rekeys ?? 0;
          this.#receiving = cipher;
        },
        due: () => {
          this.#move(event.due);
          this.#renewals?.begin();
        },
        expired: (reason) => this.#close(event.late, reason),
      },
      secured,
    );
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
      if (error instanceof RefusalError) return this.#refuse(event.misfit, error.message);
      if (!(error instanceof CodecError || error instanceof NoiseError || error instanceof IdentityError)) throw error;
      this.#close(event.broken, error.message);
    }
  }

  #refuse(why: number, reason: string): void {
    const fallsBack = this.#mayFallBack;
    this.#move(why);
    if (this.#sending === null) this.#pipe?.send(refusalFrame(reason));
    else this.#sendControl({ type: "refusal", reason });
    // The pipe stays until the other side closes it, or the time for the handshake is over: closing at once could lose the reason.
    const failure = why === event.misfit ? "misfit" : "stranger";
    this.#report({ reason, failure, fallsBack, wasUp: false, gone: false, why: "connection_setup_failed" });
  }

  #close(cause: number, reason: string, why: NodeDownReason = "connection_closed"): void {
    if (this.#state === is.closed) return;
    const wasUp = this.#isUp;
    const failure = this.#state === is.held ? "crossed" : (failureOf[cause] ?? "ended");
    const fallsBack = this.#mayFallBack && cause !== event.late && cause !== event.end;
    if (this.#mayFallBack && this.dialled) this.#options.keys.forget(this.#options.target?.id ?? "");
    this.#move(cause);
    this.#handshakeTimer.cancel();
    this.#renewals?.stop();
    this.#pipe?.close(reason.slice(0, this.#limits.reasonLength));
    this.#report({ reason, failure, fallsBack, wasUp, gone: cause === event.gone, why });
  }

  #report(end: SessionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.owner.ended(this, end);
  }

  /** Whether the two have begun with something that was known beforehand, and do not know yet whether it is of use. */
  get #mayFallBack(): boolean {
    const isUnproven = this.#state === is.initiated || this.#state === is.listening;
    return isUnproven && (this.pattern === "IK" || this.pattern === "KK");
  }

  /** @throws CodecError when what came has no place in the protocol now. */
  #move(why: number): void {
    const next = table.next(this.#state, why);
    if (next === this.#state) {
      throw new CodecError(`${table.events[why]} while ${table.states[this.#state]}, where the protocol has none`);
    }
    this.#state = next;
    this.#isUp = upStates.has(next);
  }
}
