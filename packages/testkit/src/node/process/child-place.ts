import { NodeRef, type Host, type Logger, type Node, type NodeEvent, type Transport } from "@espalier/runtime";
import type { Identity } from "@espalier/wire";
import type { Invocation } from "../../history/history.ts";
import type { MessageFaults } from "../../messages/message-faults.ts";
import { describeReport, withNames } from "../../scenario/describe-event.ts";
import type { Json } from "../../scenario/json.ts";
import type { Peer, Place, WorldKind } from "../../scenario/place.ts";
import { pack } from "./parcel.ts";
import type { Said, Settled, Start } from "./protocol.ts";
import type { RealTime } from "./real-time.ts";

export interface ChildPlaceParts {
  readonly start: Start;
  readonly host: Host;
  readonly identity: Identity;
  readonly time: RealTime;
  readonly messages: MessageFaults;
  /** Says it soon, in order. */
  readonly say: (said: Said) => void;
  /** Says it, and all before it, before anything else is done. */
  readonly sayNow: (said: Said) => void;
}

/** A place in a process of its own: it tells the run whatever happens. */
export class ChildPlace implements Place {
  readonly world: WorldKind = "process";
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
  readonly #parts: ChildPlaceParts;
  #invocations = 0;

  constructor(parts: ChildPlaceParts) {
    const { start, host, identity, messages } = parts;
    this.#parts = parts;
    this.name = start.node;
    this.life = start.life;
    this.host = host;
    this.identity = identity;
    this.peers = start.peers.map(({ name, id, url }) => ({ name, ref: new NodeRef(id, url) }));
    this.ref = this.peer(start.node).ref;
    this.url = this.ref.address as string;
    this.logger = { report: (report) => this.tell(withNames(describeReport(report), this.peers)) };
    this.intercept = (sessions) => messages.intercept(sessions, host.clock);
  }

  get nowMs(): number {
    return this.#parts.time.nowMs;
  }

  peer(name: string): Peer {
    const peer = this.peers.find((peer) => peer.name === name);
    if (peer !== undefined) return peer;
    throw new RangeError(`node: expected one of ${this.peers.map(({ name }) => name).join(", ")}, got ${name}`);
  }

  invoke(op: string, input: Json = null, client: string = this.name): Invocation {
    const { say, sayNow } = this.#parts;
    this.#invocations += 1;
    const id = this.#invocations;
    // At once: what it brings about elsewhere must not be known before that it was asked for, even if this process dies now.
    sayNow({ type: "invoke", id, client, op, input });
    const settle = (outcome: Settled): void => say({ type: "settled", id, outcome });
    return {
      ok: (output = null) => settle({ type: "ok", output }),
      failed: (reason) => settle({ type: "failed", reason }),
    };
  }

  mark(name: string): void {
    this.#parts.sayNow({ type: "mark", name });
  }

  tell(line: string): void {
    this.#parts.say({ type: "tell", line });
  }

  attach(node: Node): void {
    this.node = node;
    node.events.subscribe((event: NodeEvent) => this.#parts.say({ type: "event", event: pack(event) }));
  }
}
