import type { Duration } from "@espalier/heartbeat";
import { NodeStoppedError, type Host, type Network, type Node, type NodeId } from "@espalier/runtime";
import type { Introductions } from "@espalier/wire";
import { UnknownNodeError } from "./errors.ts";
import type { ResidentStatus } from "./events.ts";
import type { Door, Visitor } from "./reception.ts";
import { residenceTable as table, type ResidenceState } from "./residence.machine.ts";

const { state: is, event } = table;

/** What a node of a container is started with. */
export interface Quarters {
  /** The container's host, but with a network on which there is the container's port, and the way to its other nodes. */
  readonly host: Host;
  /** Where the node listens: where the container does. */
  readonly listen: string;
  /** The static keys of the container's other nodes. */
  readonly introductions: Introductions;
}

/** What is kept of a node that sleeps. */
export interface ResidentRecord {
  readonly id: NodeId;
  /** For people. */
  readonly name: string | null;
  /** Starts the node. Called again each time that it wakes. */
  readonly start: (quarters: Quarters) => Promise<Node>;
}

/** The container, to one of its nodes. */
export interface ResidenceOwner {
  readonly host: Host;
  readonly url: string;
  /** Opens a pipe for the node. */
  readonly connect: (from: NodeId, ...args: Parameters<Network["connect"]>) => ReturnType<Network["connect"]>;
  introductionsOf(id: NodeId): Introductions;
  /** Nothing of the node runs any more: it is not introduced to others. */
  ended(residence: Residence): void;
  changed(residence: Residence, from: ResidentStatus, to: ResidentStatus): void;
  failed(residence: Residence, what: "start" | "stop", error: unknown): void;
  /** It is asleep no more, nor anything else. */
  left(residence: Residence): void;
}

const statusOf: Readonly<Record<ResidenceState, ResidentStatus>> = {
  asleep: "asleep",
  starting: "starting",
  idle: "idle",
  active: "active",
  retiring: "stopping",
  leaving: "stopping",
  gone: "stopping",
};

/** One node of a container, awake or asleep: the finite control is `residence.machine.ts`, this is what each step does. */
export class Residence {
  readonly record: ResidentRecord;
  readonly #owner: ResidenceOwner;
  #state: number = table.initial;
  #since: number;
  #node: Node | null = null;
  #starting: Promise<Node> | null = null;
  #ending: Promise<void> | null = null;
  #door: Door | null = null;
  /** Who came while it was starting. */
  readonly #visitors = new Set<Visitor>();

  constructor(record: ResidentRecord, owner: ResidenceOwner) {
    this.record = record;
    this.#owner = owner;
    this.#since = owner.host.clock.wall();
  }

  get id(): NodeId {
    return this.record.id;
  }

