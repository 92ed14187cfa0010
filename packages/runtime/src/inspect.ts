import type { ChannelRegistryView } from "@espalier/channels";
import type { HeartbeatEntry, TransferCounts } from "@espalier/heartbeat";
import type { Cell } from "./cell.ts";
import type { Kernel } from "./kernel.ts";
import type { NodeId } from "./node-ref.ts";
import type { Pid } from "./pid.ts";

/** How a node stands, as data: what dev tools show. */
export interface NodeView {
  readonly id: NodeId;
  readonly incarnation: string;
  readonly url: string | null;
  readonly processes: readonly ProcessView[];
  /** The same processes by who spawned whom: first those that nobody who lives here spawned. */
  readonly tree: readonly TreeView[];
  /** What this node knows of heartbeats: its own, and those elsewhere that concern its processes. */
  readonly heartbeats: readonly HeartbeatEntry[];
  /** The channels that live here, each with the process that owns it. */
  readonly channels: ChannelRegistryView<Pid>;
  /** The nodes that there is a link to. */
  readonly peers: readonly NodeId[];
  /** What is kept about processes that move: all zero when none is away, a guest or on its way (P19). */
  readonly moving: TransferCounts;
  /** How many processes wait for their turn. */
  readonly runnable: number;
  readonly timers: number;
  /** Messages that nobody will ever see. */
  readonly deadLetters: number;
}

/** A process and those that it spawned, in the order of their pids. */
export interface TreeView {
  readonly process: ProcessView;
  readonly children: readonly TreeView[];
}

export interface ProcessView {
  readonly pid: Pid;
  readonly name: string | null;
  readonly label: string;
  readonly parent: Pid;
  readonly status: Cell["status"];
  /** Whether it runs here and has its home here, or which of the two is elsewhere. */
  readonly place: "home" | "away" | "guest";
  /** The node where it runs, when it is away. */
  readonly host: NodeId | null;
  /** What it waits for, if it does. */
  readonly waitingFor: string | null;
  /** How many messages wait in its mailbox, and in its stash. */
  readonly mailbox: number;
  readonly stashed: number;
  readonly trapping: boolean;
  readonly links: readonly Pid[];
  /** Whom it monitors, or waits for in a call. */
  readonly monitors: readonly Pid[];
  readonly monitoredBy: number;
  readonly reductions: number;
}

/** A snapshot of a node. */
export function inspect(kernel: Kernel): NodeView {
  const processes = [...kernel.cells.values(), ...kernel.guests.values()].map(viewOf);
  const { channels, ...counts } = kernel.channels.inspect();
  return {
    id: kernel.address.id,
    incarnation: kernel.address.incarnation,
    url: kernel.distribution?.url ?? null,
    processes,
    tree: treeOf(processes),
    heartbeats: [...kernel.lifetimes.heartbeats.list(kernel.host.clock.monotonic())],
    channels: { ...counts, channels: channels.map((channel) => ({ ...channel, owner: channel.owner?.pid ?? null })) },
    peers: kernel.distribution?.peers ?? [],
    moving: kernel.distribution?.moving ?? nothingMoves,
    runnable: kernel.scheduler.length,
    timers: kernel.alarms.length,
    deadLetters: kernel.deadLetters,
  };
}

const nothingMoves: TransferCounts = { homes: 0, guests: 0, leavers: 0, forwarding: 0, answers: 0 };

function treeOf(processes: readonly ProcessView[]): readonly TreeView[] {
  const nodes = new Map<string, { readonly process: ProcessView; readonly children: TreeView[] }>();
  for (const process of processes) nodes.set(process.pid.key, { process, children: [] });
  const roots: TreeView[] = [];
  for (const node of nodes.values()) (nodes.get(node.process.parent.key)?.children ?? roots).push(node);
  return roots;
}

function viewOf(cell: Cell): ProcessView {
  const monitors: Pid[] = [];
  for (let watch = cell.watches; watch !== null; watch = watch.nextOwned) {
    if (watch.target !== null) monitors.push(watch.target);
  }
  let monitoredBy = 0;
  for (let watcher = cell.watchers; watcher !== null; watcher = watcher.next) monitoredBy += 1;
  return {
    pid: cell.pid,
    name: cell.name,
    label: cell.label,
    parent: cell.parent,
    status: cell.status,
    place: cell.place?.kind ?? "home",
    host: cell.place?.kind === "away" ? cell.place.host : null,
    waitingFor: cell.waiting?.what ?? null,
    mailbox: cell.mailbox.length,
    stashed: cell.stash?.length ?? 0,
    trapping: cell.trapping,
    links: cell.links === null ? [] : [...cell.links],
    monitors,
    monitoredBy,
    reductions: cell.reductions,
  };
}
