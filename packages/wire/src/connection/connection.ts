import type { ConnectionEvent, Host, Limits, LinkView, NodeId, Timer } from "@espalier/runtime";
import { NodeRef } from "@espalier/runtime";
import type { Admission, Session, SessionEnd, Target } from "../session/session.ts";
import type { Hello } from "../session/hello.ts";
import { connectionTable as table } from "./connection.machine.ts";

const { state: is, event } = table;

/** What a connection needs of the node whose it is. */
export interface ConnectionOwner {
  readonly host: Host;
  readonly limits: Limits;
  readonly self: NodeId;
  /** Calls `begin` when it is its turn to dial, never at once. What it returns gives the place in the queue, or among those who dial, back. */
  queue(begin: () => void): () => void;
  newSession(target: Target): Session;
  /** An attempt of the peer's that has been let in and may come up at any time. */
  admittedFrom(peer: NodeId): Session | null;
  up(session: Session): void;
  down(session: Session, end: SessionEnd): void;
  /** An attempt has come to nothing. */
  failed(peer: NodeRef, reason: string): void;
  /** Who wants to know what goes on, if anybody does. */
  tell(): ((event: ConnectionEvent) => void) | null;
  /** There is nothing to know of the peer any more. */
  idle(connection: Connection): void;
}

/**
 * What there is between this node and one other: an attempt, a link, the intention to have one, or nothing.
 *
 * - At most one link. When both nodes dial at once, the attempt of the lower node id survives (R-1310), or the other one if that comes to
 *   nothing: it is held until that is known. When a peer comes again, it is because it lost or never had the link that is still seen here: the new
 *   one replaces it, `down` before `up`.
 * - An attempt ends in `up` or `failed`, once.
 * - A connection that is kept is dialled again after each loss and each failure, later each time: a number of milliseconds that is drawn from zero to
 *   a limit which doubles (full jitter), so that a thousand nodes that lost the same peer do not come back in step. The limit is forgotten once a
 *   link has held for as long as the longest wait.
 *
 * The finite control is `connection.machine.ts`; this is what each step does.
 */
export class Connection {
  readonly #owner: ConnectionOwner;
  /** Whom the attempt is to reach. */
  #peer: NodeRef;
  /** With whom to stay connected, as whoever wants that knows the node; null: nobody does. */
  #kept: NodeRef | null = null;
  /** Where the peer last said that it listens. */
  #said: string | null = null;
  #dialsSaid = false;
  /** The key that the peer shares, if a reference to it said so. */
  #sharedKey: Uint8Array | null = null;
  #state: number = table.initial;
  /** This node's own dialling, while it may decide the attempt. */
  #dial: Session | null = null;
  /** The peer's dialling, while that decides the attempt. */
  #incoming: Session | null = null;
  /** The peer's dialling, while this node's own decides the attempt, and until that comes to nothing. */
  #held: Session | null = null;
  #link: Session | null = null;
  #linkedAtMs = 0;
  /** Runs while the next attempt is awaited. */
  #timer: Timer | null = null;
  /** Gives back the place among those who dial. */
  #leave: (() => void) | null = null;
  /** How many waits there were since a link has held. */
  #waits = 0;

  constructor(owner: ConnectionOwner, peer: NodeRef) {
    this.#owner = owner;
    this.#peer = peer;
  }

  get id(): NodeId {
    return this.#peer.id;
  }

  /** The session that is up. */
  get link(): Session | null {
    return this.#link;
  }

  /** Whether this node stays connected with the peer. */
  get isKept(): boolean {
    return this.#kept !== null;
  }

  /** The link as data; null when there is none. */
  view(nowMs: number): LinkView | null {
    const session = this.#link;
    if (session === null) return null;
    const { address, incarnation } = session.peerHello as Hello;
    return {
      peer: this.id,
      incarnation,
      address,
      remote: session.remote,
      dialled: session.dialled,
      pattern: session.pattern,
      upMs: nowMs - this.#linkedAtMs,
      sent: { ...session.sent },
      received: { ...session.received },
      queuedBytes: session.queuedBytes,
      roundTrip: session.roundTrip,
      rekeys: session.rekeys,
      renewals: session.renewals,
    };
  }

