import type { ChannelRegistryView } from "@espalier/channels";
import type { Heartbeat, HeartbeatEntry, HomeCounts, LeaseParameters, TransferCounts } from "@espalier/heartbeat";
import type { Alarm } from "../timers/alarms.ts";
import type { Cell } from "../cell.ts";
import type { CheckpointView } from "../checkpoint/checkpoint.ts";
import type { ExchangeCounts } from "../distribution-port.ts";
import type { Hops } from "../moving/hops.ts";
import type { Kernel } from "../kernel.ts";
import type { LinkView, NetworkView } from "../network-view.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import { openScopes } from "../lifetimes/scope-marker.ts";
import { toMove } from "../stack.ts";

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
  /** The same links, and what has gone over each. */
  readonly links: readonly LinkView[];
  /** What the node has done on its network since it was started; null of a node that is alone. */
  readonly network: NetworkView | null;
  /** What is kept about processes that move: all zero when none is away, a guest or on its way (P19). */
  readonly moving: TransferCounts;
  /** What is kept about homes that were handed over: see `Process.migrate`. */
  readonly homes: HomeCounts;
  /** How its leases are timed; null of a node that is alone. */
  readonly lease: LeaseParameters | null;
  /** How many processes wait for their turn. */
  readonly runnable: number;
  /** How many timers are set. */
  readonly timers: number;
  readonly timerList: readonly TimerView[];
  /** What else is kept about processes and peers: bounded by what lives (P19). */
  readonly records: RecordCounts;
  /** Messages that nobody will ever see. */
  readonly deadLetters: number;
}

/** A timer that is set. */
export interface TimerView {
  /** What waits for it: `sleep`, `receive`, `call add to …`, `message to …`, `heartbeats`. */
  readonly what: string;
  /** The process whose end cancels it; null when it is the node's own, or will go to a name or to another node whoever ends. */
  readonly owner: Pid | null;
  readonly remainingMs: number;
}

/** How many records of each kind a node keeps, beside those of {@link NodeView.moving}. */
export interface RecordCounts extends ExchangeCounts {
  /** Names that are taken. */
  readonly names: number;
  /** Watchers on other nodes of processes of this one. */
  readonly remoteWatchers: number;
  /** Scopes, listeners and processes here that wait for the end of a heartbeat. */
  readonly heartbeatWaits: number;
  /** Heartbeats that live, whose end somebody has yet to learn, or that are watched elsewhere. */
  readonly heartbeats: number;
  /** Processes here that are to move because somebody else wants it. */
  readonly migrations: number;
  /** Processes that have something on the disk, or had it until they were about to leave. */
  readonly checkpoints: number;
}

/**
 * What a process says about itself to whoever inspects the node, by its type. Each package adds its own, like
 * {@link NodeExtraEvents}; see `Process.expose`.
 */
export interface ProcessDetailTypes {
  /** It says nothing. */
  readonly nothing: null;
}

export type ProcessDetails = ProcessDetailTypes[keyof ProcessDetailTypes];

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
  readonly place: "home" | "away" | "guest" | "leaving";
  /** The node where it runs, when it is away. */
  readonly host: NodeId | null;
  /** What it waits for, if it does. */
  readonly waitingFor: string | null;
  /** The process that it waits for: whom it calls, starts or awaits. */
  readonly waitingOn: Pid | null;
  /** The heartbeats of the scopes that are open in it here, outermost first. */
  readonly scopes: readonly Heartbeat[];
  /** One of those has ended: before anything else it leaves that scope (P22). */
  readonly cancelled: boolean;
  /** How many messages wait in its mailbox, and in its stash. */
  readonly mailbox: number;
  readonly stashed: number;
  readonly trapping: boolean;
  readonly links: readonly Pid[];
  /** Whom it monitors, or waits for in a call. */
  readonly monitors: readonly Pid[];
  readonly monitoredBy: number;
  readonly reductions: number;
  /** Where it was before it came here; null of a process that is not here, or has never moved. */
  readonly hops: Hops | null;
  /** Where it goes on if its node crashes; null when it does not. */
  readonly checkpoint: CheckpointView | null;
  /** What it says about itself, if it does: a supervisor, its children. */
  readonly details: ProcessDetails;
}

/** A snapshot of a node. */
export function inspect(kernel: Kernel): NodeView {
  const processes = [...kernel.homed, ...kernel.guests.values()].map((cell) => viewOf(kernel, cell));
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
    links: kernel.distribution?.links() ?? [],
    network: kernel.distribution?.network() ?? null,
    moving: kernel.distribution?.moving ?? nothingMoves,
    homes: kernel.distribution?.homes ?? noHomes,
    lease: kernel.distribution?.lease ?? null,
    runnable: kernel.scheduler.length,
    timers: kernel.alarms.length,
    timerList: kernel.alarms.all.map((alarm) => timerView(kernel, alarm)),
    records: {
      names: kernel.names.size,
      remoteWatchers: kernel.remoteWatchers.size,
      heartbeatWaits: kernel.lifetimes.waiting,
      heartbeats: kernel.lifetimes.heartbeats.size,
      migrations: [...kernel.homed, ...kernel.guests.values()].filter((cell) => kernel.migrations.isOpen(cell)).length,
      checkpoints: kernel.checkpoints?.size ?? 0,
      ...(kernel.distribution?.exchanges ?? nothingExchanged),
    },
    deadLetters: kernel.deadLetters.count,
  };
}

export function timerView(kernel: Kernel, alarm: Alarm): TimerView {
  return {
    what: alarm.target.what ?? "timer",
    owner: alarm.target.holder?.pid ?? null,
    remainingMs: kernel.alarms.remainingMs(alarm),
  };
}

const nothingMoves: TransferCounts = { homes: 0, guests: 0, leavers: 0, forwarding: 0, answers: 0 };

const noHomes: HomeCounts = { residents: 0, routes: 0, underway: 0 };

const nothingExchanged: ExchangeCounts = { unlinks: 0, unheard: 0, openScopes: 0, awaitingCode: 0, codeOfPeers: 0 };

function treeOf(processes: readonly ProcessView[]): readonly TreeView[] {
  const nodes = new Map<string, { readonly process: ProcessView; readonly children: TreeView[] }>();
  for (const process of processes) nodes.set(process.pid.key, { process, children: [] });
  const roots: TreeView[] = [];
  for (const node of nodes.values()) (nodes.get(node.process.parent.key)?.children ?? roots).push(node);
  return roots;
}

export function viewOf(kernel: Kernel, cell: Cell): ProcessView {
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
    waitingOn: cell.waiting?.on ?? null,
    scopes: openScopes(cell.stack),
    cancelled: cell.interrupt !== null && cell.interrupt !== toMove,
    mailbox: cell.mailbox.length,
    stashed: cell.stash?.length ?? 0,
    trapping: cell.trapping,
    links: cell.links === null ? [] : [...cell.links],
    monitors,
    monitoredBy,
    reductions: cell.reductions,
    hops: cell.place?.kind === "away" ? null : cell.hops,
    checkpoint: kernel.checkpoints?.viewOf(cell) ?? null,
    details: kernel.detailsOf(cell, false),
  };
}
