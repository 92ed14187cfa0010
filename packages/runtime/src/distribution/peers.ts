import type { Place } from "@espalier/heartbeat";
import type { Kernel } from "../kernel.ts";
import { beyond } from "../limits.ts";
import type { Message } from "../message.ts";
import type { NodeId, NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Signal } from "../exits/signal.ts";
import type { NodeDownReason, Transport, TransportEvents } from "../transport.ts";
import type { Access } from "../access/access.ts";
import type { AddressBook } from "./address-book.ts";
import type { ConnectionEvent } from "./connection-events.ts";
import { unreachableError } from "./errors.ts";
import { PeerAccount } from "./peer-account.ts";

/** What becomes of the links with other nodes. */
export type PeersEvent =
  | { readonly type: "node.up"; readonly node: NodeId; readonly incarnation: string }
  /** The link is gone. That says nothing of the node's processes. */
  | { readonly type: "node.down"; readonly node: NodeId; readonly reason: string }
  | { readonly type: "node.unreachable"; readonly node: NodeId; readonly reason: string }
  /** Somebody was not let in. */
  | { readonly type: "node.refused"; readonly node: NodeId | null; readonly remote: string; readonly reason: string }
  /** A peer sent something that it may not, or that makes no sense; the link was closed. */
  | { readonly type: "node.misbehaved"; readonly node: NodeId; readonly reason: string };

/** Who is told about peers. */
export interface PeersOwner {
  /** After the event, before any message of the link. */
  up(place: Place): void;
  /** The node that decides about a process, as far as it is known here. */
  nodeOf(pid: Pid): NodeId;
  /** The message as the peer is to get it, now that it goes out. */
  outgoing(peer: NodeId, message: Message): Message;
  message(peer: NodeId, place: Place, message: Message): void;
  /** So much waits on the link that senders should, too, or not any more. */
  busy(peer: NodeId, isBusy: boolean): void;
  /** The link is gone: messages of it that wait for something are delivered now, or never. */
  lost(place: Place): void;
  /** After all messages of the link. Links and monitors have fired already. */
  down(place: Place): void;
  /** No link could be made. */
  unreachable(peer: NodeId, reason: string): void;
}

/** A signal that waits for a link, and what it is if there will be none. */
interface Queued {
  readonly message: Message;
  readonly to: Pid;
  readonly signal: Signal;
}

/**
 * The links to other nodes. They are opened by the first signal (R-1307); until then signals wait in order, and if there will be no link they
 * end as after a lost one.
 */
export class Peers implements TransportEvents {
  readonly #kernel: Kernel;
  readonly #transport: Transport;
  readonly #book: AddressBook;
  readonly #access: Access;
  readonly #owner: PeersOwner;
  /** The peers that there is a link to, each in the life that is at the other end. */
  readonly #up = new Map<NodeId, PeerAccount>();
  readonly #queues = new Map<NodeId, Queued[]>();
  readonly #waiting = new Map<NodeId, Set<Reached>>();
  /** Nodes that somebody wants a link to, and will be told that there is to be none. */
  readonly #refusing = new Set<NodeId>();

  constructor(kernel: Kernel, transport: Transport, book: AddressBook, access: Access, owner: PeersOwner) {
    this.#kernel = kernel;
    this.#transport = transport;
    this.#book = book;
    this.#access = access;
    this.#owner = owner;
  }

  /** The nodes that there is a link to. */
  get list(): readonly NodeId[] {
    return [...this.#up.keys()];
  }

  /** The peer in its present life, while there is a link. */
  placeOf(peer: NodeId): Place | null {
    return this.#up.get(peer)?.place ?? null;
  }

  /** What the peer costs this node, while there is a link. */
  account(peer: NodeId): PeerAccount | null {
    return this.#up.get(peer) ?? null;
  }

  /** Sends if there is a link. */
  send(peer: NodeId, message: Message): boolean {
    return this.#up.has(peer) && this.#transport.send(peer, this.#owner.outgoing(peer, message));
  }

  /** Sends a signal, over a link that may have to be opened first. */
  signal(peer: NodeId, message: Message, to: Pid, signal: Signal): void {
    if (this.send(peer, message)) return;
    let queue = this.#queues.get(peer);
    if (queue === undefined) {
      queue = [];
      this.#queues.set(peer, queue);
    }
    queue.push({ message, to, signal });
    const { limits } = this.#kernel;
    if (queue.length > limits.queuedSignals) {
      this.#transport.disconnect(peer, beyond(limits, "queuedSignals", "signals wait for the link"));
    } else this.connect(peer);
  }

  /** Opens a link unless there is one; the outcome is told to everybody concerned. */
  connect(peer: NodeId): void {
    if (this.#up.has(peer) || this.#refusing.has(peer)) return;
    if (!this.#access.hears(peer)) return this.#refuse(peer, "its key was revoked here");
    const by = this.#book.namedBy(peer);
    const reason = by === null ? null : this.#mayNotDial(by);
    if (reason === null) this.#transport.connect(this.#book.route(peer));
    else this.#refuse(peer, reason);
  }

  /** Why this node does not go where `by`, which is not trusted, has said that somebody listens: it could be made to knock anywhere. */
  #mayNotDial(by: NodeId): string | null {
    const account = this.account(by);
    if (account === null) return `nobody but ${by}, which is not connected, has said where it listens`;
    const { limits, host } = this.#kernel;
    if (account.dials.take(host.clock.monotonic())) return null;
    return beyond(limits, "namedDialsPerSecond", `connections in a second to where ${by} says that somebody listens`);
  }

  #refuse(peer: NodeId, reason: string): void {
    // In a turn of its own, as with the transport: whoever asks may not be ready to be told.
    this.#refusing.add(peer);
    this.#kernel.host.loop.soon(() => {
      this.#refusing.delete(peer);
      this.failed(this.#book.find(peer), reason);
    });
  }

