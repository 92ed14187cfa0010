import type { Belonging, Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { NodeId, NodeRef } from "./node-ref.ts";
import type { NodeDownReason } from "../transport.ts";

/** There is a connection to `node`, in the life `incarnation`: comes before anything that it says over the connection. */
export interface NodeUp {
  readonly type: "nodeup";
  readonly node: NodeRef;
  readonly incarnation: string;
}

/** The connection to `node` is gone: comes after everything that it said over the connection, and before the next {@link NodeUp}. */
export interface NodeDown {
  readonly type: "nodedown";
  readonly node: NodeRef;
  /** The life that it was in; null when there was no connection. */
  readonly incarnation: string | null;
  readonly reason: NodeDownReason;
}

/** What becomes of a message about a node; null: it is the message itself. */
export type MapNodeMessage<T> = ((message: T) => unknown) | null;

/** Which processes are told of which connections. */
export class NodeMonitors {
  readonly #kernel: Kernel;
  /** In the order in which they were made. */
  readonly #subscriptions = new Set<Subscription>();
  readonly #watches = new Map<NodeId, Set<NodeWatch>>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** `cell` is told of every connection, once for each time that this was called (R-1305). */
  subscribe(cell: Cell, map: MapNodeMessage<NodeUp | NodeDown>): void {
    own(cell, new Subscription(this.#subscriptions, cell, map));
  }

  /** Takes back all subscriptions of `cell` with this `map`. @returns whether there was one. */
  unsubscribe(cell: Cell, map: MapNodeMessage<NodeUp | NodeDown>): boolean {
    let found = false;
    for (const subscription of this.#subscriptions) {
      if (subscription.cell !== cell || subscription.map !== map) continue;
      disown(cell, subscription);
      found = true;
    }
    return found;
  }

  /** `cell` is told once when the connection to `node` is gone, or there will be none (R-1306). */
  watch(cell: Cell, { id }: NodeRef, map: MapNodeMessage<NodeDown>): void {
    const watches = this.#watches.get(id) ?? new Set();
    this.#watches.set(id, watches);
    own(cell, new NodeWatch(this.#watches, id, cell, map));
  }

  /** Takes back the watch of `node` that `cell` began last. @returns whether there was one. */
  unwatch(cell: Cell, { id }: NodeRef): boolean {
    const watch = [...(this.#watches.get(id) ?? [])].findLast((watch) => watch.cell === cell);
    if (watch !== undefined) disown(cell, watch);
    return watch !== undefined;
  }

  up(node: NodeRef, incarnation: string): void {
    if (this.#subscriptions.size > 0) this.#tell({ type: "nodeup", node, incarnation });
  }

  /** The connection is gone; `incarnation` null: there was none. */
  down(node: NodeRef, incarnation: string | null, reason: NodeDownReason): void {
    const message: NodeDown = { type: "nodedown", node, incarnation, reason };
    for (const watch of [...(this.#watches.get(node.id) ?? [])]) {
      // Another one's map may have ended its process.
      if (!watch.cell.belongings?.has(watch)) continue;
      disown(watch.cell, watch);
      this.#kernel.deliverMapped(watch.cell, message, watch.map);
    }
    if (incarnation !== null) this.#tell(message);
  }

  #tell(message: NodeUp | NodeDown): void {
    for (const subscription of [...this.#subscriptions]) {
      if (!this.#subscriptions.has(subscription)) continue;
      this.#kernel.deliverMapped(subscription.cell, message, subscription.map);
    }
  }
}

/** One call of `Nodes.monitor`. */
class Subscription implements Belonging {
  readonly stays: string = "it monitors the nodes that this node is connected with; Nodes.unmonitor first";
  readonly cell: Cell;
  readonly map: MapNodeMessage<NodeUp | NodeDown>;
  readonly #all: Set<Subscription>;

  constructor(all: Set<Subscription>, cell: Cell, map: MapNodeMessage<NodeUp | NodeDown>) {
    this.cell = cell;
    this.map = map;
    this.#all = all;
    all.add(this);
  }

  release(): void {
    this.#all.delete(this);
  }
}

/** One call of `Nodes.monitorNode`. */
class NodeWatch implements Belonging {
  readonly stays: string = "it monitors a connection of this node; Nodes.demonitorNode first";
  readonly cell: Cell;
  readonly map: MapNodeMessage<NodeDown>;
  readonly #all: Map<NodeId, Set<NodeWatch>>;
  readonly #node: NodeId;

  constructor(all: Map<NodeId, Set<NodeWatch>>, node: NodeId, cell: Cell, map: MapNodeMessage<NodeDown>) {
    this.cell = cell;
    this.map = map;
    this.#all = all;
    this.#node = node;
    all.get(node)?.add(this);
  }

  release(): void {
    const ofNode = this.#all.get(this.#node);
    ofNode?.delete(this);
    if (ofNode?.size === 0) this.#all.delete(this.#node);
  }
}

function own(cell: Cell, belonging: Belonging): void {
  (cell.belongings ??= new Set()).add(belonging);
}

function disown(cell: Cell, belonging: Belonging): void {
  cell.belongings?.delete(belonging);
  belonging.release();
}
