import {
  NodeRef,
  type Clock,
  type Host,
  type Logger,
  type Node,
  type NodeView,
  type Transport,
} from "@espalier/runtime";
import type { Identity } from "@espalier/wire";
import type { Invocation } from "../history/history.ts";
import { describeEvent, describeReport, digestEvent, withNames } from "../scenario/describe-event.ts";
import type { Json } from "../scenario/json.ts";
import type { NodeState, Observed, ObservedNode } from "../scenario/observation.ts";
import type { Peer, Place, WorldKind } from "../scenario/place.ts";
import type { Life } from "../world/life.ts";
import type { Machine } from "../world/machine.ts";

/** The run that a machine is part of. */
export interface Surroundings {
  readonly peers: readonly Peer[];
  peer(name: string): Peer;
  invoke(node: string, client: string, op: string, input: Json): Invocation;
  mark(node: string, name: string): void;
  tell(node: string, line: string): void;
  note(node: string, type: string, digest: number, describe: () => string): void;
  observed(observed: Observed): void;
  readonly nowMs: number;
  intercept(node: string, sessions: Transport, clock: Clock): Transport;
  /** What a life is given as its host; the machine's own unless there is this. */
  equip?(node: string, host: Host): Host;
}

/** A machine of a scenario, and what was booted on it: a node as properties see it. */
export class Residence<App, Seen> implements ObservedNode<Seen> {
  readonly machine: Machine;
  readonly ref: NodeRef;
  readonly #surroundings: Surroundings;
  readonly #observe: (app: App) => Seen;
  /** Its process has crashed and is never started again. */
  isGone = false;
  #tenant: Tenant | null = null;
  #booted: { readonly life: Life; readonly app: App } | null = null;
  /** What was seen last, and of which step of the machine. */
  #view: { readonly step: number; readonly view: NodeView | null } = { step: -1, view: null };
  #seen: { readonly step: number; readonly seen: Seen | null } = { step: -1, seen: null };

  constructor(machine: Machine, observe: (app: App) => Seen, surroundings: Surroundings) {
    this.machine = machine;
    this.ref = new NodeRef(machine.identity.id, machine.url);
    this.#observe = observe;
    this.#surroundings = surroundings;
  }

  get name(): string {
    return this.machine.name;
  }

  get life(): number {
    return this.machine.lives;
  }

  get state(): NodeState {
    if (this.isGone) return "gone";
    if (this.machine.state !== "running") return this.machine.state;
    return this.isBooted ? "running" : "booting";
  }

  get view(): NodeView | null {
    const { steps, life } = this.machine;
    if (this.#view.step !== steps || !life.isAlive) {
      this.#view = { step: steps, view: life.isAlive ? (this.#tenant?.node?.inspect() ?? null) : null };
    }
    return this.#view.view;
  }

  get seen(): Seen | null {
    const { steps } = this.machine;
    if (this.#seen.step !== steps || !this.isBooted) {
      this.#seen = { step: steps, seen: this.isBooted ? this.#observe(this.app as App) : null };
    }
    return this.#seen.seen;
  }

  /** Whether what lives there now was booted. What `boot` gave may be nothing. */
  get isBooted(): boolean {
    return this.#booted?.life.isAlive === true;
  }

  get app(): App | null {
    return this.#booted?.life.isAlive === true ? this.#booted.app : null;
  }

  /** Where operations are done: null when it does not run, or has not booted. */
  get operable(): (Place & { readonly app: App }) | null {
    return this.state === "running" ? Object.assign(this.#tenant as Tenant, { app: this.app as App }) : null;
  }

  /** The place of a new life. */
  move(): Place {
    this.#tenant = new Tenant(this.machine, this.ref, this.#surroundings);
    return this.#tenant;
  }

  /** A boot that took longer than its process lived counts for nothing. */
  booted(life: Life, app: App): void {
    if (!life.isAlive) return;
    this.#booted = { life, app };
    this.#seen = { step: -1, seen: null };
  }
}

/** One life of a machine of a scenario. */
class Tenant implements Place {
  readonly world: WorldKind = "sim";
  readonly name: string;
  readonly ref: NodeRef;
  readonly life: number;
  readonly host: Host;
  readonly identity: Identity;
  readonly url: string;
  readonly peers: readonly Peer[];
  readonly logger: Logger;
  readonly intercept: (sessions: Transport) => Transport;
  node: Node | null = null;
  readonly #surroundings: Surroundings;

  constructor(machine: Machine, ref: NodeRef, surroundings: Surroundings) {
    const { name, lives, host, identity, url } = machine;
    this.name = name;
    this.ref = ref;
    this.life = lives;
    this.host = surroundings.equip?.(name, host) ?? host;
    this.identity = identity;
    this.url = url;
    this.peers = surroundings.peers;
    this.#surroundings = surroundings;
    this.logger = { report: (report) => this.tell(withNames(describeReport(report), this.peers)) };
    this.intercept = (sessions) => surroundings.intercept(name, sessions, host.clock);
  }

  get nowMs(): number {
    return this.#surroundings.nowMs;
  }

  peer(name: string): Peer {
    return this.#surroundings.peer(name);
  }

  invoke(op: string, input: Json = null, client: string = this.name): Invocation {
    return this.#surroundings.invoke(this.name, client, op, input);
  }

  mark(name: string): void {
    this.#surroundings.mark(this.name, name);
  }

  tell(line: string): void {
    this.#surroundings.tell(this.name, line);
  }

  attach(node: Node): void {
    const { name, life } = this;
    this.node = node;
    node.events.subscribe((event) => {
      const describe = (): string => withNames(describeEvent(event), this.peers);
      if (isForStory(event.type)) this.tell(describe());
      else this.#surroundings.note(name, event.type, digestEvent(event), describe);
      this.#surroundings.observed({ atMs: this.#surroundings.nowMs, node: name, life, event });
      this.mark(event.type);
    });
  }
}

/** What of a node's doings is worth a line. */
function isForStory(type: string): boolean {
  return type.startsWith("node.") || type.startsWith("transfer.");
}
