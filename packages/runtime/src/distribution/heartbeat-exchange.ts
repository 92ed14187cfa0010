import {
  heartbeatArgument,
  homeOf,
  HostWatch,
  keyOf,
  parseCause,
  parseStatus,
  Pulse,
  type Cause,
  type Heartbeat,
  type HeartbeatStatus,
  type LeaseParameters,
  type Tell,
} from "@espalier/heartbeat";
import type { Kernel } from "../kernel.ts";
import { beyond } from "../limits.ts";
import type { HeartbeatsElsewhere } from "../lifetimes/lifetimes.ts";
import type { HeartbeatMessage, Message, Payload, PulseMessage } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { ProtocolError } from "./errors.ts";
import { Insistence } from "./insistence.ts";
import type { Payloads } from "./payloads.ts";
import type { Peers } from "./peers.ts";
import { Ticker } from "./ticker.ts";

/**
 * What nodes tell each other about heartbeats. A registration lives at the heartbeat's home; it is asked for until it stands, and an end is
 * told until it is heard (H2, H17).
 *
 * Two nodes that have something to say to each other ask each other for their pulse. Whoever is silent for as long as a lease lasts, and more,
 * is given up: what it decides about is `unresponsive` (H31), what it had registered is gone, and so is what it was to be told (settled 11).
 */
export class HeartbeatExchange implements HeartbeatsElsewhere {
  readonly #kernel: Kernel;
  readonly #peers: Peers;
  readonly #payloads: Payloads;
  readonly #lease: LeaseParameters;
  readonly #insistence: Insistence;
  readonly #pulse: Pulse;
  readonly #watches = new Map<NodeId, HostWatch>();
  /** This node's registrations elsewhere, by the heartbeat's key, and back. */
  readonly #ids = new Map<string, number>();
  readonly #watched = new Map<number, Heartbeat>();
  /** The registrations that other nodes have here: by node, their ids. */
  readonly #registered = new Map<NodeId, Set<number>>();
  /** The life of each node that its registrations here belong to: as long as there are any. */
  readonly #lives = new Map<NodeId, string>();
  readonly #ticker: Ticker;
  #lastId = 0;

