import type { ChannelRef } from "@espalier/channels";
import {
  CompositeHeartbeat,
  homeOf,
  leaseParameters,
  type LeaseParameters,
  leavesOf,
  ResetHeartbeat,
  type Heartbeat,
  type HomeCounts,
  type LeaseOptions,
  type LocalGenerator,
  type Operation,
  type Outcome,
  type Place,
  type TransferCounts,
} from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { Checkpoints } from "../checkpoint/checkpoints.ts";
import type { CodeStore } from "../code.ts";
import type { Distribution, ExchangeCounts } from "../distribution-port.ts";
import type { Frame } from "../frame.ts";
import type { Handler } from "../handlers.ts";
import type { Kernel } from "../kernel.ts";
import { beyond } from "../limits.ts";
import { nodeOf, type Message, type Payload } from "../message.ts";
import { performWhereIs, Register, WhereIs } from "../addresses/names.ts";
import type { NodeId, NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Transfer } from "../moving/remote.ts";
import type { SendAnswered } from "../mailbox/send-answered.ts";
import type { Signal } from "../exits/signal.ts";
import type { CancelTimer } from "../timers/timer.ts";
import type { LinkView, NetworkView } from "../network-view.ts";
import type { Transport } from "../transport.ts";
import type { Codec, Travels } from "../moving/travel.ts";
import { suspended } from "../waiting.ts";
import { Access, type AccessOwner, type Revoked } from "../access/access.ts";
import { AddressBook } from "./address-book.ts";
import { ask, askMaker, askKind } from "./asking.ts";
import { CodeExchange } from "./code-exchange.ts";
import { Crowded } from "./crowded.ts";
import { ProtocolError } from "./errors.ts";
import { HeartbeatExchange } from "./heartbeat-exchange.ts";
import { HomeExchange } from "./home-exchange.ts";
import { Manifests } from "./manifests.ts";
import { Moves } from "./moves.ts";
import { NodeRequest } from "./node-request.ts";
import { channelTypes, NodeService } from "./node-service.ts";
import { Payloads } from "./payloads.ts";
import { Peers, type PeersOwner } from "./peers.ts";
import { Signals } from "./signals.ts";
import { runtimeTravels } from "./travels.ts";
import { Trusted } from "./trusted.ts";
import type { WhereIsAt } from "./whereis-at.ts";

/** What connects a node with others. */
export interface DistributionOptions {
  /** Makes the links. */
  readonly transport: (kernel: Kernel) => Transport;
  /** Makes the codec, for the runtime's own kinds of value and whatever else is to travel. */
  readonly codec: (travels: readonly Travels[]) => Codec;
  /** Decodes what a peer that is not trusted sends: what of it runs, runs in that peer's sandbox. As everything else unless given. */
  readonly codecOf?: (stranger: NodeId) => Codec;
  readonly code: CodeStore;
  /** Who may connect, and whose messages are acted on; everybody's unless given. */
  readonly access?: Access;
  /** Whose code may run in this node itself, beside its own; everybody's who is let in unless given. */
  readonly trusts?: (peer: NodeId) => boolean;
  /** How leases are timed: the same in the whole cluster. */
  readonly lease?: LeaseOptions;
  /** The directory where the node keeps what outlives it; nothing does unless given. */
  readonly data?: string;
  /** How many processes may have a checkpoint at once: 10,000 unless given. */
  readonly checkpointsMax?: number;
  /** Called when others can reach the node, before anything of an earlier life goes on; null: it does not listen. */
  readonly reachable?: (url: string | null) => void;
  /** Called when it has stopped, or could not start: nothing outside the node is to keep it. */
  readonly stopped?: () => void;
}

/** Connects a node with others: for `NodeOptions.distribution`. */
export function distribution(options: DistributionOptions): (kernel: Kernel) => Distribution {
  return (kernel) => new ConnectedNode(kernel, options);
}

