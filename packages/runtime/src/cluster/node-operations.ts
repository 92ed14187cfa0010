import { Operation } from "@espalier/heartbeat";
import type { Revoked } from "../access/access.ts";
import { AccessError } from "../access/errors.ts";
import type { Cell } from "../cell.ts";
import type { Kernel } from "../kernel.ts";
import type { MapNodeMessage, NodeDown, NodeUp } from "./node-monitors.ts";
import type { NodeId, NodeRef } from "./node-ref.ts";
import { suspended, type Waiting } from "../waiting.ts";

/** See `Nodes.list`. */
export class ListNodes extends Operation<readonly NodeRef[]> {
  override get type(): "nodes.list" {
    return "nodes.list";
  }
}

export function performListNodes({ distribution }: Kernel): readonly NodeRef[] {
  return distribution?.connected ?? [];
}

/** See `Nodes.connect`. */
export class ConnectNode extends Operation<boolean> {
  readonly node: NodeRef;
  /** Whether to stay connected. */
  readonly keep: boolean;

  constructor(node: NodeRef, keep: boolean) {
    super();
    this.node = node;
    this.keep = keep;
  }

  override get type(): "nodes.connect" {
    return "nodes.connect";
  }
}

export function performConnectNode(kernel: Kernel, cell: Cell, { node, keep }: ConnectNode): unknown {
  const { distribution } = kernel;
  if (node.id === kernel.address.id) return true;
  if (distribution === null) return false;
  if (keep) distribution.keep(node);
  if (distribution.peers.includes(node.id)) return true;
  const waiting = new ConnectingNode(node);
  kernel.wait(cell, waiting);
  waiting.forget = distribution.reach(node, (isUp) => {
    if (cell.waiting === waiting) kernel.resume(cell, isUp);
  });
  return suspended;
}

class ConnectingNode implements Waiting {
  readonly what: string;
  forget: () => void = () => {};

  constructor({ id }: NodeRef) {
    this.what = `connection to ${id.slice(0, 8)}`;
  }

  cancel(): void {
    this.forget();
  }
}

/** See `Nodes.disconnect`. */
export class DisconnectNode extends Operation<boolean> {
  readonly node: NodeRef;

  constructor(node: NodeRef) {
    super();
    this.node = node;
  }

  override get type(): "nodes.disconnect" {
    return "nodes.disconnect";
  }
}

export function performDisconnectNode({ distribution }: Kernel, _cell: Cell, { node }: DisconnectNode): boolean {
  distribution?.release(node);
  if (distribution?.peers.includes(node.id) !== true) return false;
  distribution.disconnect(node, "a process asked for it");
  return true;
}

/** See `Nodes.monitor` and `Nodes.unmonitor`. */
export class MonitorNodes extends Operation<boolean> {
  /** Whether to begin; otherwise to end. */
  readonly begins: boolean;
  readonly map: MapNodeMessage<NodeUp | NodeDown>;

  constructor(begins: boolean, map: MapNodeMessage<NodeUp | NodeDown>) {
    super();
    this.begins = begins;
    this.map = map;
  }

  override get type(): "nodes.monitor" {
    return "nodes.monitor";
  }
}

export function performMonitorNodes({ nodeMonitors }: Kernel, cell: Cell, { begins, map }: MonitorNodes): boolean {
  if (!begins) return nodeMonitors.unsubscribe(cell, map);
  nodeMonitors.subscribe(cell, map);
  return true;
}

/** See `Nodes.monitorNode`. */
export class MonitorNode extends Operation<void> {
  readonly node: NodeRef;
  readonly map: MapNodeMessage<NodeDown>;

  constructor(node: NodeRef, map: MapNodeMessage<NodeDown>) {
    super();
    this.node = node;
    this.map = map;
  }

  override get type(): "nodes.monitorNode" {
    return "nodes.monitorNode";
  }
}

export function performMonitorNode(kernel: Kernel, cell: Cell, { node, map }: MonitorNode): void {
  const { nodeMonitors, distribution } = kernel;
  nodeMonitors.watch(cell, node, map);
  // This node is connected with itself for as long as it is there.
  if (node.id === kernel.address.id) return;
  // The outcome comes to all who watch the node, also when there is a connection or an attempt already.
  if (distribution === null) nodeMonitors.down(node, null, "connection_setup_failed");
  else distribution.reach(node, () => {});
}

/** See `Nodes.demonitorNode`. */
export class DemonitorNode extends Operation<boolean> {
  readonly node: NodeRef;

  constructor(node: NodeRef) {
    super();
    this.node = node;
  }

  override get type(): "nodes.demonitorNode" {
    return "nodes.demonitorNode";
  }
}

export function performDemonitorNode({ nodeMonitors }: Kernel, cell: Cell, { node }: DemonitorNode): boolean {
  return nodeMonitors.unwatch(cell, node);
}

/** See `Nodes.allow`. */
export class AllowNodes extends Operation<void> {
  readonly nodes: readonly (NodeRef | NodeId)[];

  constructor(nodes: readonly (NodeRef | NodeId)[]) {
    super();
    this.nodes = nodes;
  }

  override get type(): "nodes.allow" {
    return "nodes.allow";
  }
}

export function performAllowNodes(kernel: Kernel, cell: Cell, { nodes }: AllowNodes): void {
  checkOwn(kernel, cell, "Nodes.allow");
  kernel.access.allow(...nodes);
}

/** See `Nodes.revoke`. */
export class RevokeNode extends Operation<Revoked> {
  readonly node: NodeRef | NodeId;

  constructor(node: NodeRef | NodeId) {
    super();
    this.node = node;
  }

  override get type(): "nodes.revoke" {
    return "nodes.revoke";
  }
}

export function performRevokeNode(kernel: Kernel, cell: Cell, { node }: RevokeNode): typeof suspended {
  checkOwn(kernel, cell, "Nodes.revoke");
  const waiting = new AwaitingRevocation();
  // It may be linked with what is about to be cut off.
  kernel.wait(cell, waiting);
  let revoked: Promise<Revoked>;
  try {
    revoked = kernel.access.revoke(node);
  } catch (error) {
    cell.waiting = null;
    cell.status = "running";
    throw error;
  }
  revoked.then(
    (report) => {
      if (cell.waiting === waiting) kernel.resume(cell, report);
    },
    (error: unknown) => {
      if (cell.waiting === waiting) kernel.throwInto(cell, error);
    },
  );
  return suspended;
}

class AwaitingRevocation implements Waiting {
  readonly what = "end of what was revoked";

  cancel(): void {
    // It is revoked all the same.
  }
}

/** @throws AccessError unless the process began on this node, for this node. */
function checkOwn(kernel: Kernel, cell: Cell, what: string): void {
  const isOwn = cell.place === null && cell.pid.address.equals(kernel.address) && kernel.behalf.of(cell) === null;
  if (!isOwn)
    throw new AccessError(
      `${what}: expected a process that this node started itself; ${cell.label} is here for others`,
    );
}