  constructor(kernel: Kernel, peers: Peers, payloads: Payloads, lease: LeaseParameters) {
    this.#kernel = kernel;
    this.#peers = peers;
    this.#payloads = payloads;
    this.#lease = lease;
    this.#pulse = new Pulse(lease);
    this.#insistence = new Insistence(kernel.host, 2 * lease.beatMs, (peer, message) => this.#send(peer, message));
    this.#ticker = new Ticker(
      kernel.host,
      lease.beatMs,
      () => this.#registered.size === 0 && this.#watched.size === 0 && this.#insistence.size === 0,
      () => this.#tick(),
    );
  }

  /** How much was said and not heard yet. */
  get unheard(): number {
    return this.#insistence.size;
  }

  // What this node's lifetimes ask for

  watch(heartbeat: Heartbeat): void {
    const { node } = homeOf(heartbeat);
    const id = (this.#lastId += 1);
    this.#ids.set(keyOf(heartbeat), id);
    this.#watched.set(id, heartbeat);
    const message: Message = { type: "heartbeat.watch", id, heartbeat: this.#payloads.encode(heartbeat) };
    this.#say(`watch ${id}`, node, message);
  }

  unwatch(heartbeat: Heartbeat): void {
    const id = this.#forget(heartbeat);
    if (id !== undefined) this.#say(`unwatch ${id}`, homeOf(heartbeat).node, { type: "heartbeat.unwatch", id });
  }

  tell({ node, id, status }: Tell): void {
    const payload = this.#payloads.encodeStatus(status);
    this.#say(`tell ${node} ${id}`, node, { type: "heartbeat.tell", id: Number(id), status: payload });
  }

  fail(heartbeat: Heartbeat, cause: Cause): void {
    const id = (this.#lastId += 1);
    this.#say(`fail ${id}`, homeOf(heartbeat).node, {
      type: "heartbeat.fail",
      id,
      heartbeat: this.#payloads.encode(heartbeat),
      cause: this.#payloads.encodeCause(cause),
    });
  }

  // What other nodes say

  /** @throws ProtocolError when it makes no sense. */
  receive(peer: NodeId, message: HeartbeatMessage | PulseMessage): void {
    const { lifetimes } = this.#kernel;
    switch (message.type) {
      case "heartbeat.watch":
        return this.#register(peer, message.id, this.#decodeHeartbeat(message.heartbeat));
      case "heartbeat.watched": {
        const heartbeat = this.#decidedBy(peer, message.id);
        this.#insistence.settle(`watch ${message.id}`);
        if (heartbeat !== undefined) return lifetimes.learn(heartbeat, this.#decodeStatus(message.status, peer), 0);
        // A repetition arrived after it had been taken back: it would stand for as long as the heartbeat lives (P19).
        return this.#say(`unwatch ${message.id}`, peer, { type: "heartbeat.unwatch", id: message.id });
      }
      case "heartbeat.unwatch":
        lifetimes.heartbeats.unregister(peer, `${message.id}`);
        this.#unregistered(peer, message.id);
        lifetimes.settle();
        this.#send(peer, { type: "heartbeat.unwatched", id: message.id });
        return;
      case "heartbeat.unwatched":
        return this.#insistence.settle(`unwatch ${message.id}`, peer);
      case "heartbeat.tell": {
        const heartbeat = this.#decidedBy(peer, message.id);
        this.#send(peer, { type: "heartbeat.heard", id: message.id });
        this.#insistence.settle(`watch ${message.id}`);
        if (heartbeat === undefined) return;
        this.#forget(heartbeat);
        lifetimes.learn(heartbeat, this.#decodeStatus(message.status, peer), 0);
        return;
      }
      case "heartbeat.heard":
        this.#unregistered(peer, message.id);
        lifetimes.heartbeats.acknowledge(peer, `${message.id}`);
        lifetimes.settle();
        return;
      case "heartbeat.fail": {
        const heartbeat = this.#decodeHeartbeat(message.heartbeat);
        const cause = ProtocolError.unless(() => parseCause(this.#payloads.decode(message.cause, peer), "cause"));
        this.#send(peer, { type: "heartbeat.failed", id: message.id });
        // The first end is the one that counts, so a repetition is refused (P9).
        if (lifetimes.heartbeats.decides(heartbeat)) lifetimes.end(heartbeat, cause);
        return;
      }
      case "heartbeat.failed":
        return this.#insistence.settle(`fail ${message.id}`, peer);
      case "pulse.ask":
        this.#send(peer, { type: "pulse.answer", registered: this.#registered.get(peer)?.size ?? 0 });
        return;
      case "pulse.answer":
        return this.#compare(peer, message.registered);
    }
  }

  /** Anything at all came from `peer`: it is there. */
  heard(peer: NodeId): void {
    this.#watches.get(peer)?.heard(this.#pulse.runningMs(this.#now()));
  }

  /** A link is up, to `peer` in the life `incarnation`: what earlier lives of it decided about is over (H18), and what they registered is gone. */
  linked(peer: NodeId, incarnation: string): void {
    // Another link to the same life changes nothing: a connection that broke proves nothing.
    if (this.#lives.get(peer) !== incarnation) {
      // The new life counts its registrations anew: what the former one was to be told it would take for an end of its own.
      for (const id of this.#registered.get(peer) ?? []) this.#insistence.settle(`tell ${peer} ${id}`);
      this.#forgetRegistered(peer);
      this.#forgetHome(peer, incarnation);
      const { lifetimes } = this.#kernel;
      lifetimes.heartbeats.lose(peer, incarnation);
      lifetimes.settle();
    }
    this.#insistence.linked(peer);
  }

  /** `peer` is gone for good. */
  lose(peer: NodeId): void {
    this.#insistence.lose(peer);
    this.#forgetRegistered(peer);
    this.#watches.delete(peer);
    this.#forgetHome(peer, null);
    const { lifetimes } = this.#kernel;
    lifetimes.heartbeats.lose(peer, null);
    lifetimes.settle();
  }

  stop(): void {
    this.#insistence.stop();
    this.#ticker.stop();
  }

  /**
   * What this node has registered for as `id`, which `peer` speaks of; undefined when nothing is, any more.
   *
   * @throws ProtocolError when that is another one's to decide: the numbers are easily guessed.
   */
  #decidedBy(peer: NodeId, id: number): Heartbeat | undefined {
    const heartbeat = this.#watched.get(id);
    if (heartbeat === undefined || homeOf(heartbeat).node === peer) return heartbeat;
    throw new ProtocolError(`it speaks of a heartbeat of ${homeOf(heartbeat).node}, about which it does not decide`);
  }

  #register(peer: NodeId, id: number, heartbeat: Heartbeat): void {
    const { lifetimes, limits } = this.#kernel;
    const registered = this.#registered.get(peer) ?? new Set();
    if (registered.size >= limits.heartbeatsPerPeer && !registered.has(id)) {
      throw new ProtocolError(beyond(limits, "heartbeatsPerPeer", "registrations for heartbeats"));
    }
    ProtocolError.unless(() => lifetimes.heartbeats.register(heartbeat, peer, `${id}`));
    this.#registered.set(peer, registered.add(id));
    this.#lives.set(peer, (this.#peers.placeOf(peer) ?? peer).slice(peer.length + 1));
    const status = lifetimes.status(heartbeat);
    lifetimes.settle();
    // An end is told by itself, and that too says that the registration stands.
    if (status.state !== "live") return this.#ticker.tickSoon();
    this.#send(peer, { type: "heartbeat.watched", id, status: this.#payloads.encodeStatus(status) });
    this.#ticker.tickSoon();
  }

  #unregistered(peer: NodeId, id: number): void {
    this.#insistence.settle(`tell ${peer} ${id}`);
    const registered = this.#registered.get(peer);
    registered?.delete(id);
    if (registered?.size === 0) this.#forgetRegistered(peer);
  }

  #forgetRegistered(peer: NodeId): void {
    this.#registered.delete(peer);
    this.#lives.delete(peer);
  }

  /**
   * So many registrations of this node stand at `peer`. If they are fewer than should, it had given this node up, which did not notice: it stood
   * still, or was not heard while it heard. What it waits for is asked for again, or it would wait for ever (P12).
   */
  #compare(peer: NodeId, registered: number): void {
    const standing = [...this.#watched].filter(
      ([id, heartbeat]) => homeOf(heartbeat).node === peer && !this.#insistence.has(`watch ${id}`),
    );
    if (registered >= standing.length) return;
    for (const [id, heartbeat] of standing) {
      this.#say(`watch ${id}`, peer, { type: "heartbeat.watch", id, heartbeat: this.#payloads.encode(heartbeat) });
    }
  }

  #forget(heartbeat: Heartbeat): number | undefined {
    const key = keyOf(heartbeat);
    const id = this.#ids.get(key);
    if (id === undefined) return undefined;
    this.#ids.delete(key);
    this.#watched.delete(id);
    this.#insistence.settle(`watch ${id}`);
    return id;
  }

  /** What an earlier life of `peer` than `incarnation` decides about has ended here, or what any life does when that is null. */
  #forgetHome(peer: NodeId, incarnation: string | null): void {
    for (const heartbeat of [...this.#watched.values()]) {
      const home = homeOf(heartbeat);
      if (home.node === peer && home.incarnation !== incarnation) this.#forget(heartbeat);
    }
  }

  #say(key: string, peer: NodeId, message: Message): void {
    this.#insistence.say(key, peer, message);
    this.#ticker.tickSoon();
  }

  #send(peer: NodeId, message: Message): void {
    if (!this.#peers.send(peer, message)) this.#peers.connect(peer);
  }

  #decodeHeartbeat(payload: Payload): Heartbeat {
    return ProtocolError.unless(() => heartbeatArgument(this.#payloads.decode(payload), "heartbeat"));
  }

  #decodeStatus(payload: Payload, peer: NodeId): HeartbeatStatus {
    return ProtocolError.unless(() => parseStatus(this.#payloads.decode(payload, peer)));
  }

  // Time

  #now(): number {
    return this.#kernel.host.clock.monotonic();
  }

  /** The nodes whose silence means something. */
  #interests(): Set<NodeId> {
    return new Set([
      ...this.#registered.keys(),
      ...this.#insistence.peers,
      ...[...this.#watched.values()].map((heartbeat) => homeOf(heartbeat).node),
    ]);
  }

  #tick(): void {
    const nowMs = this.#now();
    this.#pulse.tick(nowMs);
    const interests = this.#interests();
    for (const peer of this.#watches.keys()) if (!interests.has(peer)) this.#watches.delete(peer);
    const runningMs = this.#pulse.runningMs(nowMs);
    for (const peer of interests) {
      const watch = this.#watches.get(peer) ?? new HostWatch(this.#lease);
      this.#watches.set(peer, watch);
      watch.begin(runningMs);
      if (this.#pulse.isSteady(nowMs) && watch.judge(runningMs) === "lost") this.lose(peer);
      else this.#send(peer, { type: "pulse.ask" });
    }
    this.#ticker.tickSoon();
  }
}