/** One node among others: puts the parts together, and gives each message to the one that it concerns. */
class ConnectedNode implements Distribution, PeersOwner, AccessOwner {
  readonly self: NodeId;
  readonly #kernel: Kernel;
  readonly #code: CodeStore;
  readonly lease: LeaseParameters;
  readonly #transport: Transport;
  readonly #book: AddressBook;
  readonly #peers: Peers;
  readonly #exchange: CodeExchange;
  readonly #manifests: Manifests;
  readonly #payloads: Payloads;
  readonly #signals: Signals;
  readonly #moves: Moves;
  readonly #homes: HomeExchange;
  readonly #heartbeats: HeartbeatExchange;
  readonly #service: NodeService;
  readonly #checkpoints: Checkpoints | null;
  readonly #crowded: Crowded;
  readonly #reachable: (url: string | null) => void;
  readonly #stopped: () => void;

  constructor(kernel: Kernel, options: DistributionOptions) {
    const {
      code,
      trusts = () => true,
      access = new Access("anyone"),
      reachable = () => {},
      stopped = () => {},
    } = options;
    this.#reachable = reachable;
    this.#stopped = stopped;
    this.self = kernel.address.id;
    this.#code = code;
    kernel.access = access;
    access.serve(this);
    const lease = leaseParameters(options.lease);
    this.lease = lease;
    this.#kernel = kernel;
    const { limits } = kernel;
    this.#book = new AddressBook(limits.addresses);
    this.#transport = options.transport(kernel);
    const codec = options.codec(runtimeTravels(kernel, this.#book));
    const trust = new Trusted(kernel.address.id, codec, trusts, options.codecOf);
    const trustIn = trust.in.bind(trust);
    const payloads = new Payloads(codec, code, trust, this.#book);
    this.#payloads = payloads;
    const peers = new Peers(kernel, this.#transport, this.#book, access, this);
    const patienceMs = 2 * lease.beatMs;
    const manifests = new Manifests(code, trustIn, limits.knownCodePerPeer);
    this.#manifests = manifests;
    const exchange = new CodeExchange(
      code,
      manifests,
      trustIn,
      kernel.host,
      patienceMs,
      (peer) => access.hears(peer),
      (peer, message) => peers.send(peer, message),
      limits,
      (peer, reason) => peers.misbehaved(peer, reason),
    );
    this.#peers = peers;
    this.#exchange = exchange;
    this.#service = new NodeService(kernel, peers, (pid) => this.#homes.nodeOf(pid));
    this.#signals = new Signals(
      kernel,
      peers,
      payloads,
      exchange,
      (from, signal) => this.#service.receive(from, signal),
      trusts,
    );
    this.#service.signals = this.#signals;
    this.#moves = new Moves({
      kernel,
      peers,
      book: this.#book,
      payloads,
      codec,
      code,
      manifests,
      trust,
      exchange,
      lease,
      handoversOf: (process) => this.#homes.handoversOf(process),
    });
    this.#homes = new HomeExchange({
      kernel,
      peers,
      book: this.#book,
      signals: this.#signals,
      codec,
      code,
      trustIn,
      exchange,
      lease,
    });
    this.#signals.homes = this.#homes;
    this.#crowded = new Crowded(kernel, (pid) => this.#homes.nodeOf(pid));
    this.#heartbeats = new HeartbeatExchange(kernel, peers, payloads, lease);
    kernel.lifetimes.elsewhere = this.#heartbeats;
    kernel.service = (signal) => {
      // Asked by a guest of another node whose home is here: its own home vouches for it.
      if (signal.type === "demonitor") this.#service.receive(signal.ref.owner, signal);
      if (signal.type !== "message" || !(signal.message instanceof NodeRequest)) return;
      this.#service.receive(signal.message.ref.owner, signal);
    };
    this.#addHandlers(kernel);
    const { data, checkpointsMax = 10_000 } = options;
    this.#checkpoints = data === undefined ? null : new Checkpoints({ kernel, codec, code, data, checkpointsMax });
    kernel.checkpoints = this.#checkpoints;
  }

  async start(): Promise<void> {
    await this.#checkpoints?.open();
    try {
      await this.#transport.start(this.#peers);
      this.#reachable(this.#transport.url);
      await this.#checkpoints?.resume();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  get url(): string | null {
    return this.#transport.url;
  }

  get peers(): readonly NodeId[] {
    return this.#peers.list;
  }

  learn(node: NodeRef): void {
    this.#book.learn(node);
  }

  epochOf(cell: Cell): number {
    return this.#moves.epochOf(cell);
  }

  get connected(): readonly NodeRef[] {
    return this.#peers.list.map((id) => this.#book.find(id));
  }

  reach(node: NodeRef, reached: (isUp: boolean) => void): () => void {
    this.#book.learn(node);
    return this.#peers.reach(node.id, (place) => reached(place !== null));
  }

  keep(node: NodeRef): void {
    this.#book.learn(node);
    // Nobody is dialled who was revoked; nor later, unless somebody asks again.
    if (this.#kernel.access.hears(node.id)) this.#transport.keep(node);
  }

  release({ id }: NodeRef): void {
    this.#transport.release(id);
  }

  links(): readonly LinkView[] {
    return this.#transport.links();
  }

  network(): NetworkView {
    return this.#transport.network();
  }

  disconnect({ id }: NodeRef, reason: string): void {
    this.#peers.disconnect(id, reason);
  }

  encode(value: unknown): Payload {
    return this.#payloads.encode(value);
  }

  decode(payload: Payload, from: NodeId): unknown {
    return this.#payloads.decode(payload, from);
  }

  get moving(): TransferCounts {
    return this.#moves.counts;
  }

  get exchanges(): ExchangeCounts {
    return {
      unlinks: this.#signals.unlinking,
      unheard: this.#heartbeats.unheard,
      openScopes: this.#moves.openScopes,
      awaitingCode: this.#exchange.size,
      codeOfPeers: this.#manifests.peers,
    };
  }

  send(from: Pid, to: Pid, signal: Signal): void {
    try {
      this.#homes.send(from, to, signal);
    } catch (error) {
      // It is the sender's mistake, and the sender's to hear of, if it is there to hear.
      if (this.#kernel.scheduler.current !== null) throw error;
      if (signal.type === "message") this.#kernel.deadLetter(to, signal.message);
    }
  }

  place(cell: Cell, node: NodeRef): void {
    this.#moves.departures.place(cell, node);
  }

  migrate(cell: Cell, node: NodeRef, connected: (error: unknown) => void): "connecting" | "leaving" {
    return this.#moves.departures.migrate(cell, node, connected);
  }

  handOver(cell: Cell, node: NodeRef, connected: (error: unknown) => void): "connecting" | "leaving" {
    return this.#homes.leave(cell, node, connected);
  }

  forward(to: Pid, signal: Signal): boolean {
    return this.#homes.forward(to, signal);
  }

  get homes(): HomeCounts {
    return this.#homes.counts;
  }

  nodeOf(pid: Pid): NodeId {
    return this.#homes.nodeOf(pid);
  }

  declareDown(node: NodeRef, incarnation: string | null): void {
    this.#moves.declaredDead(node.id, incarnation);
    this.#homes.declaredDead(node.id);
    this.#peers.disconnect(node.id, "declared to be down");
    this.#heartbeats.lose(node.id);
  }

  // Access

  allowed(node: NodeId): void {
    this.#kernel.note({ type: "access.allowed", node });
  }

  revoked(node: NodeId): { readonly report: Revoked; readonly ended: Promise<unknown> } {
    const kernel = this.#kernel;
    // Nothing is evaluated between these: no step of any process is taken before this returns.
    this.#code.forget(node);
    const sessions = this.#peers.revoke(node);
    const dropped = this.#moves.revoked(node);
    this.#homes.revoked(node);
    const started = kernel.behalf.started(node);
    for (const cell of started) kernel.exits.kill(cell);
    const ended = Promise.all(kernel.revokers.map((revoke) => revoke(node)));
    const report = { node, sessions, computations: dropped + started.length };
    kernel.note({ type: "access.revoked", ...report });
    return { report, ended };
  }

  async stop(): Promise<void> {
    this.#moves.stop();
    this.#homes.stop();
    this.#heartbeats.stop();
    this.#exchange.stop();
    await this.#transport.stop();
    await this.#checkpoints?.close();
    this.#stopped();
  }

  // Peers

  up(place: Place): void {
    const peer = nodeOf(place);
    const incarnation = place.slice(peer.length + 1);
    this.#manifests.forget(peer);
    // What it says about homes goes before everything else on the link.
    this.#homes.linked(place);
    this.#moves.dead(peer, incarnation);
    this.#heartbeats.linked(peer, incarnation);
    this.#exchange.linked(peer);
    this.#moves.linked(place);
  }

  outgoing(peer: NodeId, message: Message): Message {
    return this.#manifests.outgoing(peer, message);
  }

  message(peer: NodeId, place: Place, message: Message): void {
    this.#heartbeats.heard(peer);
    try {
      this.#dispatch(place, peer, message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#peers.misbehaved(peer, error.message);
    }
  }

  busy(peer: NodeId, isBusy: boolean): void {
    if (isBusy) this.#crowded.busy(peer);
    else this.#crowded.clear(peer);
  }

  lost(place: Place): void {
    const peer = nodeOf(place);
    this.#crowded.clear(peer);
    this.#manifests.forget(peer);
    this.#exchange.lost(peer);
  }

  down(place: Place): void {
    const peer = nodeOf(place);
    this.#signals.lost(peer);
    this.#service.lost((pid) => this.#homes.nodeOf(pid) === peer);
    this.#homes.unlinked(place);
  }

  unreachable(peer: NodeId, reason: string): void {
    this.#moves.unreachable(peer, reason);
    this.#homes.unreachable(peer, reason);
  }

  #dispatch(place: Place, peer: NodeId, message: Message): void {
    switch (message.type) {
      case "signal.message":
      case "signal.alias":
      case "signal.exit":
      case "signal.link":
      case "signal.unlink":
      case "signal.unlinked":
      case "signal.monitor":
      case "signal.demonitor":
      case "signal.down":
      case "signal.reply":
      case "signal.migrate":
        return this.#signals.receive(peer, message);
      case "code.need":
        this.#checkCodeRate(peer);
        return this.#exchange.needed(peer, message);
      case "code.supply":
        this.#checkCodeRate(peer);
        return this.#exchange.supplied(peer, message);
      case "code.have":
        return this.#manifests.had(peer, message);
      case "heartbeat.watch":
      case "heartbeat.watched":
      case "heartbeat.unwatch":
      case "heartbeat.unwatched":
      case "heartbeat.tell":
      case "heartbeat.heard":
      case "heartbeat.fail":
      case "heartbeat.failed":
      case "pulse.ask":
      case "pulse.answer":
        return this.#heartbeats.receive(peer, message);
      case "transfer.offer":
      case "transfer.need":
      case "transfer.code":
      case "transfer.accepted":
      case "transfer.refused":
      case "transfer.claim":
      case "transfer.grant":
      case "transfer.denied":
      case "transfer.bar":
      case "transfer.barred":
      case "transfer.handed":
      case "transfer.released":
      case "transfer.in":
      case "transfer.out":
      case "lease.beat":
      case "lease.acknowledged":
        return this.#moves.receive(place, message);
      case "home.leaving":
      case "home.held":
      case "home.stays":
      case "home.offer":
      case "home.accepted":
      case "home.refused":
      case "home.granted":
      case "home.adopted":
      case "home.moved":
      case "home.followed":
      case "home.here":
      case "home.know":
      case "home.ask":
      case "home.flush":
      case "home.flushed":
      case "home.broken":
      case "home.ended":
        return this.#homes.receive(place, message);
    }
  }

  #checkCodeRate(peer: NodeId): void {
    const { limits, host } = this.#kernel;
    if (this.#peers.account(peer)?.codeMessages.take(host.clock.monotonic()) !== false) return;
    throw new ProtocolError(beyond(limits, "codeMessagesPerSecond", "code.need and code.supply in a second"));
  }

  // Operations that may concern another node

  #addHandlers(kernel: Kernel): void {
    const { handlers } = kernel;
    handlers.set("remote.transfer", (_kernel, cell, { node }: Transfer) => this.#moves.departures.transfer(cell, node));
    kernel.watchMakers.set("ask", askMaker);
    kernel.waitKinds.set("ask", askKind);
    for (const type of ["process.register", "process.registered", "process.unregister", "process.whereis"]) {
      this.#atHome(type);
    }
    const cancelTimer = handlers.get("process.cancelTimer") as Handler;
    handlers.set("process.cancelTimer", (_kernel, cell, operation: CancelTimer) => {
      const leftMs = cancelTimer(kernel, cell, operation);
      // It may have been set before its process left home: then it stayed there.
      const isElsewhere = leftMs === false && cell.place?.kind === "guest" && operation.timer.isForeign(cell);
      return isElsewhere ? ask(kernel, cell, cell.pid.address.id, operation) : leftMs;
    });
    handlers.set("process.whereisAt", (_kernel, cell, { node, name }: WhereIsAt<unknown>) => {
      this.#book.learn(node);
      const question = new WhereIs<unknown>(name);
      return node.id === kernel.address.id
        ? performWhereIs(kernel, cell, question)
        : ask(kernel, cell, node.id, question);
    });
    const sendAnswered = handlers.get("process.sendAnswered") as Handler;
    handlers.set("process.sendAnswered", (_kernel, cell, operation: SendAnswered) => {
      const home = this.nodeOf(operation.to);
      // What a guest does goes through its home, also to a process beside it.
      const isHere = home === kernel.address.id && cell.place === null;
      return isHere ? sendAnswered(kernel, cell, operation) : ask(kernel, cell, home, operation);
    });
    for (const type of channelTypes) this.#elsewhere(type, ({ channel }: { channel: ChannelRef<any> }) => channel.home);
    for (const type of ["heartbeat.stop", "heartbeat.fail", "heartbeat.status"]) {
      this.#elsewhere(type, ({ heartbeat }: { heartbeat: Heartbeat }) => this.#decider(heartbeat));
    }
    this.#elsewhere("heartbeat.reset", ({ heartbeat }: ResetHeartbeat) =>
      heartbeat instanceof CompositeHeartbeat ? kernel.address.id : this.#decider(heartbeat),
    );
    const reset = handlers.get("heartbeat.reset") as Handler;
    handlers.set("heartbeat.reset", (_kernel, cell, operation: ResetHeartbeat) => {
      const { heartbeat, durationMs } = operation;
      const isSpread = leavesOf(heartbeat).some((leaf) => this.#decider(leaf) !== kernel.address.id);
      if (!(heartbeat instanceof CompositeHeartbeat) || !isSpread) return reset(kernel, cell, operation);
      kernel.scheduler.enter(cell, resetLeaves(heartbeat, durationMs) as Frame);
      return suspended;
    });
  }

  /** An operation of `type` is performed by the node that `nodeOf` names, if that is not this one. */
  #elsewhere(type: string, nodeFor: (operation: any) => NodeId): void {
    const here = this.#kernel.handlers.get(type);
    if (here === undefined) return;
    this.#kernel.handlers.set(type, (kernel, cell, operation: Operation<any>) => {
      const node = nodeFor(operation);
      if (node === kernel.address.id) return here(kernel, cell, operation);
      return ask(kernel, cell, node, operation);
    });
  }

  /** Names are the home's: there a guest has its own, and looks up others. */
  #atHome(type: string): void {
    const here = this.#kernel.handlers.get(type) as Handler;
    this.#kernel.handlers.set(type, (kernel, cell, operation: Operation<any>) => {
      const isVia = operation instanceof WhereIs && typeof operation.name !== "string";
      if (cell.place?.kind !== "guest" || isVia) return here(kernel, cell, operation);
      const own = operation instanceof Register && operation.pid === null;
      return ask(kernel, cell, cell.pid.address.id, own ? new Register(operation.name, cell.pid) : operation);
    });
  }

  #decider(heartbeat: Heartbeat): NodeId {
    return this.#kernel.lifetimes.heartbeats.decides(heartbeat) ? this.#kernel.address.id : homeOf(heartbeat).node;
  }
}

/** Extends all leaves that still live, each at its home; accepted when there was one (H16). */
function* resetLeaves(heartbeat: CompositeHeartbeat, durationMs: number): LocalGenerator<Outcome> {
  let outcome: Outcome = "refused";
  for (const leaf of leavesOf(heartbeat)) {
    if ((yield* new ResetHeartbeat(leaf, durationMs)) === "accepted") outcome = "accepted";
  }
  return outcome;
}
