import {
  Container as Residents,
  type ContainerEvent,
  type ContainerView,
  type Quarters,
  type ResidentView,
} from "@espalier/container";
import type { Duration } from "@espalier/heartbeat";
import {
  readLimits,
  type Host,
  type LimitOptions,
  type Logger,
  type Node,
  type NodeId,
  NodeRef,
} from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";
import type { Identity } from "@espalier/wire";
import { webSocketNetwork } from "@espalier/wire/node";
import { aFlag, aLogger, anAddress, anObject, any, aText, checkOptions, type Check, type Checks } from "../options.ts";
import { startConnected } from "../parts.ts";
import { checks as nodeChecks, consoleLogger, identityOf, type NodeOptions } from "./node.ts";
import { lookedAt } from "./devtools.ts";
import { sandboxesOf } from "./sandbox.ts";

/** Where a container listens, and what its nodes have in common. */
export interface ContainerOptions {
  /** Where all nodes accept connections, such as `ws://0.0.0.0:7000`. */
  readonly listen: string;
  /** What others reach them by, when that is not what it listens on. */
  readonly address?: string;
  /** The world that it lives in: the real one unless given. */
  readonly host?: Host;
  /**
   * A directory for what outlives the OS process: each node that has a name keeps its key there, its checkpoints and the code that others sent, in
   * a directory of that name. Nothing is kept unless given.
   */
  readonly data?: string;
  /**
   * What is taken of pipes that no node has taken yet (`handshakeMs`, `halfOpen`, `halfOpenPerAddress`), and what each node takes that is
   * given no limits of its own.
   */
  readonly limits?: LimitOptions;
  /** Where crashes and the like are reported, of nodes without a logger of their own: standard error unless given. */
  readonly logger?: Logger;
}

const containerChecks: Checks<ContainerOptions> = {
  listen: aText,
  address: anAddress,
  host: anObject,
  data: aText,
  limits: any,
  logger: aLogger,
};

/** How to start a node of a container: as any other, but that the container has the port and the world. */
export interface ContainerNodeOptions extends Omit<NodeOptions, "listen" | "address" | "host"> {
  /** For people, and for the directory of what it keeps: 1 to 64 letters, digits, `_`, `-` or `.`, of which the first is no `.`. */
  readonly name?: string;
  /** Only its record is made; `container.wake(id)` starts it. */
  readonly asleep?: boolean;
}

const { listen: _, address: _1, host: _2, ...ownChecks } = nodeChecks;

const aName: Check = {
  expected: '1 to 64 letters, digits, "_", "-" or ".", of which the first is no "."',
  is: (value) => typeof value === "string" && /^[\w-][\w.-]{0,63}$/.test(value),
};

const residentChecks: Checks<ContainerNodeOptions> = { ...ownChecks, name: aName, asleep: aFlag };

const ofTheContainer = "the container has it, for all its nodes";
const atTheContainer = { listen: ofTheContainer, address: ofTheContainer, host: ofTheContainer };
/** What is of one node. */
const atTheNode = Object.fromEntries(
  Object.keys(residentChecks).map((name) => [name, "each node has its own: container.create takes it"]),
);

/**
 * Many nodes behind one port, in one OS process. Each is a node of its own, with its own key, allow list, processes and limits; whom a connection is
 * for is the first thing that it says.
 */
export interface Container extends AsyncDisposable {
  /** `ws://host:port`, of which the address of each node is made: `ws://host:port/#<key>`. */
  readonly url: string;

  /**
   * Starts a node here. One that does not start leaves nothing behind.
   *
   * - Errors: IdentityTakenError when a node with this key lives here already; ContainerStoppedError; NodeStoppedError when it is stopped before it
   *   has started; those of {@link Node.start}.
   */
  create(options: ContainerNodeOptions & { readonly asleep: true }): Promise<NodeRef>;
  create(options?: ContainerNodeOptions & { readonly asleep?: false }): Promise<Node>;

  /** The nodes that live here, awake or asleep, the oldest first. */
  nodes(): readonly ResidentView[];

  /** The node with this key, while it runs here. */
  get(node: NodeRef | NodeId): Node | undefined;

  /**
   * Stops a node in order, as `node.stop`, and keeps its record: its key and its options. Resolves when it is asleep. Who connects with it meanwhile is
   * refused. Its record is in memory, and lost with the container.
   *
   * @throws UnknownNodeError
   */
  sleep(node: NodeRef | NodeId, options?: { readonly within?: Duration }): Promise<void>;

  /**
   * Starts a node that sleeps, in another life; one that runs is as it was. When it does not start it sleeps on.
   *
   * @throws UnknownNodeError, ContainerStoppedError
   */
  wake(node: NodeRef | NodeId): Promise<Node>;

