import type { Duration } from "@espalier/heartbeat";
import {
  limits as defaultLimits,
  NodeRef,
  type Host,
  type Limits,
  type Listener,
  type Network,
  type Node,
  type NodeId,
} from "@espalier/runtime";
import { ContainerStoppedError, IdentityTakenError, UnknownNodeError } from "./errors.ts";
import type { ContainerEvent, RefusalKind, ResidentStatus } from "./events.ts";
import { Introduced } from "./introduced.ts";
import { openMemoryPipe } from "./memory-pipe.ts";
import { Reception } from "./reception.ts";
import { Residence, type ResidentRecord } from "./residence.ts";

export interface ContainerOptions {
  readonly host: Host;
  /** Where all nodes accept connections, such as `ws://0.0.0.0:7000`. */
  readonly listen: string;
  /** What others reach them by, when that is not what the listener says. */
  readonly address?: string;
  /** Of the pipes that no node has taken yet; those of nodes are theirs. */
  readonly limits?: Partial<Limits>;
}

/** A node of a container, as data. */
export interface ResidentView {
  readonly id: NodeId;
  readonly name: string | null;
  readonly status: ResidentStatus;
  /** Milliseconds since 1970: since when it has had this status. */
  readonly since: number;
}

/** How a container stands, as data. */
export interface ContainerView {
  readonly url: string;
  readonly nodes: readonly ResidentView[];
  readonly pipes: {
    /** That no node has taken yet. */
    readonly halfOpen: number;
    /** How many were handed to nodes, so far. */
    readonly routed: number;
    /** How many of these came from another node of the container. */
    readonly local: number;
    /** How many were turned away, so far. */
    readonly refused: Readonly<Record<RefusalKind, number>>;
  };
}