  /** Begins an attempt at once, unless there is a link or one is under way. */
  connect(peer: NodeRef): void {
    this.#sharedKey = peer.sharedKey ?? this.#sharedKey;
    const admitted = this.#owner.admittedFrom(peer.id);
    if (!this.#move(admitted === null ? event.want : event.join)) return;
    this.#peer = peer;
    this.#cancelTimer();
    this.#incoming = admitted;
    // Otherwise the peer's own attempt is about to succeed.
    if (admitted === null) this.#leave = this.#owner.queue(() => this.#begin());
  }

  /** From now on an attempt begins after each loss and each failure. */
  keep(peer: NodeRef): void {
    this.#kept = peer;
    this.#sharedKey = peer.sharedKey ?? this.#sharedKey;
  }

  /** No attempt begins by itself any more. A link stays, and so does an attempt that is under way. */
  release(): void {
    this.#kept = null;
    if (this.#state === is.waiting) this.#rest(false);
  }

  /** Ends the link, or the attempt. */
  disconnect(reason: string): void {
    if (this.#link !== null) this.#link.end(reason, "disconnect");
    else if (this.#isUnderWay) this.#fail(reason, false);
  }

  /** The node stops. */
  stop(): void {
    this.release();
    const reason = "the node stopped";
    if (this.#link !== null) this.#link.end(reason, "shutdown");
    else if (this.#isUnderWay) this.#fail(reason, false);
  }

  /** An attempt of the peer's has proven its key, which may enter. */
  admit(session: Session): Admission {
    // Both dial. Both sides know both ids, so both decide alike (R-1310). An attempt that has not begun is one that the peer cannot
    // know of, and may never be able to begin: it does not stand in the way.
    if (this.#dial?.hasBegun === true && this.#owner.self < this.id) {
      this.#held?.end("replaced by a newer attempt of the same node");
      this.#held = session;
      return { type: "held" };
    }
    // While nothing is under way here it comes up by itself, or does not.
    if (this.#isUnderWay) this.#yieldTo(session);
    return { type: "enters" };
  }

  /** A session with the peer has ended that was not up. @returns whether it decided the attempt that is under way. */
  ended(session: Session, end: SessionEnd): boolean {
    const held = this.#held;
    if (session === held) {
      this.#held = null;
      return true;
    }
    if (session !== this.#dial && session !== this.#incoming) return false;
    if (session === this.#dial && end.fallsBack) this.#open(true);
    else if (session === this.#dial && held !== null) {
      this.#held = null;
      this.#yieldTo(held);
      held.letIn();
    } else this.#fail(end.reason, end.failure === "refused" || end.failure === "misfit");
    return true;
  }

  /** A session with the peer is up, whoever dialled. */
  up(session: Session): void {
    this.#move(event.up);
    this.#dial = this.#incoming = null;
    this.#cancelTimer();
    this.#giveUpPlace();
    this.#held?.end("crossed with this node's own attempt");
    const old = this.#link;
    this.#link = null;
    if (old !== null) {
      const restarted = old.peerHello?.incarnation !== session.peerHello?.incarnation;
      const reason = restarted ? "the node restarted" : "replaced by a newer connection of the same node";
      old.end(reason, "connection_closed");
    }
    this.#link = session;
    this.#linkedAtMs = this.#nowMs();
    const { address } = session.peerHello as Hello;
    if (address !== null) this.#said = address;
    this.#tellUp(session);
    this.#owner.up(session);
  }

  /** A session with the peer that was up has ended. */
  down(session: Session, end: SessionEnd): void {
    this.#owner.tell()?.({
      type: "connection.down",
      node: this.id,
      incarnation: (session.peerHello as Hello).incarnation,
      why: end.why,
      reason: end.reason,
      upMs: this.#nowMs() - this.#linkedAtMs,
      sent: { ...session.sent },
      received: { ...session.received },
      roundTrip: session.roundTrip,
    });
    // Otherwise another one takes its place.
    if (session === this.#link) {
      this.#link = null;
      if (this.#nowMs() - this.#linkedAtMs >= this.#owner.limits.reconnectMaxMs) this.#waits = 0;
      this.#rest(false);
    }
    this.#owner.down(session, end);
  }

  #tellUp(session: Session): void {
    const tell = this.#owner.tell();
    if (tell === null) return;
    const { dialled, pattern } = session;
    const { address, incarnation } = session.peerHello as Hello;
    tell({ type: "handshake.done", node: this.id, dialled, pattern, tookMs: this.#nowMs() - session.begunAtMs });
    tell({ type: "connection.up", node: this.id, incarnation, dialled, address });
  }

  #begin(): void {
    this.#move(event.turn);
    const { id, address } = this.#peer;
    if (id === this.#owner.self) return this.#fail("this is the node itself", false);
    if (address === null) return this.#fail("no address is known, and it is not connected to us", false);
    this.#owner.tell()?.({ type: "connection.dialling", node: id, address });
    this.#open(false);
  }

  /** Dials, or dials again in the same attempt. */
  #open(asStranger: boolean): void {
    const { id, address } = this.#peer;
    const session = this.#owner.newSession({ id, sharedKey: this.#sharedKey, asStranger });
    this.#dial = session;
    session.attach(this.#owner.host.network.connect(address as string, session));
  }

  /** From now on the peer's own attempt decides. */
  #yieldTo(session: Session): void {
    this.#move(event.admitted);
    const dial = this.#dial;
    this.#dial = null;
    this.#incoming = session;
    this.#cancelTimer();
    this.#giveUpPlace();
    dial?.end("crossed with the peer's own attempt");
  }

  /** The attempt has come to nothing. @param refused whether the other side does not want this node as it is. */
  #fail(reason: string, refused: boolean): void {
    const dial = this.#dial;
    const incoming = this.#incoming;
    this.#dial = this.#incoming = null;
    this.#held?.end(reason);
    this.#giveUpPlace();
    this.#rest(refused);
    dial?.end(reason);
    incoming?.end(reason);
    this.#owner.failed(this.#peer, reason);
  }

  /** There is neither a link nor an attempt now. */
  #rest(refused: boolean): void {
    this.#cancelTimer();
    const kept = this.#kept;
    if (kept === null) {
      this.#move(event.over);
      return this.#owner.idle(this);
    }
    this.#move(event.retry);
    const { host, limits } = this.#owner;
    const { reconnectMs, reconnectMaxMs } = limits;
    const limitMs = refused ? reconnectMaxMs : Math.min(reconnectMaxMs, reconnectMs * 2 ** this.#waits);
    if (limitMs < reconnectMaxMs) this.#waits += 1;
    const delayMs = Math.round(host.random.unit() * limitMs);
    this.#timer = host.clock.after(delayMs, () => this.connect(this.#next(kept)));
    this.#owner.tell()?.({ type: "connection.retry", node: this.id, delayMs });
  }

  /** Where to dial: in turns as it was given, and where the peer said that it listens. It may have moved, or not know how others reach it. */
  #next(kept: NodeRef): NodeRef {
    this.#dialsSaid = !this.#dialsSaid;
    const address = (this.#dialsSaid || kept.address === null ? this.#said : null) ?? kept.address;
    return new NodeRef(this.id, address);
  }

  get #isUnderWay(): boolean {
    return this.#state !== is.idle && this.#state !== is.up && this.#state !== is.waiting;
  }

  #giveUpPlace(): void {
    const leave = this.#leave;
    this.#leave = null;
    leave?.();
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** @returns whether that changed anything. */
  #move(why: number): boolean {
    const next = table.next(this.#state, why);
    if (next === this.#state) return false;
    this.#state = next;
    return true;
  }

  #nowMs(): number {
    return this.#owner.host.clock.monotonic();
  }
}
