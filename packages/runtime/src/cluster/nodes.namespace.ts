import type { Operation } from "@espalier/heartbeat";
import type { Revoked } from "../access/access.ts";
import {
  AllowNodes,
  ConnectNode,
  DemonitorNode,
  DisconnectNode,
  ListNodes,
  MonitorNode,
  MonitorNodes,
  RevokeNode,
} from "./node-operations.ts";
import type { NodeDown, NodeUp } from "./node-monitors.ts";
import { checkNode, type NodeId, type NodeRef } from "./node-ref.ts";
import { Here } from "../moving/remote.ts";

export type { NodeDown, NodeUp } from "./node-monitors.ts";
export type { NodeDownReason } from "../transport.ts";

/**
 * The nodes that this one is connected with (OTP's `nodes/0`). When a process handles a message about a node, the list is what the message
 * says, unless more has happened since.
 */
export function list(): Operation<readonly NodeRef[]> {
  return new ListNodes();
}

/** The node that this process runs on. */
export function self(): Operation<NodeRef> {
  return new Here();
}

/**
 * Connects this node with another, unless it is already (`net_kernel:connect_node/1`). Connections open by themselves with the first signal
 * (R-1307), so this is for those who want to know, or to stay connected.
 *
 * With `keep` the node stays connected, whatever becomes of the process that asks, until {@link disconnect}: after a loss or a failure the other one
 * is dialled again, within 250 ms at first and within 30 s in the end, unless it comes by itself (`limits.reconnectMs`, `limits.reconnectMaxMs`).
 * Each time that is a new connection: what was lost with the last one stays lost.
 *
 * ```ts
 * import { Nodes, type LocalGenerator, type NodeRef } from "espalier";
 *
 * function* join(seeds: readonly NodeRef[]): LocalGenerator<void> {
 *   for (const seed of seeds) yield* Nodes.connect(seed, { keep: true });
 * }
 * ```
 *
 * @returns whether there is a connection now. With itself a node always has one. False does not end `keep`.
 */
export function connect(node: NodeRef, options: { readonly keep?: boolean } = {}): Operation<boolean> {
  return new ConnectNode(checkNode(node, "Nodes.connect"), options.keep === true);
}

/**
 * Closes the connection to a node (`erlang:disconnect_node/1`). To both sides that looks as if the other one had crashed: links and monitors across
 * it fire with `noconnection`, and who monitors nodes gets a `nodedown` (R-1311): with the reason `disconnect` here and `connection_closed` there.
 * The next signal connects the two again. A connection that was kept is not kept any more, also when there is none at the moment.
 *
 * @returns whether there was a connection.
 */
export function disconnect(node: NodeRef): Operation<boolean> {
  return new DisconnectNode(checkNode(node, "Nodes.disconnect"));
}

/**
 * Lets nodes in from now on, by their references or keys: as `node.access.allow`. Only for processes that this node started itself.
 *
 * - Errors: AccessError for computations of other nodes, and for what they have started here; TypeError naming what is no node.
 */
export function allow(...nodes: readonly (NodeRef | NodeId)[]): Operation<void> {
  return new AllowNodes(nodes);
}

/**
 * Ends everything that there is of a node here, and does not let it in any more: as `node.access.revoke`. Only for processes that this node started
 * itself. Whoever is cancelled while it waits for the acknowledgement has revoked the node all the same.
 *
 * - Errors: AccessError for computations of other nodes, and for what they have started here; TypeError when it is no node, or this one.
 */
export function revoke(node: NodeRef | NodeId): Operation<Revoked> {
  return new RevokeNode(node);
}

/** How to monitor nodes. */
export interface NodeMonitorOptions<T = NodeUp | NodeDown> {
  /** What becomes of a message: it must only compute. Unless given, the message itself arrives. */
  readonly map?: (message: T) => unknown;
}

/**
 * Has this process told of every connection that its node makes and loses (`net_kernel:monitor_nodes/1`): {@link NodeUp} and {@link NodeDown}, as
 * messages. In a process with a typed mailbox use `Self.monitorNodes`.
 *
 * - Order: a `nodeup` comes before everything that comes over the connection, its `nodedown` after all of that and after the `noconnection` of
 *   links and monitors, and the `nodeup` of the next connection after that.
 * - Each call counts: who called it twice is told twice (R-1305).
 * - It ends with the process, which cannot move meanwhile.
 *
 * ```ts
 * import { Nodes, type LocalGenerator, type NodeDown, type NodeUp, type Self } from "espalier";
 *
 * function* lookout(self: Self<NodeUp | NodeDown>): LocalGenerator<void> {
 *   yield* Nodes.monitor();
 *   for (;;) {
 *     const message = yield* self.receive();
 *     if (message.type === "nodedown") console.log(`${message.node.id} is gone: ${message.reason}`);
 *   }
 * }
 * ```
 */
export function monitor(options: NodeMonitorOptions = {}): Operation<boolean> {
  return new MonitorNodes(true, options.map ?? null);
}

/**
 * Takes back every {@link monitor} of this process with the same options, however many there were (R-1305). What has come stays in the mailbox.
 *
 * @returns whether there was one.
 */
export function unmonitor(options: NodeMonitorOptions = {}): Operation<boolean> {
  return new MonitorNodes(false, options.map ?? null);
}

/**
 * Has this process told once, with a {@link NodeDown}, when the connection to one node is gone (`erlang:monitor_node/2`). Unless there is a
 * connection, one is made; if it cannot be, that is a `nodedown` too, with the reason `connection_setup_failed` (R-1306).
 *
 * - Each call counts: k calls give k messages.
 * - Order: none with the `DOWN` and `EXIT` of processes.
 */
export function monitorNode(node: NodeRef, options: NodeMonitorOptions<NodeDown> = {}): Operation<void> {
  return new MonitorNode(checkNode(node, "Nodes.monitorNode"), options.map ?? null);
}

/**
 * Takes back one {@link monitorNode} of this process.
 *
 * @returns whether there was one: then its message has not come, and will not.
 */
export function demonitorNode(node: NodeRef): Operation<boolean> {
  return new DemonitorNode(checkNode(node, "Nodes.demonitorNode"));
}