/** Many nodes behind one port. It knows whom a pipe is for and how each node stands, and starts and stops them; what a node is, it is told. */
export class Container implements AsyncDisposable {
  readonly #host: Host;
  readonly #options: ContainerOptions;
  readonly #reception: Reception;
  readonly #introduced = new Introduced();
  readonly #residences = new Map<NodeId, Residence>();
  readonly #listeners = new Set<(event: ContainerEvent) => void>();
  readonly #refused: Record<RefusalKind, number> = {
    unknown: 0,
    asleep: 0,
    stopping: 0,
    failed: 0,
    misfit: 0,
    malformed: 0,
    late: 0,
    crowded: 0,
  };
  #local = 0;
  #listener: Listener | null = null;
  #stopping: Promise<void> | null = null;

  private constructor(options: ContainerOptions) {
    this.#host = options.host;
    this.#options = options;
    this.#reception = new Reception({
      host: options.host,
      limits: { ...defaultLimits, ...options.limits },
      lead: (target, visitor) => {
        const residence = this.#residences.get(target);
        residence?.knock(visitor);
        return residence !== undefined;
      },
      refused: (node, remote, kind, reason) => {
        this.#refused[kind] += 1;
        this.#emit({ type: "container.refused", node, remote, kind, reason });
      },
    });
  }

  /** Opens the port. @throws what the host's network says of an address that it cannot listen on. */
  static async start(options: ContainerOptions): Promise<Container> {
    const container = new Container(options);
    container.#listener = await options.host.network.listen(options.listen, (pipe) =>
      container.#reception.accept(pipe),
    );
    return container;
  }

  /** What others reach its nodes by: `ws://host:port`. */
  get url(): string {
    return this.#options.address ?? (this.#listener as Listener).url;
  }

  /** Calls `listener` with each event, at once and in order, until what it returns is called. It must not act on the container. */
  readonly events: { subscribe(listener: (event: ContainerEvent) => void): () => void } = {
    subscribe: (listener) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
  };

  /**
   * Takes a node in and starts it. One that does not start is not taken in.
   *
   * @throws IdentityTakenError, ContainerStoppedError, NodeStoppedError when it is stopped before it has started, whatever its start throws.
   */
  async create(record: ResidentRecord): Promise<Node> {
    const residence = this.#add(record);
    try {
      return await residence.wake();
    } catch (error) {
      await residence.leave();
      throw error;
    }
  }

  /** Takes a node in that is asleep. @throws IdentityTakenError, ContainerStoppedError */
  createAsleep(record: ResidentRecord): NodeRef {
    return this.ref(this.#add(record).id);
  }

  ref(id: NodeId): NodeRef {
    return new NodeRef(id, this.url);
  }

  /** The nodes that live here, the oldest first. */
  nodes(): readonly ResidentView[] {
    return [...this.#residences.values()].map(({ id, record: { name }, status, since }) => ({
      id,
      name,
      status,
      since,
    }));
  }

  /** The node with this key, while it runs here. */
  get(id: NodeId): Node | undefined {
    return this.#residences.get(id)?.node ?? undefined;
  }

  inspect(): ContainerView {
    const { halfOpen, routed } = this.#reception;
    return {
      url: this.url,
      nodes: this.nodes(),
      pipes: { halfOpen, routed, local: this.#local, refused: { ...this.#refused } },
    };
  }

  /** Stops a node and keeps its record. Resolves when it is asleep. @throws UnknownNodeError */
  async sleep(id: NodeId, options: { readonly within?: Duration } = {}): Promise<void> {
    await this.#find(id).sleep(options.within);
  }

  /**
   * Starts a node that sleeps, in another life; one that runs is as it was.
   *
   * @throws UnknownNodeError, ContainerStoppedError, NodeStoppedError when it is stopped before it has started, whatever its start throws: then it sleeps on.
   */
  async wake(id: NodeId): Promise<Node> {
    if (this.#stopping !== null) throw new ContainerStoppedError();
    return this.#find(id).wake();
  }

  /** Stops a node, which leaves the container. @throws UnknownNodeError */
  async remove(id: NodeId, options: { readonly within?: Duration } = {}): Promise<void> {
    await this.#find(id).leave(options.within);
  }

  /** Stops all nodes, at the same time, then closes the port. Idempotent: the first call's limit holds. */
  stop(options: { readonly within?: Duration } = {}): Promise<void> {
    return (this.#stopping ??= this.#stop(options.within));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(within: Duration | undefined): Promise<void> {
    await Promise.all([...this.#residences.values()].map((residence) => residence.leave(within)));
    this.#reception.close();
    await this.#listener?.close();
  }

  #add(record: ResidentRecord): Residence {
    if (this.#stopping !== null) throw new ContainerStoppedError();
    const { id, name } = record;
    if (this.#residences.has(id)) throw new IdentityTakenError(id);
    const residence = new Residence(record, {
      host: this.#host,
      url: this.url,
      connect: (from, url, handler) => this.#connect(from, url, handler),
      introductionsOf: (node) => this.#introduced.of(node),
      ended: () => this.#introduced.forget(id),
      changed: (_residence, from, to) => this.#emit({ type: "container.status", node: id, from, to }),
      failed: (_residence, what, error) => this.#emit({ type: "container.failed", node: id, what, error }),
      left: () => {
        this.#residences.delete(id);
        this.#emit({ type: "container.stopped", node: id });
      },
    });
    this.#residences.set(id, residence);
    this.#emit({ type: "container.created", node: id, name });
    return residence;
  }

  #find(id: NodeId): Residence {
    const residence = this.#residences.get(id);
    if (residence === undefined) throw new UnknownNodeError(id);
    return residence;
  }

  #connect(from: NodeId, ...[url, handler]: Parameters<Network["connect"]>): ReturnType<Network["connect"]> {
    if (url !== this.url && url !== this.#listener?.url) return this.#host.network.connect(url, handler);
    return openMemoryPipe({
      loop: this.#host.loop,
      near: this.ref(from).url,
      far: url,
      handler,
      accept: (pipe) => {
        this.#local += 1;
        return this.#reception.accept(pipe);
      },
    });
  }

  #emit(event: ContainerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