  /** Closes the link, and whatever is to become one. @returns how many there were. */
  revoke(peer: NodeId): number {
    const isThere = this.#up.has(peer) || this.#queues.has(peer) || this.#waiting.has(peer);
    this.#transport.release(peer);
    this.#transport.disconnect(peer, "its key was revoked");
    return isThere ? 1 : 0;
  }

  /** Calls `reached` once there is a link, at once if there is one now, or when there will be none. What it returns forgets about it. */
  reach(peer: NodeId, reached: Reached): () => void {
    const place = this.placeOf(peer);
    if (place !== null) {
      reached(place, null);
      return () => {};
    }
    const waiting = this.#waiting.get(peer) ?? new Set();
    this.#waiting.set(peer, waiting);
    waiting.add(reached);
    this.connect(peer);
    return () => void waiting.delete(reached);
  }

  /** Calls `connected` with null once there is a link, at once if there is one now, or with the reason why there will be none. */
  link(peer: NodeId, connected: (error: unknown) => void): void {
    this.reach(peer, (place, reason) => {
      connected(place === null ? unreachableError(peer, reason ?? "there is no link") : null);
    });
  }

  /** The peer broke the rules: the link is closed, and the event says why. */
  misbehaved(peer: NodeId, reason: string): void {
    this.#kernel.note({ type: "node.misbehaved", node: peer, reason });
    this.#transport.disconnect(peer, reason);
  }

  disconnect(peer: NodeId, reason: string): void {
    this.#transport.disconnect(peer, reason);
  }

  // The transport's events

  up(peer: NodeRef, incarnation: string): void {
    // It was revoked between the proof of its key and this.
    if (!this.#access.hears(peer.id)) return this.#transport.disconnect(peer.id, "its key was revoked");
    this.#book.learn(peer);
    const place: Place = `${peer.id}/${incarnation}`;
    const { limits, host } = this.#kernel;
    this.#up.set(peer.id, new PeerAccount(place, limits, host.clock.monotonic()));
    this.#kernel.turn();
    this.#kernel.note({ type: "node.up", node: peer.id, incarnation });
    this.#kernel.nodeMonitors.up(peer, incarnation);
    this.#owner.up(place);
    const queue = this.#queues.get(peer.id) ?? [];
    this.#queues.delete(peer.id);
    for (const { message } of queue) this.send(peer.id, message);
    this.#settle(peer.id, place, null);
  }

  message(peer: NodeId, message: Message): void {
    const account = this.#up.get(peer);
    if (account === undefined || !this.#access.hears(peer)) return;
    const { place, messages } = account;
    if (messages !== null && !messages.take(this.#kernel.host.clock.monotonic())) {
      return this.misbehaved(peer, beyond(this.#kernel.limits, "messagesPerSecond", "messages in a second"));
    }
    this.#owner.message(peer, place, message);
  }

  busy(peer: NodeId): void {
    this.#owner.busy(peer, true);
  }

  drained(peer: NodeId): void {
    this.#owner.busy(peer, false);
  }

  down(peer: NodeId, reason: string, why: NodeDownReason): void {
    const place = this.placeOf(peer);
    if (place === null) return;
    this.#up.delete(peer);
    this.#owner.lost(place);
    this.#lose(peer);
    this.#kernel.turn();
    this.#kernel.note({ type: "node.down", node: peer, reason });
    this.#owner.down(place);
    this.#kernel.nodeMonitors.down(this.#book.find(peer), place.slice(peer.length + 1), why);
  }

  failed({ id }: NodeRef, reason: string): void {
    this.#kernel.note({ type: "node.unreachable", node: id, reason });
    const queue = this.#queues.get(id) ?? [];
    this.#queues.delete(id);
    this.#lose(id);
    for (const { to, signal } of queue) this.#kernel.unreachable(to, signal, { type: "noconnection", node: id });
    this.#settle(id, null, reason);
    this.#owner.unreachable(id, reason);
    this.#kernel.nodeMonitors.down(this.#book.find(id), null, "connection_setup_failed");
  }

  refused(key: NodeId | null, remote: string, reason: string): void {
    this.#kernel.note({ type: "node.refused", node: key, remote, reason });
  }

  listener(): ((event: ConnectionEvent) => void) | null {
    const kernel = this.#kernel;
    return (event) => {
      // How full connections are changes all the time.
      if (event.type !== "connection.busy" && event.type !== "connection.drained") kernel.note(event);
      else if (kernel.events.active) kernel.events.emit(event);
    };
  }

  /** Links and monitors between processes of the two nodes fire at once (settled 1). */
  #lose(peer: NodeId): void {
    this.#kernel.disconnected((pid) => this.#owner.nodeOf(pid) === peer, { type: "noconnection", node: peer });
  }

  #settle(peer: NodeId, place: Place | null, reason: string | null): void {
    const waiting = this.#waiting.get(peer);
    this.#waiting.delete(peer);
    for (const reached of waiting ?? []) reached(place, reason);
  }
}

/** The node in its present life, or why there is no link to it. */
export type Reached = (place: Place | null, reason: string | null) => void;