  get status(): ResidentStatus {
    return statusOf[table.states[this.#state] as ResidenceState];
  }

  /** Milliseconds since 1970: since when it has had its status. */
  get since(): number {
    return this.#since;
  }

  /** The node, while it runs. */
  get node(): Node | null {
    return this.#state === is.idle || this.#state === is.active ? this.#node : null;
  }

  /** Whoever knocks before the node listens waits until it does. */
  knock(visitor: Visitor): void {
    if (this.#door !== null) return visitor.enter(this.#door);
    switch (this.#state) {
      case is.starting:
        this.#visitors.add(visitor);
        return visitor.wait();
      // A visitor does not wake a node. If it shall, this is where: wake it and go on as above.
      case is.asleep:
        return visitor.turnAway("asleep", `the node ${this.id} is asleep`);
      default:
        return visitor.turnAway("stopping", `the node ${this.id} stops`);
    }
  }

  /** @throws UnknownNodeError when it leaves; whatever its start throws; NodeStoppedError when somebody stops it before it has started. */
  async wake(): Promise<Node> {
    if (this.#state === is.retiring) await this.#ending;
    if (this.node !== null) return this.node;
    if (this.#state === is.asleep) {
      this.#move(event.wake);
      this.#starting = this.#start();
    }
    if (this.#starting === null || this.#state !== is.starting) throw new UnknownNodeError(this.id);
    return this.#starting;
  }

  /** @throws UnknownNodeError when it leaves. */
  async sleep(within: Duration | undefined): Promise<void> {
    if (this.#state === is.asleep) return;
    if (this.#state === is.leaving || this.#state === is.gone) throw new UnknownNodeError(this.id);
    if (this.#state !== is.retiring) this.#end(event.sleep, within);
    await this.#ending;
  }

  async leave(within?: Duration): Promise<void> {
    if (this.#state === is.gone) return;
    if (this.#state === is.asleep || this.#state === is.retiring) this.#move(event.leave);
    else if (this.#state !== is.leaving) this.#end(event.leave, within);
    await this.#ending;
  }

  async #start(): Promise<Node> {
    let node: Node;
    try {
      node = await this.record.start(this.#quarters());
    } catch (error) {
      this.#shut("failed", `the node ${this.id} could not start`);
      this.#owner.failed(this, "start", error);
      this.#move(event.failed);
      throw error;
    } finally {
      this.#starting = null;
    }
    this.#node = node;
    // Somebody did not want it any more; it is being stopped.
    if (this.#state !== is.starting) throw new NodeStoppedError();
    node.kernel.closers.push(() => this.#closed(node));
    node.kernel.watchBusy(() => this.#look(node));
    this.#move(event.started);
    this.#look(node);
    return node;
  }

  #quarters(): Quarters {
    const { host, url } = this.#owner;
    const { clock, random, loop, disk, crypto } = host;
    const network: Network = {
      listen: (_url, accept) => {
        this.#door = accept;
        // In a turn of its own: then the node knows that it listens.
        loop.soon(() => this.#open(accept));
        return Promise.resolve({
          url,
          close: () =>
            Promise.resolve(this.#door === accept ? this.#shut("stopping", `the node ${this.id} stops`) : undefined),
        });
      },
      connect: (to, handler) => this.#owner.connect(this.id, to, handler),
    };
    return {
      host: { clock, random, loop, network, disk, crypto },
      listen: url,
      introductions: this.#owner.introductionsOf(this.id),
    };
  }

  #open(door: Door): void {
    if (this.#door !== door) return;
    const visitors = [...this.#visitors];
    this.#visitors.clear();
    for (const visitor of visitors) visitor.enter(door);
  }

  #shut(kind: "failed" | "stopping", reason: string): void {
    this.#door = null;
    const visitors = [...this.#visitors];
    this.#visitors.clear();
    for (const visitor of visitors) visitor.turnAway(kind, reason);
  }

  /** Whether there is anything for it to do may have changed. */
  #look(node: Node): void {
    if (this.#node === node) this.#move(node.kernel.isBusy ? event.busy : event.rest);
  }

  /** The node is closing, perhaps by itself: then it leaves. */
  #closed(node: Node): Promise<void> {
    if (this.node === node) this.#end(event.leave, undefined);
    return Promise.resolve();
  }

  #end(why: number, within: Duration | undefined): void {
    this.#move(why);
    this.#ending = this.#finish(within);
  }

  async #finish(within: Duration | undefined): Promise<void> {
    // Its end is of no concern here: who waits for the start is told.
    if (this.#starting !== null) await Promise.allSettled([this.#starting]);
    try {
      await this.#node?.stop(within === undefined ? {} : { within });
    } catch (error) {
      this.#owner.failed(this, "stop", error);
    }
    this.#node = null;
    this.#shut("stopping", `the node ${this.id} stops`);
    this.#owner.ended(this);
    this.#ending = null;
    this.#move(event.ended);
  }

  #move(why: number): void {
    const next = table.next(this.#state, why);
    if (next === this.#state) return;
    const from = this.status;
    this.#state = next;
    const to = this.status;
    if (from !== to) {
      this.#since = this.#owner.host.clock.wall();
      this.#owner.changed(this, from, to);
    }
    if (next === is.gone) this.#owner.left(this);
  }
}
