import type { LocalGenerator } from "@espalier/heartbeat";
import {
  Attributed,
  InKernel,
  Nodes,
  ownPid,
  Process,
  type Down,
  type NodeRef,
  type NodeUp,
  type Pid,
  type Ref,
} from "@espalier/runtime";

/** A process of the same name on another node. */
export interface Peer<S> {
  readonly pid: Pid<unknown>;
  readonly ref: Ref;
  /** What it said of its own node; null until it has said it for the first time. */
  state: S | null;
}

/**
 * How many processes of one node are believed to be its process of this name: while one follows another there are two for a moment, and a node that
 * has more is up to something.
 */
const perNodeMax = 4;

/** A process asks the one of the same name on another node for what it knows. */
interface Discover {
  readonly type: "directory.discover";
}

const discover: Discover = { type: "directory.discover" };

/**
 * The processes of one name on the nodes that there is a link to, as one of them knows them: OTP's `pg` has this protocol. They find each other when
 * a link comes up or one of them starts, and forget each other when one ends or the link is lost: `S` is then gone as a whole.
 */
export class Overlay<S> {
  readonly #name: string;
  readonly #self: Pid<unknown>;
  readonly #peers = new Map<string, Peer<S>>();

  constructor(name: string, self: Pid<unknown>) {
    this.#name = name;
    this.#self = self;
  }

  get peers(): readonly Peer<S>[] {
    return [...this.#peers.values()];
  }

  /** The peer whose pid this is, if it is known. */
  find(pid: Pid<any>): Peer<S> | null {
    return this.#peers.get(pid.key) ?? null;
  }

  /** The peer to be forgotten before `pid` becomes one: its node would have too many. */
  tooMany(pid: Pid<any>): Peer<S> | null {
    if (this.#peers.has(pid.key)) return null;
    const ofNode = this.peers.filter((peer) => peer.pid.address.id === pid.address.id);
    return ofNode.length < perNodeMax ? null : (ofNode[0] ?? null);
  }

  /** Looks for peers on all nodes that there is a link to, from now on. */
  *open(): LocalGenerator<void> {
    yield* Nodes.monitor();
    for (const node of yield* Nodes.list()) yield* this.#greet(node);
  }

  /** Whether `message` says that a node has become reachable; then its process of this name is looked for. */
  *reached(message: unknown): LocalGenerator<boolean> {
    if (!isNodeUp(message)) return false;
    yield* this.#greet(message.node);
    return true;
  }

  /** `pid` asks for what is known here. It hears of every change from now on, so it must be told at once. */
  *discovered(pid: Pid<any>): LocalGenerator<void> {
    if (this.#peers.has(pid.key) || pid.equals(this.#self)) return;
    yield* this.#add(pid);
    yield* this.tell(pid, discover);
  }

  /** `pid` says what it knows, of which `state` is made. */
  *synced(pid: Pid<any>): LocalGenerator<Peer<S>> {
    return this.find(pid) ?? (yield* this.#add(pid));
  }

  /** The peer whose end this is; it is forgotten. */
  lost({ ref }: Down): Peer<S> | null {
    for (const peer of this.#peers.values()) {
      if (!peer.ref.equals(ref)) continue;
      this.#peers.delete(peer.pid.key);
      return peer;
    }
    return null;
  }

  /** Forgets a peer that said what it may not, until it is discovered again. */
  *forget({ pid, ref }: Peer<S>): LocalGenerator<void> {
    this.#peers.delete(pid.key);
    yield* Process.demonitor(ref, { flush: true });
  }

  /** Nothing is sent where there is no link any more: it would make one, and whoever is at its end then has to be told everything. */
  *tell(pid: Pid<any>, message: unknown): LocalGenerator<void> {
    if (yield* isReachable(pid)) yield* Process.send(pid, new Attributed(this.#self, message));
  }

  *broadcast(message: unknown): LocalGenerator<void> {
    for (const { pid } of this.#peers.values()) yield* this.tell(pid, message);
  }

  *#add(pid: Pid<any>): LocalGenerator<Peer<S>> {
    const peer: Peer<S> = { pid, ref: yield* Process.monitor(pid), state: null };
    this.#peers.set(pid.key, peer);
    return peer;
  }

  *#greet(node: NodeRef): LocalGenerator<void> {
    yield* Process.send({ name: this.#name, node }, new Attributed(this.#self, discover));
  }
}

function isReachable({ address }: Pid<any>): InKernel<boolean> {
  return new InKernel(
    ({ address: { id }, distribution }) => address.id === id || distribution?.peers.includes(address.id) === true,
  );
}

/** Gives the process that performs this its name, unless it was started under it. */
export function* takeName(name: string): LocalGenerator<Pid<any>> {
  const self = yield* ownPid;
  const holder = yield* Process.whereis(name);
  if (holder?.equals(self) !== true) yield* Process.register(name);
  return self;
}

export function isDiscover(message: unknown): message is Discover {
  return typeof message === "object" && message !== null && (message as Partial<Discover>).type === discover.type;
}

function isNodeUp(message: unknown): message is NodeUp {
  return typeof message === "object" && message !== null && (message as Partial<NodeUp>).type === "nodeup";
}
