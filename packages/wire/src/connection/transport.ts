import type {
  Host,
  Listener,
  Message,
  NodeDownReason,
  NodeId,
  Pipe,
  Timer,
  Transport,
  TransportEvents,
} from "@espalier/runtime";
import { Access, NodeRef } from "@espalier/runtime";
import PQueue from "p-queue";
import { tickMsMax, tickMsMin, wireVersion, type Hello } from "../session/hello.ts";
import { createStaticKey, type Identity, type StaticKey } from "../identity/identity.ts";
import { limits as defaultLimits, type Limits } from "@espalier/runtime";
import { Session, type Refusal, type SessionEnd, type SessionOwner } from "../session/session.ts";
import { Ticks } from "./ticks.ts";

export interface SessionTransportOptions {
  readonly host: Host;
  readonly identity: Identity;
  /** Another one in every life of the node (R-1308): 1 to 64 letters, digits or `_.:-`. */
  readonly incarnation: string;
  /** The version of captured frames of code, which both ends of a link must share. */
  readonly abi: number;
  /** The version of the hashes of definitions, which both ends of a link must share too. */
  readonly hashVersion: number;
  /** Where to listen, such as `ws://0.0.0.0:7000`; absent: nowhere. */
  readonly listen?: string;
  /** What to tell others to reach us by, when it is not what the listener says. */
  readonly address?: string;
  /** Who may connect to us. Default: nobody. Whom we connect to is restricted by it only when it was revoked. */
  readonly access?: Access;
  /**
   * For how long nothing may come over a link before it is closed, give or take a quarter (R-1301), from 100 ms. Default: one minute, as in OTP.
   */
  readonly netTicktimeMs?: number;
  readonly limits?: Partial<Limits>;
}

const netTicktimeMsDefault = 60_000;

/** A wanted link that is not up yet. */
interface Attempt {
  readonly peer: NodeRef;
  /** Our own dialling, once it has begun. */
  dial: Session | null;
  /** The peer's dialling, when that is the one that decides the attempt. */
  incoming: Session | null;
  /** Runs while the peer's dialling is to decide the attempt and has not come yet. */
  patience: Timer | null;
  /** Frees the place in the queue of attempts. */
  settle: () => void;
}

/**
 * Links between nodes as Noise sessions over the host's network (`docs/protocol.md`).
 *
 * - Exactly one link per peer. When both dial at once, the attempt of the lower node id survives (R-1310); when a peer comes again, it
 *   is because it lost or never had the link that we still see: the new one replaces it, `down` before `up`.
 * - `up` comes before any message and `down` after all of them. A link is never resumed.
 * - An attempt ends in `up` or `failed`, once. Nothing is tried again: who wants that calls `connect` again.
 */
export class SessionTransport implements Transport {
  readonly #options: SessionTransportOptions;
  readonly #host: Host;
  readonly #limits: Limits;
  readonly #access: Access;
  readonly #owner: SessionOwner;
  /** Only `concurrency` is used: p-queue starts tasks at once when there is room, and sets no timer. */
  readonly #dials: PQueue;
  readonly #tickMs: number;
  readonly #ticks: Ticks;
  readonly #links = new Map<NodeId, Session>();
  readonly #attempts = new Map<NodeId, Attempt>();
  /** Accepted pipes whose handshake is not over. */
  readonly #halfOpen = new Set<Session>();
  #events: TransportEvents | null = null;
  #listener: Listener | null = null;
  #staticKey: StaticKey | null = null;
  #stopped = false;

  /** @throws TypeError naming the option that is not as it should be. */
  constructor(options: SessionTransportOptions) {
    this.#options = options;
    this.#host = options.host;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#access = options.access ?? new Access();
    if (!/^[\w.:-]{1,64}$/.test(options.incarnation)) {
      throw new TypeError(
        `incarnation: expected 1 to 64 letters, digits or _.:-, got ${JSON.stringify(options.incarnation)}`,
      );
    }
    const { netTicktimeMs = netTicktimeMsDefault } = options;
    if (!Number.isInteger(netTicktimeMs) || netTicktimeMs < tickMsMin || netTicktimeMs > tickMsMax) {
      throw new RangeError(`netTicktime: expected ${tickMsMin} to ${tickMsMax} ms, got ${netTicktimeMs}`);
    }
    this.#tickMs = netTicktimeMs;
    this.#ticks = new Ticks(options.host, netTicktimeMs);
    this.#dials = new PQueue({ concurrency: this.#limits.dialsConcurrent });
    this.#owner = {
      admit: (session, peer) => this.#admit(session, peer),
      up: (session) => this.#up(session),
      message: (session, message) => this.#events?.message(session.peer as NodeId, message),
      ended: (session, end) => (session.dialled ? this.#dialEnded(session, end) : this.#acceptedEnded(session, end)),
      released: (session) => this.#halfOpen.delete(session),
    };
  }

