import type { Host, Logger, Node, NodeRef, Transport } from "@espalier/runtime";
import type { Identity } from "@espalier/wire";
import type { Invocation } from "../history/history.ts";
import type { Json } from "./json.ts";

export type WorldKind = "sim" | "process";

/** A node of the scenario, as another one knows it. */
export interface Peer {
  readonly name: string;
  /** Its key, which it keeps for all its lives, and its address. */
  readonly ref: NodeRef;
}

/**
 * Where a node of a scenario lives, in one of its lives: what `boot` and operations are given. The same in every world, so that the same
 * program runs in each.
 */
export interface Place extends Peer {
  readonly world: WorldKind;
  /** How often its process has been started, from 1. */
  readonly life: number;
  /** Everything impure that it may use. */
  readonly host: Host;
  readonly identity: Identity;
  /** Where it should listen, and the others reach it. */
  readonly url: string;
  /** All nodes of the scenario in their order, this one included. */
  readonly peers: readonly Peer[];
  /** @throws RangeError when there is no such node. */
  peer(name: string): Peer;
  /** Time of the world, in milliseconds: the same for all nodes, so not for what runs there to decide by. */
  readonly nowMs: number;
  /** A client on this node asks for something: the beginning of an entry of the history. `client` defaults to the node's name. */
  invoke(op: string, input?: Json, client?: string): Invocation;
  /** Something worth reaching was reached: counts for `sometimes`, and lets faults begin that wait for it. */
  mark(name: string): void;
  /** A line for the story of the run. */
  tell(line: string): void;
  /** This node of Espalier runs here: from now on it is observed. {@link startNode} calls it. */
  attach(node: Node): void;
  /** Where its reports go. {@link startNode} hands it to the node. */
  readonly logger: Logger;
  /** What a node must put between itself and its sessions, for faults that strike messages. {@link startNode} does. */
  readonly intercept: (sessions: Transport) => Transport;
}
