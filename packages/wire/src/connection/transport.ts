import {
  Access,
  limits as defaultLimits,
  NodeRef,
  type Host,
  type Limits,
  type LinkView,
  type Listener,
  type Message,
  type NetworkView,
  type NodeId,
  type Pipe,
  type Transport,
  type TransportEvents,
} from "@espalier/runtime";
import PQueue from "p-queue";
import { addCounts } from "../session/counts.ts";
import { tickMsMax, tickMsMin, wireVersion, type Hello } from "../session/hello.ts";
import type { Identity } from "../identity/identity.ts";
import { Keyring } from "../identity/keyring.ts";
import type { Introductions } from "../session/introductions.ts";
import {
  Session,
  type Admission,
  type SessionEnd,
  type SessionOptions,
  type SessionOwner,
} from "../session/session.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { NetworkCounts } from "./network-counts.ts";
import { HalfOpen } from "./half-open.ts";
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
  /** 32 bytes that this node shares with those who may connect to it, whatever their own keys. Default: nobody. */
  readonly sharedKey?: Uint8Array;
  /** Static keys of nodes that this one was introduced to; it publishes its own there, too. */
  readonly introductions?: Introductions;
}

const netTicktimeMsDefault = 60_000;

/**
 * Links between nodes as Noise sessions over the host's network (`docs/protocol.md`): the listener, the pipes whose handshake is not over, and a
 * {@link Connection} with each peer.
 *
 * - `up` comes before any message and `down` after all of them. A link is never resumed.
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
  /** Peers that there is a link or an attempt with, or that this node stays connected with. */
  readonly #connections = new Map<NodeId, Connection>();
  readonly #connectionOwner: ConnectionOwner;
  /** Accepted pipes whose handshake is not over. */
  readonly #halfOpen: HalfOpen<Session>;
  readonly #counts = new NetworkCounts();
  #events: TransportEvents | null = null;
  #listener: Listener | null = null;
  readonly #keys: Keyring;
  #stopped = false;

  /** @throws TypeError naming the option that is not as it should be. */
  constructor(options: SessionTransportOptions) {
    this.#options = options;
    this.#host = options.host;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#access = options.access ?? new Access();
    this.#halfOpen = new HalfOpen(this.#limits, () => options.host.clock.monotonic());
    if (!/^[\w.:-]{1,64}$/.test(options.incarnation)) {
      throw new TypeError(
        `incarnation: expected 1 to 64 letters, digits or _.:-, got ${JSON.stringify(options.incarnation)}`,
      );
    }
    const { netTicktimeMs = netTicktimeMsDefault } = options;
    if (!Number.isInteger(netTicktimeMs) || netTicktimeMs < tickMsMin || netTicktimeMs > tickMsMax) {
      throw new RangeError(`netTicktime: expected ${tickMsMin} to ${tickMsMax} ms, got ${netTicktimeMs}`);
    }
    this.#keys = new Keyring({ ...options, limits: this.#limits });
    this.#tickMs = netTicktimeMs;
    this.#ticks = new Ticks(options.host, netTicktimeMs);
    this.#dials = new PQueue({ concurrency: this.#limits.dialsConcurrent });
    this.#owner = {
      admit: (session, peer) => this.#admit(session, peer),
      up: (session) => this.#up(session),
      message: (session, message) => this.#events?.message(session.peer as NodeId, message),
      busy: (session, isBusy) => this.#busy(session, isBusy),
      ended: (session, end) => this.#ended(session, end),
      released: (session) => this.#halfOpen.delete(session),
    };
    this.#connectionOwner = {
      host: this.#host,
      limits: this.#limits,
      self: options.identity.id,
      queue: (begin) => this.#queue(begin),
      newSession: (target) => this.#newSession({ target }),
      admittedFrom: (peer) => this.#admittedFrom(peer),
      up: (session) => this.#linked(session),
      down: (session, end) => this.#unlinked(session, end),
      failed: (peer, reason) => this.#events?.failed(peer, reason),
      tell: () => this.#events?.listener?.() ?? null,
      idle: ({ id }) => this.#connections.delete(id),
    };
  }

  /** @throws what the host's network says of an address that it cannot listen on. */
  async start(events: TransportEvents): Promise<void> {
    if (this.#events !== null) throw new TypeError("transport: expected one start, got another");
    this.#events = events;
    this.#keys.publish();
    if (this.#options.listen === undefined) return;
    const listener = await this.#host.network.listen(this.#options.listen, (pipe, waitedMs) =>
      this.#accept(pipe, waitedMs ?? 0),
    );
    // Stopped while the port was being opened.
    if (this.#stopped) await listener.close();
    else this.#listener = listener;
  }

  get url(): string | null {
    if (this.#listener === null) return null;
    return this.#options.address ?? this.#listener.url;
  }

  connect(peer: NodeRef): void {
    if (!this.#stopped) this.#connectionWith(peer).connect(peer);
  }

  keep(peer: NodeRef): void {
    if (this.#stopped) return;
    const connection = this.#connectionWith(peer);
    connection.keep(peer);
    connection.connect(peer);
  }

  release(peer: NodeId): void {
    this.#connections.get(peer)?.release();
  }

  send(peer: NodeId, message: Message): boolean {
    const session = this.#connections.get(peer)?.link;
    if (session === undefined || session === null) return false;
    session.send(message);
    return true;
  }

  disconnect(peer: NodeId, reason: string): void {
    this.#connections.get(peer)?.disconnect(reason);
  }

  links(): readonly LinkView[] {
    const nowMs = this.#host.clock.monotonic();
    return [...this.#connections.values()].flatMap((connection) => connection.view(nowMs) ?? []);
  }

  network(): NetworkView {
    const sent = { ...this.#counts.sent };
    const received = { ...this.#counts.received };
    let kept = 0;
    for (const { link, isKept } of this.#connections.values()) {
      if (isKept) kept += 1;
      if (link === null) continue;
      addCounts(sent, link.sent);
      addCounts(received, link.received);
    }
    const { begun, done, failed } = this.#counts;
    const handshakes = { begun, done, failed: { ...failed }, halfOpen: this.#halfOpen.size };
    return { handshakes, dialsQueued: this.#dials.size, connections: this.#connections.size, kept, sent, received };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#keys.withdraw();
    for (const connection of [...this.#connections.values()]) connection.stop();
    for (const session of this.#halfOpen) session.end("the node stopped");
    const listener = this.#listener;
    this.#listener = null;
    await listener?.close();
  }

  // Accepting.

  #accept(pipe: Pipe, waitedMs: number): Session {
    const session = this.#newSession({ waitedMs });
    session.attach(pipe);
    if (this.#stopped) session.end("the node stopped");
    else this.#halfOpen.add(session);
    return session;
  }

  #admit(session: Session, peer: NodeId): Admission {
    // Whoever has the shared key may enter with any key, unless it was revoked by name.
    const isAdmitted =
      session.admittedBy === "shared key" ? this.#access.admitsByShared(peer) : this.#access.admits(peer);
    if (!isAdmitted) {
      return { type: "refused", reason: `the key ${peer} is not on this node's allow list` };
    }
    return this.#connections.get(peer)?.admit(session) ?? { type: "enters" };
  }

  #admittedFrom(peer: NodeId): Session | null {
    for (const session of this.#halfOpen) if (session.isAdmitted && session.peer === peer) return session;
    return null;
  }

  // Connections.

  #connectionWith(peer: NodeRef): Connection {
    let connection = this.#connections.get(peer.id);
    if (connection === undefined) {
      connection = new Connection(this.#connectionOwner, peer);
      this.#connections.set(peer.id, connection);
    }
    return connection;
  }

  #queue(begin: () => void): () => void {
    let isWanted = true;
    let leave = (): void => void (isWanted = false);
    void this.#dials.add(
      () =>
        new Promise<void>((resolve) => {
          if (!isWanted) return resolve();
          leave = () => {
            isWanted = false;
            resolve();
          };
          // In a turn of its own, so that `failed` is never called from within `connect`.
          this.#host.loop.soon(() => {
            if (isWanted) begin();
          });
        }),
    );
    return () => leave();
  }

  #up(session: Session): void {
    const { address } = session.peerHello as Hello;
    this.#halfOpen.delete(session);
    // Whom this node dialled by the key that it shares itself has that too. Whoever only invited this node is let in nowhere by that.
    if (session.isAmongSharers) this.#access.admitsByShared(session.peer as NodeId);
    this.#connectionWith(new NodeRef(session.peer as NodeId, address)).up(session);
  }

  #ended(session: Session, end: SessionEnd): void {
    const peer = session.target ?? session.peer;
    const connection = peer === null ? undefined : this.#connections.get(peer);
    if (end.wasUp) return connection?.down(session, end);
    this.#counts.failed[end.failure] += 1;
    this.#events?.listener?.()?.({
      type: "handshake.failed",
      node: peer,
      dialled: session.dialled,
      remote: session.remote,
      why: end.failure,
      reason: end.reason,
    });
    if (connection?.ended(session, end) === true || session.dialled) return;
    // Who goes away by itself has its own reasons, such as an attempt that crossed with ours.
    if (!end.gone && !end.fallsBack) this.#events?.refused?.(session.peer, session.remote, end.reason);
  }

  #linked(session: Session): void {
    const { address, incarnation, tickMs } = session.peerHello as Hello;
    this.#ticks.add(session, tickMs);
    this.#counts.done += 1;
    this.#events?.up(new NodeRef(session.peer as NodeId, address), incarnation);
  }

  #unlinked(session: Session, { reason, why }: SessionEnd): void {
    this.#ticks.remove(session);
    addCounts(this.#counts.sent, session.sent);
    addCounts(this.#counts.received, session.received);
    this.#events?.down(session.peer as NodeId, reason, why);
  }

  #busy({ peer, queuedBytes }: Session, isBusy: boolean): void {
    const node = peer as NodeId;
    this.#events?.listener?.()?.({ type: isBusy ? "connection.busy" : "connection.drained", node, queuedBytes });
    if (isBusy) this.#events?.busy?.(node);
    else this.#events?.drained?.(node);
  }

  #newSession(side: Pick<SessionOptions, "target" | "waitedMs">): Session {
    const { incarnation, abi, hashVersion: hash } = this.#options;
    this.#counts.begun += 1;
    return new Session({
      host: this.#host,
      limits: this.#limits,
      keys: this.#keys,
      hello: { wire: wireVersion, abi, hash, incarnation, address: this.url, tickMs: this.#tickMs },
      ...side,
      owner: this.#owner,
    });
  }
}