  /** Stops one node in order, which leaves the container; one that sleeps leaves at once. @throws UnknownNodeError */
  stop(node: NodeRef | NodeId, options?: { readonly within?: Duration }): Promise<void>;
  /** Stops all nodes in order, at the same time, then closes the port. Idempotent: the first call's limit holds. */
  stop(options?: { readonly within?: Duration }): Promise<void>;

  /** Calls `listener` with each event of the container, in order, until what it returns is called. */
  readonly events: { subscribe(listener: (event: ContainerEvent) => void): () => void };

  /** How everything stands: its nodes, and the pipes that came. */
  inspect(): ContainerView;
}

/**
 * Opens a port for many nodes.
 *
 * - Errors: TypeError naming an option that there is not; ListenError naming the port that is taken.
 *
 * ```ts
 * import { Container } from "espalier";
 *
 * await using container = await Container.start({ listen: "ws://127.0.0.1:0" });
 * const orders = await container.create({ name: "orders" });
 * const bills = await container.create({ name: "bills", allow: [orders.ref.id] });
 * bills.ref.address === orders.ref.address; // => true
 * container.nodes().map(({ name, status }) => `${name}: ${status}`); // => ["orders: idle", "bills: idle"]
 * ```
 */
export async function start(options: ContainerOptions): Promise<Container> {
  checkOptions("Container.start", options, containerChecks, atTheNode);
  const { listen, address, limits } = options;
  if (listen === undefined) throw new TypeError("Container.start: expected listen, such as ws://0.0.0.0:7000");
  const { host = nodeHost({ network: webSocketNetwork({ limits: readLimits(limits) }) }) } = options;
  const residents = await Residents.start({
    host,
    listen,
    ...(address === undefined ? {} : { address }),
    limits: readLimits(limits),
  });
  return new HostedContainer(residents, host, options);
}

class HostedContainer implements Container {
  readonly #residents: Residents;
  readonly #host: Host;
  readonly #options: ContainerOptions;
  /** Identities are read one after another: of two that want the file of a key that is not there yet one makes it. */
  #identities: Promise<unknown> = Promise.resolve();

  constructor(residents: Residents, host: Host, options: ContainerOptions) {
    this.#residents = residents;
    this.#host = host;
    this.#options = options;
  }

  get url(): string {
    return this.#residents.url;
  }

  get events(): Container["events"] {
    return this.#residents.events;
  }

  create(options: ContainerNodeOptions & { readonly asleep: true }): Promise<NodeRef>;
  create(options?: ContainerNodeOptions & { readonly asleep?: false }): Promise<Node>;
  async create(all: ContainerNodeOptions = {}): Promise<Node | NodeRef> {
    checkOptions("container.create", all, residentChecks, atTheContainer);
    const { name, asleep = false, ...options } = all;
    const {
      identity: given,
      sandbox,
      devtools = false,
      data = this.#options.data === undefined || name === undefined ? undefined : `${this.#options.data}/${name}`,
      limits = this.#options.limits,
      logger = this.#options.logger ?? consoleLogger,
      ...rest
    } = options;
    const identity = await this.#identify(given, data);
    const record = {
      id: identity.id,
      name: name ?? null,
      start: async (quarters: Quarters) => {
        const node = await startConnected({
          ...rest,
          ...quarters,
          identity,
          logger,
          ...(data === undefined ? {} : { data }),
          ...(limits === undefined ? {} : { limits }),
          ...(sandbox === undefined ? {} : { sandbox: sandboxesOf(sandbox) }),
        });
        await lookedAt(node, devtools);
        return node;
      },
    };
    return asleep ? this.#residents.createAsleep(record) : this.#residents.create(record);
  }

  nodes(): readonly ResidentView[] {
    return this.#residents.nodes();
  }

  get(node: NodeRef | NodeId): Node | undefined {
    return this.#residents.get(idOf(node));
  }

  async sleep(node: NodeRef | NodeId, options: { readonly within?: Duration } = {}): Promise<void> {
    await this.#residents.sleep(idOf(node), options);
  }

  async wake(node: NodeRef | NodeId): Promise<Node> {
    return this.#residents.wake(idOf(node));
  }

  async stop(
    which: NodeRef | NodeId | { readonly within?: Duration } = {},
    options: { readonly within?: Duration } = {},
  ): Promise<void> {
    const isOne = typeof which === "string" || which instanceof NodeRef;
    await (isOne ? this.#residents.remove(idOf(which), options) : this.#residents.stop(which));
  }

  inspect(): ContainerView {
    return this.#residents.inspect();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #identify(given: Identity | string | undefined, data: string | undefined): Promise<Identity> {
    const identity = this.#identities.then(() => identityOf(given, data, this.#host));
    this.#identities = Promise.allSettled([identity]);
    return identity;
  }
}

function idOf(node: NodeRef | NodeId): NodeId {
  return node instanceof NodeRef ? node.id : node;
}
