import { Access, NodeRef, type ConnectionEvent, type Host } from "@espalier/runtime";
import { createIdentity, type Identity } from "../src/identity/identity.ts";
import { SessionTransport, type SessionTransportOptions } from "../src/connection/transport.ts";
import { numberOf } from "./signals.ts";
import type { World } from "./world.ts";

/** A node of a {@link World} that lets in everybody: the transport alone, which each test starts as it needs. */
export class Machine {
  readonly host: Host;
  readonly identity: Identity;
  readonly transport: SessionTransport;
  readonly ref: NodeRef;

  constructor(world: World, name: string, options: Partial<SessionTransportOptions> = {}) {
    this.host = options.host ?? world.host(name);
    this.identity = options.identity ?? createIdentity(this.host);
    this.ref = new NodeRef(this.identity.id, `ws://${name}`);
    this.transport = new SessionTransport({
      host: this.host,
      identity: this.identity,
      incarnation: "1",
      abi: 1,
      hashVersion: 1,
      listen: `ws://${name}`,
      access: new Access("anyone"),
      ...options,
    });
  }
}

/** One that notes what its transport has told it. */
export class NamedPeer extends Machine {
  readonly log: string[] = [];
  readonly events: ConnectionEvent[] = [];
  /** Whether it wants to know of connections. */
  listens = true;

  async start(): Promise<this> {
    await this.transport.start({
      up: (_peer, incarnation) => this.log.push(`up ${incarnation}`),
      message: (_peer, message) => this.log.push(`message ${numberOf(message)}`),
      down: (_peer, reason) => this.log.push(`down: ${reason}`),
      failed: (_peer, reason) => this.log.push(`failed: ${reason}`),
      listener: () => (this.listens ? (event) => this.events.push(event) : null),
    });
    return this;
  }

  /** The events of one type. */
  all<Type extends ConnectionEvent["type"]>(type: Type): readonly Extract<ConnectionEvent, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<ConnectionEvent, { type: Type }>[];
  }
}