  /** @throws what the host's network says of an address that it cannot listen on. */
  async start(events: TransportEvents): Promise<void> {
    if (this.#events !== null) throw new TypeError("transport: expected one start, got another");
    this.#events = events;
    if (this.#options.listen === undefined) return;
    const listener = await this.#host.network.listen(this.#options.listen, (pipe) => this.#accept(pipe));
    // Stopped while the port was being opened.
    if (this.#stopped) await listener.close();
    else this.#listener = listener;
  }

  get url(): string | null {
    if (this.#listener === null) return null;
    return this.#options.address ?? this.#listener.url;
  }

  connect(peer: NodeRef): void {
    if (this.#stopped || this.#links.has(peer.id) || this.#attempts.has(peer.id)) return;
    const attempt: Attempt = {
      peer,
      dial: null,
      incoming: this.#admittedFrom(peer.id),
      patience: null,
      settle: () => {},
    };
    this.#attempts.set(peer.id, attempt);
    // The peer's own attempt is about to succeed.
    if (attempt.incoming !== null) return;
    void this.#dials.add(
      () =>
        new Promise<void>((resolve) => {
          attempt.settle = resolve;
          // In a turn of its own, so that `failed` is never called from within `connect`.
          this.#host.loop.soon(() => this.#dial(attempt));
        }),
    );
  }

  send(peer: NodeId, message: Message): boolean {
    const session = this.#links.get(peer);
    if (session === undefined) return false;
    session.send(message);
    return true;
  }

  disconnect(peer: NodeId, reason: string): void {
    const attempt = this.#attempts.get(peer);
    this.#links.get(peer)?.end(reason, "disconnect");
    if (attempt !== undefined) this.#fail(attempt, reason);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const session of this.#links.values()) session.end("the node stopped", "shutdown");
    for (const attempt of this.#attempts.values()) this.#fail(attempt, "the node stopped");
    for (const session of this.#halfOpen) session.end("the node stopped");
    const listener = this.#listener;
    this.#listener = null;
    await listener?.close();
  }

  // Dialling.

  #dial(attempt: Attempt): void {
    if (this.#attempts.get(attempt.peer.id) !== attempt || attempt.incoming !== null) return attempt.settle();
    const { id, address } = attempt.peer;
    if (id === this.#options.identity.id) return this.#fail(attempt, "this is the node itself");
    if (address === null) return this.#fail(attempt, "no address is known, and it is not connected to us");
    const session = this.#newSession(id);
    attempt.dial = session;
    session.attach(this.#host.network.connect(address, session));
  }

  #dialEnded(session: Session, end: SessionEnd): void {
    if (end.wasUp) return this.#down(session, end.reason, end.why);
    const attempt = this.#attempts.get(session.target as NodeId);
    if (attempt?.dial !== session) return;
    if (!end.crossed) return this.#fail(attempt, end.reason);
    // The peer's own attempt goes on, and has as long as any handshake.
    attempt.dial = null;
    attempt.patience = this.#host.clock.after(this.#limits.handshakeMs, () => {
      if (attempt.incoming === null) this.#fail(attempt, "the peer wanted to connect by itself, and did not");
    });
  }

  // Accepting.

  #accept(pipe: Pipe): Session {
    const session = this.#newSession();
    session.attach(pipe);
    this.#halfOpen.add(session);
    const address = addressOf(pipe.remote);
    let fromThere = 0;
    for (const other of this.#halfOpen) if (addressOf(other.remote) === address) fromThere++;
    if (this.#stopped) session.end("the node stopped");
    else if (fromThere > this.#limits.halfOpenPerAddress) session.end(`too many handshakes under way from ${address}`);
    else if (this.#halfOpen.size > this.#limits.halfOpen) session.end("too many handshakes under way");
    return session;
  }

  #admit(session: Session, peer: NodeId): Refusal | null {
    if (!this.#access.admits(peer)) {
      return { reason: `the key ${peer} is not on this node's allow list`, crossed: false };
    }
    const attempt = this.#attempts.get(peer);
    if (attempt === undefined) return null;
    const { dial } = attempt;
    // Both dial. Both sides know both ids, so both decide alike (R-1310). An attempt that has not begun is one that the peer cannot
    // know of, and may never be able to begin: it does not stand in the way.
    if (dial?.hasBegun === true && this.#options.identity.id < peer) {
      return { reason: "crossed with this node's own attempt", crossed: true };
    }
    attempt.dial = null;
    attempt.incoming = session;
    dial?.end("crossed with the peer's own attempt");
    return null;
  }

  #acceptedEnded(session: Session, end: SessionEnd): void {
    if (end.wasUp) return this.#down(session, end.reason, end.why);
    const attempt = session.peer === null ? undefined : this.#attempts.get(session.peer);
    if (attempt?.incoming === session) return this.#fail(attempt, end.reason);
    // Who goes away by itself has its own reasons, such as an attempt that crossed with ours.
    if (!end.crossed && !end.gone) this.#events?.refused?.(session.peer, session.remote, end.reason);
  }

  #admittedFrom(peer: NodeId): Session | null {
    for (const session of this.#halfOpen) if (session.isAdmitted && session.peer === peer) return session;
    return null;
  }

  // Links.

  #up(session: Session): void {
    const id = session.peer as NodeId;
    const hello = session.peerHello as Hello;
    this.#halfOpen.delete(session);
    const attempt = this.#attempts.get(id);
    if (attempt !== undefined) this.#settle(attempt);
    const old = this.#links.get(id);
    if (old !== undefined) {
      const restarted = old.peerHello?.incarnation !== hello.incarnation;
      const reason = restarted ? "the node restarted" : "replaced by a newer connection of the same node";
      old.end(reason, "connection_closed");
    }
    this.#links.set(id, session);
    this.#ticks.add(session, hello.tickMs);
    this.#events?.up(new NodeRef(id, hello.address), hello.incarnation);
  }

  #down(session: Session, reason: string, why: NodeDownReason): void {
    const id = session.peer as NodeId;
    this.#links.delete(id);
    this.#ticks.remove(session);
    this.#events?.down(id, reason, why);
  }

  #fail(attempt: Attempt, reason: string): void {
    if (this.#attempts.get(attempt.peer.id) !== attempt) return;
    this.#settle(attempt);
    const { dial, incoming } = attempt;
    attempt.dial = attempt.incoming = null;
    dial?.end(reason);
    incoming?.end(reason);
    this.#events?.failed(attempt.peer, reason);
  }

  #settle(attempt: Attempt): void {
    this.#attempts.delete(attempt.peer.id);
    attempt.patience?.cancel();
    attempt.settle();
  }

  #newSession(target?: NodeId): Session {
    const { identity, incarnation, abi, hashVersion: hash } = this.#options;
    return new Session({
      host: this.#host,
      limits: this.#limits,
      self: identity.id,
      staticKey: this.#currentStaticKey(),
      hello: { wire: wireVersion, abi, hash, incarnation, address: this.url, tickMs: this.#tickMs },
      ...(target === undefined ? {} : { target }),
      owner: this.#owner,
    });
  }

  /** Renewed at half its life, so that a handshake never begins with a proof that is about to end. */
  #currentStaticKey(): StaticKey {
    const { staticKeyMs } = this.#limits;
    const key = this.#staticKey;
    const leftMs = key === null ? 0 : key.notAfter - this.#host.clock.wall();
    if (key !== null && leftMs > staticKeyMs / 2 && leftMs <= staticKeyMs) return key;
    return (this.#staticKey = createStaticKey(this.#host, this.#options.identity, staticKeyMs));
  }
}

/** Without the port: one machine, many pipes. */
function addressOf(remote: string): string {
  return remote.replace(/:\d+$/, "");
}
