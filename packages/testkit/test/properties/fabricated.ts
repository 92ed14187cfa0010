import { NodeAddress, type NodeEvent, NodeRef, type NodeView, Pid, type ProcessView } from "@espalier/runtime";
import { LeafHeartbeat } from "@espalier/heartbeat";
import type { HistoryEntry, Observation, ObservedNode, Property } from "../../src/index.ts";

/** The id of a node by its name. Its lives are called `<name>-1` and so on. */
export const id = (node: string): string => `${node.padEnd(42, "_")}A`;

export const pid = (node: string, serial: number, life = 1): Pid<any> =>
  new Pid(new NodeAddress(id(node), `${node}-${life}`), serial);

export const heartbeat = (node: string, serial: number, life = 1): LeafHeartbeat =>
  new LeafHeartbeat(id(node), `${node}-${life}`, serial);

export function process(of: Pid, fields: Partial<ProcessView> = {}): ProcessView {
  return {
    pid: of,
    name: null,
    label: "worker",
    parent: new Pid(of.address, 0),
    status: "waiting",
    place: "home",
    host: null,
    waitingFor: null,
    waitingOn: null,
    scopes: [],
    cancelled: false,
    mailbox: 0,
    stashed: 0,
    trapping: false,
    links: [],
    monitors: [],
    monitoredBy: 0,
    reductions: 0,
    hops: null,
    checkpoint: null,
    details: null,
    ...fields,
  };
}

export function view(node: string, fields: Partial<NodeView> = {}, life = 1): NodeView {
  return {
    id: id(node),
    incarnation: `${node}-${life}`,
    url: null,
    processes: [],
    tree: [],
    heartbeats: [],
    channels: { channels: [], owners: 0, listeners: 0, senders: [], dropped: 0 },
    peers: [],
    links: [],
    network: null,
    moving: { homes: 0, guests: 0, leavers: 0, forwarding: 0, answers: 0 },
    homes: { residents: 0, routes: 0, underway: 0 },
    lease: null,
    runnable: 0,
    timers: 0,
    timerList: [],
    records: {
      names: 0,
      remoteWatchers: 0,
      heartbeatWaits: 0,
      heartbeats: 0,
      unlinks: 0,
      unheard: 0,
      openScopes: 0,
      awaitingCode: 0,
      codeOfPeers: 0,
      migrations: 0,
      checkpoints: 0,
    },
    deadLetters: 0,
    ...fields,
  };
}

interface FabricatedNode extends ObservedNode<unknown> {
  state: ObservedNode<unknown>["state"];
  life: number;
  view: NodeView | null;
}

/** A cluster that is what a test says. */
export class Fabricated implements Observation {
  readonly world = "sim";
  readonly seed = 0;
  nowMs = 0;
  phase: Observation["phase"] = "working";
  readonly nodes: readonly FabricatedNode[];
  readonly history: { readonly entries: HistoryEntry[] } = { entries: [] };
  readonly marks: ReadonlyMap<string, number> = new Map();

  constructor(...names: readonly string[]) {
    this.nodes = names.map((name) => ({
      name,
      ref: new NodeRef(id(name), null),
      state: "running",
      life: 1,
      view: view(name),
      seen: null,
    }));
  }

  node(name: string): FabricatedNode {
    return this.nodes.find((node) => node.name === name)!;
  }

  shows(name: string, fields: Partial<NodeView>): this {
    this.node(name).view = view(name, fields, this.node(name).life);
    return this;
  }

  /** What a property says of these events, after the last one. */
  after(property: Property, ...events: readonly (readonly [node: string, event: NodeEvent])[]): string | null {
    const checker = property.begin(this);
    let wrong: string | null = null;
    for (const [node, event] of events) {
      checker.event?.({ atMs: this.nowMs, node, life: this.node(node).life, event });
      wrong ??= checker.check();
    }
    return wrong ?? checker.check();
  }
}
